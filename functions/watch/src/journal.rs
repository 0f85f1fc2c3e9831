//! What a run tells of itself: one JSON line, with CloudWatch's embedded metrics. Ids and causes, no personal data.

use koogallery::Timestamp;
use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::Warning;
use serde_json::Value;

/// The function's name in its lines of the log.
pub const FUNCTION: &str = "watch";

/// Where records go.
pub trait Journal: Send + Sync {
    /// A warning is raised, for the first time or once more.
    fn raised(&self, warning: &Warning);

    /// A run is over.
    fn ran(&self, run: &Run);
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub at: Timestamp,
    /// How many warnings it raised.
    pub raised: usize,
    /// How many it ended, because their cause is gone.
    pub ended: usize,
    /// How many stand, without those that are snoozed.
    pub standing: usize,
    /// How many of these have a deadline within a day, or behind them.
    pub urgent: usize,
}

/// The line of a warning.
#[must_use]
pub fn raised_line(warning: &Warning) -> Value {
    let mut line = CloudWatch::problem_line(FUNCTION, "WARN", warning.cause);
    line["about"] = warning.about.to_string().into();
    line["since"] = warning.since.to_rfc_3339().into();
    line["warning"] = warning.warning_id.as_str().into();
    if let Some(due) = warning.due_at {
        line["dueAt"] = due.to_rfc_3339().into();
    }
    if let Some(detail) = &warning.detail {
        line["detail"] = detail.as_str().into();
    }
    line
}

impl Run {
    /// A run that begins.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { at, raised: 0, ended: 0, standing: 0, urgent: 0 }
    }

    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let metrics = [Metric::count("WarningsStanding", self.standing), Metric::count("WarningsUrgent", self.urgent)];
        let mut line = log.metric_line(FUNCTION, "INFO", self.at, metrics);
        line["raised"] = self.raised.into();
        line["ended"] = self.ended.into();
        line
    }
}

impl Journal for CloudWatch {
    fn raised(&self, warning: &Warning) {
        Self::write(raised_line(warning));
    }

    fn ran(&self, run: &Run) {
        Self::write(run.line(self));
    }
}
