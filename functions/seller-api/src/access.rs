//! Who may call: everybody who sends one of the seller's tokens. It is checked before anything else of a request.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use koogallery::Text;
use koogallery_runtime::{ApiToken, Scopes, SecretText, SourceAddress};
use koogallery_store::{Actor, Via};
use subtle::{Choice, ConstantTimeEq};

use crate::SellerApi;
use crate::problem::{Kind, NO_STORE, Problem};

/// The shortest token that is accepted, in bytes: a shorter one could be guessed.
pub const SHORTEST_TOKEN: usize = 16;

/// Lets a request with a valid token pass.
pub(crate) async fn token(State(api): State<Arc<SellerApi>>, mut request: Request, next: Next) -> Response {
    let from = source(&request);
    match allowed(&api, request.headers(), from).await {
        Ok(allowed) => {
            request.extensions_mut().insert(allowed.clone());
            let mut response = next.run(request).await;
            response.extensions_mut().insert(allowed);
            // What is asked with a token is for nobody else. Where a copy may be kept, the route says it.
            response.headers_mut().entry(CACHE_CONTROL).or_insert(NO_STORE);
            response
        }
        Err(problem) => {
            let mut response = problem.into_response();
            if let Some(from) = from {
                response.extensions_mut().insert(RefusedFrom(from));
            }
            response
        }
    }
}

/// Where a request came from. A proxy on the same machine adds it as the last one in `X-Forwarded-For`.
fn source(request: &Request) -> Option<SourceAddress> {
    let from = request.extensions().get::<SourceAddress>().copied()?;
    let told = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let told = told.filter(|_| from.is_loopback()).and_then(|told| SourceAddress::read(told.rsplit(',').next()?));
    Some(told.unwrap_or(from))
}

/// For the log: where a request came from whose token was refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusedFrom(pub(crate) SourceAddress);

/// A request has a valid token.
#[derive(Debug, Clone)]
pub(crate) struct Allowed {
    /// The name of the application that has this token, if it has one.
    pub(crate) name: Option<String>,
    /// What it may do.
    pub(crate) scopes: Scopes,
}

impl Allowed {
    /// Who acts by this token, and why.
    pub(crate) fn actor(&self, reason: Option<Text<255>>) -> Result<Actor, Problem> {
        let name = self.name.clone().unwrap_or_else(|| "seller API".to_owned());
        let by = Text::try_from(name).map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
        Ok(Actor { by, via: Via::SellerApi, reason })
    }
}

async fn allowed(api: &SellerApi, headers: &HeaderMap, from: Option<SourceAddress>) -> Result<Allowed, Problem> {
    let refused = || {
        let detail = "send `Authorization: Bearer` with one of the deployment's tokens: those in its secret, or the one that `serve` prints";
        Problem::new(Kind::Unauthorized, detail)
    };
    let shown = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let (scheme, token) = shown.split_at_checked("Bearer ".len()).unwrap_or_default();
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer ");
    let (token, now) = (token.trim_ascii(), Instant::now());
    // Without a token there is nothing to guess.
    let is_guess = is_bearer && !token.is_empty();
    if let Err(wait) = api.guesses.may_try(&from, token, now)
        && is_guess
    {
        return Err(Problem::too_many_guesses(wait));
    }
    // The tokens held are at most 30 s old, so a removed token soon stops working.
    let secrets = api.secrets().fresh().await?;
    let usable: Vec<&ApiToken> =
        secrets.api_tokens.iter().filter(|usable| usable.token.reveal().len() >= SHORTEST_TOKEN).collect();
    // All are compared, each in constant time, so that the time does not show which one was nearly right. A token that was
    // made with a colon in it works as a whole.
    let fits: Vec<Choice> = usable
        .iter()
        .map(|usable| usable.token.reveal().as_bytes().ct_eq(token) | usable.written.reveal().as_bytes().ct_eq(token))
        .collect();
    if usable.is_empty() {
        let problem = "no token is configured: put {\"apiTokens\":[\"…\"]} into the secret, or set KOOGALLERY_API_TOKEN, \
                       with tokens of at least 16 characters";
        return Err(refused().because(problem));
    }
    let fitting = usable.iter().zip(&fits).filter(|_| is_bearer);
    // Each is looked at, also after one that fits.
    let fitting = fitting.fold(None, |found, (usable, fits)| if bool::from(*fits) { Some(usable) } else { found });
    let Some(usable) = fitting else {
        if is_guess {
            api.guesses.was_wrong(from, now);
        }
        return Err(refused());
    };
    let shown = String::from_utf8_lossy(token);
    api.guesses.was_right(from, &SecretText::from(&*shown), now);
    Ok(Allowed { name: usable.name.clone(), scopes: usable.scopes.clone() })
}
