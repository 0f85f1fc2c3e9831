//! Findings: what the comparison of statements with orders says, as the command that compares them keeps it; and why findings are all
//! right, as people explain them.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use koogallery::Text;
use koogallery_statements::{Currency, Finding, FindingId};
use koogallery_store::{Comparison, KeptExplanation, MonthMoney};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::SellerApi;
use crate::access::Allowed;
use crate::beijing::BeijingMonth;
use crate::extract::{Body, Count, PathOf, QueryOf, optional_text, text};
use crate::money::decimal;
use crate::page::{Limit, PageQuery, cursor, next, place};
use crate::problem::{Kind, Problem};

/// The most findings of a request.
const MOST_FINDINGS: usize = 200;
/// The most currencies of a month.
const MOST_CURRENCIES: usize = 20;
/// The longest part, in bytes: an item of the table takes 400 KB.
const LONGEST_PART: usize = 300_000;
/// So many rows of a finding are kept. Its statement has all of them.
const ROWS_KEPT: usize = 20;

/// The finding that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct FindingPath {
    /// The finding's id, in hex.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$")]
    finding_id: String,
}

/// Why a finding is all right.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FindingExplanation, examples(json!({
    "finding": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "note": "settled by hand",
    "at": "2026-01-20T02:00:00.000Z", "by": "seller API: Li",
})))]
pub(crate) struct ExplanationView {
    /// The finding.
    finding: String,
    /// What the person wrote.
    note: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who.
    by: String,
}

impl From<KeptExplanation> for ExplanationView {
    fn from(kept: KeptExplanation) -> Self {
        Self {
            finding: kept.finding.as_str().to_owned(),
            note: kept.note.as_str().to_owned(),
            at: kept.at.to_rfc_3339(),
            by: kept.by.as_str().to_owned(),
        }
    }
}

/// An explanation that a person writes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ExplainFinding, examples(json!({ "note": "settled by hand", "by": "Li" })))]
pub(crate) struct ExplainBody {
    /// Why it is all right. Write no personal data.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    note: Text<255>,
    /// Who explains it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Explains a finding, in place of an earlier explanation. It holds as long as the finding's amounts stay as they are.
#[utoipa::path(put, path = "/v1/findings/{findingId}/explanation", tag = "statements", operation_id = "explainFinding",
    params(FindingPath), request_body = ExplainBody,
    responses((status = 200, description = "It is explained", body = ExplanationView)))]
pub(crate) async fn explain(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(FindingPath { finding_id }): PathOf<FindingPath>,
    Body(ExplainBody { note, by }): Body<ExplainBody>,
) -> Result<Json<ExplanationView>, Problem> {
    let wrong = |error| Problem::new(Kind::Invalid, "the path: findingId: give 64 hexadecimal digits").because(error);
    let id: FindingId = finding_id.parse().map_err(wrong)?;
    let id = Text::try_from(id.to_string()).map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
    let actor = allowed.acting(by.as_ref(), None)?;
    Ok(Json(api.store().explain(&id, note, &actor, api.now()).await?.into()))
}

/// A page of explanations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "explanations": [] })))]
pub(crate) struct ExplanationList {
    /// The explanations, by the id of their finding.
    explanations: Vec<ExplanationView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Explanations of findings.
#[utoipa::path(get, path = "/v1/explanations", tag = "statements", operation_id = "listExplanations",
    params(PageQuery),
    responses((status = 200, description = "A page of explanations", body = ExplanationList)))]
pub(crate) async fn explanations(
    State(api): State<Arc<SellerApi>>,
    QueryOf(PageQuery { cursor: from, limit: Limit(limit) }): QueryOf<PageQuery>,
) -> Result<Json<ExplanationList>, Problem> {
    let after: Option<FindingId> = place(from.as_deref())?;
    let after = after.map(|id| id.to_string());
    let found = api.store().explanations(after.as_deref(), limit).await?;
    let next = next(&found, limit, |last| last.finding.as_str());
    Ok(Json(ExplanationList { explanations: found.into_iter().map(ExplanationView::from).collect(), next }))
}

