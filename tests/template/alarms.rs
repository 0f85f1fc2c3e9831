//! The alarms: each watches a metric that is written, says how urgent it is, and has its section in the runbook.

use std::collections::BTreeSet;
use std::time::Duration;

use koogallery::{ResultCode, Timestamp};
use koogallery_runtime::{CallRecord, CloudWatch, Environment, Fault};
use koogallery_tests::metrics;
use koogallery_tests::template::{Template, plain, root};
use serde_json::Value;

use crate::callbacks;

/// Lines of calls of every kind that has a metric of its own.
fn lines_of_calls() -> Vec<Value> {
    let record = |result_code| CallRecord {
        signed: true,
        order_id: Some("CS1".to_owned()),
        ..CallRecord::new("new-instance", Timestamp::from_millis(0), result_code)
    };
    let failed = |fault| CallRecord { fault: Some(fault), ..record(ResultCode::InternalError) };
    let records = [
        CallRecord { provisioning_age: Some(Duration::ZERO), ..record(ResultCode::Processing) },
        CallRecord { unreadable_key: Some("it is no key".to_owned()), cold_start: true, ..record(ResultCode::Success) },
        CallRecord { signed: false, ..record(ResultCode::AuthenticationFailed) },
        CallRecord { test: true, ..record(ResultCode::InstanceNotFound) },
        record(ResultCode::InstanceNotFound),
        failed(Fault::Store),
        failed(Fault::Secrets),
        failed(Fault::Deadline),
        failed(Fault::DirectoryFull),
    ];
    let log = CloudWatch::of(&Environment::default());
    records.iter().flat_map(|record| log.lines(record)).collect()
}

/// The alarms on our own metrics: their logical ids and resources, each with the metrics that it watches.
fn own_alarms(template: &Template) -> Vec<(&str, &Value, Vec<String>)> {
    let watched = |alarm: &Value| -> Vec<String> {
        let several = alarm["Properties"]["Metrics"].as_array().into_iter().flatten();
        let metrics = several.filter_map(|metric| metric["MetricStat"].get("Metric"));
        let metrics = metrics.chain([&alarm["Properties"]]).filter(|metric| !metric["MetricName"].is_null());
        let own = metrics.filter(|metric| plain(&metric["Namespace"]) == "Sub KooGallery/${AWS::StackName}");
        own.map(|metric| plain(&metric["MetricName"])).collect()
    };
    let alarms = template.of_type("AWS::CloudWatch::Alarm").into_iter();
    alarms.map(|(id, alarm)| (id, alarm, watched(alarm))).filter(|(_, _, watched)| !watched.is_empty()).collect()
}

#[test]
fn every_metric_of_an_alarm_and_of_the_dashboard_is_written() {
    let template = Template::read();
    let lines = [lines_of_calls(), metrics::other_lines()].concat();
    let mut written: BTreeSet<String> = lines.iter().flat_map(metrics::of).collect();
    let mut own = 0;
    for (id, _, watched) in own_alarms(&template) {
        own += 1;
        for metric in watched {
            assert!(written.contains(&metric), "{id}: nothing writes {metric}");
        }
    }
    assert_eq!(own, 38);

    // That of a try to deliver is written by the courier alone: tests/lambda.rs reads its lines.
    written.insert("DeliveryFailed".to_owned());
    let body = plain(&template.resource("Dashboard")["Properties"]["DashboardBody"]);
    let body: Value = serde_json::from_str(body.strip_prefix("Sub ").unwrap()).unwrap();
    let mut shown = 0;
    for widget in body["widgets"].as_array().unwrap() {
        let mut namespace = "";
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            // `.` stands for what the line above has.
            match metric[0].as_str() {
                Some("." | "...") => {}
                Some(named) => namespace = named,
                None => {
                    let search = metric[0]["expression"].as_str().unwrap();
                    // A name with a hyphen is one word only in quotes.
                    assert!(search.contains(r#"{"KooGallery/${AWS::StackName}",resultCode} MetricName="Calls""#));
                    assert!(written.iter().any(|metric| metric.starts_with("Calls resultCode=")));
                }
            }
            if let Some(name) = metric[1].as_str().filter(|_| namespace.starts_with("KooGallery/")) {
                assert!(written.contains(name), "nothing writes {name}, which the dashboard shows");
                shown += 1;
            }
        }
    }
    assert!(shown > 10);
}

#[test]
fn the_page_about_cost_knows_how_many_alarms_there_are() {
    let cost = std::fs::read_to_string(root().join("docs/cost.md")).unwrap();
    let told = format!("| alarms | {} |", Template::read().of_type("AWS::CloudWatch::Alarm").len());
    assert!(cost.contains(&told), "docs/cost.md lacks: {told}");
}

/// The title of the runbook's section about an alarm.
fn section(id: &str) -> &str {
    let name = id.strip_suffix("Alarm").unwrap();
    match name.split_once("Lambda") {
        Some((_, metric)) => metric,
        None => name,
    }
}

#[test]
fn every_alarm_says_how_urgent_it_is_and_has_its_section_in_the_runbook() {
    let template = Template::read();
    let runbook = std::fs::read_to_string(root().join("docs/runbook.md")).unwrap();
    let titles: BTreeSet<&str> = runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let mut told = BTreeSet::new();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let description = plain(&properties["AlarmDescription"]);
        let (severity, _) = description.split_once(" - ").unwrap();
        let topic = match severity {
            "page" => "If [\"HasAlarmTopic\",[{\"Ref\":\"AlarmTopicArn\"}],",
            "look" => {
                "If [\"HasLookTopic\",[{\"Fn::If\":[\"HasOwnLookTopic\",{\"Ref\":\"LookTopicArn\"},{\"Ref\":\"AlarmTopicArn\"}]}],"
            }
            other => panic!("{id}: how urgent is {other}?"),
        };
        let actions = plain(&properties["AlarmActions"]);
        assert!(actions.starts_with(topic), "{id}: {actions}");
        let section = section(id);
        assert!(description.ends_with(&format!("See {section} in docs/runbook.md.")), "{id}: {description}");
        let title = format!("{section} ({severity})");
        assert!(titles.contains(title.as_str()), "docs/runbook.md has no section {title}");
        told.insert(title);
    }
    // And no section is of an alarm that is gone.
    let stale: Vec<_> = titles.iter().filter(|title| title.ends_with(')') && !told.contains(**title)).collect();
    assert!(stale.is_empty(), "docs/runbook.md has sections without an alarm: {stale:?}");
}

