//! A user has logged in: is admitted, chooses an instance where there are several, and goes back to the application with a code.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use koogallery::InstanceId;
use koogallery_oidc::random;
use koogallery_runtime::{Language, LoginOutcome};
use koogallery_settings::IdentityProtocol;
use koogallery_store::{HandleDigest, LoginStep};
use serde::{Deserialize, Serialize};

use crate::Login;
use crate::admission::{Admission, Entrance};
use crate::asked::Asked;
use crate::flow::{BrowserFlows, FLOW_SECONDS, Flow, FlowHandle};
use crate::granted::Granted;
use crate::identity::Identity;
use crate::pages::{Choice, Reason, choose_instance};
use crate::registry::{Registered, Registry};
use crate::stop::{Back, Page, Stop, Told};
use crate::tenant::TenantApplication;
use crate::upstream::Person;

/// How long an application may take to redeem a code.
const CODE_LASTS: Duration = Duration::from_mins(1);

/// A user whom a tenant's login named, in the flow that began it.
pub(crate) struct Entering<'a> {
    pub(crate) flows: &'a BrowserFlows,
    pub(crate) handle: &'a FlowHandle,
    pub(crate) flow: Flow,
    pub(crate) registered: Registered<'a>,
    pub(crate) tenant: TenantApplication,
    pub(crate) person: Person,
}

/// A user who has still to choose.
#[derive(Serialize, Deserialize)]
struct Choosing {
    flow: Flow,
    tenant: TenantApplication,
    person: Person,
    auth_time: i64,
}

impl Login {
    /// Lets a user in, or says why not.
    pub(crate) async fn enter(&self, entering: Entering<'_>, headers: &HeaderMap) -> Result<Response, Stop> {
        let Entering { flows, handle, flow, registered, tenant, person } = entering;
        let client = registered.client;
        let page = |reason| Page {
            again: self.again(client),
            client: Some(client.name().to_owned()),
            ..Page::new(reason).because(format_args!("client {}, tenant {}", client.client_id, tenant.tenant_id))
        };
        // The guide says of CAS only that it is as in the sync, which has an id and a code.
        let has_code = client.identity_protocol == IdentityProtocol::Cas;
        let is_other =
            |named: &str| named != tenant.tenant_id.as_str() && !(has_code && named == tenant.tenant_code.as_str());
        if person.tenant.as_deref().is_some_and(is_other) {
            return Err(page(Reason::TenantMismatch).into());
        }
        let mut entrances = match self.admission(registered, &tenant, &person).await? {
            Admission::In(entrances) => entrances,
            Admission::No(reason) => return Err(page(reason).into()),
        };
        let auth_time = self.now().as_seconds();
        if entrances.len() == 1 {
            let Entrance { identity, .. } = entrances.remove(0);
            return self.back_with_code(flows, handle, flow, identity, auth_time).await;
        }
        let choices: Vec<Choice> = entrances.iter().map(choice).collect();
        let until = self.now().saturating_add(Duration::from_secs(FLOW_SECONDS));
        let choosing = Choosing { flow, tenant, person, auth_time };
        self.keep(LoginStep::Choice, handle.digest(), handle.bound_to(), &choosing, until).await?;
        let action = self.issuer.at("/choose");
        let page = choose_instance(Language::of(headers), &action, handle.id(), &choices).into_string();
        let mut response = Html(page).into_response();
        response.extensions_mut().insert(FormTo(choosing.flow.redirect_uri));
        Ok(response)
    }

    /// Sends the browser back to the application, with a code.
    async fn back_with_code(
        &self,
        flows: &BrowserFlows,
        handle: &FlowHandle,
        flow: Flow,
        identity: Identity,
        auth_time: i64,
    ) -> Result<Response, Stop> {
        let Flow { client_id, redirect_uri, state, nonce, scope, code_challenge, .. } = flow;
        let subjects = [("clientId", client_id.clone()), ("tenantId", identity.tenant_id.to_string())];
        let instance = identity.instance_id.as_ref().map(|id| ("instanceId", id.to_string()));
        let subjects = subjects.into_iter().chain(instance).collect();
        let back = Back { redirect_uri: redirect_uri.clone(), state, issuer: self.issuer.as_str().to_owned() };
        let bound_to = HandleDigest::of(&client_id);
        let granted = Granted { client_id, redirect_uri, nonce, scope, code_challenge, auth_time, identity };
        let code = random::secret()?;
        let until = self.now().saturating_add(CODE_LASTS);
        self.keep_code(HandleDigest::of(&code), bound_to, &granted, until).await?;
        let mut response = (StatusCode::FOUND, [(LOCATION, back.with(&[("code", &code)]))]).into_response();
        response.headers_mut().extend(flows.end(handle));
        response.extensions_mut().insert(Told { outcome: LoginOutcome::SignedIn, reason: None, subjects });
        Ok(response)
    }
}

/// Where a page's form leads in the end: browsers hold the way after it to the page's policy as well.
#[derive(Debug, Clone)]
pub(crate) struct FormTo(pub(crate) String);

fn choice(entrance: &Entrance) -> Choice {
    let id = entrance.identity.instance_id.as_ref().map(ToString::to_string).unwrap_or_default();
    Choice { value: id.clone(), label: id, detail: entrance.order.clone() }
}

/// `/choose`: the user chose an instance. Whether the user may enter there is asked once more: the page may have been open for minutes.
pub(crate) async fn choose(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
    asked: Asked,
) -> Result<Response, Stop> {
    let flows = BrowserFlows::of(&asked.headers, login.issuer.is_local());
    let handle = asked.parameters.get("flow").and_then(|id| flows.named(id));
    let handle = handle.ok_or_else(|| login.expired(&registry, "this browser has no such choice"))?;
    let ended = chosen(&login, &registry, &flows, handle, asked.parameters.get("instance")).await;
    flows.without_cookie(handle, ended)
}

async fn chosen(
    login: &Login,
    registry: &Registry,
    flows: &BrowserFlows,
    handle: &FlowHandle,
    instance: Option<&str>,
) -> Result<Response, Stop> {
    let used = login.use_kept(LoginStep::Choice, handle.digest(), handle.bound_to()).await?;
    let (choosing, registered) = login.first(used, registry, |choosing: &Choosing| &choosing.flow.client_id)?;
    let Choosing { flow, tenant, person, auth_time } = choosing;
    let refused = |reason| Page { again: login.again(registered.client), ..Page::new(reason) };
    let entrances = match login.admission(registered, &tenant, &person).await? {
        Admission::In(entrances) => entrances,
        Admission::No(reason) => return Err(refused(reason).into()),
    };
    let is_chosen = |entrance: &Entrance| entrance.identity.instance_id.as_ref().map(InstanceId::as_str) == instance;
    let entrance = entrances.into_iter().find(is_chosen).ok_or_else(|| refused(Reason::NoActiveInstance))?;
    login.back_with_code(flows, handle, flow, entrance.identity, auth_time).await
}
