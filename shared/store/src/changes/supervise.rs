//! Service supervision: an order is supervised from its payment on, people enter steps, and callbacks tell some.
//!
//! An order's supervision is one item, which is replaced under the condition that nobody changed it meanwhile. It is in the index
//! `open` by the time of its next warning, so the watch reads only what is due.

use koogallery::{OrderId, Timestamp};

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::orders::flow::Flow;
use crate::model::orders::step::Step;
use crate::model::orders::supervision::{Standing, StepError, Supervision};
use crate::model::subject::Subject;
use crate::model::warning::Raise;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::index::{Kind, open};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepEntered {
    /// It is entered. This is where the order stands now.
    New(Box<Standing>),
    /// It was entered before. This is where the order stands.
    Known(Box<Standing>),
    /// It cannot be entered.
    Refused(StepError),
    /// The order is not supervised, as far as is known here.
    NotSupervised,
}

/// A supervision as it stands in the table.
#[derive(Debug, Clone)]
pub(crate) struct KeptSupervision {
    pub(crate) supervision: Supervision,
    version: u64,
}

impl Store {
    /// Opens the supervision of an order that was paid at `opened_at`. Returns false if it is open already, or was.
    pub async fn open_supervision(
        &self,
        order: &OrderId,
        flow: Flow,
        opened_at: Timestamp,
        actor: Option<&Actor>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let supervision = Supervision::new(flow, opened_at);
        let about = About::Subject(Subject::Order(order.clone()));
        let action = actor.map(|actor| Action::new(actor, "supervision.open", about, now).to(flow));
        let told = self.told_steps(order).await?;
        let mut pauses = Pauses::new();
        loop {
            if self.kept_supervision(order).await?.is_some() {
                return Ok(false);
            }
            let item = item(order, &supervision, &supervision.standing(&told), None)?;
            let call = Call::own(now);
            let mut transaction = Transaction::new(self, &call)?.replace(item, 0)?;
            if let Some(action) = &action {
                transaction = transaction.acted(action)?;
            }
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(true),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// Enters a person's step.
    pub async fn enter_step(
        &self,
        order: &OrderId,
        step: Step,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<StepEntered, StoreError> {
        let told = self.told_steps(order).await?;
        let mut pauses = Pauses::new();
        loop {
            let Some(KeptSupervision { supervision, version }) = self.kept_supervision(order).await? else {
                return Ok(StepEntered::NotSupervised);
            };
            let before = supervision.standing(&told);
            let mut after = supervision;
            match after.enter(step.clone(), &told) {
                Ok(true) => {}
                Ok(false) => return Ok(StepEntered::Known(Box::new(before))),
                Err(refused) => return Ok(StepEntered::Refused(refused)),
            }
            let standing = after.standing(&told);
            let about = About::Subject(Subject::Order(order.clone()));
            let what = format!("supervision.{}", step.kind);
            let action = Action::new(actor, what, about, now).from(before.stage).to(standing.stage);
            if self.replace_supervision(order, (&after, version), &standing, Some(&action), now).await? {
                return Ok(StepEntered::New(Box::new(standing)));
            }
            pauses.pause().await?;
        }
    }

    /// Takes in a fact. Returns false if the order is not supervised, or if the fact is known.
    pub async fn tell_step(&self, order: &OrderId, step: Step, now: Timestamp) -> Result<bool, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let Some(KeptSupervision { mut supervision, version }) = self.kept_supervision(order).await? else {
                return Ok(false);
            };
            if !supervision.tell(step.clone()) {
                return Ok(false);
            }
            let standing = supervision.standing(&self.told_steps(order).await?);
            if self.replace_supervision(order, (&supervision, version), &standing, None, now).await? {
                return Ok(true);
            }
            pauses.pause().await?;
        }
    }

    /// Plans the next look at a supervision whose warnings until now are raised. False if it changed meanwhile: that planned it.
    pub(crate) async fn plan_supervision(
        &self,
        order: &OrderId,
        kept: &KeptSupervision,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = Call::own(now);
        let item = item(order, &kept.supervision, standing, Some(now))?;
        let commit = Transaction::new(self, &call)?.replace(item, kept.version)?.commit().await?;
        Ok(matches!(commit, Commit::Done | Commit::Replayed))
    }

    async fn replace_supervision(
        &self,
        order: &OrderId,
        (supervision, version): (&Supervision, u64),
        standing: &Standing,
        action: Option<&Action>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = Call::own(now);
        let mut transaction =
            Transaction::new(self, &call)?.replace(item(order, supervision, standing, None)?, version)?;
        if let Some(action) = action {
            transaction = transaction.acted(action)?;
        }
        Ok(matches!(transaction.commit().await?, Commit::Done | Commit::Replayed))
    }

    /// The supervision of an order, if it has one.
    pub(crate) async fn kept_supervision(&self, order: &OrderId) -> Result<Option<KeptSupervision>, StoreError> {
        self.standing_item(Key::supervision(order)).await?.map(kept).transpose()
    }
}

pub(crate) fn kept(item: Item) -> Result<KeptSupervision, StoreError> {
    let version = item.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or_default();
    Ok(KeptSupervision { supervision: serde_dynamo::from_item(item)?, version })
}

/// The item: in the list as long as it is open, and in the index by its first warning, or by the first one after `raised`.
fn item(
    order: &OrderId,
    supervision: &Supervision,
    standing: &Standing,
    raised: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let key = Key::supervision(order);
    let mut item: Item = serde_dynamo::to_item(supervision)?;
    if !standing.stage.is_over() {
        item.extend(List::Supervisions.entry(World::Real, order.as_str(), supervision.opened_at, &key));
    }
    item.extend(next_look(&standing.warnings(), order.as_str(), raised));
    item.extend(key.into_item());
    Ok(item)
}

/// The attributes by which the watch finds something with these warnings.
pub(crate) fn next_look(warnings: &[Raise], name: &str, raised: Option<Timestamp>) -> Item {
    let due = warnings.iter().map(|raise| raise.at).filter(|at| raised.is_none_or(|raised| *at > raised));
    due.min().map_or_else(Item::new, |at| open(Kind::Watched, name.as_bytes(), at))
}
