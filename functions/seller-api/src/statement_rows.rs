//! The rows of statements: sent by the command that reads the file, kept as they are, and never changed. Of the customer nothing is kept.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::Text;
use koogallery_statements::{Digest, StatementRow, Totals, add_row};
use koogallery_store::{KeptRow, RowKept, RowPlace, StatementFile};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::access::Allowed;
use crate::each::each;
use crate::extract::{Body, OptionalBody, PathOf, QueryOf, optional_text};
use crate::page::{Limit, PageQuery, cursor, place, within_limits};
use crate::problem::{Kind, Problem};
use crate::statements::{StatementPath, StatementView, totals_of};
use crate::totals::TotalView;

/// The most rows of a request.
const MOST_ROWS: usize = 1000;
/// So many rows are read together.
const TOGETHER: usize = 1000;
/// The longest row, in bytes of its JSON.
const LONGEST_ROW: usize = 64 << 10;

/// A page of the rows of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "rows": [] })))]
pub(crate) struct RowList {
    /// The rows, in the order of the file.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Box<RawValue>>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The rows of a statement.
#[utoipa::path(get, path = "/v1/statements/{sha256}/rows", tag = "statements", operation_id = "listStatementRows",
    params(StatementPath, PageQuery),
    responses(
        (status = 200, description = "A page of rows", body = RowList),
        (status = 404, description = "No such statement"),
    ))]
pub(crate) async fn rows(
    State(api): State<Arc<SellerApi>>,
    PathOf(StatementPath { sha256 }): PathOf<StatementPath>,
    QueryOf(PageQuery { cursor: from, limit }): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let file = api.known_statement(&sha256).await?.file;
    let after: Option<RowPlace> = place(from.as_deref())?;
    let (api, file) = (&api, &file);
    within_limits(limit, async |Limit(limit)| {
        let found = api.store().statement_rows(file, after, limit).await?;
        let last = found.last().filter(|_| found.len() == limit).map(|row| cursor(&row.place.to_string()));
        let unreadable = |error| Problem::new(Kind::Internal, "a row cannot be read").because(error);
        let rows: Result<_, _> = found.into_iter().map(|row| RawValue::from_string(row.row)).collect();
        Ok(RowList { rows: rows.map_err(unreadable)?, next: last })
    })
    .await
}

/// Rows of a file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StatementRows, examples(json!({ "rows": [] })))]
pub(crate) struct RowsBody {
    /// The rows, as `koogallery orders import` reads them: each with its `place`, which has the file, the sheet and the row. At most 1,000.
    #[schema(value_type = Vec<Object>, max_items = 1000)]
    rows: Vec<StatementRow>,
}

/// What became of rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptRows, examples(json!({ "new": 1000, "known": 0 })))]
pub(crate) struct KeptView {
    /// How many are new.
    new: usize,
    /// How many were there already.
    known: usize,
}

/// Keeps rows of a file. A row that is there already stays; send them again if an answer was lost.
///
/// The customer and the cells that are not understood are left out: they may be personal.
#[utoipa::path(post, path = "/v1/statements/{sha256}/rows", tag = "statements", operation_id = "addStatementRows",
    params(StatementPath), request_body = RowsBody,
    responses(
        (status = 200, description = "They are kept", body = KeptView),
        (status = 404, description = "The import of that file did not begin"),
        (status = 409, description = "Another row is there, or the import is finished and has no such row"),
    ))]
