//! The marketplace's half: signed calls as KooGallery sends them, and what comes back.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use koogallery::{
    AccessKey, AccessKeys, Callback, Dialect, ExpireTime, InterfaceType, NotAnObject, Reply, Request, Timestamp,
    auth_token, body_sign, canonical_form, signature,
};
use koogallery_runtime::now;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::http1_client::{Client, name_as_written};

/// KooGallery waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls one production address.
#[derive(Debug, Clone)]
pub struct Marketplace {
    client: Client,
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
    Client(rustls::Error),
    /// The address does not answer.
    #[error("no answer from {address}: {problem}")]
    NoAnswer {
        /// Which.
        address: String,
        /// Why.
        problem: String,
    },
    /// A header that HTTP cannot carry.
    #[error("the header {0} cannot be sent: a name or a value that HTTP does not allow")]
    Header(String),
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
    /// `Body-Sign`: what makes a V1.0 reply genuine.
    pub body_sign: Option<BodySign>,
    /// The body's bytes.
    pub body: Bytes,
    /// From sending to the last byte.
    pub elapsed: Duration,
}

/// A `Body-Sign` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodySign {
    /// Its name as the endpoint spelled it. None where that could not be heard.
    pub name: Option<String>,
    /// Its value.
    pub value: String,
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
    /// A call with this body, or these parameters of V1.0, as its dialect signs it.
    #[must_use]
    pub fn of(
        key: &AccessKey,
        callback: Callback,
        dialect: Dialect,
        body: Map<String, Value>,
        signed_at: Timestamp,
    ) -> Self {
        let canonical = |body: Map<String, Value>| {
            let body = Value::Object(body).to_string();
            canonical_form(body.as_bytes()).unwrap_or(body)
        };
        match dialect {
            Dialect::BasicV2 => Self::basic(key, canonical(body), signed_at, &new_nonce()),
            Dialect::KitV2 => Self::kit(key, callback, canonical(body), signed_at, &new_nonce()),
            Dialect::BasicV1 => Self::basic_v1(key, body.into_iter().map(parameter).collect(), signed_at),
            Dialect::KitV1 => {
                Self::kit_v1(key, callback, body, signed_at).unwrap_or_else(|_| unreachable!("a map is an object"))
            }
        }
    }

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

    /// A basic call of V1.0: its parameters, `activity` among them, with `timeStamp` and `authToken`.
    #[must_use]
    pub fn basic_v1(key: &AccessKey, mut parameters: Vec<(String, String)>, signed_at: Timestamp) -> Self {
        let time_stamp = time_stamp(signed_at, Zone::Utc);
        parameters.push(("timeStamp".to_owned(), time_stamp.clone()));
        let token = auth_token::sign(key.reveal(), &time_stamp, &parameters);
        parameters.push((auth_token::NAME.to_owned(), token));
        Self {
            method: http::Method::GET,
            path: String::new(),
            query: parameters,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A joint-operations call of V1.0 to its sub-path: the body gets its `timeStamp`, a header its `authToken`.
    pub fn kit_v1(
        key: &AccessKey,
        callback: Callback,
        mut body: serde_json::Map<String, serde_json::Value>,
        signed_at: Timestamp,
    ) -> Result<Self, NotAnObject> {
        let time_stamp = time_stamp(signed_at, Zone::Beijing);
        body.insert("timeStamp".to_owned(), time_stamp.as_str().into());
        let body = serde_json::Value::Object(body).to_string().into_bytes();
        let token = auth_token::sign_without_blanks(key.reveal(), &time_stamp, &auth_token::body_parameters(&body)?);
        Ok(Self {
            method: http::Method::POST,
            path: format!("produceAPI/{}", callback.activity()),
            query: Vec::new(),
            headers: vec![(auth_token::NAME.to_owned(), token)],
            body,
        })
    }

    fn header_map(&self) -> Result<HeaderMap, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf8"));
        for (name, value) in &self.headers {
            let unsendable = || CallError::Header(name.clone());
            let value = HeaderValue::from_str(value).map_err(|_| unsendable())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?, value);
        }
        Ok(headers)
    }
}

/// A member as a query parameter: anything but a text as its JSON.
fn parameter((name, value): (String, Value)) -> (String, String) {
    match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    }
}

/// Where V1.0 reads the clock: UTC for the basic callbacks, Beijing for the joint-operations kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Zone {
    /// UTC.
    #[serde(rename = "UTC")]
    Utc,
    /// UTC+8.
    #[serde(rename = "UTC+8")]
    Beijing,
}

