//! A link that works once: for a console on this machine, whose host prints it at its start.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, extract::Path};
use koogallery_oidc::random::{self, NoRandomness};
use koogallery_store::HandleDigest;
use subtle::ConstantTimeEq;

use crate::Console;
use crate::access::Person;
use crate::entry::Way;
use crate::stop::Stop;
use crate::texts::Entry;
use crate::view::View;

/// The digest of the secret in the link, until it is used.
pub(crate) struct Link(Mutex<Option<HandleDigest>>);

impl Link {
    /// A link that was not used yet, and its secret.
    pub(crate) fn new() -> Result<(Self, String), NoRandomness> {
        let secret = random::secret()?;
        Ok((Self(Mutex::new(Some(HandleDigest::of(&secret)))), secret))
    }

    /// Whether the secret is right, the first time.
    fn use_once(&self, secret: &str) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = HandleDigest::of(secret);
        let is_right = kept.is_some_and(|kept| kept.to_hex().as_bytes().ct_eq(shown.to_hex().as_bytes()).into());
        if is_right {
            *kept = None;
        }
        is_right
    }
}

/// Lets in who brings the link.
pub(crate) async fn enter(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    Path(secret): Path<String>,
) -> Result<Response, Stop> {
    let Way::Link(link) = &console.way else { return Err(Stop::NotFound) };
    if !link.use_once(&secret) {
        return Err(Stop::Entry(Entry::LinkUsed, Entry::LinkUsedHelp, None));
    }
    let person = Person { subject: "one-time link".to_owned(), ..Person::default() };
    let cookie = console.begin(&person, true).await?;
    let mut response = Redirect::to(&view.at("/")).into_response();
    response.headers_mut().extend(cookie.map(|(name, value)| (Some(name), value)));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once() {
        let (link, secret) = Link::new().unwrap();
        assert!(!link.use_once("") && !link.use_once("another"));
        assert!(link.use_once(&secret));
        assert!(!link.use_once(&secret));
    }
}
