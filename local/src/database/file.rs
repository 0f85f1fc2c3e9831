//! The embedded database's file: who may open it, and that nothing deleted can be read from it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use dynoxide::{Database, DynoxideError};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use super::DatabaseError;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);
/// The mark of a file in which every page was written with `secure_delete`: the letters `KooG`.
const OVERWRITES: i32 = 0x4b6f_6f47;
/// The end of the name of the file that is locked.
const LOCKED_BESIDE: &str = ".lock";
/// The characters that would end the path of a `file:` URI.
const RESERVED: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Database(#[from] DynoxideError),
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("SQLite does not overwrite what is deleted")]
    KeepsDeleted,
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(
        "it is on a network file system, which cannot lock it reliably: two hosts could change it at once. Use a disk of this machine"
    )]
    OnNetwork,
}

/// Two hosts on one file would deliver every event twice: each locks an empty file beside it, which stays. The operating
/// system unlocks it with the process, however that ends. The database's own file will not do: SQLite's locks of it would go
/// once another handle to it is closed.
pub(super) fn lock(file: &Path) -> Result<File, DatabaseError> {
    let mut name = file.as_os_str().to_owned();
    name.push(LOCKED_BESIDE);
    let path = || file.display().to_string();
    let unusable = |problem: std::io::Error| DatabaseError::File { path: path(), problem: problem.to_string() };
    let lock = for_the_owner().open(PathBuf::from(name)).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::InUse { path: path() }),
        Err(TryLockError::Error(problem)) => Err(unusable(problem)),
    }
}

/// Opens a file, which only its owner may read, so that deleted data is overwritten. dynoxide has no setting for that. SQLite
/// keeps the setting with the open database, so a second connection that shares the database's cache sets it for both.
pub(super) fn open(file: &Path) -> Result<Database, FileError> {
    // SQLite gives the files that it makes beside this one the same permissions.
    for_the_owner().open(file)?;
    keep_for_the_owner(file)?;
    if is_on_network(file)? {
        return Err(FileError::OnNetwork);
    }
    let path = utf8_percent_encode(&file.to_string_lossy(), RESERVED).to_string();
    let shared = format!("file:{path}?cache=shared");
    let database = Database::new(&shared)?;
    let second = Connection::open_with_flags(&shared, OpenFlags::default())?;
    let overwrites: i64 = second.query_row("PRAGMA secure_delete = ON", [], |row| row.get(0))?;
    if overwrites != 1 {
        return Err(FileError::KeepsDeleted);
    }
    drop(second);
    let own = connection(file)?;
    // An earlier version gave the table a stream.
    own.execute("DELETE FROM _stream_records", [])?;
    let mark: i32 = own.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if mark != OVERWRITES {
        // Data that was deleted before may be in free pages.
        database.vacuum()?;
        own.pragma_update(None, "application_id", OVERWRITES)?;
    }
    Ok(database)
}

/// Truncates the write-ahead log, which may contain what was deleted.
pub(super) fn truncate_log(file: &Path) -> Result<(), FileError> {
    Ok(connection(file)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// A connection of its own to the file, beside dynoxide's.
fn connection(file: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// How a file is made that only its owner may read and write.
fn for_the_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes from everybody else what an earlier version let them read.
#[cfg(unix)]
fn keep_for_the_owner(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(file)?.permissions();
    if permissions.mode().trailing_zeros() < 6 {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_for_the_owner(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Whether the file is on a file system of another machine.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn is_on_network(file: &Path) -> std::io::Result<bool> {
    /// The numbers in Linux's `magic.h` and `statfs(2)`: NFS, SMB, CIFS, SMB2, 9P, AFS, Ceph, Coda, OCFS2.
    const NETWORK: [rustix::fs::FsWord; 9] =
        [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x5346_414f, 0x00c3_6400, 0x7375_7245, 0x7461_636f];
    let kind = rustix::fs::statfs(file)?.f_type;
    Ok(NETWORK.contains(&kind))
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn is_on_network(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}

/// Copies the database of a file, also while a host works on it, into a new file, as it stands at one moment.
pub fn back_up(file: &Path, to: &Path) -> Result<(), BackupError> {
    let unreadable = |source| BackupError::Source { path: file.to_owned(), source };
    let from = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(unreadable)?;
    from.busy_timeout(PATIENCE).map_err(unreadable)?;
    let made = for_the_owner().create_new(true).open(to);
    drop(made.map_err(|source| BackupError::Target { path: to.to_owned(), source })?);
    // SQLite takes an empty file as a new one. It is copied without free pages, so without anything that was deleted.
    let copied = from.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(drop);
    copied.and_then(|()| checked(to)).map_err(|source| {
        drop(fs::remove_file(to));
        BackupError::Copy { path: to.to_owned(), source }
    })
}

/// Reads all of a copy, to see that it is whole, and marks it as one in which nothing deleted can be read.
fn checked(copy: &Path) -> Result<(), rusqlite::Error> {
    let copy = Connection::open(copy)?;
    copy.pragma_update(None, "application_id", OVERWRITES)?;
    let verdict: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read.
    #[error("{} cannot be read as a database of `serve`: {source}", .path.display())]
    Source {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The new file cannot be made.
    #[error("{} cannot be made: {source}", .path.display())]
    Target {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be copied. Nothing is left of the copy.
    #[error("the copy {} is not complete, and is removed: {source}", .path.display())]
    Copy {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}
