//! Signing in with the identity provider: there with state, nonce and PKCE, and back with a code. What a sign-in is about is kept in
//! the table, sealed, and used once by the browser that began it.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use koogallery_oidc::random;
use koogallery_store::{About, Action, HandleDigest, LoginStep, LoginUse};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::Console;
use crate::entry::Way;
use crate::entry::provider::ProviderError;
use crate::extract::QueryOf;
use crate::stop::{Failure, Stop};
use crate::texts::Entry;
use crate::view::{View, cookie};

/// How long somebody has to sign in.
const LENGTH: Duration = Duration::from_mins(10);
const NAME: &str = "koogallery-console-sign-in";

/// What one sign-in is about.
#[derive(Serialize, Deserialize)]
struct Flow {
    nonce: String,
    verifier: String,
    to: String,
}

/// Where somebody wants to go after the sign-in.
#[derive(Deserialize)]
pub(crate) struct To {
    #[serde(default)]
    to: String,
}

/// The path of a page of the console, from a text that may come from anywhere; the home page if it is none.
pub(crate) fn own_path(text: &str) -> &str {
    let is_path = text.starts_with('/') && !text.starts_with("//") && text.len() <= 2048;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain && !climbs(text) { text } else { "/" }
}

/// Whether a browser would leave the console by this path: it takes `..` out, also where it is written `%2e%2e`.
fn climbs(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."))
}

/// Sends somebody to the identity provider.
pub(crate) async fn begin(
    State(console): State<Arc<Console>>,
    QueryOf(To { to }): QueryOf<To>,
) -> Result<Response, Stop> {
    let Way::Provider(provider) = &console.way else {
        return Err(Stop::Entry(Entry::NeedLink, Entry::NeedLinkHelp, None));
    };
    let published = provider.published().await?;
    let (state, secret) = (random::secret()?, random::secret()?);
    let flow = Flow { nonce: random::secret()?, verifier: random::secret()?, to: own_path(&to).to_owned() };
    let (of, step) = (HandleDigest::of(&state), LoginStep::Console);
    let content = serde_json::to_vec(&flow).map_err(|_| Failure::Content)?;
    let sealed = console.vault.seal(&console.store, &step.place(of), &content).await?;
    let until = console.now().saturating_add(LENGTH);
    console.store.keep_login(step, of, HandleDigest::of(&secret), &sealed, until).await?;

    let mut address = Url::parse(&published.authorization_endpoint)
        .map_err(|_| Failure::from(ProviderError::Unreadable("description of itself")))?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&flow.verifier));
    address.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &provider.client_id),
        ("redirect_uri", &console.url.at("/callback")),
        ("scope", "openid email"),
        ("state", &state),
        ("nonce", &flow.nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let mut response = Redirect::to(address.as_str()).into_response();
    let cookie = console.set_cookie(&console.flow_cookie(), &secret, LENGTH.as_secs());
    response.headers_mut().extend(cookie.map(|(name, value)| (Some(name), value)));
    Ok(response)
}

/// What the identity provider brings back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// Lets in whom the identity provider names, if that person may enter.
pub(crate) async fn callback(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    QueryOf(Back { state, code, error }): QueryOf<Back>,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let Way::Provider(provider) = &console.way else { return Err(Stop::NotFound) };
    let expired = || Stop::Entry(Entry::Expired, Entry::ExpiredHelp, None);
    let secret = cookie(&headers, &console.flow_cookie()).ok_or_else(expired)?;
    let (of, step) = (HandleDigest::of(&state), LoginStep::Console);
    let used = console.store.use_login(step, of, HandleDigest::of(secret), console.now()).await?;
    let LoginUse::First(sealed) = used else { return Err(expired()) };
    let content = console.vault.open(&console.store, &step.place(of), &sealed).await?;
    let flow: Flow = serde_json::from_slice(&content).map_err(|_| Failure::Content)?;
    let Some(code) = code.filter(|_| error.is_none()) else {
        return Err(Stop::Entry(Entry::Refused, Entry::RefusedHelp, None));
    };
    let secret = console.client_secret().await?;
    let (back, now) = (console.url.at("/callback"), console.now());
    let redeemed = provider.redeem(&code, &flow.verifier, &back, &flow.nonce, secret.as_ref(), now).await;
    let person = redeemed.map_err(Failure::from)?;
    if provider.access.role_of(&person).is_none() {
        let who = person.address.as_ref().map_or_else(|| format!("sub:{}", person.subject), Clone::clone);
        return Err(Stop::Entry(Entry::NotListed, Entry::NotListedHelp, Some(who)));
    }
    let cookies = [console.begin(&person, false).await?, console.set_cookie(&console.flow_cookie(), "", 0)];
    let mut response = Redirect::to(&view.at(own_path(&flow.to))).into_response();
    for (name, value) in cookies.into_iter().flatten() {
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Ends the session of who asks for it.
pub(crate) async fn sign_out(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
) -> Result<Response, Stop> {
    let (Some(operator), Some(actor)) = (&view.operator, view.actor(None)) else {
        return Err(Failure::NoOperator.into());
    };
    let action = Action::new(&actor, Action::SESSION_ENDED, About::Deployment, view.now);
    console.store.end_session(operator.session, &action).await?;
    let mut response = Redirect::to(&view.at("/signed-out")).into_response();
    response.headers_mut().extend(console.end_cookie().map(|(name, value)| (Some(name), value)));
    Ok(response)
}

/// The page after that.
pub(crate) async fn signed_out() -> Stop {
    Stop::Entry(Entry::SignedOut, Entry::SignedOutHelp, None)
}

impl Console {
    fn flow_cookie(&self) -> String {
        let prefix = if self.url.is_local() { "" } else { "__Host-" };
        format!("{prefix}{NAME}")
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for own in ["/", "/orders?status=a&cursor=b", "/instances/a%2Fb", "/instances/a..b", "/orders?text=/../x"] {
            assert_eq!(own_path(own), own);
        }
        for other in
            ["", "https://evil.org", "//evil.org", "/\\evil.org", "\\/evil.org", "/a\nb", "javascript:x", "/ /evil.org"]
        {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
        for other in ["/../login", "/%2e%2e/login", "/%2E./login", "/orders/..", "/./x", "/..%2flogin", "/..%5Clogin"] {
            assert_eq!(own_path(other), "/", "{other:?}");
        }
    }
}
