//! The figures of a month: what orders sold and refunded, by product; and which share of its price each instance brings in a month.
//! Only what the order query told is added up. What is not known is counted apart, and never guessed.

use std::collections::BTreeMap;

use koogallery::{OrderId, ProductId, Scene, Timestamp};
use koogallery_store::{AppliedOrder, Instance, OrderAmount, OrderEffect};
use rust_decimal::Decimal;

use crate::money::{deal, decimal, lines};
use crate::supervision::period;

/// KooGallery's word for an order that takes another one back.
const REFUND: &str = "UNSUBSCRIBE";
/// Shares of a month are rounded to so many decimals, each.
const DECIMALS: u32 = 4;

/// What orders of a product came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// How many order lines that are; orders, where KooGallery tells the amount of the whole order only.
    pub(crate) lines: u64,
    /// The amounts before discount.
    pub(crate) listed: Decimal,
    /// The amounts of the deals.
    pub(crate) sold: Decimal,
    /// What refunds took back of them, as a positive number.
    pub(crate) refunded: Decimal,
    /// How many of the lines have no amount of the deal.
    pub(crate) unknown: u64,
}

/// The sums by product. No product stands for amounts of whole orders with several products.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sales(pub(crate) BTreeMap<Option<ProductId>, Sums>);

impl Sales {
    /// Adds up orders, each with all its amounts.
    pub(crate) fn of(orders: &BTreeMap<OrderId, Vec<OrderAmount>>) -> Self {
        let mut sales = Self::default();
        for amounts in orders.values() {
            sales.add(amounts);
        }
        sales
    }

    fn add(&mut self, amounts: &[OrderAmount]) {
        let told = |amount: &&OrderAmount| amount.currency_after_discount.is_some();
        let whole = amounts.iter().find(|amount| amount.order_line_id.is_none() && told(amount));
        // An amount of the whole order stands for all its lines.
        if let Some(whole) = whole.filter(|_| !lines(amounts).any(|line| told(&line))) {
            let mut products = lines(amounts).map(|line| line.product_id.clone());
            let first = products.next().flatten();
            self.add_one(first.filter(|first| products.all(|other| other.as_ref() == Some(first))), whole);
            return;
        }
        let has_lines = lines(amounts).next().is_some();
        for amount in amounts.iter().filter(|amount| amount.order_line_id.is_some() == has_lines) {
            self.add_one(amount.product_id.clone(), amount);
        }
    }

    fn add_one(&mut self, product: Option<ProductId>, amount: &OrderAmount) {
        let sums = self.0.entry(product).or_default();
        sums.lines += 1;
        let of = |text: &Option<String>| text.as_deref().and_then(decimal);
        match of(&amount.currency_after_discount) {
            Some(deal) if deal.is_sign_negative() || amount.order_type == REFUND => {
                sums.refunded = sums.refunded.saturating_add(deal.abs());
            }
            Some(deal) => {
                sums.sold = sums.sold.saturating_add(deal);
                sums.listed = sums.listed.saturating_add(of(&amount.currency).unwrap_or(deal));
            }
            None => sums.unknown += 1,
        }
    }
}

/// What instances are, and bring, in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    /// How many were bought in the month.
    pub(crate) new: u64,
    /// How many were released in the month.
    pub(crate) churned: u64,
    /// How many are in force at its end, or now.
    pub(crate) in_force: u64,
    /// The sum of their shares of a month.
    pub(crate) recurring: Decimal,
    /// Of how many the share is not known.
    pub(crate) unknown: u64,
}

/// What an instance brings in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brings {
    /// It is not in force.
    Nothing,
    /// This share of its price.
    Share(Decimal),
    /// Its amount or period is not known.
    Unknown,
}

impl Stock {
    /// Counts what happened to an instance in the month whose beginning and end are `from` and `to`. Returns whether it can be in force
    /// at `at`: whether it is depends on what was signed until then, see [`is_in_force`].
    pub(crate) fn count(&mut self, instance: &Instance, (from, to): (Timestamp, Timestamp), at: Timestamp) -> bool {
        let life = &instance.life;
        let is_in = |time: Timestamp| from <= time && time < to;
        self.new += u64::from(is_in(life.created_at));
        self.churned += u64::from(life.released_at.is_some_and(is_in));
        let is_released = life.released_at.is_some_and(|released| released <= at);
        // What was signed later may have moved the expiry.
        let is_known = life.newest <= at;
        let is_expired = is_known && life.expire_time.is_some_and(|expiry| expiry.timestamp() <= at);
        life.created_at <= at && !is_released && !is_expired
    }

    /// Adds what an instance brings.
    pub(crate) fn add(&mut self, brings: Brings) {
        self.in_force += u64::from(brings != Brings::Nothing);
        match brings {
            Brings::Nothing => {}
            Brings::Share(share) => self.recurring = self.recurring.saturating_add(share),
            Brings::Unknown => self.unknown += 1,
        }
    }
}

