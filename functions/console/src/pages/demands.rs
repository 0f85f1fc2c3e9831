//! Customer demands: the list, and the page of one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery_store::{About, CustomerDemand, DemandState, Subject};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::listing::{choice, fitting, ways};
use crate::Console;
use crate::access::Role;
use crate::acts::{Said, demand, said};
use crate::extract::{PathOf, QueryOf, given};
use crate::layout::{self, table};
use crate::stop::Stop;
use crate::texts::{Acts, General, Orders, demand_state};
use crate::timeline;
use crate::view::View;

/// So many actions on a demand are shown.
const MOST_ACTIONS: usize = 50;

/// Which demands.
#[derive(Deserialize)]
pub(crate) struct Filters {
    state: Option<String>,
    from: Option<String>,
}

/// Answers with a page of them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Filters { state, from }): QueryOf<Filters>,
) -> Result<Markup, Stop> {
    let wanted: Option<DemandState> = given(state.as_deref())
        .map(|word| word.parse().map_err(|_| Stop::Invalid(Acts::BadField, Some("state".to_owned()))))
        .transpose()?;
    let fits = |demand: &CustomerDemand| wanted.is_none_or(|wanted| demand.state == wanted);
    let (demands, next) = fitting(from.as_deref(), |place, limit| console.store.demands(place, limit), fits).await?;
    let heads = [Orders::Demand, Orders::State, Orders::Since, Orders::Submitted, Orders::Order];
    let rows: Vec<Vec<Markup>> = demands.iter().map(|demand| row(&view, demand)).collect();
    let choices: Vec<(String, String)> = DemandState::ALL
        .iter()
        .map(|known| (known.to_string(), demand_state(view.language, *known).to_owned()))
        .collect();
    let chosen = wanted.map(|wanted| wanted.to_string()).unwrap_or_default();
    let content = html! {
        form.filters {
            (choice(&view, view.say(Orders::State), "state", &chosen, true, &choices))
            button { (view.say(General::Filter)) }
        }
        (table(&view, &heads.map(|head| view.say(head)), &rows))
        (ways(&view, "/demands", &[("state", &chosen)], from.as_deref(), next.as_deref()))
        @if view.may(Role::Operator) { div.acts { (demand::entering(&view)) } }
    };
    Ok(layout::page(&view, view.say(Orders::Demands), None, &content))
}

fn row(view: &View, demand: &CustomerDemand) -> Vec<Markup> {
    let id = demand.demand_id.to_string();
    let name = demand.number.as_ref().map_or(id.as_str(), koogallery::Text::as_str);
    vec![
        html! { a href=(view.at(format_args!("/demands/{id}"))) { (name) } },
        html! { (demand_state(view.language, demand.state)) },
        view.time(demand.since),
        view.time(demand.submitted_at),
        html! { @if let Some(order) = &demand.order_id { (view.link(&Subject::Order(order.clone()))) } },
    ]
}

/// The page of one.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let found = console.store.demand(id).await?.ok_or(Stop::NotFound)?;
    let actions = console.store.actions_on(&About::Demand(id), MOST_ACTIONS).await?;
    let text = |label: Orders, text: Option<&str>| {
        html! { @if let Some(text) = text { dt { (view.say(label)) } dd { (text) } } }
    };
    let content = html! {
        (said(&view, &done))
        dl.facts {
            dt { (view.say(Orders::State)) } dd #state { (demand_state(view.language, found.state)) }
            dt { (view.say(Orders::Since)) } dd { (view.time(found.since)) }
            dt { (view.say(Orders::Submitted)) } dd { (view.time(found.submitted_at)) }
            @if let Some(due) = found.warnings().into_iter().find_map(|raise| raise.due_at) {
                dt { (view.say(Orders::Due)) } dd { (view.time(due)) }
            }
            (text(Orders::Number, found.number.as_ref().map(koogallery::Text::as_str)))
            (text(Orders::Offer, found.offer.as_ref().map(koogallery::Text::as_str)))
            (text(Orders::Price, found.price.as_ref().map(koogallery::Text::as_str)))
            (text(Orders::Note, found.note.as_ref().map(koogallery::Text::as_str)))
            @if let Some(order) = &found.order_id {
                dt { (view.say(Orders::Order)) } dd { (view.link(&Subject::Order(order.clone()))) }
            }
        }
        @if found.customer_id.is_some() { p.quiet { (view.say(Orders::CustomerHidden)) } }
        @if view.may(Role::Operator) { (demand::changing(&view, &found)) }
        (timeline::acted(&view, &actions))
    };
    Ok(layout::page(&view, view.say(Orders::Demand), None, &content))
}
