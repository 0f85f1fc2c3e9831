//! What is logged: one JSON line for each erasure and one for the run, with CloudWatch's embedded metrics. Never what was
//! erased.

use std::io::Write;

use koogallery_runtime::Environment;
use koogallery_store::{Gone, StoreError, SubjectKey};
use serde_json::{Value, json};

use crate::{Journal, Run};

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatchJournal {
    namespace: String,
}

impl CloudWatchJournal {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self { namespace: environment.get("KOOGALLERY_METRICS_NAMESPACE").unwrap_or("KooGallery").to_owned() }
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
        let metrics = metrics.map(|(name, unit)| json!({ "Name": name, "Unit": unit }));
        json!({
            "_aws": {
                "Timestamp": run.at.as_millis(),
                "CloudWatchMetrics": [{ "Namespace": self.namespace, "Dimensions": [[]], "Metrics": metrics }],
            },
            "function": "erase-personal-data",
            "level": if run.failed == 0 { "INFO" } else { "ERROR" },
            "Erased": run.erased,
            "ErasureFailed": run.failed,
            "ErasuresDue": run.due,
            "ErasureOverdue": run.overdue.as_secs(),
        })
    }
}

impl Journal for CloudWatchJournal {
    fn erased(&self, of: &SubjectKey, gone: &Result<Gone, StoreError>) {
        write(&self.erased_line(of, gone));
    }

    fn ran(&self, run: &Run) {
        write(&self.ran_line(run));
    }
}

/// A line that cannot be written must not fail the run that it is about.
fn write(line: &Value) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
