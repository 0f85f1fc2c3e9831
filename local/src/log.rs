//! The log of a local host: a line for a person on standard error.

use deliver_events::{Journal, Swept, Tried, type_name};
use erase_personal_data::Run;
use koogallery_oidc::{Rotated, SigningKeyError};
use koogallery_runtime::{ApiRecord, CallRecord, ConsoleRecord, ForwardRecord, Log, LoginRecord, PageRecord};
use koogallery_store::{Ended, Gone, Open, StoreError, Subject, UsageHour, Warning};
use learn_order::Asked;
use report_usage::Pushed;

/// Where records of work in the background go: tries to deliver events, questions about their orders, what waits, erasures, and
/// reports of use.
pub trait EventJournal:
    Journal
    + learn_order::Journal
    + erase_personal_data::Journal
    + rotate_signing_keys::Journal
    + report_usage::Journal
    + watch::Journal
    + notify::Journal
{
    /// Takes what is still to be done: what a look at the index found, and the events that have waited too long for their orders.
    fn measured(&self, swept: &Swept, unlearnt: &[Open]);
}

/// Standard error.
#[derive(Debug, Clone, Copy)]
pub struct Console;

impl Log for Console {
    #[allow(clippy::print_stderr)]
    fn record(&self, record: &CallRecord) {
        eprintln!("{}", line(record));
    }

    #[allow(clippy::print_stderr)]
    fn api(&self, record: &ApiRecord) {
        eprintln!("{}", api_line(record));
    }

    #[allow(clippy::print_stderr)]
    fn login(&self, record: &LoginRecord) {
        eprintln!("{}", login_line(record));
    }

    #[allow(clippy::print_stderr)]
    fn console(&self, record: &ConsoleRecord) {
        eprintln!("{}", console_line(record));
    }

    #[allow(clippy::print_stderr)]
    fn page(&self, record: &PageRecord) {
        eprintln!("{}", page_line(record));
    }

    /// Nothing: here the function's own line says it all, in the same process.
    fn forwarded(&self, _: &ForwardRecord) {}
}

impl Journal for Console {
    #[allow(clippy::print_stderr)]
    fn tried(&self, tried: &Tried<'_>) {
        let ended = match tried.ended {
            Some(Ended::Delivered) => "delivered",
            None => "not delivered, will be tried again",
            Some(Ended::Parked) => "not delivered, parked: `koogallery events resend` delivers it once more",
            Some(Ended::Stopped) => "not wanted",
        };
        let problem = tried.problem.map(|problem| format!(": {problem}")).unwrap_or_default();
        let milliseconds = tried.duration.as_secs_f64() * 1e3;
        let name = type_name(tried.event.event_type);
        let (of, to) = (tried.subject, tried.destination);
        eprintln!("event  {name:<22} {milliseconds:6.1} ms {of} to the {to}: {ended}{problem}");
    }
}

impl learn_order::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn asked(&self, asked: &Asked<'_>) {
        if let Some(problem) = asked.problem {
            let next = if asked.next_try_at.is_some() { "will be asked again" } else { "given up" };
            eprintln!("order  of {}: not learnt, {next}: {problem}", asked.subject);
        }
    }
}

impl erase_personal_data::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        match gone {
            Ok(Gone { items, events }) => {
                eprintln!("erased {of}: items {items}, events {events}");
            }
            Err(error) => eprintln!("not erased, will be tried again: {of}: {error}"),
        }
    }

    /// Nothing: each erasure has its own line.
    fn ran(&self, _: &Run) {}
}

impl rotate_signing_keys::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn rotated(&self, rotated: &Result<Rotated, SigningKeyError>) {
        match rotated {
            Ok(rotated) => {
                let made = rotated.made.iter().map(|(id, _)| format!(", made {id}"));
                let removed = rotated.removed.iter().map(|id| format!(", removed {id}"));
                let changes: String = made.chain(removed).collect();
                eprintln!("keys   of the login, {}{changes}", rotated.algorithm.name());
            }
            Err(error) => eprintln!("keys   of the login not rotated, will be tried again: {error}"),
        }
    }
}

impl report_usage::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn pushed(&self, pushed: &Pushed<'_>) {
        match pushed.error {
            None => eprintln!("use    of {} hours: KooGallery has it", pushed.records),
            Some(error) => eprintln!("use    not taken: {error}"),
        }
    }

    #[allow(clippy::print_stderr)]
    fn parked(&self, hour: &UsageHour, answer: &str) {
        let (of, begin) = (&hour.id.instance_id, hour.id.begin.to_rfc_3339());
        eprintln!("use    of {of} from {begin} is parked: `koogallery usage resend` pushes it once more: {answer}");
    }

    #[allow(clippy::print_stderr)]
    fn ran(&self, run: &report_usage::Run) {
        if let Some(stopped) = &run.stopped {
            eprintln!("use    of {} hours waits: {stopped}", run.backlog);
        }
    }
}

impl watch::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn raised(&self, warning: &Warning) {
        let due = warning.due_at.map(|due| format!(", due at {}", due.to_rfc_3339())).unwrap_or_default();
        let detail = warning.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        eprintln!("warn   {:<22} {}{due}{detail}", warning.cause.to_string(), warning.about);
    }

    /// Nothing: each warning has its own line.
    fn ran(&self, _: &watch::Run) {}
}

