//! A user arrives from a tenant's workbench, with a code that nobody here asked for.
//!
//! Such a code is never redeemed: an attacker could send a victim's browser here with the attacker's own code. Instead the
//! application starts a login by itself (third-party initiated login, OpenID Connect Core, section 4), and the user's session with
//! the tenant makes it silent.

use axum::response::{Html, IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use koogallery::TenantId;
use koogallery_runtime::Language;

use crate::Login;
use crate::clients::Client;
use crate::pages::{Choice, Reason, choose_application};
use crate::query::with_query;
use crate::stop::{Page, Stop, Told};

impl Login {
    /// Sends the browser to the application that the tenant has.
    pub(crate) async fn arrive(&self, named: &str, headers: &HeaderMap) -> Result<Response, Stop> {
        let tenant: TenantId = named.parse().map_err(|_| Page::new(Reason::TenantUnknown))?;
        let mut starts = Vec::new();
        for client in self.clients.iter() {
            let Some(start) = &client.initiate_login_uri else { continue };
            if self.tenant(named, client).await?.is_some() {
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

    fn way(&self, client: &Client, start: &str, hint: &str) -> Choice {
        let home = client.home();
        let target = home.as_deref().map(|home| ("target_link_uri", home));
        let pairs: Vec<(&str, &str)> =
            [("iss", self.issuer.as_str()), ("login_hint", hint)].into_iter().chain(target).collect();
        Choice { value: with_query(start, &pairs), label: client.name().to_owned(), detail: None }
    }

    /// Where a user of an application can start again.
    pub(crate) fn again(&self, client: &Client) -> Option<String> {
        match &client.initiate_login_uri {
            Some(start) => Some(with_query(start, &[("iss", self.issuer.as_str())])),
            None => client.home(),
        }
    }
}