/// What a month came to in a currency. Amounts are decimals as text.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MonthMoney)]
pub(crate) struct MoneyView {
    /// The currency, such as `CNY`; absent where nothing says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[A-Z]{3}$")]
    currency: Option<Currency>,
    /// What orders of the month were sold for.
    #[schema(value_type = String)]
    sold: Decimal,
    /// What was given back of them.
    #[schema(value_type = String)]
    refunded: Decimal,
    /// What bills of the month have.
    #[schema(value_type = String)]
    billed: Decimal,
    /// The part of it that was paid out, as the statements say.
    #[schema(value_type = String)]
    paid: Decimal,
    /// The part of it that was not.
    #[schema(value_type = String)]
    open: Decimal,
}

impl MoneyView {
    fn kept(&self) -> Option<MonthMoney> {
        let text = |amount: Decimal| Text::try_from(amount.to_string()).ok();
        Some(MonthMoney {
            currency: self.currency.map(|currency| Text::try_from(currency.to_string())).transpose().ok()?,
            sold: text(self.sold)?,
            refunded: text(self.refunded)?,
            billed: text(self.billed)?,
            paid: text(self.paid)?,
            open: text(self.open)?,
        })
    }

    fn of(kept: &MonthMoney) -> Option<Self> {
        let amount = |text: &Text<40>| decimal(text.as_str());
        Some(Self {
            currency: kept.currency.as_ref().and_then(|currency| currency.as_str().parse().ok()),
            sold: amount(&kept.sold)?,
            refunded: amount(&kept.refunded)?,
            billed: amount(&kept.billed)?,
            paid: amount(&kept.paid)?,
            open: amount(&kept.open)?,
        })
    }
}

/// A part of what a comparison found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = KeepFindings, examples(json!({
    "month": "2025-11", "run": "019adb6c-2f00-7c11-8d5e-0123456789ab", "part": 0, "findings": [], "total": 0, "money": [{ "currency": "CNY",
    "sold": "8800.00", "refunded": "0", "billed": "7920.00", "paid": "7920.00", "open": "0" }], "by": "Li",
})))]
pub(crate) struct KeepBody {
    /// The month of Beijing.
    #[schema(value_type = String, pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$")]
    month: BeijingMonth,
    /// Which comparison it is: a UUID that the caller makes.
    run: Uuid,
    /// Which part, from 0.
    #[schema(value_type = u32)]
    part: Count,
    /// The findings, as `koogallery orders match` finds them. At most 200.
    #[schema(value_type = Vec<Object>, max_items = 200)]
    findings: Vec<Finding>,
    /// With the last part: how many findings all parts have. The comparison is shown from then on.
    #[serde(default, deserialize_with = "crate::extract::some")]
    #[schema(value_type = u32)]
    total: Option<Count>,
    /// With the last part: what the month came to, by currency.
    #[serde(default)]
    #[schema(max_items = 20)]
    money: Vec<MoneyView>,
    /// Who compares: the answer has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Keeps what a comparison found in a month, in parts: the last comparison of each month is shown.
#[utoipa::path(put, path = "/v1/findings", tag = "statements", operation_id = "keepFindings", request_body = KeepBody,
    responses((status = 204, description = "The part is kept")))]
