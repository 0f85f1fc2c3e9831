//! An event as the seller's application receives it: `{"type","timestamp","data"}`.

use koogallery_open_api::OrderInfo;
use koogallery_store::{Event, EventType};
use serde::Serialize;
use serde_json::{Value, json};

use crate::facts::Facts;

/// The body of a message.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: String,
    data: Value,
}

/// What goes with an event beside its own data.
#[derive(Debug, Default)]
pub(crate) struct Enclosed {
    /// The current facts about its subject.
    pub(crate) facts: Facts,
    /// The buyer's name: personal data.
    pub(crate) customer_name: Option<String>,
    /// The order query's answer: personal data.
    pub(crate) order: Option<OrderInfo>,
    /// What License 1.0's purchase says: personal data.
    pub(crate) purchase: Option<Value>,
}

/// The body of an event.
pub(crate) fn body(event: &Event, enclosed: Enclosed) -> serde_json::Result<String> {
    let Enclosed { facts, customer_name, order, purchase } = enclosed;
    let mut data = event.data.clone();
    if let Value::Object(members) = &mut data {
        facts.add_to(members);
        members.extend(customer_name.map(|name| ("customerName".to_owned(), json!(name))));
        members.extend(order.map(|order| ("order".to_owned(), json!(order.with_times_in_utc()))));
        members.extend(purchase.map(|purchase| ("purchase".to_owned(), purchase)));
    }
    serde_json::to_string(&Message { event_type: event.event_type, timestamp: event.occurred_at.to_rfc_3339(), data })
}

/// The event's type, as it is written.
#[must_use]
pub fn type_name(event_type: EventType) -> String {
    serde_json::to_value(event_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
