//! The instances that a tenant is bound to. Its name and domain are personal data, and not here.

use koogallery_store::{BoundTenant, Subject};
use maud::{Markup, html};

use crate::layout::table;
use crate::texts::Lists;
use crate::view::View;

pub(super) fn bindings(view: &View, bindings: &[BoundTenant]) -> Markup {
    let heads = [Lists::Instance, Lists::Order].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = bindings
        .iter()
        .map(|bound| {
            vec![
                html! { @if let Some(id) = &bound.instance_id { (view.link(&Subject::Instance(id.clone()))) } },
                html! { @if let Some(id) = &bound.order_id { (view.link(&Subject::Order(id.clone()))) } },
            ]
        })
        .collect();
    table(view, &heads, &rows)
}
