//! Learning itself. The table's stream wakes it, on AWS and in the local host.
//!
//! Only the table says what is to be learnt: an event's item says whether its order has to be asked about, and when. A wake-up may
//! come twice or late; the sweep finds a lost one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::{InstanceId, OrderId, ProductId, Timestamp};
use koogallery_open_api::OrderInfo;
use koogallery_orders::{KeptOrders, Line, OpenApi, OrdersError, amounts, told};
use koogallery_runtime::{
    ConfigError, Environment, Held, Job, Pauses, Provisioning, SecretSource, Secrets, SettingsSource,
    SupervisedProducts, Vault, now,
};
use koogallery_store::{Event, EventType, Instance, KeptEvent, Kind, Open, Store, StoreError, Subject, ToldBy};
use uuid::Uuid;

/// How long one question waits for the order query.
const BUDGET: Duration = Duration::from_secs(10);
/// An order that should have been asked about this long ago, and was not, lost its wake-up.
const GRACE: Duration = Duration::from_mins(15);

/// Where records of questions go.
pub trait Journal: Send + Sync {
    /// Takes one record.
    fn asked(&self, asked: &Asked<'_>);
}

/// One question to the order query.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What the event is about.
    pub subject: &'a Subject,
    /// The event that names the order.
    pub event: &'a Event,
    /// The number of the question, from 1.
    pub attempt: u32,
    /// Why nothing was learnt; none if it was, or if there is nothing to learn.
    pub problem: Option<&'a OrdersError>,
    /// When it is asked again after a problem; none after the last question.
    pub next_try_at: Option<Timestamp>,
    /// When it was asked.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
}

/// The result of a wake-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learnt {
    /// Nothing is left to ask.
    Done,
    /// The question failed. It has to be asked again at this time, and the caller has to send the wake-up.
    Again(Timestamp),
    /// An earlier question failed, and it is asked again at this time. The wake-up for that was sent.
    Waits(Timestamp),
}

/// Asks about orders.
#[derive(Debug)]
pub struct Learner {
    job: Job<dyn Journal>,
    secrets: SecretSource,
    open_api: OpenApi,
    vault: Vault,
    pauses: Pauses,
    supervised: SupervisedProducts,
    settings: SettingsSource,
    /// What holds for products of which the settings say nothing. None where the environment does not say it either.
    provisioning: Option<Provisioning>,
}

impl Learner {
    /// Reads the address of the open APIs, and what seals their answers.
    pub fn of(environment: &Environment, job: Job<dyn Journal>) -> Result<Self, ConfigError> {
        let (secrets, vault) = (SecretSource::of(environment)?, Vault::of(environment)?);
        let (open_api, supervised) = (OpenApi::of(environment, now)?, SupervisedProducts::of(environment)?);
        let settings = SettingsSource::new(Arc::clone(&job.clock));
        let provisioning = match environment.get("KOOGALLERY_PROVISIONING") {
            Some(_) => Some(Provisioning::of(environment)?),
            None => None,
        };
        Ok(Self { job, secrets, open_api, vault, pauses: Pauses::default(), supervised, settings, provisioning })
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.job.now()
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.job.store
    }

    /// The pauses after questions that failed.
    #[must_use]
    pub const fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// Whether the address of the order query is configured. Without it there is nothing to learn.
    #[must_use]
    pub const fn can_ask(&self) -> bool {
        self.open_api.has_url()
    }

    /// Asks about the order that an event names, if that has to be done and its time has come.
    pub async fn learn(&self, subject: &Subject, id: Uuid) -> Result<Learnt, StoreError> {
        self.learn_under(subject, id, None).await
    }

    /// The same where other hosts may ask as well: what is learnt is kept only if this host still has the lease.
    pub async fn learn_under(&self, subject: &Subject, id: Uuid, held: Option<&Held>) -> Result<Learnt, StoreError> {
        let under = held.map(Held::lease);
        let Some(kept) = self.job.store.kept_event(subject, id).await? else { return Ok(Learnt::Done) };
        let Some(learning) = kept.learning() else { return Ok(Learnt::Done) };
        if let Some(at) = learning.next_try_at.filter(|at| *at > self.now()) {
            return Ok(Learnt::Waits(at));
        }
        let start = Instant::now();
        let asked = self.ask(&kept).await;
        let (at, attempt) = (self.now(), learning.attempts.saturating_add(1));
        let next_try_at =
            asked.as_ref().err().and_then(|_| self.pauses.after(attempt)).map(|pause| at.saturating_add(pause));
        let problem = asked.as_ref().err();
        self.job.journal.asked(&Asked {
            subject,
            event: &kept.event,
            attempt,
            problem,
            next_try_at,
            at,
            duration: start.elapsed(),
        });
        match problem {
            None => self.job.store.mark_order_learnt(&kept, at, under).await?,
            Some(problem) => {
                self.job.store.mark_order_not_learnt(&kept, &problem.to_string(), next_try_at, under).await?;
            }
        }
        Ok(next_try_at.map_or(Learnt::Done, Learnt::Again))
    }

    /// What should have been asked about until now, and was not; as far as it can be read until a time, the oldest first.
    pub async fn stalled(&self, until: Instant) -> Result<Vec<Open>, StoreError> {
        self.stalled_for(GRACE, until).await
    }

