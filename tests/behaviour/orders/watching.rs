//! A watch whose clock the test moves.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use koogallery_runtime::{Environment, Job};
use koogallery_store::{Cause, StoreError, Subject, Warning};
use koogallery_tests::Seller;
use koogallery_tests::application::TestClock;
use watch::{Journal, Run, Watcher};

/// The causes of what was raised, in the order of raising.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Cause>>);

impl Journal for Heard {
    fn raised(&self, warning: &Warning) {
        self.0.lock().unwrap().push(warning.cause);
    }

    fn ran(&self, _: &Run) {}
}

/// A watch over a seller's table.
pub(super) struct Watch {
    pub(super) clock: TestClock,
    watcher: Watcher,
    heard: Arc<Heard>,
}

impl Watch {
    pub(super) fn of(seller: &Seller) -> Self {
        let (clock, heard) = (TestClock::default(), Arc::new(Heard::default()));
        let journal = Arc::clone(&heard) as Arc<dyn Journal>;
        let job = Job::new(seller.host.store().clone(), clock.clock(), journal);
        Self { watcher: Watcher::of(&Environment::default(), job).unwrap(), clock, heard }
    }

    pub(super) async fn try_run(&self) -> Result<Run, StoreError> {
        self.watcher.run(Instant::now() + Duration::from_mins(10)).await
    }

    /// Lets so much time pass, and runs. What it raised, by cause.
    pub(super) async fn after(&self, time: Duration) -> Vec<Cause> {
        self.clock.reach(self.clock.now().saturating_add(time));
        let before = self.heard.0.lock().unwrap().len();
        self.try_run().await.unwrap();
        let mut raised: Vec<Cause> = self.heard.0.lock().unwrap()[before..].to_vec();
        raised.sort();
        raised
    }
}

/// The causes of the warnings that stand.
pub(super) async fn standing(seller: &Seller) -> Vec<Cause> {
    let mut causes: Vec<Cause> =
        seller.host.store().warnings().await.unwrap().iter().map(|warning| warning.cause).collect();
    causes.sort();
    causes
}

/// How many events a warning has.
pub(super) async fn events(seller: &Seller, warning: &Warning) -> usize {
    let subject = Subject::Warning(warning.warning_id.clone());
    seller.host.store().events(&subject).await.unwrap().len()
}
