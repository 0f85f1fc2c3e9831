//! The FIFO queue between the table's stream and this function: a message wakes its subject.
//!
//! Messages of one subject are one group, so SQS hands over none of it while another is being worked on. A subject that
//! is to be tried later leaves its group free, so that what comes meanwhile, such as a resend, is worked on at once: its
//! pause stands in the table, and the wake-up for the end of it waits in the queue of delayed ones.

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
use crate::record::FUNCTION;

const EVENT_QUEUE: &str = "the queue of events";
/// A message whose pause found no place in the other queue stays hidden in this one, but not for long: it holds up its
/// group.
const LONGEST_HIDING: Duration = Duration::from_secs(30);

/// A message's body.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WakeUp {
    subject: Subject,
}

/// The queue, and the one for wake-ups that come later.
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

    /// Wakes a subject at a time to come.
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

    /// Leaves a message in its queue for so long.
    async fn keep(&self, message: Message, pause: Duration, answer: &mut BatchAnswer) {
        if let Err(error) = self.hide(&message.receipt_handle, pause).await {
            // It comes back by itself, only sooner or later than it should.
            warn(&error);
        }
        answer.stays(message);
    }
}

/// What a message says.
enum Said {
    /// This subject has something to deliver now.
    Now(Subject),
    /// This wake-up was sent to come later.
    Later(Delayed<WakeUp>),
    Nothing,
}

fn said(body: &str) -> Said {
    match serde_json::from_str::<WakeUp>(body) {
        Ok(wake_up) => Said::Now(wake_up.subject),
        Err(_) => Delayed::read(body).map_or(Said::Nothing, Said::Later),
    }
}

/// Delivers for one batch: subjects side by side, each in order, while `until` is ahead. Wake-ups that were sent to come
/// later go into the queue of events when they are due, so that each subject is worked on by one at a time.
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
                // It stays, and ends in the dead-letter queue, where somebody looks.
                let mut line = CloudWatch::problem_line(FUNCTION, "ERROR", "a message of the queue names no subject");
                line["message"] = message.message_id.as_str().into();
                CloudWatch::write(&line);
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
        // A task that panicked ends the process with it (panic = abort): there is no other way to lose one.
        let Ok((left, subject, messages)) = worked else { continue };
        let stays_for = match left {
            Ok(left) => {
                let again = left.next.filter(Duration::is_zero);
                again.or(wake_after(courier, queue, &subject, &left.begun).await)
            }
            Err(error) => {
                CloudWatch::write(&CloudWatch::problem_line(FUNCTION, "ERROR", error));
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

/// Sees to it that a subject is woken after each of these pauses; where that cannot be, how long its message stays.
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

/// What is due goes into the queue of events; what is not yet, back for the rest of its time.
async fn pass_on(queue: &Queue, delayed: &Delayed<WakeUp>, now: Timestamp) -> Result<(), QueueError> {
    if delayed.is_due(now) {
        queue.wake(&delayed.wake_up.subject).await
    } else {
        queue.delayed.send(delayed, now).await
    }
}

fn warn(error: &QueueError) {
    CloudWatch::write(&CloudWatch::problem_line(FUNCTION, "WARN", error));
}
