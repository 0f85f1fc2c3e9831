//! Runs a learner on AWS. The table's stream, the queue of delayed wake-ups and a schedule wake it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery_queue::{Batch, BatchAnswer, DelayQueue, Delayed};
use koogallery_runtime::{CloudWatch, Environment, Job, StartError, serve_job};
use koogallery_store::{StoreError, Subject, schema};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use crate::learner::{Journal, Learner, Learnt};
use crate::record::{FUNCTION, swept_line};

/// How long one question may take: order query and store.
const LONGEST_ASKING: Duration = Duration::from_secs(20);

/// The event that wakes this function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Occasion {
    Queue(Batch),
    Stream(Changes),
    /// From the schedule: `{"sweep":true}`.
    Sweep {
        #[serde(rename = "sweep")]
        _sweep: bool,
    },
}

/// Changes of the table. The template's filter lets only those pass that have something to learn.
#[derive(Debug, Deserialize)]
struct Changes {
    #[serde(rename = "Records")]
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    dynamodb: Keys,
}

#[derive(Debug, Deserialize)]
struct Keys {
    #[serde(rename = "Keys")]
    keys: Key,
}

#[derive(Debug, Deserialize)]
struct Key {
    pk: Text,
    sk: Text,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// An event with an order to ask about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct WakeUp {
    subject: Subject,
    event: Uuid,
}

impl Change {
    fn wake_up(self) -> Option<WakeUp> {
        let Key { pk, sk } = self.dynamodb.keys;
        let event = sk.text.strip_prefix(schema::EVENT)?.parse().ok()?;
        Some(WakeUp { subject: pk.text.parse().ok()?, event })
    }
}

/// Learns on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let log = &CloudWatch::of(&environment);
    let learner = &Learner::of(&environment, Job::of(&environment, Arc::new(log.clone()) as Arc<dyn Journal>)?)?;
    let queue = &DelayQueue::of(&environment)?;
    serve_job(LONGEST_ASKING, async |occasion, until| {
        Ok(match occasion {
            Occasion::Queue(batch) => to_raw_value(&work_off(learner, queue, batch).await)?,
            Occasion::Stream(changes) => {
                for wake_up in changes.changes.into_iter().filter_map(Change::wake_up) {
                    learn(learner, queue, wake_up).await;
                }
                // What could not be learnt comes again through the queue or the sweep, so the stream goes on.
                to_raw_value(&BatchAnswer::default())?
            }
            Occasion::Sweep { .. } => to_raw_value(&sweep(learner, queue, log, until).await?)?,
        })
    })
    .await
}

/// Works on a batch of delayed wake-ups. One that is not due yet is sent back for the rest of its time.
async fn work_off(learner: &Learner, queue: &DelayQueue, batch: Batch) -> BatchAnswer {
    let mut answer = BatchAnswer::default();
    for message in batch.messages {
        match Delayed::<WakeUp>::read(&message.body) {
            Some(delayed) if delayed.is_due(learner.now()) => learn(learner, queue, delayed.wake_up).await,
            Some(delayed) => {
                if let Err(error) = queue.send(&delayed, learner.now()).await {
                    warn(&error);
                    answer.stays(message);
                }
            }
            None => {
                let mut line = CloudWatch::problem_line(FUNCTION, "ERROR", "a message of the queue names no event");
                line["message"] = message.message_id.into();
                CloudWatch::write(line);
            }
        }
    }
    answer
}

/// Learns what lost its wake-up. Returns how many there were.
async fn sweep(learner: &Learner, queue: &DelayQueue, log: &CloudWatch, until: Instant) -> Result<usize, StoreError> {
    // Reading takes no more than half of the time: the rest is for asking.
    let now = Instant::now();
    let stalled = learner.stalled(now + until.saturating_duration_since(now) / 2).await?;
    CloudWatch::write(swept_line(log, &stalled, learner.now()));
    for open in &stalled {
        if let Some(event) = open.event_id().filter(|_| Instant::now() < until) {
            learn(learner, queue, WakeUp { subject: open.subject.clone(), event }).await;
        }
    }
    Ok(stalled.len())
}

/// Learns, and sends a wake-up for what could not be learnt. The sweep finds a lost wake-up.
async fn learn(learner: &Learner, queue: &DelayQueue, wake_up: WakeUp) {
    let due = match learner.learn(&wake_up.subject, wake_up.event).await {
        Ok(Learnt::Done | Learnt::Waits(_)) => return,
        Ok(Learnt::Again(due)) => due,
        Err(error) => {
            warn(&error);
            learner.now().saturating_add(learner.pauses().shortest())
        }
    };
    if let Err(error) = queue.send(&Delayed { wake_up, due }, learner.now()).await {
        warn(&error);
    }
}

fn warn(error: &dyn std::error::Error) {
    CloudWatch::write(CloudWatch::problem_line(FUNCTION, "WARN", error));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_occasion_is_told_from_the_others() {
        let read = |event: serde_json::Value| serde_json::from_value::<Occasion>(event).unwrap();
        let id = Uuid::now_v7();
        let change = json!({ "eventName": "INSERT", "eventID": "1", "dynamodb": {
            "Keys": { "pk": { "S": "INSTANCE#b-1" }, "sk": { "S": format!("EVENT#{id}") } },
            "NewImage": { "open": { "S": "UNLEARNT#1" } } } });
        let Occasion::Stream(changes) = read(json!({ "Records": [change] })) else { panic!("no stream") };
        let wake_up = changes.changes.into_iter().find_map(Change::wake_up).unwrap();
        assert_eq!((wake_up.subject.partition().as_str(), wake_up.event), ("INSTANCE#b-1", id));

        let due = koogallery::Timestamp::from_millis(1_764_000_000_000);
        let body = serde_json::to_string(&Delayed { wake_up: wake_up.clone(), due }).unwrap();
        let message = json!({ "messageId": "m", "receiptHandle": "r", "body": body });
        let Occasion::Queue(batch) = read(json!({ "Records": [message] })) else { panic!("no queue") };
        assert_eq!(Delayed::read(&batch.messages[0].body), Some(Delayed { wake_up, due }));
        assert!(matches!(read(json!({ "sweep": true })), Occasion::Sweep { .. }));
    }
}
