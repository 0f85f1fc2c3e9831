//! The embedded DynamoDB: dynoxide, over SQLite, on a loopback port of its own, so that the real AWS SDK and any AWS
//! tool can speak to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An embedded DynamoDB that runs.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), String>>,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file cannot be used.
    #[error("the database file {path} cannot be opened: {problem}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        problem: String,
    },
    /// No loopback port.
    #[error("no loopback port for the embedded DynamoDB: {0}")]
    Listen(#[from] std::io::Error),
}

impl EmbeddedDatabase {
    /// Starts one, in memory or in a file.
    pub async fn start(file: Option<&Path>) -> Result<Self, DatabaseError> {
        let path = file.map_or_else(|| ":memory:".to_owned(), |file| file.display().to_string());
        let database = if file.is_some() { Database::new(&path) } else { Database::memory() }
            .map_err(|error| DatabaseError::File { path, problem: error.to_string() })?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let served = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, shutdown));
        Ok(Self { address, stop, served })
    }

    /// Where AWS tools find it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets running requests finish and closes it.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.served.await);
    }
}
