//! The code of a license, the fingerprint of the device that it is for, and the license itself. None is shown: who knows a code
//! has the license, and a fingerprint identifies a device, and so a person.

use std::fmt;

use crate::text::checked_text;

checked_text!(
    /// The authorization code (授权码) of a License product. `Debug` and `Display` show at most the last 4 characters.
    LicenseCode, "license", 64
);

impl LicenseCode {
    /// The whole code.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
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

checked_text!(
    /// The fingerprint or hardware code of a device. `Debug` does not show it.
    DeviceFingerprint, "deviceFingerprint", 1024
);

impl DeviceFingerprint {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceFingerprint(…)")
    }
}

checked_text!(
    /// A license of License 1.0, as the reply to getLicense contains it. The guide gives no length. `Debug` does not show
    /// it.
    LicenseText, "license", 8192
);

impl LicenseText {
    /// The whole license.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LicenseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenseText(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_code_is_shown() {
        let shown = |code: &str| {
            let code: LicenseCode = code.parse().unwrap();
            (code.to_string(), format!("{code:?}"))
        };
        assert_eq!(shown("ABCDE-FGHIJ"), ("…GHIJ".to_owned(), "LicenseCode(…GHIJ)".to_owned()));
        assert_eq!(shown("授权码授权码授权码"), ("…码授权码".to_owned(), "LicenseCode(…码授权码)".to_owned()));
        assert_eq!(shown("ABCDEFGH").0, "…");
    }

    #[test]
    fn a_fingerprint_is_not_shown() {
        let fingerprint: DeviceFingerprint = "00:00:5e:00:53:01".parse().unwrap();
        assert_eq!(format!("{fingerprint:?}"), "DeviceFingerprint(…)");
        assert!("x".repeat(1025).parse::<DeviceFingerprint>().is_err());
        assert_eq!(format!("{:?}", "a license".parse::<LicenseText>().unwrap()), "LicenseText(…)");
    }
}
