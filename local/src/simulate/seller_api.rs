//! The seller's API, as far as a simulation asks it: what became of events.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::header::CONTENT_TYPE;
use koogallery::InstanceId;
use koogallery_store::EventType;
use reqwest::{StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
#[derive(Clone)]
pub struct SellerApi {
    http: reqwest::Client,
    address: Url,
    token: String,
}

impl fmt::Debug for SellerApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SellerApi").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

/// Why it does not tell.
#[derive(Debug, thiserror::Error)]
pub enum SellerApiError {
    /// The address is none.
    #[error("{0} is not an http or https address")]
    Address(String),
    /// It does not answer.
    #[error("the seller API at {address} does not answer: {source}")]
    NoAnswer {
        /// Where.
        address: String,
        /// Why.
        source: reqwest::Error,
    },
    /// It answers something else.
    #[error("the seller API at {address} answers no list of events: {source}")]
    Malformed {
        /// Where.
        address: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It refuses.
    #[error("the seller API at {address} answers HTTP {status}: {hint}")]
    Refused {
        /// Where.
        address: String,
        /// Its answer.
        status: StatusCode,
        /// What may help.
        hint: &'static str,
    },
}

impl SellerApi {
    /// One at an address, which `token` opens. Nothing is sent yet.
    pub fn new(address: &str, token: &str) -> Result<Self, SellerApiError> {
        let url = Url::parse(address).ok().filter(|url| url.has_host() && url.scheme().starts_with("http"));
        let url = url.ok_or_else(|| SellerApiError::Address(address.to_owned()))?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if url.scheme() == "http" {
            http = http.tls_certs_only([]);
        }
        let no_client = |source| SellerApiError::NoAnswer { address: address.to_owned(), source };
        Ok(Self { http: http.build().map_err(no_client)?, address: url, token: token.to_owned() })
    }

    /// Where a local host that answers callbacks at this address has it; elsewhere it has an address of its own.
    #[must_use]
    pub fn beside(production_address: &str) -> Option<String> {
        let url = Url::parse(production_address).ok().filter(is_loopback)?;
        url.join(seller_api::PATH).ok().map(Into::into)
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.address)
    }

    /// Whether it answers and the token opens it.
    pub async fn check(&self) -> Result<(), SellerApiError> {
        self.get(["orders", "none", "events"]).await.map(drop)
    }

    /// The events of a subject, the oldest first.
    pub async fn events(&self, subject: &Subject) -> Result<Vec<KnownEvent>, SellerApiError> {
        #[derive(Deserialize)]
        struct Page {
            events: Vec<KnownEvent>,
        }
        let (of, id) = subject.parts();
        let answer = self.get([of, id, "events"]).await?.bytes().await;
        let answer = answer.map_err(|source| self.no_answer(source))?;
        let malformed = |source| SellerApiError::Malformed { address: self.address.to_string(), source };
        Ok(serde_json::from_slice::<Page>(&answer).map_err(malformed)?.events)
    }

    /// Tells it something, at a path below `/v1`.
    pub async fn put(&self, path: &[&str], body: &Value) -> Result<(), SellerApiError> {
        let request = self.http.put(self.url(path)).header(CONTENT_TYPE, "application/json").body(body.to_string());
        self.answer(request).await.map(drop)
    }

    async fn get(&self, path: [&str; 3]) -> Result<reqwest::Response, SellerApiError> {
        self.answer(self.http.get(self.url(&path)).query(&[("limit", LIMIT)])).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.address.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        url
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, SellerApiError> {
        let answer = request.bearer_auth(&self.token).send().await.map_err(|source| self.no_answer(source))?;
        let hint = match answer.status() {
            status if status.is_success() => return Ok(answer),
            StatusCode::UNAUTHORIZED => "set KOOGALLERY_API_TOKEN to one of its tokens",
            _ => "give the address of a seller API as --seller-api",
        };
        Err(SellerApiError::Refused { address: self.address.to_string(), status: answer.status(), hint })
    }

    fn no_answer(&self, source: reqwest::Error) -> SellerApiError {
        SellerApiError::NoAnswer { address: self.address.to_string(), source: source.without_url() }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
