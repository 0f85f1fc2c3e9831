//! A case: what the seller knows, and what the files say.

use std::collections::BTreeMap;

use koogallery_statements::{
    Calendar, Day, Explanation, Finding, FindingId, InstanceStatus, Kind, KnownInstance, KnownOrder, KnownUsage,
    Matched, Matching, OrderKind, Settings, Source, Statement, Subject, Supervised,
};
use rust_decimal::Decimal;

use crate::support::read_it;

pub(crate) const TODAY: &str = "2026-01-20";
pub(crate) const BILL: &str = "订单号,原订单号,账期,账单类型,订单类型,商品名称,成交价,结算金额,结算时间";
pub(crate) const TRANSACTIONS: &str = "订单号,原订单号,账期,账单类型,成交价,服务监管状态,还款状态,生效时间";

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A purchase of November for 100, open at once.
pub(crate) fn order(id: &str) -> KnownOrder {
    KnownOrder {
        product: Some("p-1".to_owned()),
        deal_amount: Some(decimal("100")),
        ordered_on: Some(day("2025-11-10")),
        supervised: Supervised::No,
        lines: 1,
        ..KnownOrder::new(id, OrderKind::Purchase)
    }
}

pub(crate) fn instance(status: InstanceStatus, released_on: Option<&str>) -> KnownInstance {
    KnownInstance { id: "i-1".to_owned(), status, released_on: released_on.map(day) }
}

pub(crate) fn file(titles: &str, rows: &[&str]) -> Statement {
    read_it(format!("{titles}\n{}\n", rows.join("\n")).as_bytes()).unwrap()
}

/// A case: what is known, what the files say.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) orders: Vec<KnownOrder>,
    pub(crate) usage: Vec<KnownUsage>,
    pub(crate) files: Vec<Statement>,
    pub(crate) is_part: bool,
    pub(crate) explanations: BTreeMap<FindingId, Explanation>,
}

impl Case {
    pub(crate) fn run_with(&self, settings: &Settings, today: &str) -> Matched {
        let source = |file: &'static str| move |statement| (file, statement);
        let read_on = self.files.iter().map(source("2026-01-15"));
        let sources: Vec<Source<'_>> = read_on
            .map(|(at, statement): (_, &Statement)| Source {
                read_on: day(at),
                is_part: self.is_part,
                rows: &statement.rows,
            })
            .collect();
        let matching = Matching {
            orders: &self.orders,
            usage: &self.usage,
            sources: &sources,
            settings,
            calendar: &Calendar::china().unwrap(),
            explanations: &self.explanations,
            today: day(today),
        };
        matching.run()
    }

    pub(crate) fn run(&self) -> Matched {
        self.run_with(&Settings::default(), TODAY)
    }

    /// The kinds of the findings of an order.
    pub(crate) fn kinds(&self, order: &str) -> Vec<Kind> {
        self.run().findings.iter().filter(|finding| is_of(finding, order)).map(|finding| finding.kind).collect()
    }
}

pub(crate) fn is_of(finding: &Finding, order: &str) -> bool {
    finding.subject == Subject::Order(order.to_owned())
}

/// Something else that is billed in November: so a bill of November was given, and the product reached the sum.
pub(crate) const OTHER: &str = "CS2511239999,,2025-11,消费,新订,P,100,90,2026-01-05";

pub(crate) fn with_bill(orders: Vec<KnownOrder>, rows: &[&str]) -> Case {
    let rows: Vec<&str> = [OTHER].iter().chain(rows).copied().collect();
    let orders = orders.into_iter().chain([order("CS2511239999")]).collect();
    Case { orders, files: vec![file(BILL, &rows)], ..Case::default() }
}
