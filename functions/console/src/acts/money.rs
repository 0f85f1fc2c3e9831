//! Why a finding of the comparison with statements is all right.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery::Text;
use koogallery_statements::{FindingId, Month};
use serde::Deserialize;

use super::Done;
use crate::Console;
use crate::extract::{FormOf, PathOf, reason};
use crate::stop::{Failure, Stop};
use crate::texts::Acts;
use crate::view::View;

/// Why, and in which month it is shown.
#[derive(Deserialize)]
pub(crate) struct Explaining {
    #[serde(default)]
    month: String,
    #[serde(default)]
    reason: String,
}

/// Explains a finding. It holds as long as the finding's amounts stay as they are.
pub(crate) async fn explain(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<String>,
    FormOf(Explaining { month, reason: why }): FormOf<Explaining>,
) -> Result<Response, Stop> {
    let id: FindingId = id.parse().map_err(|_| Stop::NotFound)?;
    let month: Month = month.parse().map_err(|_| Stop::Invalid(Acts::BadField, Some("month".to_owned())))?;
    let note = reason(&why)?;
    let actor = view.actor(Some(note.clone())).ok_or(Failure::NoOperator)?;
    let id = Text::try_from(id.to_string()).map_err(|_| Failure::Content)?;
    console.store.explain(&id, note, &actor, view.now).await?;
    Ok(Redirect::to(&view.at(format_args!("{}&month={month}", Done::Explained.to("/money")))).into_response())
}