/// A V1.0 `timeStamp`: `yyyyMMddHHmmssSSS`.
#[must_use]
pub fn time_stamp(at: Timestamp, zone: Zone) -> String {
    let at = match zone {
        Zone::Utc => at,
        Zone::Beijing => at.saturating_add(Duration::from_hours(8)),
    };
    ExpireTime::from_timestamp(at).map(|time| time.to_string()).unwrap_or_default()
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
        let client = Client::new().map_err(CallError::Client)?;
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
        let request = self.request(call)?;
        let no_answer = |problem: String| CallError::NoAnswer { address: self.address.clone(), problem };
        let exchanged = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        exchanged
            .map_err(|_| no_answer(format!("none within {} s", PATIENCE.as_secs())))?
            .map_err(|error| no_answer(problem_of(&*error)))
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Exchange, Box<dyn Error + Send + Sync>> {
        let start = Instant::now();
        let answer = self.client.send(request).await?;
        let status = answer.status().as_u16();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let content_type = header("content-type").unwrap_or_default();
        let name = name_as_written(&answer, body_sign::HEADER);
        let body_sign = header(body_sign::HEADER).map(|value| BodySign { name, value });
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Exchange { status, content_type, body_sign, body, elapsed: start.elapsed() })
    }

    fn request(&self, call: &SignedCall) -> Result<http::Request<Bytes>, CallError> {
        let address = format!("{}{}", self.address, call.path);
        let mut url = reqwest::Url::parse(&address).map_err(|_| CallError::Address(address.clone()))?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut request = http::Request::new(Bytes::from(call.body.clone()));
        *request.uri_mut() = url.as_str().parse().map_err(|_| CallError::Address(address))?;
        *request.headers_mut() = call.header_map()?;
        *request.method_mut() = call.method.clone();
        Ok(request)
    }
}

/// The innermost reason, and what to do where the address speaks the other of http and https.
fn problem_of(error: &(dyn Error + 'static)) -> String {
    let reason = root_cause(error);
    let mut one = Some(error);
    while let Some(error) = one {
        if let Some(rustls::Error::InvalidMessage(_)) = error.downcast_ref() {
            return format!(
                "it does not answer in TLS ({reason}): if it is plain HTTP, write http:// instead of https://"
            );
        }
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return format!(
                "it does not answer in HTTP ({reason}): if it speaks TLS, write https:// instead of http://"
            );
        }
        // What an `io::Error` wraps is not its source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        one = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
    }
    reason
}

/// The innermost reason, which is the one that a person can act on.
fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use koogallery::route;

    use super::*;

    fn key() -> AccessKey {
        AccessKeys::from_json(r#"{"basic":["k"]}"#).unwrap().current(InterfaceType::Basic).unwrap().clone()
    }

    const AT: Timestamp = Timestamp::from_millis(1_763_977_752_345);

    #[test]
    fn v1_writes_times_in_the_zone_of_the_callback() {
        assert_eq!(time_stamp(AT, Zone::Utc), "20251124094912345");
        assert_eq!(time_stamp(AT, Zone::Beijing), "20251124174912345");
    }

    #[test]
    fn a_basic_v1_call_is_a_get_whose_token_covers_its_parameters() {
        let activity = ("activity".to_owned(), "releaseInstance".to_owned());
        let call = SignedCall::basic_v1(&key(), vec![activity, ("memo".to_owned(), String::new())], AT);
        let token = &call.query.iter().find(|(name, _)| name == auth_token::NAME).unwrap().1;
        assert!(auth_token::matches("k", "20251124094912345", &call.query, token));
        let request = http::Request::get("/?activity=releaseInstance").body("").unwrap();
        assert_eq!(route(&request).unwrap().dialect, Dialect::BasicV1);
        assert_eq!(call.method, http::Method::GET);
    }

    #[test]
    fn a_kit_v1_call_has_its_time_in_the_body_and_its_token_in_a_header() {
        let body = serde_json::json!({ "userList": [{ "userName": "user-1" }], "parentCode": "" });
        let call = SignedCall::kit_v1(&key(), Callback::AuthSync, body.as_object().unwrap().clone(), AT).unwrap();
        let parameters = auth_token::body_parameters(&call.body).unwrap();
        assert!(auth_token::matches("k", "20251124174912345", &parameters, &call.headers[0].1));
        let request = http::Request::post(format!("/{}", call.path)).body(call.body).unwrap();
        assert_eq!(
            route(&request).unwrap(),
            koogallery::Route { callback: Callback::AuthSync, dialect: Dialect::KitV1 }
        );
    }
}
