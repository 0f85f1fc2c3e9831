//! The log line of a buyer's page: one JSON line with CloudWatch's embedded metric. Never its address, which opens the page, and nothing
//! of the buyer.

use std::time::Duration;

use koogallery::Timestamp;
use serde_json::{Value, json};

use crate::metric_line::{Metric, metric_line};

/// One page that a buyer asked for, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRecord {
    /// When the request arrived.
    pub at: Timestamp,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The instance, if the address was one.
    pub instance_id: Option<String>,
    /// Which page was shown.
    pub page: &'static str,
    /// The answer's HTTP status.
    pub status: u16,
    /// Why there was none. The browser does not get this.
    pub reason: Option<String>,
    /// The time from request to answer.
    pub duration: Duration,
}

impl PageRecord {
    /// The line; its metric goes to `namespace`.
    #[must_use]
    pub fn line(&self, namespace: &str) -> Value {
        let failed = self.status >= 500;
        let level = if failed { "ERROR" } else { "INFO" };
        let metrics = [Metric::count("BuyerPageErrors", usize::from(failed))];
        let mut line = metric_line(namespace, "buyer-pages", level, self.at, metrics);
        line["page"] = self.page.into();
        line["status"] = self.status.into();
        line["durationMs"] = json!(self.duration.as_secs_f64() * 1e3);
        let texts = [("requestId", &self.request_id), ("instanceId", &self.instance_id), ("reason", &self.reason)];
        for (name, text) in texts {
            if let Some(text) = text {
                line[name] = json!(text);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_of_ours_counts() {
        let record = |status| PageRecord {
            at: Timestamp::from_millis(0),
            request_id: None,
            instance_id: Some("b-1".to_owned()),
            page: "welcome",
            status,
            reason: None,
            duration: Duration::ZERO,
        };
        for (status, level, errors) in [(200, "INFO", 0), (302, "INFO", 0), (404, "INFO", 0), (503, "ERROR", 1)] {
            let line = record(status).line("n");
            assert_eq!((&line["level"], &line["BuyerPageErrors"]), (&level.into(), &errors.into()));
            assert_eq!(line["instanceId"], "b-1");
        }
    }
}
