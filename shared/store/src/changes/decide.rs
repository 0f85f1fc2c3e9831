//! How a life is changed: by one transaction in the usual case, by a second one in any other.
//!
//! Each change is first sent as the update that is right if the call arrived in order and the instance or license is in the
//! expected state. Its condition says exactly that. If the condition fails, DynamoDB returns the current item, the rules of
//! [`crate::Lifecycle`] decide on it, and the difference is written. The condition of that write is the version on which the
//! rules decided. For a call that arrived in order the current item is enough; for any other all facts of the life are read.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use koogallery::Timestamp;

use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::lifecycle::{AppliedOrder, Fact, Facts, Kept, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::facts;
use crate::table::key::Item;
use crate::table::living::Living;
use crate::table::nonce::NonceUse;
use crate::table::schema::PARTITION_KEY;
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};

/// The attribute of a life with the id of the last event about it. Ids of later events are greater, whichever machine makes
/// them, so that events are delivered in the order of the changes.
const LAST_EVENT: &str = "lastEvent";

/// The attribute of a fact with the time when its call was signed.
const SIGNED_AT: &str = "signedAt";

/// One change of a life, as a call asks for it.
pub(crate) struct Asked<'a> {
    /// The fact in the call.
    pub(crate) fact: Fact,
    /// Other data of the call, which is kept beside the fact.
    pub(crate) further: Option<&'a BTreeMap<String, String>>,
    /// The change for the usual case: the call arrived in order, and the state is the expected one.
    pub(crate) usual: Change,
    /// The events in that case.
    pub(crate) event: Event,
}

/// The place of a fact in the transaction of a change: first, so that a repeated order is recognised by it.
const FACT: usize = 0;

/// The state that a call finds.
pub(crate) enum Standing<L> {
    /// The item exists.
    Known(L),
    /// The call is the first one about it.
    New(L),
}

impl Store {
    /// Sends the usual change. If its condition fails, decides on the current state.
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

    /// If `commit` was refused, lets the rules apply a fact to the current state, until the result is written.
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
                // The fact is known, so most likely only the nonce has to be written.
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

    /// If `commit` was refused, lets `decide` change the current state beside its facts, until the result is written.
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

    /// The current state, if the call may change it; or what a first call creates; or why nothing can be changed.
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

    /// Ends a call that changes nothing. Its nonce is used up all the same.
    pub(crate) async fn unchanged(&self, call: &Call, outcome: Changed) -> Result<Changed, StoreError> {
        self.end(call, None, outcome).await
    }

    /// The same if the nonce may be used up already. A debug call never fails because of the state.
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

/// Whether an order's item has this time of signing or an earlier one: then another call for it adds nothing.
fn signed_by(known: &Item, at: Timestamp) -> bool {
    let signed_at = known.get(SIGNED_AT).and_then(|value| value.as_n().ok()?.parse().ok());
    signed_at.is_some_and(|signed_at| Timestamp::from_millis(signed_at) <= at)
}

impl Transaction<'_> {
    /// Adds the decided state of a life, under the version on which it was decided, and its events. `order` is the later order
    /// that counts since this change.
    pub(crate) fn replace_life<L: Living>(
        self,
        subject: &Subject,
        id: &L::Id,
        (before, is_new): (&L, bool),
        mut after: L,
        order: Option<&AppliedOrder>,
    ) -> Result<Self, StoreError> {
        let world = self.call().world();
        let lives = (before.life(), after.life());
        let mut events = Event::between(self.call().now(), subject, lives, order, self.call().order());
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

/// The update from `before` to `after`, if the version is still the same. Attributes that did not change stay as they are, also
/// those that this version of the code does not know.
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
