//! One run: what is due is raised, what has no cause any more ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::{InstanceId, Timestamp};
use koogallery_runtime::{ConfigError, Environment, Job};
use koogallery_store::{
    About, Cause, FailedCall, Instance, InstanceCounts, Kind, Place, Status, Step, StepKind, Store, StoreError,
    Subject, Walk, Warning, WarningId,
};
use rustls::ClientConfig;

use crate::causes::{self, PROVISIONING};
use crate::certificate::{Production, Seen};
use crate::instances::raise_of;
use crate::journal::{Journal, Run};
use crate::month::{DAY, day_of};

/// So many instances of the daily walk are read together.
const TOGETHER: usize = 100;
/// A run goes on for so long in any case.
const AT_LEAST: Duration = Duration::from_secs(5);

const RETENTION: &str = "KOOGALLERY_RETENTION_DAYS";
/// KooGallery keeps an expired instance for up to so many days.
const USUAL_RETENTION: u32 = 15;

/// Raises and ends warnings.
#[derive(Debug)]
pub struct Watcher {
    job: Job<dyn Journal>,
    retention: Duration,
    production: Option<Production>,
}

/// The warnings that have a cause now, each once.
#[derive(Debug, Default)]
struct Due(BTreeMap<WarningId, Warning>);

impl Due {
    fn add(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        self.0.extend(warnings.into_iter().map(|warning| (warning.warning_id.clone(), warning)));
    }
}

