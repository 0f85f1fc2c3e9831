//! deliver-events: the seller's application hears of every event, in order for each instance and order, at least once.
//!
//! ```text
//! table ─stream─▶ pipe ─▶ FIFO queue, a group per subject ─▶ Courier ─▶ each destination: signed webhook, EventBridge
//!   ▲                      ▲   ▲                                │ │
//!   └── delivered, or when ┼───┼────────────────────────────────┘ │
//!       it is tried again  │   └── queue of delayed wake-ups ◀────┘
//!                          └── sweep: what nothing drives, every five minutes
//! ```
//!
//! [`Courier`] is delivery itself and knows no queue: the local host runs the same. It only reads what the function
//! learn-order learnt of orders. Events of real calls only come this way; debug calls make none.

mod answer;
mod answer_body;
mod bus;
mod courier;
mod destination;
mod message;
mod purchase;
mod queue;
mod receiver;
mod record;
mod sweep;
mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery_runtime::{ConfigError, Environment, Settings, StartError, dynamodb_client, now};
use koogallery_store::Store;
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Error, service_fn};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

pub use bus::SOURCE;
pub use courier::{Clock, Courier, Journal, Left, Tried};
pub use koogallery_queue::{Batch, BatchAnswer, QueueError};
pub use message::type_name;
pub use queue::{Queue, deliver};
pub use record::CloudWatchJournal;
pub use sweep::{Swept, look};

/// A try that is begun takes up to this long: order query, receiver, store.
const LONGEST_TRY: Duration = Duration::from_secs(45);

/// What wakes this function.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Occasion {
    Batch(Batch),
    /// The schedule's: `{"sweep":true}`.
    Sweep {
        #[serde(rename = "sweep")]
        _sweep: bool,
    },
}

/// Delivers on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_process();
    let store = Store::new(dynamodb_client(&environment)?, Settings::of(&environment)?.table);
    let journal = CloudWatchJournal::of(&environment);
    let queue = &Queue::of(&environment)?;
    let courier = Courier::of(&environment, store, Arc::new(now), Arc::new(journal.clone()))?;
    let courier = &Arc::new(courier.ok_or(ConfigError::Missing {
        name: "KOOGALLERY_WEBHOOK_URL",
        meaning: "the address that events are sent to, or KOOGALLERY_EVENT_BUS, an event bus",
    })?);
    let journal = &journal;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let answer = match serde_json::from_str(event.payload.get())? {
            Occasion::Batch(batch) => {
                let end = Duration::from_millis(event.context.deadline);
                let left = end.saturating_sub(Duration::from_millis(now().as_millis().try_into().unwrap_or(0)));
                let until = Instant::now() + left.saturating_sub(LONGEST_TRY);
                to_raw_value(&deliver(courier, queue, batch, until).await)?
            }
            Occasion::Sweep { .. } => {
                let (swept, stalled) = look(courier.store(), now()).await?;
                for subject in &stalled {
                    queue.wake(subject).await?;
                }
                journal.swept(&swept);
                to_raw_value(&stalled.len())?
            }
        };
        Ok::<_, Error>(answer)
    }))
    .await?;
    Ok(())
}
