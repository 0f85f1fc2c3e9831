//! Events: what happened to an instance, an order, a license code or a tenant, and whether your application received it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{InstanceId, LicenseCode, OrderId, TenantId, Timestamp};
use koogallery_runtime::Scope;
use koogallery_store::{Delivery, DestinationState, Discarded, Ended, EventRecord, OpenEvents, OpenPlace, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{PathOf, QueryOf};
use crate::filter::MOST_READS;
use crate::page::{Limit, cursor, place, within_limits};
use crate::paths::{InstancePath, LicensePath, OrderPath, TenantPath};
use crate::problem::{Kind, Problem};
use crate::subjects::{SubjectView, subject};
use crate::warnings::WarningPath;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// The delivery state of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryWord {
    /// It is not delivered yet.
    Undelivered,
    /// All tries failed, for more than three days. It waits for a resend.
    Parked,
    /// The application has it.
    Delivered,
    /// The application answered that it does not want this event.
    Stopped,
    /// All tries failed, and a person gave it up.
    Discarded,
}

impl From<Delivery> for DeliveryWord {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Undelivered => Self::Undelivered,
            Delivery::Parked => Self::Parked,
            Delivery::Delivered => Self::Delivered,
            Delivery::Stopped => Self::Stopped,
            Delivery::Discarded => Self::Discarded,
        }
    }
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event, examples(json!({
    "eventId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "type": "instance.created",
    "subject": { "instanceId": "03pf80c2b8" }, "occurredAt": "2025-12-01T00:00:00.000Z", "data": { "instanceId": "03pf80c2b8" },
    "delivery": "delivered", "attempts": 1, "deliveredAt": "2025-12-01T00:00:01.000Z",
})))]
struct EventView {
    /// Its id: the `webhook-id` of each try.
    event_id: Uuid,
    /// What happened, such as `instance.created`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    event_type: koogallery_store::EventType,
    /// What it is about, as the resend takes it.
    subject: SubjectView,
    /// When it happened.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// What changed. Names of persons, departments and devices need the scope `personal-data` as well.
    #[schema(value_type = Object)]
    data: Value,
    /// Its delivery state.
    delivery: DeliveryWord,
    /// The number of tries.
    attempts: u32,
    /// When the application took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try_at: Option<String>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_problem: Option<String>,
    /// Its state at each destination that tried it. The destinations are independent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destinations: Vec<DestinationView>,
    /// Who gave it up, and why, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    discarded: Option<DiscardedView>,
}

/// That an event was given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discarded)]
struct DiscardedView {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The name of the token, or of whoever ran the command.
    by: String,
    /// Why, in that person's words.
    reason: String,
}

/// The state of an event at one destination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Destination)]
pub(crate) struct DestinationView {
    /// `webhook` (your application) or `bus` (an event bus).
    name: String,
    /// The event's delivery state there.
    delivery: DeliveryWord,
    /// The number of tries.
    attempts: u32,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    tried_at: Option<String>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try_at: Option<String>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_problem: Option<String>,
}

impl From<(String, DestinationState)> for DestinationView {
    fn from((name, state): (String, DestinationState)) -> Self {
        Self {
            name,
            delivery: match state.ended {
                None => DeliveryWord::Undelivered,
                Some(Ended::Parked) => DeliveryWord::Parked,
                Some(Ended::Delivered) => DeliveryWord::Delivered,
                Some(Ended::Stopped) => DeliveryWord::Stopped,
            },
            attempts: state.attempts,
            tried_at: state.tried_at.map(Timestamp::to_rfc_3339),
            next_try_at: state.next_try_at.map(Timestamp::to_rfc_3339),
            last_problem: state.last_problem,
        }
    }
}

/// The members of an event's data that name a person, a department or a device.
const NAMING: [&str; 3] = ["userNames", "orgCodes", "deviceFingerprint"];

