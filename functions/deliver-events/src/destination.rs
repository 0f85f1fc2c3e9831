//! Where events are sent: the webhook, an event bus. Each has its own state for every event, so if one fails, only that one is
//! tried again, and no other waits.

use std::error::Error;
use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use http::StatusCode;
use koogallery::Timestamp;
use koogallery_runtime::{Held, Secrets};
use koogallery_settings::WebhookSettings;
use koogallery_store::{Event, TryAnswer};

/// One destination.
pub(crate) trait Destination: Debug + Send + Sync {
    /// Its name in the table and in the log. It never changes, because the state of events is stored under it.
    fn name(&self) -> &'static str;

    /// How long sending one event takes at most.
    fn longest_send(&self) -> Duration;

    /// Whether where it sends depends on the product that an event is about.
    fn goes_by_product(&self) -> bool {
        false
    }

    /// Sends one event.
    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a>;
}

/// The future of a send.
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Sent, DestinationError>> + Send + 'a>>;

/// Why a destination did not take an event: an error of the destination. It contains no secret and nothing of the event.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct DestinationError(Box<dyn Error + Send + Sync>);

impl DestinationError {
    pub(crate) fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// What a destination gets.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// The event.
    pub(crate) event: &'a Event,
    /// Its body: the same for every destination.
    pub(crate) body: &'a str,
    /// Where the product's own events go, if the settings say so.
    pub(crate) webhook: Option<&'a WebhookSettings>,
    /// The secrets that may sign it.
    pub(crate) secrets: &'a Secrets,
    /// When it is sent.
    pub(crate) at: Timestamp,
    /// The lease of its subject, where other hosts work over the same table: without enough time left, nothing is sent.
    pub(crate) held: Option<&'a Held>,
}

/// How the destination took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The destination has it.
    Taken {
        /// A note about its answer, if there is one.
        note: Option<String>,
        /// What its answer says of provisioning; none if the event does not ask.
        answer: Option<TryAnswer>,
    },
    /// The destination does not want this event, as this answer says.
    Unwanted(StatusCode),
    /// The lease of its subject was nearly over: nothing was sent.
    TooLate,
}