pub(crate) async fn add(
    State(api): State<Arc<SellerApi>>,
    PathOf(StatementPath { sha256 }): PathOf<StatementPath>,
    Body(RowsBody { rows }): Body<RowsBody>,
) -> Result<Json<KeptView>, Problem> {
    let file = api.known_statement(&sha256).await?;
    if rows.len() > MOST_ROWS {
        return Err(Problem::new(Kind::Invalid, format!("rows: give at most {MOST_ROWS} in one request")));
    }
    if file.finished_at.is_some() {
        let detail = "the import of this file is finished: its rows do not change";
        return Err(Problem::new(Kind::StatementStands, detail));
    }
    let rows: Vec<KeptRow> = rows.into_iter().map(|row| kept(&sha256, row)).collect::<Result<_, _>>()?;
    let outcomes = each(rows, |row| {
        let (store, file) = (api.store().clone(), file.file.clone());
        async move { Ok((store.keep_row(&file, &row).await?, row.place)) }
    });
    let outcomes = outcomes.await?;
    if let Some((_, place)) = outcomes.iter().find(|(outcome, _)| *outcome == RowKept::Differs) {
        let RowPlace { sheet, row } = place;
        let detail = format!("sheet {sheet}, row {row}: another row is kept at this place, and rows do not change");
        return Err(Problem::new(Kind::StatementStands, detail));
    }
    let new = outcomes.iter().filter(|(outcome, _)| *outcome == RowKept::New).count();
    Ok(Json(KeptView { new, known: outcomes.len() - new }))
}

/// A row as it is kept: without what may be personal.
fn kept(file: &Digest, row: StatementRow) -> Result<KeptRow, Problem> {
    let place = RowPlace { sheet: row.place.sheet, row: row.place.row };
    let wrong = |detail: &str| {
        let RowPlace { sheet, row } = place;
        Problem::new(Kind::Invalid, format!("rows: sheet {sheet}, row {row}: {detail}"))
    };
    if row.place.file != *file {
        return Err(wrong("`place.file` is another file than that of the path"));
    }
    let text =
        serde_json::to_string(&row.without_personal()).map_err(|error| wrong("it cannot be written").because(error))?;
    if text.len() > LONGEST_ROW { Err(wrong("it is longer than 64 KB")) } else { Ok(KeptRow { place, row: text }) }
}

/// Who ends an import.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = FinishStatement, examples(json!({ "by": "Li" })))]
pub(crate) struct FinishBody {
    /// Who imports it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Ends the import of a file: all rows have to be there, with the sums that the import began with.
#[utoipa::path(post, path = "/v1/statements/{sha256}/finish", tag = "statements", operation_id = "finishStatement",
    params(StatementPath), request_body = Option<FinishBody>,
    responses(
        (status = 200, description = "It is finished", body = StatementView),
        (status = 404, description = "The import of that file did not begin"),
        (status = 409, description = "Rows are missing, or their sums are others"),
    ))]
pub(crate) async fn finish(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(StatementPath { sha256 }): PathOf<StatementPath>,
    OptionalBody(FinishBody { by }): OptionalBody<FinishBody>,
) -> Result<Json<StatementView>, Problem> {
    let actor = allowed.acting(by.as_ref(), None)?;
    let file = api.known_statement(&sha256).await?;
    if file.finished_at.is_none() {
        api.check_rows(&file).await?;
        api.store().finish_statement(&file.file, &actor, api.now()).await?;
    }
    Ok(Json(api.known_statement(&sha256).await?.into()))
}

impl SellerApi {
    /// Whether all rows of a file are there, with its sums.
    async fn check_rows(&self, file: &StatementFile) -> Result<(), Problem> {
        let (mut totals, mut count, mut after) = (Totals::new(), 0_u64, None);
        loop {
            let found = self.store().statement_rows(&file.file, after, TOGETHER).await?;
            for row in &found {
                let unreadable = |error| Problem::new(Kind::Internal, "a row cannot be read").because(error);
                add_row(&mut totals, &serde_json::from_str(&row.row).map_err(unreadable)?);
                count += 1;
            }
            after = found.last().map(|row| row.place);
            if found.len() < TOGETHER {
                break;
            }
        }
        if count != u64::from(file.rows) {
            let detail = format!("{count} of {} rows are there: send the others, then finish", file.rows);
            return Err(Problem::new(Kind::StatementStands, detail));
        }
        if TotalView::all(&totals) != totals_of(file) {
            let detail =
                "the rows do not add up to the totals that the import began with: import a file whole, by one command";
            return Err(Problem::new(Kind::StatementStands, detail));
        }
        Ok(())
    }
}
