//! How a life is changed: by one transaction in the usual case, by a second one where something unusual stands.
//!
//! Each change is first sent as the update that is right when the call arrived in order and the instance or license is
//! as one would expect. Its condition says exactly that; where it fails, DynamoDB hands back what stands, the rules of
//! [`crate::Lifecycle`] decide on it, and the difference is written under the version it was decided on. A call that
//! arrived in order is decided on what stands alone; for any other all facts of the life are read.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use koogallery::Timestamp;

use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::lifecycle::{AppliedOrder, Fact, Facts, Kept, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::expression::{Change, Condition};
use crate::table::facts;
use crate::table::key::Item;
use crate::table::living::Living;
use crate::table::nonce::NonceUse;
use crate::table::schema::PARTITION_KEY;
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};

/// The attribute of a life that names the last event about it. Ids of later ones are greater, whichever machine makes
/// them, so that they are delivered in the order of the changes that they tell of.
const LAST_EVENT: &str = "lastEvent";

/// The attribute of a fact that says when its call was signed.
const SIGNED_AT: &str = "signedAt";

/// One change of a life, as a call asks for it.
pub(crate) struct Asked<'a> {
    /// What the call tells.
    pub(crate) fact: Fact,
    /// What else it tells, which is kept beside the fact.
    pub(crate) further: Option<&'a BTreeMap<String, String>>,
    /// The change that is right where the call arrived in order and all is as one would expect.
    pub(crate) usual: Change,
    /// What to tell the application then.
    pub(crate) event: Event,
}

/// The place of a fact in the transaction of a change: first, so that a resent order is found by it.
const FACT: usize = 0;

/// What a call finds.
pub(crate) enum Standing<L> {
    /// It stands.
    Known(L),
    /// The call is the first that tells of it.
    New(L),
}

impl Store {
    /// Sends the usual change; where its condition fails, decides on what stands.
    pub(crate) async fn change<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        asked: Asked<'_>,
    ) -> Result<Changed, StoreError> {
        let Asked { fact, further, usual, event } = asked;
        let (world, subject) = (call.world(), L::subject(id));
        let of_family = call.family().and_then(L::is_of);
        let last_event =
            Condition::Any(vec![Condition::Absent(LAST_EVENT), Condition::Less(LAST_EVENT, event.event_id.into())]);
        let usual = usual
            .count(VERSION)
            .set(LAST_EVENT, event.event_id)
            .only_if(last_event)
            .only_if_all(of_family)
            .of(L::key(world, id));
        let item = facts::item::<L>(world, id, &fact, further.unwrap_or(&BTreeMap::new()))?;
        let commit = Transaction::new(self, call)?
            .create_all(item.clone())?
            .update(usual)?
            .events(&subject, &[event])?
            .commit()
            .await?;
        self.decide_on_fact::<L>(call, id, &fact, item, commit).await
    }

    /// Where `commit` was refused, lets the rules decide what a fact means to what stands, until the result is written.
    async fn decide_on_fact<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        fact: &Fact,
        item: Option<Item>,
        mut commit: Commit,
    ) -> Result<Changed, StoreError> {
        let (world, subject) = (call.world(), L::subject(id));
        let mut nonce = None;
        let mut pauses = Pauses::new();
        loop {
            let (standing, known) = match commit {
                Commit::Done => return Ok(Changed::Applied),
                Commit::Replayed => return Ok(Changed::Replayed),
                // It was told before, so most likely nothing is to be written but the nonce.
                Commit::Refused { place: FACT, standing: known } if item.is_some() => {
                    let (used, standing) = tokio::join!(self.use_nonce(call), self.item(call, L::key(world, id)));
                    nonce = Some(used?);
                    (standing?, known)
                }
                Commit::Refused { standing, .. } => (standing, None),
                Commit::Conflict => {
                    pauses.pause().await?;
                    (self.item(call, L::key(world, id)).await?, None)
                }
            };
            let standing = match Self::changeable::<L>(call, id, standing)? {
                Ok(standing) => standing,
                Err(outcome) => return self.end(call, nonce, outcome).await,
            };
            let (before, is_new) = match standing {
                Standing::Known(before) => (before, false),
                Standing::New(before) => (before, true),
            };
            let life = before.life();
            if life.has_undone(fact) || known.as_ref().is_some_and(|known| signed_by(known, fact.signed_at())) {
                return self.end(call, nonce, Changed::Unchanged).await;
            }
            let mut after = before.clone();
            let kept = if known.is_none() && !is_new && life.is_followed_by(fact) {
                after.life_mut().append(fact);
                Kept::New
            } else {
                let mut facts =
                    if is_new { Facts::default() } else { call.timed(self.facts(&L::key(world, id))).await? };
                let kept = facts.take_in(fact);
                after.life_mut().replay(Some(fact), &facts);
                kept
            };
            if kept == Kept::Before {
                return self.end(call, nonce, Changed::Unchanged).await;
            }
            after.settle();
            let order = match fact {
                Fact::Order(order) if kept == Kept::New => Some(&**order),
                _ => None,
            };
            let transaction = Transaction::new(self, call)?;
            let transaction = match (kept, facts::key::<L>(world, id, fact)) {
                (Kept::Earlier, Some(key)) => {
                    let change = Change::new().set(SIGNED_AT, fact.signed_at());
                    transaction.update(change.only_if(Condition::Exists(PARTITION_KEY)).of(key))?
                }
                _ => transaction.create_all(item.clone())?,
            };
            commit = transaction.replace_life(&subject, id, (&before, is_new), after, order)?.commit().await?;
        }
    }

    /// Where `commit` was refused, lets `decide` change what stands beside its facts, until the result is written.
    pub(crate) async fn decide<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        mut commit: Commit,
        decide: impl Fn(&mut L),
    ) -> Result<Changed, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let standing = match commit {
                Commit::Done => return Ok(Changed::Applied),
                Commit::Replayed => return Ok(Changed::Replayed),
                Commit::Refused { standing, .. } => standing,
                Commit::Conflict => {
                    pauses.pause().await?;
                    self.item(call, L::key(call.world(), id)).await?
                }
            };
            let before = match Self::changeable::<L>(call, id, standing)? {
                Ok(Standing::Known(before)) => before,
                Ok(Standing::New(_)) => return self.unchanged(call, Changed::Unknown).await,
                Err(outcome) => return self.unchanged(call, outcome).await,
            };
            let mut after = before.clone();
            decide(&mut after);
            after.settle();
            if after == before {
                return self.unchanged(call, Changed::Unchanged).await;
            }
            let transaction = Transaction::new(self, call)?;
            commit = transaction.replace_life(&L::subject(id), id, (&before, false), after, None)?.commit().await?;
        }
    }

    /// What stands, if the call may change it; what a first call makes; or why nothing can be changed.
    pub(crate) fn changeable<L: Living>(
        call: &Call,
        id: &L::Id,
        standing: Option<Item>,
    ) -> Result<Result<Standing<L>, Changed>, StoreError> {
        let standing: Option<L> = standing.map(serde_dynamo::from_item).transpose()?;
        Ok(match standing {
            Some(standing) if !standing.is_known_to(call) => Err(Changed::Unknown),
            Some(standing) if standing.life().status == Status::Released => Err(Changed::Released),
            Some(standing) => Ok(Standing::Known(standing)),
            None => L::unheard_of(call, id).map(Standing::New).ok_or(Changed::Unknown),
        })
    }

    /// Ends a call that changes nothing: its nonce is used up all the same.
    pub(crate) async fn unchanged(&self, call: &Call, outcome: Changed) -> Result<Changed, StoreError> {
        self.end(call, None, outcome).await
    }

    /// The same where the nonce may be used up already. A debug case never fails for state.
    async fn end(&self, call: &Call, nonce: Option<NonceUse>, outcome: Changed) -> Result<Changed, StoreError> {
        let outcome = match (call.world(), outcome) {
            (World::Test, Changed::Unknown | Changed::Released) => Changed::Unchanged,
            (_, outcome) => outcome,
        };
        let nonce = match nonce {
            Some(nonce) => nonce,
            None => self.use_nonce_for(call, outcome.reply().result_code).await?,
        };
        match nonce {
            NonceUse::First => Ok(outcome),
            NonceUse::Replayed => self.replayed(call).await,
        }
    }
}

