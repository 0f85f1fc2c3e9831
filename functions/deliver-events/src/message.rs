//! An event as the seller's application receives it: `{"type","timestamp","data"}`.

use koogallery_store::{Event, EventType};
use serde::Serialize;
use serde_json::Value;

/// The body.
#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    #[serde(rename = "type")]
    event_type: EventType,
    timestamp: String,
    data: Value,
    #[serde(skip)]
    event: &'a Event,
}

impl<'a> Message<'a> {
    /// An event, with what the order query tells of its order where that is known.
    #[must_use]
    pub(crate) fn new(event: &'a Event, order: Option<Value>) -> Self {
        let mut data = event.data.clone();
        if let (Value::Object(members), Some(order)) = (&mut data, order) {
            members.insert("order".to_owned(), order);
        }
        Self { event_type: event.event_type, timestamp: event.occurred_at.to_rfc_3339(), data, event }
    }

    /// With what a purchase told beside that, where there is something.
    pub(crate) fn with_purchase(mut self, purchase: Option<Value>) -> Self {
        if let (Value::Object(members), Some(purchase)) = (&mut self.data, purchase) {
            members.insert("purchase".to_owned(), purchase);
        }
        self
    }

    /// The event that it tells of.
    #[must_use]
    pub(crate) const fn event(&self) -> &Event {
        self.event
    }

    /// Its bytes.
    pub(crate) fn to_body(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The event's type as it is written.
#[must_use]
pub fn type_name(event_type: EventType) -> String {
    serde_json::to_value(event_type).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
