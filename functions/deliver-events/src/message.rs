//! An event as the seller's application receives it: `{"type","timestamp","data"}`.

use koogallery_open_api::OrderInfo;
use koogallery_store::{Event, EventType};
use serde::Serialize;
use serde_json::{Value, json};

/// The body of a message.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: String,
    data: Value,
}

/// The body of an event, with the order query's answer and a purchase's own data, if there are any.
pub(crate) fn body(event: &Event, order: Option<OrderInfo>, purchase: Option<Value>) -> serde_json::Result<String> {
    let mut data = event.data.clone();
    if let Value::Object(members) = &mut data {
        members.extend(order.map(|order| ("order".to_owned(), json!(order))));
        members.extend(purchase.map(|purchase| ("purchase".to_owned(), purchase)));
    }
    serde_json::to_string(&Message { event_type: event.event_type, timestamp: event.occurred_at.to_rfc_3339(), data })
}

/// The event's type, as it is written.
#[must_use]
pub fn type_name(event_type: EventType) -> String {
    serde_json::to_value(event_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
