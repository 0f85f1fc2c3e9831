//! People are told what waits: by robots, mail and SNS.

#![allow(clippy::unwrap_used)]

mod commands;
mod failures;
mod kills;
mod told;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use koogallery_runtime::{Environment, Job};
use koogallery_store::{Cause, Raise, StoreError, Warning, WarningId};
use koogallery_tests::application::TestClock;
use koogallery_tests::people::People;
use koogallery_tests::{KEYS, Seller};
use notify::{Journal, Notifier, Run, Told, told_line};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// All destinations of [`People`].
const ALL: [&str; 5] = ["feishu", "dingtalk", "wecom", "mail", "topic"];

/// The lines of what was sent.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Journal for Heard {
    fn told(&self, told: &Told<'_>) {
        self.0.lock().unwrap().push(told_line(told).to_string());
    }

    fn ran(&self, _: &Run) {}
}

/// A notifier over a seller's table, whose clock the test moves.
struct Notify {
    clock: TestClock,
    people: People,
    notifier: Notifier,
    environment: Environment,
    heard: Arc<Heard>,
}

impl Notify {
    async fn of(seller: &Seller) -> Self {
        Self::with(seller, &json!({})).await
    }

    /// With more in the settings of each destination.
    async fn with(seller: &Seller, more: &Value) -> Self {
        let clock = TestClock::default();
        let people = People::start(clock.clone()).await;
        let environment = people.told(Environment::default().with("KOOGALLERY_KEYS", KEYS), more);
        let heard = Arc::new(Heard::default());
        let notifier = notifier(seller, &clock, &heard, &environment);
        Self { clock, people, notifier, environment, heard }
    }

    /// Lets so much time pass, and runs.
    async fn after(&self, time: Duration) -> Result<Run, StoreError> {
        self.clock.reach(self.clock.now().saturating_add(time));
        self.notifier.run().await
    }

    /// How many messages each destination has taken.
    fn counts(&self) -> [usize; 5] {
        ALL.map(|at| self.people.taken(at).len())
    }
}

fn notifier(seller: &Seller, clock: &TestClock, heard: &Arc<Heard>, environment: &Environment) -> Notifier {
    let journal = Arc::clone(heard) as Arc<dyn Journal>;
    let job = Job::new(seller.host.store().clone(), clock.clock(), journal);
    Notifier::of(environment, job).unwrap().unwrap()
}

/// Raises a warning about an order.
async fn raise(seller: &Seller, clock: &TestClock, order: &str, cause: Cause, left: Duration) -> WarningId {
    let now = clock.now();
    let raise = Raise { cause, since: now, at: now, due_at: Some(now.saturating_add(left)) };
    let warning = Warning::new(format!("ORDER#{order}").parse().unwrap(), &raise, now);
    assert!(seller.host.store().raise(&warning).await.unwrap());
    warning.warning_id
}
