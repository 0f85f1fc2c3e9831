//! What became of the rows.

use std::collections::BTreeMap;
use std::fmt;

use super::rows::RowKind;

/// Rows of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They are there now; in a dry run, they would be.
    pub new: u64,
    /// They were there before, and stay as they are.
    pub known: u64,
    /// They cannot be imported.
    pub refused: u64,
}

/// A row that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its line.
    pub line: u64,
    /// What it is.
    pub kind: RowKind,
    /// What it is called.
    pub name: String,
    /// Why.
    pub detail: String,
}

/// What became of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// By kind.
    pub counts: BTreeMap<RowKind, Counts>,
    /// Each row that cannot be imported, in the order of the file.
    pub refused: Vec<Refused>,
}

impl Outcome {
    /// The rows that the seller API has answered about.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.values().map(|counts| counts.new + counts.known + counts.refused).sum()
    }

    /// The refused rows as CSV.
    pub fn write_refused(&self, target: impl std::io::Write) -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_writer(target);
        writer.write_record(["line", "kind", "name", "why"])?;
        for Refused { line, kind, name, detail } in &self.refused {
            let cells = [line.to_string(), kind.to_string(), name.clone(), detail.clone()];
            writer.write_record(cells.map(|cell| koogallery_statements::escape(&cell).into_owned()))?;
        }
        writer.flush()?;
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, Counts { new, known, refused }) in &self.counts {
            writeln!(f, "{:<10} {new:>9} new  {known:>9} known  {refused:>9} refused", format!("{kind}s"))?;
        }
        Ok(())
    }
}
