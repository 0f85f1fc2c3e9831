//! What the store needs to know about the call that it applies, for any callback.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use koogallery::{
    Dialect, InstanceId, InterfaceType, Nonce, OrderId, Request, ResultCode, SyncTime, Timestamp, Verified,
};
use uuid::Uuid;

use crate::model::kept_call::CallInfo;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::stamp::Stamp;
use crate::table::store_clock::StoreClock;

/// How long debug data is kept after its last change, so that a debug case that is repeated each day finds its data.
const TEST_STATE_LIFETIME: Duration = Duration::from_hours(14 * 24);

/// One verified call, for the store.
#[derive(Debug)]
pub struct Call {
    world: World,
    /// The interface type whose key signed it; none if no call of KooGallery caused this.
    family: Option<InterfaceType>,
    /// None for V1.0's basic calls, for which a repeat does no harm.
    nonce: Option<Nonce>,
    /// Whether a repeated call gets the same answer as the first time. V1.0's kit has no nonce of its own, so exactly the same
    /// bytes may be KooGallery's next try.
    answers_repeats: bool,
    signed_at: Timestamp,
    now: Timestamp,
    nonce_until: Timestamp,
    /// Identifies this call's own nonce item if an answer was lost and the write is sent again.
    claim: Uuid,
    clock: StoreClock,
    /// What its record tells; none where no call of KooGallery's asks.
    info: Option<Arc<CallInfo>>,
    /// Whether its changes make events.
    makes_events: bool,
}

impl Call {
    /// Makes one. `window` is the time window of the verification: after it, the timestamp is refused in any reading, so the
    /// nonce can expire.
    #[must_use]
    pub fn new<R: Request>(verified: &Verified<R>, now: Timestamp, window: Duration) -> Self {
        Self {
            world: verified.request().test_flag().into(),
            family: Some(verified.interface_type()),
            nonce: verified.nonce().cloned(),
            answers_repeats: verified.dialect() == Dialect::KitV1,
            signed_at: verified.signed_at(),
            now,
            nonce_until: verified.latest_reading().saturating_add(window + Duration::from_secs(1)),
            claim: Uuid::new_v4(),
            clock: StoreClock::default(),
            info: None,
            makes_events: true,
        }
    }

    /// A change of a buyer's instance that no call of KooGallery caused: there is no nonce.
    pub(crate) fn own(now: Timestamp) -> Self {
        Self {
            world: World::Real,
            family: None,
            nonce: None,
            answers_repeats: false,
            signed_at: now,
            now,
            nonce_until: now,
            claim: Uuid::new_v4(),
            clock: StoreClock::default(),
            info: None,
            makes_events: true,
        }
    }

    /// A fact from the seller's own records, which a call before this deployment told. It makes no events: the application knows it.
    #[must_use]
    pub fn imported(signed_at: Timestamp, now: Timestamp) -> Self {
        Self { signed_at, makes_events: false, ..Self::own(now) }
    }

    /// Real or debug.
    #[must_use]
    pub const fn world(&self) -> World {
        self.world
    }

    /// Whether its changes make events: those of debug calls and of imports make none.
    pub(crate) fn makes_events(&self) -> bool {
        self.makes_events && self.world == World::Real
    }

    /// The interface type whose key signed it; none if no call of KooGallery caused this.
    pub(crate) const fn family(&self) -> Option<InterfaceType> {
        self.family
    }

    /// When KooGallery signed it. Changes of one instance are ordered by this.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// When it arrived.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The same call; `clock` adds up its time in the store.
    #[must_use]
    pub fn timed_by(self, clock: StoreClock) -> Self {
        Self { clock, ..self }
    }

    /// The same call, of which a record is kept with what it changes.
    #[must_use]
    pub fn recorded_as(self, info: Arc<CallInfo>) -> Self {
        Self { info: Some(info), ..self }
    }

    /// What its record tells.
    pub(crate) fn info(&self) -> Option<&CallInfo> {
        self.info.as_deref()
    }

    /// The order that it names.
    pub(crate) fn order(&self) -> Option<&OrderId> {
        self.info()?.named.order_id.as_ref()
    }

    /// Runs one round trip to the store and adds its time.
    pub(crate) async fn timed<F: Future>(&self, round_trip: F) -> F::Output {
        self.clock.timed(round_trip).await
    }

    /// When its items expire: only debug data does.
    pub(crate) fn expiring(&self, mut item: Item) -> Item {
        if self.world == World::Test {
            let until = self.now.saturating_add(TEST_STATE_LIFETIME).as_seconds();
            item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        }
        item
    }

    /// The instance that a sync needs. None if the sync removes something, has no instance, or is a debug call.
    pub(crate) fn needs<'i>(&self, id: Option<&'i InstanceId>, takes_away: bool) -> Option<&'i InstanceId> {
        id.filter(|_| self.world == World::Real && !takes_away)
    }

    /// The stamp of a sync of one thing: by its own time if it has one, or by the time of signing.
    pub(crate) fn stamp(&self, told: Option<SyncTime>) -> Stamp {
        Stamp::of_one(self.synced_at(told), self.signed_at)
    }

    /// The same for a sync of all things.
    pub(crate) fn stamp_of_all(&self, told: Option<SyncTime>) -> Stamp {
        Stamp::of_all(self.synced_at(told), self.signed_at)
    }

    fn synced_at(&self, told: Option<SyncTime>) -> Timestamp {
        told.map_or(self.signed_at, SyncTime::timestamp)
    }

    /// The key of its nonce, if the first answer is stored there too.
    pub(crate) fn answered_at(&self) -> Option<Key> {
        self.nonce.as_ref().filter(|_| self.answers_repeats).map(|nonce| Key::nonce(self.world, nonce))
    }

    /// The result code of the answer to a call with this nonce.
    pub(crate) const ANSWER: &str = "answer";

    /// The write that records the nonce, and the answer too if a repeat gets the same one. None if the call has no nonce.
    fn nonce_item(&self, answer: ResultCode) -> Option<Item> {
        let mut item = Key::nonce(self.world, self.nonce.as_ref()?).into_item();
        item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(self.nonce_until.as_seconds().to_string()));
        item.insert(CLAIM.to_owned(), AttributeValue::S(self.claim.to_string()));
        if self.answers_repeats {
            item.insert(Self::ANSWER.to_owned(), AttributeValue::S(answer.to_string()));
        }
        Some(item)
    }

    /// Writes the nonce, unless it was used before. An expired nonce is overwritten, because DynamoDB deletes late. None if the
    /// call has no nonce.
    pub(crate) fn nonce_put(&self, answer: ResultCode) -> Option<PutBuilder> {
        let is_new = Condition::Any(vec![
            Condition::NEW,
            Condition::Less(TTL_ATTRIBUTE, AttributeValue::N(self.now.as_seconds().to_string()).into()),
            Condition::Is(CLAIM, self.claim.into()),
        ]);
        Some(Change::new().only_if(is_new).put(self.nonce_item(answer)?))
    }
}

const CLAIM: &str = "claim";