pub(crate) async fn keep(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    Body(body): Body<KeepBody>,
) -> Result<StatusCode, Problem> {
    let KeepBody { month, run, part, findings, total, money, by } = body;
    if findings.len() > MOST_FINDINGS {
        return Err(Problem::new(Kind::Invalid, format!("findings: give at most {MOST_FINDINGS} in one part")));
    }
    if money.len() > MOST_CURRENCIES {
        return Err(Problem::new(Kind::Invalid, format!("money: give at most {MOST_CURRENCIES} currencies")));
    }
    let unwritable = |error| Problem::new(Kind::Internal, "a finding cannot be written").because(error);
    let written = findings.into_iter().map(|mut finding| {
        finding.evidence.rows.truncate(ROWS_KEPT);
        // Explanations are kept apart, and shown as they are then.
        finding.explained = None;
        serde_json::to_string(&finding).map_err(unwritable)
    });
    let written: Vec<String> = written.collect::<Result<_, _>>()?;
    if written.iter().map(String::len).sum::<usize>() > LONGEST_PART {
        return Err(Problem::new(Kind::TooLarge, "findings: give fewer in one part: it takes 300 KB"));
    }
    let by = allowed.acting(by.as_ref(), None)?.by;
    let money = money.iter().map(MoneyView::kept).collect::<Option<_>>();
    let money = money.ok_or_else(|| Problem::new(Kind::Internal, "an amount cannot be written"))?;
    let findings = total.map_or(0, |total| total.0);
    let comparison = Comparison { month: of(month)?, run, at: api.now(), by, findings, money };
    api.store().keep_findings(&comparison, part.0, written).await?;
    if total.is_some() {
        api.store().keep_comparison(&comparison).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn of(month: BeijingMonth) -> Result<Text<7>, Problem> {
    Text::try_from(month.to_string()).map_err(|error| Problem::new(Kind::Internal, error.to_string()))
}

/// Which month, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingsQuery {
    /// A month of Beijing; this month, if absent.
    #[param(value_type = Option<String>, pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$", example = "2025-11")]
    month: Option<BeijingMonth>,
    /// `next` of the page before. Send the same month with it.
    cursor: Option<String>,
}

/// A finding of the last comparison.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptFinding)]
pub(crate) struct FindingView {
    /// What was found: `id`, `kind`, `subject`, `evidence`.
    #[schema(value_type = Object)]
    finding: Box<RawValue>,
    /// Why it is all right, if somebody explained it.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationView>,
}

/// What the last comparison of a month found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FindingList, examples(json!({ "month": "2025-11", "findings": [] })))]
pub(crate) struct FindingList {
    /// The month.
    month: String,
    /// When it was compared; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Who compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// How many findings it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u32>,
    /// What the month came to, by currency.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    money: Vec<MoneyView>,
    /// A part of them.
    findings: Vec<FindingView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What the last comparison of a month found. Orders that agree with the statements are not in it.
#[utoipa::path(get, path = "/v1/findings", tag = "statements", operation_id = "listFindings", params(FindingsQuery),
    responses((status = 200, description = "A part of the findings", body = FindingList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(FindingsQuery { month, cursor: from }): QueryOf<FindingsQuery>,
) -> Result<Json<FindingList>, Problem> {
    let outside = || Problem::new(Kind::Internal, "the clock of this deployment is outside the calendar");
    let month = month.or_else(|| BeijingMonth::of(api.now())).ok_or_else(outside)?;
    let part: u32 = place(from.as_deref())?.unwrap_or_default();
    let empty = FindingList {
        month: month.to_string(),
        at: None,
        by: None,
        total: None,
        money: Vec::new(),
        findings: Vec::new(),
        next: None,
    };
    let Some(comparison) = api.store().comparison(&of(month)?).await? else { return Ok(Json(empty)) };
    let found = api.store().findings(&comparison, part).await?;
    let next = found.is_some().then(|| cursor(&(part.saturating_add(1)).to_string()));
    let mut findings = Vec::new();
    for text in found.unwrap_or_default() {
        let unreadable = |error| Problem::new(Kind::Internal, "a finding cannot be read").because(error);
        let finding: Finding = serde_json::from_str(&text).map_err(unreadable)?;
        let explained = if finding.kind.is_discrepancy() {
            let id = Text::try_from(finding.id.to_string())
                .map_err(|error| Problem::new(Kind::Internal, error.to_string()))?;
            api.store().explanation(&id).await?
        } else {
            None
        };
        let finding = RawValue::from_string(text).map_err(unreadable)?;
        findings.push(FindingView { finding, explanation: explained.map(ExplanationView::from) });
    }
    Ok(Json(FindingList {
        at: Some(comparison.at.to_rfc_3339()),
        by: Some(comparison.by.as_str().to_owned()),
        total: Some(comparison.findings),
        money: comparison.money.iter().filter_map(MoneyView::of).collect(),
        findings,
        next,
        ..empty
    }))
}
