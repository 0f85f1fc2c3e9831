//! Records of use: what the application counted. The bundle adds them up by the hour and pushes each hour to KooGallery once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::InstanceId;
use koogallery_store::{Quantity, QuantityError, RecordId, Taken, UsageSent, UsageTaken};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{Body, QueryOf, optional_text, text};
use crate::page::{Limit, cursor, place};
use crate::problem::{Kind, Problem, RecordProblem};
use crate::time::Time;

/// The most records of one call.
const MOST_RECORDS: usize = 1000;

/// An amount, as a number or, to the last digit, as a text.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Amount)]
pub(crate) enum Amount {
    /// Such as 12.5.
    Number(PlainNumber),
    /// Such as "12.5".
    Text(String),
}

/// A number of JSON, as it is written.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = f64)]
pub(crate) struct PlainNumber(serde_json::Number);

impl Amount {
    pub(crate) fn quantity(&self) -> Result<Quantity, QuantityError> {
        match self {
            // A number of the form 3.0 is the same as 3.
            Self::Number(PlainNumber(number)) => number.to_string().parse(),
            Self::Text(text) => text.trim().parse(),
        }
    }
}

impl From<Quantity> for Amount {
    fn from(quantity: Quantity) -> Self {
        let text = quantity.to_string();
        serde_json::from_str(&text).map_or(Self::Text(text), |number| Self::Number(PlainNumber(number)))
    }
}

/// Records of use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UsageRecords, examples(json!({ "records": [
    { "id": "req-4711", "instanceId": "03pf80c2b8", "at": "2025-12-01T00:12:07Z", "quantity": 0.25 },
] })))]
pub(crate) struct Records {
    /// The records.
    #[schema(min_items = 1, max_items = 1000)]
    records: Vec<RecordBody>,
}

/// What an instance used, at a moment or over a time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = MeteredRecord, examples(json!({
    "id": "req-4711", "instanceId": "03pf80c2b8", "at": "2025-12-01T00:12:07Z", "quantity": 0.25,
})))]
struct RecordBody {
    /// Your id of the record, unique for its instance. Send the same again with the same id as often as you like.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    id: RecordId,
    /// The pay-per-use instance.
    #[serde(deserialize_with = "text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    instance_id: InstanceId,
    /// The instance of the package that it belongs to. A package that ends when it is used up needs it.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    related_package: Option<InstanceId>,
    /// When it was used. Give this, or `begin` and `end`.
    #[serde(default)]
    #[schema(value_type = String, format = DateTime)]
    at: Option<Time>,
    /// The beginning of the use; at most 21 days ago.
    #[serde(default)]
    #[schema(value_type = String, format = DateTime)]
    begin: Option<Time>,
    /// The end of the use; at most a day after the beginning, and not in the future.
    #[serde(default)]
    #[schema(value_type = String, format = DateTime)]
    end: Option<Time>,
    /// How much, with at most 8 digits before the point and 4 after it. A negative amount takes back what was counted too much:
    /// from the hour that is open.
    quantity: Amount,
}

impl RecordBody {
    fn sent(&self) -> Result<UsageSent, String> {
        let (begin, end) = match (self.at, self.begin, self.end) {
            (Some(at), None, None) => (at, at),
            (None, Some(begin), Some(end)) => (begin, end),
            _ => return Err("give `at`, or `begin` and `end`".to_owned()),
        };
        let quantity = self.quantity.quantity().map_err(|error| format!("quantity: {error}"))?;
        Ok(UsageSent {
            id: self.id.clone(),
            instance_id: self.instance_id.clone(),
            related_package: self.related_package.clone(),
            begin: begin.timestamp(),
            end: end.timestamp(),
            quantity,
        })
    }
}

/// How many records were taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageTaken, examples(json!({ "counted": 1, "known": 0 })))]
pub(crate) struct TakenCount {
    /// So many count since this call.
    counted: usize,
    /// So many had come before.
    known: usize,
}

/// Takes records of use.
///
/// Each is counted once, in the hour in which it ends. If that hour is closed, it is counted in the one that is open now, and its
/// own time is kept. An hour is closed two minutes after its end, or when the instance is released; then it is pushed to KooGallery
/// and cannot be taken back.
///
/// Those that can be counted are, whatever becomes of the others: the answer 409 or 422 names those that are not. After 503 or no
/// answer, send all of them again.
#[utoipa::path(post, path = "/v1/usage/records", tag = "usage", operation_id = "takeUsageRecords", request_body = Records,
    responses(
        (status = 200, description = "All of them are counted", body = TakenCount),
        (status = 409, description = "Other records came before under the ids that `records` names"),
        (status = 422, description = "The records that `records` names cannot be counted"),
    ))]
