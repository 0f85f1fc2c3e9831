//! `/callback` and `/callback/cas`: a browser comes back from a tenant's login, or from the unified login page; or it comes from a
//! workbench, without a login that began here.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use koogallery_settings::OidcClient;
use koogallery_store::LoginStep;

use crate::Login;
use crate::asked::Asked;
use crate::authorize::TENANT;
use crate::enter::Entering;
use crate::flow::{BrowserFlows, Flow, FlowHandle, Way};
use crate::pages::Reason;
use crate::registry::{Registered, Registry};
use crate::stop::{Back, Failure, Page, Stop};
use crate::tenant::TenantApplication;
use crate::upstream::Person;

/// What a browser brings back.
enum Brought<'a> {
    /// A code of the tenant that the flow is for.
    Code(&'a str),
    /// A code of the tenant that the unified login page names.
    CodeOf {
        /// The tenant.
        named: &'a str,
        /// The code.
        code: &'a str,
    },
    /// A ticket of CAS.
    Ticket(&'a str),
    /// The error of a tenant's login.
    Error(&'a str),
}

/// The return of OAuth 2.0, and the entry of the workbench.
pub(crate) async fn oauth2(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Asked,
) -> Result<Response, Stop> {
    let (parameters, flows) = (&asked.parameters, BrowserFlows::of(&asked.headers, login.issuer.is_local()));
    if parameters.twice().is_some() {
        return Err(Page::new(Reason::InvalidRequest).because("a parameter came twice").into());
    }
    let code = parameters.get("code");
    if let Some(state) = parameters.get("state") {
        let handle =
            flows.named(state).ok_or_else(|| login.expired(&registry, "this browser has no flow with this state"))?;
        let brought = match (parameters.get("error"), code) {
            (Some(error), _) => Brought::Error(error),
            (None, Some(code)) => Brought::Code(code),
            (None, None) => return Err(Page::new(Reason::InvalidRequest).because("there is no code").into()),
        };
        return login.go_on(&registry, &flows, handle, brought, &asked.headers).await;
    }
    let Some(named) = parameters.any_of(&TENANT) else {
        let reason = if code.is_some() { Reason::TenantUnknown } else { Reason::InvalidRequest };
        return Err(Page::new(reason).because("neither state nor tenant").into());
    };
    match (code, flows.newest(Way::Unified)) {
        (Some(code), Some(handle)) => {
            login.go_on(&registry, &flows, handle, Brought::CodeOf { named, code }, &asked.headers).await
        }
        _ => login.arrive(named, &registry, &asked.headers).await,
    }
}

/// The return of CAS.
pub(crate) async fn cas(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Asked,
) -> Result<Response, Stop> {
    let (parameters, flows) = (&asked.parameters, BrowserFlows::of(&asked.headers, login.issuer.is_local()));
    let Some(ticket) = parameters.get("ticket").filter(|_| parameters.twice().is_none()) else {
        return Err(Page::new(Reason::InvalidRequest).because("there is no ticket, or more than one").into());
    };
    let handle = flows
        .newest(Way::Cas)
        .ok_or_else(|| login.expired(&registry, "this browser has no flow that waits for a ticket"))?;
    login.go_on(&registry, &flows, handle, Brought::Ticket(ticket), &asked.headers).await
}

/// A tenant's login refused a user, or the user gave up.
fn denied(login: &Login, flow: &Flow, error: &str) -> Stop {
    let back = Back {
        redirect_uri: flow.redirect_uri.clone(),
        state: flow.state.clone(),
        issuer: login.issuer.as_str().to_owned(),
    };
    let error = if error == "access_denied" { "access_denied" } else { "server_error" };
    Stop::Back(back, error, "the tenant's login did not let the user in")
}

impl Login {
    /// Goes on with a flow.
    async fn go_on(
        &self,
        registry: &Registry,
        flows: &BrowserFlows,
        handle: &FlowHandle,
        brought: Brought<'_>,
        headers: &HeaderMap,
    ) -> Result<Response, Stop> {
        flows.without_cookie(handle, self.entered(registry, flows, handle, brought, headers).await)
    }

    async fn entered(
        &self,
        registry: &Registry,
        flows: &BrowserFlows,
        handle: &FlowHandle,
        brought: Brought<'_>,
        headers: &HeaderMap,
    ) -> Result<Response, Stop> {
        let (flow, registered) = self.flow(registry, handle).await?;
        let client = registered.client;
        let tenant = match &brought {
            Brought::CodeOf { named, .. } => self.tenant(named, client).await?,
            _ => flow.tenant.clone(),
        };
        let tenant = tenant.ok_or_else(|| Page { again: self.again(client), ..Page::new(Reason::TenantUnknown) })?;
        let person = match brought {
            Brought::Error(error) => return Err(denied(self, &flow, error)),
            Brought::Code(code) => self.redeem(client, &tenant, code, true).await?,
            Brought::CodeOf { code, .. } => self.redeem(client, &tenant, code, false).await?,
            Brought::Ticket(ticket) => {
                let validated = self.upstream.validate(&tenant, ticket).await;
                validated.map_err(|error| Page { again: self.again(client), ..Page::of_upstream(&error) })?
            }
        };
        self.enter(Entering { flows, handle, flow, registered, tenant, person }, headers).await
    }

    /// Uses a browser's flow.
    async fn flow<'a>(&self, registry: &'a Registry, handle: &FlowHandle) -> Result<(Flow, Registered<'a>), Stop> {
        let used = self.use_kept(LoginStep::Flow, handle.digest(), handle.bound_to()).await?;
        self.first(used, registry, |flow: &Flow| &flow.client_id)
    }

    /// The page for a flow that is not there. Where there is one application only, the user can start again there.
    pub(crate) fn expired(&self, registry: &Registry, because: &str) -> Page {
        let mut clients = registry.iter();
        let only = clients.next().filter(|_| clients.next().is_none());
        let again = only.and_then(|registered| self.again(registered.client));
        Page { again, ..Page::new(Reason::FlowExpired).because(because) }
    }

    /// Redeems a code with the secret that applicationSync told. `sent` says whether the browser was sent to the tenant's own
    /// authorization.
    async fn redeem(
        &self,
        client: &OidcClient,
        tenant: &TenantApplication,
        code: &str,
        sent: bool,
    ) -> Result<Person, Stop> {
        let secret = self.vault.open(self.store(), &tenant.client_secret_place, &tenant.client_secret).await?;
        let secret = String::from_utf8(secret).map_err(|_| Failure::Content)?;
        let redeemed = self.upstream.redeem(tenant, &secret, code, sent).await;
        redeemed.map_err(|error| Page { again: self.again(client), ..Page::of_upstream(&error) }.into())
    }
}
