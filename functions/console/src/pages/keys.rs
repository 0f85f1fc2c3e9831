//! The keys that sign ID tokens of buyers' users, and the way to make the next one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_oidc::{Rotation, SigningKeys};
use koogallery_store::{About, Action};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::access::Role;
use crate::acts::{Done, Said, reason_field, said};
use crate::extract::{FormOf, QueryOf, reason};
use crate::layout::{self, table};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, General, Lists};
use crate::view::View;

/// Lists them.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(done): QueryOf<Said>,
) -> Result<Markup, Stop> {
    let keys = SigningKeys::phases(&console.store, view.now).await?;
    let heads = [Lists::KeyId, Lists::Algorithm, Lists::Phase, Lists::Published, Lists::SignsFrom];
    let heads = heads.map(|head| view.say(head));
    let rows: Vec<Vec<Markup>> = keys
        .iter()
        .map(|(key, phase)| {
            vec![
                html! { code { (key.key_id) } },
                html! { (key.algorithm) },
                html! { (<&str>::from(*phase)) },
                view.time(key.published_at),
                view.time(key.signs_from),
            ]
        })
        .collect();
    let content = html! {
        (said(&view, &done))
        (table(&view, &heads, &rows))
        @if view.may(Role::Administrator) {
            h2 { (view.say(Acts::Possible)) }
            div.acts {
                details {
                    summary { (view.say(Acts::RotateKeys)) }
                    p.quiet { (view.say(Acts::RotateHelp)) }
                    form method="post" action=(view.at("/keys/rotate")) {
                        label { input type="checkbox" name="now" value="true"; " " (view.say(Acts::RotateNow)) }
                        (reason_field(&view))
                        button.main { (view.say(Acts::RotateKeys)) }
                    }
                }
            }
        }
    };
    Ok(layout::page(&view, view.say(General::Keys), None, &content))
}

/// When to sign with the next key, and why there has to be one.
#[derive(Deserialize)]
pub(crate) struct Rotate {
    #[serde(default)]
    now: bool,
    #[serde(default)]
    reason: String,
}

/// Makes the next key of each algorithm.
pub(crate) async fn rotate(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(Rotate { now, reason: why }): FormOf<Rotate>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let action = Action::new(&actor, Action::SIGNING_KEY_MADE, About::Deployment, view.now);
    let rotation = Rotation::default();
    let rotated = SigningKeys::replace_by(&rotation, now, &console.store, &console.vault, &action).await?;
    let done = if rotated.iter().any(|one| one.made.is_some()) { Done::Keys } else { Done::NoKeys };
    Ok(Redirect::to(&view.at(done.to("/keys"))).into_response())
}
