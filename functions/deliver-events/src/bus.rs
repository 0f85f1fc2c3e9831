//! Amazon EventBridge as a destination: other programs of the seller on AWS can subscribe to it.

use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use koogallery_aws_error::AwsError;
use koogallery_runtime::{ConfigError, Environment, sdk_config};

use crate::destination::{Destination, DestinationError, Parcel, Sending, Sent};
use crate::message::type_name;

/// An event's `source` on the bus.
pub const SOURCE: &str = "koogallery";

/// Three tries of a request to AWS, and the pauses between them.
const LONGEST_PUT: Duration = Duration::from_secs(5);

/// An event bus.
#[derive(Debug)]
pub(crate) struct EventBus {
    client: Client,
    name: String,
}

/// Why the bus did not take an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BusError {
    /// It could not be reached, did not answer, or refused the request.
    #[error("EventBridge: {0}")]
    Put(#[from] AwsError),
    /// It refused the event.
    #[error("EventBridge refused the event: {0}")]
    Refused(String),
}

impl EventBus {
    /// Reads `KOOGALLERY_EVENT_BUS`, a name or ARN. Returns none if it is not set.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(name) = environment.get("KOOGALLERY_EVENT_BUS") else { return Ok(None) };
        let client = Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_EVENTBRIDGE")?);
        Ok(Some(Self { client, name: name.trim().to_owned() }))
    }

    async fn put(&self, Parcel { event, body, held, .. }: &Parcel<'_>) -> Result<Sent, BusError> {
        if held.is_some_and(|held| !held.lasts(LONGEST_PUT)) {
            return Ok(Sent::TooLate);
        }
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(type_name(event.event_type))
            .resources(event.event_id.to_string())
            .detail(*body)
            .build();
        let answer = self.client.put_events().entries(entry).send().await.map_err(AwsError::from)?;
        match answer.entries().iter().find_map(|entry| entry.error_code()) {
            Some(code) => Err(BusError::Refused(code.to_owned())),
            None => Ok(Sent::Taken { note: None, answer: None }),
        }
    }
}

impl Destination for EventBus {
    fn name(&self) -> &'static str {
        "bus"
    }

    fn longest_send(&self) -> Duration {
        LONGEST_PUT
    }

    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a> {
        Box::pin(async move { self.put(parcel).await.map_err(DestinationError::new) })
    }
}
