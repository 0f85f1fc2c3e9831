//! What the log says about a call. Never a secret, a signature, a body or personal data.

use std::time::Duration;

use koogallery::{InterfaceType, ResultCode, Timestamp};

use crate::api_record::ApiRecord;
use crate::console_record::ConsoleRecord;
use crate::fault::Fault;
use crate::login_record::LoginRecord;
use crate::page_record::PageRecord;

/// One call, answered.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is asked for by itself
pub struct CallRecord {
    /// The function that answered.
    pub function: &'static str,
    /// When the call arrived.
    pub at: Timestamp,
    /// The id of the request: the same in the front door's and the function's line.
    pub request_id: Option<String>,
    /// Whether one of the seller's keys signed it, so that it is KooGallery's own.
    pub signed: bool,
    /// The interface type whose key signed it; none if the call did not verify.
    pub interface_type: Option<InterfaceType>,
    /// Whether it is a debug call.
    pub test: bool,
    /// The order that it names.
    pub order_id: Option<String>,
    /// The instance that it names, or created.
    pub instance_id: Option<String>,
    /// The license code that it names: only its end.
    pub license: Option<String>,
    /// The answer.
    pub result_code: ResultCode,
    /// Why it was refused or failed. The caller does not get this.
    pub reason: Option<String>,
    /// Whether the answer is a decision that the seller's own rules make, such as which changes of specification there are.
    pub by_rule: bool,
    /// The fault of this deployment that kept it from its answer.
    pub fault: Option<Fault>,
    /// The time from request to reply.
    pub duration: Duration,
    /// The part of it that waited for the store.
    pub store_latency: Duration,
    /// Whether it is the first call of the process.
    pub cold_start: bool,
    /// Why a key in the secrets cannot be read, if one cannot.
    pub unreadable_key: Option<String>,
    /// How long the buyer has waited for the instance, if it is still being provisioned.
    pub provisioning_age: Option<Duration>,
    /// Why an older version of the settings of products decided, if one did.
    pub settings_kept: Option<String>,
    /// Why the call is missing in the trace of what it is about, if it is.
    pub not_noted: Option<String>,
}

impl CallRecord {
    /// A record with only function, time and answer; fill in what is known.
    #[must_use]
    pub const fn new(function: &'static str, at: Timestamp, result_code: ResultCode) -> Self {
        Self {
            function,
            at,
            request_id: None,
            signed: false,
            interface_type: None,
            test: false,
            order_id: None,
            instance_id: None,
            license: None,
            result_code,
            reason: None,
            by_rule: false,
            fault: None,
            duration: Duration::ZERO,
            store_latency: Duration::ZERO,
            cold_start: false,
            unreadable_key: None,
            provisioning_age: None,
            settings_kept: None,
            not_noted: None,
        }
    }

    /// Whether anybody could have sent it, and it was refused as it should be.
    #[must_use]
    pub const fn is_of_a_stranger(&self) -> bool {
        !self.signed && matches!(self.result_code, ResultCode::AuthenticationFailed | ResultCode::InvalidParameter)
    }

    /// Whether it is a buyer's call from KooGallery that got a refusal which no rule of the seller explains.
    #[must_use]
    pub const fn is_a_refused_real_call(&self) -> bool {
        self.signed && !self.test && !self.by_rule && may_lose_an_order(self.result_code)
    }

    /// Whether it is a debug call that KooGallery counts as failed.
    #[must_use]
    pub fn is_a_failed_debug_call(&self) -> bool {
        self.signed && self.test && self.result_code != ResultCode::Success
    }

    /// Whether it is about a buyer's order, and KooGallery has to repeat it.
    #[must_use]
    pub fn is_an_unanswered_order(&self) -> bool {
        self.signed && !self.test && self.order_id.is_some() && self.result_code == ResultCode::InternalError
    }
}

/// The refusals after which KooGallery may give an order up. Those of License rules are the seller's own.
const fn may_lose_an_order(code: ResultCode) -> bool {
    match code {
        ResultCode::InvalidParameter
        | ResultCode::InstanceNotFound
        | ResultCode::NoResource
        | ResultCode::MobileNumber
        | ResultCode::Email
        | ResultCode::AlreadyPurchased
        | ResultCode::ProductServiceFailed
        | ResultCode::BenefitHeld
        | ResultCode::SoldOut
        | ResultCode::EmailDomainExists => true,
        ResultCode::Success
        | ResultCode::AuthenticationFailed
        | ResultCode::Processing
        | ResultCode::InternalError
        | ResultCode::LicenseQuotaUsedUp
        | ResultCode::OutsideValidity
        | ResultCode::ExpiryRequired
        | ResultCode::FingerprintRequired => false,
    }
}

/// A call that the front door passed on, and the answer that it passed back.
#[derive(Debug, Clone)]
pub struct ForwardRecord {
    /// When it arrived.
    pub at: Timestamp,
    /// The id of the request, the same in the line of the function that answered.
    pub request_id: Option<String>,
    /// The function that answered.
    pub to: &'static str,
    /// The answer; none if it cannot be read.
    pub result_code: Option<ResultCode>,
    /// The time from request to answer: all that KooGallery waits for, but the network.
    pub duration: Duration,
}

/// Where records go.
pub trait Log: Send + Sync {
    /// Takes one record.
    fn record(&self, record: &CallRecord);

    /// Takes the record of one request to the seller API.
    fn api(&self, record: &ApiRecord);

    /// Takes the record of one request to the login.
    fn login(&self, record: &LoginRecord);

    /// Takes the record of one request to the console.
    fn console(&self, record: &ConsoleRecord);

    /// Takes the record of one page of a buyer.
    fn page(&self, record: &PageRecord);

    /// Takes the record of one call that was passed on.
    fn forwarded(&self, record: &ForwardRecord);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signed_call_of_a_buyer_can_lose_an_order() {
        let record = |result_code, signed, test| CallRecord {
            signed,
            test,
            order_id: Some("CS1".to_owned()),
            ..CallRecord::new("new-instance", Timestamp::from_millis(0), result_code)
        };
        for (code, refused, unanswered) in [
            (ResultCode::Success, false, false),
            (ResultCode::Processing, false, false),
            (ResultCode::InvalidParameter, true, false),
            (ResultCode::InstanceNotFound, true, false),
            (ResultCode::SoldOut, true, false),
            (ResultCode::LicenseQuotaUsedUp, false, false),
            (ResultCode::InternalError, false, true),
        ] {
            let real = record(code, true, false);
            assert_eq!((real.is_a_refused_real_call(), real.is_an_unanswered_order()), (refused, unanswered), "{code}");
            for other in [record(code, false, false), record(code, true, true)] {
                assert!(!other.is_a_refused_real_call() && !other.is_an_unanswered_order(), "{code}");
            }
        }
        let refused_by_rule = CallRecord { by_rule: true, ..record(ResultCode::InvalidParameter, true, false) };
        assert!(!refused_by_rule.is_a_refused_real_call());
        // KooGallery counts a debug case only if the answer comes at once.
        assert!(record(ResultCode::Processing, true, true).is_a_failed_debug_call());
        assert!(!record(ResultCode::Success, true, true).is_a_failed_debug_call());
        assert!(!record(ResultCode::InvalidParameter, false, true).is_a_failed_debug_call());
        assert!(record(ResultCode::AuthenticationFailed, false, false).is_of_a_stranger());
        // A nonce that was used: KooGallery's own call, once more.
        assert!(!record(ResultCode::AuthenticationFailed, true, false).is_of_a_stranger());
        assert!(!record(ResultCode::InternalError, false, false).is_of_a_stranger());
    }
}
