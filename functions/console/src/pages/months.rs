//! Months of statements: the latest ones, the one that is shown where none is named, and the one of a file.

use koogallery::Text;
use koogallery_statements::{Month, StatementRow};
use koogallery_store::StatementFile;
use koogallery_waiting::month_of;

use crate::Console;
use crate::stop::Failure;
use crate::view::View;

/// So many months are looked at.
const MONTHS: usize = 12;
/// In so many rows of a file its month is looked for.
const ROWS: usize = 50;

/// The latest months, the first first.
pub(crate) fn latest(view: &View) -> Result<Vec<Text<7>>, Failure> {
    let mut months = Vec::with_capacity(MONTHS);
    let mut month: Option<Month> = month_of(view.now).parse().ok();
    while let Some(one) = month.filter(|_| months.len() < MONTHS) {
        months.push(Text::try_from(one.to_string()).map_err(|_| Failure::Content)?);
        month = Month::new(one.year(), one.month() - 1).or_else(|| Month::new(one.year() - 1, 12));
    }
    months.reverse();
    Ok(months)
}

/// The newest month that was compared, or that the statement is of that was imported last; this one if there is none.
pub(crate) async fn newest(console: &Console, view: &View, statements: &[StatementFile]) -> Result<String, Failure> {
    let compared = console.store.comparisons(&latest(view)?).await?;
    let compared = compared.iter().map(|comparison| comparison.month.as_str().to_owned()).max();
    let imported = match statements.iter().max_by_key(|file| file.begun_at) {
        Some(file) => of_file(console, &file.file).await?,
        None => None,
    };
    Ok(compared.max(imported).unwrap_or_else(|| month_of(view.now)))
}

/// The latest month that the first rows of a statement name.
pub(crate) async fn of_file(console: &Console, file: &Text<64>) -> Result<Option<String>, Failure> {
    let rows = console.store.statement_rows(file, None, ROWS).await?;
    let rows = rows.iter().filter_map(|kept| serde_json::from_str::<StatementRow>(&kept.row).ok());
    Ok(rows.filter_map(|row| row.month).max().map(|month| month.to_string()))
}
