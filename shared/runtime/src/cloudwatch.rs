//! The log on AWS: JSON lines on standard output, which CloudWatch Logs keeps. By CloudWatch's embedded metric format a line
//! carries the metrics as well.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use koogallery::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api_record::ApiRecord;
use crate::call_line::{call_line, forward_line, strangers_line};
use crate::clock::now;
use crate::config::Environment;
use crate::console_record::ConsoleRecord;
use crate::login_record::LoginRecord;
use crate::metric_line::{Metric, metric_line};
use crate::page_record::PageRecord;
use crate::record::{CallRecord, ForwardRecord, Log};
use crate::strangers::Strangers;
use crate::version::version;

/// Standard output, as CloudWatch Logs reads it.
#[derive(Debug, Clone)]
pub struct CloudWatch {
    namespace: String,
    strangers: Arc<Strangers>,
}

impl CloudWatch {
    /// Metrics go to `KOOGALLERY_METRICS_NAMESPACE`, `KooGallery` by default.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let namespace = environment.get("KOOGALLERY_METRICS_NAMESPACE").unwrap_or("KooGallery").to_owned();
        Self { namespace, strangers: Arc::default() }
    }

    /// The line of a function that answers no callback, with its metrics. Members can be added.
    #[must_use]
    pub fn metric_line(
        &self,
        function: &str,
        level: &str,
        at: Timestamp,
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Value {
        metric_line(&self.namespace, function, level, at, metrics)
    }

    /// The line of an error in such a function.
    #[must_use]
    pub fn problem_line(function: &str, level: &str, problem: impl fmt::Display) -> Value {
        json!({ "function": function, "level": level, "problem": problem.to_string() })
    }

    /// The line of a request to the seller API.
    #[must_use]
    pub fn api_line(&self, record: &ApiRecord) -> Value {
        record.line(&self.namespace)
    }

    /// The line of a request to the login.
    #[must_use]
    pub fn login_line(&self, record: &LoginRecord) -> Value {
        record.line(&self.namespace)
    }

    /// The line of a request to the console.
    #[must_use]
    pub fn console_line(&self, record: &ConsoleRecord) -> Value {
        record.line(&self.namespace)
    }

    /// The line of a buyer's page.
    #[must_use]
    pub fn page_line(&self, record: &PageRecord) -> Value {
        record.line(&self.namespace)
    }

    /// Writes a line as [`Self::write`] does, without what only CloudWatch reads.
    pub fn write_without_metrics(line: Value) {
        put(&Self::without_metrics(line));
    }

    /// The line as [`Self::write_without_metrics`] writes it.
    #[must_use]
    pub fn without_metrics(line: Value) -> Value {
        let mut line = stamped(line);
        if let Some(line) = line.as_object_mut() {
            line.remove("_aws");
        }
        line
    }

    /// Writes a line, with the time and the version that runs. If that fails, the work that the line is about must not fail.
    pub fn write(line: Value) {
        put(&stamped(line));
    }

    /// The lines of a call: none if another line stands for it, several if they stand for others as well.
    #[must_use]
    pub fn lines(&self, record: &CallRecord) -> Vec<Value> {
        if record.is_of_a_stranger() {
            let calls = self.strangers.call(record.result_code, record.at);
            return calls.map(|calls| strangers_line(&self.namespace, record, calls)).into_iter().collect();
        }
        let late = self.strangers.unwritten().map(|(result_code, calls)| {
            let record = CallRecord { result_code, ..CallRecord::new(record.function, record.at, result_code) };
            strangers_line(&self.namespace, &record, calls)
        });
        late.chain([call_line(&self.namespace, record)]).collect()
    }

    /// The line of a call that was passed on; none if another line stands for it.
    #[must_use]
    pub fn forwarded_line(&self, record: &ForwardRecord) -> Option<Value> {
        let refused = record.result_code.filter(|code| CallRecord::new("", record.at, *code).is_of_a_stranger());
        let calls = refused.map_or(Some(1), |code| self.strangers.call(code, record.at))?;
        Some(forward_line(&self.namespace, record, calls))
    }
}

impl Log for CloudWatch {
    fn record(&self, record: &CallRecord) {
        self.lines(record).into_iter().for_each(Self::write);
    }

    fn api(&self, record: &ApiRecord) {
        Self::write(self.api_line(record));
    }

    fn login(&self, record: &LoginRecord) {
        Self::write(self.login_line(record));
    }

    fn console(&self, record: &ConsoleRecord) {
        Self::write(self.console_line(record));
    }

    fn page(&self, record: &PageRecord) {
        Self::write(self.page_line(record));
    }

    fn forwarded(&self, record: &ForwardRecord) {
        self.forwarded_line(record).into_iter().for_each(Self::write);
    }
}

fn stamped(mut line: Value) -> Value {
    let at = line["_aws"]["Timestamp"].as_i64().unwrap_or_else(|| now().as_millis());
    // Lambda takes the level of a line only if the line has its time in this form.
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).ok();
    line["timestamp"] = at.and_then(|at| at.format(&Rfc3339).ok()).into();
    line["version"] = version().into();
    line
}

fn put(line: &Value) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
