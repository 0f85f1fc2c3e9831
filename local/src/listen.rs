//! `koogallery listen`: receives events in place of the seller's application, shows them, and passes them on. A simulation
//! receives with it too.

use std::fmt;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use koogallery_runtime::{now, written_webhook_secrets};
use koogallery_webhook::{ID, Refusal, SIGNATURE, TIMESTAMP, WebhookSecret, WebhookSecretError, verify};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::keys::LOCAL_WEBHOOK_SECRET;

const MAX_BODY: usize = 1 << 20;

/// Why nothing is received.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The secret.
    #[error("KOOGALLERY_WEBHOOK_SECRET cannot be used: {0}")]
    Secret(#[from] WebhookSecretError),
    /// The port is another program's.
    #[error("port {0} is in use: end what listens there, or take another one by --port")]
    InUse(u16),
    /// The port.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The client that passes events on.
    #[error("cannot pass events on: {0}")]
    Forward(#[from] reqwest::Error),
}

/// A receiver that listens.
pub struct Listener {
    listener: TcpListener,
    desk: Desk,
}

/// What arrived. Its `Display` is for a person, and leaves the buyer out.
#[derive(Debug)]
pub enum Heard<'a> {
    /// An event with a good signature.
    Event {
        /// Its id.
        id: &'a str,
        /// Its body; null if that is not JSON.
        body: &'a Value,
    },
    /// A message without a good signature.
    Refused(Refusal),
    /// The application's answer to the event before this, which was passed on: its status and its body.
    Answered(StatusCode, &'a [u8]),
    /// The event before this was not passed on, and why.
    NotHandedOn(String),
}

/// Gets what arrives. Its result is the answer to an event that is not passed on.
pub type Hear = Box<dyn Fn(&Heard<'_>) -> Option<Value> + Send + Sync>;

struct Desk {
    secrets: Vec<WebhookSecret>,
    forward_to: Option<String>,
    http: reqwest::Client,
    hear: Hear,
}

impl Listener {
    /// Listens on a loopback port with `KOOGALLERY_WEBHOOK_SECRET`, or the local test secret.
    pub async fn start(
        port: u16,
        secrets: Option<&str>,
        forward_to: Option<String>,
        hear: Hear,
    ) -> Result<Self, ListenError> {
        let secrets = written_webhook_secrets(secrets.unwrap_or(LOCAL_WEBHOOK_SECRET));
        let secrets = secrets.map(str::parse).collect::<Result<Vec<WebhookSecret>, _>>()?;
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => ListenError::InUse(port),
            _ => error.into(),
        })?;
        Ok(Self { listener, desk: Desk { secrets, forward_to, http: http.build()?, hear } })
    }

    /// The address that it listens on.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Receives until the process ends.
    pub async fn run(self) -> Result<(), ListenError> {
        let router = Router::new().fallback(receive).with_state(Arc::new(self.desk));
        Ok(axum::serve(self.listener, router).await?)
    }
}

async fn receive(State(desk): State<Arc<Desk>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp, signature) = (header(ID), header(TIMESTAMP), header(SIGNATURE));
    if let Err(refusal) = verify(&desk.secrets, id, timestamp, signature, &body, now()) {
        let malformed = refusal == Refusal::Malformed;
        (desk.hear)(&Heard::Refused(refusal));
        return status(if malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED });
    }
    let answer = (desk.hear)(&Heard::Event { id, body: &serde_json::from_slice(&body).unwrap_or_default() });
    let Some(url) = &desk.forward_to else {
        return answer
            .map_or_else(|| status(StatusCode::NO_CONTENT), |answer| Response::new(answer.to_string().into()));
    };
    match hand_on(&desk.http, url, &parts.headers, body.to_vec()).await {
        Ok((answered, body)) => {
            (desk.hear)(&Heard::Answered(answered, &body));
            let mut response = status(answered);
            *response.body_mut() = Body::from(body);
            response
        }
        Err(error) => {
            (desk.hear)(&Heard::NotHandedOn(error.to_string()));
            status(StatusCode::BAD_GATEWAY)
        }
    }
}

async fn hand_on(
    http: &reqwest::Client,
    url: &str,
    headers: &HeaderMap,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), reqwest::Error> {
    let mut request = http.post(url).body(body);
    for name in [ID, TIMESTAMP, SIGNATURE, CONTENT_TYPE.as_str()] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await?;
    Ok((answer.status(), answer.bytes().await?))
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

impl fmt::Display for Heard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, body) = match self {
            Self::Event { id, body: Value::Null } => return write!(f, "{id}: not JSON"),
            Self::Event { id, body } => (id, *body),
            Self::Refused(refusal) => return write!(f, "refused: {refusal}"),
            Self::Answered(status, body) => return write!(f, "← {status} {}", shown_answer(body)),
            Self::NotHandedOn(problem) => return write!(f, "not passed on: {problem}"),
        };
        let mut data = body["data"].clone();
        if let Some(buyer) = data.pointer_mut("/order/buyerInfo") {
            *buyer = "…".into();
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        write!(f, "{} {} {id}\n{data:#}", text("timestamp"), text("type"))
    }
}

