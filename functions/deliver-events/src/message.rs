//! An event as the seller's application receives it: `{"type","timestamp","data"}`.

use koogallery::{ExpireTime, Timestamp};
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
        Self { event_type: event.event_type, timestamp: iso_8601(event.occurred_at), data, event }
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

/// `yyyy-MM-ddTHH:mm:ss.SSSZ`.
fn iso_8601(at: Timestamp) -> String {
    let digits = ExpireTime::from_timestamp(at).map(|time| time.to_string()).unwrap_or_default();
    let part = |range| digits.get(range).unwrap_or("00");
    format!(
        "{}-{}-{}T{}:{}:{}.{}Z",
        part(0..4),
        part(4..6),
        part(6..8),
        part(8..10),
        part(10..12),
        part(12..14),
        part(14..17)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_iso_8601() {
        assert_eq!(iso_8601(Timestamp::from_millis(1_764_547_200_042)), "2025-12-01T00:00:00.042Z");
    }
}
