//! The embedded DynamoDB: dynoxide, over SQLite, on a loopback port of its own. The real AWS SDK and any AWS tool can use it.
//!
//! It removes what DynamoDB removes: expired items, and old records of the table's stream. Deleted data cannot be read from the
//! file any more: SQLite overwrites it at once (`secure_delete`). The write-ahead log, which may contain it too, is truncated
//! within a minute.

use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dynoxide::{Database, DynoxideError};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How often the stream's old records and the write-ahead log are removed.
const TIDIED: Duration = Duration::from_mins(1);
/// How often expired items are removed, which reads the whole table.
const SWEPT: Duration = Duration::from_hours(1);
/// How long the stream's records are kept. Its readers poll it many times a second; what they miss is in the table's index.
const STREAM_IS_KEPT: Duration = Duration::from_mins(5);
/// How many of the stream's records are removed in one step, so that no call waits for long.
const RECORDS_AT_ONCE: usize = 500;
/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);
/// The mark of a file in which every page was written with `secure_delete`: the letters `KooG`.
const OVERWRITES: i32 = 0x4b6f_6f47;
/// The end of the name of the file that is locked.
const LOCKED_BESIDE: &str = ".lock";
/// The characters that would end the path of a `file:` URI.
const RESERVED: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// An embedded DynamoDB that runs.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), String>>,
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
    /// No loopback port.
    #[error("no loopback port for the embedded DynamoDB: {0}")]
    Listen(#[from] std::io::Error),
}

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
enum Untidied {
    #[error("expired items cannot be removed: {0}")]
    Sweep(#[from] DynoxideError),
    #[error("the database file cannot be tidied: {0}")]
    File(#[from] rusqlite::Error),
    #[error("SQLite does not overwrite what is deleted")]
    KeepsDeleted,
}

impl EmbeddedDatabase {
    /// Starts one, in memory or in a file.
    pub async fn start(file: Option<&Path>) -> Result<Self, DatabaseError> {
        let path = file.map_or_else(|| ":memory:".to_owned(), |file| file.display().to_string());
        let lock = file.map(lock).transpose()?;
        let opened = match file {
            Some(file) => open(file).map_err(|problem| problem.to_string()),
            None => Database::memory().map_err(|problem| problem.to_string()),
        };
        let database = opened.map_err(|problem| DatabaseError::File { path, problem })?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let served = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), shutdown));
        let (stop_tidying, stopped) = oneshot::channel::<()>();
        let tidying = tokio::spawn(tidy(database, file.map(Path::to_path_buf), stopped));
        Ok(Self { address, stop, served, stop_tidying, tidying, lock })
    }

    /// Where AWS tools find it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets running requests finish and closes it. After that the file contains nothing that was deleted.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.served.await);
        drop(self.stop_tidying);
        drop(self.tidying.await);
        drop(self.lock);
    }
}

/// Two hosts on one file would deliver every event twice: each locks an empty file beside it, which stays. The operating
/// system unlocks it with the process, however that ends. The database's own file will not do: SQLite's locks of it would go
/// once another handle to it is closed.
fn lock(file: &Path) -> Result<File, DatabaseError> {
    let mut name = file.as_os_str().to_owned();
    name.push(LOCKED_BESIDE);
    let path = || file.display().to_string();
    let unusable = |problem: std::io::Error| DatabaseError::File { path: path(), problem: problem.to_string() };
    let lock = File::options().create(true).truncate(false).write(true).open(PathBuf::from(name)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse { path: path() }),
        Err(TryLockError::Error(problem)) => Err(unusable(problem)),
    }
}

/// Opens a file so that deleted data is overwritten. dynoxide has no setting for that. SQLite keeps the setting with the open
/// database, so a second connection that shares the database's cache sets it for both.
fn open(file: &Path) -> Result<Database, Untidied> {
    let path = utf8_percent_encode(&file.to_string_lossy(), RESERVED).to_string();
    let shared = format!("file:{path}?cache=shared");
    let database = Database::new(&shared)?;
    let second = Connection::open_with_flags(&shared, OpenFlags::default())?;
    let overwrites: i64 = second.query_row("PRAGMA secure_delete = ON", [], |row| row.get(0))?;
    if overwrites != 1 {
        return Err(Untidied::KeepsDeleted);
    }
    drop(second);
    let own = connection(file)?;
    let mark: i32 = own.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if mark != OVERWRITES {
        // Data that was deleted before may be in free pages.
        database.vacuum()?;
        own.pragma_update(None, "application_id", OVERWRITES)?;
    }
    Ok(database)
}

/// A connection of its own to the file, beside dynoxide's.
fn connection(file: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Tidies until told to stop, and then once more.
async fn tidy(database: Database, file: Option<PathBuf>, mut stop: oneshot::Receiver<()>) {
    let mut swept: Option<Instant> = None;
    loop {
        if swept.is_none_or(|at| at.elapsed() >= SWEPT) {
            swept = Some(Instant::now());
            let database = database.clone();
            told(tokio::task::spawn_blocking(move || Ok(database.sweep_ttl().map(|_| ())?)).await);
        }
        cut_off(file.clone(), STREAM_IS_KEPT).await;
        tokio::select! {
            _ = &mut stop => break,
            () = tokio::time::sleep(TIDIED) => {}
        }
    }
    // Nobody reads the stream any more: the next start asks the index.
    cut_off(file, Duration::ZERO).await;
}

async fn cut_off(file: Option<PathBuf>, kept: Duration) {
    if let Some(file) = file {
        told(tokio::task::spawn_blocking(move || Ok(forget(&file, kept)?)).await);
    }
}

/// Removes the stream's records that are older than `kept`, and truncates the write-ahead log.
fn forget(file: &Path, kept: Duration) -> Result<(), rusqlite::Error> {
    const OLD: &str = "DELETE FROM _stream_records WHERE id IN \
                       (SELECT id FROM _stream_records WHERE created_at <= unixepoch() - ?1 ORDER BY id LIMIT ?2)";
    let connection = connection(file)?;
    while connection.execute(OLD, (kept.as_secs(), RECORDS_AT_ONCE))? == RECORDS_AT_ONCE {}
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

/// Reports what cannot be removed now. It is tried again.
#[allow(clippy::print_stderr)]
fn told(tidied: Result<Result<(), Untidied>, tokio::task::JoinError>) {
    match tidied {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => eprintln!("{problem}; the next try follows"),
        Err(problem) => eprintln!("the embedded database is not tidied: {problem}"),
    }
}
