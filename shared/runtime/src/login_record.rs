//! The log line of a request to the login: one JSON line with CloudWatch's embedded metrics. Never a user's name, a code, a ticket,
//! a token or a query.

use std::time::Duration;

use koogallery::Timestamp;
use serde_json::{Value, json};

use crate::metric_line::{Metric, metric_line};

/// One request to the login, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRecord {
    /// When it arrived.
    pub at: Timestamp,
    /// The id of the request.
    pub request_id: Option<String>,
    /// Its method.
    pub method: String,
    /// Its route, such as `/authorize`; empty if there is none.
    pub route: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// What it was about, under the log's names: the client, the tenant, the instance.
    pub subjects: Vec<(&'static str, String)>,
    /// How it ended.
    pub outcome: LoginOutcome,
    /// Why it did not go on. The browser does not get this.
    pub reason: Option<String>,
    /// Why an older version of the settings of products decided, or none, if so.
    pub settings_kept: Option<String>,
    /// The time from request to answer.
    pub duration: Duration,
}

/// How a request to the login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginOutcome {
    /// It led on, or answered a question.
    #[default]
    Passed,
    /// A user was admitted.
    SignedIn,
    /// It was refused: a user who may not enter, a browser or an application that is at fault.
    Refused,
    /// The tenant's login did not redeem what it gave, or gave an answer that cannot be used.
    NotRedeemed,
    /// This deployment failed.
    Failed,
}

impl LoginRecord {
    /// The line; its metrics go to `namespace`.
    #[must_use]
    pub fn line(&self, namespace: &str) -> Value {
        let level = match self.outcome {
            LoginOutcome::Passed | LoginOutcome::SignedIn if self.settings_kept.is_none() => "INFO",
            LoginOutcome::Passed | LoginOutcome::SignedIn | LoginOutcome::Refused => "WARN",
            LoginOutcome::NotRedeemed | LoginOutcome::Failed => "ERROR",
        };
        let is = |outcome| usize::from(self.outcome == outcome);
        let metrics = [
            Metric::count("LoginRequests", 1),
            Metric::milliseconds("LoginDuration", self.duration),
            Metric::count("LoginSignedIn", is(LoginOutcome::SignedIn)),
            Metric::count("LoginRefused", is(LoginOutcome::Refused)),
            Metric::count("LoginNotRedeemed", is(LoginOutcome::NotRedeemed)),
            Metric::count("LoginErrors", is(LoginOutcome::Failed)),
        ];
        let mut line = metric_line(namespace, "login", level, self.at, metrics);
        line["method"] = self.method.as_str().into();
        line["route"] = self.route.as_str().into();
        line["status"] = self.status.into();
        for (name, value) in &self.subjects {
            line[name] = json!(value);
        }
        let texts = [("requestId", &self.request_id), ("reason", &self.reason), ("settingsKept", &self.settings_kept)];
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
    fn each_outcome_has_its_own_figure() {
        let record = |outcome| LoginRecord {
            at: Timestamp::from_millis(0),
            request_id: None,
            method: "GET".to_owned(),
            route: "/callback".to_owned(),
            status: 200,
            subjects: vec![("tenantId", "t-1".to_owned())],
            outcome,
            reason: None,
            settings_kept: None,
            duration: Duration::ZERO,
        };
        for (outcome, level, figure) in [
            (LoginOutcome::SignedIn, "INFO", "LoginSignedIn"),
            (LoginOutcome::Refused, "WARN", "LoginRefused"),
            (LoginOutcome::NotRedeemed, "ERROR", "LoginNotRedeemed"),
            (LoginOutcome::Failed, "ERROR", "LoginErrors"),
        ] {
            let line = record(outcome).line("n");
            assert_eq!((&line["level"], &line[figure], &line["tenantId"]), (&level.into(), &1.into(), &"t-1".into()));
            let figures = ["LoginSignedIn", "LoginRefused", "LoginNotRedeemed", "LoginErrors"];
            let sum: u64 = figures.iter().filter_map(|name| line[name].as_u64()).sum();
            assert_eq!(sum, 1);
        }
        let kept = LoginRecord { settings_kept: Some("version 3 stays".to_owned()), ..record(LoginOutcome::SignedIn) };
        let line = kept.line("n");
        assert_eq!((&line["level"], &line["settingsKept"]), (&"WARN".into(), &"version 3 stays".into()));
    }
}
