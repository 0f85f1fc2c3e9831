//! The seller's application as a destination: an answer to `instance.created` may provision the instance.

use koogallery_store::Store;

use crate::answer::heed;
use crate::destination::{Destination, Parcel, SendError, Sending, Sent};
use crate::receiver::{Received, Receiver};

/// The application, and where what it answers is kept.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) receiver: Receiver,
    pub(crate) store: Store,
}

/// Why the application does not have an event, or what it answered cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    /// It was not taken.
    #[error("{0}")]
    NotTaken(String),
    /// The answer cannot be used.
    #[error("{0}")]
    Answer(String),
}

impl Destination for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a> {
        Box::pin(async move { Ok::<_, SendError>(self.post(parcel).await?) })
    }
}

impl Webhook {
    async fn post(&self, Parcel { event, body, secrets, at }: &Parcel<'_>) -> Result<Sent, WebhookError> {
        let received = self.receiver.send(event.event_id, *at, body, secrets).await;
        match received.map_err(WebhookError::NotTaken)? {
            Received::Unwanted(status) => Ok(Sent::Unwanted(status)),
            Received::Taken(answer) => {
                let note = heed(&self.store, event, &answer).await.map_err(WebhookError::Answer)?;
                Ok(Sent::Taken { note })
            }
        }
    }
}
