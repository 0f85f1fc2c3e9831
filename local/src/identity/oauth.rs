//! OAuth 2.0 below an enterprise's domain: authorize, token, userinfo, logout.
//!
//! Where the guide does not say what is answered, a comment says what is answered here.

use axum::response::Response;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::answers::{self, cookie, redirect, refused, session_of};
use super::faults::{Endpoint, Fault};
use super::logins::{ACCESS_TOKEN, Grant, Refusal, Tokens, Who};
use super::parameters::Parameters;
use super::tenants::{Application, Tells, Tenant, User};
use super::{Service, pages};

/// The one scope.
const SCOPE: &str = "get_user_info";

/// A browser asks for a code.
pub(super) fn authorize(service: &Service, tenant: &Tenant, query: &str, headers: &HeaderMap) -> Response {
    let asked = Parameters::read(query.as_bytes());
    let (application, redirect_uri, state) = match checked(tenant, &asked) {
        Ok(checked) => checked,
        // To the seller nothing is sent: who asked wrongly may be anybody.
        Err(problem) => return refused(StatusCode::BAD_REQUEST, "invalid_request", problem),
    };
    let mut held = service.state();
    let who = session_of(headers).and_then(|id| held.logins.session(id)).map(|session| session.who.clone());
    let Some(who) = who.filter(|who| who.tenant == tenant.tenant_id) else {
        let here = format!("{}/api/v1/oauth2/authorize?{query}", Service::path(tenant));
        return redirect(&to_login(tenant, &here), &[]);
    };
    let grant = Grant { who, client: application.client_id.clone() };
    let code = held.logins.code(grant, redirect_uri, service.now());
    let parameters = [("code", &*code)].into_iter().chain(state.map(|state| ("state", state)));
    match redirect_uri.parse::<super::Callback>() {
        Ok(callback) => redirect(&callback.with(&parameters.collect::<Vec<_>>()), &[]),
        Err(_) => refused(StatusCode::BAD_REQUEST, "invalid_request", "redirect_uri is no address"),
    }
}

/// Where a browser logs in first, and comes back to `here`.
pub(super) fn to_login(tenant: &Tenant, here: &str) -> String {
    format!("{}/login?next={}", Service::path(tenant), utf8_percent_encode(here, NON_ALPHANUMERIC))
}

type Checked<'a> = (&'a Application, &'a str, Option<&'a str>);

fn checked<'a>(tenant: &'a Tenant, asked: &'a Parameters) -> Result<Checked<'a>, &'static str> {
    let client = asked.get("client_id").ok_or("client_id is missing")?;
    let application = tenant.client(client).ok_or("there is no such client_id")?;
    let redirect_uri = asked.get("redirect_uri").ok_or("redirect_uri is missing")?;
    if !application.callback.covers(redirect_uri) {
        return Err("redirect_uri is not on the domain of the registered callback");
    }
    if asked.get("response_type") != Some("code") {
        return Err("response_type has to be code");
    }
    if asked.get("scope").is_some_and(|scope| scope != SCOPE) {
        return Err("scope can be get_user_info only");
    }
    let state = asked.get("state");
    if state.is_some_and(|state| !state.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err("state has other characters than letters and digits");
    }
    Ok((application, redirect_uri, state))
}

/// The seller's server redeems a code or a refresh token.
pub(super) fn token(service: &Service, tenant: &Tenant, headers: &HeaderMap, body: &[u8]) -> Response {
    let header = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        let problem = "the body has to be application/x-www-form-urlencoded";
        return refused(StatusCode::BAD_REQUEST, "invalid_request", problem);
    }
    let asked = Parameters::read(body);
    let secret = asked.get("client_secret").unwrap_or_default();
    let application = tenant.client(asked.get("client_id").unwrap_or_default());
    let Some(application) = application.filter(|application| application.client_secret.reveal() == secret) else {
        return not_given(Refusal::Client);
    };
    let now = service.now();
    let logins = &mut service.state().logins;
    let tokens = match asked.get("grant_type") {
        Some("authorization_code") => {
            let code = asked.get("code").unwrap_or_default();
            logins.redeem(application, &tenant.tenant_id, code, asked.get("redirect_uri"), now)
        }
        Some("refresh_token") => {
            logins.refresh(application, &tenant.tenant_id, asked.get("refresh_token").unwrap_or_default(), now)
        }
        // The guide does not say; RFC 6749 does.
        _ => {
            let problem = "grant_type has to be authorization_code or refresh_token";
            return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", problem);
        }
    };
    match tokens {
        Ok(Tokens { access, refresh }) => {
            let mut told = json!({ "access_token": access, "token_type": "Bearer", "expires_in": ACCESS_TOKEN.as_secs(),
                "scope": SCOPE });
            if let Some(refresh) = refresh {
                told["refresh_token"] = refresh.into();
            }
            answers::json(StatusCode::OK, &told)
        }
        Err(refusal) => not_given(refusal),
    }
}

