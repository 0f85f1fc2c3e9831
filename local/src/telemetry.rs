//! What a production host tells of itself: the same lines as the functions on Lambda, and the figures in them as Prometheus
//! has them. Each figure is made in one place, so that an alarm means the same wherever the functions run.

use std::sync::Arc;

use deliver_events::{Swept, Tried};
use erase_personal_data::{Run, erased_line};
use koogallery_oidc::{Rotated, SigningKeyError};
use koogallery_runtime::{
    ApiRecord, CallRecord, CloudWatch, ConsoleRecord, Environment, ForwardRecord, Log, LoginRecord, PageRecord, now,
};
use koogallery_store::{Gone, Open, StoreError, Subject, UsageHour, Warning};
use learn_order::{Asked, swept_line};
use report_usage::{Pushed, parked_line, pushed_line};
use rotate_signing_keys::rotated_line;
use serde_json::Value;
use watch::raised_line;

use crate::log::{Console, EventJournal};
use crate::metrics::Metrics;

/// For whom the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal: a short line on standard error.
    Person,
    /// A collector of logs: a line of JSON on standard output.
    Collector,
}

/// Takes all records.
#[derive(Debug)]
pub struct Telemetry {
    reader: Reader,
    lines: CloudWatch,
    metrics: Arc<Metrics>,
}

impl Telemetry {
    /// Writes lines for this reader, and counts what they tell.
    #[must_use]
    pub fn new(reader: Reader, environment: &Environment, metrics: Arc<Metrics>) -> Self {
        Self { reader, lines: CloudWatch::of(environment), metrics }
    }

    /// Counts what a line tells, and writes it where a collector reads.
    fn take(&self, line: Value) {
        self.metrics.take(&line);
        if self.reader == Reader::Collector {
            CloudWatch::write_without_metrics(line);
        }
    }

    fn for_a_person(&self, tell: impl FnOnce(&Console)) {
        if self.reader == Reader::Person {
            tell(&Console);
        }
    }
}

impl Log for Telemetry {
    fn record(&self, record: &CallRecord) {
        self.lines.lines(record).into_iter().for_each(|line| self.take(line));
        self.for_a_person(|console| console.record(record));
    }

    fn api(&self, record: &ApiRecord) {
        self.take(self.lines.api_line(record));
        self.for_a_person(|console| console.api(record));
    }

    fn login(&self, record: &LoginRecord) {
        self.take(self.lines.login_line(record));
        self.for_a_person(|console| console.login(record));
    }

    fn console(&self, record: &ConsoleRecord) {
        self.take(self.lines.console_line(record));
        self.for_a_person(|console| Log::console(console, record));
    }

    fn page(&self, record: &PageRecord) {
        self.take(self.lines.page_line(record));
        self.for_a_person(|console| console.page(record));
    }

    /// Nothing: here the function's own line says it all, in the same process.
    fn forwarded(&self, _: &ForwardRecord) {}
}

impl deliver_events::Journal for Telemetry {
    fn tried(&self, tried: &Tried<'_>) {
        self.take(tried.line(&self.lines));
        self.for_a_person(|console| console.tried(tried));
    }
}

impl learn_order::Journal for Telemetry {
    fn asked(&self, asked: &Asked<'_>) {
        self.take(asked.line());
        self.for_a_person(|console| console.asked(asked));
    }
}

impl erase_personal_data::Journal for Telemetry {
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        self.take(erased_line(of, gone));
        self.for_a_person(|console| console.erased(of, gone));
    }

    fn ran(&self, run: &Run) {
        self.take(run.line(&self.lines));
        self.for_a_person(|console| erase_personal_data::Journal::ran(console, run));
    }
}

impl report_usage::Journal for Telemetry {
    fn pushed(&self, pushed: &Pushed<'_>) {
        self.take(pushed_line(pushed));
        self.for_a_person(|console| console.pushed(pushed));
    }

    fn parked(&self, hour: &UsageHour, answer: &str) {
        self.take(parked_line(hour, answer));
        self.for_a_person(|console| console.parked(hour, answer));
    }

    fn ran(&self, run: &report_usage::Run) {
        self.take(run.line(&self.lines));
        self.for_a_person(|console| report_usage::Journal::ran(console, run));
    }
}

impl watch::Journal for Telemetry {
    fn raised(&self, warning: &Warning) {
        self.take(raised_line(warning));
        self.for_a_person(|console| watch::Journal::raised(console, warning));
    }

    fn ran(&self, run: &watch::Run) {
        self.take(run.line(&self.lines));
        self.for_a_person(|console| watch::Journal::ran(console, run));
    }
}

impl notify::Journal for Telemetry {
    fn told(&self, told: &notify::Told<'_>) {
        self.take(notify::told_line(told));
        self.for_a_person(|console| console.told(told));
    }

    fn ran(&self, run: &notify::Run) {
        self.take(run.line(&self.lines));
        self.for_a_person(|console| notify::Journal::ran(console, run));
    }
}

impl rotate_signing_keys::Journal for Telemetry {
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>) {
        self.take(rotated_line(&self.lines, now(), rotated));
        self.for_a_person(|console| console.rotated(rotated));
    }
}

impl EventJournal for Telemetry {
    fn measured(&self, swept: &Swept, unlearnt: &[Open]) {
        self.take(swept.line(&self.lines));
        self.take(swept_line(&self.lines, unlearnt, swept.at));
        self.for_a_person(|console| console.measured(swept, unlearnt));
    }
}
