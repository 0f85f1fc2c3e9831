//! What a failed push of usage records asks for. Each record is money, so a refusal is told apart from a fault that passes, and the
//! record that is at fault from those beside it.

use crate::error::Error;
use crate::refused_record::RefusedRecord;
use crate::said::Said;

/// What a failed push asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageFault {
    /// These records are at fault. Send the others again.
    Records(Vec<RefusedRecord>),
    /// Some record is at fault, and the answer does not say which. `may_pass` says that it may be KooGallery's delay: an instance
    /// that was bought a moment ago.
    Culprit {
        /// Whether waiting can help.
        may_pass: bool,
    },
    /// There are too many records in one push.
    TooMany,
    /// The seller's keys or rights are at fault. No push can succeed until a person has mended that.
    Authority,
    /// Asked too often.
    TooOften,
    /// KooGallery cannot do it now, or it is not known whether it did. Send the same records later.
    Theirs,
}

impl Error {
    /// What a failed push of usage records asks for.
    #[must_use]
    pub fn usage_fault(&self) -> UsageFault {
        match self {
            Self::RecordsRefused { records, .. } => UsageFault::Records(records.clone()),
            Self::Status { status: 401 | 403, .. } => UsageFault::Authority,
            Self::Status { status: 429, .. } => UsageFault::TooOften,
            Self::Refused { said, .. } | Self::TheirSide { said, .. } | Self::Status { said, .. } => {
                of_said(said).unwrap_or(UsageFault::Theirs)
            }
            Self::Unreachable { .. }
            | Self::Broken { .. }
            | Self::TimedOut(_)
            | Self::Malformed { .. }
            | Self::Request { .. } => UsageFault::Theirs,
        }
    }
}

/// By the code; none for one that is not listed. One page lists "the ISV's state is invalid" without its code.
fn of_said(said: &Said) -> Option<UsageFault> {
    match said.code.as_str() {
        "MKT.9003" => Some(UsageFault::TooMany),
        "MKT.0102" | "MKT.0150" | "MKT.0151" | "MKT.0154" | "94060002" | "APIGW.0301" => Some(UsageFault::Authority),
        "MKT.9001" => Some(UsageFault::Culprit { may_pass: true }),
        "MKT.0100" | "MKT.0101" | "MKT.0199" | "MKT.9002" | "MKT.9004" | "94060004" | "94060005" | "94060999" => {
            Some(UsageFault::Culprit { may_pass: false })
        }
        "MKT.0250" | "APIGW.0308" => Some(UsageFault::TooOften),
        _ if said.message.contains("ISV状态") => Some(UsageFault::Authority),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Subject;
    use crate::refused_record::refused_records;

    fn refused(code: &str) -> UsageFault {
        let said = Said { code: code.to_owned(), message: String::new() };
        Error::Refused { subject: Subject::Usage(1), said }.usage_fault()
    }

    #[test]
    fn each_code_asks_for_its_own() {
        for code in ["MKT.0102", "MKT.0150", "MKT.0151", "MKT.0154", "94060002", "APIGW.0301"] {
            assert_eq!(refused(code), UsageFault::Authority, "{code}");
        }
        for code in ["MKT.0100", "MKT.0101", "MKT.0199", "MKT.9002", "MKT.9004", "94060004", "94060005", "94060999"] {
            assert_eq!(refused(code), UsageFault::Culprit { may_pass: false }, "{code}");
        }
        assert_eq!(refused("MKT.9001"), UsageFault::Culprit { may_pass: true });
        assert_eq!(refused("MKT.9003"), UsageFault::TooMany);
        assert_eq!(refused("MKT.0250"), UsageFault::TooOften);
        for code in ["MKT.0999", "94060001", "MKT.4711", ""] {
            assert_eq!(refused(code), UsageFault::Theirs, "{code}");
        }
        let said = Said { code: "94060003".to_owned(), message: "ISV状态无效".to_owned() };
        let state = Error::TheirSide { subject: Subject::Usage(1), said };
        assert_eq!(state.usage_fault(), UsageFault::Authority);
        for (status, fault) in [(401, UsageFault::Authority), (429, UsageFault::TooOften), (502, UsageFault::Theirs)] {
            let error = Error::Status { subject: Subject::Usage(1), status, said: Said::default() };
            assert_eq!(error.usage_fault(), fault, "{status}");
        }
    }

    #[test]
    fn records_are_found_whatever_their_list_is_called() {
        let told = |answer: Value| {
            let found = refused_records(answer.as_object().unwrap(), str::to_owned);
            found.into_iter().map(|r| (r.metering_sn, r.said.code, r.said.message)).collect::<Vec<_>>()
        };
        let named = |sn: &str, code: &str, message: &str| (sn.to_owned(), code.to_owned(), message.to_owned());
        let answers = [
            json!({"error_code":"94060999","abnormal_usage_data":[{"metering_sn":"a","code":"005","msg":"twice"}]}),
            json!({"data":{"list":[{"meteringSn":"a","errorCode":5,"errorMsg":"twice"}]}}),
            json!({"x":[[{"metering_sn":"a","error_code":" 005 ","description":"twice"}]]}),
        ];
        for answer in answers {
            assert_eq!(told(answer.clone()), [named("a", "005", "twice")], "{answer}");
        }
        assert_eq!(told(json!({"l":[{"metering_sn":7},{"metering_sn":""},{"code":"005"}]})), [named("7", "", "")]);
        assert_eq!(told(json!({"error_code":"94060999","metering_sn":"a"})), [], "it is in no list");
    }
}
