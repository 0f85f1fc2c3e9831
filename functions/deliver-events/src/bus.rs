//! Amazon EventBridge as a further receiver: what other programs of the seller's on AWS subscribe to.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use koogallery_runtime::{ConfigError, Environment, sdk_config};

use crate::message::{Message, type_name};

/// An event's `source` on the bus.
pub const SOURCE: &str = "koogallery";

/// An event bus.
#[derive(Debug)]
pub(crate) struct EventBus {
    client: Client,
    name: String,
}

impl EventBus {
    /// Reads `KOOGALLERY_EVENT_BUS`, a name or ARN; none where it is not set.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(name) = environment.get("KOOGALLERY_EVENT_BUS") else { return Ok(None) };
        let client = Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_EVENTBRIDGE")?);
        Ok(Some(Self { client, name: name.trim().to_owned() }))
    }

    /// Puts one event; the error says why it was not taken.
    pub(crate) async fn put(&self, message: &Message<'_>, body: &str) -> Result<(), String> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(type_name(message.event().event_type))
            .resources(message.event().event_id.to_string())
            .detail(body)
            .build();
        let answer = self.client.put_events().entries(entry).send().await;
        let answer = answer.map_err(|error| format!("EventBridge: {}", DisplayErrorContext(error)))?;
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            Some(code) => Err(format!("EventBridge refused the event: {code}")),
            None => Ok(()),
        }
    }
}
