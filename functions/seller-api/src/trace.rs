//! The trace of an id: one timeline of calls and their answers, events, and every try to deliver these.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{InterfaceType, ResultCode, Timestamp};
use koogallery_store::{Ended, EventRecord, EventType, KeptCall, Trace, Try, TryAnswer};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::SellerApi;
use crate::extract::PathOf;
use crate::problem::{Kind, Problem};
use crate::subjects::SubjectView;

/// What to trace.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct TracePath {
    /// An id: of an order (also of a renewal, an upgrade or a refund), an instance, a license code, a tenant, or of an event, which
    /// is its `webhook-id`.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "CS2509071201OKVI2")]
    anything: Id,
}

/// The text of an id, whatever it is the id of: 1 to 64 characters.
#[derive(Debug)]
struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() || text.chars().count() > 64 {
            return Err(serde::de::Error::custom("an id has 1 to 64 characters"));
        }
        Ok(Self(text))
    }
}

/// All that is known of an id, as one timeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Trace, examples(json!({
    "subjects": [{ "orderId": "CS2509071201OKVI2" }, { "instanceId": "03pf80c2b8" }], "isComplete": true,
    "timeline": [
        { "at": "2025-12-01T00:00:00.000Z", "kind": "call", "callback": "newInstance", "resultCode": "000000",
          "count": 1, "interfaceType": "basic", "test": false, "orderId": "CS2509071201OKVI2",
          "instanceId": "03pf80c2b8", "requestId": "8f2c" },
        { "at": "2025-12-01T00:00:00.000Z", "kind": "event", "type": "instance.created",
          "eventId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "subject": { "instanceId": "03pf80c2b8" } },
        { "at": "2025-12-01T00:00:01.000Z", "kind": "delivery", "type": "instance.created",
          "eventId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "destination": "webhook", "outcome": "delivered", "answer": "appInfo", "durationMs": 42 },
    ],
})))]
pub(crate) struct TraceView {
    /// What the id means and leads to.
    subjects: Vec<SubjectView>,
    /// Whether this is all. If it is not, the oldest entries are missing.
    is_complete: bool,
    /// What happened, the oldest first. Calls are kept for 30 days.
    timeline: Vec<Entry>,
}

/// One entry of the timeline.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceEntry)]
struct Entry {
    /// When; of several calls that said the same, the first one.
    #[schema(format = DateTime)]
    at: String,
    /// What it is.
    #[serde(flatten)]
    what: What,
    #[serde(skip)]
    #[schema(ignore)]
    order: (Timestamp, u8),
}

/// A call of KooGallery's and its answer, an event, or a try to deliver it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schema(as = TraceWhat)]
enum What {
    /// A call whose signature is right, and its answer.
    Call(CallView),
    /// An event.
    Event(HappenedView),
    /// A try to deliver an event.
    Delivery(TryView),
}

/// A call whose signature is right, and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TracedCall)]
struct CallView {
    /// The callback, such as `newInstance`.
    callback: String,
    /// The answer.
    #[schema(value_type = String)]
    result_code: ResultCode,
    /// Why it was refused, or what is odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The number of calls: several that say the same within a minute share an entry, and successful queries of a day.
    count: u64,
    /// When the last of several came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_at: Option<String>,
    /// The type of the key that signed it.
    #[schema(value_type = String)]
    interface_type: InterfaceType,
    /// Whether it is a debug call.
    test: bool,
    /// The order that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// The instance that it names, or created.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The license code that it names: its end only.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// The tenant that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    /// What names the last of these calls in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TracedEvent)]
struct HappenedView {
    /// What happened, such as `instance.created`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    event_type: EventType,
    /// Its id: the `webhook-id` of each try.
    event_id: Uuid,
    /// What it is about.
    subject: SubjectView,
    /// The order that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
}

/// A try to deliver an event. The last 20 at each destination are kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TracedDelivery)]
struct TryView {
    /// The event's type.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    event_type: EventType,
    /// The event's id.
    event_id: Uuid,
    /// `webhook` (your application) or `bus` (an event bus).
    destination: String,
    /// How the try ended.
    outcome: Outcome,
    /// Why it failed; if it did not, what is odd about the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// What your application's answer to `instance.created` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerWord>,
    /// How long the try took, in milliseconds.
    duration_ms: u64,
}

/// How a try ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// The destination has the event.
    Delivered,
    /// The destination does not want this event.
    Stopped,
    /// It failed, and the event is tried again.
    Failed,
    /// It failed, and it was the last try: the event waits for a resend.
    Parked,
}

