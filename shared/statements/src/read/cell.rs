//! A row as a file has it, before anything is known of its columns.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::amount;
use crate::day::Day;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Empty,
    Text(String),
    /// A number of a spreadsheet.
    Number(f64),
    /// A number that the spreadsheet shows as a day or a time.
    Day(f64, Option<Day>),
    /// A formula that has no value. It is never calculated.
    Formula(String),
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) value: Value,
    /// Whether the value stands in the first cell of a merged area, and this is another cell of it.
    pub(crate) repeated: bool,
}

impl Cell {
    pub(crate) const EMPTY: Self = Self { value: Value::Empty, repeated: false };

    pub(crate) fn new(value: Value) -> Self {
        Self { value, repeated: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Empty => true,
            Value::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The cell as a text: numbers as the spreadsheet shows them, days as `yyyy-MM-dd`, with `HH:mm:ss` if they have a time,
    /// formulas as they stand there.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.value {
            Value::Empty => Cow::Borrowed(""),
            Value::Text(text) => Cow::Borrowed(text),
            Value::Day(number, Some(day)) => Cow::Owned(with_time(*day, *number)),
            Value::Number(number) | Value::Day(number, None) => Cow::Owned(
                amount::of_spreadsheet(*number)
                    .map_or_else(|| number.to_string(), |amount: Decimal| amount.to_string()),
            ),
            Value::Formula(formula) => Cow::Owned(format!("={formula}")),
        }
    }
}

/// The day, and the time of day that the fraction of its number is.
fn with_time(day: Day, number: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a fraction is below 1
    let seconds = ((number - number.floor()) * 86_400.0).round() as u32;
    match seconds.min(86_399) {
        0 => day.to_string(),
        seconds => format!("{day} {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawRow {
    /// In XLSX the number of the row, in CSV of the line in which it begins; from 1.
    pub(crate) number: u32,
    pub(crate) cells: Vec<Cell>,
}

impl RawRow {
    pub(crate) fn cell(&self, place: usize) -> &Cell {
        self.cells.get(place).unwrap_or(&Cell::EMPTY)
    }

    /// How many cells there are up to the last one that has something.
    pub(crate) fn width(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
    }

    /// The cells that have something of their own.
    pub(crate) fn filled(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| !cell.is_empty() && !cell.repeated)
    }
}
