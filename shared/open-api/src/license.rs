//! License 2.0 authorization codes: activate one, report that it is in use, report how much it is used.

use std::time::Instant;

use koogallery::{LicenseCode, OrderId, ProductId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::batch::Batch;
use crate::client::{Call, Client, Repeat, json, read};
use crate::error::{Error, MalformedAnswer, Subject};
use crate::utc::UtcTime;
use crate::wire::{SentTime, optional, words};

words! {
    /// The state of a license.
    LicenseStatus {
        /// The license is valid.
        Alive = "ALIVE",
        /// Its period ended.
        Expired = "EXPIRED",
        /// It was refunded, or expired too long ago.
        Released = "RELEASED",
    }
}

/// A license, as KooGallery knows it. Activation and heartbeat each return a part of this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseInfo {
    /// Its state.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub status: Option<LicenseStatus>,
    /// When its use began.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub activate_time: Option<SentTime>,
    /// When its period ends.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<SentTime>,
    /// The product.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The order that bought it.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The quantity that was bought, as KooGallery writes it.
    #[serde(default, deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
}

/// The use of one license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseUsage {
    /// Which.
    pub license: LicenseCode,
    /// Who uses it, or how many.
    pub software_usage_info: Vec<SoftwareUsage>,
}

/// One entry of a license's use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoftwareUsage {
    /// Something that uses it, by the seller's id.
    Id(String),
    /// How many use it.
    ActiveNum(u64),
}

impl Client {
    /// Activates a code, from now or from `real_effect_time` on. It is never sent twice: if an answer was lost, KooGallery
    /// refuses a second activation, because the code is already active.
    pub async fn activate_license(
        &self,
        license: &LicenseCode,
        real_effect_time: Option<UtcTime>,
        deadline: Instant,
    ) -> Result<LicenseInfo, Error> {
        #[derive(Serialize)]
        struct Activation<'a> {
            license: &'a LicenseCode,
            #[serde(skip_serializing_if = "Option::is_none")]
            real_effect_time: Option<String>,
        }
        let subject = Subject::License(license.clone());
        let body = json(&subject, &Activation { license, real_effect_time: real_effect_time.map(UtcTime::to_digits) })?;
        let call = Call { secrets: vec![license.reveal()], ..Call::post(subject, "/v1/license/activate", body) };
        license_info(&call.subject, self.send(&call, deadline).await?)
    }

    /// Reports that a license is in use, at each end user's first use of the day. Returns its state. It tries again until
    /// `deadline` if KooGallery cannot be reached or cannot answer: one heartbeat more does no harm.
    pub async fn license_heartbeat(
        &self,
        license: &LicenseCode,
        heartbeat_info: Option<&str>,
        deadline: Instant,
    ) -> Result<LicenseInfo, Error> {
        #[derive(Serialize)]
        struct Heartbeat<'a> {
            license: &'a LicenseCode,
            #[serde(rename = "heartbeatInfo", skip_serializing_if = "Option::is_none")]
            heartbeat_info: Option<&'a str>,
        }
        let subject = Subject::License(license.clone());
        let body = json(&subject, &Heartbeat { license, heartbeat_info })?;
        let mut call = Call { repeat: Repeat::Safe, ..Call::post(subject, "/v1/license/heartbeat", body) };
        call.secrets = [Some(license.reveal()), heartbeat_info].into_iter().flatten().collect();
        license_info(&call.subject, self.send(&call, deadline).await?)
    }

    /// Reports how much licenses are used.
    pub async fn push_software_usage(&self, usage: &Batch<LicenseUsage, 100>, deadline: Instant) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Usage<'a> {
            usage_info: &'a [LicenseUsage],
        }
        let subject = Subject::SoftwareUsage(usage.as_slice().len());
        let body = json(&subject, &Usage { usage_info: usage.as_slice() })?;
        let mut call = Call::post(subject, "/v2/license/software-usage-info", body);
        call.secrets = usage.as_slice().iter().map(|usage| usage.license.reveal()).collect();
        self.send(&call, deadline).await.map(drop)
    }
}

/// Reads the license in an answer. An activation has `data.license_code_info`, JSON in a string. For the heartbeat the guide
/// names the members but not their place, so they may be in `data` or in the answer itself.
fn license_info(subject: &Subject, mut answer: Map<String, Value>) -> Result<LicenseInfo, Error> {
    const NAME: &str = "license_code_info";
    let data = match answer.remove("data") {
        Some(Value::Object(data)) => data,
        _ => answer,
    };
    let info = match data.get(NAME) {
        Some(Value::String(json)) => read(subject, NAME, json.parse().unwrap_or_default())?,
        Some(info) => read(subject, NAME, info.clone())?,
        None => read(subject, "data", Value::Object(data))?,
    };
    if info == LicenseInfo::default() {
        return Err(Error::Malformed { subject: subject.clone(), source: MalformedAnswer::NoLicense });
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn info(answer: Value) -> Result<LicenseInfo, Error> {
        let Value::Object(answer) = answer else { unreachable!("an object") };
        license_info(&Subject::License("ABCDE-FGHIJ".parse().unwrap()), answer)
    }

    #[test]
    fn is_found_wherever_it_stands() {
        let license = json!({"status": "ALIVE", "expire_time": 20_261_231_160_000_u64, "amount": 5, "more": []});
        for answer in [
            json!({"data": {"license_code_info": license.to_string()}}),
            json!({"data": {"license_code_info": license}}),
            json!({"error_code": "92020000", "data": license}),
            license.clone(),
        ] {
            let info = info(answer.clone()).unwrap();
            assert_eq!(info.status, Some(LicenseStatus::Alive), "{answer}");
            assert_eq!(info.amount.as_deref(), Some("5"));
            assert_eq!(info.expire_time.unwrap().as_str(), "20261231160000");
        }
    }

    #[test]
    fn an_answer_without_it_is_malformed_and_not_repeated() {
        for answer in [json!({}), json!({"data": {"license_code_info": "ABCDE-FGHIJ is no JSON"}}), json!({"data": []})]
        {
            let error = info(answer).unwrap_err();
            assert!(matches!(error, Error::Malformed { .. }), "{error}");
            assert!(!format!("{error} {error:?}").contains("ABCDE"), "{error}");
        }
    }

    #[test]
    fn usage_is_written_as_the_guide_has_it() {
        let usage = LicenseUsage {
            license: "L-1".parse().unwrap(),
            software_usage_info: vec![SoftwareUsage::Id("u-1".to_owned()), SoftwareUsage::ActiveNum(3)],
        };
        let expected = json!({"license": "L-1", "software_usage_info": [{"id": "u-1"}, {"active_num": 3}]});
        assert_eq!(serde_json::to_value(usage).unwrap(), expected);
    }
}
