//! Who may call: everybody who sends one of the seller's tokens. It is checked before anything else of a request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use koogallery_runtime::SecretText;
use subtle::{Choice, ConstantTimeEq};

use crate::SellerApi;
use crate::problem::{Kind, Problem};

/// The shortest token that is accepted, in bytes: a shorter one could be guessed.
pub const SHORTEST_TOKEN: usize = 16;

/// Lets a request with a valid token pass.
pub(crate) async fn token(State(api): State<Arc<SellerApi>>, request: Request, next: Next) -> Response {
    match allowed(&api, request.headers()).await {
        Ok(()) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(Allowed);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// For the log: the request has a valid token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed;

async fn allowed(api: &SellerApi, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || {
        let detail = "send `Authorization: Bearer` with one of the tokens in the deployment's secret";
        Problem::new(Kind::Unauthorized, detail)
    };
    let shown = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let (scheme, token) = shown.split_at_checked("Bearer ".len()).unwrap_or_default();
    // The tokens held are at most 30 s old, so a removed token soon stops working.
    let secrets = api.secrets().fresh().await?;
    let usable = secrets.api_tokens.iter().map(SecretText::reveal).filter(|token| token.len() >= SHORTEST_TOKEN);
    // All are compared, each in constant time, so that the time does not show which one was nearly right.
    let (count, fits) = usable.fold((0, Choice::from(0)), |(count, fits), usable| {
        (count + 1, fits | usable.as_bytes().ct_eq(token.trim_ascii()))
    });
    if count == 0 {
        let problem = "no token is configured: put {\"apiTokens\":[\"…\"]} into the secret, or set KOOGALLERY_API_TOKEN, \
                       with tokens of at least 16 characters";
        return Err(refused().because(problem));
    }
    if scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(fits) { Ok(()) } else { Err(refused()) }
}
