//! One run: each destination is told what it does not know yet.

use std::collections::BTreeMap;

use koogallery_runtime::{ConfigError, Environment, Job};
use koogallery_store::{Notices, Store, StoreError};
use koogallery_waiting::{Looked, look};

use crate::destination::{Destination, Destinations};
use crate::journal::{Journal, Run, Told};
use crate::plan::{begun, plan};
use crate::send::SendError;

/// Of each source, so many things are looked at.
const MOST: u16 = 40;

/// Tells people what waits.
#[derive(Debug)]
pub struct Notifier {
    job: Job<dyn Journal>,
    destinations: Destinations,
}

impl Notifier {
    /// Reads what [`Destinations::of`] reads. Returns none if nobody is to be told.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Option<Self>, ConfigError> {
        Ok(Destinations::of(environment)?.map(|destinations| Self { job, destinations }))
    }

    const fn store(&self) -> &Store {
        &self.job.store
    }

    /// Tells every destination, side by side. A destination that fails is tried again by a later run; the others do not wait for it.
    pub async fn run(&self) -> Result<Run, StoreError> {
        let now = self.job.now();
        let (looked, known) = futures_util::future::join(look(self.store(), now, MOST), self.store().notices()).await;
        let looked = looked?;
        let mut known: BTreeMap<String, Notices> =
            known?.into_iter().map(|notices| (notices.destination.as_str().to_owned(), notices)).collect();
        let all = self.destinations.all().iter().map(|destination| {
            let new = || Notices::new(destination.settings.name.clone());
            (destination, known.remove(destination.name()).unwrap_or_else(new))
        });
        let all: Vec<_> = all.collect();
        // Of a destination that there is no more, nothing is to be known.
        for gone in known.values() {
            self.store().forget_notices(&gone.destination).await?;
        }
        let each = all.into_iter().map(|(destination, notices)| self.tell(destination, notices, &looked));
        let mut run = Run::new(now);
        let mut failed = None;
        for ended in futures_util::future::join_all(each).await {
            match ended {
                Ok((notices, entries)) => run.add(&notices, entries),
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        self.job.journal.ran(&run);
        Ok(run)
    }

    /// Tells one destination what it does not know yet. Its record then, and how many things it was told.
    async fn tell(
        &self,
        destination: &Destination,
        notices: Notices,
        looked: &Looked,
    ) -> Result<(Notices, usize), StoreError> {
        let now = self.job.now();
        let Some(telling) = plan(&destination.settings, &notices, looked, now) else { return Ok((notices, 0)) };
        // Another run that was faster tells it.
        let Some(tried) = self.store().keep_notices(&begun(&notices, now)).await? else {
            return Ok((notices, 0));
        };
        let entries = telling.entries.len();
        let sent = self.destinations.tell(destination, telling.entries.clone(), now).await;
        self.job.journal.told(&Told { destination: destination.name(), entries, error: sent.as_ref().err() });
        let (next, entries) = match sent {
            Ok(()) => (telling.done(tried.clone(), now), entries),
            Err(SendError::TooFast(_)) => (Notices { too_fast: true, ..tried.clone() }, 0),
            Err(_) => return Ok((tried, 0)),
        };
        // If it took longer than its pause, another run may have sent the same: that one's record stands.
        Ok((self.store().keep_notices(&next).await?.unwrap_or(tried), entries))
    }
}
