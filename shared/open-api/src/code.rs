//! The codes in KooGallery's answers: `MKT.…` of orders and usage, `9…` of licenses.

/// What a code says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Done.
    Accepted,
    /// Refused: the same call will be refused again.
    Refused,
    /// KooGallery could not do it now.
    TryAgain,
}

/// Of orders and licenses. The guide lists no success code for the order query: zeros are one, and an answer that
/// holds what was asked for needs none. A code that is not listed, such as an unknown order's, is a refusal.
#[must_use]
pub fn verdict(code: &str) -> Verdict {
    let number = code.strip_prefix("MKT.").unwrap_or(code);
    let their_side = matches!(code, "MKT.0999" | "MKT.9001" | "MKT.9002" | "MKT.9003" | "MKT.9004")
        || (code.len() == 8 && code.starts_with("9500000"));
    if code == "92020000" || number.bytes().all(|digit| digit == b'0') {
        Verdict::Accepted
    } else if their_side {
        Verdict::TryAgain
    } else {
        Verdict::Refused
    }
}

/// Of usage records. What is neither accepted nor refused by a listed code is sent again: a record that is given up is
/// money lost, one that comes twice is known by its `metering_sn`.
#[must_use]
pub fn usage_verdict(code: &str) -> Verdict {
    match code {
        "MKT.0000" => Verdict::Accepted,
        "MKT.0100" | "MKT.0101" | "MKT.0102" | "MKT.0150" | "MKT.0151" | "MKT.0154" | "MKT.0199" => Verdict::Refused,
        _ => Verdict::TryAgain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_classified() {
        for code in ["", "000000", "MKT.0000", "92020000"] {
            assert_eq!(verdict(code), Verdict::Accepted, "{code}");
        }
        for code in ["MKT.0100", "MKT.0199", "92020001", "92020020", "APIGW.0301", "1"] {
            assert_eq!(verdict(code), Verdict::Refused, "{code}");
        }
        for code in ["MKT.0999", "MKT.9001", "MKT.9004", "95000001"] {
            assert_eq!(verdict(code), Verdict::TryAgain, "{code}");
        }
    }

    #[test]
    fn usage_is_given_up_only_where_it_was_refused() {
        assert_eq!(usage_verdict("MKT.0000"), Verdict::Accepted);
        assert_eq!(usage_verdict("MKT.0154"), Verdict::Refused);
        for code in ["", "MKT.0999", "MKT.9003", "MKT.4711"] {
            assert_eq!(usage_verdict(code), Verdict::TryAgain, "{code}");
        }
    }
}
