//! Usage push: what pay-per-use instances used. The buyer pays for it.
//!
//! Report each hour's use within 15 minutes after the hour, and never later than 2 hours. KooGallery checks accepted records
//! later, one by one. It does not count a record that began more than 21 days ago.

use std::fmt;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use koogallery::{AccessKey, InstanceId, Text, TextError};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use sha2::Sha256;
use uuid::Uuid;

use crate::batch::Batch;
use crate::client::{Call, Client, json};
use crate::code::usage_verdict;
use crate::error::{Error, Subject};
use crate::utc::UtcTime;

/// How many records one push may contain.
pub type UsageBatch = Batch<UsageRecord, 1000>;

/// What one instance used in one period of time.
///
/// The members are written in the ascending order of their names: KooGallery signs the body "in natural order", and does not say
/// whether that reaches into the records. So both readings give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// The beginning. Two records of one instance with the same beginning and end count as one.
    pub begin_time: UtcTime,
    /// The end.
    pub end_time: UtcTime,
    /// The pay-per-use instance, never that of a package.
    pub instance_id: InstanceId,
    /// The record's serial number: unique, and the same when the record is sent again.
    pub metering_sn: MeteringSn,
    /// When this record was made.
    pub record_time: UtcTime,
    /// The instance of the package that this use belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relate_pkg_instance: Option<InstanceId>,
    /// The amount.
    pub usage_value: UsageValue,
}

/// A record's serial number, 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeteringSn(Text<64>);

impl MeteringSn {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::str::FromStr for MeteringSn {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Text::try_from(text.to_owned()).map(Self)
    }
}

/// An amount above 0, with at most 8 digits before the point and 4 after it. It is kept in ten-thousandths, so nothing is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageValue(u64);

/// The text is not such an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("usage_value must be above 0, with at most 4 decimals, below 100000000")]
pub struct UsageValueError;

const UNIT: u64 = 10_000;
/// KooGallery keeps 12 digits, 4 of them after the point.
const LIMIT: u64 = 100_000_000 * UNIT;

impl UsageValue {
    /// The largest amount.
    pub const MAX: Self = Self(LIMIT - 1);

    /// From ten-thousandths.
    pub const fn from_ten_thousandths(amount: u64) -> Result<Self, UsageValueError> {
        if amount == 0 || amount >= LIMIT { Err(UsageValueError) } else { Ok(Self(amount)) }
    }

    /// In ten-thousandths.
    #[must_use]
    pub const fn ten_thousandths(self) -> u64 {
        self.0
    }
}

impl std::str::FromStr for UsageValue {
    type Err = UsageValueError;
    fn from_str(text: &str) -> Result<Self, UsageValueError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || whole.len() > 8 || decimals.len() > 4 {
            return Err(UsageValueError);
        }
        // It has at most 12 digits, so the number fits.
        format!("{whole}{decimals:0<4}").parse().map_err(|_| UsageValueError).and_then(Self::from_ten_thousandths)
    }
}

impl fmt::Display for UsageValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / UNIT, format!("{:04}", self.0 % UNIT));
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

impl Serialize for UsageValue {
    /// As a text: some pages of the guide have a text and some a number, and a number may be written anew on its way to where
    /// the signature is checked.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UsageValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Number(serde_json::Number),
            Text(String),
        }
        let text = match Wire::deserialize(deserializer)? {
            Wire::Number(number) => number.to_string(),
            Wire::Text(text) => text,
        };
        let text = text.strip_suffix(".0").unwrap_or(&text);
        text.parse().map_err(D::Error::custom)
    }
}

/// Makes the header `signature` of a push: `base64(HMAC-SHA256(access key, "ts={ts}&nonce={nonce}&body={body}"))`.
#[must_use]
pub fn usage_signature(access_key: &AccessKey, ts: &str, nonce: &str, body: &[u8]) -> String {
    BASE64_STANDARD.encode(mac(access_key, ts, nonce, body).finalize().into_bytes())
}

/// Whether `signature` is right for the push. It is compared in constant time.
#[must_use]
pub fn usage_signature_fits(access_key: &AccessKey, ts: &str, nonce: &str, body: &[u8], signature: &str) -> bool {
    let given = BASE64_STANDARD.decode(signature);
    given.is_ok_and(|given| mac(access_key, ts, nonce, body).verify_slice(&given).is_ok())
}

#[allow(clippy::expect_used)]
fn mac(access_key: &AccessKey, ts: &str, nonce: &str, body: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(access_key.reveal().as_bytes())
        .expect("HMAC takes a key of any length")
        .chain_update(format!("ts={ts}&nonce={nonce}&body="))
        .chain_update(body)
}

