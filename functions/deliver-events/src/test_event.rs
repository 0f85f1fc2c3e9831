//! One event that is not in the table: it shows whether the seller's application would take a real one.

use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, Secrets};
use serde_json::json;
use uuid::Uuid;

use crate::receiver::{Received, Receiver};

/// Its type: no change of KooGallery's makes one.
const TYPE: &str = "koogallery.test";

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestEvent {
    /// The application took it.
    Taken,
    /// It did not, or could not be reached: why.
    NotTaken(String),
    /// Nothing says where to send events to.
    NoAddress,
}

/// Sends it to `KOOGALLERY_WEBHOOK_URL`, signed as every event is.
pub async fn send_test_event(
    environment: &Environment,
    secrets: &Secrets,
    at: Timestamp,
) -> Result<TestEvent, ConfigError> {
    let Some(receiver) = Receiver::of(environment)? else { return Ok(TestEvent::NoAddress) };
    let body = json!({ "type": TYPE, "timestamp": at.to_rfc_3339(), "data": {} }).to_string();
    let to = match receiver.address(None, secrets) {
        Ok(to) => to,
        Err(why) => return Ok(TestEvent::NotTaken(why.to_string())),
    };
    Ok(match receiver.send(&to, Uuid::now_v7(), at, &body, None).await {
        Ok(Received::Taken(_)) => TestEvent::Taken,
        Ok(Received::Unwanted(status)) => {
            TestEvent::NotTaken(format!("the receiver answered HTTP {}", status.as_u16()))
        }
        // Without a lease it is never too late.
        Ok(Received::TooLate) => TestEvent::NotTaken("there was no time left to send it".to_owned()),
        Err(why) => TestEvent::NotTaken(why.to_string()),
    })
}