/// Whether an order's item says that it was signed by then: another call for it adds nothing.
fn signed_by(known: &Item, at: Timestamp) -> bool {
    let signed_at = known.get(SIGNED_AT).and_then(|value| value.as_n().ok()?.parse().ok());
    signed_at.is_some_and(|signed_at| Timestamp::from_millis(signed_at) <= at)
}

impl Transaction<'_> {
    /// Adds what was decided on a life, under the version that it was decided on, and what to tell of it. `order` is the
    /// later order that came to count by it.
    pub(crate) fn replace_life<L: Living>(
        self,
        subject: &Subject,
        id: &L::Id,
        (before, is_new): (&L, bool),
        mut after: L,
        order: Option<&AppliedOrder>,
    ) -> Result<Self, StoreError> {
        let world = self.call().world();
        let mut events = Event::between(self.call().now(), subject, before.life(), after.life(), order);
        events.extend(L::further_events(self.call(), before, &after));
        let events = Event::after(before.life().last_event, events);
        let life = after.life_mut();
        life.last_event = events.last().map(|event| event.event_id).or(life.last_event);
        let transaction = if is_new {
            let mut item = after.attributes(world)?;
            item.extend(L::key(world, id).into_item());
            self.create(item)?
        } else {
            life.version += 1;
            self.update(difference(world, id, before, &after)?)?
        };
        transaction.events(subject, &events)
    }
}

/// The update that makes `after` of `before`, if its version stands: attributes that did not change stay as they are, those
/// that this version of the code does not know among them.
pub(crate) fn difference<L: Living>(
    world: World,
    id: &L::Id,
    before: &L,
    after: &L,
) -> Result<UpdateBuilder, StoreError> {
    let (mut old, new) = (before.attributes(world)?, after.attributes(world)?);
    let mut change = Change::new().only_if(Condition::Is(VERSION, before.life().version.into()));
    for (name, value) in new {
        if old.remove(&name).as_ref() != Some(&value) {
            change = change.set(&name, value);
        }
    }
    Ok(old.keys().fold(change, |change, name| change.remove(name)).of(L::key(world, id)))
}
