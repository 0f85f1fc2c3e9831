//! Where events go: the webhook, an event bus. Each has its own state for every event, so one that fails is tried again
//! alone and holds up no other.

use std::fmt::Debug;
use std::pin::Pin;

use http::StatusCode;
use koogallery::Timestamp;
use koogallery_orders::OrdersError;
use koogallery_runtime::{SecretError, Secrets};
use koogallery_store::Event;

use crate::bus::BusError;
use crate::webhook::WebhookError;

/// One destination.
pub(crate) trait Destination: Debug + Send + Sync {
    /// Its name in the table and in the log: it never changes, for the state of events stands under it.
    fn name(&self) -> &'static str;

    /// Sends one event.
    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a>;
}

/// A sending on its way.
pub(crate) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Sent, SendError>> + Send + 'a>>;

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

/// Why a destination does not have an event. Holds no secret and nothing of the event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// What signs it cannot be read.
    #[error("the secret cannot be read: {0}")]
    Secrets(#[from] SecretError),
    /// What is kept of its order cannot be read.
    #[error("the order's details: {0}")]
    Details(#[from] OrdersError),
    /// What its purchase told cannot be read.
    #[error("{0}")]
    Purchase(String),
    /// It cannot be written.
    #[error("the event cannot be written as JSON")]
    Body(#[from] serde_json::Error),
    /// The webhook.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The event bus.
    #[error(transparent)]
    Bus(#[from] BusError),
}
