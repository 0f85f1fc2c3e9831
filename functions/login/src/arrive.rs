//! A user arrives from a tenant's workbench, with a code that nobody here asked for.
//!
//! Such a code is never redeemed: an attacker could send a victim's browser here with the attacker's own code. Instead the
//! application starts a login by itself (third-party initiated login, OpenID Connect Core, section 4), and the user's session with
//! the tenant makes it silent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::response::{Html, IntoResponse, Response};
use futures_util::future::try_join_all;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use koogallery::{AppId, TenantId};
use koogallery_runtime::Language;
use koogallery_settings::OidcClient;
use koogallery_store::Instance;

use crate::Login;
use crate::pages::{Choice, Reason, choose_application};
use crate::query::with_query;
use crate::registry::{Registered, Registry};
use crate::stop::{Page, Stop, Told};
use crate::tenant::TenantApplication;

/// A tenant's application, with its instances once they are read.
struct Application {
    tenant: TenantApplication,
    instances: Option<Vec<Option<Instance>>>,
}

impl Application {
    const fn of(tenant: TenantApplication) -> Self {
        Self { tenant, instances: None }
    }
}

impl Login {
    /// Sends the browser to the application that the tenant has.
    pub(crate) async fn arrive(&self, named: &str, registry: &Registry, headers: &HeaderMap) -> Result<Response, Stop> {
        let tenant: TenantId = named.parse().map_err(|_| Page::new(Reason::TenantUnknown))?;
        let mut starts = Vec::new();
        // Several clients may be of one application of the tenant.
        let mut found: BTreeMap<&AppId, Option<Application>> = BTreeMap::new();
        for registered in registry.iter() {
            let client = registered.client;
            let Some(start) = &client.initiate_login_uri else { continue };
            let of = match found.entry(&client.app_id) {
                Entry::Occupied(of) => of.into_mut(),
                Entry::Vacant(of) => of.insert(self.tenant(named, client).await?.map(Application::of)),
            };
            let Some(of) = of else { continue };
            if self.is_offered(registered, of).await? {
                starts.push((client, start));
            }
        }
        if starts.is_empty() {
            return Err(Page::new(Reason::ApplicationUnknown).because("it came from a workbench").into());
        }
        let hint = self.make_hint(&tenant).await?;
        let mut ways: Vec<Choice> = starts.into_iter().map(|(client, start)| self.way(client, start, &hint)).collect();
        let mut response = if ways.len() == 1 {
            (StatusCode::FOUND, [(LOCATION, ways.remove(0).value)]).into_response()
        } else {
            Html(choose_application(Language::of(headers), &ways).into_string()).into_response()
        };
        let subjects = vec![("tenantId", tenant.to_string())];
        response.extensions_mut().insert(Told { subjects, ..Told::default() });
        Ok(response)
    }

    /// Whether a tenant's users can enter at a client. The instances are read only where that depends on their product.
    async fn is_offered(&self, registered: Registered<'_>, of: &mut Application) -> Result<bool, Stop> {
        let Application { tenant, instances } = of;
        if !registered.is_of_a_product() || tenant.instances.is_empty() {
            return Ok(true);
        }
        if instances.is_none() {
            let asked = tenant.instances.iter().map(|id| self.store().instance_in(tenant.world, id));
            *instances = Some(try_join_all(asked).await?);
        }
        let mut instances = instances.iter().flatten();
        Ok(instances.any(|instance| registered.is_for(tenant.world, instance.as_ref())))
    }

    fn way(&self, client: &OidcClient, start: &str, hint: &str) -> Choice {
        let home = client.home();
        let target = home.as_deref().map(|home| ("target_link_uri", home));
        let pairs: Vec<(&str, &str)> =
            [("iss", self.issuer.as_str()), ("login_hint", hint)].into_iter().chain(target).collect();
        Choice { value: with_query(start, &pairs), label: client.name().to_owned(), detail: None }
    }

    /// Where a user of an application can start again.
    pub(crate) fn again(&self, client: &OidcClient) -> Option<String> {
        match &client.initiate_login_uri {
            Some(start) => Some(with_query(start, &[("iss", self.issuer.as_str())])),
            None => client.home(),
        }
    }
}
