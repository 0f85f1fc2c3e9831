//! Why a confirmed mapping cannot be used for a table.

use crate::column::Column;

/// Why a mapping does not fit its table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is for other titles.
    #[error("the mapping is for a table with other titles")]
    OtherTitles,
    /// A place is beyond the last title.
    #[error("the mapping says that {column:?} is at place {place}, and the last place is {last}")]
    Place {
        /// The column.
        column: Column,
        /// Its place, from 0.
        place: usize,
        /// The last place, from 0.
        last: usize,
    },
    /// Two columns have the same place.
    #[error("the mapping says that place {place} is {first:?} and {second:?}")]
    Twice {
        /// The place, from 0.
        place: usize,
        /// One column.
        first: Column,
        /// The other one.
        second: Column,
    },
    /// Nothing says what a row is about.
    #[error(
        "the mapping has neither {:?} nor {:?}: nothing says what a row is about",
        Column::OrderId,
        Column::Instance
    )]
    NoSubject,
    /// Nothing says how much a row is about.
    #[error("the mapping has no column with an amount and no {:?}", Column::Quantity)]
    NoAmount,
}
