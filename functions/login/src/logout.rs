//! `/logout`: an application ends a user's session (OpenID Connect RP-Initiated Logout). There is no session here: the browser goes on
//! to the tenant's logout, which ends the session for all applications of the tenant.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use koogallery_oidc::verified;
use koogallery_settings::OidcClient;
use serde_json::Value;

use crate::Login;
use crate::asked::Asked;
use crate::pages::Reason;
use crate::query::with_query;
use crate::registry::Registry;
use crate::stop::{Page, Stop, Told};

/// Sends the browser to the tenant's logout, and from there to where the application wants it.
pub(crate) async fn logout(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Asked,
) -> Result<Response, Stop> {
    let parameters = &asked.parameters;
    let hint = match parameters.get("id_token_hint") {
        None => None,
        Some(token) => {
            let keys = login.keys.published(login.store()).await?;
            // A hint that is too old is still one: only its signature and its issuer count.
            let claims = verified(token, &keys).ok().filter(|claims| claims["iss"] == login.issuer.as_str());
            Some(claims.ok_or_else(|| Page::new(Reason::InvalidRequest).because("id_token_hint is none of ours"))?)
        }
    };
    let text = |name: &str| hint.as_ref().and_then(|claims| claims.get(name)).and_then(Value::as_str);
    let client = match (parameters.get("client_id"), text("aud")) {
        (Some(named), Some(hinted)) if named != hinted => {
            return Err(Page::new(Reason::InvalidRequest).because("client_id and id_token_hint differ").into());
        }
        (Some(id), _) | (None, Some(id)) => {
            Some(registry.named(id)?.ok_or_else(|| Page::new(Reason::InvalidClient))?.client)
        }
        (None, None) => None,
    };
    let next = next(client, parameters.get("post_logout_redirect_uri"), parameters.get("state"))?;
    let done = || next.clone().unwrap_or_else(|| login.issuer.at("/logged-out"));
    let (Some(client), Some(tenant)) = (client, text("tenant_id")) else {
        // Without a hint nothing says whose session it is.
        return Ok(match next {
            Some(next) => (StatusCode::FOUND, [(LOCATION, next)]).into_response(),
            None => Stop::from(Page::new(Reason::LoggedOut)).into_response(),
        });
    };
    let to = match login.tenant(tenant, client).await? {
        Some(tenant) => login
            .upstream
            .logout(&tenant, client.identity_protocol, &done())
            .map_err(|error| Page::of_upstream(&error))?,
        // The binding is gone, and with it the way to the tenant's login.
        None => done(),
    };
    let mut response = (StatusCode::FOUND, [(LOCATION, to)]).into_response();
    let subjects = vec![("clientId", client.client_id.clone()), ("tenantId", tenant.to_owned())];
    response.extensions_mut().insert(Told { subjects, ..Told::default() });
    Ok(response)
}

/// Where the application wants the browser: an address that is registered, exactly.
fn next(client: Option<&OidcClient>, wanted: Option<&str>, state: Option<&str>) -> Result<Option<String>, Page> {
    let Some(wanted) = wanted else { return Ok(None) };
    let client =
        client.ok_or_else(|| Page::new(Reason::InvalidClient).because("post_logout_redirect_uri needs a client"))?;
    if !client.post_logout_redirect_uris.iter().any(|known| known == wanted) {
        return Err(Page::new(Reason::InvalidRedirectUri).because(format_args!("of {}", client.client_id)));
    }
    Ok(Some(state.map_or_else(|| wanted.to_owned(), |state| with_query(wanted, &[("state", state)]))))
}

/// The end of a logout that the application gave no address for.
pub(crate) async fn logged_out() -> Stop {
    Page::new(Reason::LoggedOut).into()
}
