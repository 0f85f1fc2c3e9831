//! Mappings: which column of a statement is what. A person confirms one once for each row of titles.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::Text;
use koogallery_statements::{Digest, Mapping};
use koogallery_store::KeptMapping;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, PathOf, QueryOf, optional_text};
use crate::page::{Limit, PageQuery, next, place};
use crate::problem::{Kind, Problem};
use crate::statements::named;

/// The titles that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MappingPath {
    /// The digest of the titles, in hex.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$")]
    titles: Digest,
}

/// A mapping that a person confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConfirmedMapping, examples(json!({
    "mapping": { "titles": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "kind": "bill",
        "columns": { "orderId": 0, "dealAmount": 1 } }, "at": "2026-01-05T02:00:00.000Z", "by": "seller API: Li",
})))]
pub(crate) struct MappingView {
    /// The mapping: the digest of its titles, what the table is about, and the place of each column, from 0.
    #[schema(value_type = Object)]
    mapping: Box<RawValue>,
    /// When it was confirmed.
    #[schema(format = DateTime)]
    at: String,
    /// By whom.
    by: String,
}

impl MappingView {
    fn of(kept: KeptMapping) -> Result<Self, Problem> {
        let unreadable = |error| Problem::new(Kind::Internal, "a mapping cannot be read").because(error);
        let mapping = RawValue::from_string(kept.mapping).map_err(unreadable)?;
        Ok(Self { mapping, at: kept.at.to_rfc_3339(), by: kept.by.as_str().to_owned() })
    }
}

/// A page of mappings that were confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "mappings": [] })))]
pub(crate) struct MappingList {
    /// One for each row of titles, by the digest of the titles.
    mappings: Vec<MappingView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The mappings that were confirmed.
#[utoipa::path(get, path = "/v1/mappings", tag = "statements", operation_id = "listMappings", params(PageQuery),
    responses((status = 200, description = "A page of mappings", body = MappingList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(PageQuery { cursor: from, limit: Limit(limit) }): QueryOf<PageQuery>,
) -> Result<Json<MappingList>, Problem> {
    let after: Option<Digest> = place(from.as_deref())?;
    let found = api.store().mappings(after.map(|titles| titles.to_string()).as_deref(), limit).await?;
    let next = next(&found, limit, |last| last.titles.as_str());
    Ok(Json(MappingList { mappings: found.into_iter().map(MappingView::of).collect::<Result<_, _>>()?, next }))
}

/// A mapping, and who confirms it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ConfirmMapping, examples(json!({
    "mapping": { "titles": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "kind": "bill",
        "columns": { "orderId": 0, "dealAmount": 1 } }, "by": "Li",
})))]
pub(crate) struct ConfirmBody {
    /// The mapping, as `koogallery orders import` proposes it.
    #[schema(value_type = Object)]
    mapping: Mapping,
    /// Who confirms it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Confirms a mapping, in place of an earlier one for the same titles. The same one again changes nothing.
#[utoipa::path(put, path = "/v1/mappings/{titles}", tag = "statements", operation_id = "confirmMapping",
    params(MappingPath), request_body = ConfirmBody,
    responses((status = 200, description = "It is confirmed", body = MappingView)))]
pub(crate) async fn confirm(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(MappingPath { titles }): PathOf<MappingPath>,
    Body(ConfirmBody { mapping, by }): Body<ConfirmBody>,
) -> Result<Json<MappingView>, Problem> {
    if mapping.titles != titles {
        return Err(Problem::new(Kind::Invalid, "mapping.titles: it is another digest than that of the path"));
    }
    let actor = allowed.acting(by.as_ref(), None)?;
    let unwritable = |error| Problem::new(Kind::Internal, "the mapping cannot be written").because(error);
    let mapping = serde_json::to_string(&mapping).map_err(unwritable)?;
    MappingView::of(api.store().confirm_mapping(&named(&titles)?, mapping, &actor, api.now()).await?).map(Json)
}