impl Watcher {
    /// Reads `KOOGALLERY_RETENTION_DAYS` and `KOOGALLERY_PRODUCTION_URL`.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Self, ConfigError> {
        let days = environment.get(RETENTION).map(|days| days.trim().parse::<u32>()).transpose();
        let days = days.map_err(|error| ConfigError::refused(RETENTION, error))?;
        let production = Production::of(environment)?;
        Ok(Self { job, retention: DAY * days.unwrap_or(USUAL_RETENTION), production })
    }

    /// The same, for which the certificate of the production address counts as valid if these authorities made it.
    #[must_use]
    pub fn trusting(self, authorities: Arc<ClientConfig>) -> Self {
        let production = self.production.map(|production| production.trusting(authorities));
        Self { production, ..self }
    }

    const fn store(&self) -> &Store {
        &self.job.store
    }

    /// Raises what is due, and ends what is over. The daily walk begins no page after `until`; the next run goes on with it.
    pub async fn run(&self, until: Instant) -> Result<Run, StoreError> {
        let until = until.max(Instant::now() + AT_LEAST);
        let now = self.job.now();
        let mut run = Run::new(now);
        self.watch_orders(now, &mut run).await?;
        let mut due = self.due(now).await?;
        let certificate = match &self.production {
            Some(production) => production.look(now).await,
            None => Seen::Well,
        };
        if let Seen::Warns(warning) = &certificate {
            due.add([(**warning).clone()]);
        }
        for warning in due.0.values() {
            self.raise(warning, &mut run).await?;
        }
        self.look_at_standing(&due, &certificate, now, &mut run).await?;
        self.walk(now, until, &mut run).await?;
        self.job.journal.ran(&run);
        Ok(run)
    }

    async fn raise(&self, warning: &Warning, run: &mut Run) -> Result<(), StoreError> {
        if self.store().raise(warning).await? {
            run.raised += 1;
            self.job.journal.raised(warning);
        }
        Ok(())
    }

    /// Supervised orders and demands: the index says which have a warning that is due.
    async fn watch_orders(&self, now: Timestamp, run: &mut Run) -> Result<(), StoreError> {
        for watched in self.store().watched(now).await? {
            for raise in watched.warnings.iter().filter(|raise| raise.at <= now) {
                self.raise(&Warning::new(watched.about.clone(), raise, now), run).await?;
            }
            self.store().plan_watched(&watched, now).await?;
        }
        Ok(())
    }

    /// Purchases that wait, calls and debug calls that fail.
    async fn due(&self, now: Timestamp) -> Result<Due, StoreError> {
        let mut due = Due::default();
        let waiting = self.store().open_by(Kind::Provisioning, now.saturating_sub(PROVISIONING)).await?;
        due.add(waiting.into_iter().map(|open| causes::provisioning(open.subject, open.since, now)));
        let failed = self.still_failed().await?;
        // It counts among the failed orders of the month all the same.
        let mut open = Vec::with_capacity(failed.len());
        for call in &failed {
            if !self.is_over(call).await? {
                open.push(call.clone());
            }
        }
        due.add(causes::failed_calls(&open, now));
        due.add(causes::failed_orders(&failed, now));
        due.add(causes::probes(&self.store().probes().await?, now));
        Ok(due)
    }

    /// The calls that failed and were not answered well since. Those that were are forgotten.
    async fn still_failed(&self) -> Result<Vec<FailedCall>, StoreError> {
        let mut failed = Vec::new();
        for call in self.store().failed_calls().await? {
            if self.store().answered_well_since(&call.subject, &call.callback, call.last_at).await? {
                self.store().forget_failed_call(&call).await?;
            } else {
                failed.push(call);
            }
        }
        Ok(failed)
    }

    /// Whether a call was a purchase whose instance is released: nobody can do anything about it any more.
    async fn is_over(&self, call: &FailedCall) -> Result<bool, StoreError> {
        match &call.subject {
            Subject::Order(order) if call.cause() == Cause::PurchaseRefused => {
                Ok(self.store().order_record(order).await?.is_over())
            }
            _ => Ok(false),
        }
    }

    /// Ends what has no cause any more, and raises once more what was snoozed until now.
    async fn look_at_standing(
        &self,
        due: &Due,
        certificate: &Seen,
        now: Timestamp,
        run: &mut Run,
    ) -> Result<(), StoreError> {
        for warning in self.store().warnings().await? {
            // In most runs nobody looks at the certificate: what stands stays.
            let is_kept = warning.cause == Cause::CertificateEnds && matches!(certificate, Seen::Nothing);
            if !is_kept && !self.has_cause(&warning, due, now).await? {
                self.store().end_warning(&warning.warning_id, now).await?;
                run.ended += 1;
                continue;
            }
            match warning.snoozed_until {
                Some(until) if until > now => continue,
                Some(_) => {
                    self.store().raise_again(&warning.warning_id, now).await?;
                    run.raised += 1;
                    self.job.journal.raised(&warning);
                }
                None => {}
            }
            run.standing += 1;
            run.urgent += usize::from(warning.due_at.is_some_and(|due| due <= now.saturating_add(DAY)));
        }
        Ok(())
    }

    async fn has_cause(&self, warning: &Warning, due: &Due, now: Timestamp) -> Result<bool, StoreError> {
        Ok(match (warning.cause, &warning.about) {
            (
                Cause::SellerStep
                | Cause::SellerStepUrgent
                | Cause::SecondRejection
                | Cause::BuyerSilent
                | Cause::NotCompleted
                | Cause::DemandWaits,
                about,
            ) => {
                let watched = self.store().watched_about(about).await?;
                let same =
                    |raise: &koogallery_store::Raise| (raise.cause, raise.since) == (warning.cause, warning.since);
                watched.is_some_and(|watched| watched.warnings.iter().any(same))
            }
            (Cause::ActivationNotEntered, About::Subject(Subject::Order(order))) => {
                let supervision = self.store().order_record(order).await?.whole_supervision();
                let is_entered = |step: &Step| step.kind == StepKind::Activated;
                !supervision.is_some_and(|supervision| supervision.steps.iter().any(is_entered))
            }
            (Cause::RenewalDue | Cause::RetentionEnds, About::Subject(Subject::Instance(id))) => {
                self.of_instance(id, now).await?.is_some_and(|known| known.warning_id == warning.warning_id)
            }
            _ => due.0.contains_key(&warning.warning_id),
        })
    }

    async fn of_instance(&self, id: &InstanceId, now: Timestamp) -> Result<Option<Warning>, StoreError> {
        Ok(self.store().instance(id).await?.and_then(|instance| self.warning_of(&instance, now)))
    }

    fn warning_of(&self, instance: &Instance, now: Timestamp) -> Option<Warning> {
        let raise = raise_of(instance, self.retention, now)?;
        Some(Warning::new(Subject::Instance(instance.instance_id.clone()).into(), &raise, now))
    }

    /// Once a day, all instances: those in use or frozen are looked at, and all are counted. It goes on where the run before stopped.
    async fn walk(&self, now: Timestamp, until: Instant, run: &mut Run) -> Result<(), StoreError> {
        let today = day_of(now);
        let (walk, notes) = self.store().walk().await?;
        if notes.well_since.is_some() != (run.standing == 0) {
            self.store().note_well((run.standing == 0).then_some(now)).await?;
        }
        let (mut place, mut counted) = match walk {
            Some(Walk { day, place: None, .. }) if day >= today => return Ok(()),
            Some(Walk { day, place: Some(place), counted }) if day >= today => (place, counted),
            _ => (Place::default(), InstanceCounts::default()),
        };
        while Instant::now() < until {
            let page = self.store().instances_in(None, place, TOGETHER).await?;
            for instance in &page.members {
                counted.count(&instance.life, now);
                if instance.life.status != Status::Released
                    && let Some(warning) = self.warning_of(instance, now)
                {
                    self.raise(&warning, run).await?;
                }
            }
            self.store().note_walk(&Walk { day: today, place: page.next.clone(), counted: counted.clone() }).await?;
            match page.next {
                Some(next) => place = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}
