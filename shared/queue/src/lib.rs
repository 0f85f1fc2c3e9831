//! What a function that works off queues of Amazon SQS shares: batches, their answers, and wake-ups that come later.
//!
//! A pause is no message that stays hidden in the queue of those who work: it would hold up what comes behind it. Pauses
//! stand in the table; the wake-up for the end of one waits in a queue of its own, [`DelayQueue`].

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, sdk_config};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What Lambda hands over of a queue.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The messages.
    #[serde(rename = "Records")]
    pub messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its name, for the answer.
    pub message_id: String,
    /// What the queue hides it by.
    pub receipt_handle: String,
    /// What it says.
    pub body: String,
}

/// What goes back to Lambda: the messages that stay in the queue.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl BatchAnswer {
    /// One more that stays.
    pub fn stays(&mut self, message: Message) {
        self.batch_item_failures.push(ItemFailure { item_identifier: message.message_id });
    }
}

/// Why a queue did not take what it was told.
#[derive(Debug, thiserror::Error)]
#[error("{queue}: {}", DisplayErrorContext(&**source))]
pub struct QueueError {
    /// Which.
    pub queue: &'static str,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl QueueError {
    /// From what the SDK says.
    pub fn from_sdk(queue: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { queue, source: Box::new(error) }
    }
}

/// The queue in which a wake-up waits until it is due. SQS holds a message back for 15 minutes at most: what is due later
/// is sent again when it comes, until it is.
#[derive(Debug, Clone)]
pub struct DelayQueue {
    client: Client,
    url: String,
}

/// A wake-up that was sent to come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delayed<T> {
    /// Whom it wakes.
    pub wake_up: T,
    /// When.
    pub due: Timestamp,
}

impl<T> Delayed<T> {
    /// Whether it is due, to a second: SQS counts in seconds.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now.after(Duration::from_secs(1))
    }
}

impl<T: DeserializeOwned> Delayed<T> {
    /// Reads a message's body; none where it is not one of these.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

const LONGEST_DELAY: Duration = Duration::from_mins(15);
const DELAY_QUEUE: &str = "the queue of delayed wake-ups";

impl DelayQueue {
    /// Reads `KOOGALLERY_DELAY_QUEUE_URL`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let meaning = "the URL of the standard queue in which wake-ups wait";
        let url = environment.required("KOOGALLERY_DELAY_QUEUE_URL", meaning)?.to_owned();
        let client = Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_SQS")?);
        Ok(Self { client, url })
    }

    /// Sends a wake-up that comes when it is due, or in 15 minutes.
    pub async fn send<T: Serialize + Sync>(&self, delayed: &Delayed<T>, now: Timestamp) -> Result<(), QueueError> {
        let body = serde_json::to_string(delayed);
        let body = body.map_err(|error| QueueError { queue: DELAY_QUEUE, source: error.into() })?;
        let delay = delayed.due.since(now).min(LONGEST_DELAY);
        // Whole seconds, and not too early.
        let seconds = i32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(i32::MAX);
        let message = self.client.send_message().queue_url(&self.url).delay_seconds(seconds).message_body(body);
        message.send().await.map(drop).map_err(|error| QueueError::from_sdk(DELAY_QUEUE, error))
    }
}
