//! The log line of a request to the seller API: one JSON line with CloudWatch's embedded metrics. Never a token, a body, a user's
//! name or other personal data; but it says that personal data was shown.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_http_event::SourceAddress;
use serde_json::{Value, json};

use crate::metric_line::{Metric, metric_line};

/// One request, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiRecord {
    /// When it arrived.
    pub at: Timestamp,
    /// The id of the request, the same in every log line about it.
    pub request_id: Option<String>,
    /// The application's name in the request's token, if the token has one.
    pub application: Option<String>,
    /// Where it came from, if its token was refused.
    pub refused_from: Option<SourceAddress>,
    /// Its method.
    pub method: String,
    /// Its route, as a pattern such as `/v1/instances/{id}`; empty if there is none.
    pub route: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// What it was about, under the log's names; empty for a request without a valid token.
    pub subjects: Vec<(&'static str, String)>,
    /// Which personal data or secret was shown.
    pub shown: Option<&'static str>,
    /// Why it failed. The caller does not get this.
    pub reason: Option<String>,
    /// The time from request to answer.
    pub duration: Duration,
}

impl ApiRecord {
    /// The line; its metrics go to `namespace`.
    #[must_use]
    pub fn line(&self, namespace: &str) -> Value {
        let level = match self.status {
            500.. => "ERROR",
            400.. => "WARN",
            _ => "INFO",
        };
        let metrics = [
            Metric::count("ApiRequests", 1),
            Metric::milliseconds("ApiDuration", self.duration),
            Metric::count("ApiUnauthorized", usize::from(self.status == 401)),
            Metric::count("ApiGuessesRefused", usize::from(self.status == 429)),
            Metric::count("ApiErrors", usize::from(self.status >= 500)),
        ];
        let mut line = metric_line(namespace, "seller-api", level, self.at, metrics);
        line["method"] = self.method.as_str().into();
        line["route"] = self.route.as_str().into();
        line["status"] = self.status.into();
        if let Some(from) = self.refused_from {
            line["refusedFrom"] = json!(from.to_string());
        }
        for (name, value) in &self.subjects {
            line[name] = json!(value);
        }
        let optional = [
            ("requestId", self.request_id.as_deref()),
            ("application", self.application.as_deref()),
            ("shown", self.shown),
            ("reason", self.reason.as_deref()),
        ];
        for (name, text) in optional {
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
    fn a_line_is_one_embedded_metric_record() {
        let record = ApiRecord {
            at: Timestamp::from_millis(1_764_000_000_000),
            request_id: Some("r-1".to_owned()),
            application: Some("crm".to_owned()),
            refused_from: None,
            method: "GET".to_owned(),
            route: "/v1/instances/{id}".to_owned(),
            status: 503,
            subjects: vec![("instanceId", "i-1".to_owned())],
            shown: None,
            reason: Some("the store did not answer\n".to_owned()),
            duration: Duration::from_micros(1500),
        };
        let line = record.line("KooGallery/test");
        assert!(!line.to_string().contains('\n'));
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
        }
        assert_eq!(
            (&line["ApiErrors"], &line["ApiUnauthorized"], &line["level"]),
            (&1.into(), &0.into(), &"ERROR".into())
        );
        assert_eq!((&line["instanceId"], line.get("shown")), (&"i-1".into(), None));
        assert_eq!((&line["requestId"], &line["application"]), (&"r-1".into(), &"crm".into()));
    }
}
