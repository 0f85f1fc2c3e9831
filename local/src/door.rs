//! The host's front door: which function is a request for, and what is answered to what is for none.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use buyer_pages::BuyerPages;
use bytes::Bytes;
use http::{HeaderValue, header};
use koogallery::{MAX_KIT_BODY, Reply, ResultCode, answering_callback};
use koogallery_runtime::{CallRecord, Log, RequestId, now, response};
use login::Login;
use seller_api::SellerApi;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::functions::Functions;
use crate::http_server::Unread;
use crate::ready::{Ready, readyz};
use crate::schedules::AtWork;
use crate::work;

/// A body with more bytes is verified and read apart from the others.
const LARGE: usize = 256 << 10;

/// What the front door needs.
pub(crate) struct Door {
    functions: Functions,
    log: Arc<dyn Log>,
    /// So many large bodies are worked on at once: fewer than there are cores, so that other calls always have one.
    large: Semaphore,
}

impl Door {
    pub(crate) fn new(functions: Functions, log: Arc<dyn Log>) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Self { functions, log, large: Semaphore::new(cores.div_ceil(2)) })
    }

    /// What answers all requests: callbacks, those of the seller API, and those about the host itself.
    pub(crate) fn router(
        self: Arc<Self>,
        ready: Ready,
        api: &Arc<SellerApi>,
        pages: Option<Arc<BuyerPages>>,
        login: Option<Arc<Login>>,
        console: Option<Arc<console::Console>>,
        at_work: AtWork,
    ) -> Router {
        // Whatever is no question about the host's health is a callback.
        let login = login.map_or_else(Router::new, |login| Router::new().nest(login::PATH, login::router(login)));
        let pages =
            pages.map_or_else(Router::new, |pages| Router::new().nest(buyer_pages::PATH, buyer_pages::router(pages)));
        let console = console.map_or_else(Router::new, |console| {
            // A nested router answers its own root only without a closing slash, which is what a person types.
            let home = axum::response::Redirect::to(console::PATH);
            Router::new()
                .route(&format!("{}/", console::PATH), get(async || home))
                .nest(console::PATH, console::router(console))
        });
        Router::new()
            .route("/healthz", get(seller_api::health).fallback(answer))
            .route("/readyz", get(move || readyz(ready)).fallback(answer))
            .fallback(answer)
            .with_state(Arc::clone(&self))
            .merge(work::router(api, at_work))
            .nest(seller_api::PATH, seller_api::router(Arc::clone(api)))
            .merge(pages)
            .merge(login)
            .merge(console)
            // A route that needs no body would take one that was cut off for none.
            .layer(from_fn_with_state(self, only_whole))
            .layer(map_request(with_id))
    }

    fn refuse(&self, code: ResultCode, problem: impl std::fmt::Display) -> http::Response<Bytes> {
        let reply = Reply::refusal(code, &problem);
        let record = CallRecord::new("front-door", now(), reply.result_code);
        self.log.record(&CallRecord { reason: Some(problem.to_string()), ..record });
        response(&reply)
    }

    /// The answer to a call that came without its body. It says what KooGallery understands: after `000005` it tries again.
    fn unread(&self, unread: Unread) -> http::Response<Bytes> {
        let mut response = self.refuse(
            match unread {
                Unread::NoRoom => ResultCode::InternalError,
                Unread::Cut | Unread::Slow => ResultCode::InvalidParameter,
            },
            unread,
        );
        if unread == Unread::Slow {
            *response.status_mut() = unread.status();
        }
        response
    }

    async fn answer(self: Arc<Self>, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let callback = match answering_callback(&request) {
            Ok(callback) => callback,
            Err(error) => return self.refuse(ResultCode::InvalidParameter, error),
        };
        if request.body().len() <= LARGE {
            return self.functions.of_callback(callback).answer(&request).await;
        }
        let Ok(_turn) = self.large.acquire().await else {
            return self.refuse(ResultCode::InternalError, "the host stops");
        };
        let (door, runtime) = (Arc::clone(&self), Handle::current());
        let working = move || runtime.block_on(door.functions.of_callback(callback).answer(&request));
        match spawn_blocking(working).await {
            Ok(answered) => answered,
            Err(_) => self.refuse(ResultCode::InternalError, "the call could not be worked on"),
        }
    }
}

/// Names a request, so that what the log says of it can be found.
async fn with_id(mut request: http::Request<Body>) -> http::Request<Body> {
    if let Some(id) = RequestId::new(&Uuid::now_v7().to_string()) {
        request.extensions_mut().insert(id);
    }
    request
}

/// Lets requests pass that came with their bodies.
async fn only_whole(State(door): State<Arc<Door>>, request: http::Request<Body>, next: Next) -> Response {
    let Some(unread) = request.extensions().get::<Unread>().copied() else { return next.run(request).await };
    let path = request.uri().path();
    let is_call = [seller_api::PATH, buyer_pages::PATH, login::PATH, console::PATH, work::PATH]
        .iter()
        .all(|other| !path.starts_with(other));
    let mut response = if is_call {
        door.unread(unread).map(Body::from)
    } else {
        let problem = json!({ "title": unread.to_string(), "status": unread.status().as_u16() });
        (unread.status(), [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
    };
    // The rest of the body may still come.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn answer(State(door): State<Arc<Door>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, MAX_KIT_BODY).await {
        Err(_) => {
            let answered = door.refuse(ResultCode::InvalidParameter, "the body is longer than any callback's");
            let mut response = answered.map(Body::from);
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
        Ok(body) => door.answer(http::Request::from_parts(parts, body)).await.map(Body::from),
    }
}
