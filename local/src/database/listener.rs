//! A port for AWS tools, where it is asked for: to look into the table, or for another process to use it.
//!
//! The table holds personal data. So the port is on this machine only, needs the access key id of this start, and answers no web
//! page: a request that a browser sends for a page has an `Origin`, or another `Host` if the page's name leads here.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, body};
use dynoxide::Database;
use koogallery_runtime::SecretText;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::operation::{Repeats, answer};
use crate::loopback::is_loopback;

/// The longest body that DynamoDB takes.
const MAX_BODY: usize = 16 << 20;

/// Where AWS tools reach the embedded database, and with which credential.
#[derive(Debug, Clone)]
pub struct Listen {
    /// An address of this machine; port 0 takes any that is free.
    pub address: SocketAddr,
    /// The access key id that a request must be signed with. The signature itself is not checked, so this is the secret.
    pub access_key_id: SecretText,
}

impl Listen {
    /// At an address, with an access key id that nobody can guess.
    pub fn with_random_key(address: SocketAddr) -> Result<Self, getrandom::Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        Ok(Self { address, access_key_id: SecretText::from(&*format!("LOCAL{}", hex::encode_upper(random))) })
    }
}

/// A port that is open.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

struct Guarded {
    database: Database,
    access_key_id: SecretText,
}

impl Listener {
    pub(super) async fn open(database: Database, listen: Listen) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen.address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let guarded = Arc::new(Guarded { database, access_key_id: listen.access_key_id });
        let router = Router::new().route("/", post(serve)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(guarded);
        let shutdown = async move { drop(stopped.await) };
        let served = axum::serve(listener, router).with_graceful_shutdown(shutdown);
        Ok(Self { address, stop, served: tokio::spawn(served.into_future()) })
    }

    pub(super) async fn close(self) {
        drop(self.stop);
        drop(self.served.await);
    }
}

async fn serve(State(guarded): State<Arc<Guarded>>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.contains_key(ORIGIN) || !names_this_machine(&headers) {
        return refused("web pages have no access");
    }
    let shown = access_key_id(&headers).unwrap_or_default();
    if !bool::from(guarded.access_key_id.reveal().as_bytes().ct_eq(shown.as_bytes())) {
        return refused("the access key id is not the one that was printed at the start: set AWS_ACCESS_KEY_ID");
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default().to_owned();
    let answered =
        tokio::task::spawn_blocking(move || answer(&guarded.database, &target, &body, Repeats::Possible)).await;
    match answered {
        Ok(answer) => answer.map(body::Body::from).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(why: &str) -> Response {
    let body = serde_json::json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "message": why });
    (StatusCode::FORBIDDEN, axum::Json(body)).into_response()
}

/// A page of a foreign name whose address was changed to this machine's still sends that name.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    is_loopback(host.rsplit_once(':').map_or(host, |(name, _)| name))
}

/// The access key id in a signature of version 4: `Credential=ID/DATE/REGION/dynamodb/aws4_request`.
fn access_key_id(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    authorization.split_once("Credential=")?.1.split('/').next()
}
