//! A month of a seller: orders with their statements, and discrepancies that are planted in them.

use std::collections::BTreeSet;

use koogallery_statements::{
    ChargingMode, Day, Due, InstanceStatus, Kind, KnownInstance, KnownOrder, KnownUsage, Month, OrderKind, Reason,
    Supervised,
};
use rust_decimal::Decimal;

/// Numbers that look like chance, and are the same for the same seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

pub(crate) const TODAY: &str = "2026-01-20";
pub(crate) const BILL: &str =
    "订单号,订单行号,原订单号,账期,账单类型,订单类型,计费模式,商品名称,成交价,结算金额(元),结算时间";
pub(crate) const TRANSACTIONS: &str = "订单号,原订单号,账期,账单类型,成交价,服务监管状态,还款状态,生效时间";
pub(crate) const USAGE: &str = "实例ID,话单流水号,开始时间,话单用量,话单状态";

/// How many kinds of discrepancies [`World::plant`] knows.
pub(crate) const PLANTS: usize = 14;

/// What a finding is about, as text.
pub(crate) type Expected = BTreeSet<(Kind, String)>;

#[derive(Default)]
pub(crate) struct World {
    pub(crate) orders: Vec<KnownOrder>,
    pub(crate) usage: Vec<KnownUsage>,
    pub(crate) bill: Vec<String>,
    pub(crate) transactions: Vec<String>,
    pub(crate) records: Vec<String>,
    /// The discrepancies that are planted.
    pub(crate) planted: Expected,
    /// The orders that are not due, with their reasons.
    pub(crate) not_due: Expected,
    pub(crate) last: usize,
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn instance(id: usize, status: InstanceStatus) -> KnownInstance {
    let released_on = (status == InstanceStatus::Released).then(|| day("2025-11-25"));
    KnownInstance { id: format!("i-{id}"), status, released_on }
}

impl World {
    fn id(&mut self) -> (usize, String) {
        self.last += 1;
        (self.last, format!("CS2511{:08}", self.last))
    }

    fn order(&mut self, chance: &mut Chance) -> (usize, KnownOrder) {
        let (number, id) = self.id();
        let order = KnownOrder {
            product: Some(format!("p-{}", number % 3)),
            deal_amount: Some(Decimal::new(1 + i64::try_from(chance.below(1_000_000)).unwrap(), 2)),
            ordered_on: Day::new(2025, 11, u8::try_from(1 + chance.below(28)).unwrap()),
            supervised: Supervised::No,
            charging_mode: Some(ChargingMode::Period),
            lines: 1,
            instance: Some(instance(number, InstanceStatus::Active)),
            ..KnownOrder::new(id, OrderKind::Purchase)
        };
        (number, order)
    }

    fn billed(order: &KnownOrder, line: u32, amount: Decimal) -> String {
        let id = &order.order_id;
        let mode = if order.charging_mode == Some(ChargingMode::OnDemand) { "按需" } else { "包周期" };
        let product = order.product.as_deref().unwrap_or_default();
        format!("{id},{id}-{line:06},,2025-11,消费,新订,{mode},{product},{amount},{},2026-01-05", amount / Decimal::TWO)
    }

    fn refunded(refund: &KnownOrder) -> String {
        let amount = refund.deal_amount.unwrap();
        let (id, original) = (&refund.order_id, refund.refund_of.as_deref().unwrap());
        format!("{id},,{original},2025-11,退款,退订,包周期,x,({}),{},2026-01-05", amount.abs(), amount / Decimal::TWO)
    }

    fn listed(order: &KnownOrder, month: &str, supervision: &str, repaid: &str) -> String {
        format!("{},,{month},消费,{},{supervision},{repaid},", order.order_id, order.deal_amount.unwrap())
    }

    fn refund_of(&mut self, order: &KnownOrder) -> KnownOrder {
        let (_, id) = self.id();
        KnownOrder {
            refund_of: Some(order.order_id.clone()),
            deal_amount: order.deal_amount.map(|amount| -amount),
            ordered_on: Some(day("2025-11-29")),
            product: order.product.clone(),
            ..KnownOrder::new(id, OrderKind::Refund)
        }
    }

