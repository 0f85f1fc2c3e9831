//! Importing a statement that Seller Console exported. A file whose titles nobody confirmed yet is shown with the proposed mapping, and is
//! sent once more with the confirmation: so nothing of a file is kept before somebody said what its columns are.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::future::try_join_all;
use koogallery::Text;
use koogallery_statements::{
    Column, Digest, Inspected, Limits, Mapping, Names, ReadError, Reading, Statement, StatementDetails, StatementKind,
    StatementRow, inspect, read,
};
use koogallery_store::{Actor, KeptRow, RowKept, RowPlace, StatementBegun, StatementFile};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Done;
use crate::Console;
use crate::extract::reason;
use crate::pages::statement::{self, Proposed};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, problem};
use crate::upload::{LARGEST, Upload};
use crate::view::View;

/// The longest row, in bytes of its JSON.
const LONGEST_ROW: usize = 64 << 10;
/// The longest text about a file, in bytes: an item of the table takes 400 KB.
const LONGEST_DETAILS: usize = 300_000;
/// So many rows are written side by side.
const TOGETHER: usize = 32;
/// No row is begun after so long: the answer has to come within the deadline.
const ENOUGH: Duration = Duration::from_secs(14);

/// How much of a file is read: what fits into a function with 256 MB.
fn limits() -> Limits {
    let bytes = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    Limits { bytes, unpacked_bytes: 64 << 20, shared_text_bytes: 16 << 20, rows: 30_000, ..Limits::default() }
}

/// What became of an import.
enum Kept {
    Whole,
    Before,
    Part,
}

