//! The other side of the stand-in: who plays KooGallery makes orders and license codes known to it, and asks what the
//! seller has heard. It stands below `/played` beside the open APIs, on a loopback port, and knows no secret.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use koogallery::{LicenseCode, OrderId};
use koogallery_open_api::{LicenseInfo, OrderInfo};
use reqwest::Url;
use serde_json::{Value, json};

use super::Held;

/// Where `serve --play-koogallery` has it, unless it is told otherwise.
pub const PLAYED_AT: &str = "127.0.0.1:9200";

/// Nobody is waited for longer: it is on this machine.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What is answered below `/played`.
pub(super) fn answer(held: &Held, request: &Request<Bytes>, path: &str) -> (StatusCode, Value) {
    let done = || (StatusCode::OK, json!({}));
    let wrong = |problem: String| (StatusCode::BAD_REQUEST, json!({ "error": problem }));
    match (request.method(), path) {
        (&Method::GET, "" | "/") => done(),
        (&Method::PUT, "/order") => match serde_json::from_slice::<OrderInfo>(request.body()) {
            Ok(order) => {
                held.put_order(order);
                done()
            }
            Err(error) => wrong(error.to_string()),
        },
        (&Method::PUT, "/license") => match serde_json::from_slice::<(LicenseCode, LicenseInfo)>(request.body()) {
            Ok((code, info)) => {
                held.put_license(code, info);
                done()
            }
            Err(error) => wrong(error.to_string()),
        },
        (&Method::GET, "/told-orders") => (StatusCode::OK, json!(held.state().told_orders)),
        (&Method::GET, "/usage") => {
            let state = held.state();
            let licenses: Vec<Value> =
                state.license_files.iter().map(|(event, _)| json!({ "eventId": event.as_str() })).collect();
            let usage = json!({
                "usageRecords": state.usage.records, "licenseUsage": state.license_usage, "licensesHandedIn": licenses,
            });
            (StatusCode::OK, usage)
        }
        _ => (StatusCode::NOT_FOUND, json!({ "error": "nothing is here" })),
    }
}

/// A KooGallery that is played somewhere on this machine, as those who play with it use it.
#[derive(Clone)]
pub struct PlayedKooGallery {
    http: reqwest::Client,
    address: Url,
}

impl fmt::Debug for PlayedKooGallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlayedKooGallery").field(&self.address.as_str()).finish()
    }
}

/// Why it cannot be told or asked.
#[derive(Debug, thiserror::Error)]
pub enum PlayedError {
    /// The address is none.
    #[error(
        "{0} is no http address of a KooGallery that is played: set KOOGALLERY_OPEN_API_URL to one like http://127.0.0.1:9200/, or \
         leave it unset"
    )]
    Address(String),
    /// Nobody answers, or not as it should.
    #[error("no KooGallery is played at {address}: start `koogallery serve --play-koogallery` ({source})")]
    NoAnswer {
        /// Where.
        address: String,
        /// Why.
        source: reqwest::Error,
    },
}

impl PlayedKooGallery {
    /// The one at an address. Nothing is asked yet.
    pub fn at(address: &str) -> Result<Self, PlayedError> {
        let url = Url::parse(address).ok().filter(|url| url.has_host() && url.scheme() == "http");
        let url = url.ok_or_else(|| PlayedError::Address(address.to_owned()))?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().tls_certs_only([]).build();
        let http = http.map_err(|source| PlayedError::NoAnswer { address: address.to_owned(), source })?;
        Ok(Self { http, address: url })
    }

    /// Where the seller finds the open APIs.
    #[must_use]
    pub fn address(&self) -> &str {
        self.address.as_str()
    }

    /// Whether it is there.
    pub async fn check(&self) -> Result<(), PlayedError> {
        self.send(self.http.get(self.url(""))).await.map(drop)
    }

    /// Makes an order known, or changes it.
    pub async fn put_order(&self, order: &OrderInfo) -> Result<(), PlayedError> {
        self.send(self.http.put(self.url("/order")).body(json!(order).to_string())).await.map(drop)
    }

    /// Makes a license code known, or changes it.
    pub async fn put_license(&self, code: &LicenseCode, info: &LicenseInfo) -> Result<(), PlayedError> {
        self.send(self.http.put(self.url("/license")).body(json!((code, info)).to_string())).await.map(drop)
    }

    /// The orders that were asked for since they were last put, and told.
    pub async fn told_orders(&self) -> Result<BTreeSet<OrderId>, PlayedError> {
        let answer = self.send(self.http.get(self.url("/told-orders"))).await?;
        let told = answer.bytes().await.map_err(|source| self.no_answer(source))?;
        Ok(serde_json::from_slice(&told).unwrap_or_default())
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.address.clone();
        url.set_path(&format!("/played{path}"));
        url
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, PlayedError> {
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.map_err(|source| self.no_answer(source))
    }

    fn no_answer(&self, source: reqwest::Error) -> PlayedError {
        PlayedError::NoAnswer { address: self.address.to_string(), source: source.without_url() }
    }
}
