//! Hours of use: where each is on its way to KooGallery, and what a person says of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use koogallery::{InstanceId, Text, Timestamp};
use koogallery_store::{HourChanged, HourId, HourState, Kind as IndexKind, UsageCursor, UsageHour};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{Body, QueryOf, optional_text, text};
use crate::metering::Amount;
use crate::problem::{Kind, Problem};
use crate::time::Time;

/// The most hours of an answer.
const MOST_HOURS: usize = 1000;

/// Which hours: those of an instance, or those of all instances that are to be pushed or parked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichHours {
    /// The pay-per-use instance.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: Option<InstanceId>,
    /// Only hours that begin then or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only hours that begin then or before.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Only hours in this state. Without an instance, give `parked`, or `unpushed` for those that are over and not pushed.
    #[param(inline)]
    state: Option<StateWord>,
}

/// A state of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageHourState)]
pub(crate) enum StateWord {
    /// It takes records.
    Open,
    /// It is to be pushed.
    Unpushed,
    /// KooGallery has it, or there was nothing to push.
    Done,
    /// A person has to look at it.
    Parked,
}

impl StateWord {
    const fn has(self, state: HourState) -> bool {
        matches!(
            (self, state),
            (Self::Open, HourState::Open)
                | (Self::Unpushed, HourState::Closed | HourState::Pushing)
                | (Self::Done, HourState::Done)
                | (Self::Parked, HourState::Parked)
        )
    }
}

/// An hour of an instance; a day, where the product is billed by the day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageHour)]
struct HourView {
    /// The pay-per-use instance.
    instance_id: String,
    /// The beginning.
    #[schema(format = DateTime)]
    begin: String,
    /// The end.
    #[schema(format = DateTime)]
    end: String,
    /// The instance of the package; its use is added up apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_package: Option<String>,
    /// Above 0 for what came after the last hour of a released instance was closed.
    part: u32,
    /// `open`, `closed` (not pushed yet), `pushing` (pushed, and not known to be taken), `done` or `parked`.
    state: &'static str,
    /// The sum of the records.
    amount: Amount,
    /// How many records that are.
    records: u64,
    /// What is pushed; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<Amount>,
    /// The serial number under which it is pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    metering_sn: Option<String>,
    /// What went on into the next hour; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    carried: Option<Amount>,
    /// How often it was pushed without success.
    attempts: u32,
    /// KooGallery's last answer, or why it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_answer: Option<String>,
    /// When it is pushed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try_at: Option<String>,
    /// When KooGallery had it, or when it was parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<UsageHour> for HourView {
    fn from(hour: UsageHour) -> Self {
        let UsageHour { id, end, state, amount, records, charge, carried, attempts, last_answer, .. } = hour;
        let (charged, metering_sn) = charge.map(|charge| (Amount::from(charge.quantity), charge.metering_sn)).unzip();
        Self {
            instance_id: id.instance_id.to_string(),
            begin: id.begin.to_rfc_3339(),
            end: end.to_rfc_3339(),
            related_package: id.related_package.map(|package| package.to_string()),
            part: id.part,
            state: state.word(),
            amount: amount.into(),
            records,
            charged,
            metering_sn,
            carried: (carried.ten_thousandths() != 0).then(|| carried.into()),
            attempts,
            last_answer,
            next_try_at: hour.next_try_at.map(Timestamp::to_rfc_3339),
            ended_at: hour.ended_at.map(Timestamp::to_rfc_3339),
        }
    }
}

/// Hours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UsageHours, examples(json!({ "hours": [{
    "instanceId": "03pf80c2b8", "begin": "2025-12-01T00:00:00.000Z", "end": "2025-12-01T01:00:00.000Z", "part": 0,
    "state": "done", "amount": 12.5, "records": 50, "charged": 12.5, "meteringSn": "1f0c9e0f8e5d4f0a9b0e6a3c5d7e9f01",
    "attempts": 0, "lastAnswer": "MKT.0000", "endedAt": "2025-12-01T01:03:12.000Z",
}], "hasMore": false })))]
pub(crate) struct HoursView {
    /// The hours, oldest first; at most 1,000.
    hours: Vec<HourView>,
    /// Whether there are more: of an instance, ask again with the last `begin` as `from`.
    has_more: bool,
}

/// Lists hours of use.
#[utoipa::path(get, path = "/v1/usage/hours", tag = "usage", operation_id = "listUsageHours", params(WhichHours),
    responses((status = 200, description = "The hours", body = HoursView)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(WhichHours { instance_id, from, to, state }): QueryOf<WhichHours>,
) -> Result<Json<HoursView>, Problem> {
    let mut hours = match (&instance_id, state) {
        (Some(instance), _) => {
            let from = from.map_or(Timestamp::from_millis(0), Time::timestamp);
            let to = to.map_or_else(|| api.now().saturating_add(std::time::Duration::from_hours(48)), Time::timestamp);
            // The store takes no span that ends before it begins. There is nothing in it.
            if from <= to { api.store().usage_hours(instance, from, to).await? } else { Vec::new() }
        }
        (None, Some(StateWord::Parked)) => api.hours_of(IndexKind::UsageParked).await?,
        (None, Some(StateWord::Unpushed)) => api.hours_of(IndexKind::Usage).await?,
        (None, _) => {
            let detail = "give instanceId, or state with `parked` or `unpushed`";
            return Err(Problem::new(Kind::Invalid, detail));
        }
    };
    hours.retain(|hour| {
        state.is_none_or(|state| state.has(hour.state))
            && from.is_none_or(|from| hour.id.begin >= from.timestamp())
            && to.is_none_or(|to| hour.id.begin <= to.timestamp())
    });
    hours.sort_by(|one, other| (one.id.begin, &one.id).cmp(&(other.id.begin, &other.id)));
    let has_more = hours.len() > MOST_HOURS;
    hours.truncate(MOST_HOURS);
    Ok(Json(HoursView { hours: hours.into_iter().map(HourView::from).collect(), has_more }))
}

