//! What the store needs to know of the call that it applies, whichever callback it is.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use koogallery::{Dialect, InstanceId, InterfaceType, Nonce, Request, ResultCode, SyncTime, Timestamp, Verified};
use uuid::Uuid;

use crate::model::world::World;
use crate::table::expression::{Change, Condition};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::stamp::Stamp;
use crate::table::store_clock::StoreClock;

/// Debug state is kept this long after its last change, so that a debug case replayed each day meets what it made.
const TEST_STATE_LIFETIME: Duration = Duration::from_hours(14 * 24);

/// One verified call on its way through the store.
#[derive(Debug)]
pub struct Call {
    world: World,
    /// Whose key signed it; none where no call of KooGallery's asks.
    family: Option<InterfaceType>,
    /// None for V1.0's basic calls, which a repeat does not harm.
    nonce: Option<Nonce>,
    /// A call that comes again is answered as the first time: V1.0's kit has no nonce of its own, so the very same bytes
    /// may be KooGallery's next try.
    answers_repeats: bool,
    signed_at: Timestamp,
    now: Timestamp,
    nonce_until: Timestamp,
    /// Tells this call's own nonce item from another's when an answer got lost and the write is sent again.
    claim: Uuid,
    clock: StoreClock,
}

impl Call {
    /// `window` is the one that the call was verified with: past it, its timestamp is refused, however it is read, so its
    /// nonce can go.
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
        }
    }

    /// What no call of KooGallery's asks for, about a buyer's instance: there is no nonce to use up.
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
        }
    }

    /// Real or debug.
    #[must_use]
    pub const fn world(&self) -> World {
        self.world
    }

    /// Whose key signed it; none where no call of KooGallery's asks.
    pub(crate) const fn family(&self) -> Option<InterfaceType> {
        self.family
    }

    /// When KooGallery signed it: what orders changes of one instance.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// When it came.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The same call, whose waiting for the store `clock` adds up.
    #[must_use]
    pub fn timed_by(self, clock: StoreClock) -> Self {
        Self { clock, ..self }
    }

    /// Runs one round trip to the store and counts its time.
    pub(crate) async fn timed<F: Future>(&self, round_trip: F) -> F::Output {
        self.clock.timed(round_trip).await
    }

    /// Debug items go away by themselves.
    pub(crate) fn expiring(&self, mut item: Item) -> Item {
        if self.world == World::Test {
            let until = self.now.saturating_add(TEST_STATE_LIFETIME).as_seconds();
            item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        }
        item
    }

    /// The instance whose standing a sync depends on: to take away, or without an instance, or in a debug call, none.
    pub(crate) fn needs<'i>(&self, id: Option<&'i InstanceId>, takes_away: bool) -> Option<&'i InstanceId> {
        id.filter(|_| self.world == World::Real && !takes_away)
    }

    /// What a sync of one thing is ordered by: its own time where it tells one, or when it was signed.
    pub(crate) fn stamp(&self, told: Option<SyncTime>) -> Stamp {
        Stamp::of_one(self.synced_at(told), self.signed_at)
    }

    /// The same of a sync that tells all at once.
    pub(crate) fn stamp_of_all(&self, told: Option<SyncTime>) -> Stamp {
        Stamp::of_all(self.synced_at(told), self.signed_at)
    }

    fn synced_at(&self, told: Option<SyncTime>) -> Timestamp {
        told.map_or(self.signed_at, SyncTime::timestamp)
    }

    /// Where its nonce stands, if what was answered the first time stands there too.
    pub(crate) fn answered_at(&self) -> Option<Key> {
        self.nonce.as_ref().filter(|_| self.answers_repeats).map(|nonce| Key::nonce(self.world, nonce))
    }

    /// The result code that a call with this nonce was answered with.
    pub(crate) const ANSWER: &str = "answer";

    /// What records the nonce, and with it the answer where a repeat gets the same; none where the call has none.
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