pub(crate) async fn take(
    State(api): State<Arc<SellerApi>>,
    Body(body): Body<Records>,
) -> Result<Json<TakenCount>, Problem> {
    let count = body.records.len();
    if !(1..=MOST_RECORDS).contains(&count) {
        return Err(Problem::new(Kind::Invalid, format!("records: give 1 to {MOST_RECORDS}, not {count}")));
    }
    let of = |place: usize, detail: String| {
        let RecordBody { id, instance_id, .. } = &body.records[place];
        RecordProblem { place, id: id.to_string(), instance_id: instance_id.to_string(), detail }
    };
    let (mut sent, mut places, mut unusable, mut conflicts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, record) in body.records.iter().enumerate() {
        match record.sent() {
            Ok(record) => {
                sent.push(record);
                places.push(place);
            }
            Err(detail) => unusable.push(of(place, detail)),
        }
    }
    let cycles = api.settings().await?.document.cycles(&api.cycles);
    let taken = api.store().take_usage(sent, &cycles, api.now()).await?;
    let (mut counted, mut known) = (0, 0);
    for (place, taken) in places.into_iter().zip(taken) {
        match taken {
            Taken::Counted(_) => counted += 1,
            Taken::Known => known += 1,
            Taken::Conflict => conflicts.push(of(place, "another record with this id came before".to_owned())),
            Taken::Refused(refusal) => unusable.push(of(place, refusal.to_string())),
        }
    }
    if unusable.is_empty() && conflicts.is_empty() {
        return Ok(Json(TakenCount { counted, known }));
    }
    let kind = if unusable.is_empty() { Kind::RecordStands } else { Kind::Unusable };
    let mut problems = [unusable, conflicts].concat();
    problems.sort_by_key(|problem| problem.place);
    let detail = format!(
        "{} of {count} records cannot be counted: `records` says which, and why. The others are: {counted} of them new, {known} \
         known. Do not send those that are named again unchanged",
        problems.len()
    );
    Err(Problem::new(kind, detail).naming(problems))
}

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The pay-per-use instance.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: InstanceId,
    /// The most records of the page.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A record that was taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TakenRecord)]
struct RecordView {
    /// Your id of it.
    id: String,
    /// The instance of the package that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_package: Option<String>,
    /// The beginning of the use.
    #[schema(format = DateTime)]
    begin: String,
    /// The end of the use.
    #[schema(format = DateTime)]
    end: String,
    /// How much.
    quantity: Amount,
    /// The beginning of the hour in which it is counted.
    #[schema(format = DateTime)]
    counted_in: String,
    /// When it came.
    #[schema(format = DateTime)]
    taken_at: String,
}

impl From<UsageTaken> for RecordView {
    fn from(UsageTaken { sent, counted_in, taken_at }: UsageTaken) -> Self {
        Self {
            id: sent.id.to_string(),
            related_package: sent.related_package.map(|package| package.to_string()),
            begin: sent.begin.to_rfc_3339(),
            end: sent.end.to_rfc_3339(),
            quantity: sent.quantity.into(),
            counted_in: counted_in.to_rfc_3339(),
            taken_at: taken_at.to_rfc_3339(),
        }
    }
}

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenRecords, examples(json!({ "records": [{
    "id": "req-4711", "begin": "2025-12-01T00:12:07.000Z", "end": "2025-12-01T00:12:07.000Z", "quantity": 0.25,
    "countedIn": "2025-12-01T00:00:00.000Z", "takenAt": "2025-12-01T00:12:08.042Z",
}] })))]
pub(crate) struct RecordsView {
    /// The records, in no order of time.
    records: Vec<RecordView>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists the records of an instance that came in the last 90 days.
#[utoipa::path(get, path = "/v1/usage/records", tag = "usage", operation_id = "listUsageRecords", params(Which),
    responses((status = 200, description = "A page of them", body = RecordsView)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(Which { instance_id, limit, cursor: from }): QueryOf<Which>,
) -> Result<Json<RecordsView>, Problem> {
    let from = place::<RecordPlace>(from.as_deref())?.unwrap_or_default();
    let page = api.store().usage_records(&instance_id, (from.0, from.1), limit.0).await?;
    let next = page.next.map(|(shard, after)| cursor(&format!("{shard}:{}", after.unwrap_or_default())));
    Ok(Json(RecordsView { records: page.records.into_iter().map(RecordView::from).collect(), next }))
}

/// Where a page begins.
#[derive(Debug, Default)]
struct RecordPlace(u8, Option<String>);

impl std::str::FromStr for RecordPlace {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (shard, after) = text.split_once(':').ok_or(())?;
        Ok(Self(shard.parse().map_err(|_| ())?, Some(after.to_owned()).filter(|after| !after.is_empty())))
    }
}
