//! What a host says of itself, beside the records of what it does: that it begins and ends, and what it cannot do just now.
//!
//! It stands on standard error. Who reads it is the same for the whole process: a person, or a collector of logs, which takes a line
//! for an event only if it is JSON. So that is said once, at the start of `serve`.

use std::fmt::Display;
use std::io::Write as _;
use std::panic;
use std::sync::OnceLock;

use koogallery_runtime::CloudWatch;
use serde_json::{Value, json};

use crate::telemetry::Reader;

/// What a line of the host's own has as its function.
const HOST: &str = "host";

static READER: OnceLock<Reader> = OnceLock::new();

/// Says for whom this process writes, once and before anything else. Without that, it writes for a person. For a collector, a panic is
/// a line of JSON as well.
pub(crate) fn write_for(reader: Reader) {
    if READER.set(reader).is_ok() && reader == Reader::Collector {
        panic::set_hook(Box::new(|panicked| write(CloudWatch::problem_line(HOST, "ERROR", panicked))));
    }
}

/// For whom this process writes.
pub(crate) fn reader() -> Reader {
    READER.get().copied().unwrap_or(Reader::Person)
}

/// Tells what cannot be done just now, and is done later or in another way.
#[allow(clippy::print_stderr)]
pub(crate) fn trouble(what: impl Display, problem: impl Display) {
    match reader() {
        Reader::Person => eprintln!("{what}: {problem}"),
        Reader::Collector => write(CloudWatch::problem_line(HOST, "WARN", format_args!("{what}: {problem}"))),
    }
}

/// Tells why the process ends.
#[allow(clippy::print_stderr)]
pub(crate) fn failure(problem: impl Display) {
    match reader() {
        Reader::Person => eprintln!("koogallery: {problem}"),
        Reader::Collector => write(CloudWatch::problem_line(HOST, "ERROR", problem)),
    }
}

/// Tells that it does something now.
#[allow(clippy::print_stderr)]
pub(crate) fn note(what: &str) {
    match reader() {
        Reader::Person => eprintln!("{what}"),
        Reader::Collector => write(note_line(what)),
    }
}

/// The line of a note, for members of its own.
pub(crate) fn note_line(what: &str) -> Value {
    json!({ "function": HOST, "level": "INFO", "note": what })
}

/// Writes a line for a collector. Where nobody reads it any more, the host goes on all the same.
pub(crate) fn write(line: Value) {
    let _ = writeln!(std::io::stderr().lock(), "{}", CloudWatch::without_metrics(line));
}
