//! CAS below an enterprise's domain: login, the validation of a ticket by CAS 3.0 and 2.0, logout.

use std::fmt::Write as _;

use axum::response::Response;
use html_escape::{encode_double_quoted_attribute as quoted, encode_text as text};
use http::{HeaderMap, StatusCode};
use koogallery::{Role, Timestamp};
use serde_json::{Map, Value, json};

use super::answers::{self, cookie, redirect, session_of};
use super::faults::{Endpoint, Fault};
use super::logins::{Session, Ticket};
use super::oauth::to_login;
use super::parameters::Parameters;
use super::tenants::{Tells, Tenant, User};
use super::{Service, pages};

/// Which validation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `serviceValidate`: the user alone.
    V2,
    /// `p3/serviceValidate`: with attributes.
    V3,
}

/// Why a ticket is not valid: the code, and a description.
struct Failure(String, String);

impl Failure {
    fn new(code: &str, description: impl Into<String>) -> Self {
        Self(code.to_owned(), description.into())
    }
}

/// A browser asks for a ticket.
pub(super) fn login(service: &Service, tenant: &Tenant, query: &str, headers: &HeaderMap) -> Response {
    let asked = Parameters::read(query.as_bytes());
    let wanted = asked.get("service").unwrap_or_default();
    let callbacks = tenant.applications.iter().filter_map(|application| application.cas_callback.as_ref());
    let Some(callback) = callbacks.into_iter().find(|callback| callback.is(wanted)) else {
        let problem = "service 不是已登记的回调地址 / service is no registered callback of CAS";
        return answers::page(StatusCode::FORBIDDEN, pages::problem(problem));
    };
    let mut held = service.state();
    // With `renew` of CAS a session does not do that was used before: the password has to be typed.
    let renew = asked.get("renew") == Some("true");
    let fits = |session: &Session| session.who.tenant == tenant.tenant_id && (session.is_new || !renew);
    let session = session_of(headers).filter(|id| held.logins.session(id).is_some_and(fits));
    match session.and_then(|id| held.logins.ticket(id, wanted, service.now())) {
        Some(ticket) => redirect(&callback.with(&[("ticket", &ticket)]), &[]),
        None => redirect(&to_login(tenant, &format!("{}/api/v1/cas/login?{query}", Service::path(tenant))), &[]),
    }
}

/// The seller's server validates a ticket. A failure is HTTP 200 as well.
pub(super) fn validate(service: &Service, tenant: &Tenant, version: Version, query: &str) -> Response {
    let asked = Parameters::read(query.as_bytes());
    let is_json = match asked.get("format") {
        Some("JSON") => true,
        None | Some("XML") => false,
        Some(_) => {
            let problem = Failure::new("INVALID_REQUEST", "format is neither XML nor JSON");
            return answers::xml(failure_in_xml(&problem));
        }
    };
    let valid = valid(service, tenant, &asked);
    let fault = service.state().faults.get(&Endpoint::Validation).cloned();
    let valid = match &fault {
        Some(Fault::CasFailure(code)) => Err(Failure::new(code, "as the test wants it")),
        _ => valid,
    };
    let of = fault.as_ref().and_then(Fault::tenant).unwrap_or(&tenant.tenant_id).as_str();
    match (valid, is_json) {
        (Ok((user, ticket)), true) => {
            let mut success = json!({ "user": user.user_name.as_str() });
            if version == Version::V3 {
                let attributes = attributes(of, user, &ticket);
                success["attributes"] = attributes
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect::<Map<_, Value>>()
                    .into();
            }
            answers::json(StatusCode::OK, &json!({ "serviceResponse": { "authenticationSuccess": success } }))
        }
        (Ok((user, ticket)), false) => {
            let attributes = if version == Version::V3 { attributes(of, user, &ticket) } else { Vec::new() };
            answers::xml(success_in_xml(user, &attributes))
        }
        (Err(Failure(code, description)), true) => {
            let failure = json!({ "code": code, "description": description });
            answers::json(StatusCode::OK, &json!({ "serviceResponse": { "authenticationFailure": failure } }))
        }
        (Err(failure), false) => answers::xml(failure_in_xml(&failure)),
    }
}

