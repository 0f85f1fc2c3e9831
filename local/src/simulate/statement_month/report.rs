//! How the comparison of a month ended, for people and for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::books::Discrepancy;

/// How the comparison of a month's statements ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementReport {
    /// How many orders were played.
    pub orders: usize,
    /// How many rows the statements have.
    pub rows: usize,
    /// What was wrong in the statements: the comparison's word for it, and what it is about.
    pub planted: BTreeSet<Discrepancy>,
    /// What the comparison found, in the same form.
    pub found: BTreeSet<Discrepancy>,
    /// How many of the files added nothing when they were imported once more.
    pub known_again: usize,
    /// How many files there are.
    pub files: usize,
    /// How long it took.
    pub elapsed: Duration,
}

impl StatementReport {
    /// Whether all was found, nothing was invented, and the same files added nothing.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.planted == self.found && self.known_again == self.files
    }

    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "orders": self.orders, "rows": self.rows, "planted": list(self.planted.iter()),
            "notFound": list(self.planted.difference(&self.found)),
            "invented": list(self.found.difference(&self.planted)),
            "files": self.files, "filesKnownAgain": self.known_again, "seconds": self.elapsed.as_secs_f64(),
            "right": self.is_right(),
        })
    }
}

fn list<'a>(all: impl Iterator<Item = &'a Discrepancy>) -> Vec<Value> {
    all.map(|(kind, about)| json!({ "kind": kind, "about": about })).collect()
}

impl fmt::Display for StatementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { orders, rows, planted, found, known_again, files, elapsed } = self;
        writeln!(
            f,
            "Statements of a month: {orders} orders, {rows} rows in {files} files, {:.1} s",
            elapsed.as_secs_f64()
        )?;
        let mut kinds: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for (kind, _) in planted {
            kinds.entry(kind).or_default()[0] += 1;
        }
        for (kind, _) in found {
            kinds.entry(kind).or_default()[1] += 1;
        }
        for (kind, [planted, found]) in kinds {
            let mark = if planted == found { '✓' } else { '✗' };
            writeln!(f, "    {mark} {kind:<22} {planted:>4} in the statements, {found:>4} found")?;
        }
        for (kind, about) in planted.difference(found) {
            writeln!(f, "    ✗ {kind} is not found: {about}")?;
        }
        for (kind, about) in found.difference(planted) {
            writeln!(f, "    ✗ {kind} is invented: {about}")?;
        }
        let missed = planted.difference(found).count();
        let invented = found.difference(planted).count();
        write!(
            f,
            "{} discrepancies, {missed} not found, {invented} invented; {known_again} of {files} files added nothing the second time",
            planted.len()
        )
    }
}
