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
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::transaction::{Commit, Pauses, Transaction};
use crate::table::watched_items::{KeptSupervision, supervision_item};

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
        if self.kept_supervision(order).await?.is_some() {
            return Ok(false);
        }
        let supervision = Supervision::new(flow, opened_at);
        let about = About::Subject(Subject::Order(order.clone()));
        let action = actor.map(|actor| Action::new(actor, "supervision.open", about, now).to(flow));
        let told = self.told_steps(order).await?;
        let mut pauses = Pauses::new();
        loop {
            let item = supervision_item(order, &supervision, &supervision.standing(&told), None)?;
            let call = Call::own(now);
            let mut transaction = Transaction::new(self, &call)?.replace(item, 0)?;
            if let Some(action) = &action {
                transaction = transaction.acted(action)?;
            }
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(true),
                Commit::Refused { .. } => return Ok(false),
                Commit::Conflict => pauses.pause().await?,
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

    async fn replace_supervision(
        &self,
        order: &OrderId,
        (supervision, version): (&Supervision, u64),
        standing: &Standing,
        action: Option<&Action>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let call = Call::own(now);
        let item = supervision_item(order, supervision, standing, None)?;
        let mut transaction = Transaction::new(self, &call)?.replace(item, version)?;
        if let Some(action) = action {
            transaction = transaction.acted(action)?;
        }
        Ok(matches!(transaction.commit().await?, Commit::Done | Commit::Replayed))
    }

    /// The supervision of an order, if it has one.
    pub(crate) async fn kept_supervision(&self, order: &OrderId) -> Result<Option<KeptSupervision>, StoreError> {
        self.standing_item(Key::supervision(order)).await?.map(KeptSupervision::of).transpose()
    }
}