/// An answer for a person: the beginning of it, without a password.
fn shown_answer(body: &[u8]) -> String {
    const SHOWN: usize = 300;
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(mut json) => {
            if let Some(password) = json.pointer_mut("/appInfo/password") {
                *password = "…".into();
            }
            json.to_string()
        }
        Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
    };
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}

/// An address to hand events on to: `localhost:3000/path` is one of http.
pub fn address(given: &str) -> Result<String, AddressError> {
    let whole = if given.contains("://") { given.to_owned() } else { format!("http://{given}") };
    // `9100` alone would be read as a host's number.
    let is_port = given.bytes().all(|byte| byte.is_ascii_digit());
    match reqwest::Url::parse(&whole) {
        Ok(url) if !is_port && (given.contains("://") || url.port().is_some()) => Ok(whole),
        _ => Err(AddressError(given.to_owned())),
    }
}

/// Events cannot be passed on to such an address.
#[derive(Debug, thiserror::Error)]
#[error("--forward-to {0}: give an address such as localhost:3000 or https://app.example.com/events")]
pub struct AddressError(String);

impl Heard<'_> {
    /// Whether a person who wants only these types of events wants to see it: `instance.created`, or `instance.*`.
    #[must_use]
    pub fn is_wanted(&self, types: &[String]) -> bool {
        let Self::Event { body, .. } = self else { return true };
        let name = body["type"].as_str().unwrap_or_default();
        types.is_empty()
            || types.iter().any(|wanted| match wanted.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == wanted,
            })
    }

    /// The same as JSON, on one line for programs; who bought is left out here too.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Event { id, body } => {
                let mut body = (*body).clone();
                if let Some(buyer) = body.pointer_mut("/data/order/buyerInfo") {
                    *buyer = "…".into();
                }
                json!({ "webhookId": id, "event": body })
            }
            Self::Refused(refusal) => json!({ "refused": refusal.to_string() }),
            Self::Answered(status, body) => json!({ "status": status.as_u16(), "answer": shown_answer(body) }),
            Self::NotHandedOn(problem) => json!({ "notHandedOn": problem }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_shown_without_its_password() {
        let answer = br#"{"appInfo":{"frontEndUrl":"https://x","password":"s3cret"}}"#;
        let shown = Heard::Answered(StatusCode::OK, answer).to_string();
        assert!(shown.starts_with("← 200 OK {") && shown.contains("https://x") && !shown.contains("s3cret"), "{shown}");
        let long = shown_answer(&[b'x'; 1000]);
        assert_eq!(long.chars().count(), 301);
        assert_eq!(shown_answer(b" no \n"), "no");
    }

    #[test]
    fn events_are_filtered_by_type() {
        let body = json!({ "type": "instance.created" });
        let event = Heard::Event { id: "e-1", body: &body };
        for (types, wanted) in [
            (&[][..], true),
            (&["instance.*"], true),
            (&["order.paid", "instance.created"], true),
            (&["license.*"], false),
        ] {
            let types: Vec<String> = types.iter().map(|name: &&str| (*name).to_owned()).collect();
            assert_eq!(event.is_wanted(&types), wanted, "{types:?}");
        }
        assert!(Heard::Refused(Refusal::Malformed).is_wanted(&["license.*".to_owned()]));
    }

    #[test]
    fn an_address_may_lack_its_scheme() {
        assert_eq!(address("localhost:3000").unwrap(), "http://localhost:3000");
        assert_eq!(address("https://app.example.com/").unwrap(), "https://app.example.com/");
        for wrong in ["9100", "9100x", "localhost", "https://", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_event_is_shown_without_its_buyer() {
        let body = serde_json::json!({
            "type": "order.paid", "timestamp": "2025-12-01T00:00:00.000Z",
            "data": { "orderId": "CS1", "order": { "orderType": "NEW", "buyerInfo": { "email": "someone@example.com" } } },
        });
        let shown = Heard::Event { id: "e-1", body: &body }.to_string();
        assert!(shown.contains("order.paid") && shown.contains("CS1") && shown.contains("NEW"), "{shown}");
        assert!(!shown.contains("someone"), "{shown}");
    }
}