fn valid<'a>(service: &Service, tenant: &'a Tenant, asked: &Parameters) -> Result<(&'a User, Ticket), Failure> {
    let (Some(wanted), Some(id)) = (asked.get("service"), asked.get("ticket")) else {
        return Err(Failure::new("INVALID_REQUEST", "service and ticket have to be given"));
    };
    let unknown = || Failure::new("INVALID_TICKET", format!("Ticket {id} not recognized"));
    let ticket = service.state().logins.validate(id, &tenant.tenant_id, service.now()).ok_or_else(unknown)?;
    if ticket.service != wanted {
        return Err(Failure::new("INVALID_SERVICE", format!("Ticket {id} does not match the service")));
    }
    let (_, user) = tenant.user(&ticket.who.user).ok_or_else(unknown)?;
    Ok((user, ticket))
}

/// What is told beside the user. What is not known is the text `null`.
fn attributes(tenant: &str, user: &User, ticket: &Ticket) -> Vec<(&'static str, String)> {
    let role = match user.role {
        Role::User => "user",
        Role::Admin => "admin",
    };
    let told = |value: &str, least: Tells| {
        let is_told = user.tells == Tells::All || user.tells == least;
        if is_told { value.to_owned() } else { "null".to_owned() }
    };
    vec![
        ("name", told(user.name.as_str(), Tells::Sample)),
        ("userName", user.user_name.to_string()),
        ("tenant", told(tenant, Tells::All)),
        ("role", told(role, Tells::All)),
        ("organizationCode", told(user.organization_code.as_str(), Tells::All)),
        ("authenticationDate", date(ticket.at)),
        ("isFromNewLogin", ticket.from_new_login.to_string()),
        ("longTermAuthenticationRequestTokenUsed", "false".to_owned()),
    ]
}

/// Milliseconds since 1970, as text: the guide has no form for it.
fn date(at: Timestamp) -> String {
    at.to_string()
}

fn in_xml(inner: &str) -> String {
    format!("<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">\n{inner}</cas:serviceResponse>\n")
}

fn failure_in_xml(Failure(code, description): &Failure) -> String {
    let (code, description) = (quoted(code), text(description));
    in_xml(&format!("<cas:authenticationFailure code=\"{code}\">{description}</cas:authenticationFailure>\n"))
}

fn success_in_xml(user: &User, attributes: &[(&str, String)]) -> String {
    let mut inner = format!("<cas:authenticationSuccess>\n<cas:user>{}</cas:user>\n", text(user.user_name.as_str()));
    if !attributes.is_empty() {
        inner += "<cas:attributes>\n";
        for (name, value) in attributes {
            let _ = writeln!(inner, "<cas:{name}>{}</cas:{name}>", text(value));
        }
        inner += "</cas:attributes>\n";
    }
    in_xml(&(inner + "</cas:authenticationSuccess>\n"))
}

/// A browser logs out. `service`, where it is given, is the registered callback.
pub(super) fn logout(service: &Service, tenant: &Tenant, to: Option<&str>, headers: &HeaderMap) -> Response {
    let callbacks = tenant.applications.iter().filter_map(|application| application.cas_callback.as_ref());
    let known = to.map(|to| callbacks.into_iter().any(|callback| callback.is(to)));
    if known == Some(false) {
        let problem = "service 不是已登记的回调地址 / service is no registered callback of CAS";
        return answers::page(StatusCode::FORBIDDEN, pages::problem(problem));
    }
    if let Some(id) = session_of(headers) {
        service.state().logins.end(id);
    }
    let path = Service::path(tenant);
    redirect(to.unwrap_or(&format!("{path}/login")), &[cookie(&path, None)])
}
