//! Warnings that stand, and what people say about one: it is known, or they want to hear of it later.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{Text, Timestamp};
use koogallery_store::{Answered, Cause, Warning, WarningAnswer, WarningAnswered, WarningId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::about::AboutView;
use crate::access::Allowed;
use crate::extract::{Body, PathOf, QueryOf, optional_text, text};
use crate::filter::is;
use crate::page::{Limit, place};
use crate::problem::{Kind, Problem};
use crate::time::Time;
use crate::words;

/// The warning that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct WarningPath {
    /// The warning's id.
    #[param(value_type = String, pattern = "^[0-9a-f]{32}$", example = "0f1e2d3c4b5a69788796a5b4c3d2e1f0")]
    pub(crate) warning_id: WarningId,
}

/// What a person said about a warning.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WarningAnswered)]
struct AnsweredView {
    /// Who.
    by: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A warning.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Warning, examples(json!({
    "warningId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "cause": "seller-step",
    "about": { "orderId": "CS2509071201OKVI2" }, "since": "2025-12-01T08:00:00.000Z",
    "dueAt": "2025-12-06T08:00:00.000Z", "raisedAt": "2025-12-04T08:00:00.000Z",
})))]
pub(crate) struct WarningView {
    /// Its id.
    warning_id: String,
    /// Why.
    #[schema(schema_with = words::cause)]
    cause: &'static str,
    /// What it is about.
    about: AboutView,
    /// Since when the cause is there.
    #[schema(format = DateTime)]
    since: String,
    /// When it is too late, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// When it was raised last.
    #[schema(format = DateTime)]
    raised_at: String,
    /// What else there is to say: a callback and its result code, a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Until when nobody wants to hear of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    snoozed_until: Option<String>,
    /// Who acknowledged or snoozed it last, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<AnsweredView>,
    /// Since when it does not stand any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<Warning> for WarningView {
    fn from(warning: Warning) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc_3339);
        let answered = |Answered { by, at, reason }: Answered| AnsweredView {
            by: by.as_str().to_owned(),
            at: at.to_rfc_3339(),
            reason: reason.map(|reason| reason.as_str().to_owned()),
        };
        Self {
            warning_id: warning.warning_id.to_string(),
            cause: warning.cause.into(),
            about: (&warning.about).into(),
            since: warning.since.to_rfc_3339(),
            due_at: time(warning.due_at),
            raised_at: warning.raised_at.to_rfc_3339(),
            detail: warning.detail,
            snoozed_until: time(warning.snoozed_until),
            answered: warning.answered.map(answered),
            ended_at: time(warning.ended_at),
        }
    }
}

/// Which warnings to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WarningsQuery {
    /// Only warnings of this cause.
    #[param(required = false, schema_with = words::cause)]
    cause: Option<Cause>,
    /// Only warnings for which it is too late before that time.
    #[param(value_type = Option<String>, format = DateTime)]
    due_before: Option<Time>,
    /// Only those that are snoozed, or only the others.
    snoozed: Option<bool>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of warnings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "warnings": [{
    "warningId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "cause": "failed-orders", "about": {}, "detail": "3",
    "since": "2025-11-30T16:00:00.000Z", "raisedAt": "2025-12-04T08:00:00.000Z",
}] })))]
pub(crate) struct WarningList {
    /// The warnings.
    warnings: Vec<WarningView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Where a page begins: after this warning.
struct After(Timestamp, WarningId);

impl std::str::FromStr for After {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(':').ok_or(())?;
        Ok(Self(Timestamp::from_millis(at.parse().map_err(|_| ())?), id.parse().map_err(|_| ())?))
    }
}

