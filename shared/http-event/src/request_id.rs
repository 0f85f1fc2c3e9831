//! The id of a request: the same in every log line about it.

use std::fmt;

/// A request's id, given by the gateway that received it: 1 to 128 visible ASCII characters, so that a log can hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    const MAX: usize = 128;

    /// Reads an id. Returns none for a text that is not one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_one = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The id in an event, even if the rest of the event is wrong.
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
