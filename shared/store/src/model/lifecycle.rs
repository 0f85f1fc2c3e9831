//! The rules of the life of an instance and of a license code. Pure: no clock, no store.
//!
//! KooGallery repeats calls, retries them late, and calls may overtake each other. So the content of calls is kept as *facts*,
//! each with the time when it was signed. Status and expiry follow from the facts in the order of signing, so any order of
//! arrival ends in the same state. The rules in words:
//!
//! - A trial turned formal and a refunded renewal set the expiry. A renewal extends it: of the renewals signed since the last
//!   order that set the expiry, the latest end counts. Each order line counts once, at the earliest time when it was signed.
//! - The freezes since the last unfreeze count. A freeze at or after the expiry is `expired`. So is one while no expiry is known,
//!   because the end of a period is the most likely reason; and one shortly before the end of the first period, because nobody
//!   says in which time zone that end is. Any other freeze is `suspended`.
//! - A renewal into the future ends `expired`, never `suspended`. So a paying customer does not stay frozen if an UNFREEZE is
//!   lost, and nobody can pay a renewal to undo a breach of terms.
//! - A release is final.
//!
//! The order query's answer comes later than the callbacks, and is a fact like theirs: the first expiry counts as if it had been
//! known from the beginning.
//!
//! [`Lifecycle::append`] takes in a fact that was signed after all known ones. For this the current state is enough, so the cost
//! does not depend on the number of facts. Any other fact needs all of them, for [`Lifecycle::replay`].

use std::time::Duration;

use koogallery::{ExpireTime, OrderId, OrderLineId, ProductId, Scene, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::model::bought::{Bought, ToldOrder};

/// How far the time zones are apart in which a time without a zone may be: UTC and Beijing's, UTC+8.
const ZONES_APART: Duration = Duration::from_hours(8);

/// The status of an instance or a license code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// The application has not sent the app info yet.
    Provisioning,
    /// It is in use.
    Active,
    /// There is no access; the data is kept.
    Frozen,
    /// It ended for good.
    Released,
}

impl Status {
    /// All of them, in the order of a life.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word for it in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why something is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FreezeCause {
    /// The paid period ended. A renewal ends the freeze.
    Expired,
    /// Another reason, such as a breach of terms. Only an unfreeze ends the freeze.
    Suspended,
}

impl FreezeCause {
    /// The word for it in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A life, in its current state: what follows from its facts, and the few facts that are kept here. The later orders and the
/// freezes are kept apart, as [`Facts`], so that this stays small however long the life is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// When the first call about it was signed.
    pub created_at: Timestamp,
    /// Fact: the end of the first period, if it is known: from V1.0 or from the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought_until: Option<ExpireTime>,
    /// Fact: the first purchase, from the call and the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<Bought>,
    /// Whether the order query's answer about the first purchase is taken in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,

    /// Follows from the facts.
    pub status: Status,
    /// Follows from the facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze_cause: Option<FreezeCause>,
    /// Follows from the facts; none while it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<ExpireTime>,
    /// Follows from the facts: the product in the last order that names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Follows from the facts: see [`Self::holds`].
    #[serde(default)]
    pub(crate) holds: Bought,
    /// Follows from the facts: the [`AppliedOrder::key`] of the later order that was signed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_order: Option<String>,

    /// Fact: the newest unfreeze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfrozen_at: Option<Timestamp>,
    /// Fact: when the release came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// When its personal data was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Follows from the facts: the latest time of signing. A call that was signed later arrives in order.
    pub newest: Timestamp,
    /// The last event about it. The next one has a greater id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event: Option<Uuid>,
    /// Counts the changes.
    pub version: u64,
}

/// What a call says about a life.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A later order.
    Order(Box<AppliedOrder>),
    /// A freeze.
    Freeze(Freeze),
    /// An unfreeze, and when it was signed.
    Unfreeze(Timestamp),
    /// The release, and when it was signed.
    Release(Timestamp),
}

/// A later order: a renewal, its refund, or an upgrade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedOrder {
    /// The order.
    pub order_id: OrderId,
    /// The order line; none in V1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// The earliest time when a call for it was signed.
    pub signed_at: Timestamp,
    /// What it does.
    #[serde(flatten)]
    pub effect: OrderEffect,
    /// What it bought, from the call and the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<Bought>,
    /// Whether the order query's answer about it is taken in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
}

/// What a later order does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum OrderEffect {
    /// It moves the expiry.
    Refresh {
        /// Why.
        scene: Scene,
        /// The end of its period.
        expire_time: ExpireTime,
        /// The product from then on, if it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
    },
    /// It makes specification or quantity larger.
    Upgrade {
        /// The product from then on, if the call names it (V1.0).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
    },
}

