//! Who is signed in. An administrator may end each session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_store::{About, Action, ConsoleSession, HandleDigest};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
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
    let sessions = console.store.sessions(view.now).await?;
    let heads = [Lists::Who, Lists::Groups, Lists::Began, Lists::Ends].map(|head| view.say(head));
    let heads = [&heads[..], &[view.say(Acts::Possible)]].concat();
    let rows: Vec<Vec<Markup>> = sessions.iter().map(|(of, session)| row(&view, *of, session)).collect();
    let content = html! { (said(&view, &done)) (table(&view, &heads, &rows)) };
    Ok(layout::page(&view, view.say(General::Sessions), None, &content))
}

fn row(view: &View, of: HandleDigest, session: &ConsoleSession) -> Vec<Markup> {
    let is_own = view.operator.as_ref().is_some_and(|operator| operator.session == of);
    vec![
        html! { (session.by.as_str()) },
        html! { (session.groups.join(", ")) },
        view.time(session.began_at),
        view.time(session.until),
        html! {
            @if is_own { (view.say(Lists::ThisSession)) } @else {
                form method="post" action=(view.at("/sessions/end")) {
                    input type="hidden" name="session" value=(of.to_hex());
                    (reason_field(view))
                    button.danger { (view.say(Acts::EndSession)) }
                }
            }
        },
    ]
}

/// Which session to end, and why.
#[derive(Deserialize)]
pub(crate) struct End {
    session: String,
    #[serde(default)]
    reason: String,
}

/// Ends one.
pub(crate) async fn end(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(End { session, reason: why }): FormOf<End>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&why)?)).ok_or(Failure::NoOperator)?;
    let of = HandleDigest::from_hex(&session).ok_or(Stop::NotFound)?;
    let known = console.store.session(of, view.now).await?.ok_or(Stop::NotFound)?;
    let action = Action::new(&actor, Action::SESSION_ENDED, About::Deployment, view.now);
    let action = action.from(serde_json::json!({ "by": known.by, "beganAt": known.began_at }));
    if !console.store.end_session(of, &action).await? {
        return Err(Stop::NotFound);
    }
    Ok(Redirect::to(&view.at(Done::Ended.to("/sessions"))).into_response())
}
