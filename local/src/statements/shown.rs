//! A mapping for a person to confirm.

use std::fmt;

use koogallery_statements::{Inspected, Mapping, StatementKind};

/// A table of a file, and the mapping that is proposed for it.
#[derive(Debug)]
pub struct Proposed<'a>(pub &'a Inspected, pub &'a Mapping);

impl fmt::Display for Proposed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(table, mapping) = self;
        let name = table.name.as_deref().map(|name| format!(" {name:?}")).unwrap_or_default();
        let kind = match mapping.kind {
            StatementKind::Transactions => "transaction details (交易明细)",
            StatementKind::Bill => "a bill (账单)",
            StatementKind::Usage => "usage (话单)",
            StatementKind::NotAStatement => "no statement: its rows are left out",
        };
        writeln!(f, "sheet {}{name}, titles in row {}: {kind}", table.sheet + 1, table.title_row)?;
        for (column, place) in &mapping.columns {
            let title = table.titles.get(*place).map_or("?", String::as_str);
            let by_form = if table.proposal.by_form.contains(column) { " (by the form of its cells)" } else { "" };
            writeln!(f, "  {column:?}: {title:?}{by_form}")?;
        }
        match mapping.currency {
            _ if mapping.kind == StatementKind::Usage => {}
            Some(currency) => writeln!(f, "  amounts without a currency are {currency:?}")?,
            None => writeln!(f, "  amounts have the currency that the file names")?,
        }
        for (column, titles) in &table.proposal.ambiguous {
            writeln!(f, "  several titles stand for {column:?}: {}; the first one is taken", titles.join(", "))?;
        }
        if !table.proposal.missing.is_empty() {
            writeln!(f, "  no title stands for {:?}", table.proposal.missing)?;
        }
        if !table.proposal.unknown.is_empty() {
            writeln!(f, "  not understood, and not kept: {}", table.proposal.unknown.join(", "))?;
        }
        Ok(())
    }
}