/// One freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Freeze {
    /// When its call was signed.
    pub signed_at: Timestamp,
    /// Whether the call itself says that the period ended (V1.0's expireInstance, License 1.0's expireLicense).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

/// Whether an order of this scene sets the expiry, also to an earlier time, or only extends it.
#[must_use]
pub const fn sets_expiry(scene: Scene) -> bool {
    match scene {
        Scene::TrialToFormal | Scene::UnsubscribeRenewalPeriod => true,
        Scene::Renewal | Scene::RenewalChange => false,
    }
}

impl AppliedOrder {
    /// Its key among the orders of one life.
    #[must_use]
    pub fn key(&self) -> String {
        Self::key_of(&self.order_id, self.order_line_id.as_ref())
    }

    /// The key of an order. It begins with the length of the order id, so that a `#` in an id cannot join two ids.
    pub(crate) fn key_of(order: &OrderId, line: Option<&OrderLineId>) -> String {
        format!("{}#{order}#{}", order.as_str().len(), line.map_or("", OrderLineId::as_str))
    }

    /// Whether it takes an earlier order back. Then its own line does not say what is left.
    const fn is_refund(&self) -> bool {
        matches!(self.effect, OrderEffect::Refresh { scene: Scene::UnsubscribeRenewalPeriod, .. })
    }

    /// What it adds to what the instance holds, if anything.
    pub(crate) fn adds(&self) -> Option<&Bought> {
        self.bought.as_ref().filter(|_| !self.is_refund())
    }

    /// The product from then on, if it is known: from the call itself first.
    pub(crate) fn product(&self) -> Option<&ProductId> {
        let (OrderEffect::Refresh { product_id, .. } | OrderEffect::Upgrade { product_id }) = &self.effect;
        product_id.as_ref().or_else(|| self.adds()?.product_id.as_ref())
    }

    /// Takes in the order query's answer about it; the end of its period comes from the call itself. Returns false if that was
    /// taken in before, or if the answer is empty.
    pub(crate) fn tell(&mut self, told: &ToldOrder) -> bool {
        let Some(bought) = told.bought().filter(|_| !self.told) else { return false };
        self.bought.get_or_insert_default().take_in(&bought);
        self.told = true;
        true
    }

    /// Its place among orders that were signed in the same millisecond: one that sets the expiry comes before those that extend
    /// it, so that no paid period is lost.
    fn rank(&self) -> (u8, Option<ExpireTime>, String) {
        match &self.effect {
            OrderEffect::Refresh { scene, expire_time, .. } => {
                (if sets_expiry(*scene) { 1 } else { 2 }, Some(*expire_time), self.key())
            }
            OrderEffect::Upgrade { .. } => (2, None, self.key()),
        }
    }
}

impl Fact {
    /// When its call was signed.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        match self {
            Self::Order(order) => order.signed_at,
            Self::Freeze(freeze) => freeze.signed_at,
            Self::Unfreeze(signed_at) | Self::Release(signed_at) => *signed_at,
        }
    }
}

/// The facts that are kept one by one. With the facts in [`Lifecycle`], a life is derived from them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The later orders, each once.
    pub orders: Vec<AppliedOrder>,
    /// The freezes, also those before the newest unfreeze.
    pub freezes: Vec<Freeze>,
}

/// The result of adding a fact to the kept ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// It is new.
    New,
    /// Its order is known, but this call was signed earlier. That time counts from now on.
    Earlier,
    /// It was known before.
    Before,
}

impl Facts {
    /// Adds a fact. The same order again changes nothing, except that the earlier time of signing counts.
    pub fn take_in(&mut self, fact: &Fact) -> Kept {
        match fact {
            Fact::Order(order) => match self.orders.iter_mut().find(|known| known.key() == order.key()) {
                Some(known) if order.signed_at < known.signed_at => {
                    known.signed_at = order.signed_at;
                    Kept::Earlier
                }
                Some(_) => Kept::Before,
                None => {
                    self.orders.push(AppliedOrder::clone(order));
                    Kept::New
                }
            },
            Fact::Freeze(freeze) if self.freezes.contains(freeze) => Kept::Before,
            Fact::Freeze(freeze) => {
                self.freezes.push(*freeze);
                Kept::New
            }
            Fact::Unfreeze(_) | Fact::Release(_) => Kept::New,
        }
    }
}

impl Lifecycle {
    /// A life at its beginning.
    pub(crate) fn new(created_at: Timestamp, status: Status) -> Self {
        Self {
            created_at,
            bought_until: None,
            bought: None,
            told: false,
            product_id: None,
            status,
            freeze_cause: None,
            expire_time: None,
            holds: Bought::default(),
            last_order: None,
            unfrozen_at: None,
            released_at: None,
            erased_at: None,
            newest: created_at,
            last_event: None,
            version: 1,
        }
    }

