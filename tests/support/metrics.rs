//! The metrics in log lines, as CloudWatch reads them, and what a deployment pays for: each name with each combination of values of
//! its dimensions.

use std::collections::BTreeSet;
use std::time::Duration;

use deliver_events::Swept;
use erase_personal_data::Run;
use koogallery::{ResultCode, Timestamp};
use koogallery_oidc::SigningKeyError;
use koogallery_runtime::{
    ApiRecord, CloudWatch, ConsoleRecord, Environment, ForwardRecord, LoginOutcome, LoginRecord, PageRecord,
};
use serde_json::Value;

/// The metrics of a try to deliver an event. tests/lambda.rs compares them with what the real binary writes.
pub const OF_A_TRY: [&str; 3] = ["DeliveryDuration", "DeliveryFailed", "DeliveryTries"];

/// The metrics of a line: `Calls`, or with a dimension `Calls resultCode=000000`.
///
/// # Panics
///
/// When a metric has no number, or a dimension no text.
#[must_use]
pub fn of(line: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_number(), "{name} of {line}");
            for set in directive["Dimensions"].as_array().unwrap() {
                let values = set.as_array().unwrap().iter().map(|dimension| {
                    let dimension = dimension.as_str().unwrap();
                    format!(" {dimension}={}", line[dimension].as_str().unwrap())
                });
                found.insert(name.to_owned() + &values.collect::<String>());
            }
        }
    }
    found
}

/// One line of each kind that comes from a function other than those of callbacks, but for tries to deliver.
#[must_use]
pub fn other_lines() -> Vec<Value> {
    let (at, none) = (Timestamp::from_millis(0), Duration::ZERO);
    let log = CloudWatch::of(&Environment::default());
    let swept = Swept {
        at,
        driven: 0,
        undelivered: 0,
        undelivered_age: none,
        parked: 0,
        parked_of_released: 0,
        provisioning_age: none,
        is_whole: true,
    };
    let swept = swept.line(&log);
    let api = ApiRecord {
        request_id: None,
        refused_from: None,
        application: None,
        at,
        method: String::new(),
        route: String::new(),
        status: 200,
        subjects: Vec::new(),
        shown: None,
        reason: None,
        duration: none,
    };
    let login = LoginRecord {
        at,
        request_id: None,
        method: String::new(),
        route: String::new(),
        status: 200,
        subjects: Vec::new(),
        outcome: LoginOutcome::Passed,
        reason: None,
        settings_kept: None,
        duration: none,
    };
    let console = ConsoleRecord {
        at,
        request_id: None,
        method: String::new(),
        route: String::new(),
        status: 200,
        by: None,
        reason: None,
        duration: none,
    };
    let page = PageRecord {
        at,
        request_id: None,
        instance_id: None,
        page: "welcome",
        status: 200,
        reason: None,
        duration: none,
    };
    let unrotated = Err(SigningKeyError::Public(String::new()));
    let keys = rotate_signing_keys::rotated_line(&log, at, &unrotated);
    let run = Run { at, erased: 0, failed: 0, due: 0, overdue: none }.line(&log);
    let reported = report_usage::Run {
        at,
        pushed: 0,
        failed: 0,
        newly_parked: 0,
        backlog: 0,
        oldest: none,
        parked: 0,
        silent: Vec::new(),
        stopped: None,
    };
    let reported = reported.line(&log);
    let watched = watch::Run::new(at).line(&log);
    let told = notify::Run::new(at).line(&log);
    let result_code = Some(ResultCode::Success);
    let forwarded = ForwardRecord { at, request_id: None, to: "new-instance", result_code, duration: none };
    let learnt = learn_order::swept_line(&log, &[], at);
    vec![
        swept,
        api.line(""),
        log.login_line(&login),
        log.console_line(&console),
        log.page_line(&page),
        keys,
        run,
        learnt,
        reported,
        watched,
        told,
        log.forwarded_line(&forwarded).unwrap(),
    ]
}