    /// What should have been asked about so long ago, and was not; as far as it can be read until a time, the oldest first.
    pub async fn stalled_for(&self, grace: Duration, until: Instant) -> Result<Vec<Open>, StoreError> {
        let now = self.now();
        let due = |open: &Open| open.next_try_at.unwrap_or(open.since);
        let mut stalled = self.job.store.open_until(Kind::Unlearnt, until).await?.found;
        stalled.retain(|open| due(open).saturating_add(grace) < now);
        stalled.sort_by_key(due);
        Ok(stalled)
    }

    /// Learns everything that there is to learn. The product says how the order is supervised: a call's own is known at once.
    async fn ask(&self, KeptEvent { subject, event, .. }: &KeptEvent) -> Result<(), OrdersError> {
        let Some((order, line)) = event.order() else { return self.ask_refund(event).await };
        let line = (&order, line.as_ref());
        let product: Option<ProductId> = event.data["productId"].as_str().and_then(|id| id.parse().ok());
        if product.is_some() {
            self.supervise(event, &order, product.as_ref()).await?;
        }
        let details = self.details(subject, line).await?;
        let learnt = details.as_ref().and_then(|details| told(details, line.1, product.as_ref()));
        if product.is_none() {
            let learnt = learnt.as_ref().and_then(|told| told.bought.product_id.as_ref());
            self.supervise(event, &order, learnt).await?;
        }
        let Some(instance) = event.data["instanceId"].as_str().and_then(|id| id.parse().ok()) else { return Ok(()) };
        let learnt_product = learnt.as_ref().and_then(|told| told.bought.product_id.clone());
        if let Some(told) = learnt {
            self.job.store.tell_order(&instance, &order, line.1, &told, self.now()).await?;
        }
        if event.event_type == EventType::Created && product.is_none() {
            self.decide(&instance, learnt_product.as_ref()).await?;
        }
        Ok(())
    }

    /// Provisions an instance that waits only because nobody knew its product: newInstance does not say which one it is, and products
    /// differ. If the order query does not say it either, what holds for all other products holds.
    async fn decide(&self, id: &InstanceId, product: Option<&ProductId>) -> Result<(), OrdersError> {
        let store = &self.job.store;
        let settings = self.settings.current(store).await?;
        let Some(provisioning) = self.provisioning.as_ref() else { return Ok(()) };
        let provisioning = provisioning.of_product(&settings.document, product);
        let Provisioning::Instant(template) = provisioning else { return Ok(()) };
        let Some(instance) = store.instance(id).await?.filter(Instance::awaits_provisioning) else { return Ok(()) };
        let app_info = template.fill(&instance.instance_id)?;
        // What the application sent meanwhile counts more than what the settings say.
        store.provision(id, &app_info, ToldBy::Settings, &self.vault).await?;
        Ok(())
    }

    /// Asks what a refund pays back that ended what it refunds. Only the amounts are kept: no event needs the buyer any more.
    async fn ask_refund(&self, event: &Event) -> Result<(), OrdersError> {
        let Some((order, line)) = event.asked_order() else { return Ok(()) };
        let Some(secrets) = self.secrets().await? else { return Ok(()) };
        let details = self.open_api.ask_order((&order, line.as_ref()), &secrets, Instant::now() + BUDGET).await?;
        Ok(self.job.store.keep_amounts(&order, &amounts(&details), self.now()).await?)
    }

    /// The secrets; none without an address of the order query, or without AK and SK.
    async fn secrets(&self) -> Result<Option<Arc<Secrets>>, OrdersError> {
        if !self.can_ask() {
            return Ok(None);
        }
        Ok(Some(self.secrets.fresh().await?).filter(|secrets| secrets.open_api.is_some()))
    }

    /// The order query's answer, kept or asked for now: none if there is no AK and SK, or if the subject of the event was erased.
    async fn details(&self, subject: &Subject, line: Line<'_>) -> Result<Option<OrderInfo>, OrdersError> {
        let order = line.0;
        let Some(secrets) = self.secrets().await? else { return Ok(None) };
        let orders = KeptOrders { vault: &self.vault, store: &self.job.store };
        let at = self.now();
        match orders.details(line, at).await? {
            // Details that expire by themselves are kept without an end for a subject that they belong to.
            Some((details, is_temporary)) => {
                if is_temporary && *subject != Subject::Order(order.clone()) {
                    orders.keep(subject, line, &details, at).await?;
                }
                Ok(Some(details))
            }
            None if self.job.store.is_erased(subject).await? => Ok(None),
            None => {
                let details = self.open_api.ask_order(line, &secrets, Instant::now() + BUDGET).await?;
                self.job.store.keep_amounts(order, &amounts(&details), at).await?;
                orders.keep(subject, line, &details, at).await?;
                Ok(Some(details))
            }
        }
    }

    /// Opens the supervision of a purchase whose product is supervised. Later orders are not supervised again.
    async fn supervise(&self, event: &Event, order: &OrderId, product: Option<&ProductId>) -> Result<(), StoreError> {
        let is_purchase =
            matches!(event.event_type, EventType::Created | EventType::OrderPaid | EventType::LicenseRequested);
        if !is_purchase {
            return Ok(());
        }
        let settings = self.settings.current(&self.job.store).await?;
        let Some(flow) = self.supervised.flow_by(&settings.document, product) else { return Ok(()) };
        self.job.store.open_supervision(order, flow, event.occurred_at, None, self.now()).await.map(drop)
    }
}
