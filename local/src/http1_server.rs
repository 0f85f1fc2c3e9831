//! HTTP/1.1 for the local host. V1.0's callers look for exactly `Body-Sign`, so headers are sent with each word's first letter in
//! upper case.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use koogallery_runtime::SourceAddress;
use tokio::net::TcpListener;

/// How long a connection stays open without a request. Callers and proxies keep theirs for 60 to 90 seconds. The caller must
/// close first, or a call that is on its way is lost.
const IDLE: Duration = Duration::from_mins(2);

/// Serves until `stopped`, then lets running calls finish.
pub async fn serve(mut listener: TcpListener, router: Router, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let connections = GracefulShutdown::new();
    loop {
        let (stream, remote) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stopped => break,
        };
        let (answer, from) = (TowerToHyperService::new(router.clone()), SourceAddress::from(remote.ip()));
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(from);
            answer.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .title_case_headers(true)
            .header_read_timeout(IDLE)
            .serve_connection(TokioIo::new(stream), service);
        let served = connections.watch(connection);
        // A connection that breaks matters only to its caller.
        tokio::spawn(async move { drop(served.await) });
    }
    drop(listener);
    connections.shutdown().await;
}
