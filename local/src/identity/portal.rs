//! The two ways in that belong to KooGallery and not to an enterprise: the unified login page and the workbench. Both send a code
//! that the application did not ask for, and therefore no `state`.

use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::answers::{self, cookie, redirect, session_of};
use super::logins::{Grant, Who};
use super::parameters::Parameters;
use super::tenants::{Application, Tenant, User};
use super::{Service, WORKBENCH, pages};

/// Where the unified login page goes on once its parameters are known.
pub(super) const UNIFIED: &str = "/unified-login/login";
/// What is wrong with an account, a password or both.
const WRONG: &str = "账号或密码错误 / The account or the password is wrong";
const UNKNOWN: &str = "appId 不存在 / There is no such appId";

/// The page whose parameters stand in the fragment.
pub(super) fn unified() -> Response {
    answers::page(StatusCode::OK, pages::unified(UNIFIED))
}

fn ask(query: &Parameters, status: StatusCode, problem: Option<&str>, choose: &[&Tenant]) -> Response {
    let fields = ["ind", "appId"].map(|name| (name, query.get(name).unwrap_or_default()));
    answers::page(status, pages::login("KooGallery", UNIFIED, &fields, problem, choose))
}

fn wrong(problem: &str) -> Response {
    answers::page(StatusCode::BAD_REQUEST, pages::problem(problem))
}

/// Whether the unified login page was called as the guide says.
fn application_of(service: &Service, asked: &Parameters) -> Result<(), &'static str> {
    if asked.get("ind") != Some("UNOP") {
        return Err("ind 必须是 UNOP / ind has to be UNOP");
    }
    let id = asked.get("appId").unwrap_or_default();
    if service.tenants.iter().any(|tenant| tenant.application(id).is_some()) { Ok(()) } else { Err(UNKNOWN) }
}

/// Asks for account and password.
pub(super) fn unified_form(service: &Service, query: &str) -> Response {
    let asked = Parameters::read(query.as_bytes());
    match application_of(service, &asked) {
        Ok(()) => ask(&asked, StatusCode::OK, None, &[]),
        Err(problem) => wrong(problem),
    }
}

/// Sends the browser to the application, with a code.
pub(super) fn unified_log_in(service: &Service, body: &[u8]) -> Response {
    let typed = Parameters::read(body);
    if let Err(problem) = application_of(service, &typed) {
        return wrong(problem);
    }
    let app = typed.get("appId").unwrap_or_default();
    let matching = accounts(service, &typed);
    let with_it = |(tenant, user)| Some((tenant, Tenant::application(tenant, app)?, user));
    let matching: Vec<(&Tenant, &Application, &User)> = matching.into_iter().filter_map(with_it).collect();
    match &matching[..] {
        [] => ask(&typed, StatusCode::UNAUTHORIZED, Some(WRONG), &[]),
        [(tenant, application, user)] => {
            let who = Who { tenant: tenant.tenant_id.clone(), user: user.user_name.clone() };
            let session = service.state().logins.begin(who.clone());
            let cookie = cookie(&Service::path(tenant), Some(&session));
            redirect(&unsolicited(service, application, who), &[cookie])
        }
        several => {
            let tenants: Vec<&Tenant> = several.iter().map(|(tenant, ..)| *tenant).collect();
            ask(&typed, StatusCode::OK, Some("请选择企业 / Choose your enterprise"), &tenants)
        }
    }
}

/// Whose account and password they are: of one enterprise, where it was chosen.
fn accounts<'a>(service: &'a Service, typed: &Parameters) -> Vec<(&'a Tenant, &'a User)> {
    let (account, password) = (typed.get("account").unwrap_or_default(), typed.get("password").unwrap_or_default());
    let chosen = typed.get("tenant");
    let tenants = service.tenants.iter().filter(|tenant| chosen.is_none_or(|id| tenant.tenant_id.as_str() == id));
    tenants.filter_map(|tenant| Some((tenant, tenant.user_with(account, password)?))).collect()
}

/// The registered callback, with a code and the enterprise's id.
fn unsolicited(service: &Service, application: &Application, who: Who) -> String {
    let tenant = who.tenant.clone();
    let grant = Grant { who, client: application.client_id.clone() };
    let code = service.state().logins.code(grant, application.callback.as_str(), service.now());
    application.callback.with(&[("code", &code), ("tenant", tenant.as_str())])
}

/// The user and the enterprise that a browser is logged in to at the workbench.
fn at_workbench<'a>(service: &'a Service, headers: &HeaderMap) -> Option<(&'a Tenant, Who, String)> {
    let id = session_of(headers)?;
    let who = service.state().logins.session(id)?.who.clone();
    let tenant = service.tenant(who.tenant.as_str())?;
    Some((tenant, who, id.to_owned()))
}

/// The applications of whoever is logged in; else the login page.
pub(super) fn workbench(service: &Service, headers: &HeaderMap) -> Response {
    match at_workbench(service, headers) {
        Some((tenant, who, _)) => {
            let open = format!("{WORKBENCH}/open");
            answers::page(StatusCode::OK, pages::workbench(tenant, who.user.as_str(), &open))
        }
        None => ask_at_workbench(StatusCode::OK, None, &[]),
    }
}

fn ask_at_workbench(status: StatusCode, problem: Option<&str>, choose: &[&Tenant]) -> Response {
    let title = "工作台 / Workbench";
    answers::page(status, pages::login(title, &format!("{WORKBENCH}/login"), &[], problem, choose))
}

/// What the workbench's login page sends. The enterprise's own applications find the browser logged in as well.
pub(super) fn workbench_log_in(service: &Service, body: &[u8]) -> Response {
    let matching = accounts(service, &Parameters::read(body));
    match &matching[..] {
        [] => ask_at_workbench(StatusCode::UNAUTHORIZED, Some(WRONG), &[]),
        [(tenant, user)] => {
            let who = Who { tenant: tenant.tenant_id.clone(), user: user.user_name.clone() };
            let session = service.state().logins.begin(who);
            let cookies = [WORKBENCH, &Service::path(tenant)].map(|path| cookie(path, Some(&session)));
            redirect(WORKBENCH, &cookies)
        }
        several => {
            let tenants: Vec<&Tenant> = several.iter().map(|(tenant, _)| *tenant).collect();
            ask_at_workbench(StatusCode::OK, Some("请选择企业 / Choose your enterprise"), &tenants)
        }
    }
}

/// A click on an application.
pub(super) fn open(service: &Service, query: &str, headers: &HeaderMap) -> Response {
    let Some((tenant, who, session)) = at_workbench(service, headers) else { return redirect(WORKBENCH, &[]) };
    let asked = Parameters::read(query.as_bytes());
    let Some(application) = tenant.application(asked.get("appId").unwrap_or_default()) else {
        return wrong(UNKNOWN);
    };
    match (&application.cas_callback, asked.get("protocol")) {
        // The guide tells of code and enterprise only; a ticket stands in the code's place.
        (Some(callback), Some("cas")) => {
            let ticket = service.state().logins.ticket(&session, callback.as_str(), service.now()).unwrap_or_default();
            redirect(&callback.with(&[("ticket", &ticket), ("tenant", who.tenant.as_str())]), &[])
        }
        _ => redirect(&unsolicited(service, application, who), &[]),
    }
}