/// Imports a file, or shows what is to be confirmed first.
pub(crate) async fn import(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    mut upload: Upload,
) -> Result<Response, Stop> {
    let why = reason(upload.field("reason").unwrap_or_default())?;
    let actor = view.actor(Some(why)).ok_or(Failure::NoOperator)?;
    let (name, bytes) = upload.take_file()?;
    let is_part = upload.field("part").is_some();
    let names = Arc::new(Names::known().map_err(|_| Failure::Content)?);
    let tables = looked_at(&view, Arc::clone(&names), bytes.clone()).await?;
    let (mut mappings, mut new, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for table in &tables {
        let titles = table.proposal.mapping.titles;
        if mappings.iter().any(|known: &Mapping| known.titles == titles) {
            continue;
        }
        if let Some(known) = confirmed(&console, &titles).await? {
            mappings.push(known);
        } else if let Some(chosen) = chosen(&upload, table)? {
            new.push(chosen.clone());
            mappings.push(chosen);
        } else {
            open.push(table);
            mappings.push(table.proposal.mapping.clone());
        }
    }
    let used: Vec<Digest> = mappings.iter().map(|mapping| mapping.titles).collect();
    let statement = whole(names, bytes, mappings).await?;
    if !open.is_empty() {
        let proposed = Proposed { name: &name, is_part, tables: &open, statement: statement.as_ref() };
        return Ok(statement::proposed(&view, &proposed).into_response());
    }
    let statement = statement.map_err(|error| refused(&view, &error))?;
    if statement.rows.is_empty() {
        return Err(Stop::Invalid(Acts::NoRows, None));
    }
    for mapping in new {
        let text = serde_json::to_string(&mapping).map_err(|_| Failure::Content)?;
        console.store.confirm_mapping(&named(&mapping.titles)?, text, &actor, view.now).await?;
    }
    let file = file(&view, &actor, name, is_part, used, &statement)?;
    let done = match keep(&console, &view, &actor, &file, statement.rows).await? {
        Kept::Whole => Done::Imported,
        Kept::Before => Done::ImportedBefore,
        Kept::Part => Done::ImportedPart,
    };
    Ok(Redirect::to(&view.at(done.to(&format!("/statements/{}", file.file.as_str())))).into_response())
}

fn refused(view: &View, error: &ReadError) -> Stop {
    Stop::Invalid(Acts::FileRefused, Some(problem(view.language, error)))
}

/// The tables of a file. Reading takes time, so it does not hold up other requests.
async fn looked_at(view: &View, names: Arc<Names>, bytes: Bytes) -> Result<Vec<Inspected>, Stop> {
    let looked = tokio::task::spawn_blocking(move || inspect(&bytes, &names, &limits())).await;
    looked.map_err(|_| Failure::Content)?.map_err(|error| refused(view, &error))
}

/// The file as a statement, or which row is wrong.
async fn whole(
    names: Arc<Names>,
    bytes: Bytes,
    mappings: Vec<Mapping>,
) -> Result<Result<Statement, ReadError>, Failure> {
    let reading = move || {
        let limits = limits();
        let reading = Reading { names: &names, mappings: &mappings, limits: &limits };
        read(&bytes, &reading, |_| ControlFlow::Continue(()))
    };
    tokio::task::spawn_blocking(reading).await.map_err(|_| Failure::Content)
}

/// A digest as the store has it.
fn named(digest: &Digest) -> Result<Text<64>, Failure> {
    Text::try_from(digest.to_string()).map_err(|_| Failure::Content)
}

/// The mapping that somebody confirmed for these titles.
async fn confirmed(console: &Console, titles: &Digest) -> Result<Option<Mapping>, Failure> {
    let Some(kept) = console.store.mapping(&named(titles)?).await? else { return Ok(None) };
    serde_json::from_str(&kept.mapping).map(Some).map_err(|_| Failure::Content)
}

/// The mapping that the form confirms for a table; none if it confirms nothing of these titles.
fn chosen(upload: &Upload, table: &Inspected) -> Result<Option<Mapping>, Stop> {
    let (sheet, titles) = (table.sheet, table.proposal.mapping.titles);
    let field = |name: &str| upload.field(&format!("{sheet}.{name}"));
    if field("titles") != Some(&*titles.to_string()) {
        return Ok(None);
    }
    let wrong = |name: &str| Stop::Invalid(Acts::BadField, Some(name.to_owned()));
    let kind: StatementKind = parsed(field("kind")).ok_or_else(|| wrong("kind"))?;
    let currency =
        field(statement::AMOUNTS_IN).map(|text| text.to_uppercase().parse().map_err(|_| wrong(statement::AMOUNTS_IN)));
    let mut columns = std::collections::BTreeMap::new();
    for column in Column::ALL {
        let word = statement::word(column);
        let Some(told) = field(&word) else { continue };
        // The number of a title, which may stand before its text: `3: 订单号`.
        let number = told.split([':', '：']).next().and_then(|number| number.trim().parse::<usize>().ok());
        let place = number.and_then(|number| number.checked_sub(1)).filter(|place| *place < table.titles.len());
        columns.insert(column, place.ok_or_else(|| wrong(&word))?);
    }
    Ok(Some(Mapping { titles, kind, columns, currency: currency.transpose()? }))
}

fn parsed<T: DeserializeOwned>(word: Option<&str>) -> Option<T> {
    serde_json::from_value(json!(word?)).ok()
}

/// What is kept of the file beside its rows.
fn file(
    view: &View,
    actor: &Actor,
    name: Text<255>,
    is_part: bool,
    used: Vec<Digest>,
    statement: &Statement,
) -> Result<StatementFile, Stop> {
    let details = StatementDetails::new(used, &statement.totals, &statement.checks);
    let details = serde_json::to_string(&details).map_err(|_| Failure::Content)?;
    if details.len() > LONGEST_DETAILS {
        return Err(Stop::Invalid(Acts::TooManyTotals, None));
    }
    Ok(StatementFile {
        file: named(&statement.file)?,
        name,
        rows: u32::try_from(statement.rows.len()).map_err(|_| Failure::Content)?,
        is_part,
        details,
        begun_at: view.now,
        by: actor.by.clone(),
        finished_at: None,
    })
}

/// Keeps the rows, and says that they are all there. What is there already stays.
async fn keep(
    console: &Console,
    view: &View,
    actor: &Actor,
    file: &StatementFile,
    rows: Vec<StatementRow>,
) -> Result<Kept, Stop> {
    let until = Instant::now() + ENOUGH;
    if let StatementBegun::Known(known) = console.store.begin_statement(file).await? {
        if known.finished_at.is_some() {
            return Ok(Kept::Before);
        }
        if (known.rows, &known.details) != (file.rows, &file.details) {
            return Err(Stop::Conflict(Acts::OtherImport, None));
        }
    }
    let mut rows = rows.into_iter().map(kept_row);
    loop {
        let together: Vec<KeptRow> = rows.by_ref().take(TOGETHER).collect::<Result<_, _>>()?;
        if together.is_empty() {
            break;
        }
        if Instant::now() >= until {
            return Ok(Kept::Part);
        }
        let outcomes = try_join_all(together.iter().map(|row| console.store.keep_row(&file.file, row))).await?;
        if let Some((row, _)) = together.iter().zip(outcomes).find(|(_, outcome)| *outcome == RowKept::Differs) {
            return Err(Stop::Conflict(Acts::RowDiffers, Some(row.place.row.to_string())));
        }
    }
    console.store.finish_statement(&file.file, actor, view.now).await?;
    Ok(Kept::Whole)
}

/// A row as it is kept: without what may be personal.
fn kept_row(row: StatementRow) -> Result<KeptRow, Stop> {
    let place = RowPlace { sheet: row.place.sheet, row: row.place.row };
    let row = serde_json::to_string(&row.without_personal()).map_err(|_| Failure::Content)?;
    if row.len() > LONGEST_ROW {
        return Err(Stop::Invalid(Acts::RowTooLong, Some(place.row.to_string())));
    }
    Ok(KeptRow { place, row })
}
