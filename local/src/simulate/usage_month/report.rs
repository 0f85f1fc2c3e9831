//! How a month of pay-per-use ended, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use koogallery::InstanceId;
use koogallery_store::Quantity;
use serde_json::{Value, json};

/// So many instances are shown to a person at most.
const MOST_SHOWN: usize = 20;

/// How the month ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReport {
    /// How many hours were played.
    pub hours: u64,
    /// How many records were made.
    pub made: usize,
    /// How many were sent: each once, and some again.
    pub sent: usize,
    /// How many counted, as the seller API said.
    pub counted: usize,
    /// How many hours of instances KooGallery counts.
    pub pushed: usize,
    /// How many pushes it had.
    pub pushes: usize,
    /// How often a run was killed.
    pub kills: usize,
    /// What was used, and what is charged, by instance.
    pub by_instance: BTreeMap<InstanceId, (Quantity, Quantity)>,
    /// Records that KooGallery took and does not count.
    pub uncounted: usize,
    /// Hours that are not pushed at the end, or are parked.
    pub left: usize,
    /// How long it took.
    pub elapsed: Duration,
}

impl MonthReport {
    /// Whether each unit is charged once.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.counted == self.made
            && self.uncounted == 0
            && self.left == 0
            && self.by_instance.values().all(|(used, charged)| used == charged)
    }
}

impl MonthReport {
    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { hours, made, sent, counted, pushed, pushes, kills, by_instance, uncounted, left, elapsed } = self;
        let by_instance = by_instance.iter().map(|(id, (used, charged))| {
            json!({ "instanceId": id, "used": used.to_string(), "charged": charged.to_string() })
        });
        json!({
            "hours": hours, "recordsMade": made, "recordsSent": sent, "recordsCounted": counted, "hoursPushed": pushed, "pushes": pushes, "kills": kills,
            "instances": by_instance.collect::<Vec<_>>(), "recordsNotCounted": uncounted, "hoursLeft": left,
            "seconds": elapsed.as_secs_f64(), "right": self.is_right(),
        })
    }
}

impl fmt::Display for MonthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hours, made, sent, counted, pushed, pushes, kills, by_instance, uncounted, left, elapsed } = self;
        writeln!(f, "Pay-per-use: {hours} hours of {} instances in {:.1} s", by_instance.len(), elapsed.as_secs_f64())?;
        writeln!(
            f,
            "  {made} records, {counted} counted; {} sent again; {pushed} hours of instances in {pushes} pushes; the report was killed {kills} times",
            sent - made
        )?;
        // Those that are wrong come first.
        let mut shown: Vec<_> = by_instance.iter().collect();
        shown.sort_by_key(|(_, (used, charged))| used == charged);
        for (id, (used, charged)) in shown.iter().take(MOST_SHOWN) {
            let mark = if used == charged { '✓' } else { '✗' };
            writeln!(f, "    {mark} {id:<10} used {used:>14}   charged {charged:>14}")?;
        }
        if shown.len() > MOST_SHOWN {
            writeln!(f, "    … and {} more", shown.len() - MOST_SHOWN)?;
        }
        let sum = |of: fn(&(Quantity, Quantity)) -> Quantity| by_instance.values().map(of).sum::<Quantity>();
        let (used, charged) = (sum(|(used, _)| *used), sum(|(_, charged)| *charged));
        write!(f, "used {used}, charged {charged}; {uncounted} records not counted, {left} hours left")
    }
}
