//! The search for a customer or a user. Their names and ids are sealed, and no key of the table has them: so a search opens what came
//! last, and looks for the whole text. That somebody searched is kept before anything is opened; what was typed is not kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use futures_util::future::try_join_all;
use koogallery::{InstanceId, OrderId, TenantId, UserName};
use koogallery_orders::KeptOrders;
use koogallery_store::{
    About, Action, ApplicationUsers, BoundTenant, ListedOrder, OrderKind, Place, Subject, World, purchase_details_place,
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Console;
use crate::acts::act;
use crate::extract::{FormOf, given, reason};
use crate::layout;
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, General, Lists};
use crate::view::View;

/// The orders that were reported last are looked at: so many of each shard.
const ORDERS_OF_SHARD: i32 = 10;
/// So many bindings of tenants are looked at.
const MOST_TENANTS: usize = 50;
/// So many things are opened side by side.
const SIDE_BY_SIDE: usize = 32;
/// The longest text that is looked for.
const LONGEST: usize = 128;

/// The form. With a tenant, only its users are looked through.
pub(crate) fn form(view: &View, tenant: Option<&TenantId>) -> Markup {
    let fields = html! {
        @if let Some(tenant) = tenant { input type="hidden" name="tenant" value=(tenant); }
        label {
            span { (view.say(if tenant.is_some() { Acts::UserSought } else { Acts::Sought })) }
            input name="text" required maxlength=(LONGEST) autocomplete="off";
        }
    };
    act(view, "people", Acts::SearchPeople, Acts::SearchPeopleHelp, "/find/people", &fields, false)
}

/// Whom to look for, and why.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    text: Option<String>,
    tenant: Option<TenantId>,
    #[serde(default)]
    reason: String,
}

/// What was found, and how much was looked at.
#[derive(Default)]
struct Found {
    subjects: BTreeSet<Subject>,
    orders: usize,
    tenants: usize,
}

/// Looks, and shows what names the person.
pub(crate) async fn find(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(Wanted { text, tenant, reason: why }): FormOf<Wanted>,
) -> Result<Markup, Stop> {
    let text = given(text.as_deref()).filter(|text| text.chars().count() <= LONGEST);
    let text = text.ok_or_else(|| Stop::Invalid(Acts::BadField, Some("text".to_owned())))?;
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let about = tenant.clone().map_or(About::Deployment, |tenant| Subject::Tenant(tenant).into());
    console.store.keep_action(&Action::new(&actor, Action::PERSONAL_DATA_SEARCHED, about, view.now)).await?;
    let found = look(&console, text, tenant.as_ref()).await?;
    // What was typed is in no address, so no other page can show the same.
    let view = View { here: "/find".to_owned(), ..view };
    let content = html! {
        @if found.subjects.is_empty() { p #nothing { (view.say(Lists::NobodyFound)) } } @else {
            ul #found { @for subject in &found.subjects { li { (view.link(subject)) } } }
        }
        p.quiet { (view.fill(Lists::LookedThrough, &[&found.orders, &found.tenants])) }
        div.acts { (form(&view, tenant.as_ref())) }
    };
    Ok(layout::page(&view, view.say(General::Search), None, &content))
}

async fn look(console: &Console, text: &str, tenant: Option<&TenantId>) -> Result<Found, Failure> {
    let mut found = Found::default();
    let tenants = match tenant {
        Some(tenant) => console.store.tenants(World::Real, tenant).await?,
        None => console.store.bound_tenants(Place::default(), MOST_TENANTS).await?.members,
    };
    found.tenants = tenants.len();
    for together in tenants.chunks(SIDE_BY_SIDE) {
        let looks = try_join_all(together.iter().map(|bound| user_of(console, bound, text))).await?;
        found.subjects.extend(looks.into_iter().flatten());
    }
    if tenant.is_some() {
        return Ok(found);
    }
    let orders = console.store.newest_orders(ORDERS_OF_SHARD).await?;
    found.orders = orders.len();
    for together in orders.chunks(SIDE_BY_SIDE) {
        let looks = try_join_all(together.iter().map(|order| customer_of(console, order, text))).await?;
        found.subjects.extend(looks.into_iter().flatten());
    }
    Ok(found)
}

/// A tenant and its instance, if an application of theirs has a user with this name.
async fn user_of(console: &Console, bound: &BoundTenant, text: &str) -> Result<Vec<Subject>, Failure> {
    let (Some(instance), Ok(name)) = (&bound.instance_id, text.parse::<UserName>()) else { return Ok(Vec::new()) };
    let apps = console.store.applications_used(instance, &bound.tenant_id).await?;
    for app_id in apps {
        let (tenant_id, instance_id) = (bound.tenant_id.clone(), instance.clone());
        let of = ApplicationUsers { tenant_id, instance_id, app_id };
        if console.store.user(World::Real, &of, &name, &console.vault).await?.is_some() {
            return Ok(vec![Subject::Tenant(bound.tenant_id.clone()), Subject::Instance(instance.clone())]);
        }
    }
    Ok(Vec::new())
}

/// An order, if what is kept of its customer has this text.
async fn customer_of(console: &Console, order: &ListedOrder, text: &str) -> Result<Option<Subject>, Failure> {
    let orders = KeptOrders { vault: &console.vault, store: &console.store };
    let line = order.order_line_id.as_ref();
    let queried = orders.details((&order.order_id, line), console.now()).await?;
    let is_it = queried.is_some_and(|(details, _)| has(&json!(details), text))
        || match &order.instance_id {
            Some(instance) if order.kind == OrderKind::Purchase => {
                purchased(console, instance, &order.order_id).await?.is_some_and(|details| has(&details, text))
            }
            _ => false,
        };
    Ok(is_it.then(|| Subject::Order(order.order_id.clone())))
}

/// What V1.0 said of a buyer.
async fn purchased(console: &Console, instance: &InstanceId, order: &OrderId) -> Result<Option<Value>, Failure> {
    let Some(sealed) = console.store.purchase_details(World::Real, instance).await? else { return Ok(None) };
    let opened = console.vault.open(&console.store, &purchase_details_place(order), &sealed).await?;
    serde_json::from_slice(&opened).map(Some).map_err(|_| Failure::Content)
}

/// Whether one of the texts in a tree is this one, in any case of letters.
fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one.trim().to_lowercase() == text.to_lowercase(),
        Value::Number(one) => one.to_string() == text,
        Value::Array(all) => all.iter().any(|one| has(one, text)),
        Value::Object(members) => members.values().any(|one| has(one, text)),
        Value::Null | Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_text_is_found_wherever_it_stands() {
        let details =
            json!({ "buyerInfo": { "customerId": "C-77", "customerName": "Example Ltd" }, "lines": [{ "n": 7 }] });
        assert!(has(&details, "c-77") && has(&details, "example ltd") && has(&details, "7"));
        assert!(!has(&details, "c-7") && !has(&details, "Example") && !has(&details, "customerId"));
    }
}
