//! Log lines with metrics, in CloudWatch's embedded metric format.

use std::time::Duration;

use koogallery::Timestamp;
use serde_json::{Value, json};

/// The counts that say how much there is. All others say how much came, and add up.
pub const STATES: [&str; 9] = [
    "UndeliveredEvents",
    "ParkedEvents",
    "ErasuresDue",
    "UsageBacklog",
    "UsageParked",
    "UsageSilent",
    "UsageStopped",
    "WarningsStanding",
    "WarningsUrgent",
];

/// One metric of a line.
#[derive(Debug, Clone)]
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    value: Value,
}

impl Metric {
    /// A number.
    #[must_use]
    pub fn count(name: &'static str, count: usize) -> Self {
        Self { name, unit: "Count", value: count.into() }
    }

    /// A duration in whole seconds.
    #[must_use]
    pub fn seconds(name: &'static str, duration: Duration) -> Self {
        Self { name, unit: "Seconds", value: duration.as_secs().into() }
    }

    /// A duration in milliseconds, with fractions.
    #[must_use]
    pub fn milliseconds(name: &'static str, duration: Duration) -> Self {
        Self { name, unit: "Milliseconds", value: (duration.as_secs_f64() * 1e3).into() }
    }
}

/// A line of a function, with its metrics, which have no dimension: each dimension's each value would be a metric of its own,
/// with its own price. Members can be added.
pub(crate) fn metric_line(
    namespace: &str,
    function: &str,
    level: &str,
    at: Timestamp,
    metrics: impl IntoIterator<Item = Metric>,
) -> Value {
    let mut line =
        json!({ "function": function, "level": level, "_aws": { "Timestamp": at, "CloudWatchMetrics": [] } });
    add(&mut line, namespace, &[&[]], metrics);
    line
}

/// Adds a metric that has dimensions: members of the line.
pub(crate) fn add_dimensions(line: &mut Value, namespace: &str, dimensions: &[&[&str]], metric: Metric) {
    add(line, namespace, dimensions, [metric]);
}

fn add(line: &mut Value, namespace: &str, dimensions: &[&[&str]], metrics: impl IntoIterator<Item = Metric>) {
    let mut named = Vec::new();
    for Metric { name, unit, value } in metrics {
        named.push(json!({ "Name": name, "Unit": unit }));
        line[name] = value;
    }
    if named.is_empty() {
        return;
    }
    if let Some(directives) = line["_aws"]["CloudWatchMetrics"].as_array_mut() {
        directives.push(json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": named }));
    }
}