/// What an answer to `instance.created` says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum AnswerWord {
    /// The buyer's way in.
    AppInfo,
    /// Why the instance cannot be provisioned.
    Failure,
    /// Neither: your application sends it later.
    Nothing,
}

impl From<KeptCall> for Entry {
    fn from(KeptCall { call, calls, first_at, last_at }: KeptCall) -> Self {
        let what = What::Call(CallView {
            callback: call.callback,
            result_code: call.result_code,
            reason: call.reason,
            count: calls,
            last_at: (last_at > first_at).then(|| last_at.to_rfc_3339()),
            interface_type: call.interface_type,
            test: call.test,
            order_id: call.order_id,
            instance_id: call.instance_id,
            license: call.license,
            tenant_id: call.tenant_id,
            request_id: call.request_id,
        });
        Self { at: first_at.to_rfc_3339(), what, order: (first_at, 0) }
    }
}

/// An event's own entry, and one for each try.
fn entries(record: EventRecord) -> impl Iterator<Item = Entry> {
    let EventRecord { subject, event, destinations, .. } = record;
    let (event_type, event_id, at) = (event.event_type, event.event_id, event.occurred_at);
    let order_id = event.data["orderId"].as_str().map(str::to_owned);
    let happened =
        What::Event(HappenedView { event_type, event_id, subject: SubjectView::redacted(&subject), order_id });
    let tries = destinations
        .into_iter()
        .flat_map(|(name, state)| state.tries.into_iter().map(move |tried| (name.clone(), tried)));
    let tries = tries.map(move |(destination, Try { at, duration, ended, problem, answer })| {
        let outcome = match ended {
            Some(Ended::Delivered) => Outcome::Delivered,
            Some(Ended::Stopped) => Outcome::Stopped,
            Some(Ended::Parked) => Outcome::Parked,
            None => Outcome::Failed,
        };
        let answer = answer.map(|answer| match answer {
            TryAnswer::AppInfo => AnswerWord::AppInfo,
            TryAnswer::Failure => AnswerWord::Failure,
            TryAnswer::Nothing => AnswerWord::Nothing,
        });
        let what = TryView { event_type, event_id, destination, outcome, problem, answer, duration_ms: duration };
        Entry { at: at.to_rfc_3339(), what: What::Delivery(what), order: (at, 2) }
    });
    [Entry { at: at.to_rfc_3339(), what: happened, order: (at, 1) }].into_iter().chain(tries)
}

impl From<Trace> for TraceView {
    fn from(Trace { subjects, calls, events, is_cut }: Trace) -> Self {
        let calls = calls.into_iter().map(Entry::from);
        let mut timeline: Vec<Entry> = calls.chain(events.into_iter().flat_map(entries)).collect();
        timeline.sort_by_key(|entry| entry.order);
        Self { subjects: subjects.iter().map(SubjectView::redacted).collect(), is_complete: !is_cut, timeline }
    }
}

/// All calls, events and deliveries of what an id means, whatever it is the id of.
///
/// Only calls whose signature is right are known. It contains ids, and no personal data.
#[utoipa::path(get, path = "/v1/trace/{anything}", tag = "trace", operation_id = "trace", params(TracePath),
    responses(
        (status = 200, description = "What happened, the oldest first", body = TraceView),
        (status = 404, description = "Nothing is known of this id"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(TracePath { anything: Id(id) }): PathOf<TracePath>,
) -> Result<Json<TraceView>, Problem> {
    let trace = api.store().trace(&id).await?;
    if trace.subjects.is_empty() {
        let detail = "nothing is known of this id: no call with a right signature named it in the last 30 days, and no event is \
                      about it";
        return Err(Problem::new(Kind::Unknown, detail));
    }
    Ok(Json(trace.into()))
}