impl EventView {
    /// As a token may see it.
    fn of(mut record: EventRecord, allowed: &Allowed) -> Self {
        let delivery = record.delivery().into();
        if let Value::Object(data) = &mut record.event.data
            && !allowed.scopes.has(Scope::PersonalData)
        {
            data.retain(|name, _| !NAMING.contains(&name.as_str()));
        }
        Self {
            event_id: record.event.event_id,
            event_type: record.event.event_type,
            subject: SubjectView::revealing(&record.subject),
            occurred_at: record.event.occurred_at.to_rfc_3339(),
            data: record.event.data,
            delivery,
            attempts: record.attempts,
            delivered_at: record.delivered_at.map(Timestamp::to_rfc_3339),
            next_try_at: record.next_try_at.map(Timestamp::to_rfc_3339),
            last_problem: record.last_problem,
            destinations: record.destinations.into_iter().map(Into::into).collect(),
            discarded: record.discarded.map(|Discarded { at, by, reason }| DiscardedView {
                at: at.to_rfc_3339(),
                by,
                reason,
            }),
        }
    }
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "events": [{
    "eventId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "type": "instance.created",
    "subject": { "instanceId": "03pf80c2b8" }, "occurredAt": "2025-12-01T00:00:00.000Z",
    "data": { "instanceId": "03pf80c2b8" }, "delivery": "undelivered", "attempts": 1,
    "nextTryAt": "2025-12-01T00:00:06.000Z", "lastProblem": "the receiver answered HTTP 500",
}] })))]
pub(crate) struct EventList {
    /// The events, oldest first.
    events: Vec<EventView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn history(
    api: &SellerApi,
    allowed: &Allowed,
    subject: &Subject,
    after: Option<Uuid>,
    limit: Limit,
) -> Result<Json<Box<RawValue>>, Problem> {
    within_limits(limit, |Limit(limit)| async move {
        let (events, last) = api.store().history(subject, after, limit).await?;
        let next = last.map(|id| cursor(&id.to_string()));
        Ok(EventList { events: events.into_iter().map(|event| EventView::of(event, allowed)).collect(), next })
    })
    .await
}

/// Which events to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StateQuery {
    /// Their delivery state. `delivered`, `stopped` and `discarded` need one of instanceId, orderId, license and tenantId.
    #[param(inline)]
    state: DeliveryWord,
    /// Only events of this instance.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    instance_id: Option<InstanceId>,
    /// Only events of this order itself.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    order_id: Option<OrderId>,
    /// Only events of this license code.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    license: Option<LicenseCode>,
    /// Only events of this tenant.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    tenant_id: Option<TenantId>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// Events by delivery state: what your application does not have, for all subjects; or any state of one subject.
///
/// Without a subject the list has the oldest events first, in 16 parts one after the other. It is a moment behind.
#[utoipa::path(get, path = "/v1/events", tag = "events", operation_id = "listEvents", params(StateQuery),
    responses((status = 200, description = "A page of events", body = EventList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    QueryOf(query): QueryOf<StateQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let StateQuery { state, instance_id, order_id, license, tenant_id, cursor: from, limit } = query;
    let subject = subject(instance_id.as_ref(), order_id.as_ref(), license.as_ref(), tenant_id.as_ref())?;
    if let Some(subject) = subject {
        let (api, allowed, subject, after) = (&api, &allowed, &subject, place(from.as_deref())?);
        return within_limits(limit, |limit| history_in(api, allowed, subject, state, after, limit)).await;
    }
    let which = match state {
        DeliveryWord::Undelivered => OpenEvents::Undelivered,
        DeliveryWord::Parked => OpenEvents::Parked,
        DeliveryWord::Delivered | DeliveryWord::Stopped | DeliveryWord::Discarded => {
            let detail = "events that were delivered, stopped or discarded are listed by subject: \
                          give one of instanceId, orderId, license and tenantId";
            return Err(Problem::new(Kind::Invalid, detail));
        }
    };
    let from: OpenPlace = place(from.as_deref())?.unwrap_or_default();
    let (api, allowed, from) = (&api, &allowed, &from);
    within_limits(limit, |Limit(limit)| async move {
        let page = api.store().open_events(which, from.clone(), limit).await?;
        let events = page.events.into_iter().map(|event| EventView::of(event, allowed)).collect();
        Ok(EventList { events, next: page.next.map(|place| cursor(&place.to_string())) })
    })
    .await
}

/// The events of a subject in one delivery state.
async fn history_in(
    api: &SellerApi,
    allowed: &Allowed,
    subject: &Subject,
    state: DeliveryWord,
    mut after: Option<Uuid>,
    Limit(limit): Limit,
) -> Result<EventList, Problem> {
    let mut found = Vec::with_capacity(limit);
    for _ in 0..MOST_READS {
        let (events, last) = api.store().history(subject, after, limit - found.len()).await?;
        found.extend(events.into_iter().filter(|event| DeliveryWord::from(event.delivery()) == state));
        after = last;
        if after.is_none() || found.len() == limit {
            break;
        }
    }
    let next = after.map(|id| cursor(&id.to_string()));
    Ok(EventList { events: found.into_iter().map(|event| EventView::of(event, allowed)).collect(), next })
}

/// The history of an instance.
#[utoipa::path(get, path = "/v1/instances/{id}/events", tag = "events", operation_id = "listInstanceEvents",
    params(InstancePath, PageQuery),
    responses(
        (status = 200, description = "A page of events", body = EventList),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn of_instance(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let after = place(query.cursor.as_deref())?;
    api.instance(&id).await?;
    history(&api, &allowed, &Subject::Instance(id.clone()), after, query.limit).await
}

/// The history of an order itself: its notices. It is empty if KooGallery sends no notices.
#[utoipa::path(get, path = "/v1/orders/{orderId}/events", tag = "events", operation_id = "listOrderEvents",
    params(OrderPath, PageQuery),
    responses((status = 200, description = "A page of events", body = EventList)))]
pub(crate) async fn of_order(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    history(&api, &allowed, &Subject::Order(order_id.clone()), place(query.cursor.as_deref())?, query.limit).await
}

/// The history of a license code. It is empty if no callback named the code yet.
#[utoipa::path(get, path = "/v1/licenses/{code}/events", tag = "events", operation_id = "listLicenseEvents",
    params(LicensePath, PageQuery),
    responses((status = 200, description = "A page of events", body = EventList)))]
pub(crate) async fn of_license(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    history(&api, &allowed, &Subject::License(code.clone()), place(query.cursor.as_deref())?, query.limit).await
}

/// The history of a tenant, its applications, users and departments. It is empty if the tenant is not known.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/events", tag = "events", operation_id = "listTenantEvents",
    params(TenantPath, PageQuery),
    responses((status = 200, description = "A page of events", body = EventList)))]
pub(crate) async fn of_tenant(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(TenantPath { tenant_id }): PathOf<TenantPath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    history(&api, &allowed, &Subject::Tenant(tenant_id.clone()), place(query.cursor.as_deref())?, query.limit).await
}

/// The history of a warning: each time that it was raised. It is empty if there is no such warning.
#[utoipa::path(get, path = "/v1/warnings/{warningId}/events", tag = "warnings", operation_id = "listWarningEvents",
    params(WarningPath, PageQuery),
    responses((status = 200, description = "A page of events", body = EventList)))]
pub(crate) async fn of_warning(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(WarningPath { warning_id }): PathOf<WarningPath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    history(&api, &allowed, &Subject::Warning(warning_id), place(query.cursor.as_deref())?, query.limit).await
}
