//! The log line of a call: one JSON line, which is the structured log and, by CloudWatch's embedded metric format, the metrics as
//! well. Never a secret, a signature, a body or personal data.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use koogallery::{InterfaceType, ResultCode, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api_record::ApiRecord;
use crate::config::Environment;
use crate::metric_line::{Metric, metric_line};

/// One call, answered.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a metric of its own
pub struct CallRecord {
    /// The function that answered.
    pub function: &'static str,
    /// When the call arrived.
    pub at: Timestamp,
    /// The id of the request: the same in the front door's and the function's line.
    pub request_id: Option<String>,
    /// The interface type whose key signed it; none if no key did.
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
    /// Whether it was refused because of its signature or nonce.
    pub signature_refused: bool,
    /// The time from request to reply.
    pub duration: Duration,
    /// The part of it that waited for the store.
    pub store_latency: Duration,
    /// Whether it is the first call of the process.
    pub cold_start: bool,
    /// Why a key in the secrets cannot be read, if one cannot.
    pub unreadable_key: Option<String>,
    /// Whether it was refused because a tenant has more users or departments than the table keeps.
    pub directory_full: bool,
    /// How long the buyer has waited for the instance, if it is still being provisioned.
    pub provisioning_age: Option<Duration>,
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
            interface_type: None,
            test: false,
            order_id: None,
            instance_id: None,
            license: None,
            result_code,
            reason: None,
            signature_refused: false,
            duration: Duration::ZERO,
            store_latency: Duration::ZERO,
            cold_start: false,
            unreadable_key: None,
            directory_full: false,
            provisioning_age: None,
            not_noted: None,
        }
    }
}

/// Where records go.
pub trait Log: Send + Sync {
    /// Takes one record.
    fn record(&self, record: &CallRecord);

    /// Takes the record of one request to the seller API.
    fn api(&self, record: &ApiRecord);
}

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatch {
    namespace: String,
}

