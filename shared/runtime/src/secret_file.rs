//! Secrets in a file of this machine, which whoever runs the host mounts and changes: a rotation needs no restart.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file with secrets. It is small and on this machine, so that reading it holds up nothing.
#[derive(Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
}

/// What changes when a file is written anew, or another one is put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl SecretFile {
    pub(crate) fn at(path: &str) -> Self {
        Self { path: PathBuf::from(path) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The stamp of what is there now.
    pub(crate) fn stamp(&self) -> io::Result<Stamp> {
        let metadata = fs::metadata(&self.path)?;
        Ok(Stamp { modified: metadata.modified().ok(), length: metadata.len() })
    }

    /// The text, which is held nowhere else.
    pub(crate) fn text(&self) -> io::Result<String> {
        fs::read_to_string(&self.path)
    }
}
