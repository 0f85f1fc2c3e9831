//! Shadow: the old code answers KooGallery, a copy of each call goes to the new deployment, and where their replies differ somebody is
//! told. So a deployment is held against real calls before one of its replies counts.
//!
//! KooGallery's own call must not suffer: the copy is sent beside it, and nothing waits for it. Only that of a purchase is sent after the old
//! code's reply, and only if the new deployment would give the instance the same id: KooGallery knows the old code's.

mod call;
mod compared;
mod members;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use koogallery::AccessKeys;
use koogallery_runtime::now;
use reqwest::Url;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub use compared::{Compared, Replied, Summary};

use self::call::Said;

use crate::http_server::{Limits, Server, Unread};
use crate::loopback::is_on_this_machine;

/// KooGallery waits five seconds for most calls, and longer for none.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many copies may wait for their answer. Beyond that calls are passed on without one.
const MOST_COPIES: usize = 200;

/// Headers of one connection, which are not passed on. The host's name is that of the address.
const OF_A_CONNECTION: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why there is no shadow.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// An address is none.
    #[error("{0} is no address: give http:// or https:// with a host")]
    Address(String),
    /// The address is another program's, or not this machine's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The client that passes calls on.
    #[error("calls cannot be passed on: {0}")]
    Client(#[source] reqwest::Error),
}

/// What stands between KooGallery and both sides.
pub struct Shadow {
    listener: TcpListener,
    sides: Arc<Sides>,
    compared: mpsc::Receiver<Compared>,
}

impl std::fmt::Debug for Shadow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shadow").field("sides", &self.sides).finish_non_exhaustive()
    }
}

struct Sides {
    old: Url,
    new: Url,
    http: reqwest::Client,
    tell: mpsc::Sender<Compared>,
    copies: tokio::sync::Semaphore,
    keys: Option<AccessKeys>,
}

impl std::fmt::Debug for Sides {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sides")
            .field("old", &self.old.as_str())
            .field("new", &self.new.as_str())
            .finish_non_exhaustive()
    }
}

/// A call, as both sides get it.
#[derive(Clone)]
struct Call {
    method: http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Shadow {
    /// Listens. `old` answers KooGallery, `new` gets copies. With the seller's `keys`, replies to V1.0 are held against their signature.
    pub async fn start(
        address: SocketAddr,
        old: &str,
        new: &str,
        keys: Option<AccessKeys>,
    ) -> Result<Self, ShadowError> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let url = |text: &str| {
            let url = Url::parse(text).ok().filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
            url.ok_or_else(|| ShadowError::Address(text.to_owned()))
        };
        let (old, new) = (url(old)?, url(new)?);
        let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        if is_on_this_machine(&old) && is_on_this_machine(&new) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(ShadowError::Client)?;
        let listener = TcpListener::bind(address).await.map_err(|source| ShadowError::Listen { address, source })?;
        let (tell, compared) = mpsc::channel(MOST_COPIES);
        let copies = tokio::sync::Semaphore::new(MOST_COPIES);
        Ok(Self { listener, sides: Arc::new(Sides { old, new, http, tell, copies, keys }), compared })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Passes calls on until `stopped`; `told` gets each comparison. Returns the sums.
    pub async fn run(self, stopped: impl Future<Output = ()>, told: impl Fn(&Compared)) -> Summary {
        let Self { listener, sides, mut compared } = self;
        let router = Router::new().fallback(pass_on).with_state(sides);
        let server = Server { router, limits: Limits::default(), tls: None };
        let summary = Mutex::new(Summary::default());
        let take = |one: &Compared| {
            told(one);
            summary.lock().unwrap_or_else(PoisonError::into_inner).take_in(one);
        };
        let serving = server.serve(listener, stopped);
        let telling = async {
            while let Some(one) = compared.recv().await {
                take(&one);
            }
        };
        // The router, and with it the last sender, goes when serving ends.
        tokio::join!(serving, telling);
        summary.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass_on(State(sides): State<Arc<Sides>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(unread) = parts.extensions.get::<Unread>() {
        return unread.status().into_response();
    }
    let Ok(body) = body.collect().await else { return StatusCode::BAD_REQUEST.into_response() };
    let call = Call { method: parts.method, uri: parts.uri, headers: parts.headers, body: body.to_bytes() };
    let at = now();
    let bought = Said::of(&call.uri, &call.body).bought(&call.uri);
    let copy = |sides: &Arc<Sides>| tokio::spawn(copied(Arc::clone(sides), call.clone()));
    let at_once = bought.is_none().then(|| copy(&sides));
    let old = replied(sides.ask(&sides.old, &call).await);
    let response = response(&old);
    // KooGallery has its answer; the copy may take longer.
    let later = match (at_once, bought) {
        (Some(copy), _) => Some(copy),
        (None, bought) if has_id(&old, bought.as_deref()) => Some(copy(&sides)),
        (None, _) => None,
    };
    tokio::spawn(async move {
        let new = match later {
            Some(copy) => copy.await.unwrap_or(Replied::NotAsked),
            None => Replied::Withheld,
        };
        let compared = Compared::of(at, (&call.uri, &call.body), &old, &new, sides.keys.as_ref());
        drop(sides.tell.send(compared).await);
    });
    response
}

/// What the new deployment replies, if there is a place for one more copy.
async fn copied(sides: Arc<Sides>, call: Call) -> Replied {
    let Ok(_place) = sides.copies.try_acquire() else { return Replied::NotAsked };
    replied(sides.ask(&sides.new, &call).await)
}

/// Whether the old code's reply names no other instance than this one.
fn has_id(old: &Replied, bought: Option<&str>) -> bool {
    let Replied::Read { body, .. } = old else { return true };
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    reply["instanceId"].as_str().is_none_or(|id| id.is_empty() || Some(id) == bought)
}

fn replied(side: Result<Reply, reqwest::Error>) -> Replied {
    match side {
        Ok(Reply { status, headers, body }) => Replied::Read { status: status.as_u16(), headers, body },
        Err(error) if error.is_timeout() => Replied::TooLate,
        Err(_) => Replied::Nothing,
    }
}

/// The old code's reply, as KooGallery gets it.
fn response(old: &Replied) -> Response {
    let Replied::Read { status, headers, body } = old else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
    let is_passed = |name: &HeaderName| !OF_A_CONNECTION.contains(&name.as_str());
    for (name, value) in headers.iter().filter(|(name, _)| is_passed(name)) {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

/// What a side replied.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Sides {
    async fn ask(&self, side: &Url, call: &Call) -> Result<Reply, reqwest::Error> {
        let mut url = side.clone();
        let path = format!("{}{}", url.path().trim_end_matches('/'), call.uri.path());
        url.set_path(&path);
        // V1.0 signs the parameters: they are passed on as they came.
        url.set_query(call.uri.query());
        let mut headers = call.headers.clone();
        for name in OF_A_CONNECTION {
            headers.remove(name);
        }
        // Replies that are packed could not be compared.
        headers.remove(http::header::ACCEPT_ENCODING);
        let answer =
            self.http.request(call.method.clone(), url).headers(headers).body(call.body.clone()).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?;
        Ok(Reply { status, headers, body })
    }
}
