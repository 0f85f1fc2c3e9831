//! What is logged of an asking and of a sweep: one JSON line each. Never a body, a secret or personal data.

use koogallery::Timestamp;
use koogallery_runtime::{CloudWatch, Environment};
use koogallery_store::Open;
use serde_json::{Value, json};

use crate::learner::{Asked, Journal};

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatchJournal(CloudWatch);

impl CloudWatchJournal {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self(CloudWatch::of(environment))
    }

    /// The line of an asking.
    #[must_use]
    pub fn asked_line(asked: &Asked<'_>) -> Value {
        let (level, ended) = match (asked.problem, asked.next_try_at) {
            (None, _) => ("INFO", "learnt"),
            (Some(_), Some(_)) => ("WARN", "failed"),
            (Some(_), None) => ("ERROR", "given up"),
        };
        json!({
            "level": level,
            "function": "learn-order",
            "event": asked.event.event_id,
            "subject": asked.subject.shown(),
            "attempt": asked.attempt,
            "ended": ended,
            "problem": asked.problem.map(ToString::to_string),
            "milliseconds": asked.duration.as_secs_f64() * 1e3,
        })
    }

    /// The line of a sweep: for how long the oldest event has been waiting for what its order bought.
    #[must_use]
    pub fn swept_line(&self, stalled: &[Open], at: Timestamp) -> Value {
        let mut line = self.0.with_metrics("learn-order", at, &[("UnlearntAge", "Seconds")]);
        line["level"] = "INFO".into();
        line["driven"] = stalled.len().into();
        let oldest = stalled.iter().map(|open| at.since(open.since)).max().unwrap_or_default();
        line["UnlearntAge"] = oldest.as_secs().into();
        line
    }

    /// Writes a sweep's line.
    pub(crate) fn swept(&self, stalled: &[Open], at: Timestamp) {
        CloudWatch::write(&self.swept_line(stalled, at));
    }
}

impl Journal for CloudWatchJournal {
    fn asked(&self, asked: &Asked<'_>) {
        CloudWatch::write(&Self::asked_line(asked));
    }
}
