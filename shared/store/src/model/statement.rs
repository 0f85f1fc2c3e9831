//! Statements that were imported: files with their rows, which never change, and what people confirmed and explained. What a row or a
//! mapping says is JSON that this crate does not read.

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};

/// A file that is imported, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementFile {
    /// The SHA-256 of the file, in hex.
    pub file: Text<64>,
    /// What the file is called.
    pub name: Text<255>,
    /// How many rows it has.
    pub rows: u32,
    /// Whether it has only a part of its months.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_part: bool,
    /// What else the import says of it: mappings, sums. JSON.
    pub details: String,
    /// When its import began.
    pub begun_at: Timestamp,
    /// Who imports it.
    pub by: Text<128>,
    /// When all rows were there, with the right sums. None while the import goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowPlace {
    /// The sheet, from 0.
    pub sheet: u16,
    /// The row in it, from 1.
    pub row: u32,
}

/// The text is no place of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not the place of a row")]
pub struct RowPlaceError;

impl std::fmt::Display for RowPlace {
    /// So that texts have the order of the rows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:05}#{:010}", self.sheet, self.row)
    }
}

impl std::str::FromStr for RowPlace {
    type Err = RowPlaceError;

    fn from_str(text: &str) -> Result<Self, RowPlaceError> {
        let (sheet, row) = text.split_once('#').ok_or(RowPlaceError)?;
        let place =
            Self { sheet: sheet.parse().map_err(|_| RowPlaceError)?, row: row.parse().map_err(|_| RowPlaceError)? };
        if place.to_string() == text { Ok(place) } else { Err(RowPlaceError) }
    }
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Where it stands.
    pub place: RowPlace,
    /// What it says. JSON.
    pub row: String,
}

/// A mapping that a person confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptMapping {
    /// The digest of the titles that it is for, in hex.
    pub titles: Text<64>,
    /// The mapping. JSON.
    pub mapping: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Text<128>,
}

/// Why a finding is all right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptExplanation {
    /// The finding.
    pub finding: Text<64>,
    /// What the person wrote.
    pub note: Text<255>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Text<128>,
}

/// The last comparison of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The month of Beijing, such as 2025-12.
    pub month: Text<7>,
    /// Which comparison it is: a UUID.
    pub run: uuid::Uuid,
    /// When.
    pub at: Timestamp,
    /// Who compared.
    pub by: Text<128>,
    /// How many findings it has.
    pub findings: u32,
    /// What the month came to, by currency. Empty where nobody said it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub money: Vec<MonthMoney>,
}

/// What a month came to in a currency: of the orders that are known, and of the bills that were imported. Amounts are decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthMoney {
    /// The currency, such as `CNY`; none if nothing says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text<3>>,
    /// What orders of the month were sold for.
    pub sold: Text<40>,
    /// What was given back of them.
    pub refunded: Text<40>,
    /// What bills of the month have.
    pub billed: Text<40>,
    /// The part of it that was paid out.
    pub paid: Text<40>,
    /// The part of it that was not.
    pub open: Text<40>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_order_of_the_rows() {
        let place = |sheet, row| RowPlace { sheet, row };
        let texts: Vec<String> =
            [place(0, 2), place(0, 10), place(2, 1), place(10, 1)].iter().map(ToString::to_string).collect();
        assert!(texts.is_sorted());
        assert_eq!(texts[3].parse(), Ok(place(10, 1)));
        for bad in ["", "1#1", "00001", "00001#x", "70000#0000000001", "00000#00000000001"] {
            assert_eq!(bad.parse::<RowPlace>(), Err(RowPlaceError), "{bad}");
        }
    }
}
