//! The embedded DynamoDB: dynoxide, over SQLite, in memory or in a file. The functions reach it through the real AWS SDK, in this
//! process; a port for AWS tools opens only where it is asked for.
//!
//! It removes what DynamoDB removes: expired items. Deleted data cannot be read from the file any more: SQLite overwrites it at
//! once (`secure_delete`). The write-ahead log, which may contain it too, is truncated within a minute.
//!
//! The table has no stream. dynoxide reads all records of a stream to find the number of the next one, so each write would take
//! longer than the one before.

mod client;
mod file;
mod listener;
mod operation;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::notes::trouble;

use client::InProcess;
pub use file::{BackupError, back_up};
use file::{FileError, lock, open, truncate_log};
pub use listener::Listen;
use listener::Listener;

/// How often the write-ahead log is truncated.
const TIDIED: Duration = Duration::from_mins(1);
/// How often expired items are removed, which reads the whole table.
const SWEPT: Duration = Duration::from_hours(1);

/// The address that the SDK's requests name. Nothing is sent there.
pub const IN_PROCESS: &str = "http://embedded-dynamodb.invalid";

/// An embedded DynamoDB that runs.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    client: InProcess,
    listener: Option<Listener>,
    stop_tidying: oneshot::Sender<()>,
    tidying: JoinHandle<()>,
    /// Held as long as the file is open.
    lock: Option<File>,
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
    /// Another process works on it.
    #[error(
        "the database file {path} is open in another `koogallery serve`: stop that one, or give --data a file of its own"
    )]
    InUse {
        /// Which file.
        path: String,
    },
    /// The port for AWS tools.
    #[error("no port for the embedded DynamoDB: {0}")]
    Listen(#[from] std::io::Error),
}

impl EmbeddedDatabase {
    /// Starts one, in memory or in a file, within a Tokio runtime. Nobody outside of this process reaches it.
    pub fn start(file: Option<&Path>) -> Result<Self, DatabaseError> {
        let path = file.map_or_else(|| ":memory:".to_owned(), |file| file.display().to_string());
        let lock = file.map(lock).transpose()?;
        let opened = match file {
            Some(file) => open(file).map_err(|problem| problem.to_string()),
            None => Database::memory().map_err(|problem| problem.to_string()),
        };
        let database = opened.map_err(|problem| DatabaseError::File { path, problem })?;
        let (stop_tidying, stopped) = oneshot::channel::<()>();
        let tidying = tokio::spawn(tidy(database.clone(), file.map(Path::to_path_buf), stopped));
        Ok(Self { client: InProcess(database), listener: None, stop_tidying, tidying, lock })
    }

    /// The AWS SDK's way to it, for the settings of a client. [`IN_PROCESS`] goes with it as the endpoint.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.client.clone())
    }

    /// Opens the port for AWS tools, instead of an earlier one. Returns its address.
    pub async fn listen(&mut self, listen: Listen) -> Result<String, DatabaseError> {
        let listener = Listener::open(self.client.0.clone(), listen).await?;
        let endpoint = format!("http://{}", listener.address);
        if let Some(earlier) = self.listener.replace(listener) {
            earlier.close().await;
        }
        Ok(endpoint)
    }

    /// Lets running requests finish and closes it. After that the file contains nothing that was deleted.
    pub async fn stop(self) {
        let Self { client, listener, stop_tidying, tidying, lock } = self;
        if let Some(listener) = listener {
            listener.close().await;
        }
        drop(client);
        drop(stop_tidying);
        drop(tidying.await);
        drop(lock);
    }
}

/// Tidies until told to stop, and then once more.
async fn tidy(database: Database, file: Option<PathBuf>, mut stop: oneshot::Receiver<()>) {
    let mut swept: Option<Instant> = None;
    loop {
        if swept.is_none_or(|at| at.elapsed() >= SWEPT) {
            swept = Some(Instant::now());
            let database = database.clone();
            told(tokio::task::spawn_blocking(move || Ok(database.sweep_ttl().map(drop)?)).await);
        }
        cut_off(file.clone()).await;
        tokio::select! {
            _ = &mut stop => break,
            () = tokio::time::sleep(TIDIED) => {}
        }
    }
    cut_off(file).await;
}

async fn cut_off(file: Option<PathBuf>) {
    if let Some(file) = file {
        told(tokio::task::spawn_blocking(move || truncate_log(&file)).await);
    }
}

/// Reports what cannot be removed now. It is tried again.
fn told(tidied: Result<Result<(), FileError>, tokio::task::JoinError>) {
    match tidied {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => trouble("the embedded database is not tidied, and will be", problem),
        Err(problem) => trouble("the embedded database is not tidied", problem),
    }
}
