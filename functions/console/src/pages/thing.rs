//! The page of one thing (an instance, an order, a license code, a tenant): its facts, what follows from them, what to do, and its
//! timeline.

mod findings;
mod instance;
mod license;
mod life;
mod order;
mod refund;
mod sentence;
mod tenant;
mod used;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use koogallery_store::{Subject, World};
use maud::{Markup, html};

use crate::Console;
use crate::access::Role;
use crate::acts::{Said, erase, provisioning, said, supervision};
use crate::extract::{PathOf, QueryOf};
use crate::layout;
use crate::pages::{jobs, people};
use crate::stop::Stop;
use crate::texts::{Acts, Facts, Lists, Orders, Says};
use crate::timeline;
use crate::view::View;

/// An instance.
pub(crate) async fn instance(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<InstanceId>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let subject = Subject::Instance(id.clone());
    let (found, orders, happened, used) = futures_util::future::join4(
        console.store.instance(&id),
        console.store.instance_orders(&id),
        timeline::of(&console, &subject),
        used::of(&console, &view, &id),
    )
    .await;
    let (found, orders, (trace, actions)) = (found?.ok_or(Stop::NotFound)?, orders?, happened?);
    let content = html! {
        (said(&view, &done))
        (sentence::of(&view, &found.life, Some(&found)))
        (refund::of(&console, &view, &found, &trace).await?)
        h2 { (view.say(Facts::Known)) }
        (instance::facts(&view, &found, &orders))
        @if view.may(Role::Operator) {
            h2 { (view.say(Acts::Possible)) }
            div.acts {
                (provisioning::forms(&view, &found))
                (jobs::form_of(&view, &subject))
                (show(&view, &subject))
                (erase::form(&view, &subject, &found.life))
            }
        }
        (used?)
        (timeline::show(&view, trace, &actions))
    };
    Ok(titled(&view, Lists::Instance, id.as_str(), &content))
}

/// A license code.
pub(crate) async fn license(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(code): PathOf<LicenseCode>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let subject = Subject::License(code.clone());
    let found = async { console.store.license(&code).await?.ok_or(Stop::NotFound) };
    let (found, (trace, actions)) = futures_util::try_join!(found, timeline::of(&console, &subject))?;
    let content = html! {
        (said(&view, &done))
        (sentence::of(&view, &found.life, None))
        h2 { (view.say(Facts::Known)) }
        (license::facts(&view, &found))
        @if view.may(Role::Administrator) { div.acts { (erase::form(&view, &subject, &found.life)) } }
        (timeline::show(&view, trace, &actions))
    };
    Ok(titled(&view, Lists::License, &code.to_string(), &content))
}

/// An order: itself, and what it bought or changed.
pub(crate) async fn order(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<OrderId>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let subject = Subject::Order(id.clone());
    let (record, happened) =
        futures_util::future::join(console.store.order_record(&id), timeline::of(&console, &subject)).await;
    let (record, (trace, actions)) = (record?, happened?);
    if record.is_unknown() && trace.subjects.is_empty() && actions.is_empty() {
        return Err(Stop::NotFound);
    }
    let warnings = order::warnings(&console, &record).await?;
    let supervised = record.whole_supervision().zip(record.standing());
    let content = html! {
        (said(&view, &done))
        (refund::of_order(&console, &view, &record, &trace).await?)
        (order::state(&view, &record))
        (order::warned(&view, &warnings))
        h2 { (view.say(Orders::Supervision)) }
        @match &supervised {
            Some((supervision, standing)) => { (order::supervised(&view, supervision, standing)) }
            None => { p { (view.say(Orders::NotSupervised)) } }
        }
        @if view.may(Role::Operator) {
            div.acts {
                @match &supervised {
                    Some((supervision, standing)) => { (supervision::step_form(&view, &id, supervision, standing)) }
                    None => { (supervision::opening(&view, &id)) }
                }
                (jobs::form_of(&view, &subject))
                (show(&view, &subject))
            }
        }
        (findings::of(&console, &view, &id).await?)
        (order::told(&view, &record))
        (timeline::show(&view, trace, &actions))
    };
    Ok(titled(&view, Lists::Order, id.as_str(), &content))
}

/// A tenant.
pub(crate) async fn tenant(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<TenantId>,
) -> Result<Markup, Stop> {
    let subject = Subject::Tenant(id.clone());
    let bindings = async { Ok::<_, Stop>(console.store.tenants(World::Real, &id).await?) };
    let (bindings, (trace, actions)) = futures_util::try_join!(bindings, timeline::of(&console, &subject))?;
    if bindings.is_empty() && trace.subjects.is_empty() {
        return Err(Stop::NotFound);
    }
    let content = html! {
        h2 { (view.say(Facts::Bindings)) }
        (tenant::bindings(&view, &bindings))
        @if view.may(Role::Operator) { div.acts { (jobs::form_of(&view, &subject)) (show(&view, &subject)) (people::form(&view, Some(&id))) } }
        (timeline::show(&view, trace, &actions))
    };
    Ok(titled(&view, Lists::Tenant, id.as_str(), &content))
}

/// The button behind which personal data is.
fn show(view: &View, of: &Subject) -> Markup {
    let path = format!("{}/show", koogallery_waiting::path_of(of));
    let nothing = html! {};
    crate::acts::act(view, "show", Acts::Show, Acts::ShowHelp, &path, &nothing, false)
}

fn titled(view: &View, kind: impl Says, name: &str, content: &Markup) -> Markup {
    layout::page(view, &format!("{} {name}", view.say(kind)), None, content)
}