/// Warnings that stand, those that were raised first before the others.
#[utoipa::path(get, path = "/v1/warnings", tag = "warnings", operation_id = "listWarnings", params(WarningsQuery),
    responses((status = 200, description = "A page of warnings", body = WarningList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<WarningsQuery>,
) -> Result<Json<WarningList>, Problem> {
    let WarningsQuery { cause, due_before, snoozed, cursor: from, limit: Limit(limit) } = query;
    let after: Option<After> = place(from.as_deref())?;
    let now = api.now();
    let mut warnings = api.store().warnings().await?;
    warnings.retain(|warning| {
        let is_snoozed = warning.snoozed_until.is_some_and(|until| until > now);
        is(cause.as_ref(), Some(&warning.cause))
            && is(snoozed.as_ref(), Some(&is_snoozed))
            && due_before.is_none_or(|before| warning.due_at.is_some_and(|due| due < before.timestamp()))
            && after.as_ref().is_none_or(|After(at, id)| (warning.raised_at, &warning.warning_id) > (*at, id))
    });
    let more = warnings.len() > limit;
    warnings.truncate(limit);
    let last = warnings.last().filter(|_| more);
    let next = last.map(|last| crate::page::cursor(&format!("{}:{}", last.raised_at.as_millis(), last.warning_id)));
    Ok(Json(WarningList { warnings: warnings.into_iter().map(WarningView::from).collect(), next }))
}

/// A warning, also one that has ended: for 400 days.
#[utoipa::path(get, path = "/v1/warnings/{warningId}", tag = "warnings", operation_id = "getWarning",
    params(WarningPath),
    responses(
        (status = 200, description = "The warning", body = WarningView),
        (status = 404, description = "No such warning"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(WarningPath { warning_id }): PathOf<WarningPath>,
) -> Result<Json<WarningView>, Problem> {
    let warning = api.store().warning(&warning_id).await?.ok_or_else(|| Problem::unknown("warning"))?;
    Ok(Json(warning.into()))
}

/// Why a warning is done with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AcknowledgeWarning, examples(json!({ "reason": "the buyer asked for a delay", "by": "Li" })))]
pub(crate) struct AcknowledgeBody {
    /// Why. Write no personal data.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Text<255>,
    /// Who says so: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Acknowledges a warning: it ends, and is not raised once more for the same cause.
#[utoipa::path(post, path = "/v1/warnings/{warningId}/acknowledge", tag = "warnings", operation_id = "acknowledgeWarning",
    params(WarningPath), request_body = AcknowledgeBody,
    responses(
        (status = 200, description = "It has ended", body = WarningView),
        (status = 404, description = "No such warning"),
        (status = 409, description = "It has ended before"),
    ))]
pub(crate) async fn acknowledge(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(WarningPath { warning_id }): PathOf<WarningPath>,
    Body(AcknowledgeBody { reason, by }): Body<AcknowledgeBody>,
) -> Result<Json<WarningView>, Problem> {
    answer(&api, &allowed, &warning_id, WarningAnswer::Acknowledge, (by, reason)).await
}

/// Until when nobody wants to hear of a warning, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SnoozeWarning, examples(json!({ "until": "2098-12-05T01:00:00Z", "reason": "the engineer is there on Friday" })))]
pub(crate) struct SnoozeBody {
    /// Then it is raised once more, unless its cause is gone.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// Why. Write no personal data.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Text<255>,
    /// Who says so: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Snoozes a warning: it is raised once more at that time, with an event, unless its cause is gone.
#[utoipa::path(post, path = "/v1/warnings/{warningId}/snooze", tag = "warnings", operation_id = "snoozeWarning",
    params(WarningPath), request_body = SnoozeBody,
    responses(
        (status = 200, description = "It is snoozed", body = WarningView),
        (status = 404, description = "No such warning"),
        (status = 409, description = "It has ended"),
    ))]
pub(crate) async fn snooze(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(WarningPath { warning_id }): PathOf<WarningPath>,
    Body(SnoozeBody { until, reason, by }): Body<SnoozeBody>,
) -> Result<Json<WarningView>, Problem> {
    if until.timestamp() <= api.now() {
        return Err(Problem::new(Kind::Invalid, "until: it is over already: give a time in the future"));
    }
    answer(&api, &allowed, &warning_id, WarningAnswer::Snooze(until.timestamp()), (by, reason)).await
}

async fn answer(
    api: &SellerApi,
    allowed: &Allowed,
    id: &WarningId,
    answer: WarningAnswer,
    (by, reason): (Option<Text<64>>, Text<255>),
) -> Result<Json<WarningView>, Problem> {
    let actor = allowed.acting(by.as_ref(), Some(reason))?;
    match api.store().answer_warning(id, answer, &actor, api.now()).await? {
        WarningAnswered::Done(warning) => Ok(Json((*warning).into())),
        WarningAnswered::Ended(warning) => {
            let at = warning.ended_at.map(Timestamp::to_rfc_3339).unwrap_or_default();
            let detail = format!("the warning ended at {at}: it was acknowledged, or its cause is gone");
            Err(Problem::new(Kind::WarningEnded, detail))
        }
        WarningAnswered::Unknown => Err(Problem::unknown("warning")),
    }
}
