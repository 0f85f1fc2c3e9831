//! What KooGallery exports about money and usage, read and compared with what the seller knows of its orders.
//!
//! No API tells a seller of bills, transaction details or the usage that is counted: Seller Console shows and exports them
//! (guide: 交易明细管理, 话单管理). This crate reads such an export, CSV or XLSX, and finds what does not agree. It does no I/O,
//! reads no clock and knows no store.
//!
//! The way of a file: [`inspect()`] finds the titles and proposes which column is what ([`Mapping`]); a person confirms it once;
//! [`read()`] gives a [`Statement`], or says which row is wrong; [`Matching`] compares the rows of any number of files with
//! [`KnownOrder`]s and gives [`Finding`]s. [`escape`] is for every CSV that is written from such texts.
//!
//! The feature `read` has all that opens files: a program that only keeps rows and findings leaves it out.
#![cfg_attr(
    not(feature = "read"),
    allow(dead_code, rustdoc::broken_intra_doc_links, reason = "the reader of words and titles is for files")
)]

mod amount;
mod calendar;
mod column;
mod currency;
mod day;
mod digest;
mod export;
mod mapping;
#[cfg(feature = "read")]
mod mapping_error;
mod matching;
mod month;
mod names;
mod order_id;
mod plain;
#[cfg(feature = "read")]
mod proposal;
#[cfg(feature = "read")]
mod read;
#[cfg(feature = "read")]
mod reader;
mod row;
mod said;
#[cfg(feature = "read")]
mod statement;
#[cfg(feature = "read")]
mod titles;
mod total;
#[cfg(feature = "read")]
mod total_line;
mod words;

pub use amount::{AmountError, read_amount};
pub use calendar::{Calendar, CalendarError};
pub use column::Column;
pub use currency::{Currency, CurrencyError};
pub use day::{Day, DayError};
pub use digest::{Digest, DigestError};
pub use export::escape;
pub use mapping::{Mapping, StatementKind};
#[cfg(feature = "read")]
pub use mapping_error::MappingError;
pub use matching::{
    Due, Evidence, Explanation, Finding, FindingId, InstanceStatus, Kind, KnownInstance, KnownOrder, KnownUsage,
    Matched, Matching, MonthKey, MonthSum, Reason, Settings, Source, Subject, Supervised,
};
pub use month::{Month, MonthError};
pub use names::{Names, NamesError, Word};
pub use order_id::{OrderIds, is_order_id};
#[cfg(feature = "read")]
pub use proposal::Proposal;
#[cfg(feature = "read")]
pub use read::{Limit, Limits, Problem, ReadError};
pub use row::{Amounts, Customer, Money, Others, RowRef, Stated, StatementRow, Title, Usage};
pub use said::{SaidCheck, SaidTotal, StatementDetails};
#[cfg(feature = "read")]
pub use statement::{Inspected, Progress, Reading, Sheet, Skipped, Statement, inspect, read};
pub use total::{Sums, TotalCheck, Totals, add_row};
pub use words::{BillKind, ChargingMode, OrderKind, Repayment, Supervision};
