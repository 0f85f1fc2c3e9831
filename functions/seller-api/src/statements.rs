//! Statements that were exported from Seller Console. A command reads the file, begins its import here, and sends its
//! rows (`statement_rows.rs`), which end the import.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use koogallery::Text;
use koogallery_statements::Digest;
use koogallery_store::{Place, StatementBegun, StatementFile};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, Count, PathOf, QueryOf, optional_text, text};
use crate::page::{PageQuery, cursor, place};
use crate::problem::{Kind, Problem};
use crate::totals::{CheckView, TotalView};

/// The file that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct StatementPath {
    /// The SHA-256 of the file, in hex.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub(crate) sha256: Digest,
}

/// A digest as the store has it.
pub(crate) fn named(digest: &Digest) -> Result<Text<64>, Problem> {
    let unusable = |error| Problem::new(Kind::Internal, "a digest cannot be written").because(error);
    Text::try_from(digest.to_string()).map_err(unusable)
}

/// What the beginning of an import says of the file, beside its name and rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    mappings: Vec<Digest>,
    totals: Vec<TotalView>,
    checks: Vec<CheckView>,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Statement, examples(json!({
    "file": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "name": "bill-2025-11.xlsx", "rows": 1,
    "isPart": false, "mappings": [], "totals": [], "checks": [], "begunAt": "2026-01-05T02:00:00.000Z", "by": "seller API: Li",
})))]
pub(crate) struct StatementView {
    /// The SHA-256 of the file, in hex.
    file: String,
    /// What the file is called.
    name: String,
    /// How many rows it has.
    rows: u32,
    /// Whether it has only a part of its months: nothing is concluded from what is not in it.
    is_part: bool,
    /// The mappings that it was read with: the digests of their titles.
    #[schema(value_type = Vec<String>)]
    mappings: Vec<Digest>,
    /// What its rows add up to.
    totals: Vec<TotalView>,
    /// Its own lines of totals, beside the sums of the rows.
    checks: Vec<CheckView>,
    /// When its import began.
    #[schema(format = DateTime)]
    begun_at: String,
    /// Who imported it.
    by: String,
    /// When all rows were there; absent while the import goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

impl From<StatementFile> for StatementView {
    fn from(file: StatementFile) -> Self {
        let Details { mappings, totals, checks } = details(&file);
        Self {
            file: file.file.as_str().to_owned(),
            name: file.name.as_str().to_owned(),
            rows: file.rows,
            is_part: file.is_part,
            mappings,
            totals,
            checks,
            begun_at: file.begun_at.to_rfc_3339(),
            by: file.by.as_str().to_owned(),
            finished_at: file.finished_at.map(koogallery::Timestamp::to_rfc_3339),
        }
    }
}

fn details(file: &StatementFile) -> Details {
    serde_json::from_str(&file.details).unwrap_or_default()
}

/// The sums that the import of a file began with.
pub(crate) fn totals_of(file: &StatementFile) -> Vec<TotalView> {
    details(file).totals
}

/// A page of statements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "statements": [] })))]
pub(crate) struct StatementList {
    /// The statements.
    statements: Vec<StatementView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Statements that were imported. The oldest come first, in 16 parts one after the other.
#[utoipa::path(get, path = "/v1/statements", tag = "statements", operation_id = "listStatements", params(PageQuery),
    responses((status = 200, description = "A page of statements", body = StatementList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(PageQuery { cursor: from, limit }): QueryOf<PageQuery>,
) -> Result<Json<StatementList>, Problem> {
    let from: Place = place(from.as_deref())?.unwrap_or_default();
    let page = api.store().statements(from, limit.0).await?;
    let statements = page.members.into_iter().map(StatementView::from).collect();
    Ok(Json(StatementList { statements, next: page.next.map(|next| cursor(&next.to_string())) }))
}

/// A statement.
#[utoipa::path(get, path = "/v1/statements/{sha256}", tag = "statements", operation_id = "getStatement",
    params(StatementPath),
    responses(
        (status = 200, description = "The statement", body = StatementView),
        (status = 404, description = "No such statement"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(StatementPath { sha256 }): PathOf<StatementPath>,
) -> Result<Json<StatementView>, Problem> {
    Ok(Json(api.known_statement(&sha256).await?.into()))
}

/// A file whose rows will come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = BeginStatement, examples(json!({ "name": "bill-2025-11.xlsx", "rows": 1, "totals": [{
    "billKind": "consumption", "currency": "CNY", "rows": 1, "list": "0", "customer": "0", "deal": "100", "settlement": "90",
    "fee": "0" }], "by": "Li" })))]
pub(crate) struct BeginBody {
    /// What the file is called.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    name: Text<255>,
    /// How many rows it has.
    #[schema(value_type = u32, minimum = 1)]
    rows: Count,
    /// Whether it has only a part of its months: a filter was set, or it is of one product type.
    #[serde(default)]
    is_part: bool,
    /// The mappings that it was read with: the digests of their titles.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 50)]
    mappings: Vec<Digest>,
    /// What the rows add up to, in the order of kind and currency.
    #[schema(max_items = 100)]
    totals: Vec<TotalView>,
    /// The file's own lines of totals.
    #[serde(default)]
    #[schema(max_items = 500)]
    checks: Vec<CheckView>,
    /// Who imports it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Begins the import of a file. A file that is known stays as it is: send it as often as you like.
#[utoipa::path(put, path = "/v1/statements/{sha256}", tag = "statements", operation_id = "beginStatement",
    params(StatementPath), request_body = BeginBody,
    responses(
        (status = 200, description = "The file is known, and nothing changed", body = StatementView),
        (status = 201, description = "The import began", body = StatementView),
    ))]
pub(crate) async fn begin(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(StatementPath { sha256 }): PathOf<StatementPath>,
    Body(body): Body<BeginBody>,
) -> Result<(StatusCode, Json<StatementView>), Problem> {
    let BeginBody { name, rows: Count(rows), is_part, mappings, totals, checks, by } = body;
    if rows == 0 || mappings.len() > 50 || totals.len() > 100 || checks.len() > 500 {
        let detail = "give 1 or more `rows`, and at most 50 `mappings`, 100 `totals` and 500 `checks`";
        return Err(Problem::new(Kind::Invalid, detail));
    }
    let unwritable = |error| Problem::new(Kind::Internal, "the statement cannot be written").because(error);
    let details = serde_json::to_string(&Details { mappings, totals, checks }).map_err(unwritable)?;
    let by = allowed.acting(by.as_ref(), None)?.by;
    let begun_at = api.now();
    let file = StatementFile { file: named(&sha256)?, name, rows, is_part, details, begun_at, by, finished_at: None };
    Ok(match api.store().begin_statement(&file).await? {
        StatementBegun::New(file) => (StatusCode::CREATED, Json((*file).into())),
        StatementBegun::Known(file) => (StatusCode::OK, Json((*file).into())),
    })
}

impl SellerApi {
    pub(crate) async fn known_statement(&self, file: &Digest) -> Result<StatementFile, Problem> {
        let found = self.store().statement(&named(file)?).await?;
        found.ok_or_else(|| Problem::unknown("statement"))
    }
}
