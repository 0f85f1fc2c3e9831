//! `/authorize`: an application asks for a login (OpenID Connect Core, section 3.1.2). Only the code flow exists.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use koogallery::TenantId;
use koogallery_settings::{IdentityProtocol, OidcClient};
use koogallery_store::LoginStep;

use crate::Login;
use crate::asked::Asked;
use crate::flow::{BrowserFlows, FLOW_SECONDS, Flow, FlowHandle, Way};
use crate::identity::SCOPES;
use crate::pages::Reason;
use crate::parameters::Parameters;
use crate::query::with_query;
use crate::registry::Registry;
use crate::stop::{Back, Page, Stop, Told};
use crate::tenant::{TenantApplication, find};

/// The longest state and nonce together, in bytes: they are kept in the table.
const LONGEST_TEXTS: usize = 8 << 10;
/// The names of the parameter that says which tenant's user logs in.
pub(crate) const TENANT: [&str; 3] = ["tenant", "tenant_id", "tenantId"];

/// Answers with the way to the tenant's login.
pub(crate) async fn authorize(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Asked,
) -> Result<Response, Stop> {
    let parameters = &asked.parameters;
    let no_client = || Page::new(Reason::InvalidClient);
    let id = parameters.get("client_id").ok_or_else(no_client)?;
    let client = registry.named(id)?.ok_or_else(no_client)?.client;
    let redirect_uri =
        parameters.get("redirect_uri").filter(|uri| client.redirect_uris.iter().any(|known| known == uri));
    let Some(redirect_uri) = redirect_uri.filter(|_| !matches!(parameters.twice(), Some("client_id" | "redirect_uri")))
    else {
        // Who asks with another address may be anybody: nothing is sent there.
        return Err(Page::new(Reason::InvalidRedirectUri).because(format_args!("of {}", client.client_id)).into());
    };
    let back = Back {
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").filter(|state| state.len() <= LONGEST_TEXTS).map(str::to_owned),
        issuer: login.issuer.as_str().to_owned(),
    };
    let flow = match flow(parameters, client, redirect_uri) {
        Ok(flow) => flow,
        Err((error, description)) => return Err(Stop::Back(back, error, description)),
    };
    let tenant = login.wanted_tenant(parameters, client).await?;
    let asks_again = parameters.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "login"))
        || parameters.get("max_age").is_some();
    begin(&login, &asked.headers, client, Flow { tenant, ..flow }, asks_again).await
}

/// What a request asks for, if it can be had: else an error of OAuth 2.0, and what is wrong.
fn flow(
    parameters: &Parameters,
    client: &OidcClient,
    redirect_uri: &str,
) -> Result<Flow, (&'static str, &'static str)> {
    const INVALID: &str = "invalid_request";
    if parameters.twice().is_some() {
        return Err((INVALID, "a parameter came more than once"));
    }
    for (name, error, description) in [
        ("request", "request_not_supported", "request objects are not supported"),
        ("request_uri", "request_uri_not_supported", "request objects are not supported"),
        ("registration", "registration_not_supported", "clients are registered by configuration"),
    ] {
        if parameters.get(name).is_some() {
            return Err((error, description));
        }
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "only the response type code is supported")),
        None => return Err((INVALID, "response_type is missing")),
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err((INVALID, "only the response mode query is supported"));
    }
    let asked = parameters.get("scope").unwrap_or_default();
    let scope: Vec<&str> = SCOPES.into_iter().filter(|known| asked.split(' ').any(|word| word == *known)).collect();
    if !scope.contains(&"openid") {
        return Err(("invalid_scope", "the scope openid is missing"));
    }
    let length = [parameters.get("state"), parameters.get("nonce")].into_iter().flatten().map(str::len).sum::<usize>();
    if length > LONGEST_TEXTS {
        return Err((INVALID, "state and nonce are too long"));
    }
    let code_challenge = code_challenge(parameters, client)?;
    let prompts = parameters.get("prompt").unwrap_or_default();
    if prompts.split(' ').any(|prompt| prompt == "none") {
        if prompts != "none" {
            return Err((INVALID, "prompt none stands alone"));
        }
        // There is no session here, and a tenant's login cannot be asked without showing itself.
        return Err(("login_required", "each login goes to the tenant"));
    }
    Ok(Flow {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        state: parameters.get("state").map(str::to_owned),
        nonce: parameters.get("nonce").map(str::to_owned),
        scope: scope.join(" "),
        code_challenge,
        tenant: None,
    })
}

