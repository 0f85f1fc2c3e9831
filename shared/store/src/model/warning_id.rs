//! The ids of warnings. Subjects of events name them, and a warning is about a subject: so they stand apart from both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The id of a warning: 32 digits in hex. It follows from what is warned of, so that nothing is raised twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WarningId(String);

impl WarningId {
    /// The id with these digits: 16 bytes in hex.
    pub(crate) fn of_digest(digest: [u8; 16]) -> Self {
        Self(hex::encode(digest))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not the id of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a warning has 32 digits: 0 to 9, a to f")]
pub struct WarningIdError;

impl FromStr for WarningId {
    type Err = WarningIdError;

    fn from_str(text: &str) -> Result<Self, WarningIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 32 && text.bytes().all(is_digit) { Ok(Self(text.to_owned())) } else { Err(WarningIdError) }
    }
}

impl TryFrom<String> for WarningId {
    type Error = WarningIdError;

    fn try_from(text: String) -> Result<Self, WarningIdError> {
        text.parse()
    }
}

impl From<WarningId> for String {
    fn from(id: WarningId) -> Self {
        id.0
    }
}

impl fmt::Display for WarningId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let id = WarningId::of_digest([0xab; 16]);
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        for bad in ["", "x", &"g".repeat(32), &"A".repeat(32)] {
            assert_eq!(bad.parse::<WarningId>(), Err(WarningIdError), "{bad}");
        }
    }
}
