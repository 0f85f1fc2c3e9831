//! `/token` and `/userinfo`: what an application gets for its code (OpenID Connect Core, sections 3.1.3 and 5.3).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use koogallery_runtime::{LoginOutcome, SecretText, SourceAddress};
use koogallery_settings::OidcClient;
use koogallery_store::{HandleDigest, LoginStep};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Login;
use crate::asked::{Asked, Unreadable};
use crate::client_secret::is_secret_of;
use crate::granted::Granted;
use crate::kept::Used;
use crate::registry::Registry;
use crate::stop::{Failure, Stop, Told};
use koogallery_oidc::random;

/// How long an access token and an ID token are valid.
const TOKEN_LASTS: Duration = Duration::from_mins(10);
/// So much earlier an ID token says it was made: clocks differ, and some libraries refuse a token from the future.
const CLOCKS_DIFFER: i64 = 30;

/// An error of OAuth 2.0, section 5.2.
struct Refused {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
    client: Option<String>,
    wait: Option<Duration>,
}

impl Refused {
    const fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description, client: None, wait: None }
    }

    fn unknown() -> Self {
        let refused = Self::new("invalid_client", "the client is unknown, or its secret is wrong");
        Self { status: StatusCode::UNAUTHORIZED, ..refused }
    }

    fn of(self, client: &OidcClient) -> Self {
        Self { client: Some(client.client_id.clone()), ..self }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { status, error, description, client, wait } = self;
        let body = Json(json!({ "error": error, "error_description": description }));
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Basic realm=\"token\""));
        }
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, wait.as_secs().saturating_add(1).into());
        }
        response.extensions_mut().insert(Told {
            outcome: LoginOutcome::Refused,
            reason: Some(format!("{error}: {description}")),
            subjects: client.map(|client| ("clientId", client)).into_iter().collect(),
        });
        response
    }
}

/// Redeems a code.
pub(crate) async fn token(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Result<Asked, Unreadable>,
) -> Result<Response, Stop> {
    let asked = match asked {
        Ok(asked) => asked,
        Err(Unreadable { status, because }) => {
            return Ok(Refused { status, ..Refused::new("invalid_request", because) }.into_response());
        }
    };
    match redeemed(&login, &registry, &asked).await? {
        Ok(response) => Ok(response),
        Err(refused) => Ok(refused.into_response()),
    }
}

async fn redeemed(login: &Login, registry: &Registry, asked: &Asked) -> Result<Result<Response, Refused>, Failure> {
    let client = match authenticated(login, registry, asked)? {
        Ok(client) => client,
        Err(refused) => return Ok(Err(refused)),
    };
    let refused = |error, description| Ok(Err(Refused::new(error, description).of(client)));
    let parameters = &asked.parameters;
    if parameters.twice().is_some() {
        return refused("invalid_request", "a parameter came more than once");
    }
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return refused("unsupported_grant_type", "only authorization_code is supported"),
        None => return refused("invalid_request", "grant_type is missing"),
    }
    let Some(code) = parameters.get("code") else { return refused("invalid_request", "code is missing") };
    let (digest, secret, now) = (HandleDigest::of(code), random::secret()?, login.now());
    let (bound_to, access) = (HandleDigest::of(&client.client_id), HandleDigest::of(&secret));
    let until = now.saturating_add(TOKEN_LASTS);
    let used = login.store().redeem_code(digest, bound_to, access, now, until).await?;
    let granted: Granted = match login.opened(LoginStep::Code, digest, used).await? {
        Used::First(granted) => granted,
        Used::Again(_) => return refused("invalid_grant", "the code was used before: what it gave is ended"),
        Used::OfAnother => return refused("invalid_grant", "the code is another client's"),
        Used::Gone => return refused("invalid_grant", "the code is unknown or too old"),
    };
    match parameters.get("redirect_uri") {
        Some(uri) if uri == granted.redirect_uri => {}
        Some(_) => return refused("invalid_grant", "redirect_uri is not that of the authorization request"),
        None => return refused("invalid_request", "redirect_uri is missing"),
    }
    match (&granted.code_challenge, parameters.get("code_verifier")) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if fits(challenge, verifier) => {}
        (Some(_), Some(_)) => return refused("invalid_grant", "code_verifier does not fit code_challenge"),
        (Some(_), None) => return refused("invalid_grant", "code_verifier is missing"),
        (None, Some(_)) => return refused("invalid_grant", "there was no code_challenge"),
    }
    // The token is made of the place in the table and of a secret whose digest is there.
    let access_token = format!("{}.{secret}", digest.to_hex());
    let id_token = id_token(login, client, &granted, &access_token).await?;
    let body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LASTS.as_secs(),
        "id_token": id_token,
        "scope": granted.scope,
    });
    let mut response = Json(body).into_response();
    let subjects = vec![("clientId", client.client_id.clone()), ("tenantId", granted.identity.tenant_id.to_string())];
    response.extensions_mut().insert(Told { subjects, ..Told::default() });
    Ok(Ok(response))
}

/// The client that a request proves to be, by its secret in the header or in the form, or by its id if it has no secret.
fn authenticated<'a>(
    login: &Login,
    registry: &'a Registry,
    asked: &Asked,
) -> Result<Result<&'a OidcClient, Refused>, Failure> {
    let (id, secret) = match named(asked) {
        Ok(named) => named,
        Err(refused) => return Ok(Err(refused)),
    };
    let Some(registered) = registry.named(&id)? else { return Ok(Err(Refused::unknown())) };
    Ok(proven(login, registered.client, &secret, asked.from))
}

