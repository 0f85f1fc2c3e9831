//! What an answer of KooGallery says in its own words.

use std::fmt;

/// KooGallery's own code and message, if its answer has them. They do not contain the call's secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `resultCode` or `error_code`.
    pub code: String,
    /// `resultMsg` or `error_msg`, with `extra_info`; each shortened.
    pub message: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => f.write_str("no code"),
            (code, "") => f.write_str(code),
            ("", message) => f.write_str(message),
            (code, message) => write!(f, "{code} ({message})"),
        }
    }
}
