//! HTTP/1.1 for the local host. V1.0's callers look for `Body-Sign` in exactly that spelling, so headers go out with each
//! word's first letter in upper case.

use std::pin::pin;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Serves until `stopped`, then lets running calls finish.
pub async fn serve(mut listener: TcpListener, router: Router, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let connections = GracefulShutdown::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stopped => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service);
        let served = connections.watch(connection);
        // A connection that breaks off concerns nobody but its caller.
        tokio::spawn(async move { drop(served.await) });
    }
    drop(listener);
    connections.shutdown().await;
}
