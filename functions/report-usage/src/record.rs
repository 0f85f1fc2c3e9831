//! The log lines of pushes and runs: one JSON line each, with CloudWatch's embedded metrics. Never a secret.

use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::UsageHour;
use serde_json::{Value, json};

use crate::journal::{Journal, Pushed, Run};

/// The function's name in its lines of the log.
pub const FUNCTION: &str = "report-usage";
/// So many silent instances are named.
const MOST_NAMED: usize = 20;

/// The line of one push.
#[must_use]
pub fn pushed_line(pushed: &Pushed<'_>) -> Value {
    let mut line = match pushed.error {
        None => json!({ "function": FUNCTION, "level": "INFO" }),
        Some(error) => CloudWatch::problem_line(FUNCTION, "WARN", error),
    };
    line["records"] = pushed.records.into();
    line["milliseconds"] = (pushed.duration.as_secs_f64() * 1e3).into();
    line
}

/// The line of an hour that is parked.
#[must_use]
pub fn parked_line(hour: &UsageHour, answer: &str) -> Value {
    let mut line = CloudWatch::problem_line(FUNCTION, "ERROR", answer);
    line["instance"] = hour.id.instance_id.as_str().into();
    line["hour"] = hour.id.begin.to_rfc_3339().into();
    line
}

impl Run {
    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let needs_a_person = self.stopped.as_ref().is_some_and(crate::Stop::needs_a_person);
        let metrics = [
            Metric::count("UsagePushed", self.pushed),
            Metric::count("UsageBacklog", self.backlog),
            Metric::seconds("UsageOldestUnpushed", self.oldest),
            Metric::count("UsageParked", self.parked),
            Metric::count("UsageSilent", self.silent.len()),
            Metric::count("UsageStopped", usize::from(needs_a_person)),
        ];
        let level = match (&self.stopped, self.newly_parked) {
            (Some(stop), _) if stop.needs_a_person() => "ERROR",
            (None, 0) => "INFO",
            _ => "WARN",
        };
        let mut line = log.metric_line(FUNCTION, level, self.at, metrics);
        if let Some(stop) = &self.stopped {
            line["stopped"] = stop.to_string().into();
        }
        if !self.silent.is_empty() {
            let named: Vec<_> = self.silent.iter().take(MOST_NAMED).map(koogallery::InstanceId::as_str).collect();
            line["silentInstances"] = json!(named);
        }
        line
    }
}

impl Journal for CloudWatch {
    fn pushed(&self, pushed: &Pushed<'_>) {
        Self::write(pushed_line(pushed));
    }

    fn parked(&self, hour: &UsageHour, answer: &str) {
        Self::write(parked_line(hour, answer));
    }

    fn ran(&self, run: &Run) {
        Self::write(run.line(self));
    }
}
