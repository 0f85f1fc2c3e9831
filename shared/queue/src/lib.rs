//! What functions that work through queues of Amazon SQS share: batches, the answers to them, and delayed wake-ups.
//!
//! A pause is not a hidden message in the work queue: such a message would block the ones behind it. The table stores the
//! end of a pause, and the wake-up for that time waits in a queue of its own, [`DelayQueue`].

use std::time::Duration;

use aws_sdk_sqs::Client;
use koogallery::Timestamp;
use koogallery_aws_error::AwsError;
use koogallery_runtime::{ConfigError, Environment, sdk_config};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A batch of messages, as Lambda passes it on.
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
    /// Its id, for the answer.
    pub message_id: String,
    /// Its receipt: what changes how long the queue hides it.
    pub receipt_handle: String,
    /// Its body.
    pub body: String,
}

/// The answer to Lambda: the messages that stay in the queue.
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
    /// Keeps one more message in the queue.
    pub fn stays(&mut self, message: Message) {
        self.batch_item_failures.push(ItemFailure { item_identifier: message.message_id });
    }
}

/// A queue did not accept a request.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS.
    #[error("{queue}: {source}")]
    Sqs {
        /// Which queue.
        queue: &'static str,
        /// Why.
        source: AwsError,
    },
    /// The message cannot be written.
    #[error("a wake-up cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl QueueError {
    /// From what the SDK says.
    pub fn of(queue: &'static str, error: impl Into<AwsError>) -> Self {
        Self::Sqs { queue, source: error.into() }
    }
}

/// The queue in which a wake-up waits until it is due. SQS delays a message for 15 minutes at most. A wake-up that arrives
/// before it is due is sent again.
#[derive(Debug, Clone)]
pub struct DelayQueue {
    client: Client,
    url: String,
}

/// A delayed wake-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delayed<T> {
    /// What it wakes.
    pub wake_up: T,
    /// When it is due.
    pub due: Timestamp,
}

impl<T> Delayed<T> {
    /// Whether it is due, to the second: SQS counts in seconds.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due <= now.saturating_add(Duration::from_secs(1))
    }
}

impl<T: DeserializeOwned> Delayed<T> {
    /// Reads a message's body. Returns none for any other message.
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

    /// Sends a wake-up. It arrives when it is due, or in 15 minutes if that is earlier.
    pub async fn send<T: Serialize + Sync>(&self, delayed: &Delayed<T>, now: Timestamp) -> Result<(), QueueError> {
        let body = serde_json::to_string(delayed)?;
        let delay = delayed.due.since(now).min(LONGEST_DELAY);
        // Round up to whole seconds, so that it does not arrive too early.
        let seconds = i32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(i32::MAX);
        let message = self.client.send_message().queue_url(&self.url).delay_seconds(seconds).message_body(body);
        message.send().await.map(drop).map_err(|error| QueueError::of(DELAY_QUEUE, error))
    }
}