impl Client {
    /// Sends usage records, signed with the access key of the basic interfaces as well. Success means that KooGallery took
    /// them, not that it will count each one. They are sent once: [`Error::usage_fault`] says what to do with them after an
    /// error.
    pub async fn push_usage(
        &self,
        records: &UsageBatch,
        basic_key: &AccessKey,
        deadline: Instant,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Push<'a> {
            usage_records: &'a [UsageRecord],
        }
        let subject = Subject::Usage(records.as_slice().len());
        let body = json(&subject, &Push { usage_records: records.as_slice() })?;
        let (ts, nonce) = (self.now().to_string(), Uuid::new_v4().simple().to_string());
        let signature = usage_signature(basic_key, &ts, &nonce, &body);
        let headers = [("ts", ts), ("nonce", nonce), ("signature", signature)];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), value)).into();
        let secrets = vec![basic_key.reveal()];
        let call = Call { headers, secrets, verdict: usage_verdict, ..Call::post(subject, "/v1/isv/usage-data", body) };
        self.send(&call, deadline).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use koogallery::{AccessKeys, InterfaceType};
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> AccessKey {
        let keys = AccessKeys::from_json(&format!(r#"{{"basic":["{text}"]}}"#)).unwrap();
        keys.current(InterfaceType::Basic).unwrap().clone()
    }

    #[test]
    fn record_is_written_as_the_guide_has_it() {
        let record = UsageRecord {
            instance_id: "i-1".parse().unwrap(),
            record_time: "20251201T010500Z".parse().unwrap(),
            begin_time: "20251201T000000Z".parse().unwrap(),
            end_time: "20251201T010000Z".parse().unwrap(),
            usage_value: "12.5".parse().unwrap(),
            metering_sn: "sn-1".parse().unwrap(),
            relate_pkg_instance: None,
        };
        let json = r#"{"begin_time":"20251201T000000Z","end_time":"20251201T010000Z","instance_id":"i-1","metering_sn":"sn-1","record_time":"20251201T010500Z","usage_value":"12.5"}"#;
        assert_eq!(serde_json::to_string(&record).unwrap(), json);
        assert_eq!(serde_json::from_str::<UsageRecord>(json).unwrap(), record);
        let of_package = UsageRecord { relate_pkg_instance: Some("p-1".parse().unwrap()), ..record };
        let written = serde_json::to_value(&of_package).unwrap();
        // A map of this library is sorted by name.
        assert_eq!(serde_json::to_string(&of_package).unwrap(), written.to_string());
    }

    #[test]
    fn amounts_are_above_0_with_4_decimals_at_most() {
        for (text, written) in [("1", "1"), ("0.0001", "0.0001"), ("1.50", "1.5"), ("99999999.9999", "99999999.9999")] {
            let value: UsageValue = text.parse().unwrap();
            assert_eq!(value.to_string(), written);
            assert_eq!(serde_json::to_string(&value).unwrap(), format!("\"{written}\""));
        }
        for bad in ["", "0", "0.0000", "-1", "+1", "1e3", "0.00001", "1.", ".5", "100000000", "１"] {
            assert_eq!(bad.parse::<UsageValue>(), Err(UsageValueError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn amount_survives_json(amount in 1..LIMIT) {
            let value = UsageValue::from_ten_thousandths(amount).unwrap();
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(&json, &format!("\"{value}\""));
            prop_assert_eq!(serde_json::from_str::<UsageValue>(&json).unwrap(), value);
        }

        #[test]
        fn signature_fits_its_push_alone(ts in "[0-9]{13}", nonce in "[a-z0-9]{1,32}", body in any::<Vec<u8>>()) {
            let signature = usage_signature(&key("k"), &ts, &nonce, &body);
            let fits = |access_key, ts: &str, nonce: &str, body: &[u8], signature: &str| {
                usage_signature_fits(&key(access_key), ts, nonce, body, signature)
            };
            let longer = [&body[..], b"0"].concat();
            prop_assert!(fits("k", &ts, &nonce, &body, &signature));
            prop_assert!(!fits("other", &ts, &nonce, &body, &signature));
            prop_assert!(!fits("k", &(ts.clone() + "0"), &nonce, &body, &signature));
            prop_assert!(!fits("k", &ts, &(nonce.clone() + "0"), &body, &signature));
            prop_assert!(!fits("k", &ts, &nonce, &longer, &signature));
            prop_assert!(!fits("k", &ts, &nonce, &body, &signature[1..]));
        }
    }
}
