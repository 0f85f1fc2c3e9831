//! The log lines of calls, with their metrics. A count that is 0 is not written: CloudWatch bills a metric for each hour in
//! which it gets a value, and an alarm takes what is missing for nothing.

use koogallery::ResultCode;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::metric_line::{Metric, add_dimensions, metric_line};
use crate::record::{CallRecord, ForwardRecord};

/// How many calls there were: the only metric that has a dimension, the result code.
const CALLS: &str = "Calls";

/// The line of one call.
pub(crate) fn call_line(namespace: &str, record: &CallRecord) -> Value {
    let fault = |fault: Fault| record.fault == Some(fault);
    let counts = [
        ("SignatureRefused", record.result_code == ResultCode::AuthenticationFailed),
        ("CallsVerified", record.signed),
        ("RealCallsRefused", record.is_a_refused_real_call()),
        ("DebugCallsFailed", record.is_a_failed_debug_call()),
        ("OrdersUnanswered", record.is_an_unanswered_order()),
        ("InternalError", record.result_code == ResultCode::InternalError),
        ("StoreFaults", fault(Fault::Store)),
        ("SecretsUnavailable", fault(Fault::Secrets)),
        ("DeadlinesHit", fault(Fault::Deadline)),
        ("DirectoryFull", fault(Fault::DirectoryFull)),
        ("KeyUnreadable", record.unreadable_key.is_some()),
        ("ColdStart", record.cold_start),
    ];
    let counts = counts.into_iter().filter(|(_, is)| *is).map(|(name, _)| Metric::count(name, 1));
    let measured =
        [Metric::milliseconds("Duration", record.duration), Metric::milliseconds("StoreLatency", record.store_latency)];
    let age = record.provisioning_age.map(|age| Metric::seconds("ProvisioningAge", age));
    let level = match level(record.result_code) {
        _ if record.unreadable_key.is_some() => "ERROR",
        "INFO" if record.settings_kept.is_some() => "WARN",
        level => level,
    };
    let metrics = measured.into_iter().chain(counts).chain(age);
    let mut line = metric_line(namespace, record.function, level, record.at, metrics);
    count_calls(&mut line, namespace, record.result_code, 1);
    line["test"] = record.test.into();
    let told = [
        ("requestId", &record.request_id),
        ("orderId", &record.order_id),
        ("instanceId", &record.instance_id),
        ("license", &record.license),
        ("reason", &record.reason),
        ("unreadableKey", &record.unreadable_key),
        ("settingsKept", &record.settings_kept),
        ("notNoted", &record.not_noted),
    ];
    for (name, text) in told {
        if let Some(text) = text {
            line[name] = text.as_str().into();
        }
    }
    if let Some(interface_type) = record.interface_type {
        line["interfaceType"] = json!(interface_type);
    }
    line
}

/// The line of a call that no key signed, which stands for this many such calls: short, because anybody can cause it.
pub(crate) fn strangers_line(namespace: &str, record: &CallRecord, calls: usize) -> Value {
    let refused = record.result_code == ResultCode::AuthenticationFailed;
    let refused = refused.then(|| Metric::count("SignatureRefused", calls));
    let mut line = metric_line(namespace, record.function, level(record.result_code), record.at, refused);
    count_calls(&mut line, namespace, record.result_code, calls);
    for (name, text) in [("requestId", &record.request_id), ("reason", &record.reason)] {
        if let Some(text) = text {
            line[name] = text.as_str().into();
        }
    }
    line
}

/// The front door's line of a call that it passed on, which stands for this many such calls. Their number is no metric here:
/// the function behind counts them.
pub(crate) fn forward_line(namespace: &str, record: &ForwardRecord, calls: usize) -> Value {
    let took = Metric::milliseconds("FrontDoorDuration", record.duration);
    let took = (calls == 1).then_some(took);
    let mut line = metric_line(namespace, "front-door", "INFO", record.at, took);
    line["to"] = record.to.into();
    line["calls"] = calls.into();
    if let Some(code) = record.result_code {
        line["resultCode"] = json!(code);
    }
    if let Some(id) = &record.request_id {
        line["requestId"] = id.as_str().into();
    }
    line
}

fn count_calls(line: &mut Value, namespace: &str, code: ResultCode, calls: usize) {
    line["resultCode"] = json!(code);
    add_dimensions(line, namespace, &[&[], &["resultCode"]], Metric::count(CALLS, calls));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use koogallery::Timestamp;

    use super::*;

    /// The metrics that a line has, after a check that each has its number.
    fn metrics(line: &Value) -> Vec<&str> {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let metrics = directives.iter().flat_map(|directive| directive["Metrics"].as_array().unwrap());
        let names: Vec<&str> = metrics.map(|metric| metric["Name"].as_str().unwrap()).collect();
        assert!(names.iter().all(|name| line[name].is_number()), "{line}");
        for dimension in directives.iter().flat_map(|directive| directive["Dimensions"].as_array().unwrap()) {
            assert!(dimension.as_array().unwrap().iter().all(|name| line[name.as_str().unwrap()].is_string()));
        }
        names
    }

    fn record() -> CallRecord {
        CallRecord {
            order_id: Some("CS1".to_owned()),
            reason: Some("the store did not answer".to_owned()),
            duration: Duration::from_micros(1500),
            signed: true,
            fault: Some(Fault::Store),
            ..CallRecord::new("new-instance", Timestamp::from_millis(1_764_000_000_000), ResultCode::InternalError)
        }
    }

    #[test]
    fn a_line_has_the_metrics_that_are_not_0() {
        let line = call_line("KooGallery/test", &record());
        assert_eq!(line["_aws"]["Timestamp"], 1_764_000_000_000_i64);
        let expected =
            ["Duration", "StoreLatency", "CallsVerified", "OrdersUnanswered", "InternalError", "StoreFaults", CALLS];
        assert_eq!(metrics(&line), expected);
        assert_eq!(
            (&line["level"], &line["orderId"], &line["resultCode"]),
            (&"ERROR".into(), &"CS1".into(), &"000005".into())
        );

        let unreadable = CallRecord {
            result_code: ResultCode::Success,
            fault: None,
            unreadable_key: Some("it is a public key".to_owned()),
            provisioning_age: Some(Duration::from_mins(31)),
            ..record()
        };
        let line = call_line("KooGallery/test", &unreadable);
        assert_eq!(metrics(&line)[2..], ["CallsVerified", "KeyUnreadable", "ProvisioningAge", CALLS]);
        assert_eq!((&line["level"], &line["ProvisioningAge"]), (&"ERROR".into(), &1860.into()));
    }

    #[test]
    fn a_strangers_line_is_short_and_counts_all_that_it_stands_for() {
        let stranger =
            CallRecord { result_code: ResultCode::AuthenticationFailed, signed: false, order_id: None, ..record() };
        let line = strangers_line("KooGallery/test", &stranger, 100);
        assert_eq!(metrics(&line), ["SignatureRefused", CALLS]);
        assert_eq!((&line["SignatureRefused"], &line[CALLS]), (&100.into(), &100.into()));
        assert!(line.to_string().len() < 450, "{line}");
    }
}
