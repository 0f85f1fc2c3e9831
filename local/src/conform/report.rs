//! The report: a table by callback for people, every case as JSON for programs.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::outcome::{Outcome, Verdict};

/// All outcomes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The production address that was called.
    pub address: String,
    /// How many cases passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many could not be played.
    pub skipped: usize,
    /// Each case.
    pub cases: Vec<Outcome>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Count {
    fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        outcomes.into_iter().fold(Self::default(), |count, outcome| match outcome.verdict {
            Verdict::Passed => Self { passed: count.passed + 1, ..count },
            Verdict::Failed(_) => Self { failed: count.failed + 1, ..count },
            Verdict::Skipped(_) => Self { skipped: count.skipped + 1, ..count },
        })
    }
}

impl Report {
    /// Counts.
    #[must_use]
    pub fn new(address: String, cases: Vec<Outcome>) -> Self {
        let Count { passed, failed, skipped } = Count::of(&cases);
        Self { address, passed, failed, skipped, cases }
    }

    /// The cases that failed, with what was wrong.
    pub fn failures(&self) -> impl Iterator<Item = (&Outcome, &str)> {
        self.cases.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(problem) => Some((outcome, problem.as_str())),
            _ => None,
        })
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_BORDERS_ONLY)
            .set_header(["family", "callback", "dialect", "passed", "failed", "skipped"]);
        let mut rows: BTreeMap<(&str, &str, &str), Vec<&Outcome>> = BTreeMap::new();
        for outcome in &self.cases {
            rows.entry((outcome.family(), &outcome.callback, outcome.dialect)).or_default().push(outcome);
        }
        for ((family, callback, dialect), outcomes) in rows {
            let Count { passed, failed, skipped } = Count::of(outcomes);
            let number = |count: usize| if count == 0 { String::new() } else { count.to_string() };
            table.add_row([family, callback, dialect, &number(passed), &number(failed), &number(skipped)]);
        }
        for column in 3..6 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.table())?;
        for (Outcome { case, why, topic, .. }, problem) in self.failures() {
            writeln!(f, "✗ {case}\n  {why} (topic {topic})\n  {problem}")?;
        }
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for outcome in &self.cases {
            if let Verdict::Skipped(reason) = &outcome.verdict {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        for (reason, count) in reasons {
            writeln!(f, "{count} skipped: {reason}")?;
        }
        let Self { passed, failed, skipped, address, .. } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped, at {address}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(case: &str, verdict: Verdict) -> Outcome {
        let (callback, topic, why) = ("newInstance".to_owned(), "1".to_owned(), "it must be so".to_owned());
        Outcome { case: case.to_owned(), callback, dialect: "V2", topic, why, verdict, milliseconds: 1.0 }
    }

    #[test]
    fn tells_what_failed_and_why_others_were_skipped() {
        let cases = vec![
            outcome("v2-basic/new-instance/a", Verdict::Passed),
            outcome("v2-basic/new-instance/b", Verdict::Failed("expected 000000, got 000005".to_owned())),
            outcome("v2-basic/new-instance/c", Verdict::Skipped("no kit access key".to_owned())),
        ];
        let report = Report::new("https://seller.example.com/".to_owned(), cases);
        let told = report.to_string();
        assert!(told.contains("✗ v2-basic/new-instance/b\n  it must be so (topic 1)\n  expected 000000, got 000005"));
        assert!(told.contains("1 skipped: no kit access key"));
        assert!(told.ends_with("1 passed, 1 failed, 1 skipped, at https://seller.example.com/"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["cases"][1]["verdict"], "failed");
        assert_eq!(json["cases"][1]["reason"], "expected 000000, got 000005");
    }
}
