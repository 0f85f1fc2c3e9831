//! The log lines: one JSON line for each erasure and one for the run, with CloudWatch's embedded metrics. Never what was erased.

use koogallery_runtime::{CloudWatch, Metric};
use koogallery_store::{Gone, StoreError, Subject};
use serde_json::{Value, json};

use crate::{Journal, Run};

/// The function's name in its lines of the log.
pub const FUNCTION: &str = "erase-personal-data";

/// The line of one erasure.
#[must_use]
pub fn erased_line(of: &Subject, gone: &Result<Gone, StoreError>) -> Value {
    let mut line = match gone {
        Ok(Gone { items, events }) => {
            json!({ "function": FUNCTION, "level": "INFO", "items": items, "events": events })
        }
        Err(error) => CloudWatch::problem_line(FUNCTION, "ERROR", error),
    };
    line["subject"] = of.to_string().into();
    line
}

impl Run {
    /// Its line.
    #[must_use]
    pub fn line(&self, log: &CloudWatch) -> Value {
        let metrics = [
            Metric::count("Erased", self.erased),
            Metric::count("ErasureFailed", self.failed),
            Metric::count("ErasuresDue", self.due),
            Metric::seconds("ErasureOverdue", self.overdue),
        ];
        log.metric_line(FUNCTION, if self.failed == 0 { "INFO" } else { "ERROR" }, self.at, metrics)
    }
}

impl Journal for CloudWatch {
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        Self::write(erased_line(of, gone));
    }

    fn ran(&self, run: &Run) {
        Self::write(run.line(self));
    }
}