    /// The same with the first purchase.
    #[must_use]
    pub(crate) fn bought(mut self, bought: Bought, until: Option<ExpireTime>) -> Self {
        (self.bought_until, self.expire_time) = (until, until);
        self.product_id.clone_from(&bought.product_id);
        self.holds = bought.clone();
        self.bought = Some(bought).filter(|bought| *bought != Bought::default());
        self
    }

    /// Whether a fact was signed after all known ones. Then [`Self::append`] takes it in.
    #[must_use]
    pub fn is_followed_by(&self, fact: &Fact) -> bool {
        matches!(fact, Fact::Release(_)) || fact.signed_at() > self.newest
    }

    /// Whether a fact does not matter any more: a freeze or unfreeze before a newer unfreeze.
    #[must_use]
    pub fn has_undone(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Freeze(_) | Fact::Unfreeze(_) => Some(fact.signed_at()) <= self.unfrozen_at,
            Fact::Order(_) | Fact::Release(_) => false,
        }
    }

    /// Takes in a fact that was signed after all known ones.
    pub fn append(&mut self, fact: &Fact) {
        match fact {
            Fact::Order(order) => self.append_order(order),
            Fact::Freeze(freeze) => self.append_freeze(*freeze),
            Fact::Unfreeze(signed_at) => {
                self.unfrozen_at = self.unfrozen_at.max(Some(*signed_at));
                self.newest = self.newest.max(*signed_at);
                self.freeze_cause = None;
            }
            Fact::Release(signed_at) => {
                self.released_at = self.released_at.or(Some(*signed_at));
                self.freeze_cause = None;
            }
        }
    }

    /// Derives everything once more, from all facts. `fact` arrived last, whatever its time of signing. If it is a fact that is
    /// kept, `kept` contains it.
    pub fn replay(&mut self, fact: Option<&Fact>, kept: &Facts) {
        if let Some(Fact::Unfreeze(signed_at)) = fact {
            self.unfrozen_at = self.unfrozen_at.max(Some(*signed_at));
        }
        let bought = self.bought.clone().unwrap_or_default();
        self.expire_time = self.bought_until;
        self.product_id.clone_from(&bought.product_id);
        self.holds = bought;
        self.freeze_cause = None;
        self.last_order = None;
        self.newest = self.unfrozen_at.max(Some(self.created_at)).unwrap_or(self.created_at);
        let orders = kept.orders.iter().map(|order| (order.signed_at, order.rank(), Ok(order)));
        let freezes = kept.freezes.iter().map(|freeze| (freeze.signed_at, (0, None, String::new()), Err(*freeze)));
        let mut facts: Vec<_> = orders.chain(freezes).collect();
        facts.sort_by(|(at, rank, _), (other_at, other, _)| (at, rank).cmp(&(other_at, other)));
        for (.., fact) in facts {
            match fact {
                Ok(order) => self.append_order(order),
                Err(freeze) => self.append_freeze(freeze),
            }
        }
        if let Some(release @ Fact::Release(_)) = fact {
            self.append(release);
        }
    }

    /// The expiry as it was at a time, by the later orders that were signed until then.
    #[must_use]
    pub fn expiry_at(&self, later: &[AppliedOrder], at: Timestamp) -> Option<ExpireTime> {
        let orders = later.iter().filter(|order| order.signed_at <= at).cloned().collect();
        let mut then = self.clone();
        then.replay(None, &Facts { orders, ..Facts::default() });
        then.expire_time
    }

    fn append_order(&mut self, order: &AppliedOrder) {
        self.newest = self.newest.max(order.signed_at);
        self.last_order = Some(order.key());
        self.hold(order);
        let OrderEffect::Refresh { scene, expire_time, .. } = order.effect else { return };
        self.expire_time = if sets_expiry(scene) { Some(expire_time) } else { self.expire_time.max(Some(expire_time)) };
        let is_paid = !order.is_refund() && expire_time.timestamp() > order.signed_at;
        if is_paid && self.freeze_cause == Some(FreezeCause::Expired) {
            self.freeze_cause = None;
        }
    }

    fn append_freeze(&mut self, freeze: Freeze) {
        self.newest = self.newest.max(freeze.signed_at);
        if self.has_undone(&Fact::Freeze(freeze)) {
            return;
        }
        let suspended = !freeze.expired && self.runs_at(freeze.signed_at);
        let cause = if suspended { FreezeCause::Suspended } else { FreezeCause::Expired };
        self.freeze_cause = self.freeze_cause.max(Some(cause));
    }

    /// Takes in an order that was signed after all others.
    fn hold(&mut self, order: &AppliedOrder) {
        if let Some(product) = order.product() {
            self.product_id = Some(product.clone());
        }
        if let Some(bought) = order.adds() {
            self.holds.take_in(bought);
        }
    }

    /// Takes in the order query's answer about the first purchase. Returns true if that changes a fact, so that all facts have to
    /// be replayed. A known expiry stays. The order query's other values replace those of the call.
    pub fn tell_first(&mut self, told: &ToldOrder) -> bool {
        let before = (self.bought_until, self.told);
        self.bought_until = self.bought_until.or(told.until);
        if let Some(bought) = told.bought().filter(|_| !self.told) {
            self.bought.get_or_insert_default().take_in(&bought);
            self.told = true;
        }
        (self.bought_until, self.told) != before
    }

    /// Takes in what the last signed order bought, after the order query reported it.
    pub fn tell_last(&mut self, order: &AppliedOrder) {
        self.hold(order);
    }

    /// What it consists of now: for each member, the value in the last signed order that has one. A refund's own line does not
    /// say what is left.
    #[must_use]
    pub fn holds(&self) -> Option<&Bought> {
        Some(&self.holds).filter(|holds| **holds != Bought::default())
    }

    /// Derives the status. `at_rest` is the status without a freeze and a release.
    pub fn settle(&mut self, at_rest: Status) {
        self.status = match (self.released_at, self.freeze_cause) {
            (Some(_), _) => Status::Released,
            (None, Some(_)) => Status::Frozen,
            (None, None) => at_rest,
        };
    }

    /// Whether the paid period surely continues at a time after all known facts. No guide says in which time zone the end of the
    /// first period is, so shortly before that end it may be over: a paying customer must not stay frozen because of a few hours.
    fn runs_at(&self, at: Timestamp) -> bool {
        self.expire_time.is_some_and(|expiry| {
            let unsure = if Some(expiry) == self.bought_until { ZONES_APART } else { Duration::ZERO };
            expiry.timestamp().saturating_sub(unsure) > at
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + second * 1000)
    }

    /// What is said of a life, in tests: seconds from the start.
    #[derive(Debug, Clone)]
    enum Said {
        Fact(Fact),
        First(i64),
        Later(u8),
    }

    fn order(order: &str, signed: i64, scene: Scene, expiry: i64) -> AppliedOrder {
        let expire_time = ExpireTime::from_timestamp(at(expiry)).unwrap();
        let effect = OrderEffect::Refresh { scene, expire_time, product_id: None };
        let (order_id, order_line_id) = (order.parse().unwrap(), Some("1".parse().unwrap()));
        AppliedOrder { order_id, order_line_id, signed_at: at(signed), effect, bought: None, told: false }
    }

    fn refresh(id: &str, signed: i64, scene: Scene, expiry: i64) -> Said {
        Said::Fact(Fact::Order(order(id, signed, scene, expiry).into()))
    }

    fn freeze(signed: i64) -> Said {
        Said::Fact(Fact::Freeze(Freeze { signed_at: at(signed), expired: false }))
    }

    fn unfreeze(signed: i64) -> Said {
        Said::Fact(Fact::Unfreeze(at(signed)))
    }

    /// A life with all its facts, changed as the store changes it.
    #[derive(Debug, Clone)]
    struct Whole {
        life: Lifecycle,
        facts: Facts,
    }

    impl Whole {
        fn hear(&mut self, said: &Said) {
            let Self { life, facts } = self;
            match said {
                Said::Fact(fact) if life.has_undone(fact) || life.status == Status::Released => {}
                Said::Fact(fact) => {
                    let follows = life.is_followed_by(fact);
                    match facts.take_in(fact) {
                        Kept::Before => {}
                        Kept::New if follows => life.append(fact),
                        Kept::New | Kept::Earlier => life.replay(Some(fact), facts),
                    }
                }
                Said::First(until) => {
                    if life.tell_first(&told("first", ExpireTime::from_timestamp(at(*until)))) {
                        life.replay(None, facts);
                    }
                }
                Said::Later(order) => {
                    let key = format!("1#{order}#1");
                    let told = told(&order.to_string(), None);
                    let Some(known) = facts.orders.iter_mut().find(|known| known.key() == key) else { return };
                    if known.tell(&told) && life.last_order.as_ref() == Some(&key) {
                        life.tell_last(known);
                    } else {
                        life.replay(None, facts);
                    }
                }
            }
            life.settle(Status::Active);
        }
    }

    fn told(product: &str, until: Option<ExpireTime>) -> ToldOrder {
        ToldOrder { bought: Bought { product_id: Some(product.parse().unwrap()), ..Bought::default() }, until }
    }

    fn whole(said: &[Said]) -> Whole {
        let mut whole = Whole { life: Lifecycle::new(at(0), Status::Active), facts: Facts::default() };
        for said in said {
            whole.hear(said);
        }
        // An order is told of once it counts: whoever tells earlier tells again.
        for said in said.iter().filter(|said| matches!(said, Said::Later(_))) {
            whole.hear(said);
        }
        whole
    }

    fn after(said: &[Said]) -> Lifecycle {
        whole(said).life
    }

    fn expiry(life: &Lifecycle) -> Timestamp {
        life.expire_time.unwrap().timestamp()
    }

    #[test]
    fn a_renewal_extends_and_a_refund_or_a_trial_turned_formal_sets() {
        let renewals = [refresh("a", 1, Scene::Renewal, 200), refresh("b", 2, Scene::RenewalChange, 100)];
        assert_eq!(expiry(&after(&renewals)), at(200));
        for (order, scene) in [("c", Scene::UnsubscribeRenewalPeriod), ("d", Scene::TrialToFormal)] {
            let set = [&renewals[..], &[refresh(order, 3, scene, 50)]].concat();
            assert_eq!(expiry(&after(&set)), at(50), "{scene:?}");
            let since =
                [&set[..], &[refresh("e", 4, Scene::Renewal, 70), refresh("f", 5, Scene::Renewal, 60)]].concat();
            assert_eq!(expiry(&after(&since)), at(70), "of those signed since, the latest");
        }
    }

    #[test]
    fn the_expiry_of_a_past_time_follows_from_what_was_signed_until_then() {
        let said = [
            Said::First(100),
            refresh("a", 10, Scene::Renewal, 200),
            refresh("b", 30, Scene::UnsubscribeRenewalPeriod, 50),
        ];
        let Whole { life, facts } = whole(&said);
        let then = [9, 10, 29, 30].map(|time| life.expiry_at(&facts.orders, at(time)).unwrap().timestamp());
        assert_eq!(then, [100, 200, 200, 50].map(at));
        assert_eq!(expiry(&life), at(50), "it stays as it is");
        assert_eq!(after(&[]).expiry_at(&[], at(1)), None);
    }

    #[test]
    fn a_trial_that_turned_into_a_shorter_period_is_over_when_that_is() {
        let formal = [Said::First(90 * 86_400), refresh("a", 10, Scene::TrialToFormal, 100), freeze(100)];
        let frozen = after(&formal);
        assert_eq!(frozen.freeze_cause, Some(FreezeCause::Expired));
        let renewed = after(&[&formal[..], &[refresh("b", 110, Scene::Renewal, 300)]].concat());
        assert_eq!((renewed.status, expiry(&renewed)), (Status::Active, at(300)));
    }

    #[test]
    fn of_orders_signed_at_once_the_one_that_sets_comes_first() {
        for (renewal, refund) in [("a", "b"), ("b", "a")] {
            let renewal = refresh(renewal, 1, Scene::Renewal, 200);
            let refund = refresh(refund, 1, Scene::UnsubscribeRenewalPeriod, 50);
            assert_eq!(expiry(&after(&[renewal.clone(), refund.clone()])), at(200));
            assert_eq!(expiry(&after(&[refund, renewal])), at(200));
        }
    }

    #[test]
    fn a_renewal_lifts_an_expired_freeze_only() {
        let expired = whole(&[refresh("a", 1, Scene::Renewal, 100), freeze(100)]);
        assert_eq!((expired.life.status, expired.life.freeze_cause), (Status::Frozen, Some(FreezeCause::Expired)));
        let mut renewed = expired.clone();
        renewed.hear(&refresh("b", 110, Scene::Renewal, 300));
        assert_eq!((renewed.life.status, renewed.life.freeze_cause), (Status::Active, None));
        for until in [105, 110] {
            let mut renewed_into_the_past = expired.clone();
            renewed_into_the_past.hear(&refresh("b", 110, Scene::Renewal, until));
            assert_eq!(renewed_into_the_past.life.status, Status::Frozen, "{until}");
        }

        let suspended = after(&[
            refresh("a", 1, Scene::Renewal, 100),
            freeze(50),
            freeze(101),
            refresh("b", 110, Scene::Renewal, 300),
        ]);
        assert_eq!((suspended.status, suspended.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
    }

    #[test]
    fn of_calls_signed_at_once_a_freeze_comes_first_and_an_unfreeze_last() {
        let renewal = refresh("a", 100, Scene::Renewal, 300);
        for said in [[freeze(100), renewal.clone()], [renewal, freeze(100)]] {
            assert_eq!(after(&said).status, Status::Active);
        }
        for said in [[freeze(100), unfreeze(100)], [unfreeze(100), freeze(100)]] {
            assert_eq!(after(&said).status, Status::Active);
        }
        assert_eq!(after(&[unfreeze(100), freeze(101)]).status, Status::Frozen);
    }

    #[test]
    fn a_first_expiry_that_is_learnt_late_decides_as_if_it_had_been_known() {
        let renewed = [freeze(50), refresh("a", 60, Scene::Renewal, 300)];
        assert_eq!(after(&renewed).status, Status::Active, "for all that is known the period had ended");
        let hours = |hours: i64| hours * 60 * 60;
        let suspended = after(&[&renewed[..], &[Said::First(hours(8) + 51)]].concat());
        assert_eq!((suspended.status, suspended.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
        for until in [40, hours(8) + 50] {
            let expired = after(&[&renewed[..], &[Said::First(until)]].concat());
            assert_eq!(expired.status, Status::Active, "{until}: in another zone the period is over");
        }

        let refund = refresh("b", 70, Scene::UnsubscribeRenewalPeriod, 40);
        let refunded = after(&[&renewed[..], &[refund, Said::First(100)]].concat());
        assert_eq!(expiry(&refunded), at(40), "a refund sets what it says");
    }

    #[test]
    fn it_consists_of_what_the_last_signed_order_bought() {
        let product = |life: &Lifecycle| life.holds().and_then(|bought| bought.product_id.clone()).unwrap().to_string();
        let mut whole = whole(&[Said::First(100), refresh("2", 20, Scene::RenewalChange, 200)]);
        assert_eq!(product(&whole.life), "first");
        for (order, signed, scene, expected) in [
            ("1", 10, Scene::Renewal, "1"),
            ("2", 20, Scene::RenewalChange, "2"),
            ("0", 5, Scene::Renewal, "2"),
            ("3", 30, Scene::UnsubscribeRenewalPeriod, "2"),
        ] {
            whole.hear(&refresh(order, signed, scene, 200));
            whole.hear(&Said::Later(order.parse().unwrap()));
            let life = &whole.life;
            assert_eq!((product(life), life.product_id.clone().unwrap().as_str()), (expected.to_owned(), expected));
        }
        whole.hear(&Said::Later(9));
        assert_eq!(whole.facts.orders.len(), 4, "an order that does not count is nothing to be told of");
    }

    #[test]
    fn what_the_order_query_knows_of_an_order_counts_for_more_than_what_the_call_told() {
        let called = Bought { amount: Some(10), period_type: Some("month".to_owned()), ..Bought::default() };
        let mut life = Lifecycle::new(at(0), Status::Active).bought(called, None);
        let bought = Bought { linear_value: Some(10.0), period_type: Some("year".to_owned()), ..Bought::default() };
        assert!(life.tell_first(&ToldOrder { bought, until: None }));
        life.replay(None, &Facts::default());
        let holds = life.holds().unwrap();
        assert_eq!(
            (holds.amount, holds.linear_value, holds.period_type.as_deref()),
            (Some(10), Some(10.0), Some("year"))
        );
        assert!(!life.tell_first(&told("another", None)), "told again it changes nothing");
    }

    #[test]
    fn the_first_fact_may_be_any() {
        for (fact, status) in [
            (Fact::Release(at(0)), Status::Released),
            (Fact::Unfreeze(at(0)), Status::Active),
            (Fact::Freeze(Freeze { signed_at: at(0), expired: false }), Status::Frozen),
        ] {
            let (mut life, mut facts) = (Lifecycle::new(at(0), Status::Active), Facts::default());
            assert_eq!(facts.take_in(&fact), Kept::New);
            life.replay(Some(&fact), &facts);
            life.settle(Status::Active);
            assert_eq!(life.status, status, "{fact:?}");
        }
    }

    #[test]
    fn released_is_final() {
        let mut whole = whole(&[freeze(1), Said::Fact(Fact::Release(at(2)))]);
        for said in [unfreeze(3), refresh("a", 4, Scene::Renewal, 100), Said::Fact(Fact::Release(at(5)))] {
            whole.hear(&said);
            assert_eq!((whole.life.status, whole.life.released_at), (Status::Released, Some(at(2))));
        }
    }

    /// What stands in the table and what an application reads are the words that serde writes.
    #[test]
    fn a_word_is_the_same_wherever_it_is_written() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for cause in [FreezeCause::Expired, FreezeCause::Suspended] {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
    }

    /// KooGallery resends a call with its old timestamp or signs it anew. Only an earlier time says something new: what
    /// counts is when the order was first signed.
    #[test]
    fn an_order_counts_once_at_the_earliest_time_it_was_signed() {
        let mut facts = Facts::default();
        let renewal = |signed| Fact::Order(order("a", signed, Scene::Renewal, 100).into());
        for (signed, kept, counts_at) in
            [(20, Kept::New, 20), (20, Kept::Before, 20), (30, Kept::Before, 20), (10, Kept::Earlier, 10)]
        {
            assert_eq!(facts.take_in(&renewal(signed)), kept, "{signed}");
            assert_eq!((facts.orders.len(), facts.orders[0].signed_at), (1, at(counts_at)), "{signed}");
        }
        assert_eq!(facts.take_in(&Fact::Order(order("b", 20, Scene::Renewal, 100).into())), Kept::New);
        assert_eq!(facts.orders.len(), 2);
    }

    /// Two freezes are two facts if they were signed at two times: which of them an unfreeze does away with depends on it.
    #[test]
    fn a_freeze_is_known_by_the_time_it_was_signed() {
        let mut facts = Facts::default();
        let freeze = |signed| Fact::Freeze(Freeze { signed_at: at(signed), expired: false });
        for (signed, kept, freezes) in [(1, Kept::New, 1), (1, Kept::Before, 1), (2, Kept::New, 2)] {
            assert_eq!(facts.take_in(&freeze(signed)), kept, "{signed}");
            assert_eq!(facts.freezes.len(), freezes);
        }
    }

    /// Of two facts of one millisecond the arrival says nothing, so the later one to come is not appended: the replay
    /// puts them in the order that the rules give them. A release is final whenever it was signed.
    #[test]
    fn only_a_fact_that_was_signed_later_follows() {
        let mut life = Lifecycle::new(at(0), Status::Active);
        life.append(&Fact::Freeze(Freeze { signed_at: at(10), expired: false }));
        for signed in [9, 10, 11] {
            let fact = Fact::Unfreeze(at(signed));
            assert_eq!(life.is_followed_by(&fact), signed == 11, "{signed}");
            assert!(life.is_followed_by(&Fact::Release(at(signed))), "{signed}");
        }
    }

    #[test]
    fn an_unfreeze_lifts_a_freeze_of_either_cause() {
        for (freeze_at, cause) in [(50, FreezeCause::Suspended), (100, FreezeCause::Expired)] {
            let mut whole = whole(&[refresh("a", 1, Scene::Renewal, 100), freeze(freeze_at)]);
            assert_eq!((whole.life.status, whole.life.freeze_cause), (Status::Frozen, Some(cause)));
            whole.hear(&unfreeze(freeze_at + 1));
            assert_eq!((whole.life.status, whole.life.freeze_cause), (Status::Active, None));
            assert_eq!((whole.life.unfrozen_at, whole.life.newest), (Some(at(freeze_at + 1)), at(freeze_at + 1)));
        }
    }

    /// An unfreeze of the freeze's own millisecond has the last word, or a customer who paid stays locked out.
    #[test]
    fn an_unfreeze_does_away_with_what_was_signed_up_to_its_own_time() {
        let life = after(&[freeze(5), unfreeze(10)]);
        for (signed, undone) in [(9, true), (10, true), (11, false)] {
            assert_eq!(life.has_undone(&Fact::Freeze(Freeze { signed_at: at(signed), expired: false })), undone);
            assert_eq!(life.has_undone(&Fact::Unfreeze(at(signed))), undone, "{signed}");
            assert!(!life.has_undone(&Fact::Release(at(signed))), "{signed}");
        }
        assert!(!life.has_undone(&Fact::Order(order("a", 1, Scene::Renewal, 100).into())), "an order is paid for");
    }

    /// V1.0's expireInstance says itself why it freezes, whatever is known of the expiry.
    #[test]
    fn a_call_that_says_that_the_period_ended_is_believed() {
        let renewal = refresh("a", 1, Scene::Renewal, 100);
        let expire = Said::Fact(Fact::Freeze(Freeze { signed_at: at(50), expired: true }));
        assert_eq!(after(&[renewal.clone(), expire]).freeze_cause, Some(FreezeCause::Expired));
        assert_eq!(after(&[renewal, freeze(50)]).freeze_cause, Some(FreezeCause::Suspended));
    }

    /// A refund sets the expiry, into the future too where only one of several renewals was taken back. But nobody has
    /// paid for it.
    #[test]
    fn a_refund_lifts_no_freeze() {
        let expired = [refresh("a", 1, Scene::Renewal, 100), freeze(100)];
        for (scene, status) in [
            (Scene::UnsubscribeRenewalPeriod, Status::Frozen),
            (Scene::TrialToFormal, Status::Active),
            (Scene::RenewalChange, Status::Active),
        ] {
            let life = after(&[&expired[..], &[refresh("b", 110, scene, 300)]].concat());
            assert_eq!((life.status, expiry(&life)), (status, at(300)), "{scene:?}");
        }
    }

    /// A renewal that ends when it is signed leaves no time to use, and one that ends a millisecond later does.
    #[test]
    fn a_renewal_is_into_the_future_if_it_ends_after_it_was_signed() {
        let expired = whole(&[refresh("a", 1, Scene::Renewal, 100), freeze(100)]);
        let millis = |millis: i64| Timestamp::from_millis(at(110).as_millis() + millis);
        for (ends, status) in [(-1, Status::Frozen), (0, Status::Frozen), (1, Status::Active)] {
            let mut renewal = order("b", 110, Scene::Renewal, 0);
            let expire_time = ExpireTime::from_timestamp(millis(ends)).unwrap();
            renewal.effect = OrderEffect::Refresh { scene: Scene::Renewal, expire_time, product_id: None };
            let mut renewed = expired.clone();
            renewed.hear(&Said::Fact(Fact::Order(renewal.into())));
            assert_eq!(renewed.life.status, status, "{ends} ms");
        }
    }

    /// A period is over at the very time of its end, not one millisecond earlier.
    #[test]
    fn a_freeze_is_expired_from_the_very_end_of_the_period_on() {
        for (before, cause) in [(1, FreezeCause::Suspended), (0, FreezeCause::Expired), (-1, FreezeCause::Expired)] {
            let signed_at = Timestamp::from_millis(at(100).as_millis() - before);
            let freeze = Said::Fact(Fact::Freeze(Freeze { signed_at, expired: false }));
            let life = after(&[refresh("a", 1, Scene::Renewal, 100), freeze]);
            assert_eq!(life.freeze_cause, Some(cause), "{before} ms before the end");
        }
    }

    #[test]
    fn what_is_told_of_an_order_is_told_once_and_nothing_changes_nothing() {
        let mut renewal = order("a", 1, Scene::Renewal, 100);
        assert_eq!(renewal.key(), "1#a#1");
        assert!(!renewal.tell(&ToldOrder::default()) && !renewal.told);
        assert!(renewal.tell(&told("p-1", None)) && renewal.told);
        assert!(!renewal.tell(&told("p-2", None)), "told again it changes nothing");
        assert_eq!(renewal.product().unwrap().as_str(), "p-1");
        let mut refund = order("b", 2, Scene::UnsubscribeRenewalPeriod, 100);
        assert!(refund.tell(&told("p-3", None)));
        assert_eq!((refund.adds(), refund.product()), (None, None), "its line is what was taken back");
    }

    #[test]
    fn what_is_told_of_the_first_order_is_told_once_and_its_end_may_come_later() {
        let until = ExpireTime::from_timestamp(at(100)).unwrap();
        let mut life = Lifecycle::new(at(0), Status::Active);
        assert_eq!(life.holds(), None);
        assert!(!life.tell_first(&ToldOrder::default()), "nothing is told");
        assert!(life.tell_first(&told("p-1", None)));
        assert!(!life.tell_first(&told("p-2", None)));
        assert!(life.tell_first(&told("p-2", Some(until))), "the end was not known");
        assert!(!life.tell_first(&told("p-2", ExpireTime::from_timestamp(at(200)))), "the first end stands");
        assert_eq!(life.bought_until, Some(until));
        life.replay(None, &Facts::default());
        assert_eq!(life.holds().unwrap().product_id.as_ref().unwrap().as_str(), "p-1");
    }

    fn said() -> impl Strategy<Value = Said> {
        prop_oneof![
            // An order does one thing however often it is sent: scene and expiry follow from its name.
            (0u8..6, 0i64..60).prop_map(|(order, signed)| {
                let scenes = [Scene::Renewal, Scene::TrialToFormal, Scene::UnsubscribeRenewalPeriod];
                refresh(&order.to_string(), signed, scenes[usize::from(order) % 3], i64::from(order) * 15)
            }),
            (0i64..60).prop_map(freeze),
            (0i64..60).prop_map(unfreeze),
            Just(Said::First(35)),
            (0u8..6).prop_map(Said::Later),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            (said, shuffled) in prop::collection::vec(said(), 0..12)
                .prop_flat_map(|said| (Just(said.clone()), Just(said).prop_shuffle())),
            repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut repeated = shuffled;
            for repeat in repeats {
                if !repeated.is_empty() {
                    let said = repeat.get(&repeated).clone();
                    repeated.push(said);
                }
            }
            let (straight, wild) = (after(&said), after(&repeated));
            prop_assert_eq!(straight.status, wild.status);
            prop_assert_eq!(straight.freeze_cause, wild.freeze_cause);
            prop_assert_eq!(straight.expire_time, wild.expire_time);
            prop_assert_eq!(straight.holds(), wild.holds());
            prop_assert_eq!(straight.product_id, wild.product_id);
            prop_assert_eq!(straight.last_order, wild.last_order);
        }
    }
}