impl CloudWatch {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self { namespace: environment.get("KOOGALLERY_METRICS_NAMESPACE").unwrap_or("KooGallery").to_owned() }
    }

    /// The line of a function that answers no callback, with its metrics. Members can be added.
    #[must_use]
    pub fn metric_line(
        &self,
        function: &str,
        level: &str,
        at: Timestamp,
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Value {
        metric_line(&self.namespace, function, level, at, metrics)
    }

    /// The line of an error in such a function.
    #[must_use]
    pub fn problem_line(function: &str, level: &str, problem: impl fmt::Display) -> Value {
        json!({ "function": function, "level": level, "problem": problem.to_string() })
    }

    /// Writes a line. If that fails, the work that the line is about must not fail.
    pub fn write(line: &Value) {
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// The line.
    pub fn line(&self, record: &CallRecord) -> serde_json::Result<Vec<u8>> {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let mut line = serde_json::to_vec(&Line {
            aws: Metadata {
                timestamp: record.at,
                cloud_watch_metrics: [Directive {
                    namespace: &self.namespace,
                    dimensions: &[&[], &["function"], &["function", "resultCode"]],
                    metrics: if record.provisioning_age.is_some() { METRICS } else { &METRICS[1..] },
                }],
            },
            level: if record.unreadable_key.is_some() { "ERROR" } else { level(record.result_code) },
            function: record.function,
            request_id: record.request_id.as_deref(),
            interface_type: record.interface_type,
            test: record.test,
            order_id: record.order_id.as_deref(),
            instance_id: record.instance_id.as_deref(),
            license: record.license.as_deref(),
            result_code: record.result_code,
            reason: record.reason.as_deref(),
            unreadable_key: record.unreadable_key.as_deref(),
            not_noted: record.not_noted.as_deref(),
            calls: 1,
            duration: milliseconds(record.duration),
            store_latency: milliseconds(record.store_latency),
            signature_refused: record.signature_refused.into(),
            internal_error: (record.result_code == ResultCode::InternalError).into(),
            cold_start: record.cold_start.into(),
            key_unreadable: record.unreadable_key.is_some().into(),
            directory_full: record.directory_full.into(),
            provisioning_age: record.provisioning_age.map(|age| age.as_secs_f64()),
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// The level of a line. A refusal is a warning. A new code must be added here.
const fn level(code: ResultCode) -> &'static str {
    match code {
        ResultCode::Success | ResultCode::Processing => "INFO",
        ResultCode::InternalError => "ERROR",
        ResultCode::AuthenticationFailed
        | ResultCode::InvalidParameter
        | ResultCode::InstanceNotFound
        | ResultCode::NoResource
        | ResultCode::MobileNumber
        | ResultCode::Email
        | ResultCode::AlreadyPurchased
        | ResultCode::ProductServiceFailed
        | ResultCode::BenefitHeld
        | ResultCode::SoldOut
        | ResultCode::EmailDomainExists
        | ResultCode::LicenseQuotaUsedUp
        | ResultCode::OutsideValidity
        | ResultCode::ExpiryRequired
        | ResultCode::FingerprintRequired => "WARN",
    }
}

impl Log for CloudWatch {
    fn record(&self, record: &CallRecord) {
        // If a line cannot be written, the call that it is about must not fail.
        if let Ok(line) = self.line(record) {
            let _ = std::io::stdout().lock().write_all(&line);
        }
    }

    fn api(&self, record: &ApiRecord) {
        Self::write(&record.line(&self.namespace));
    }
}

/// The metrics of a call. The first one is written only if a buyer waits.
const METRICS: &[NamedMetric] = &[
    NamedMetric { name: "ProvisioningAge", unit: "Seconds" },
    NamedMetric { name: "Calls", unit: "Count" },
    NamedMetric { name: "Duration", unit: "Milliseconds" },
    NamedMetric { name: "StoreLatency", unit: "Milliseconds" },
    NamedMetric { name: "SignatureRefused", unit: "Count" },
    NamedMetric { name: "InternalError", unit: "Count" },
    NamedMetric { name: "ColdStart", unit: "Count" },
    NamedMetric { name: "KeyUnreadable", unit: "Count" },
    NamedMetric { name: "DirectoryFull", unit: "Count" },
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata<'a>,
    level: &'static str,
    function: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface_type: Option<InterfaceType>,
    test: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    result_code: ResultCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_noted: Option<&'a str>,
    #[serde(rename = "Calls")]
    calls: u8,
    #[serde(rename = "Duration")]
    duration: f64,
    #[serde(rename = "StoreLatency")]
    store_latency: f64,
    #[serde(rename = "SignatureRefused")]
    signature_refused: u8,
    #[serde(rename = "InternalError")]
    internal_error: u8,
    #[serde(rename = "ColdStart")]
    cold_start: u8,
    #[serde(rename = "KeyUnreadable")]
    key_unreadable: u8,
    #[serde(rename = "DirectoryFull")]
    directory_full: u8,
    #[serde(rename = "ProvisioningAge", skip_serializing_if = "Option::is_none")]
    provisioning_age: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: Timestamp,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: &'a [&'a [&'a str]],
    metrics: &'a [NamedMetric],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NamedMetric {
    name: &'static str,
    unit: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_embedded_metric_record() {
        let record = CallRecord {
            order_id: Some("CS1".to_owned()),
            reason: Some("the store did not answer".to_owned()),
            duration: Duration::from_micros(1500),
            ..CallRecord::new("new-instance", Timestamp::from_millis(1_764_000_000_000), ResultCode::InternalError)
        };
        let written = |record: &CallRecord| CloudWatch::of(&Environment::default()).line(record).unwrap();
        let line = written(&record);
        assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        let line: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(line["_aws"]["Timestamp"], 1_764_000_000_000_i64);
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        for dimension in ["function", "resultCode"] {
            assert!(line[dimension].is_string(), "{dimension}");
        }
        assert_eq!(line["InternalError"], 1);
        assert_eq!(line["level"], "ERROR");
        assert!(line["ProvisioningAge"].is_null());
        assert_eq!(line["KeyUnreadable"], 0);
        let unreadable = CallRecord {
            result_code: ResultCode::Success,
            unreadable_key: Some("it is a public key".to_owned()),
            ..record.clone()
        };
        let line: Value = serde_json::from_slice(&written(&unreadable)).unwrap();
        assert_eq!((&line["level"], &line["KeyUnreadable"]), (&"ERROR".into(), &1.into()));

        let waiting = CallRecord { provisioning_age: Some(Duration::from_mins(31)), ..record };
        let line: Value = serde_json::from_slice(&written(&waiting)).unwrap();
        assert_eq!(line["ProvisioningAge"], 1860.0);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "ProvisioningAge");
    }
}
