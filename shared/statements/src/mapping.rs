//! Which column of a file is what. The program proposes it by the titles, and a person confirms it once for each row of titles:
//! a wrong guess about money must not pass unseen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::currency::Currency;
use crate::digest::Digest;
#[cfg(feature = "read")]
use crate::mapping_error::MappingError;
#[cfg(feature = "read")]
use crate::titles::Titles;

/// What a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StatementKind {
    /// All transactions, also those that are not due yet, with their states (交易明细).
    Transactions,
    /// What is settled (账单, 结算单).
    Bill,
    /// Usage that is counted (话单, 用量明细).
    Usage,
    /// Something else. Its rows are left out.
    NotAStatement,
}

/// Which column is what, in a table with certain titles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The digest of the titles that this is for.
    pub titles: Digest,
    /// What the table is about.
    pub kind: StatementKind,
    /// The place of each column, from 0.
    pub columns: BTreeMap<Column, usize>,
    /// The currency of amounts of which the file does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

#[cfg(feature = "read")]
impl Mapping {
    /// Whether it fits the titles, and says what rows are about and how much.
    pub(crate) fn check(&self, titles: &Titles) -> Result<(), MappingError> {
        if self.titles != titles.digest() {
            return Err(MappingError::OtherTitles);
        }
        if self.kind == StatementKind::NotAStatement {
            return Ok(());
        }
        let last = titles.names.len().saturating_sub(1);
        let mut taken: BTreeMap<usize, Column> = BTreeMap::new();
        for (&column, &place) in &self.columns {
            if place > last {
                return Err(MappingError::Place { column, place, last });
            }
            if let Some(first) = taken.insert(place, column) {
                return Err(MappingError::Twice { place, first, second: column });
            }
        }
        let has = |column: &Column| self.columns.contains_key(column);
        if ![Column::OrderId, Column::OriginalOrderId, Column::Instance].iter().any(has) {
            return Err(MappingError::NoSubject);
        }
        if !Column::AMOUNTS.iter().any(has) && !has(&Column::Quantity) {
            return Err(MappingError::NoAmount);
        }
        Ok(())
    }
}