impl notify::Journal for Console {
    #[allow(clippy::print_stderr)]
    fn told(&self, told: &notify::Told<'_>) {
        let (to, entries) = (told.destination, told.entries);
        match told.error {
            None => eprintln!("told   {to} of {entries} things that wait, or do not any more"),
            Some(error) => eprintln!("told   not, will be tried again: {to}: {error}"),
        }
    }

    /// Nothing: each message has its own line.
    fn ran(&self, _: &notify::Run) {}
}

impl EventJournal for Console {
    /// Nothing: `koogallery events list` tells a person what waits.
    fn measured(&self, _: &Swept, _: &[Open]) {}
}

/// Discards all records: for a simulation, which shows its calls itself.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Log for Silent {
    fn record(&self, _: &CallRecord) {}

    fn api(&self, _: &ApiRecord) {}

    fn login(&self, _: &LoginRecord) {}

    fn console(&self, _: &ConsoleRecord) {}

    fn page(&self, _: &PageRecord) {}

    fn forwarded(&self, _: &ForwardRecord) {}
}

impl Journal for Silent {
    fn tried(&self, _: &Tried<'_>) {}
}

impl learn_order::Journal for Silent {
    fn asked(&self, _: &Asked<'_>) {}
}

impl erase_personal_data::Journal for Silent {
    fn erased(&self, _: &Subject, _: &Result<Gone, StoreError>) {}

    fn ran(&self, _: &Run) {}
}

impl rotate_signing_keys::Journal for Silent {
    fn rotated(&self, _: &Result<Rotated, SigningKeyError>) {}
}

impl report_usage::Journal for Silent {
    fn pushed(&self, _: &Pushed<'_>) {}

    fn parked(&self, _: &UsageHour, _: &str) {}

    fn ran(&self, _: &report_usage::Run) {}
}

impl watch::Journal for Silent {
    fn raised(&self, _: &Warning) {}

    fn ran(&self, _: &watch::Run) {}
}

impl notify::Journal for Silent {
    fn told(&self, _: &notify::Told<'_>) {}

    fn ran(&self, _: &notify::Run) {}
}

impl EventJournal for Silent {
    fn measured(&self, _: &Swept, _: &[Open]) {}
}

fn line(record: &CallRecord) -> String {
    let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    let mut line = format!(
        "{} {:<22} {:6.1} ms (store {:.1} ms)",
        record.result_code,
        record.function,
        milliseconds(record.duration),
        milliseconds(record.store_latency)
    );
    if record.test {
        line += " debug";
    }
    for (name, value) in [(" order ", &record.order_id), (" instance ", &record.instance_id), (": ", &record.reason)] {
        if let Some(value) = value {
            line += name;
            line += value;
        }
    }
    if let Some(why) = &record.settings_kept {
        line += "; ";
        line += why;
    }
    line
}

fn api_line(record: &ApiRecord) -> String {
    let ApiRecord { status, method, route, .. } = record;
    let mut line = format!("{status:<6} {method} {route} {:6.1} ms", record.duration.as_secs_f64() * 1e3);
    let application = record.application.iter().flat_map(|name| [" by ", name.as_str()]);
    let subjects = record.subjects.iter().flat_map(|(name, value)| [" ", *name, " ", value.as_str()]);
    let shown = record.shown.into_iter().flat_map(|shown| [" showed ", shown]);
    let reason = record.reason.iter().flat_map(|reason| [": ", reason.as_str()]);
    line.extend(application.chain(subjects).chain(shown).chain(reason));
    line
}

fn login_line(record: &LoginRecord) -> String {
    let LoginRecord { status, method, route, .. } = record;
    let mut line = format!("{status:<6} {method} login {route} {:6.1} ms", record.duration.as_secs_f64() * 1e3);
    let subjects = record.subjects.iter().flat_map(|(name, value)| [" ", *name, " ", value.as_str()]);
    let reason = record.reason.iter().flat_map(|reason| [": ", reason.as_str()]);
    let kept = record.settings_kept.iter().flat_map(|why| ["; ", why.as_str()]);
    line.extend(subjects.chain(reason).chain(kept));
    line
}

fn page_line(record: &PageRecord) -> String {
    let PageRecord { status, page, .. } = record;
    let mut line = format!("{status:<6} buyer's page {page} {:6.1} ms", record.duration.as_secs_f64() * 1e3);
    let instance = record.instance_id.iter().flat_map(|id| [" instance ", id.as_str()]);
    let reason = record.reason.iter().flat_map(|reason| [": ", reason.as_str()]);
    line.extend(instance.chain(reason));
    line
}

fn console_line(record: &ConsoleRecord) -> String {
    let ConsoleRecord { status, method, route, .. } = record;
    let mut line = format!("{status:<6} {method} console {route} {:6.1} ms", record.duration.as_secs_f64() * 1e3);
    let by = record.by.iter().flat_map(|by| [" by ", by.as_str()]);
    let reason = record.reason.iter().flat_map(|reason| [": ", reason.as_str()]);
    line.extend(by.chain(reason));
    line
}
