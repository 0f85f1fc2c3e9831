//! The reader's language and zone: in cookies, for a year. They need no session, so they are there before the sign-in as well.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery_waiting::Zone;
use serde::Deserialize;

use crate::Console;
use crate::entry::sign_in::own_path;
use crate::extract::FormOf;
use crate::stop::Stop;
use crate::texts::Acts;
use crate::view::{LANGUAGE, View, ZONE};

/// How long they are kept, in seconds.
const KEPT: u64 = 365 * 24 * 3600;

/// What the reader chose.
#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: Tongue,
    zone: String,
    #[serde(default)]
    to: String,
}

#[derive(Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
enum Tongue {
    Zh,
    En,
}

/// Keeps them, and leads back.
pub(crate) async fn choose(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    FormOf(Chosen { language, zone, to }): FormOf<Chosen>,
) -> Result<Response, Stop> {
    let zone = Zone::parse(&zone).ok_or_else(|| Stop::Invalid(Acts::BadField, Some("zone".to_owned())))?;
    let mut response = Redirect::to(&view.at(own_path(&to))).into_response();
    for (name, value) in [(LANGUAGE, language.into()), (ZONE, zone.name().as_str())] {
        if let Some((name, value)) = console.set_cookie(name, value, KEPT) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}
