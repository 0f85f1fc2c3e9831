//! The log lines of questions and sweeps: one JSON line each. Never a body, a secret or personal data.

use koogallery::Timestamp;
use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::Open;
use serde_json::{Value, json};

use crate::learner::{Asked, Journal};

pub(crate) const FUNCTION: &str = "learn-order";

impl Asked<'_> {
    /// Its line.
    #[must_use]
    pub fn line(&self) -> Value {
        let (level, ended) = match (self.problem, self.next_try_at) {
            (None, _) => ("INFO", "learnt"),
            (Some(_), Some(_)) => ("WARN", "failed"),
            (Some(_), None) => ("ERROR", "given up"),
        };
        json!({
            "level": level,
            "function": FUNCTION,
            "event": self.event.event_id,
            "subject": self.subject.to_string(),
            "attempt": self.attempt,
            "ended": ended,
            "problem": self.problem.map(ToString::to_string),
            "milliseconds": self.duration.as_secs_f64() * 1e3,
        })
    }
}

/// The line of a sweep: for how long the oldest event has waited until its order is learnt.
#[must_use]
pub fn swept_line(log: &CloudWatch, stalled: &[Open], at: Timestamp) -> Value {
    let oldest = stalled.iter().map(|open| at.since(open.since)).max().unwrap_or_default();
    let mut line = log.metric_line(FUNCTION, "INFO", at, [Metric::seconds("UnlearntAge", oldest)]);
    line["driven"] = stalled.len().into();
    line
}

impl Journal for CloudWatch {
    fn asked(&self, asked: &Asked<'_>) {
        Self::write(asked.line());
    }
}
