//! OAuth 2.0 of a tenant (topics 0070649448, 0070649450): a code, once, for an access token, and that for the user's data.

use http::StatusCode;
use http::header::ACCEPT;
use koogallery_runtime::SecretText;
use serde::Deserialize;

use crate::upstream::UpstreamError;
use crate::upstream::address::Address;
use crate::upstream::answer::{Answered, answered};
use crate::upstream::person::Person;

/// Why a code was not redeemed. What the tenant's login says of it is told only where it is one of its known words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedeemError {
    #[error("the tenant's login refused the code: it is old, came twice, or is another client's")]
    Code,
    #[error(
        "the tenant's login refused the client: the credentials that applicationSync told are not the ones it knows (invalid_client)"
    )]
    Client,
    #[error("the tenant's login answered HTTP {status} to the {what}")]
    Status { what: &'static str, status: u16 },
    #[error("the tenant's login answered the {0} with no JSON of the expected form")]
    Form(&'static str),
    #[error("the tenant's login named no user")]
    NoUser,
}

/// Where a browser logs in.
pub(super) fn authorize(address: &Address, client_id: &str, callback: &str, state: &str) -> String {
    let query = [
        ("client_id", client_id),
        ("redirect_uri", callback),
        ("response_type", "code"),
        ("scope", "get_user_info"),
        ("state", state),
    ];
    address.at("/api/v1/oauth2/authorize", &query)
}

/// Where a browser ends its session with the tenant (topic 0070649134).
pub(super) fn logout(address: &Address, next: &str) -> String {
    address.at("/api/v1/logout", &[("redirect_url", next)])
}

/// Redeems a code. `redirect_uri` is sent where the authorization had one.
pub(super) async fn redeem(
    http: &reqwest::Client,
    address: &Address,
    client_id: &str,
    client_secret: &str,
    code: &str,
    redirect_uri: Option<&str>,
) -> Result<Person, UpstreamError> {
    const TOKEN: &str = "token request";
    const USERINFO: &str = "userinfo request";
    #[derive(Deserialize)]
    struct Token {
        access_token: SecretText,
    }
    let form = [
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("code", code),
        ("grant_type", "authorization_code"),
    ];
    let form = form.into_iter().chain(redirect_uri.map(|uri| ("redirect_uri", uri)));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = http
        .post(address.at("/api/v1/oauth2/token", &[]))
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form);
    let answer = answered(request).await?;
    if !answer.status.is_success() {
        return Err(refusal(&answer).into());
    }
    let token: Token = serde_json::from_str(&answer.body).map_err(|_| RedeemError::Form(TOKEN))?;

    let request = http
        .get(address.at("/api/v1/oauth2/userinfo", &[]))
        .header(ACCEPT, "application/json")
        .bearer_auth(token.access_token.reveal());
    let answer = answered(request).await?;
    if !answer.status.is_success() {
        return Err(RedeemError::Status { what: USERINFO, status: answer.status.as_u16() }.into());
    }
    let person: Person = serde_json::from_str(&answer.body).map_err(|_| RedeemError::Form(USERINFO))?;
    if person.user_name.is_none() { Err(RedeemError::NoUser.into()) } else { Ok(person) }
}

fn refusal(answer: &Answered) -> RedeemError {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let said = serde_json::from_str::<Refusal>(&answer.body).map(|refusal| refusal.error).unwrap_or_default();
    match &*said {
        "invalid_grant" => RedeemError::Code,
        "invalid_client" | "unauthorized_client" => RedeemError::Client,
        _ if answer.status == StatusCode::UNAUTHORIZED => RedeemError::Client,
        _ => RedeemError::Status { what: "token request", status: answer.status.as_u16() },
    }
}
