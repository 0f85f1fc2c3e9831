//! Results as a table for people or JSON for programs, and the little statistics that they need.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// One line of a result.
pub(crate) trait Row: Serialize {
    /// The columns' names; the first says what was measured, the others are numbers.
    const COLUMNS: &'static [&'static str];

    /// The same, filled in.
    fn cells(&self) -> Vec<String>;
}

/// All lines.
pub(crate) fn of<R: Row>(rows: &[R], json: bool) -> String {
    if json {
        return serde_json::to_string_pretty(rows).unwrap_or_else(|error| error.to_string());
    }
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(R::COLUMNS);
    for row in rows {
        table.add_row(row.cells());
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// The value that this share of the values does not pass; none where there are no values.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let index = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(index).copied()
}

/// The value in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// A number, or a dash.
pub(crate) fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}
