//! The settings of products: the current document, its earlier versions, and a new version in its place.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::Text;
use koogallery_settings::{FORMAT, Json as Written, Place, SettingsDocument};
use koogallery_store::{KeptSettings, SettingsKept, SettingsVersion};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, PathOf, QueryOf, optional_text, text};
use crate::page::{PageQuery, cursor, place};
use crate::problem::{Kind, MistakeView, Problem};

/// The version that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct VersionPath {
    /// The number of the version, from 1.
    #[param(minimum = 1)]
    version: u64,
}

/// A version of the settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Settings, examples(json!({
    "version": 1, "document": { "format": 1, "products": { "p-1": { "provisioning": "deferred" } } },
    "by": "seller API: Li", "reason": "the new product needs a setup", "at": "2026-11-27T02:00:00.000Z",
})))]
pub(crate) struct SettingsView {
    /// Its number, from 1; 0 if nobody wrote one.
    version: u64,
    /// What it says: docs/settings.md has its members.
    #[schema(value_type = Object)]
    document: Value,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    at: Option<String>,
}

impl SettingsView {
    /// Where nobody wrote any.
    fn nothing() -> Self {
        Self { version: 0, document: json!({ "format": FORMAT }), by: None, reason: None, at: None }
    }

    fn of(kept: KeptSettings) -> Result<Self, Problem> {
        let unreadable = |error| Problem::new(Kind::Internal, "the kept settings are no JSON").because(error);
        Ok(Self {
            version: kept.version,
            document: serde_json::from_str(&kept.document).map_err(unreadable)?,
            by: Some(kept.by.as_str().to_owned()),
            reason: Some(kept.reason.as_str().to_owned()),
            at: Some(kept.at.to_rfc_3339()),
        })
    }
}

/// Nothing can be chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

/// The current settings of products.
#[utoipa::path(get, path = "/v1/settings", tag = "settings", operation_id = "getSettings",
    responses((status = 200, description = "The current version; version 0 says nothing", body = SettingsView)))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    QueryOf(NoQuery {}): QueryOf<NoQuery>,
) -> Result<Json<SettingsView>, Problem> {
    let kept = api.store().settings().await?;
    Ok(Json(kept.map_or_else(|| Ok(SettingsView::nothing()), SettingsView::of)?))
}

/// A version of the settings of products, the current one or an earlier one.
#[utoipa::path(get, path = "/v1/settings/versions/{version}", tag = "settings", operation_id = "getSettingsVersion",
    params(VersionPath),
    responses(
        (status = 200, description = "The version", body = SettingsView),
        (status = 404, description = "No such version"),
    ))]
pub(crate) async fn version(
    State(api): State<Arc<SellerApi>>,
    PathOf(VersionPath { version }): PathOf<VersionPath>,
) -> Result<Json<SettingsView>, Problem> {
    let kept = api.store().settings_version(version).await?.ok_or_else(|| Problem::unknown("version"))?;
    Ok(Json(SettingsView::of(kept)?))
}

/// A version without what it says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettingsVersion, examples(json!({
    "version": 1, "by": "seller API: Li", "reason": "the new product needs a setup", "at": "2026-11-27T02:00:00.000Z",
})))]
pub(crate) struct VersionView {
    /// Its number, from 1.
    version: u64,
    /// Who wrote it.
    by: String,
    /// Why.
    reason: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<SettingsVersion> for VersionView {
    fn from(kept: SettingsVersion) -> Self {
        let SettingsVersion { version, by, reason, at } = kept;
        let (by, reason) = (by.as_str().to_owned(), reason.as_str().to_owned());
        Self { version, by, reason, at: at.to_rfc_3339() }
    }
}

/// A page of versions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsVersionList, examples(json!({ "versions": [] })))]
pub(crate) struct VersionList {
    /// The versions, the newest first.
    versions: Vec<VersionView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The versions of the settings of products, the newest first, without what they say.
#[utoipa::path(get, path = "/v1/settings/versions", tag = "settings", operation_id = "listSettingsVersions",
    params(PageQuery),
    responses((status = 200, description = "A page of versions", body = VersionList)))]
pub(crate) async fn versions(
    State(api): State<Arc<SellerApi>>,
    QueryOf(PageQuery { cursor: before, limit }): QueryOf<PageQuery>,
) -> Result<Json<VersionList>, Problem> {
    let before: Option<u64> = place(before.as_deref())?;
    let found = api.store().settings_versions(before, limit.0).await?;
    let next = found.last().filter(|last| found.len() == limit.0 && last.version > 1);
    let next = next.map(|last| cursor(&last.version.to_string()));
    Ok(Json(VersionList { versions: found.into_iter().map(VersionView::from).collect(), next }))
}

