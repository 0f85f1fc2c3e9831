//! Personal data: it is shown only when somebody asks for it and says why, and the audit has that first.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use koogallery::{InstanceId, OrderId, OrderLineId, TenantId};
use koogallery_orders::KeptOrders;
use koogallery_store::{Action, Instance, Subject, World, purchase_details_place};
use koogallery_waiting::{name_of, path_of};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::Console;
use crate::acts::event::Why;
use crate::extract::{FormOf, PathOf, reason};
use crate::layout;
use crate::stop::{Failure, Stop};
use crate::texts::{Facts, Lists};
use crate::view::View;

/// One value, and what it is called.
type Shown = Vec<(String, String)>;

/// Who bought an instance, and what the buyer sees but the password.
pub(crate) async fn instance(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<InstanceId>,
    FormOf(why): FormOf<Why>,
) -> Result<Markup, Stop> {
    let instance = console.store.instance(&id).await?.ok_or(Stop::NotFound)?;
    let subject = Subject::Instance(id.clone());
    log(&console, &view, &subject, &why).await?;
    let mut shown = Shown::new();
    if let Some(kept) = instance.app_info.clone() {
        let info = console.store.open_app_info(World::Real, &id, kept, &console.vault).await?;
        let mut add = |name, text: Option<&str>| {
            shown.extend(text.map(|text| (view.say(name).to_owned(), text.to_owned())));
        };
        add(Facts::UserName, info.user_name.as_ref().map(koogallery::Text::as_str));
        add(Facts::Memo, info.memo.as_ref().map(koogallery::Text::as_str));
    }
    if let Some(failure) = &instance.provisioning_failure {
        shown.push((view.say(Facts::Message).to_owned(), failure.reply().result_msg.into_owned()));
    }
    if instance.life.erased_at.is_none() {
        purchased(&console, &instance, &mut shown).await?;
        let line = (&instance.order_id, instance.order_line_id.as_ref());
        order_details(&console, line, &mut shown).await?;
    }
    Ok(page(&view, &subject, &shown))
}

/// Who bought by an order.
pub(crate) async fn order(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<OrderId>,
    FormOf(why): FormOf<Why>,
) -> Result<Markup, Stop> {
    let subject = Subject::Order(id.clone());
    log(&console, &view, &subject, &why).await?;
    let record = console.store.order_record(&id).await?;
    let bought = || record.instances.iter().filter(|instance| instance.order_id == id);
    let mut shown = Shown::new();
    for instance in bought() {
        purchased(&console, instance, &mut shown).await?;
    }
    // The order query is asked about lines; about the whole order where a call names none.
    let of_instances = bought().map(|instance| &instance.order_line_id);
    let lines = record.reports.iter().map(|report| &report.order_line_id).chain(of_instances).cloned();
    for line in lines.chain([None]).collect::<BTreeSet<Option<OrderLineId>>>() {
        order_details(&console, (&id, line.as_ref()), &mut shown).await?;
    }
    Ok(page(&view, &subject, &shown))
}

/// Names and domains of a tenant.
pub(crate) async fn tenant(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<TenantId>,
    FormOf(why): FormOf<Why>,
) -> Result<Markup, Stop> {
    let subject = Subject::Tenant(id.clone());
    let bindings = console.store.tenants(World::Real, &id).await?;
    if bindings.is_empty() {
        return Err(Stop::NotFound);
    }
    log(&console, &view, &subject, &why).await?;
    let mut shown = Shown::new();
    for bound in bindings {
        if let Some(instance) = bound.instance_id {
            shown.push((view.say(Lists::Instance).to_owned(), instance.to_string()));
        }
        shown.push((view.say(Facts::Name).to_owned(), bound.tenant.details.name.to_string()));
        shown.push((view.say(Facts::Domain).to_owned(), bound.tenant.details.domain_name.to_string()));
    }
    Ok(page(&view, &subject, &shown))
}

/// That it is shown is kept before it is.
async fn log(console: &Console, view: &View, of: &Subject, why: &Why) -> Result<(), Stop> {
    let actor = view.actor(Some(reason(&why.reason)?)).ok_or(Failure::NoOperator)?;
    let action = Action::new(&actor, Action::PERSONAL_DATA_SHOWN, of.clone().into(), view.now);
    Ok(console.store.keep_action(&action).await?)
}

/// What V1.0 said of the buyer of an instance.
async fn purchased(console: &Console, instance: &Instance, shown: &mut Shown) -> Result<(), Stop> {
    if let Some(sealed) = console.store.purchase_details(World::Real, &instance.instance_id).await? {
        let place = purchase_details_place(&instance.order_id);
        let opened = console.vault.open(&console.store, &place, &sealed).await?;
        flat("", &serde_json::from_slice(&opened).map_err(|_| Failure::Content)?, shown);
    }
    Ok(())
}

/// What is kept of an order line. KooGallery is not asked.
async fn order_details(console: &Console, line: koogallery_orders::Line<'_>, shown: &mut Shown) -> Result<(), Stop> {
    let orders = KeptOrders { vault: &console.vault, store: &console.store };
    if let Some((details, _)) = orders.details(line, console.now()).await.map_err(Failure::from)? {
        flat("", &json!(details), shown);
    }
    Ok(())
}

/// Each value of a tree, under the path to it.
fn flat(path: &str, value: &Value, shown: &mut Shown) {
    let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(members) => members.iter().for_each(|(name, value)| flat(&under(name), value, shown)),
        Value::Array(all) => all.iter().enumerate().for_each(|(at, value)| flat(&under(&at.to_string()), value, shown)),
        Value::String(text) => shown.push((path.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => shown.push((path.to_owned(), value.to_string())),
    }
}

fn page(view: &View, of: &Subject, shown: &Shown) -> Markup {
    let content = html! {
        p.says { (view.say(Facts::Shown)) }
        @if shown.is_empty() { p { (view.say(crate::texts::General::Nothing)) } }
        // What a buyer wrote may run from right to left: it must not turn what stands beside it.
        dl.facts #personal { @for (name, value) in shown { dt { (name) } dd { bdi { (value) } } } }
        p { a.button href=(view.at(path_of(of))) { (name_of(of)) } }
    };
    layout::page(view, view.say(Facts::Show), None, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_shown_value_by_value() {
        let mut shown = Shown::new();
        flat("", &json!({ "a": { "b": [1, null, "x"] }, "c": true }), &mut shown);
        let pairs: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, [("a.b.0", "1"), ("a.b.2", "x"), ("c", "true")]);
    }
}
