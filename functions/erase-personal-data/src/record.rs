//! What is logged: one JSON line for each erasure and one for the run, with CloudWatch's embedded metrics. Never what was
//! erased.

use koogallery_runtime::{CloudWatch, Environment};
use koogallery_store::{Gone, StoreError, SubjectKey};
use serde_json::{Value, json};

use crate::{Journal, Run};

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatchJournal(CloudWatch);

impl CloudWatchJournal {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self(CloudWatch::of(environment))
    }

    /// The line of one erasure.
    #[must_use]
    pub fn erased_line(&self, of: &SubjectKey, gone: &Result<Gone, StoreError>) -> Value {
        let mut line = json!({ "function": "erase-personal-data", "subject": of.shown() });
        match gone {
            Ok(Gone { items, events }) => {
                (line["level"], line["items"], line["events"]) = ("INFO".into(), (*items).into(), (*events).into());
            }
            Err(error) => (line["level"], line["problem"]) = ("ERROR".into(), error.to_string().into()),
        }
        line
    }

    /// The line of a run.
    #[must_use]
    pub fn ran_line(&self, run: &Run) -> Value {
        let metrics =
            [("Erased", "Count"), ("ErasureFailed", "Count"), ("ErasuresDue", "Count"), ("ErasureOverdue", "Seconds")];
        let mut line = self.0.with_metrics("erase-personal-data", run.at, &metrics);
        line["level"] = if run.failed == 0 { "INFO" } else { "ERROR" }.into();
        line["Erased"] = run.erased.into();
        line["ErasureFailed"] = run.failed.into();
        line["ErasuresDue"] = run.due.into();
        line["ErasureOverdue"] = run.overdue.as_secs().into();
        line
    }
}

impl Journal for CloudWatchJournal {
    fn erased(&self, of: &SubjectKey, gone: &Result<Gone, StoreError>) {
        CloudWatch::write(&self.erased_line(of, gone));
    }

    fn ran(&self, run: &Run) {
        CloudWatch::write(&self.ran_line(run));
    }
}
