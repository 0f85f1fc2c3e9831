//! HTTP/1.1 for the host. V1.0's callers look for exactly `Body-Sign`, so headers are sent with each word's first letter in
//! upper case.
//!
//! Anybody can call a production address: what one caller may take of the host is limited here, before a request reaches it.

mod body;
mod connections;
mod limits;
mod tls;
mod watched;

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::serve::Listener;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use koogallery_runtime::SourceAddress;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use body::Room;
pub use body::Unread;
use connections::{Close, Connections, Phase, Place};
pub use limits::Limits;
pub(crate) use tls::acceptor;
pub use tls::{TlsError, TlsFiles};
use watched::Watched;

/// What a caller gets who takes too long to say what it wants.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// What serves requests.
pub struct Server {
    /// Answers them. A request that came without its body has an [`Unread`] among its extensions.
    pub router: Router,
    /// What callers may take.
    pub limits: Limits,
    /// Speaks TLS; none speaks plain HTTP.
    pub tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What the connections share.
struct Serving {
    router: Router,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    room: Room,
}

impl Server {
    /// Serves until `stopped`, then lets running requests finish, as long as the limits allow.
    pub async fn serve(self, mut listener: TcpListener, stopped: impl Future<Output = ()>) {
        let Self { router, limits, tls } = self;
        let connections = Connections::new(limits.clone());
        let (drain, drains) = watch::channel(false);
        let room = Room::new(&limits);
        let serving = Arc::new(Serving { router, limits, tls, room });
        let mut tasks = JoinSet::new();
        let accepting = async {
            loop {
                let (stream, remote) = Listener::accept(&mut listener).await;
                let taken = connections.take().await;
                let (serving, drains) = (Arc::clone(&serving), drains.clone());
                tasks.spawn(async move {
                    serving.handshake(stream, remote.ip(), &taken.place, drains).await;
                    drop(taken);
                });
                while tasks.try_join_next().is_some() {}
            }
        };
        tokio::select! {
            () = accepting => {}
            () = connections.watch() => {}
            () = stopped => {}
        }
        drop(listener);
        let _ = drain.send(true);
        let drained = async {
            // A request that is nearly there is still answered; whoever only holds a connection is not waited for.
            let _ = tokio::time::timeout(serving.limits.patience, connections.all_gone()).await;
            connections.close_waiting();
            connections.all_gone().await;
        };
        // What is still open after that is cut off with its task.
        let _ = tokio::time::timeout(serving.limits.drain, drained).await;
        tasks.shutdown().await;
    }
}

impl Serving {
    async fn handshake(
        self: Arc<Self>,
        stream: tokio::net::TcpStream,
        from: IpAddr,
        place: &Arc<Place>,
        drains: watch::Receiver<bool>,
    ) {
        // Answers are short, and their callers wait.
        let _ = stream.set_nodelay(true);
        let Some(tls) = self.tls.clone() else { return self.connection(stream, from, place, drains).await };
        let shaken = tokio::select! {
            shaken = tls.accept(stream) => shaken,
            _ = place.closed() => return,
        };
        // Who does not speak TLS is told so by TLS itself.
        if let Ok(stream) = shaken {
            self.connection(stream, from, place, drains).await;
        }
    }

    /// Serves one connection. If it breaks, that matters only to its caller.
    async fn connection<S: AsyncRead + AsyncWrite + Unpin>(
        self: Arc<Self>,
        stream: S,
        from: IpAddr,
        place: &Arc<Place>,
        mut drains: watch::Receiver<bool>,
    ) {
        place.enters(Phase::Idle);
        let (serving, of) = (Arc::clone(&self), Arc::clone(place));
        let service = service_fn(move |request: Request<Incoming>| {
            let (serving, place) = (Arc::clone(&serving), Arc::clone(&of));
            async move { Ok::<_, Infallible>(serving.answer(request, from, &place).await) }
        });
        let stream = TokioIo::new(Watched { stream, place: Arc::clone(place) });
        let mut connection = http1::Builder::new()
            .title_case_headers(true)
            .max_buf_size(self.limits.head_bytes)
            .serve_connection(stream, service);
        let close = tokio::select! {
            _ = &mut connection => return,
            close = place.closed() => close,
            () = async { drop(drains.wait_for(|drains| *drains).await) } => {
                Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    _ = &mut connection => return,
                    close = place.closed() => close,
                }
            }
        };
        if place.is_answering() {
            // A request came just then: it has its answer, and the connection ends after it.
            Pin::new(&mut connection).graceful_shutdown();
            let _ = connection.await;
        } else if close == Close::Slow {
            let mut stream = connection.into_parts().io.into_inner().stream;
            // It may not even read that.
            let told = async { drop(stream.write_all(TOO_SLOW).await.and(stream.shutdown().await)) };
            let _ = tokio::time::timeout(self.limits.head, told).await;
        }
    }

    async fn answer(&self, request: Request<Incoming>, from: IpAddr, place: &Place) -> Response {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(SourceAddress::from(from));
        let mut taken = None;
        let body = if body.is_end_stream() {
            Body::empty()
        } else {
            place.enters(Phase::Body);
            match self.room.read(body, &self.limits).await {
                Ok((bytes, room)) => {
                    taken = room;
                    Body::from(bytes)
                }
                Err(unread) => {
                    parts.extensions.insert(unread);
                    Body::empty()
                }
            }
        };
        place.enters(Phase::Answering);
        let request = Request::from_parts(parts, body);
        let response = self.router.clone().call(request).await.unwrap_or_else(|never| match never {});
        drop(taken);
        place.enters(Phase::Idle);
        response
    }
}
