//! The rules of a life: of an instance, and of a license code.
//!
//! KooGallery repeats calls, retries them late, and may let two overtake each other. So what calls told is kept as
//! *facts*, each with the time it was signed, and status and expiry are a function of those facts: any order of arrival
//! ends in the same state. In words:
//!
//! - A renewal never moves the expiry back; a refunded renewal sets what it says. Each order line counts once, at the
//!   earliest time it was signed.
//! - The freezes since the last unfreeze count. A freeze at or after the expiry is `expired` (so is one while no
//!   expiry is known: KooGallery freezes at the end of a period first of all), any other is `suspended`.
//! - A renewal into the future lifts `expired`, never `suspended`: a lost UNFREEZE leaves no paying customer frozen,
//!   and a breach of terms is not bought off.
//! - Released is final.
//!
//! What the order query tells comes later than the callbacks, and is a fact as theirs are: the first expiry counts as if
//! it had been known from the beginning.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use koogallery::{ExpireTime, OrderId, OrderLineId, ProductId, Scene, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bought::{Bought, ToldOrder};
use crate::call::Call;
use crate::event::Subject;
use crate::key::{Item, Key, World};

/// Where something is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The application has not said yet how the buyer reaches it.
    Provisioning,
    /// In use.
    Active,
    /// No access, data kept.
    Frozen,
    /// Gone for good.
    Released,
}

impl Status {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Provisioning, Self::Active, Self::Frozen, Self::Released];

    /// Its word in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Released => "released",
        }
    }
}

/// Why something is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FreezeCause {
    /// The paid period ended: a renewal lifts it.
    Expired,
    /// A breach of terms: only an unfreeze lifts it.
    Suspended,
}

/// What has such a life.
pub(crate) trait Living: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What names it.
    type Id;

    /// What must hold in the table, beside its status, before an unfreeze makes it usable.
    const USABLE: &'static str;

    /// The attributes, beside those of its life, that change after creation.
    const CHANGING: &'static [&'static str] = &[];

    /// Where it stands.
    fn key(world: World, id: &Self::Id) -> Key;

    /// Whom its events are about.
    fn subject(id: &Self::Id) -> Subject<'_>;

    /// What a call makes of one that nobody has heard of; none where there is no such thing then.
    fn unheard_of(call: &Call, id: &Self::Id) -> Option<Self>;

    /// Its life.
    fn life(&self) -> &Lifecycle;

    /// Its life, to add a fact to; [`Self::settle`] then says what follows.
    fn life_mut(&mut self) -> &mut Lifecycle;

    /// Derives from the facts what follows from them.
    fn settle(&mut self);

    /// Forgets what is personal of it.
    fn erase(&mut self, at: Timestamp) {
        self.life_mut().erase(at);
    }

    /// The attributes that only [`Self::erase`] changes.
    const ERASED: &'static [&'static str] = &[];

    /// The attributes by which it stands in indexes of the table.
    fn indexed(&self, _: World) -> Item {
        Item::new()
    }

    /// For an update that sets a status: what its `SET` has to say besides, so that the indexes have it under that.
    fn list_as(update: UpdateBuilder, _: World, _: &Self::Id, _: Status) -> (UpdateBuilder, &'static str) {
        (update, "")
    }
}

/// A life as it stands in the table: facts, and what follows from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    /// When the first call about it was signed.
    pub created_at: Timestamp,
    /// Fact: the end of the period that was bought at first, where it is known: V1.0 tells it, or the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought_until: Option<ExpireTime>,
    /// Fact: what was bought at first, where the order query told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<Bought>,
    /// The product as last told, by a call or by the order query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,

    /// Follows from the facts below.
    pub status: Status,
    /// Follows from the facts below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze_cause: Option<FreezeCause>,
    /// Follows from the facts below; absent while no call has told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<ExpireTime>,

    /// Fact: the later orders that count, by [`AppliedOrder::key`].
    #[serde(default)]
    pub orders: BTreeMap<String, AppliedOrder>,
    /// Fact: the freezes signed after [`Self::unfrozen_at`].
    #[serde(default)]
    pub freezes: Vec<Freeze>,
    /// Fact: the newest unfreeze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfrozen_at: Option<Timestamp>,
    /// Fact: when release came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// When what is personal of it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Follows from the facts: the newest time that one was signed. A call that is newer arrived in order.
    pub newest: Timestamp,
    /// Counts the changes.
    pub version: u64,
}

