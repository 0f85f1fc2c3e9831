//! The reasons to refuse a license that getLicenseAsync asks for. The call does not say how many licenses an order has, or how
//! it is billed, so the seller configures that.

use std::num::NonZeroU32;
use std::str::FromStr;

use koogallery::{DeviceLicense, ExpireTime, ResultCode, Timestamp};
use serde::Deserialize;

use crate::model::instance::Instance;
use crate::model::lifecycle::Status;

/// What a seller demands of a request for a license. As JSON, each member is optional:
/// `{"quota":5,"fingerprint":"required","expiry":"required"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseRules {
    /// How many licenses one instance may have. Any number if it is absent.
    #[serde(default)]
    pub quota: Option<NonZeroU32>,
    /// Whether the device's fingerprint is required.
    #[serde(default)]
    pub fingerprint: Demand,
    /// Whether the license's expiry is required. It is always required if the instance's own expiry is known.
    #[serde(default)]
    pub expiry: Demand,
}

/// Whether a call must have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// It may have it.
    #[default]
    Optional,
    /// It must have it.
    Required,
}

/// The text is not JSON of such rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(r#"give JSON like {{"quota":5,"fingerprint":"required","expiry":"optional"}}, each member optional ({0})"#)]
pub struct LicenseRulesError(String);

impl FromStr for LicenseRules {
    type Err = LicenseRulesError;
    fn from_str(json: &str) -> Result<Self, LicenseRulesError> {
        serde_json::from_str(json).map_err(|error| LicenseRulesError(error.to_string()))
    }
}

impl LicenseRules {
    /// The reason to refuse a call, whatever the instance's state is.
    pub(crate) fn unmet(self, request: &DeviceLicense) -> Option<ResultCode> {
        if self.expiry == Demand::Required && request.expire_time.is_none() {
            Some(ResultCode::ExpiryRequired)
        } else if self.fingerprint == Demand::Required && request.device_fingerprint.is_none() {
            Some(ResultCode::FingerprintRequired)
        } else {
            None
        }
    }

    /// The reason to refuse one more license on this instance.
    pub(crate) fn refusal(self, request: &DeviceLicense, instance: &Instance, now: Timestamp) -> Option<ResultCode> {
        let expiry = instance.life.expire_time;
        let is_over = expiry.is_some_and(|expiry| expiry.timestamp() <= now || last(request) > expiry);
        if instance.life.status == Status::Released {
            Some(ResultCode::InstanceNotFound)
        } else if instance.life.status == Status::Frozen || is_over {
            Some(ResultCode::OutsideValidity)
        } else if self.quota.is_some_and(|quota| instance.licenses.unwrap_or_default() >= quota.get()) {
            Some(ResultCode::LicenseQuotaUsedUp)
        } else if expiry.is_some() && request.expire_time.is_none() {
            Some(ResultCode::ExpiryRequired)
        } else {
            self.unmet(request)
        }
    }
}

/// The last time in a request. The instance must be valid until then.
pub(crate) fn last(request: &DeviceLicense) -> ExpireTime {
    request.expire_time.map_or(request.effective_time, |expire_time| expire_time.max(request.effective_time)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_optional() {
        assert_eq!("{}".parse(), Ok(LicenseRules::default()));
        let rules: LicenseRules = r#"{"quota": 5, "fingerprint": "required", "expiry": "optional"}"#.parse().unwrap();
        assert_eq!(rules.quota.unwrap().get(), 5);
        assert_eq!((rules.fingerprint, rules.expiry), (Demand::Required, Demand::Optional));
    }

    #[test]
    fn a_typing_error_is_told_at_start() {
        for (bad, told) in [
            ("", "EOF"),
            ("5", "LicenseRules"),
            (r#"{"quotas":5}"#, "quotas"),
            (r#"{"quota":0}"#, "nonzero"),
            (r#"{"quota":-1}"#, "-1"),
            (r#"{"quota":"5"}"#, "nonzero"),
            (r#"{"expiry":true}"#, "column 11"),
            (r#"{"fingerprint":"Required"}"#, "`required`"),
        ] {
            let error = bad.parse::<LicenseRules>().unwrap_err().to_string();
            assert!(error.contains("give JSON like") && error.contains(told), "{error}");
        }
    }
}
