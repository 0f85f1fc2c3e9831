//! The codes in KooGallery's answers: `MKT.…` of orders and usage, `9…` of licenses. The guides list HTTP statuses beside
//! them, but the code tells more: a wrong parameter (`MKT.0100`) comes with HTTP 500. So a listed code decides, whatever
//! the status; of a code that is not listed, or none, the status does.

use http::StatusCode;

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

/// Of orders and licenses; none where the status alone tells. An answer of HTTP 200 that holds what was asked for needs no
/// code; a code that is not listed, such as an unknown order's, is a refusal there.
#[must_use]
pub fn verdict(code: &str, status: StatusCode) -> Option<Verdict> {
    match code {
        "MKT.0000" | "92020000" => Some(Verdict::Accepted),
        // Asked too often, and KooGallery's own faults.
        "MKT.0250" | "MKT.0999" | "MKT.9003" => Some(Verdict::TryAgain),
        "" => status.is_success().then_some(Verdict::Accepted),
        // "Not authorised" with HTTP 403, their own fault with 500.
        "92020001" if !status.is_success() => None,
        zeros if zeros.bytes().all(|digit| digit == b'0') => Some(Verdict::Accepted),
        license if license.len() == 8 && license.starts_with("9500000") => Some(Verdict::TryAgain),
        listed if listed.starts_with("MKT.") || listed.starts_with("920200") => Some(Verdict::Refused),
        _ => status.is_success().then_some(Verdict::Refused),
    }
}

/// Of usage records. What is neither accepted nor refused by a listed code is sent again: a record that is given up is
/// money lost, one that comes twice is known by its `metering_sn`.
#[must_use]
pub fn usage_verdict(code: &str, status: StatusCode) -> Option<Verdict> {
    match code {
        "MKT.0000" => Some(Verdict::Accepted),
        "MKT.0100" | "MKT.0101" | "MKT.0102" | "MKT.0150" | "MKT.0151" | "MKT.0154" | "MKT.0199" => {
            Some(Verdict::Refused)
        }
        listed if listed.starts_with("MKT.") => Some(Verdict::TryAgain),
        _ => status.is_success().then_some(Verdict::TryAgain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: StatusCode = StatusCode::OK;
    const ERROR: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

    #[test]
    fn a_listed_code_decides_whatever_the_status() {
        for status in [OK, ERROR, StatusCode::NOT_ACCEPTABLE, StatusCode::BAD_REQUEST] {
            for code in ["000000", "MKT.0000", "92020000"] {
                assert_eq!(verdict(code, status), Some(Verdict::Accepted), "{code}");
            }
            for code in ["MKT.0100", "MKT.0150", "MKT.0199", "MKT.9001", "MKT.9002", "MKT.9004", "MKT.9005", "92020004"]
            {
                assert_eq!(verdict(code, status), Some(Verdict::Refused), "{code}");
            }
            for code in ["MKT.0250", "MKT.0999", "MKT.9003", "95000001"] {
                assert_eq!(verdict(code, status), Some(Verdict::TryAgain), "{code}");
            }
        }
    }

    #[test]
    fn without_a_listed_code_the_status_decides() {
        assert_eq!((verdict("", OK), verdict("", ERROR)), (Some(Verdict::Accepted), None));
        for code in ["92020001", "APIGW.0301", "1"] {
            assert_eq!((verdict(code, OK), verdict(code, ERROR)), (Some(Verdict::Refused), None), "{code}");
        }
    }

    #[test]
    fn usage_is_given_up_only_where_it_was_refused() {
        assert_eq!(usage_verdict("MKT.0000", OK), Some(Verdict::Accepted));
        for status in [OK, ERROR] {
            assert_eq!(usage_verdict("MKT.0154", status), Some(Verdict::Refused));
            for code in ["MKT.0250", "MKT.0999", "MKT.9003", "MKT.4711"] {
                assert_eq!(usage_verdict(code, status), Some(Verdict::TryAgain), "{code}");
            }
        }
        assert_eq!((usage_verdict("", OK), usage_verdict("", ERROR)), (Some(Verdict::TryAgain), None));
    }
}
