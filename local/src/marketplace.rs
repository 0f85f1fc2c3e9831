//! The marketplace's half: signed calls as KooGallery sends them, and what comes back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use koogallery::{AccessKey, AccessKeys, Callback, InterfaceType, Reply, Request, Timestamp, signature};
use koogallery_runtime::now;
use uuid::Uuid;

/// KooGallery waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls one production address.
#[derive(Debug, Clone)]
pub struct Marketplace {
    client: reqwest::Client,
    address: String,
    keys: AccessKeys,
}

/// Why no answer came at all.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address is none.
    #[error("{0} is not an http or https address")]
    Address(String),
    /// No client: the platform's certificates cannot be read.
    #[error("no HTTP client: {0}")]
    Client(reqwest::Error),
    /// The address does not answer.
    #[error("no answer from {address}: {problem}")]
    NoAnswer {
        /// Which.
        address: String,
        /// Why.
        problem: String,
    },
    /// There is no key to sign with.
    #[error("no {0} access key to sign with: set it in KOOGALLERY_KEYS")]
    NoKey(&'static str),
}

/// One call, ready to be sent; each part can be changed first, to attack.
#[derive(Debug, Clone)]
pub struct SignedCall {
    /// POST, unless changed.
    pub method: http::Method,
    /// Appended to the production address.
    pub path: String,
    /// Query parameters, in this order.
    pub query: Vec<(String, String)>,
    /// Headers beyond the usual ones.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// HTTP status: 200 whatever the reply says.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// The body's bytes.
    pub body: Bytes,
    /// From sending to the last byte.
    pub elapsed: Duration,
}

impl Exchange {
    /// The body as a reply, if it is one: HTTP 200, JSON, a known result code.
    pub fn reply(&self) -> Result<Reply, String> {
        if self.status != 200 {
            return Err(format!("HTTP status {} instead of 200", self.status));
        }
        if !self.content_type.starts_with("application/json") {
            return Err(format!("content type {} instead of application/json", self.content_type));
        }
        serde_json::from_slice(&self.body).map_err(|error| format!("no reply of KooGallery's protocol: {error}"))
    }
}

impl SignedCall {
    /// A basic call, signed in the query.
    #[must_use]
    pub fn basic(key: &AccessKey, body: impl Into<Vec<u8>>, signed_at: Timestamp, nonce: &str) -> Self {
        let body = body.into();
        let timestamp = signed_at.to_string();
        let signature = signature::basic(key.reveal(), nonce, &timestamp, &body).to_uppercase();
        let query = [("signature", signature), ("timestamp", timestamp), ("nonce", nonce.to_owned())];
        Self {
            method: http::Method::POST,
            path: String::new(),
            query: query.map(|(name, value)| (name.to_owned(), value)).into(),
            headers: Vec::new(),
            body,
        }
    }

    /// A joint-operations call, signed in headers, to its sub-path.
    #[must_use]
    pub fn kit(
        key: &AccessKey,
        callback: Callback,
        body: impl Into<Vec<u8>>,
        signed_at: Timestamp,
        nonce: &str,
    ) -> Self {
        let body = body.into();
        let timestamp = signed_at.to_string();
        let sign = signature::kit(key.reveal(), nonce, &timestamp, &body);
        let headers = [("x-sign", sign), ("x-timestamp", timestamp), ("x-nonce", nonce.to_owned())];
        Self {
            method: http::Method::POST,
            path: format!("produceAPI/v2/{}", callback.activity()),
            query: Vec::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body,
        }
    }
}

/// A nonce as KooGallery makes them: 64 hex characters.
#[must_use]
pub fn new_nonce() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).to_uppercase()
}

impl Marketplace {
    /// A marketplace that calls `address` and signs with the current keys.
    pub fn new(address: &str, keys: AccessKeys) -> Result<Self, CallError> {
        let is_address =
            reqwest::Url::parse(address).is_ok_and(|url| url.has_host() && url.scheme().starts_with("http"));
        if !is_address {
            return Err(CallError::Address(address.to_owned()));
        }
        // One crypto provider for the process; a second call finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(CallError::Client)?;
        Ok(Self { client, address: format!("{}/", address.trim_end_matches('/')), keys })
    }

    /// Where it calls.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The current key of an interface type.
    pub fn key(&self, interface: InterfaceType) -> Result<&AccessKey, CallError> {
        self.keys.current(interface).ok_or(CallError::NoKey(interface.name()))
    }

    /// Signs a request now, with a fresh nonce and the first interface type that its callback allows.
    pub fn sign<R: Request>(&self, request: &R) -> Result<SignedCall, CallError> {
        let key = self.key(R::CALLBACK.interface_types()[0])?;
        Ok(SignedCall::basic(key, request.to_body(), now(), &new_nonce()))
    }

    /// Sends a call and waits for the answer.
    pub async fn send(&self, call: &SignedCall) -> Result<Exchange, CallError> {
        let mut request = self
            .client
            .request(call.method.clone(), format!("{}{}", self.address, call.path))
            .query(&call.query)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json;charset=utf8")
            .body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let start = Instant::now();
        let no_answer = |error: reqwest::Error| CallError::NoAnswer {
            address: self.address.clone(),
            problem: root_cause(&error.without_url()),
        };
        let answer = request.send().await.map_err(no_answer)?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = answer.bytes().await.map_err(no_answer)?;
        Ok(Exchange { status, content_type, body, elapsed: start.elapsed() })
    }
}

/// The innermost reason, which is the one that a person can act on.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
