//! What names a request in every log that it passes.

use std::fmt;

/// A request's id, as the gateway that took it says: up to 128 visible ASCII characters, so that it can stand in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    const MAX: usize = 128;

    /// None for a text that is no such id.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_one = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(text.to_owned()))
    }

    /// That of an event, whatever else the event is.
    #[must_use]
    pub fn of_event(event: &str) -> Option<Self> {
        let event: serde_json::Value = serde_json::from_str(event).ok()?;
        Self::new(event["requestContext"]["requestId"].as_str()?)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_stand_in_a_log_is_an_id() {
        let id = RequestId::of_event(r#"{"requestContext":{"requestId":"JKJaXmPLvHcESHA="}}"#);
        assert_eq!(id.unwrap().to_string(), "JKJaXmPLvHcESHA=");
        for bad in ["", "a b", "a\nb", "云", &"x".repeat(129)] {
            assert_eq!(RequestId::new(bad), None, "{bad}");
        }
        for event in ["", "[]", r#"{"requestContext":{"requestId":7}}"#, r#"{"requestContext":null}"#] {
            assert_eq!(RequestId::of_event(event), None, "{event}");
        }
    }
}
