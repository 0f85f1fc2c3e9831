//! Shows progress on a terminal.

use std::io::IsTerminal;

/// Shows the step that just ended, on one line of a terminal. Shows nothing if standard error is not a terminal.
pub(super) struct Progress {
    shown: bool,
}

impl Progress {
    const CLEAR: &'static str = "\r\x1b[K";

    pub(super) fn new(json: bool) -> Self {
        Self { shown: !json && std::io::stderr().is_terminal() }
    }

    #[allow(clippy::print_stderr)]
    pub(super) fn show(&self, parts: &[&str]) {
        if self.shown {
            eprint!("{}{}", Self::CLEAR, parts.join(" — "));
        }
    }

    #[allow(clippy::print_stderr)]
    pub(super) fn clear(&self) {
        if self.shown {
            eprint!("{}", Self::CLEAR);
        }
    }
}
