//! The seller's application as a destination: an answer to `instance.created` may provision the instance.

use std::sync::Arc;
use std::time::Duration;

use koogallery_runtime::Vault;
use koogallery_store::Store;

use crate::answer::{AnswerError, Heeded, heed};
use crate::destination::{Destination, DestinationError, Parcel, Sending, Sent};
use crate::receiver::{ReceiveError, Received, Receiver};

/// The application, and the store for its answers, with what seals the credentials in them.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) receiver: Receiver,
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
}

/// Why the application did not take an event, or why its answer cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    /// It did not take the event.
    #[error(transparent)]
    NotTaken(#[from] ReceiveError),
    /// The answer cannot be used.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Destination for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn longest_send(&self) -> Duration {
        self.receiver.timeout()
    }

    fn goes_by_product(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, parcel: &'a Parcel<'a>) -> Sending<'a> {
        Box::pin(async move { self.post(parcel).await.map_err(DestinationError::new) })
    }
}

impl Webhook {
    async fn post(
        &self,
        Parcel { event, body, webhook, secrets, at, held }: &Parcel<'_>,
    ) -> Result<Sent, WebhookError> {
        let to = self.receiver.address(*webhook, secrets)?;
        Ok(match self.receiver.send(&to, event.event_id, *at, body, *held).await? {
            Received::TooLate => Sent::TooLate,
            Received::Unwanted(status) => Sent::Unwanted(status),
            Received::Taken(answer) => {
                let Heeded { note, answer } = heed(&self.store, &self.vault, event, &answer).await?;
                Sent::Taken { note, answer }
            }
        })
    }
}
