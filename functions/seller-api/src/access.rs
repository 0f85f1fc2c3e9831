//! Who may call: everybody who sends one of the seller's tokens. It is checked before anything else of a request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use koogallery_runtime::ApiToken;
use subtle::{Choice, ConstantTimeEq};

use crate::SellerApi;
use crate::problem::{Kind, Problem};

/// The shortest token that is accepted, in bytes: a shorter one could be guessed.
pub const SHORTEST_TOKEN: usize = 16;

/// Lets a request with a valid token pass.
pub(crate) async fn token(State(api): State<Arc<SellerApi>>, request: Request, next: Next) -> Response {
    match allowed(&api, request.headers()).await {
        Ok(allowed) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(allowed);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// For the log: the request has a valid token, and the name of the application that has this token.
#[derive(Debug, Clone)]
pub(crate) struct Allowed(pub(crate) Option<String>);

async fn allowed(api: &SellerApi, headers: &HeaderMap) -> Result<Allowed, Problem> {
    let refused = || {
        let detail = "send `Authorization: Bearer` with one of the tokens in the deployment's secret";
        Problem::new(Kind::Unauthorized, detail)
    };
    let shown = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let (scheme, token) = shown.split_at_checked("Bearer ".len()).unwrap_or_default();
    // The tokens held are at most 30 s old, so a removed token soon stops working.
    let secrets = api.secrets().fresh().await?;
    let usable: Vec<ApiToken<'_>> = secrets.api_tokens.iter().map(ApiToken::from).collect();
    let usable: Vec<_> = usable.into_iter().filter(|usable| usable.bare.len() >= SHORTEST_TOKEN).collect();
    // All are compared, each in constant time, so that the time does not show which one was nearly right. A token that was
    // made with a colon in it works as a whole.
    let token = token.trim_ascii();
    let fits: Vec<Choice> = usable
        .iter()
        .map(|usable| usable.bare.as_bytes().ct_eq(token) | usable.token.reveal().as_bytes().ct_eq(token))
        .collect();
    if usable.is_empty() {
        let problem = "no token is configured: put {\"apiTokens\":[\"…\"]} into the secret, or set KOOGALLERY_API_TOKEN, \
                       with tokens of at least 16 characters";
        return Err(refused().because(problem));
    }
    if !scheme.eq_ignore_ascii_case(b"Bearer ")
        || !bool::from(fits.iter().fold(Choice::from(0), |any, fits| any | *fits))
    {
        return Err(refused());
    }
    let shown = usable.iter().zip(&fits).find(|(_, fits)| bool::from(**fits));
    Ok(Allowed(shown.and_then(|(usable, _)| usable.name).map(str::to_owned)))
}