    fn record(number: usize, hour: usize, quantity: Decimal) -> String {
        format!("i-{number},sn-{number}-{hour},2025-11-{:02} {:02}:00:00,{quantity},正常", 1 + hour / 24, hour % 24)
    }

    /// A pay-per-use order with its usage.
    fn on_demand(&mut self, chance: &mut Chance) -> (usize, KnownOrder) {
        let (number, order) = self.order(chance);
        let order = KnownOrder { charging_mode: Some(ChargingMode::OnDemand), deal_amount: None, ..order };
        let mut sum = Decimal::ZERO;
        for hour in 0..=chance.below(4) {
            let quantity = Decimal::new(1 + i64::try_from(chance.below(100_000)).unwrap(), 4);
            sum += quantity;
            let record = Self::record(number, hour, quantity);
            self.records.push(record);
            let amount = quantity * Decimal::TEN;
            self.bill.push(Self::billed(&order, 1, amount));
        }
        self.usage.push(KnownUsage {
            instance: format!("i-{number}"),
            month: Month::new(2025, 11).unwrap(),
            quantity: sum,
        });
        (number, order)
    }

    /// A billed order of each product: so there is a bill of the month, and each product reached the sum for one.
    pub(crate) fn billed_products(&mut self, chance: &mut Chance) {
        for product in 0..3 {
            let (_, order) = self.order(chance);
            let order = KnownOrder { product: Some(format!("p-{product}")), ..order };
            self.bill.push(Self::billed(&order, 1, order.deal_amount.unwrap()));
            self.orders.push(order);
        }
    }

    /// An order about which everything is right.
    pub(crate) fn right(&mut self, chance: &mut Chance) {
        let not_due = |reason| Kind::NotDueYet(reason);
        let (number, mut order) = self.order(chance);
        let amount = order.deal_amount.unwrap();
        let mut reason = None;
        match chance.below(16) {
            0 | 1 => {
                order.lines = 2;
                let first = (amount / Decimal::TWO).round_dp(2);
                self.bill.extend([Self::billed(&order, 1, first), Self::billed(&order, 2, amount - first)]);
            }
            2 => {
                order.kind = OrderKind::Renewal;
                order.in_effect_from = order.ordered_on;
                self.bill.push(Self::billed(&order, 1, amount));
            }
            3 => {
                order.instance = Some(instance(number, InstanceStatus::Released));
                self.bill.push(Self::billed(&order, 1, amount));
                let refund = self.refund_of(&order);
                self.bill.push(Self::refunded(&refund));
                self.orders.push(refund);
            }
            4 => {
                order.instance = Some(instance(number, InstanceStatus::Released));
                let refund = self.refund_of(&order);
                self.orders.push(refund);
            }
            5 => (order.kind, order.deal_amount) = (OrderKind::Trial, None),
            6 => {
                order.supervised = Supervised::Open;
                reason = Some(Reason::NotAccepted);
                if chance.below(2) == 0 {
                    self.transactions.push(Self::listed(&order, "2025-11", "处理中", ""));
                }
            }
            7 => {
                order.kind = OrderKind::Renewal;
                order.in_effect_from = Some(day("2026-06-01"));
                reason = Some(Reason::NotInEffect);
            }
            8 => (_, order) = self.on_demand(chance),
            9 => {
                order.instance = Some(instance(number, InstanceStatus::Frozen));
                reason = Some(Reason::NotRepaid);
                self.transactions.push(Self::listed(&order, "2025-11", "不涉及", "未还款"));
            }
            10 => {
                order.ordered_on = Some(day("2026-01-10"));
                reason = Some(Reason::BillNotOut);
            }
            11 => order.deal_amount = Some(Decimal::ZERO),
            12 => {
                order.instance = Some(instance(number, InstanceStatus::Released));
                self.bill.push(Self::billed(&order, 1, amount));
            }
            13 => {
                order.supervised = Supervised::Completed(day("2025-11-15"));
                self.bill.push(Self::billed(&order, 1, amount));
                self.transactions.push(Self::listed(&order, "2025-11", "已完成", "已还款"));
            }
            _ => self.bill.push(Self::billed(&order, 1, amount)),
        }
        self.not_due.extend(reason.map(|reason| (not_due(reason), order.order_id.clone())));
        self.orders.push(order);
    }

