//! What people did.

use koogallery_store::Action;
use maud::html;

use super::Entry;
use crate::texts::{Facts, what};
use crate::view::View;

pub(super) fn entry(view: &View, action: &Action) -> Entry {
    let done = what(view.language, &action.what);
    Entry {
        at: action.at,
        class: "action",
        title: view.fill(Facts::Acted, &[&action.by.as_str(), &done, &<&str>::from(action.via)]),
        more: html! { @if let Some(reason) = &action.reason { (reason.as_str()) } },
    }
}