/// A later order: a renewal, its refund, or an upgrade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedOrder {
    /// The order.
    pub order_id: OrderId,
    /// Its line; V1.0 names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// The earliest time that a call for it was signed.
    pub signed_at: Timestamp,
    /// What it does.
    #[serde(flatten)]
    pub effect: OrderEffect,
    /// What it bought, where the order query told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<Bought>,
    /// What else V1.0 told of it, as it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further: BTreeMap<String, String>,
}

/// What a later order does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum OrderEffect {
    /// The expiry moves.
    Refresh {
        /// Why.
        scene: Scene,
        /// Where to.
        expire_time: ExpireTime,
        /// The product from then on, where it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product_id: Option<ProductId>,
    },
    /// Specification or quantity grows.
    Upgrade {
        /// The product from then on, where the call told it (V1.0).
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
    /// Whether the call itself said that the period ended (V1.0's expireInstance).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

impl AppliedOrder {
    /// Its name in [`Lifecycle::orders`].
    #[must_use]
    pub fn key(&self) -> String {
        Self::key_of(&self.order_id, self.order_line_id.as_ref())
    }

    /// The name of an order. Its length keeps apart what a `#` within an id would join.
    pub(crate) fn key_of(order: &OrderId, line: Option<&OrderLineId>) -> String {
        format!("{}#{order}#{}", order.as_str().len(), line.map_or("", OrderLineId::as_str))
    }

    /// Whether it takes back an earlier one.
    const fn is_refund(&self) -> bool {
        matches!(self.effect, OrderEffect::Refresh { scene: Scene::UnsubscribeRenewalPeriod, .. })
    }

    /// The product from then on, where it was told: by the call itself first of all.
    fn product(&self) -> Option<&ProductId> {
        let (OrderEffect::Refresh { product_id, .. } | OrderEffect::Upgrade { product_id }) = &self.effect;
        product_id.as_ref().or_else(|| self.bought.as_ref().filter(|_| !self.is_refund())?.product_id.as_ref())
    }
}

impl Lifecycle {
    /// As it begins.
    pub(crate) fn new(created_at: Timestamp, status: Status) -> Self {
        Self {
            created_at,
            bought_until: None,
            bought: None,
            product_id: None,
            status,
            freeze_cause: None,
            expire_time: None,
            orders: BTreeMap::new(),
            freezes: Vec::new(),
            unfrozen_at: None,
            released_at: None,
            erased_at: None,
            newest: created_at,
            version: 1,
        }
    }

    /// The attributes that change after creation.
    pub(crate) const CHANGING: [&str; 13] = [
        "boughtUntil",
        "bought",
        "productId",
        "status",
        "freezeCause",
        "expireTime",
        "orders",
        "freezes",
        "unfrozenAt",
        "releasedAt",
        "erasedAt",
        "newest",
        "version",
    ];

    /// Takes in a later order. The same order again changes nothing, but that the earlier signing counts.
    pub fn apply_order(&mut self, order: AppliedOrder) {
        self.orders
            .entry(order.key())
            .and_modify(|known| known.signed_at = known.signed_at.min(order.signed_at))
            .or_insert(order);
    }

    /// Takes in what the order query told of the first order. What is known stays.
    pub fn told_first(&mut self, told: &ToldOrder) {
        self.bought_until = self.bought_until.or(told.until);
        self.bought = self.bought.take().or_else(|| told.bought());
    }

    /// Takes in what the order query told of a later order, by its [`AppliedOrder::key`]; when its period ends the call
    /// itself said. What is known stays.
    pub fn told_later(&mut self, order: &str, told: &ToldOrder) {
        if let Some(order) = self.orders.get_mut(order) {
            order.bought = order.bought.take().or_else(|| told.bought());
        }
    }

    /// What it consists of by now: as the last order says, in the order of signing, of which the order query told a
    /// product. A refund's own line says nothing of what is left.
    #[must_use]
    pub fn holds(&self) -> Option<&Bought> {
        let later = self.orders.values().filter(|order| !order.is_refund());
        let later = later.filter_map(|order| Some((order.signed_at, order.bought.as_ref()?)));
        let last = later.filter(|(_, bought)| bought.names_product()).max_by_key(|(signed_at, _)| *signed_at);
        last.map(|(_, bought)| bought).or(self.bought.as_ref())
    }

    /// Takes in a freeze.
    pub fn freeze(&mut self, freeze: Freeze) {
        if self.unfrozen_at.is_none_or(|unfrozen| freeze.signed_at > unfrozen) && !self.freezes.contains(&freeze) {
            self.freezes.push(freeze);
            self.freezes.sort_by_key(|freeze| (freeze.signed_at, freeze.expired));
        }
    }

    /// Takes in an unfreeze.
    pub fn unfreeze(&mut self, signed_at: Timestamp) {
        self.unfrozen_at = self.unfrozen_at.max(Some(signed_at));
        self.freezes.retain(|freeze| Some(freeze.signed_at) > self.unfrozen_at);
    }

    /// Releases it, if it is not released.
    pub fn release(&mut self, signed_at: Timestamp) {
        self.released_at = self.released_at.or(Some(signed_at));
    }

    /// Forgets what may be personal. That of a released one only: nothing is told of it any more.
    pub(crate) fn erase(&mut self, at: Timestamp) {
        self.erased_at = Some(at);
        self.orders.values_mut().for_each(|order| order.further.clear());
    }

    /// Derives the rest from the facts. `at_rest` is the status where neither freeze nor release stands.
    pub fn settle(&mut self, at_rest: Status) {
        let facts = self.orders.values().map(|order| order.signed_at);
        let facts = facts.chain(self.freezes.iter().map(|freeze| freeze.signed_at)).chain(self.unfrozen_at);
        self.newest = facts.fold(self.created_at, Timestamp::max);
        self.expire_time = self.expiry_before(None);
        if let Some(product) = self.product_told() {
            self.product_id = Some(product);
        } else if self.product_id.is_none() {
            self.product_id = self.bought.as_ref().and_then(|bought| bought.product_id.clone());
        }
        self.freeze_cause = if self.released_at.is_some() { None } else { self.standing_freeze() };
        self.status = match (self.released_at, self.freeze_cause) {
            (Some(_), _) => Status::Released,
            (None, Some(_)) => Status::Frozen,
            (None, None) => at_rest,
        };
    }

    /// The product that the last order to name one named.
    fn product_told(&self) -> Option<ProductId> {
        let named = self.orders.values().filter_map(|order| Some((order.signed_at, order.product()?)));
        named.max_by_key(|(signed_at, _)| *signed_at).map(|(_, product)| product.clone())
    }

    /// The orders that move the expiry, in the order they were signed.
    fn refreshes(&self) -> Vec<Refresh> {
        let mut refreshes: Vec<_> = self
            .orders
            .values()
            .filter_map(|order| match &order.effect {
                OrderEffect::Refresh { scene, expire_time, .. } => {
                    Some(Refresh { signed_at: order.signed_at, scene: *scene, expire_time: *expire_time })
                }
                OrderEffect::Upgrade { .. } => None,
            })
            .collect();
        refreshes.sort_by_key(|refresh| refresh.signed_at);
        refreshes
    }

    /// The expiry as the orders signed before `at` made it; all orders where `at` is none.
    fn expiry_before(&self, at: Option<Timestamp>) -> Option<ExpireTime> {
        let counting = self.refreshes().into_iter().filter(|refresh| at.is_none_or(|at| refresh.signed_at < at));
        counting.fold(self.bought_until, |expiry, refresh| match refresh.scene {
            Scene::UnsubscribeRenewalPeriod => Some(refresh.expire_time),
            Scene::TrialToFormal | Scene::Renewal | Scene::RenewalChange => expiry.max(Some(refresh.expire_time)),
        })
    }

    fn standing_freeze(&self) -> Option<FreezeCause> {
        let mut standing = None;
        for freeze in &self.freezes {
            let expiry = self.expiry_before(Some(freeze.signed_at));
            if !freeze.expired && expiry.is_some_and(|expiry| expiry.timestamp() > freeze.signed_at) {
                return Some(FreezeCause::Suspended);
            }
            if !self.renewed_after(freeze.signed_at) {
                standing = Some(FreezeCause::Expired);
            }
        }
        standing
    }

    fn renewed_after(&self, at: Timestamp) -> bool {
        self.refreshes().into_iter().any(|refresh| {
            refresh.scene != Scene::UnsubscribeRenewalPeriod
                && refresh.signed_at >= at
                && refresh.expire_time.timestamp() > refresh.signed_at
        })
    }
}

struct Refresh {
    signed_at: Timestamp,
    scene: Scene,
    expire_time: ExpireTime,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + second * 1000)
    }

    #[derive(Debug, Clone)]
    enum Fact {
        Order(Box<AppliedOrder>),
        Freeze(i64),
        Unfreeze(i64),
        ToldFirst(i64),
        ToldLater(u8),
    }

    impl Fact {
        fn refresh(order: &str, signed: i64, scene: Scene, expiry: i64) -> Self {
            let expire_time = ExpireTime::from_timestamp(at(expiry)).unwrap();
            let effect = OrderEffect::Refresh { scene, expire_time, product_id: None };
            let (order_id, order_line_id) = (order.parse().unwrap(), Some("1".parse().unwrap()));
            let further = BTreeMap::new();
            let signed_at = at(signed);
            Self::Order(AppliedOrder { order_id, order_line_id, signed_at, effect, bought: None, further }.into())
        }

        fn apply(&self, life: &mut Lifecycle) {
            match self {
                Self::Order(order) => life.apply_order(AppliedOrder::clone(order)),
                Self::Freeze(signed) => life.freeze(Freeze { signed_at: at(*signed), expired: false }),
                Self::Unfreeze(signed) => life.unfreeze(at(*signed)),
                Self::ToldFirst(until) => {
                    life.told_first(&told("first", ExpireTime::from_timestamp(at(*until))));
                }
                Self::ToldLater(order) => life.told_later(&format!("1#{order}#1"), &told(&order.to_string(), None)),
            }
            life.settle(Status::Active);
        }
    }

    fn told(product: &str, until: Option<ExpireTime>) -> ToldOrder {
        ToldOrder { bought: Bought { product_id: Some(product.parse().unwrap()), ..Bought::default() }, until }
    }

    fn after(facts: &[Fact]) -> Lifecycle {
        let mut life = Lifecycle::new(at(0), Status::Active);
        for fact in facts {
            fact.apply(&mut life);
        }
        // An order is told of once it counts: whoever tells earlier tells again.
        for fact in facts.iter().filter(|fact| matches!(fact, Fact::ToldLater(_))) {
            fact.apply(&mut life);
        }
        life
    }

    #[test]
    fn a_renewal_never_moves_the_expiry_back_but_a_refund_does() {
        let renewals = [Fact::refresh("a", 1, Scene::Renewal, 200), Fact::refresh("b", 2, Scene::RenewalChange, 100)];
        assert_eq!(after(&renewals).expire_time.unwrap().timestamp(), at(200));
        let refunded = [&renewals[..], &[Fact::refresh("c", 3, Scene::UnsubscribeRenewalPeriod, 50)]].concat();
        assert_eq!(after(&refunded).expire_time.unwrap().timestamp(), at(50));
    }

    #[test]
    fn a_renewal_lifts_an_expired_freeze_only() {
        let expired = after(&[Fact::refresh("a", 1, Scene::Renewal, 100), Fact::Freeze(100)]);
        assert_eq!((expired.status, expired.freeze_cause), (Status::Frozen, Some(FreezeCause::Expired)));
        let mut renewed = expired.clone();
        Fact::refresh("b", 110, Scene::Renewal, 300).apply(&mut renewed);
        assert_eq!((renewed.status, renewed.freeze_cause), (Status::Active, None));
        let mut renewed_into_the_past = expired;
        Fact::refresh("b", 110, Scene::Renewal, 105).apply(&mut renewed_into_the_past);
        assert_eq!(renewed_into_the_past.status, Status::Frozen);

        let suspended = after(&[
            Fact::refresh("a", 1, Scene::Renewal, 100),
            Fact::Freeze(50),
            Fact::Freeze(101),
            Fact::refresh("b", 110, Scene::Renewal, 300),
        ]);
        assert_eq!((suspended.status, suspended.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
    }

    #[test]
    fn a_first_expiry_that_is_learnt_late_decides_as_if_it_had_been_known() {
        let renewed = [Fact::Freeze(50), Fact::refresh("a", 60, Scene::Renewal, 300)];
        assert_eq!(after(&renewed).status, Status::Active, "for all that is known the period had ended");
        let suspended = after(&[&renewed[..], &[Fact::ToldFirst(100)]].concat());
        assert_eq!((suspended.status, suspended.freeze_cause), (Status::Frozen, Some(FreezeCause::Suspended)));
        let expired = after(&[&renewed[..], &[Fact::ToldFirst(40)]].concat());
        assert_eq!((expired.status, expired.expire_time.unwrap().timestamp()), (Status::Active, at(300)));

        let refund = Fact::refresh("b", 70, Scene::UnsubscribeRenewalPeriod, 40);
        let refunded = after(&[&renewed[..], &[refund, Fact::ToldFirst(100)]].concat());
        assert_eq!(refunded.expire_time.unwrap().timestamp(), at(40), "a refund sets what it says");
        let trial = after(&[Fact::ToldFirst(10), Fact::refresh("c", 5, Scene::TrialToFormal, 200), Fact::Freeze(15)]);
        assert_eq!(trial.freeze_cause, Some(FreezeCause::Suspended));
    }

    #[test]
    fn it_consists_of_what_the_last_signed_order_bought() {
        let product = |life: &Lifecycle| life.holds().and_then(|bought| bought.product_id.clone()).unwrap().to_string();
        let mut life = after(&[Fact::ToldFirst(100), Fact::refresh("2", 20, Scene::RenewalChange, 200)]);
        assert_eq!(product(&life), "first");
        for (order, signed, scene, expected) in [
            ("1", 10, Scene::Renewal, "1"),
            ("2", 20, Scene::RenewalChange, "2"),
            ("0", 5, Scene::Renewal, "2"),
            ("3", 30, Scene::UnsubscribeRenewalPeriod, "2"),
        ] {
            Fact::refresh(order, signed, scene, 200).apply(&mut life);
            Fact::ToldLater(order.parse().unwrap()).apply(&mut life);
            assert_eq!((product(&life), life.product_id.clone().unwrap().as_str()), (expected.to_owned(), expected));
        }
        life.told_later("1#9#1", &told("nobody's", None));
        assert_eq!(life.orders.len(), 4, "an order that does not count is nothing to be told of");
    }

    #[test]
    fn released_is_final() {
        let mut life = after(&[Fact::Freeze(1)]);
        life.release(at(2));
        for fact in [Fact::Unfreeze(3), Fact::refresh("a", 4, Scene::Renewal, 100)] {
            fact.apply(&mut life);
            assert_eq!(life.status, Status::Released);
        }
    }

    fn fact() -> impl Strategy<Value = Fact> {
        prop_oneof![
            // An order does one thing however often it is sent: scene and expiry follow from its name.
            (0u8..6, 0i64..60).prop_map(|(order, signed)| {
                let scenes = [Scene::Renewal, Scene::TrialToFormal, Scene::UnsubscribeRenewalPeriod];
                Fact::refresh(&order.to_string(), signed, scenes[usize::from(order) % 3], i64::from(order) * 15)
            }),
            (0i64..60).prop_map(Fact::Freeze),
            (0i64..60).prop_map(Fact::Unfreeze),
            Just(Fact::ToldFirst(35)),
            (0u8..6).prop_map(Fact::ToldLater),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            (facts, shuffled) in prop::collection::vec(fact(), 0..12)
                .prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
            repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut repeated = shuffled;
            for repeat in repeats {
                if !repeated.is_empty() {
                    let fact = repeat.get(&repeated).clone();
                    repeated.push(fact);
                }
            }
            let (straight, wild) = (after(&facts), after(&repeated));
            prop_assert_eq!(straight.status, wild.status);
            prop_assert_eq!(straight.freeze_cause, wild.freeze_cause);
            prop_assert_eq!(straight.expire_time, wild.expire_time);
            prop_assert_eq!(straight.holds(), wild.holds());
            prop_assert_eq!(straight.product_id, wild.product_id);
        }
    }
}