impl SellerApi {
    /// Hours that the index has under a kind, and one more than an answer shows at most.
    async fn hours_of(&self, kind: IndexKind) -> Result<Vec<UsageHour>, Problem> {
        let (mut hours, mut cursor) = (Vec::new(), Some(UsageCursor::begin(kind)));
        while let Some(from) = cursor.filter(|_| hours.len() <= MOST_HOURS) {
            let (places, next) = self.store().usage_places(kind, self.now(), from).await?;
            for part in places.chunks(100).take(MOST_HOURS / 100 + 1) {
                hours.extend(self.store().usage_at(part).await?);
            }
            cursor = next;
        }
        Ok(hours)
    }
}

/// An hour, as `GET /usage/hours` shows it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ParkUsageHour, examples(json!({
    "instanceId": "03pf80c2b8", "begin": "2025-12-01T00:00:00Z", "reason": "009 in SDR management",
})))]
pub(crate) struct ParkBody {
    /// The pay-per-use instance.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    instance_id: InstanceId,
    /// The beginning of the hour.
    #[schema(value_type = String, format = DateTime)]
    begin: Time,
    /// The instance of the package, for use of one.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    related_package: Option<InstanceId>,
    /// The part, if it is not 0.
    #[serde(default)]
    part: u32,
    /// Why KooGallery does not count it.
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Text<255>,
}

/// An hour that is pushed once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ResendUsageHour, examples(json!({ "instanceId": "03pf80c2b8", "begin": "2025-12-01T00:00:00Z" })))]
pub(crate) struct ResendBody {
    /// The pay-per-use instance.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    instance_id: InstanceId,
    /// The beginning of the hour.
    #[schema(value_type = String, format = DateTime)]
    begin: Time,
    /// The instance of the package, for use of one.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    related_package: Option<InstanceId>,
    /// The part, if it is not 0.
    #[serde(default)]
    part: u32,
    /// Whether it gets another serial number: needed if KooGallery took it and did not count it.
    #[serde(default)]
    new_serial_number: bool,
}

/// Parks an hour that KooGallery took and does not count, as Seller Console shows.
#[utoipa::path(post, path = "/v1/usage/hours/park", tag = "usage", operation_id = "parkUsageHour", request_body = ParkBody,
    responses(
        (status = 204, description = "It is parked"),
        (status = 404, description = "No such hour"),
        (status = 409, description = "The hour is open or parked, or nothing of it was pushed"),
    ))]
pub(crate) async fn park(State(api): State<Arc<SellerApi>>, Body(body): Body<ParkBody>) -> Result<StatusCode, Problem> {
    let ParkBody { instance_id, begin, related_package, part, reason } = body;
    let id = HourId { instance_id, begin: begin.timestamp(), related_package, part };
    changed(
        api.store().park_usage(&id, reason.as_str(), api.now()).await?,
        "only an hour that was pushed can be parked",
    )
}

/// Pushes a parked hour once more, with the next run.
///
/// It is never charged twice: it keeps its beginning and end, and KooGallery counts the first of two records with the same.
#[utoipa::path(post, path = "/v1/usage/hours/resend", tag = "usage", operation_id = "resendUsageHour",
    request_body = ResendBody,
    responses(
        (status = 204, description = "It is pushed with the next run"),
        (status = 404, description = "No such hour"),
        (status = 409, description = "The hour is not parked, or there is nothing to push"),
    ))]
pub(crate) async fn resend(
    State(api): State<Arc<SellerApi>>,
    Body(body): Body<ResendBody>,
) -> Result<StatusCode, Problem> {
    let ResendBody { instance_id, begin, related_package, part, new_serial_number } = body;
    let id = HourId { instance_id, begin: begin.timestamp(), related_package, part };
    changed(
        api.store().resend_usage(&id, new_serial_number).await?,
        "only an hour that is parked can be pushed once more",
    )
}

fn changed(changed: HourChanged, why_not: &str) -> Result<StatusCode, Problem> {
    match changed {
        HourChanged::Done => Ok(StatusCode::NO_CONTENT),
        HourChanged::Unknown => {
            Err(Problem::new(Kind::Unknown, "there is no such hour: `GET /usage/hours` lists them"))
        }
        HourChanged::State(state) => {
            Err(Problem::new(Kind::HourState, format!("the hour is {}: {why_not}", state.word())))
        }
    }
}
