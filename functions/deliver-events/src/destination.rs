//! Where events go: the webhook, an event bus. Each has its own state for every event, so one that fails is tried again
//! alone and holds up no other.

use std::error::Error;
use std::fmt::Debug;
use std::pin::Pin;

use http::StatusCode;
use koogallery::Timestamp;
use koogallery_runtime::Secrets;
use koogallery_store::Event;

/// One destination.
pub(crate) trait Destination: Debug + Send + Sync {
    /// Its name in the table and in the log: it never changes, for the state of events stands under it.
    fn name(&self) -> &'static str;

    /// Sends one event.
    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a>;
}

/// A sending on its way.
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Sent, DestinationError>> + Send + 'a>>;

/// Why a destination does not have an event: an error of its own. Holds no secret and nothing of the event.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct DestinationError(Box<dyn Error + Send + Sync>);

impl DestinationError {
    pub(crate) fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// What a destination is given.
#[derive(Debug)]
pub(crate) struct Parcel<'a> {
    /// The event.
    pub(crate) event: &'a Event,
    /// Its body: the same for every destination.
    pub(crate) body: &'a str,
    /// What it may be signed with.
    pub(crate) secrets: &'a Secrets,
    /// When.
    pub(crate) at: Timestamp,
}

/// How it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The destination has it.
    Taken {
        /// What somebody should know of its answer.
        note: Option<String>,
    },
    /// The destination wants no such event, as this answer says.
    Unwanted(StatusCode),
}