/// PKCE (RFC 7636): demanded of public clients, honoured for all, and only S256.
fn code_challenge(
    parameters: &Parameters,
    client: &OidcClient,
) -> Result<Option<String>, (&'static str, &'static str)> {
    const INVALID: &str = "invalid_request";
    match (parameters.get("code_challenge"), parameters.get("code_challenge_method")) {
        (None, None) if client.is_public() => Err((INVALID, "a public client needs code_challenge (PKCE)")),
        (None, None) => Ok(None),
        (None, Some(_)) => Err((INVALID, "code_challenge is missing")),
        (Some(challenge), Some("S256")) => match URL_SAFE_NO_PAD.decode(challenge) {
            Ok(digest) if digest.len() == 32 => Ok(Some(challenge.to_owned())),
            _ => Err((INVALID, "code_challenge is no SHA-256 in base64url")),
        },
        (Some(_), _) => Err((INVALID, "only the code_challenge_method S256 is supported")),
    }
}

impl Login {
    /// The tenant that a request names: by the parameter for it, or by a hint, which may be one of our own.
    async fn wanted_tenant(
        &self,
        parameters: &Parameters,
        client: &OidcClient,
    ) -> Result<Option<TenantApplication>, Stop> {
        if let Some(named) = parameters.any_of(&TENANT) {
            let tenant = self.tenant(named, client).await?;
            return tenant.map(Some).ok_or_else(|| Page::new(Reason::TenantUnknown).into());
        }
        let Some(hint) = parameters.get("login_hint") else { return Ok(None) };
        // A hint that says nothing is no error: the unified login page asks.
        match self.open_hint(hint).await? {
            Some(tenant) => self.tenant(tenant.as_str(), client).await,
            None => self.tenant(hint, client).await,
        }
    }

    /// A tenant's application for a client.
    pub(crate) async fn tenant(&self, id: &str, client: &OidcClient) -> Result<Option<TenantApplication>, Stop> {
        let Ok(id) = id.parse::<TenantId>() else { return Ok(None) };
        Ok(find(self.store(), &id, &client.app_id).await?)
    }
}

/// Sends the browser to the tenant's login, or to the unified login page where the tenant is not known.
async fn begin(
    login: &Login,
    headers: &HeaderMap,
    client: &OidcClient,
    flow: Flow,
    asks_again: bool,
) -> Result<Response, Stop> {
    let now = login.now();
    let way = match (&flow.tenant, client.identity_protocol) {
        (None, _) => Way::Unified,
        (Some(_), IdentityProtocol::OAuth2) => Way::OAuth2,
        (Some(_), IdentityProtocol::Cas) => Way::Cas,
    };
    let handle = FlowHandle::new(way, now.as_millis())?;
    let (to, subjects) = match &flow.tenant {
        None => (with_query(&login.unified_page, &[("ind", "UNOP"), ("appId", client.app_id.as_str())]), None),
        Some(tenant) => {
            let wrong = |error| Page { again: login.again(client), ..Page::of_upstream(&error) };
            let to = login.upstream.login(tenant, client.identity_protocol, handle.id(), asks_again).map_err(wrong)?;
            (to, Some(("tenantId", tenant.tenant_id.to_string())))
        }
    };
    let until = now.saturating_add(std::time::Duration::from_secs(FLOW_SECONDS));
    login.keep(LoginStep::Flow, handle.digest(), handle.bound_to(), &flow, until).await?;
    let mut response = (StatusCode::FOUND, [(LOCATION, to)]).into_response();
    let flows = BrowserFlows::of(headers, login.issuer.is_local());
    for (name, cookie) in flows.begin(&handle) {
        response.headers_mut().append(name, cookie);
    }
    let subjects = [("clientId", client.client_id.clone())].into_iter().chain(subjects).collect();
    response.extensions_mut().insert(Told { subjects, ..Told::default() });
    Ok(response)
}