fn not_given(refusal: Refusal) -> Response {
    refused(StatusCode::BAD_REQUEST, refusal.error(), &refusal.to_string())
}

/// The seller's server asks who logged in.
pub(super) fn userinfo(service: &Service, tenant: &Tenant, headers: &HeaderMap) -> Response {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    let token = header(AUTHORIZATION).strip_prefix("Bearer ").unwrap_or_default();
    let held = service.state();
    let grant = held.logins.bearer(token, service.now()).filter(|grant| grant.who.tenant == tenant.tenant_id);
    let Some((place, user)) = grant.and_then(|grant| tenant.user(&grant.who.user)) else {
        let description = "Full authentication is required to access this resource";
        let mut response = refused(StatusCode::UNAUTHORIZED, "unauthorized", description);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    };
    // The guide demands the header, and does not say what is answered without it.
    if !header(ACCEPT).contains("application/json") {
        return refused(StatusCode::NOT_ACCEPTABLE, "invalid_request", "Accept has to be application/json");
    }
    let other = held.faults.get(&Endpoint::Userinfo).and_then(Fault::tenant).unwrap_or(&tenant.tenant_id);
    answers::json(StatusCode::OK, &told(tenant, other.as_str(), place, user))
}

/// What is told of a user.
fn told(tenant: &Tenant, tenant_id: &str, place: usize, user: &User) -> Value {
    let id = format!("{}-{:04}", tenant.tenant_id, place + 1);
    let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let all = [
        ("userName", user.user_name.as_str().into()),
        ("id", id.as_str().into()),
        ("name", user.name.as_str().into()),
        ("mobile", optional(&user.mobile)),
        ("email", optional(&user.email)),
        ("role", json!(user.role)),
        ("organizationName", tenant.name.as_str().into()),
        ("organizationCode", user.organization_code.as_str().into()),
        ("userId", id.as_str().into()),
        ("projectName", tenant.name.as_str().into()),
        ("tenant", tenant_id.into()),
    ];
    let many = match user.tells {
        Tells::All => all.len(),
        Tells::Sample => 5,
        Tells::UserName => 1,
    };
    let told = all.into_iter().take(many).filter(|(_, value)| !value.is_null());
    told.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

/// A browser logs out of every application of the enterprise.
pub(super) fn logout(service: &Service, tenant: &Tenant, to: Option<&str>, headers: &HeaderMap) -> Response {
    if let Some(id) = session_of(headers) {
        service.state().logins.end(id);
    }
    let path = Service::path(tenant);
    redirect(to.unwrap_or(&format!("{path}/login")), &[cookie(&path, None)])
}

/// The login page of an enterprise.
pub(super) fn login_page(tenant: &Tenant, next: &str, problem: Option<&str>) -> Response {
    let action = format!("{}/login", Service::path(tenant));
    let status = if problem.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    answers::page(status, pages::login(tenant.name.as_str(), &action, &[("next", next)], problem, &[]))
}

/// What the login page sends.
pub(super) fn log_in(service: &Service, tenant: &Tenant, body: &[u8]) -> Response {
    let typed = Parameters::read(body);
    let next = typed.get("next").unwrap_or_default();
    let (account, password) = (typed.get("account").unwrap_or_default(), typed.get("password").unwrap_or_default());
    let Some(user) = tenant.user_with(account, password) else {
        return login_page(tenant, next, Some("账号或密码错误 / The account or the password is wrong"));
    };
    let session = service.state().logins.begin(Who { tenant: tenant.tenant_id.clone(), user: user.user_name.clone() });
    let path = Service::path(tenant);
    let cookie = cookie(&path, Some(&session));
    if next.starts_with(&format!("{path}/")) {
        return redirect(next, &[cookie]);
    }
    // Nobody said where to go.
    redirect(&format!("{path}/login"), &[cookie])
}