/// A document to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingsCheck, examples(json!({ "document": { "format": 1 } })))]
pub(crate) struct CheckBody {
    /// The document: docs/settings.md has its members.
    #[schema(value_type = Object)]
    document: Written,
}

/// What is wrong with a document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsChecked, examples(json!({ "version": 1, "mistakes": [] })))]
pub(crate) struct CheckedView {
    /// The current version: `expectedVersion` to apply the document.
    version: u64,
    /// Its mistakes; none if it could be applied.
    mistakes: Vec<MistakeView>,
}

/// Looks for mistakes in a document, and changes nothing.
#[utoipa::path(post, path = "/v1/settings/checks", tag = "settings", operation_id = "checkSettings", request_body = CheckBody,
    responses((status = 200, description = "The mistakes of the document: none, if it could be applied", body = CheckedView)))]
pub(crate) async fn check(
    State(api): State<Arc<SellerApi>>,
    Body(CheckBody { document }): Body<CheckBody>,
) -> Result<Json<CheckedView>, Problem> {
    let standing = api.store().settings().await?;
    Ok(Json(CheckedView {
        version: standing.map_or(0, |standing| standing.version),
        mistakes: api.mistakes(&document),
    }))
}

/// A new version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ApplySettings, examples(json!({
    "document": { "format": 1 }, "expectedVersion": 0, "reason": "all products alike again", "by": "Li",
})))]
pub(crate) struct ApplyBody {
    /// The document: docs/settings.md has its members.
    #[schema(value_type = Object)]
    document: Written,
    /// The version that it takes the place of: the current one, as you read it. 0 if there is none.
    expected_version: u64,
    /// Why. Write no personal data.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Text<255>,
    /// Who writes it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Writes a new version of the settings of products.
///
/// It holds everywhere 30 seconds later. A document with a mistake is refused as a whole, with all of its mistakes. If somebody wrote
/// another version since you read the current one, nothing is written (409).
#[utoipa::path(put, path = "/v1/settings", tag = "settings", operation_id = "putSettings", request_body = ApplyBody,
    responses(
        (status = 200, description = "It is the current version", body = SettingsView),
        (status = 409, description = "Somebody wrote another version meanwhile"),
        (status = 422, description = "The document has mistakes: `mistakes` lists them"),
    ))]
pub(crate) async fn put(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    QueryOf(NoQuery {}): QueryOf<NoQuery>,
    Body(body): Body<ApplyBody>,
) -> Result<Json<SettingsView>, Problem> {
    let ApplyBody { document, expected_version, reason, by } = body;
    let mistakes = api.mistakes(&document);
    if !mistakes.is_empty() {
        return Err(Problem::settings(mistakes));
    }
    let actor = allowed.acting(by.as_ref(), None)?;
    let text = document.value().to_string();
    match api.store().keep_settings(&text, expected_version, (&actor, &reason), api.now()).await? {
        SettingsKept::Done(kept) => {
            api.shared.settings().outdate().await;
            Ok(Json(SettingsView::of(*kept)?))
        }
        SettingsKept::Outdated(current) => {
            let detail = format!(
                "version {current} is the current one, not {expected_version}: read it, take what changed into your document, and send it with \
                 `expectedVersion` {current}"
            );
            Err(Problem::new(Kind::SettingsOutdated, detail))
        }
    }
}

impl SellerApi {
    /// What is wrong with a document, also beside its form.
    fn mistakes(&self, document: &Written) -> Vec<MistakeView> {
        let document = match SettingsDocument::of(document) {
            Ok(document) => document,
            Err(refused) => return refused.mistakes().into_iter().map(MistakeView::from).collect(),
        };
        let events = "this deployment sends no events, so it has no effect: set KOOGALLERY_WEBHOOK_URL first, the address for products \
                      that have none of their own";
        let pages = "this deployment has no buyers' pages, so it has no effect: set KOOGALLERY_BUYER_PAGES_URL first, the address below \
                     which they are";
        let places = |known: bool, places: Vec<Place>, problem: &'static str| {
            let places = if known { Vec::new() } else { places };
            places.into_iter().map(move |place| MistakeView::at(place.as_str(), problem))
        };
        places(self.delivers, document.webhook_places(), events)
            .chain(places(self.pages.are_known(), document.buyer_pages_places(), pages))
            .collect()
    }
}