/// The id and the secret that a request has; the secret is empty if it has none.
fn named(asked: &Asked) -> Result<(Cow<'_, str>, Cow<'_, str>), Refused> {
    let basic = basic(&asked.headers).map_err(|()| Refused::unknown())?;
    match (basic, asked.parameters.get("client_id"), asked.parameters.get("client_secret")) {
        (Some(_), _, Some(_)) => Err(Refused::new("invalid_request", "the client secret came twice")),
        (Some((id, _)), Some(other), None) if id != other => Err(Refused::unknown()),
        (Some((id, secret)), _, None) => Ok((id.into(), secret.into())),
        (None, Some(id), secret) => Ok((id.into(), secret.unwrap_or_default().into())),
        (None, None, _) => Err(Refused::unknown()),
    }
}

/// A client, if the secret is its own.
fn proven<'a>(
    login: &Login,
    client: &'a OidcClient,
    secret: &str,
    from: Option<SourceAddress>,
) -> Result<&'a OidcClient, Refused> {
    if client.is_public() {
        return if secret.is_empty() { Ok(client) } else { Err(Refused::unknown().of(client)) };
    }
    let (source, now) = ((client.client_id.clone(), from), Instant::now());
    if let Err(wait) = login.guesses.may_try(&source, secret.as_bytes(), now) {
        let refused = Refused::new("invalid_client", "too many wrong secrets came from this address");
        return Err(Refused { status: StatusCode::TOO_MANY_REQUESTS, wait: Some(wait), ..refused }.of(client));
    }
    if is_secret_of(client, secret) {
        login.guesses.was_right(source, &SecretText::from(secret), now);
        return Ok(client);
    }
    if !secret.is_empty() {
        login.guesses.was_wrong(source, now);
    }
    Err(Refused::unknown().of(client))
}

/// Id and secret from the header, each encoded as in a form (RFC 6749, section 2.3.1). A header of another kind is an error.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, ()> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let (scheme, encoded) = header.to_str().map_err(|_| ())?.split_once(' ').ok_or(())?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| ())?;
    let pair = String::from_utf8(decoded).map_err(|_| ())?;
    let (id, secret) = pair.split_once(':').ok_or(())?;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().map(Cow::into_owned).map_err(|_| ())
    };
    Ok(Some((decoded(id)?, decoded(secret)?)))
}

/// Whether a verifier is the one that a challenge was made of (RFC 7636, section 4.6).
fn fits(challenge: &str, verifier: &str) -> bool {
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    made.as_bytes().ct_eq(challenge.as_bytes()).into()
}

async fn id_token(
    login: &Login,
    client: &OidcClient,
    granted: &Granted,
    access_token: &str,
) -> Result<String, Failure> {
    let now = login.now().as_seconds();
    let lasts = i64::try_from(TOKEN_LASTS.as_secs()).unwrap_or_default();
    let digest = Sha256::digest(access_token);
    let mut claims: Map<String, Value> = granted.identity.claims(&granted.scope);
    claims.insert("iss".to_owned(), login.issuer.as_str().into());
    claims.insert("aud".to_owned(), client.client_id.as_str().into());
    claims.insert("iat".to_owned(), (now - CLOCKS_DIFFER).into());
    claims.insert("exp".to_owned(), (now + lasts).into());
    claims.insert("auth_time".to_owned(), granted.auth_time.into());
    claims.insert("at_hash".to_owned(), URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]).into());
    if let Some(nonce) = &granted.nonce {
        claims.insert("nonce".to_owned(), nonce.as_str().into());
    }
    let algorithm = client.id_token_signed_response_alg;
    let signer = login.keys.signer(algorithm, login.store(), &login.vault, login.now()).await?;
    Ok(signer.sign(&claims)?)
}

/// What is known of the user whose access token comes.
pub(crate) async fn userinfo(
    State(login): State<Arc<Login>>,
    asked: Result<Asked, Unreadable>,
) -> Result<Response, Stop> {
    let Ok(asked) = asked else { return Ok(unauthorized(None)) };
    let header = asked.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let of_form = asked.parameters.get("access_token").filter(|_| asked.is_post);
    let Some(token) = bearer.or(of_form) else { return Ok(unauthorized(None)) };
    let parts = token.split_once('.').and_then(|(place, secret)| Some((HandleDigest::from_hex(place)?, secret)));
    let Some((place, secret)) = parts else { return Ok(unauthorized(Some("it is none of this issuer"))) };
    let granted = login.store().granted(place, HandleDigest::of(secret), login.now()).await?;
    let Some(sealed) = granted else { return Ok(unauthorized(Some("it is over, or was ended"))) };
    let granted: Granted = login.open(LoginStep::Code, place, &sealed).await?;
    let mut response = Json(granted.identity.claims(&granted.scope)).into_response();
    let subjects = vec![("clientId", granted.client_id), ("tenantId", granted.identity.tenant_id.to_string())];
    response.extensions_mut().insert(Told { subjects, ..Told::default() });
    Ok(response)
}

/// Without a token only the kind of token is told (RFC 6750, section 3.1).
fn unauthorized(because: Option<&'static str>) -> Response {
    let challenge = if because.is_some() {
        "Bearer realm=\"userinfo\", error=\"invalid_token\""
    } else {
        "Bearer realm=\"userinfo\""
    };
    let mut response = (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response();
    let reason = because.map_or_else(|| "no access token".to_owned(), |because| format!("invalid_token: {because}"));
    response.extensions_mut().insert(Told {
        outcome: LoginOutcome::Refused,
        reason: Some(reason),
        subjects: Vec::new(),
    });
    response
}