/// Whether an instance that is not released is in force at a time, by the orders that were signed until then.
pub(crate) fn is_in_force(instance: &Instance, later: &[AppliedOrder], at: Timestamp) -> bool {
    instance.life.expiry_at(later, at).is_none_or(|expiry| expiry.timestamp() > at)
}

/// The order that set the period of an instance at a time: the last renewal that was not refunded, a trial turned formal, or the
/// purchase. An upgrade between them is paid for the rest of a period, so it has no share. A refund does not name the renewal that
/// it takes back: it is the last one before it.
pub(crate) fn period_order<'o>(instance: &'o Instance, later: &'o [AppliedOrder], at: Timestamp) -> &'o OrderId {
    let mut refunds = 0_usize;
    for order in later.iter().rev().filter(|order| order.signed_at <= at) {
        match &order.effect {
            OrderEffect::Refresh { scene: Scene::UnsubscribeRenewalPeriod, .. } => refunds += 1,
            OrderEffect::Refresh { .. } if refunds > 0 => refunds -= 1,
            OrderEffect::Refresh { .. } => return &order.order_id,
            OrderEffect::Upgrade { .. } => {}
        }
    }
    &instance.order_id
}

/// The share of a month of an order's deal: the amount divided by the months of its period. None if one of them is not known.
pub(crate) fn share(amounts: &[OrderAmount], of: &Instance) -> Option<Decimal> {
    let own: Vec<OrderAmount> = lines(amounts).filter(|line| is_of(line, of)).cloned().collect();
    let is_one_line = lines(amounts).count() == 1;
    // An amount of the whole order is that of its only line.
    let own = if is_one_line { amounts } else { &own };
    let months = period(own)?;
    let amount = deal(own).filter(|amount| !amount.is_sign_negative())?;
    Some(amount.checked_div(months.into())?.round_dp(DECIMALS))
}

/// Whether a line of an order with several lines is that of an instance.
fn is_of(line: &OrderAmount, instance: &Instance) -> bool {
    match &instance.order_line_id {
        Some(own) if line.order_line_id.as_ref() == Some(own) => true,
        _ => line.product_id.is_some() && line.product_id == instance.life.product_id,
    }
}

#[cfg(test)]
mod tests {
    use koogallery::CalendarForm;
    use serde_json::json;

    use super::*;

    fn amount(line: Option<&str>, product: &str, of: [&str; 2]) -> OrderAmount {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        OrderAmount {
            order_line_id: line.map(|line| line.parse().unwrap()),
            order_type: "NEW".to_owned(),
            product_id: product.parse().ok(),
            currency: text(of[0]),
            currency_after_discount: text(of[1]),
            is_of_the_order: line.is_none(),
            period_type: Some("year".to_owned()),
            period_number: Some(1),
            ..OrderAmount::default()
        }
    }

    fn sums(orders: Vec<Vec<OrderAmount>>) -> Vec<(String, String)> {
        let orders = orders.into_iter().enumerate();
        let orders = orders.map(|(number, amounts)| (format!("CS{number}").parse().unwrap(), amounts)).collect();
        let of = |(product, sums): (Option<ProductId>, Sums)| {
            let Sums { lines, listed, sold, refunded, unknown } = sums;
            (
                product.map_or(String::new(), |id| id.to_string()),
                format!("{lines} {listed} {sold} {refunded} {unknown}"),
            )
        };
        Sales::of(&orders).0.into_iter().map(of).collect()
    }

