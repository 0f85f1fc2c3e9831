//! The codes in KooGallery's answers: `MKT.…` for orders and usage, `9…` for licenses. The guides list an HTTP status for each,
//! but the code says more: a wrong parameter (`MKT.0100`) has the status 500. So a listed code decides, whatever the status
//! is. If the code is not listed or missing, the status decides.

use http::StatusCode;

/// What a code means for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Done.
    Accepted,
    /// KooGallery refused it, and will refuse the same call again.
    Refused,
    /// KooGallery cannot do it now.
    TryAgain,
}

/// Judges a call about orders or licenses. Returns none if only the status decides. An answer with HTTP 200 and the requested
/// data needs no code; a code there that is not listed, such as that of an unknown order, is a refusal.
#[must_use]
pub fn verdict(code: &str, status: StatusCode) -> Option<Verdict> {
    match code {
        "MKT.0000" | "92020000" => Some(Verdict::Accepted),
        // Asked too often, and faults of KooGallery.
        "MKT.0250" | "MKT.0999" | "MKT.9003" => Some(Verdict::TryAgain),
        "" => status.is_success().then_some(Verdict::Accepted),
        // With HTTP 403 it means "not authorised", with 500 a fault of KooGallery.
        "92020001" if !status.is_success() => None,
        zeros if zeros.bytes().all(|digit| digit == b'0') => Some(Verdict::Accepted),
        license if license.len() == 8 && license.starts_with("9500000") => Some(Verdict::TryAgain),
        listed if listed.starts_with("MKT.") || listed.starts_with("920200") => Some(Verdict::Refused),
        _ => status.is_success().then_some(Verdict::Refused),
    }
}

/// Judges a push of usage records. Records are sent again unless a listed code accepts or refuses them: a lost record is lost
/// money, and KooGallery recognises a repeated one by its `metering_sn`. MKT.9001 to 9004 are faults of the seller here, with
/// whatever status. [`crate::Error::usage_fault`] says what a refusal asks for.
#[must_use]
pub fn usage_verdict(code: &str, status: StatusCode) -> Option<Verdict> {
    match code {
        "MKT.0000" => Some(Verdict::Accepted),
        "MKT.0100" | "MKT.0101" | "MKT.0102" | "MKT.0150" | "MKT.0151" | "MKT.0154" | "MKT.0199" | "MKT.9001"
        | "MKT.9002" | "MKT.9003" | "MKT.9004" | "94060002" | "94060004" | "94060005" | "94060999" => {
            Some(Verdict::Refused)
        }
        listed if listed.starts_with("MKT.") || listed.starts_with("9406") => Some(Verdict::TryAgain),
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
            for code in ["MKT.0154", "MKT.9001", "MKT.9002", "MKT.9003", "MKT.9004", "94060004", "94060999"] {
                assert_eq!(usage_verdict(code, status), Some(Verdict::Refused), "{code}");
            }
            for code in ["MKT.0250", "MKT.0999", "MKT.4711", "94060001", "94060003"] {
                assert_eq!(usage_verdict(code, status), Some(Verdict::TryAgain), "{code}");
            }
        }
        assert_eq!((usage_verdict("", OK), usage_verdict("", ERROR)), (Some(Verdict::TryAgain), None));
    }
}
