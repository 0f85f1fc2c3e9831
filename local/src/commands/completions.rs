//! `koogallery completions`: what a shell needs to complete commands and options.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Done;
use crate::cli::Arguments;

/// Print what a shell needs to complete commands and options.
///
/// bash: `source <(koogallery completions bash)` in ~/.bashrc. zsh: `koogallery completions zsh > _koogallery` in a folder of
/// $fpath. fish: `koogallery completions fish > ~/.config/fish/completions/koogallery.fish`. PowerShell:
/// `koogallery completions powershell | Out-String | Invoke-Expression` in $PROFILE.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints them.
    pub(crate) fn run(&self) -> Done {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "koogallery", &mut script);
        match std::io::stdout().write_all(&script) {
            // Whoever reads only a part of it, such as `head`, has what it needs.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}
