//! Metering: how fast records of use are taken, how fast and in how much memory an hour is pushed, and a week with all that goes wrong,
//! whose charge must be what was used.

mod clock;
mod push;
mod records;
mod week;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::Problem;
use crate::report::{Row, cell};

pub(crate) use push::{Apart as PushApart, serve as push_apart};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Records a second, of one instance and of many.
    Records,
    /// The push of an hour: its time, and the memory of the process that pushes.
    Push,
    /// A week, with an outage of two days and runs that are killed.
    Week,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many pay-per-use instances there are.
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    instances: u32,
    /// How many records are taken, of one instance and of all.
    #[arg(long, default_value_t = 200_000, value_name = "NUMBER")]
    records: usize,
    /// How many calls are under way at the same time, of 1,000 records each.
    #[arg(long, default_value_t = 4, value_name = "NUMBER")]
    concurrency: usize,
    /// How many hours the week has.
    #[arg(long, default_value_t = 7 * 24, value_name = "NUMBER")]
    hours: u64,
    /// Only this part; may be repeated [default: all, one after the other].
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    what: String,
    number: usize,
    seconds: f64,
    /// The most memory that the process had so far, where it is measured.
    peak_mebibytes: Option<f64>,
}

impl Measured {
    fn new(what: impl Into<String>, number: usize, seconds: f64) -> Self {
        Self { what: what.into(), number, seconds, peak_mebibytes: None }
    }
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["", "number", "seconds", "a second", "peak MiB"];

    fn cells(&self) -> Vec<String> {
        #[allow(clippy::cast_precision_loss)]
        let rate = self.number as f64 / self.seconds;
        vec![
            self.what.clone(),
            self.number.to_string(),
            cell(Some(self.seconds), 1),
            cell(Some(rate), 0),
            cell(self.peak_mebibytes, 0),
        ]
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    let mut rows = Vec::new();
    let is_wanted = |part| options.only.is_empty() || options.only.contains(&part);
    if is_wanted(Part::Records) {
        rows.extend(records::measure(options).await?);
    }
    if is_wanted(Part::Push) {
        rows.push(push::measure(options).await?);
    }
    if is_wanted(Part::Week) {
        rows.extend(week::measure(options).await?);
    }
    Ok(rows)
}

/// Says on the standard error how far it is.
#[allow(clippy::print_stderr)]
fn tell(progress: &str) {
    eprintln!("usage: {progress}");
}