    /// An order about which one thing is wrong: the kinds from 0 on.
    pub(crate) fn plant(&mut self, kind: usize, chance: &mut Chance) {
        let (number, mut order) = self.order(chance);
        let (id, amount) = (order.order_id.clone(), order.deal_amount.unwrap());
        let cent = Decimal::new(1, 2);
        let mut found = (Kind::AmountDiffers, id.clone());
        match kind {
            0 => self.bill.push(Self::billed(&order, 1, amount + cent)),
            1 => {
                // Nobody knows the order.
                self.bill.push(Self::billed(&order, 1, amount));
                self.planted.insert((Kind::InStatementOnly, id));
                return;
            }
            2 => found.0 = Kind::Overdue(Due::Bill),
            3 => {
                self.bill.push(Self::billed(&order, 1, amount).replace(",2026-01-05", ","));
                found.0 = Kind::Overdue(Due::Payment);
            }
            4 => {
                self.bill.push(Self::billed(&order, 1, amount));
                let refund = self.refund_of(&order);
                self.bill.push(Self::refunded(&refund));
                self.orders.push(refund);
                found.0 = Kind::RefundedButActive;
            }
            5 => {
                self.transactions.push(Self::listed(&order, "2025-11", "不涉及", "未还款"));
                self.not_due.insert((Kind::NotDueYet(Reason::NotRepaid), id));
                found.0 = Kind::ActiveButUnpaid;
            }
            6 => {
                (_, order) = self.on_demand(chance);
                let mut gone = order.instance.take().unwrap();
                (gone.status, gone.released_on) = (InstanceStatus::Released, Some(day("2025-10-10")));
                order.instance = Some(gone);
                found = (Kind::ReleasedButBilled, order.order_id.clone());
            }
            7 => {
                let (number, used) = self.on_demand(chance);
                order = used;
                self.usage.last_mut().unwrap().quantity += cent;
                found = (Kind::UsageDiffers, format!("i-{number} 2025-11"));
            }
            8 => {
                let row = Self::billed(&order, 1, amount);
                self.bill.extend([row.clone(), row]);
                found.0 = Kind::Duplicate;
            }
            9 | 10 => {
                order.instance = Some(instance(number, InstanceStatus::Released));
                self.bill.push(Self::billed(&order, 1, amount));
                let refund = self.refund_of(&order);
                let of_refund = refund.order_id.clone();
                if kind == 9 {
                    let stated =
                        KnownOrder { deal_amount: refund.deal_amount.map(|amount| amount - cent), ..refund.clone() };
                    self.bill.push(Self::refunded(&stated));
                    found.1 = of_refund;
                } else {
                    found = (Kind::Overdue(Due::Refund), of_refund);
                }
                self.orders.push(refund);
            }
            11 => {
                let (number, used) = self.on_demand(chance);
                order = used;
                let record = self.records.last().unwrap().clone();
                let serial = record.split(',').nth(1).unwrap().to_owned();
                self.records.push(record);
                found = (Kind::Duplicate, format!("i-{number} {serial}"));
            }
            12 => {
                // Due by the list of transactions, and not in the bill.
                self.transactions.push(Self::listed(&order, "2025-11", "已完成", "已还款"));
                found.0 = Kind::Overdue(Due::Bill);
            }
            _ => {
                // An adjustment that names no order; what it says is its name.
                let amount = Decimal::from(number);
                self.bill.push(format!(",,,2025-11,调账,费用调账,,x,-{amount},-{amount},2026-01-05"));
                self.planted.insert((Kind::InStatementOnly, format!("row of -{amount}")));
                return;
            }
        }
        self.planted.insert(found);
        self.orders.push(order);
    }
}
