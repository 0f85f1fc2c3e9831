//! `koogallery keygen`: makes the RSA key pair for the joint-operations kit.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Done;
use crate::keygen::keygen;

/// Make the RSA key pair for the joint-operations kit: KooGallery encrypts client secrets with its public key.
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Write the private key to this new file instead of printing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Keygen {
    /// Makes the pair, and shows what to register in KooGallery.
    #[allow(clippy::print_stdout)]
    pub(crate) fn run(&self) -> Done {
        println!("{}", keygen(self.out.as_deref())?);
        Ok(ExitCode::SUCCESS)
    }
}
