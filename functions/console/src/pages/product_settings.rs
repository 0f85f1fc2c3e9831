//! The settings of products: the versions, what each says and changed, and the way back to an earlier one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_settings::{FORMAT, SettingsDocument, differences};
use koogallery_store::{KeptSettings, SettingsKept};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Console;
use crate::access::Role;
use crate::acts::{Done, Said, act, said};
use crate::extract::{FormOf, PathOf, QueryOf, reason};
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, General, Lists};
use crate::view::View;

/// So many versions are shown: the newest.
const SHOWN: usize = 100;

/// Lists the versions.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let versions = console.store.settings_versions(None, SHOWN).await?;
    let heads = [Lists::Version, Lists::When, Lists::Who, Lists::Why].map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = versions
        .iter()
        .map(|kept| {
            vec![
                html! { a href=(view.at(format_args!("/product-settings/{}", kept.version))) { (kept.version) } },
                view.time(kept.at),
                html! { (kept.by.as_str()) },
                html! { (kept.reason.as_str()) },
            ]
        })
        .collect();
    let content = html! {
        (said(&view, &done))
        p.quiet { (view.say(Acts::SettingsHelp)) }
        (table(&view, &heads, &rows))
    };
    Ok(layout::page(&view, view.say(General::ProductSettings), None, &content))
}

/// Shows a version, and what it changed.
pub(crate) async fn get(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(version): PathOf<u64>,
) -> Result<Markup, Stop> {
    let kept = console.store.settings_version(version).await?.ok_or(Stop::NotFound)?;
    let (before, current) =
        tokio::join!(console.store.settings_version(version.saturating_sub(1)), console.store.settings());
    let (document, before) =
        (document(&kept)?, before?.as_ref().map_or_else(|| Ok(json!({ "format": FORMAT })), document)?);
    let is_current = current?.is_some_and(|current| current.version == version);
    let pretty = serde_json::to_string_pretty(&document).map_err(|_| Failure::Content)?;
    let heads = [Lists::Place, Lists::Before, Lists::After].map(|head| view.say(head));
    let part = |part: Option<Value>| html! { @if let Some(part) = part { code { (part.to_string()) } } };
    let rows: Vec<Vec<Markup>> = differences(&before, &document)
        .into_iter()
        .map(|one| vec![html! { code { (one.place) } }, part(one.before), part(one.after)])
        .collect();
    let content = html! {
        p { (view.time(kept.at)) " " (kept.by.as_str()) ": " (kept.reason.as_str()) }
        @if is_current { p { (view.say(Acts::IsCurrent)) } }
        h2 { (view.say(Lists::Changed)) }
        (table(&view, &heads, &rows))
        h2 { (view.say(Lists::Document)) }
        pre { (pretty) }
        @if view.may(Role::Administrator) && !is_current {
            h2 { (view.say(Acts::Possible)) }
            div.acts {
                (act(&view, "rollback", Acts::Rollback, Acts::RollbackHelp,
                    &format!("/product-settings/{version}/rollback"), &html! {}, false))
            }
        }
    };
    Ok(layout::page(&view, &view.fill(Lists::SettingsVersion, &[&version]), None, &content))
}

/// Why an earlier version comes back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    reason: String,
}

/// Makes what an earlier version says the current version again.
pub(crate) async fn rollback(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(version): PathOf<u64>,
    FormOf(Back { reason: why }): FormOf<Back>,
) -> Result<Response, Stop> {
    let why = reason(&why)?;
    let actor = view.actor(None).ok_or(Failure::NoOperator)?;
    let earlier = console.store.settings_version(version).await?.ok_or(Stop::NotFound)?;
    // A newer version of this software may have written it.
    if let Err(refused) = SettingsDocument::parse(&earlier.document) {
        return Err(Stop::Conflict(Acts::SettingsRefused, Some(refused.to_string())));
    }
    let standing = console.store.settings().await?;
    if standing.as_ref().is_some_and(|standing| standing.document == earlier.document) {
        return Ok(Redirect::to(&view.at(Done::Unchanged.to("/product-settings"))).into_response());
    }
    let expected = standing.map_or(0, |standing| standing.version);
    match console.store.keep_settings(&earlier.document, expected, (&actor, &why), view.now).await? {
        SettingsKept::Done(_) => Ok(Redirect::to(&view.at(Done::RolledBack.to("/product-settings"))).into_response()),
        SettingsKept::Outdated(current) => Err(Stop::Conflict(Acts::SettingsOutdated, Some(current.to_string()))),
    }
}

fn document(kept: &KeptSettings) -> Result<Value, Stop> {
    Ok(serde_json::from_str(&kept.document).map_err(|_| Failure::Content)?)
}
