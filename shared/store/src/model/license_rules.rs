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
    use koogallery::InterfaceType;

    use super::*;
    use crate::model::lifecycle::Lifecycle;

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    /// So many milliseconds from now.
    fn time(millis: i64) -> ExpireTime {
        ExpireTime::from_timestamp(Timestamp::from_millis(NOW.as_millis() + millis)).unwrap()
    }

    /// Asked for a device, from now on until then.
    fn asked(until: Option<i64>) -> DeviceLicense {
        DeviceLicense {
            instance_id: "b-1".parse().unwrap(),
            effective_time: time(0).into(),
            expire_time: until.map(|until| time(until).into()),
            event_id: "e-1".parse().unwrap(),
            device_fingerprint: Some("device-1".parse().unwrap()),
            test_flag: koogallery::TestFlag::default(),
        }
    }

    fn instance(status: Status, until: Option<i64>, licenses: Option<u32>) -> Instance {
        let life = Lifecycle { expire_time: until.map(time), ..Lifecycle::new(NOW, status) };
        Instance {
            instance_id: "b-1".parse().unwrap(),
            order_id: "CS1".parse().unwrap(),
            order_line_id: None,
            interface_type: InterfaceType::License,
            app_info: None,
            provisioning_failure: None,
            told_by_seller_api: false,
            never_provisioned: false,
            usage_info: Vec::new(),
            metered: false,
            v1: false,
            acceptance: None,
            licenses,
            life,
        }
    }

    fn active(until: Option<i64>) -> Instance {
        instance(Status::Active, until, None)
    }

    fn refusal(request: &DeviceLicense, instance: &Instance) -> Option<ResultCode> {
        LicenseRules::default().refusal(request, instance, NOW)
    }

    #[test]
    fn what_a_seller_demands_must_be_there() {
        let (expiry, fingerprint) = (Some(ResultCode::ExpiryRequired), Some(ResultCode::FingerprintRequired));
        for (rules, without_expiry, without_fingerprint, without_either) in [
            ("{}", None, None, None),
            (r#"{"expiry":"required"}"#, expiry, None, expiry),
            (r#"{"fingerprint":"required"}"#, None, fingerprint, fingerprint),
            (r#"{"expiry":"required","fingerprint":"required"}"#, expiry, fingerprint, expiry),
        ] {
            let rules: LicenseRules = rules.parse().unwrap();
            let anonymous = |request| DeviceLicense { device_fingerprint: None, ..request };
            let requests = [asked(Some(1)), asked(None), anonymous(asked(Some(1))), anonymous(asked(None))];
            let unmet = requests.map(|request| {
                assert_eq!(rules.refusal(&request, &active(None), NOW), rules.unmet(&request), "{rules:?}");
                rules.unmet(&request)
            });
            assert_eq!(unmet, [None, without_expiry, without_fingerprint, without_either], "{rules:?}");
        }
    }

    #[test]
    fn only_what_is_in_use_or_to_be_grants_licenses() {
        for (status, refused) in [
            (Status::Provisioning, None),
            (Status::Active, None),
            (Status::Frozen, Some(ResultCode::OutsideValidity)),
            (Status::Released, Some(ResultCode::InstanceNotFound)),
        ] {
            for until in [None, Some(100)] {
                assert_eq!(refusal(&asked(Some(100)), &instance(status, until, None)), refused, "{status:?}");
            }
        }
    }

    /// As a freeze at the expiry is `expired`, an instance is over at the very time of its expiry.
    #[test]
    fn an_instance_grants_until_it_ends() {
        for (ends, refused) in
            [(1, None), (0, Some(ResultCode::OutsideValidity)), (-1, Some(ResultCode::OutsideValidity))]
        {
            // Its times are over as well: that alone does not speak against a license.
            let request = DeviceLicense { effective_time: time(-9).into(), ..asked(Some(-5)) };
            assert_eq!(refusal(&request, &active(Some(ends))), refused, "{ends} ms from now");
        }
    }

    /// A license may last as long as the instance, and no millisecond longer.
    #[test]
    fn a_license_ends_with_its_instance_at_the_latest() {
        let outside = Some(ResultCode::OutsideValidity);
        for (until, refused) in [(99, None), (100, None), (101, outside)] {
            assert_eq!(refusal(&asked(Some(until)), &active(Some(100))), refused, "until {until}");
            assert_eq!(refusal(&asked(Some(until)), &active(None)), None, "an expiry that nobody knows ends nothing");
        }
        // One that begins when the instance has ended is outside too, whatever it says of its end.
        for until in [None, Some(50)] {
            let request = DeviceLicense { effective_time: time(101).into(), ..asked(until) };
            assert_eq!(refusal(&request, &active(Some(100))), outside, "{until:?}");
        }
    }

    #[test]
    fn where_the_instance_ends_a_license_must_say_when_it_does() {
        assert_eq!(refusal(&asked(None), &active(Some(100))), Some(ResultCode::ExpiryRequired));
        assert_eq!(refusal(&asked(None), &active(None)), None);
    }

    #[test]
    fn a_quota_is_used_up_with_its_last_license() {
        let rules: LicenseRules = r#"{"quota":2}"#.parse().unwrap();
        for (licenses, refused) in [
            (None, None),
            (Some(1), None),
            (Some(2), Some(ResultCode::LicenseQuotaUsedUp)),
            (Some(3), Some(ResultCode::LicenseQuotaUsedUp)),
        ] {
            let instance = instance(Status::Active, None, licenses);
            assert_eq!(rules.refusal(&asked(None), &instance, NOW), refused, "{licenses:?}");
            assert_eq!(refusal(&asked(None), &instance), None, "without a quota any number");
        }
    }

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
