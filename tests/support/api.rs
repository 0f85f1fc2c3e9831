//! The seller's application as it calls the seller's API: with a token, in JSON.

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::Seller;

/// The token that the tests' application has.
pub const TOKEN: &str = "token-of-the-tests-application";

/// A caller of the API.
pub struct Api {
    address: String,
    client: reqwest::Client,
    token: String,
    from: Option<String>,
    known: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where there is none.
    pub body: Value,
}

impl Api {
    /// Of a seller's host, with [`TOKEN`].
    #[must_use]
    pub fn of(seller: &Seller) -> Self {
        Self::with_token(seller, TOKEN)
    }

    /// With another token.
    #[must_use]
    pub fn with_token(seller: &Seller, token: &str) -> Self {
        Self::at(seller.host.seller_api(), token)
    }

    /// At an address without a closing slash.
    #[must_use]
    pub fn at(address: String, token: &str) -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        // Without certificates, which take longer to read than most tests take.
        let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
        Self { address, client, token: token.to_owned(), from: None, known: None }
    }

    /// The same from another address, through a proxy.
    #[must_use]
    pub fn from_address(self, address: &str) -> Self {
        Self { from: Some(format!("203.0.113.9, {address}")), ..self }
    }

    /// The same where the caller has an answer with this `ETag`.
    #[must_use]
    pub fn knowing(self, tag: &str) -> Self {
        Self { known: Some(tag.to_owned()), ..self }
    }

    /// Asks without a body.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(&Method::GET, path, None).await
    }

    /// Puts a body of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(&Method::PUT, path, Some(body)).await
    }

    /// Posts a body of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(&Method::POST, path, Some(body)).await
    }

    /// Asks, with a body of JSON where there is one.
    pub async fn ask(&self, method: &Method, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string()));
        self.send(method, path, &format!("Bearer {}", self.token), body).await
    }

    /// Asks with a body of any kind.
    pub async fn ask_with(&self, method: &Method, path: &str, content_type: &str, body: String) -> Answer {
        self.send(method, path, &format!("Bearer {}", self.token), Some((content_type, body))).await
    }

    /// Sends anything; a problem that comes back must have the form of one.
    pub async fn send(&self, method: &Method, path: &str, token: &str, body: Option<(&str, String)>) -> Answer {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.address));
        if let Some(from) = &self.from {
            request = request.header("x-forwarded-for", from);
        }
        if let Some(known) = &self.known {
            request = request.header(IF_NONE_MATCH, known);
        }
        if !token.is_empty() {
            request = request.header(AUTHORIZATION, token);
        }
        if let Some((content_type, body)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        let answer = Answer { status, headers, body };
        if status != StatusCode::NOT_MODIFIED && !status.is_success() {
            answer.assert_problem();
            assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        } else if path.split('?').next().is_some_and(|path| path.ends_with("/entitlement")) {
            assert_eq!(answer.headers[CACHE_CONTROL], "private, max-age=30", "{path}");
        } else if !path.ends_with("/openapi.json") {
            assert_eq!(answer.headers[CACHE_CONTROL], "no-store", "{path}");
        }
        answer
    }
}

impl Answer {
    /// The body of an answer that must have this status.
    #[allow(clippy::must_use_candidate)]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    fn assert_problem(&self) {
        let Self { status, headers, body } = self;
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json", "{body}");
        assert!(body["type"].as_str().unwrap().starts_with("/problems/"), "{body}");
        assert_eq!(body["status"], status.as_u16(), "{body}");
        for member in ["title", "detail"] {
            assert!(!body[member].as_str().unwrap().is_empty(), "{body}");
        }
    }
}