/// Whatever a stranger sends is refused, and what is written of that wakes nobody.
#[test]
fn no_forged_call_pages_anybody() {
    let template = Template::read();
    let mut paging = BTreeSet::new();
    for (_, alarm, watched) in own_alarms(&template) {
        if plain(&alarm["Properties"]["AlarmDescription"]).starts_with("page") {
            paging.extend(watched);
        }
    }
    assert_eq!(paging.len(), 7);
    let log = CloudWatch::of(&Environment::default());
    for result_code in [ResultCode::AuthenticationFailed, ResultCode::InvalidParameter] {
        for test in [false, true] {
            let order_id = Some("CS1".to_owned());
            let forged = CallRecord {
                test,
                order_id,
                ..CallRecord::new("new-instance", Timestamp::from_millis(0), result_code)
            };
            let written: BTreeSet<String> = log.lines(&forged).iter().flat_map(metrics::of).collect();
            assert!(!written.is_empty() && written.is_disjoint(&paging), "{written:?}");
        }
    }
}

/// An alarm on what is missing has to ring for it, and every other one has to stay quiet.
#[test]
fn only_a_silence_rings_for_what_is_missing() {
    let template = Template::read();
    for (id, alarm) in template.of_type("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let silence =
            ["NoCallsAlarm", "NoSweepAlarm", "NoErasureAlarm", "NoUsageReportAlarm", "NoWatchAlarm", "NoNotifyAlarm"]
                .contains(&id);
        let expected =
            if silence { ("LessThanThreshold", "breaching") } else { ("GreaterThanThreshold", "notBreaching") };
        assert_eq!(
            (&properties["ComparisonOperator"], &properties["TreatMissingData"]),
            (&expected.0.into(), &expected.1.into()),
            "{id}"
        );
        let (period, periods) = (properties["Period"].as_u64(), properties["EvaluationPeriods"].as_u64().unwrap());
        // CloudWatch looks back for seven days at most, and for one where a period is shorter than an hour.
        let longest = if period.is_some_and(|period| period < 3600) { 24 } else { 7 * 24 };
        assert!(period.is_none_or(|period| period * periods <= longest * 3600), "{id}");
    }
}

#[test]
fn every_function_is_watched() {
    let template = Template::read();
    let dashboard = plain(&template.resource("Dashboard")["Properties"]["DashboardBody"]);
    let watched: BTreeSet<(String, String)> = template
        .of_type("AWS::CloudWatch::Alarm")
        .into_values()
        .filter(|alarm| alarm["Properties"]["Namespace"] == "AWS/Lambda")
        .map(|alarm| {
            let dimension = &alarm["Properties"]["Dimensions"][0];
            assert_eq!(dimension["Name"], "FunctionName");
            (plain(&dimension["Value"]), plain(&alarm["Properties"]["MetricName"]))
        })
        .collect();
    for (binary, (id, function)) in template.functions() {
        for metric in ["Errors", "Throttles"] {
            assert!(watched.contains(&(format!("Ref {id}"), metric.to_owned())), "no alarm tells {metric} of {binary}");
            let alarm = template.resource(&format!("{}Lambda{metric}Alarm", id.strip_suffix("Function").unwrap()));
            let same = alarm["Condition"] == function["Condition"];
            assert!(same, "the alarm of {binary} exists when its function does not");
        }
    }
    for id in callbacks(&template).into_values().chain(["FrontDoorFunction"]) {
        assert!(dashboard.contains(&format!("\"${{{id}}}\"")), "the dashboard lacks {id}");
    }
}
