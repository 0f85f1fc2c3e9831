//! Customer demands and the private offers that come of them: KooGallery tells them by no call, so people enter them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{CustomerDemand, DemandChange, DemandChanged, DemandState};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::supervision::{text, time};
use super::{Done, act};
use crate::Console;
use crate::extract::{FormOf, PathOf, given, reason};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, Orders, demand_state};
use crate::view::View;

/// A price: digits, and up to eight more behind a point.
fn is_price(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole, 15) && digits(part, 8)
}

fn field(view: &View, label: Orders, name: &str, most: u32) -> Markup {
    html! { label { span { (view.say(label)) } input name=(name) maxlength=(most) autocomplete="off"; } }
}

/// The form for a new demand.
pub(crate) fn entering(view: &View) -> Markup {
    let fields = html! {
        (field(view, Orders::Number, "number", 64))
        (field(view, Orders::Customer, "customerId", 64))
        label { span { (view.say(Orders::Submitted)) } input type="datetime-local" name="at"; }
        (field(view, Orders::Note, "note", 255))
    };
    act(view, "enter", Acts::EnterDemand, Acts::EnterDemandHelp, "/demands/enter", &fields, false)
}

/// The form that changes one; nothing where nothing more happens.
pub(crate) fn changing(view: &View, demand: &CustomerDemand) -> Markup {
    let next: Vec<DemandState> = DemandState::ALL.iter().copied().filter(|next| demand.state.leads_to(*next)).collect();
    let fields = html! {
        label {
            span { (view.say(Orders::State)) }
            select name="state" {
                option value="" { (demand_state(view.language, demand.state)) }
                @for next in &next { option value=(next) { (demand_state(view.language, *next)) } }
            }
        }
        label { span { (view.say(Acts::StepAt)) } input type="datetime-local" name="at"; }
        (field(view, Orders::Offer, "offer", 64))
        (field(view, Orders::Price, "price", 25))
        (field(view, Orders::Customer, "customerId", 64))
        (field(view, Orders::Order, "orderId", 64))
        (field(view, Orders::Note, "note", 255))
    };
    let path = format!("/demands/{}", demand.demand_id);
    html! {
        @if !demand.state.is_over() {
            h2 { (view.say(Acts::Possible)) }
            div.acts { (act(view, "change", Acts::ChangeDemand, Acts::ChangeDemandHelp, &path, &fields, false)) }
        }
    }
}

/// What a person writes of a demand. What is blank stays.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    number: Option<String>,
    state: Option<String>,
    at: Option<String>,
    offer: Option<String>,
    price: Option<String>,
    customer_id: Option<String>,
    order_id: Option<String>,
    note: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Enters a demand, which waits to be received.
pub(crate) async fn enter(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(form): FormOf<Written>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&form.reason)?)).ok_or(Failure::NoOperator)?;
    let submitted_at = time(&view, form.at.as_deref(), "at")?.unwrap_or(view.now);
    let demand = CustomerDemand {
        demand_id: Uuid::now_v7(),
        number: text(form.number.as_deref(), "number")?,
        product: None,
        submitted_at,
        state: DemandState::Waiting,
        since: submitted_at,
        offer: None,
        price: None,
        customer_id: text(form.customer_id.as_deref(), "customerId")?,
        order_id: None,
        note: text(form.note.as_deref(), "note")?,
    };
    console.store.enter_demand(&demand, &actor, view.now).await?;
    Ok(to_demand(&view, demand.demand_id, Done::Entered))
}

/// Changes a demand.
pub(crate) async fn change(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<Uuid>,
    FormOf(form): FormOf<Written>,
) -> Result<Response, Stop> {
    let refused = |name: &str| Stop::Invalid(Acts::BadField, Some(name.to_owned()));
    let actor = view.actor(Some(reason(&form.reason)?)).ok_or(Failure::NoOperator)?;
    if given(form.price.as_deref()).is_some_and(|price| !is_price(price)) {
        return Err(refused("price"));
    }
    let state = given(form.state.as_deref()).map(|word| word.parse().map_err(|_| refused("state")));
    let order = given(form.order_id.as_deref()).map(|id| id.parse().map_err(|_| refused("orderId")));
    let change = DemandChange {
        state: state.transpose()?,
        at: time(&view, form.at.as_deref(), "at")?,
        offer: text(form.offer.as_deref(), "offer")?,
        price: text(form.price.as_deref(), "price")?,
        customer_id: text(form.customer_id.as_deref(), "customerId")?,
        order_id: order.transpose()?,
        note: text(form.note.as_deref(), "note")?,
    };
    match console.store.change_demand(id, &change, &actor, view.now).await? {
        DemandChanged::Done(_) => Ok(to_demand(&view, id, Done::Entered)),
        DemandChanged::Unchanged(_) => Ok(to_demand(&view, id, Done::Unchanged)),
        DemandChanged::Refused(error) => Err(Stop::Conflict(Acts::StepRefused, Some(error.to_string()))),
        DemandChanged::Unknown => Err(Stop::NotFound),
    }
}

fn to_demand(view: &View, id: Uuid, done: Done) -> Response {
    Redirect::to(&view.at(done.to(&format!("/demands/{id}")))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_a_decimal_number() {
        assert!(is_price("8800.00") && is_price("0") && is_price("1.12345678"));
        for bad in ["", "-1", "1e3", "1.", ".5", "1.123456789", "8,800", &"9".repeat(16)] {
            assert!(!is_price(bad), "{bad}");
        }
    }
}
