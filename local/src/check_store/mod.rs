//! Whether a DynamoDB endpoint does what the store needs. Many databases speak DynamoDB's protocol, and each leaves something
//! out: without transactions an order is paid and nobody hears of it.
//!
//! It works in a table of its own, under the store's own schema, which it removes at the end.

mod indexes;
mod report;
mod sizes;
mod table;
mod transactions;
mod updates;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use koogallery_store::{StoreError, schema};
use uuid::Uuid;

pub use report::{Finding, Need, Report, State};
use table::Table;

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckStoreError {
    /// The table could not be made.
    #[error("the table {table} cannot be made: {source}")]
    Create {
        /// Its name.
        table: String,
        /// Why.
        source: StoreError,
    },
    /// The table stays behind.
    #[error("the table {table} cannot be removed: {problem}; remove it yourself")]
    Remove {
        /// Its name.
        table: String,
        /// Why.
        problem: String,
    },
}

/// What a check found: nothing, or what is not as it should be.
type Checked = Result<(), Wrong>;

/// What is not as it should be.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    /// A request failed that should not.
    #[error("{0}")]
    Refused(String),
    /// An answer is not what DynamoDB would say.
    #[error("{0}")]
    Other(&'static str),
}

impl Wrong {
    /// A request failed.
    fn refused(error: impl std::error::Error) -> Self {
        Self::Refused(DisplayErrorContext(error).to_string().chars().take(300).collect())
    }
}

/// Fails if a statement about an answer is not true.
fn expect(is: bool, otherwise: &'static str) -> Checked {
    if is { Ok(()) } else { Err(Wrong::Other(otherwise)) }
}

/// Checks the store behind a client; `progress` hears of each finding.
pub async fn check(client: &Client, progress: impl Fn(&Finding)) -> Result<Report, CheckStoreError> {
    let name = format!("koogallery-check-{}", Uuid::now_v7());
    let expires = schema::create(client, &name)
        .await
        .map_err(|source| CheckStoreError::Create { table: name.clone(), source })?;
    let table = Table { client: client.clone(), name: name.clone() };
    let mut findings = Vec::new();
    let mut note = |finding: Finding| {
        progress(&finding);
        findings.push(finding);
    };
    for (need, checked) in [
        (Need::Reads, updates::reads(&table).await),
        (Need::Conditions, updates::conditions(&table).await),
        (Need::Updates, updates::updates(&table).await),
        (Need::Whole, transactions::whole(&table).await),
        (Need::OldValues, transactions::old_values(&table).await),
        (Need::Conflicts, transactions::conflicts(&table).await),
        (Need::ManyItems, transactions::many(&table).await),
        (Need::LargeItems, sizes::large_items(&table).await),
        (Need::Pages, sizes::pages(&table).await),
        (Need::OpenIndex, indexes::open(&table).await),
        (Need::ListedIndex, indexes::listed(&table).await),
    ] {
        note(Finding::of(need, checked));
    }
    note(Finding::of(Need::Expiry, expect(expires, "the endpoint knows no time to live")));
    let removed = client.delete_table().table_name(&name).send().await;
    removed.map_err(|error| CheckStoreError::Remove { table: name, problem: Wrong::refused(error).to_string() })?;
    Ok(Report { findings })
}
