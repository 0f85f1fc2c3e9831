//! What a run tells of itself: one JSON line, with CloudWatch's embedded metrics; and a line for each message. No message is in it.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::Notices;
use serde_json::{Value, json};

use crate::send::SendError;

/// The function's name in its lines of the log.
pub const FUNCTION: &str = "notify";

/// Where records go.
pub trait Journal: Send + Sync {
    /// A message was sent, or was not taken.
    fn told(&self, told: &Told<'_>);

    /// A run is over.
    fn ran(&self, run: &Run);
}

/// A message.
#[derive(Debug)]
pub struct Told<'a> {
    /// To whom.
    pub destination: &'a str,
    /// Of how many things.
    pub entries: usize,
    /// Why it was not taken.
    pub error: Option<&'a SendError>,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub at: Timestamp,
    /// How many things were told, to all destinations together.
    pub told: usize,
    /// How many destinations take no messages.
    pub failing: usize,
    /// For how long the first of them has taken none.
    pub failing_age: Duration,
}

/// The line of a message.
#[must_use]
pub fn told_line(told: &Told<'_>) -> Value {
    let mut line = match told.error {
        Some(error) => CloudWatch::problem_line(FUNCTION, "WARN", error),
        None => json!({ "function": FUNCTION, "level": "INFO" }),
    };
    line["destination"] = told.destination.into();
    line["entries"] = told.entries.into();
    line
}

impl Run {
    /// A run that begins.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { at, told: 0, failing: 0, failing_age: Duration::ZERO }
    }

    pub(crate) fn add(&mut self, notices: &Notices, entries: usize) {
        self.told += entries;
        if let Some(since) = notices.failing_since {
            self.failing += 1;
            self.failing_age = self.failing_age.max(self.at.since(since));
        }
    }

    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let metrics = [Metric::seconds("NotifyFailingAge", self.failing_age)];
        let mut line = log.metric_line(FUNCTION, "INFO", self.at, metrics);
        line["told"] = self.told.into();
        line["failing"] = self.failing.into();
        line
    }
}

impl Journal for CloudWatch {
    fn told(&self, told: &Told<'_>) {
        Self::write(told_line(told));
    }

    fn ran(&self, run: &Run) {
        Self::write(run.line(self));
    }
}
