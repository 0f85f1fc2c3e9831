//! What speaks against a license that getLicenseAsync asks for. The call does not tell how many licenses an order holds
//! nor how it is billed: the seller says so.

use std::num::NonZeroU32;
use std::str::FromStr;

use koogallery::{DeviceLicense, ExpireTime, ResultCode, Timestamp};
use serde::Deserialize;

use crate::model::instance::Instance;
use crate::model::lifecycle::Status;

/// What a seller demands of an application for a license. As JSON, each member optional:
/// `{"quota":5,"fingerprint":"required","expiry":"required"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseRules {
    /// How many licenses one instance may have; any number where it is not given.
    #[serde(default)]
    pub quota: Option<NonZeroU32>,
    /// The device's fingerprint.
    #[serde(default)]
    pub fingerprint: Demand,
    /// The license's expiry; on an instance whose own expiry is known it is required in any case.
    #[serde(default)]
    pub expiry: Demand,
}

/// Whether a call must name something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// It may.
    #[default]
    Optional,
    /// It must.
    Required,
}

/// The text is not the rules' JSON.
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
    /// What speaks against a call whatever stands.
    pub(crate) fn unmet(self, request: &DeviceLicense) -> Option<ResultCode> {
        if self.expiry == Demand::Required && request.expire_time.is_none() {
            Some(ResultCode::ExpiryRequired)
        } else if self.fingerprint == Demand::Required && request.device_fingerprint.is_none() {
            Some(ResultCode::FingerprintRequired)
        } else {
            None
        }
    }

    /// What speaks against one more license on what stands.
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

/// The last time that a license names: the instance must last as long.
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
