//! The seller's API, as far as a simulation asks it: what became of events.

use std::fmt;
use std::str::FromStr;

use koogallery::InstanceId;
use koogallery_store::EventType;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Api, ApiError};
use crate::loopback::is_on_this_machine;

/// No subject that is played has more events.
const LIMIT: &str = "200";

/// Whom events are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An instance.
    Instance(String),
    /// An order.
    Order(String),
    /// A license code.
    License(String),
    /// An enterprise.
    Tenant(String),
}

/// As the seller API's paths name it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of, id) = self.parts();
        write!(f, "{of}/{id}")
    }
}

/// No kind of subject is called so.
#[derive(Debug, thiserror::Error)]
#[error("{0} is none of instances/ID, orders/ID, licenses/CODE, tenants/ID")]
pub struct UnknownSubject(String);

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, UnknownSubject> {
        let unknown = || UnknownSubject(text.to_owned());
        let (of, id) = text.split_once('/').ok_or_else(unknown)?;
        let id = id.to_owned();
        match of {
            "instances" => Ok(Self::Instance(id)),
            "orders" => Ok(Self::Order(id)),
            "licenses" => Ok(Self::License(id)),
            "tenants" => Ok(Self::Tenant(id)),
            _ => Err(unknown()),
        }
    }
}

impl Subject {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Instance(id) => ("instances", id),
            Self::Order(id) => ("orders", id),
            Self::License(code) => ("licenses", code),
            Self::Tenant(id) => ("tenants", id),
        }
    }
}

impl From<&InstanceId> for Subject {
    fn from(id: &InstanceId) -> Self {
        Self::Instance(id.to_string())
    }
}

/// Where an event is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// It is still to be delivered.
    Undelivered,
    /// It was tried for days without success.
    Parked,
    /// The application has it.
    Delivered,
    /// The application does not want this event.
    Stopped,
    /// A person gave it up.
    Discarded,
}

/// An event as the seller's API tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownEvent {
    /// Its id.
    pub event_id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Where it is on its way.
    pub delivery: Delivery,
    /// How often it was tried.
    pub attempts: u32,
    /// When the application took it: times of this form sort as texts.
    pub delivered_at: Option<String>,
    /// Why the last try failed.
    pub last_problem: Option<String>,
    data: Value,
}

impl KnownEvent {
    /// Whether it is one of this type.
    pub(super) fn is(&self, event_type: EventType) -> bool {
        deliver_events::type_name(event_type) == self.event_type
    }

    /// The order that it names.
    #[must_use]
    pub fn order(&self) -> Option<&str> {
        self.data["orderId"].as_str()
    }
}

/// Asks one seller's API.
#[derive(Debug, Clone)]
pub struct SellerApi(Api);

impl SellerApi {
    /// One at an address, which `token` opens: also in the clear, where a test is played between machines. Nothing is sent yet.
    pub fn new(address: &str, token: &str) -> Result<Self, ApiError> {
        let url = Url::parse(address).ok().filter(|url| url.has_host() && url.scheme().starts_with("http"));
        let url = url.ok_or_else(|| ApiError::Address(address.to_owned()))?;
        Api::anywhere(url, token.to_owned()).map(Self)
    }

    /// Where a local host that answers callbacks at this address has it; elsewhere it has an address of its own.
    #[must_use]
    pub fn beside(production_address: &str) -> Option<String> {
        let url = Url::parse(production_address).ok().filter(is_on_this_machine)?;
        url.join(seller_api::PATH).ok().map(Into::into)
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        is_on_this_machine(self.0.address())
    }

    /// Whether it answers and the token opens it.
    pub async fn check(&self) -> Result<(), ApiError> {
        self.0.get(&["orders", "none", "events"], &[]).await.map(drop)
    }

    /// The events of a subject, the oldest first.
    pub async fn events(&self, subject: &Subject) -> Result<Vec<KnownEvent>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            events: Vec<KnownEvent>,
        }
        let (of, id) = subject.parts();
        let page = self.0.get(&[of, id, "events"], &[("limit", LIMIT)]).await?;
        let page: Page = serde_json::from_value(page).map_err(|_| ApiError::Malformed(self.0.address().to_string()))?;
        Ok(page.events)
    }

    /// Tells it something, at a path below `/v1`.
    pub async fn put(&self, path: &[&str], body: &Value) -> Result<(), ApiError> {
        self.0.put(path, body).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_host_has_it_beside_the_callbacks() {
        for (address, expected) in [
            ("http://127.0.0.1:9000/", Some("http://127.0.0.1:9000/seller-api")),
            ("http://localhost:9000/any/path", Some("http://localhost:9000/seller-api")),
            ("http://[::1]:9000", Some("http://[::1]:9000/seller-api")),
            ("https://production.example.com/", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(SellerApi::beside(address).as_deref(), expected, "{address}");
        }
    }
}