    fn expect(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(product, sums)| ((*product).to_owned(), (*sums).to_owned())).collect()
    }

    #[test]
    fn what_is_sold_and_refunded_is_added_up_by_product_and_nothing_is_guessed() {
        let first = vec![amount(Some("l-1"), "a", ["0.30", "0.10"]), amount(Some("l-2"), "b", ["", "0.20"])];
        let refund = vec![amount(Some("l-1"), "a", ["", "-0.10"])];
        let unknown = vec![amount(Some("l-1"), "a", ["", ""]), amount(None, "", ["", ""])];
        assert_eq!(
            sums(vec![first, refund, unknown]),
            expect(&[("a", "3 0.30 0.10 0.10 1"), ("b", "1 0.20 0.20 0 0")])
        );
        // The amount of the whole order.
        let whole = |products: [&str; 2]| {
            vec![
                amount(Some("l-1"), products[0], ["", ""]),
                amount(Some("l-2"), products[1], ["", ""]),
                amount(None, "", ["9", "8"]),
            ]
        };
        assert_eq!(sums(vec![whole(["a", "a"])]), expect(&[("a", "1 9 8 0 0")]));
        assert_eq!(sums(vec![whole(["a", "b"])]), expect(&[("", "1 9 8 0 0")]));
        assert_eq!(sums(vec![vec![amount(None, "", ["", ""])]]), expect(&[("", "1 0 0 0 1")]));
    }

    fn instance(created: i64, ends: serde_json::Value) -> Instance {
        let mut item = json!({ "instanceId": "b-1", "orderId": "CS1", "orderLineId": "l-2", "interfaceType": "basic",
            "status": "active", "createdAt": created, "newest": created, "productId": "b",
            "version": 1 });
        item.as_object_mut().unwrap().extend(ends.as_object().unwrap().clone());
        serde_json::from_value(item).unwrap()
    }

    #[test]
    fn an_instance_is_new_in_force_or_gone() {
        let at = Timestamp::from_millis;
        for (created, ends, expected) in [
            (10, json!({}), (1, 0, true)),
            (9, json!({ "releasedAt": 15 }), (0, 1, false)),
            (9, json!({ "releasedAt": 20 }), (0, 0, true)),
            (20, json!({}), (0, 0, false)),
        ] {
            let mut stock = Stock::default();
            let can_be = stock.count(&instance(created, ends.clone()), (at(10), at(20)), at(19));
            assert_eq!((stock.new, stock.churned, can_be), expected, "{ends}");
        }
        let mut stock = Stock::default();
        for brings in [Brings::Share(Decimal::ONE), Brings::Unknown, Brings::Nothing] {
            stock.add(brings);
        }
        assert_eq!((stock.in_force, stock.recurring, stock.unknown), (2, Decimal::ONE, 1));
    }

    #[test]
    fn a_past_month_does_not_know_what_was_signed_later() {
        let day = |day: u32| CalendarForm::RFC_3339.read(&format!("2026-01-{day:02}T00:00:00.000Z")).unwrap();
        let expiry = |day: u32| format!("202601{day:02}000000000");
        let (created, newest) = (day(1).as_millis(), day(20).as_millis());
        let renewed = instance(
            created,
            json!({ "newest": newest, "boughtUntil": expiry(10), "expireTime": "20270110000000000" }),
        );
        let later: Vec<AppliedOrder> = serde_json::from_value(json!([{ "orderId": "R1", "signedAt": newest,
            "effect": "refresh", "scene": "RENEWAL", "expireTime": "20270110000000000" }]))
        .unwrap();
        let was = |on: u32| {
            let can_be = Stock::default().count(&renewed, (day(1), day(31)), day(on));
            can_be && is_in_force(&renewed, &later, day(on))
        };
        assert_eq!([9, 10, 19, 20, 31].map(was), [true, false, false, true, true]);
        // The refund of a renewal moves the expiry back. Before it, the instance was in force.
        let refunded =
            instance(created, json!({ "newest": newest, "boughtUntil": expiry(25), "expireTime": expiry(5) }));
        let later: Vec<AppliedOrder> = serde_json::from_value(json!([{ "orderId": "X1", "signedAt": newest,
            "effect": "refresh", "scene": "UNSUBSCRIBE_RENEWAL_PERIOD", "expireTime": expiry(5) }]))
        .unwrap();
        assert!(Stock::default().count(&refunded, (day(1), day(31)), day(19)));
        assert_eq!([19, 21].map(|on| is_in_force(&refunded, &later, day(on))), [true, false]);
    }

    #[test]
    fn a_renewal_sets_the_period_until_it_is_refunded() {
        let later = |orders: &[(&str, &str, i64)]| -> Vec<AppliedOrder> {
            let order = |(id, scene, at): &(&str, &str, i64)| {
                let effect = if scene.is_empty() {
                    json!({ "effect": "upgrade" })
                } else {
                    json!({ "effect": "refresh", "scene": scene, "expireTime": "20261231160000000" })
                };
                let mut item = json!({ "orderId": id, "signedAt": at });
                item.as_object_mut().unwrap().extend(effect.as_object().unwrap().clone());
                serde_json::from_value(item).unwrap()
            };
            orders.iter().map(order).collect()
        };
        let (own, at) = (instance(1, json!({})), Timestamp::from_millis(9));
        let set_by = |orders: &[(&str, &str, i64)]| period_order(&own, &later(orders), at).to_string();
        let (renewal, refund) = ("RENEWAL", "UNSUBSCRIBE_RENEWAL_PERIOD");
        assert_eq!(set_by(&[]), "CS1");
        assert_eq!(set_by(&[("R1", renewal, 2), ("U1", "", 3), ("R2", renewal, 10)]), "R1", "the last one is later");
        assert_eq!(set_by(&[("R1", renewal, 2), ("R2", renewal, 3), ("X", refund, 4)]), "R1");
        assert_eq!(set_by(&[("R1", renewal, 2), ("X", refund, 4)]), "CS1");
    }

    #[test]
    fn a_share_is_that_of_the_instances_own_line() {
        let own = instance(10, json!({}));
        let text = |amounts: &[OrderAmount]| share(amounts, &own).map(|share| share.to_string());
        let lines = [amount(Some("l-1"), "a", ["", "12"]), amount(Some("l-2"), "b", ["", "100"])];
        assert_eq!(text(&lines).as_deref(), Some("8.3333"));
        let one = [amount(Some("l-9"), "a", ["", ""]), amount(None, "", ["", "24.00"])];
        assert_eq!(text(&one).as_deref(), Some("2.00"));
        let by_day = OrderAmount { period_type: Some("day".to_owned()), ..lines[1].clone() };
        assert_eq!((text(&[by_day]), text(&lines[..1]), text(&[])), (None, Some("1".to_owned()), None));
    }
}
