//! The FIFO queue between the table's stream and this function: a message wakes its subject.
//!
//! Messages of one subject are one group, so SQS hands over none of it while another is being worked on. A subject that
//! is to be tried later gets its messages back hidden for the pause.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use koogallery_runtime::{CloudWatch, ConfigError, Environment, sdk_config};
use koogallery_store::SubjectKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::courier::{Courier, Left};

/// What Lambda hands over of the queue.
#[derive(Debug, Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    messages: Vec<QueueMessage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueMessage {
    message_id: String,
    receipt_handle: String,
    body: String,
}

/// A message's body.
#[derive(Debug, Serialize, Deserialize)]
struct WakeUp {
    subject: SubjectKey,
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

/// The queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

/// Why a message was not sent or hidden.
#[derive(Debug, thiserror::Error)]
#[error("the queue of events: {0}")]
pub struct QueueError(String);

impl Queue {
    /// Reads `KOOGALLERY_EVENT_QUEUE_URL`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let url = environment.required("KOOGALLERY_EVENT_QUEUE_URL", "the URL of the FIFO queue of events")?.to_owned();
        let client = Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_SQS")?);
        Ok(Self { client, url })
    }

    /// Wakes a subject.
    pub async fn wake(&self, subject: &SubjectKey) -> Result<(), QueueError> {
        let message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(subject.group())
            .message_deduplication_id(Uuid::new_v4().to_string())
            .message_body(json!(WakeUp { subject: subject.clone() }).to_string());
        message.send().await.map(drop).map_err(|error| QueueError(DisplayErrorContext(error).to_string()))
    }

    async fn hide(&self, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let hide = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let hidden = hide.visibility_timeout(seconds).send().await;
        hidden.map(drop).map_err(|error| QueueError(DisplayErrorContext(error).to_string()))
    }
}

/// Delivers for one batch: subjects side by side, each in order, while `until` is ahead.
pub async fn deliver(courier: &Arc<Courier>, queue: &Queue, batch: Batch, until: Instant) -> BatchAnswer {
    let mut failures = Vec::new();
    let mut subjects: HashMap<SubjectKey, Vec<QueueMessage>> = HashMap::new();
    for message in batch.messages {
        if let Ok(wake_up) = serde_json::from_str::<WakeUp>(&message.body) {
            subjects.entry(wake_up.subject).or_default().push(message);
        } else {
            // It stays, and ends in the dead-letter queue, where somebody looks.
            let problem = "a message of the queue names no subject";
            CloudWatch::write(&json!({ "level": "ERROR", "message": message.message_id, "problem": problem }));
            failures.push(ItemFailure { item_identifier: message.message_id });
        }
    }
    let mut working = JoinSet::new();
    for (subject, messages) in subjects {
        let courier = Arc::clone(courier);
        working.spawn(async move { (courier.deliver(&subject, until).await, messages) });
    }
    while let Some(worked) = working.join_next().await {
        // A task that panicked ends the process with it (panic = abort): there is no other way to lose one.
        let Ok((left, messages)) = worked else { continue };
        let pause = match left {
            Ok(Left::Nothing) => continue,
            Ok(Left::Rest(pause)) => pause,
            Err(error) => {
                CloudWatch::write(&json!({ "level": "ERROR", "problem": error.to_string() }));
                courier.pauses().shortest()
            }
        };
        for message in messages {
            if let Err(error) = queue.hide(&message.receipt_handle, pause).await {
                // It comes back by itself, only sooner or later than it should.
                CloudWatch::write(&json!({ "level": "WARN", "problem": error.to_string() }));
            }
            failures.push(ItemFailure { item_identifier: message.message_id });
        }
    }
    BatchAnswer { batch_item_failures: failures }
}
