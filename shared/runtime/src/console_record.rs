//! The log line of a request to the console: one JSON line with CloudWatch's embedded metric. Never a token, a form, a path with an id,
//! or personal data of buyers; it names the operator.

use std::time::Duration;

use koogallery::Timestamp;
use serde_json::{Value, json};

use crate::metric_line::{Metric, metric_line};

/// One request to the console, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleRecord {
    /// When it arrived.
    pub at: Timestamp,
    /// The id of the request.
    pub request_id: Option<String>,
    /// Its method.
    pub method: String,
    /// Its route, as a pattern such as `/instances/{id}`; empty if there is none.
    pub route: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// Who is signed in, if somebody is.
    pub by: Option<String>,
    /// Why it did not go on. The browser does not get this.
    pub reason: Option<String>,
    /// The time from request to answer.
    pub duration: Duration,
}

impl ConsoleRecord {
    /// The line; its metric goes to `namespace`.
    #[must_use]
    pub fn line(&self, namespace: &str) -> Value {
        let level = match self.status {
            500.. => "ERROR",
            400.. => "WARN",
            _ => "INFO",
        };
        let metrics = [Metric::count("ConsoleErrors", usize::from(self.status >= 500))];
        let mut line = metric_line(namespace, "console", level, self.at, metrics);
        line["method"] = self.method.as_str().into();
        line["route"] = self.route.as_str().into();
        line["status"] = self.status.into();
        line["durationMs"] = json!(self.duration.as_secs_f64() * 1e3);
        for (name, text) in [("requestId", &self.request_id), ("by", &self.by), ("reason", &self.reason)] {
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
        let record = |status| ConsoleRecord {
            at: Timestamp::from_millis(0),
            request_id: None,
            method: "GET".to_owned(),
            route: "/".to_owned(),
            status,
            by: None,
            reason: None,
            duration: Duration::ZERO,
        };
        for (status, level, errors) in [(200, "INFO", 0), (303, "INFO", 0), (403, "WARN", 0), (503, "ERROR", 1)] {
            let line = record(status).line("n");
            assert_eq!((&line["level"], &line["ConsoleErrors"]), (&level.into(), &errors.into()));
        }
    }
}
