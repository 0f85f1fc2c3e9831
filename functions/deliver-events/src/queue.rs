//! The FIFO queue between the table's stream and this function: a message wakes its subject.
//!
//! The messages of one subject are one group, so SQS does not pass on the next one while one is being worked on. A subject that has
//! to be tried later does not block its group, so that something new, such as a resend, is worked on at once: its pause is in the
//! table, and the wake-up for the end of the pause waits in the queue of delayed ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use koogallery::Timestamp;
use koogallery_queue::{Batch, BatchAnswer, DelayQueue, Delayed, Message, QueueError};
use koogallery_runtime::{CloudWatch, ConfigError, Environment, sdk_config};
use koogallery_store::Subject;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::courier::Courier;

/// The function's name in its lines of the log.
pub(crate) const FUNCTION: &str = "deliver-events";

const EVENT_QUEUE: &str = "the queue of events";
/// How long a message stays hidden in this queue if the other queue did not take its pause. It is short, because a hidden message
/// blocks its group.
const LONGEST_HIDING: Duration = Duration::from_secs(30);

/// A message's body.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WakeUp {
    subject: Subject,
}

/// The queue, and the queue of delayed wake-ups.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
    delayed: DelayQueue,
}

impl Queue {
    /// Reads `KOOGALLERY_EVENT_QUEUE_URL` and `KOOGALLERY_DELAY_QUEUE_URL`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let url = environment.required("KOOGALLERY_EVENT_QUEUE_URL", "the URL of the FIFO queue of events")?.to_owned();
        let client = Client::new(&sdk_config(environment, "AWS_ENDPOINT_URL_SQS")?);
        Ok(Self { client, url, delayed: DelayQueue::of(environment)? })
    }

    /// Wakes a subject.
    pub async fn wake(&self, subject: &Subject) -> Result<(), QueueError> {
        let message = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(subject.group())
            .message_deduplication_id(Uuid::new_v4().to_string())
            .message_body(json!(WakeUp { subject: subject.clone() }).to_string());
        message.send().await.map(drop).map_err(|error| QueueError::of(EVENT_QUEUE, error))
    }

    /// Wakes a subject later.
    async fn wake_at(&self, subject: &Subject, due: Timestamp, now: Timestamp) -> Result<(), QueueError> {
        let wake_up = WakeUp { subject: subject.clone() };
        self.delayed.send(&Delayed { wake_up, due }, now).await
    }

    async fn hide(&self, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let hide = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let hidden = hide.visibility_timeout(seconds).send().await;
        hidden.map(drop).map_err(|error| QueueError::of(EVENT_QUEUE, error))
    }

    /// Leaves a message in its queue for this time.
    async fn keep(&self, message: Message, pause: Duration, answer: &mut BatchAnswer) {
        if let Err(error) = self.hide(&message.receipt_handle, pause).await {
            // It comes back by itself, but earlier or later than it should.
            warn(&error);
        }
        answer.stays(message);
    }
}

/// The meaning of a message.
enum Said {
    /// This subject has something to deliver now.
    Now(Subject),
    /// This is a delayed wake-up.
    Later(Delayed<WakeUp>),
    Nothing,
}

fn said(body: &str) -> Said {
    match serde_json::from_str::<WakeUp>(body) {
        Ok(wake_up) => Said::Now(wake_up.subject),
        Err(_) => Delayed::read(body).map_or(Said::Nothing, Said::Later),
    }
}

/// Delivers for one batch: subjects side by side, each in order, until `until`. Delayed wake-ups go into the queue of events when they
/// are due, so that only one worker at a time works on a subject.
pub async fn deliver(courier: &Arc<Courier>, queue: &Queue, batch: Batch, until: Instant) -> BatchAnswer {
    let mut answer = BatchAnswer::default();
    let mut subjects: HashMap<Subject, Vec<Message>> = HashMap::new();
    for message in batch.messages {
        match said(&message.body) {
            Said::Now(subject) => subjects.entry(subject).or_default().push(message),
            Said::Later(delayed) => {
                if let Err(error) = pass_on(queue, &delayed, courier.now()).await {
                    warn(&error);
                    answer.stays(message);
                }
            }
            Said::Nothing => {
                // It stays, and ends in the dead-letter queue, which has an alarm.
                let mut line = CloudWatch::problem_line(FUNCTION, "ERROR", "a message of the queue names no subject");
                line["message"] = message.message_id.as_str().into();
                CloudWatch::write(line);
                answer.stays(message);
            }
        }
    }
    let mut working = JoinSet::new();
    for (subject, messages) in subjects {
        let courier = Arc::clone(courier);
        working.spawn(async move { (courier.deliver(&subject, until).await, subject, messages) });
    }
    while let Some(worked) = working.join_next().await {
        // A task that panics ends the process (panic = abort). There is no other way to lose one.
        let Ok((left, subject, messages)) = worked else { continue };
        let stays_for = match left {
            Ok(left) => {
                let again = left.next.filter(Duration::is_zero);
                again.or(wake_after(courier, queue, &subject, &left.begun).await)
            }
            Err(error) => {
                CloudWatch::write(CloudWatch::problem_line(FUNCTION, "ERROR", error));
                Some(courier.pauses().shortest())
            }
        };
        if let Some(pause) = stays_for {
            for message in messages {
                queue.keep(message, pause, &mut answer).await;
            }
        }
    }
    answer
}

/// Sends a wake-up for a subject after each of these pauses. If that fails, returns how long its message stays in the queue.
async fn wake_after(courier: &Courier, queue: &Queue, subject: &Subject, pauses: &[Duration]) -> Option<Duration> {
    let now = courier.now();
    for pause in pauses {
        if let Err(error) = queue.wake_at(subject, now.saturating_add(*pause), now).await {
            warn(&error);
            return Some((*pause).min(LONGEST_HIDING));
        }
    }
    None
}

/// Moves a wake-up that is due into the queue of events; sends one that is not due back for the rest of its time.
async fn pass_on(queue: &Queue, delayed: &Delayed<WakeUp>, now: Timestamp) -> Result<(), QueueError> {
    if delayed.is_due(now) {
        queue.wake(&delayed.wake_up.subject).await
    } else {
        queue.delayed.send(delayed, now).await
    }
}

pub(crate) fn warn(error: &QueueError) {
    CloudWatch::write(CloudWatch::problem_line(FUNCTION, "WARN", error));
}
