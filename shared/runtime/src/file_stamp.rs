//! Whether a file is another one than before: for secrets and certificates that whoever runs a host mounts and changes.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What changes when a file is written anew, or another one is put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl FileStamp {
    /// That of the file that is there now.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { modified: metadata.modified().ok(), length: metadata.len() })
    }
}
