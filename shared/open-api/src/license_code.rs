//! The authorization code (授权码) of License 2.0: who holds it holds the license, so it is shown by its end only.

use std::fmt;

use koogallery::{Text, TextError};
use serde::{Deserialize, Serialize};

/// `license`: 1 to 64 characters. `Debug` and `Display` show at most the last 4.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LicenseCode(Text<64>);

impl LicenseCode {
    /// The whole code.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl std::str::FromStr for LicenseCode {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Text::try_from(text.to_owned()).map(Self)
    }
}

impl fmt::Display for LicenseCode {
    /// A code so short that its end would be half of it shows nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.reveal();
        let shown =
            if code.chars().count() > 8 { code.char_indices().nth_back(3).map(|(at, _)| &code[at..]) } else { None };
        write!(f, "…{}", shown.unwrap_or_default())
    }
}

impl fmt::Debug for LicenseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenseCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_shown() {
        let shown = |code: &str| {
            let code: LicenseCode = code.parse().unwrap();
            (code.to_string(), format!("{code:?}"))
        };
        assert_eq!(shown("ABCDE-FGHIJ"), ("…GHIJ".to_owned(), "LicenseCode(…GHIJ)".to_owned()));
        assert_eq!(shown("授权码授权码授权码"), ("…码授权码".to_owned(), "LicenseCode(…码授权码)".to_owned()));
        assert_eq!(shown("ABCDEFGH").0, "…");
    }
}
