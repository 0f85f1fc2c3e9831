//! Each kind of finding, and beside it the case that looks alike and is none.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use koogallery_statements::{
    Calendar, ChargingMode, Currency, Day, Due, Explanation, Finding, FindingId, InstanceStatus, Kind, KnownInstance,
    KnownOrder, KnownUsage, Matched, Matching, Month, MonthKey, OrderKind, Reason, Settings, Source, Statement,
    Subject, Supervised,
};
use rust_decimal::Decimal;
use support::read_it;

const TODAY: &str = "2026-01-20";
const BILL: &str = "订单号,原订单号,账期,账单类型,订单类型,商品名称,成交价,结算金额,结算时间";
const TRANSACTIONS: &str = "订单号,原订单号,账期,账单类型,成交价,服务监管状态,还款状态,生效时间";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A purchase of November for 100, open at once.
fn order(id: &str) -> KnownOrder {
    KnownOrder {
        product: Some("p-1".to_owned()),
        deal_amount: Some(decimal("100")),
        ordered_on: Some(day("2025-11-10")),
        supervised: Supervised::No,
        lines: 1,
        ..KnownOrder::new(id, OrderKind::Purchase)
    }
}

fn instance(status: InstanceStatus, released_on: Option<&str>) -> KnownInstance {
    KnownInstance { id: "i-1".to_owned(), status, released_on: released_on.map(day) }
}

fn file(titles: &str, rows: &[&str]) -> Statement {
    read_it(format!("{titles}\n{}\n", rows.join("\n")).as_bytes()).unwrap()
}

/// A case: what is known, what the files say.
#[derive(Default)]
struct Case {
    orders: Vec<KnownOrder>,
    usage: Vec<KnownUsage>,
    files: Vec<Statement>,
    is_part: bool,
    explanations: BTreeMap<FindingId, Explanation>,
}

impl Case {
    fn run_with(&self, settings: &Settings, today: &str) -> Matched {
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

    fn run(&self) -> Matched {
        self.run_with(&Settings::default(), TODAY)
    }

    /// The kinds of the findings of an order.
    fn kinds(&self, order: &str) -> Vec<Kind> {
        self.run().findings.iter().filter(|finding| is_of(finding, order)).map(|finding| finding.kind).collect()
    }
}

fn is_of(finding: &Finding, order: &str) -> bool {
    finding.subject == Subject::Order(order.to_owned())
}

/// Something else that is billed in November: so a bill of November was given, and the product reached the sum.
const OTHER: &str = "CS2511239999,,2025-11,消费,新订,P,100,90,2026-01-05";

fn with_bill(orders: Vec<KnownOrder>, rows: &[&str]) -> Case {
    let rows: Vec<&str> = [OTHER].iter().chain(rows).copied().collect();
    let orders = orders.into_iter().chain([order("CS2511239999")]).collect();
    Case { orders, files: vec![file(BILL, &rows)], ..Case::default() }
}

#[test]
fn an_order_with_its_amount_is_matched_and_one_with_another_amount_differs() {
    let row = |amount: &str| format!("CS2511230001,,2025-11,消费,新订,P,{amount},90,2026-01-05");
    assert_eq!(with_bill(vec![order("CS2511230001")], &[&row("100.00")]).kinds("CS2511230001"), [Kind::Matched]);
    let case = with_bill(vec![order("CS2511230001")], &[&row("99.99")]);
    assert_eq!(case.kinds("CS2511230001"), [Kind::AmountDiffers]);
    let finding = case.run().findings.into_iter().find(Finding::is_open).unwrap();
    assert_eq!((finding.evidence.known, finding.evidence.stated), (Some(decimal("100")), Some(decimal("99.99"))));
    assert_eq!(finding.evidence.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [3]);
    // Two lines make the amount together; an adjustment is no part of it; an amount that nobody knows cannot differ.
    let lines = with_bill(
        vec![order("CS2511230001")],
        &[&row("60"), &row("40"), "CS2511230001,,2025-11,调账,费用调账,P,-5,-5,2026-01-05"],
    );
    assert_eq!(lines.kinds("CS2511230001"), [Kind::Matched]);
    let unknown = KnownOrder { deal_amount: None, ..order("CS2511230001") };
    let case = with_bill(vec![unknown], &[&row("99.99")]);
    assert_eq!(
        (case.kinds("CS2511230001"), case.run().uncompared),
        (vec![Kind::Matched], vec!["CS2511230001".to_owned()])
    );
    let dollars = KnownOrder { currency: "USD".parse().ok(), ..order("CS2511230001") };
    let yuan = with_bill(vec![dollars], &["CS2511230001,,2025-11,消费,新订,P,¥700,¥600,2026-01-05"]);
    assert_eq!(yuan.kinds("CS2511230001"), [Kind::Matched], "two currencies cannot be compared");
}

#[test]
fn what_only_the_statement_has_is_found_by_order_and_by_row() {
    let case = with_bill(
        vec![],
        &[
            "CS2511230007,,2025-11,消费,新订,P,5,4,",
            "CS2511230007,,2025-11,消费,新订,P,6,5,",
            ",,2025-11,调账,费用调账,P,-1,-1,",
        ],
    );
    assert_eq!(case.kinds("CS2511230007"), [Kind::InStatementOnly]);
    let rows: Vec<Finding> =
        case.run().findings.into_iter().filter(|finding| matches!(finding.subject, Subject::Row(_))).collect();
    assert_eq!(
        rows.iter().map(|row| (row.kind, row.evidence.stated)).collect::<Vec<_>>(),
        [(Kind::InStatementOnly, Some(decimal("-1")))]
    );
}

#[test]
fn an_order_that_is_not_due_yet_says_why() {
    let kinds = |order: KnownOrder| with_bill(vec![order], &[]).kinds("CS2511230001");
    let base = || order("CS2511230001");
    let not_due = |reason| [Kind::NotDueYet(reason)];
    assert_eq!(kinds(KnownOrder { supervised: Supervised::Open, ..base() }), not_due(Reason::NotAccepted));
    assert_eq!(kinds(KnownOrder { supervised: Supervised::Unknown, ..base() }), not_due(Reason::AcceptanceUnknown));
    assert_eq!(kinds(KnownOrder { in_effect_from: Some(day("2026-02-01")), ..base() }), not_due(Reason::NotInEffect));
    assert_eq!(kinds(KnownOrder { kind: OrderKind::Renewal, ..base() }), not_due(Reason::EffectUnknown));
    assert_eq!(kinds(KnownOrder { ordered_on: Some(day("2026-01-05")), ..base() }), not_due(Reason::BillNotOut));
    assert_eq!(
        kinds(KnownOrder { supervised: Supervised::Completed(day("2026-01-05")), ..base() }),
        not_due(Reason::BillNotOut)
    );
    assert_eq!(kinds(KnownOrder { product: Some("p-2".to_owned()), ..base() }), not_due(Reason::BelowThreshold));
    assert_eq!(kinds(KnownOrder { ordered_on: Some(day("2025-12-10")), ..base() }), [Kind::NoStatement]);
    // As the statement says it.
    let stated = |row: &str| {
        Case { orders: vec![base()], files: vec![file(TRANSACTIONS, &[row])], ..Case::default() }.kinds("CS2511230001")
    };
    assert_eq!(stated("CS2511230001,,2025-11,消费,100,处理中,已还款,"), not_due(Reason::NotAccepted));
    assert_eq!(stated("CS2511230001,,2025-11,消费,100,已完成,未还款,"), not_due(Reason::NotRepaid));
    assert_eq!(stated("CS2511230001,,2025-11,消费,100,已完成,已还款,2026-03-01"), not_due(Reason::NotInEffect));
    assert_eq!(stated("CS2511230001,,2025-11,消费,100,已完成,已还款,2025-11-10"), [Kind::Matched]);
    assert_eq!(
        stated("CS2511230001,,2025-11,消费,100,unheard of,,"),
        [Kind::Matched],
        "words that nobody knows say nothing"
    );
}

#[test]
fn what_is_past_its_day_is_overdue() {
    let missing = with_bill(vec![order("CS2511230001")], &[]);
    assert_eq!(missing.kinds("CS2511230001"), [Kind::Overdue(Due::Bill)]);
    // The bill of November comes on 2025-12-03, a Wednesday; five working days after it nothing is late yet.
    let at = |today| {
        let findings = missing.run_with(&Settings::default(), today).findings;
        findings.into_iter().find(|finding| is_of(finding, "CS2511230001")).unwrap()
    };
    assert_eq!(at("2025-12-10").kind, Kind::NotDueYet(Reason::BillNotOut));
    assert_eq!(at("2025-12-11").kind, Kind::Overdue(Due::Bill));
    assert_eq!(at("2025-12-11").evidence.day, Some(day("2025-12-10")));
    // Nothing of a filtered file says what is missing; what is free, refunded or used by the hour is in no bill.
    assert_eq!(
        Case { is_part: true, ..with_bill(vec![order("CS2511230001")], &[]) }.kinds("CS2511230001"),
        [Kind::NoStatement]
    );
    for order in [
        KnownOrder { kind: OrderKind::Trial, deal_amount: None, ..order("CS2511230001") },
        KnownOrder { deal_amount: Some(decimal("0.00")), ..order("CS2511230001") },
        KnownOrder { charging_mode: Some(ChargingMode::OnDemand), ..order("CS2511230001") },
        KnownOrder { kind: OrderKind::Unknown, deal_amount: None, ..order("CS2511230001") },
        KnownOrder { ordered_on: None, ..order("CS2511230001") },
    ] {
        assert_eq!(with_bill(vec![order], &[]).kinds("CS2511230001"), []);
    }
    // Listed as due, and not in the bill.
    let listed = |row: &str| {
        let mut case = with_bill(vec![order("CS2511230001")], &[]);
        case.files.push(file(TRANSACTIONS, &[row]));
        case.kinds("CS2511230001")
    };
    assert_eq!(listed("CS2511230001,,2025-11,消费,100,已完成,已还款,"), [Kind::Overdue(Due::Bill)]);
    assert_eq!(
        listed("CS2511230001,,2025-11,消费,100,已完成,,"),
        [Kind::Matched],
        "it may be that the customer has not paid"
    );
    // In the bill, and not paid.
    let unpaid = with_bill(vec![order("CS2511230001")], &["CS2511230001,,2025-11,消费,新订,P,100,90,"]);
    assert_eq!(unpaid.kinds("CS2511230001"), [Kind::Overdue(Due::Payment)]);
    let settings = Settings { payment_working_days: 60, ..Settings::default() };
    assert!(unpaid.run_with(&settings, TODAY).findings.iter().all(|finding| !finding.is_open()));
}

#[test]
fn a_refund_is_compared_and_its_instance_has_to_end() {
    let refund = || KnownOrder {
        refund_of: Some("CS2511230001".to_owned()),
        deal_amount: Some(decimal("-100")),
        ordered_on: Some(day("2025-11-20")),
        ..KnownOrder::new("CS2511230002", OrderKind::Refund)
    };
    let bought = |status| KnownOrder { instance: Some(instance(status, None)), ..order("CS2511230001") };
    let bill = "CS2511230001,,2025-11,消费,新订,P,100,90,2026-01-05";
    let back = |amount: &str| format!("CS2511230002,CS2511230001,2025-11,退款,退订,P,{amount},-90,2026-01-05");
    let case = |status, amount: &str| with_bill(vec![bought(status), refund()], &[bill, &back(amount)]);
    for amount in ["-100", "100"] {
        let case = case(InstanceStatus::Released, amount);
        assert_eq!(
            (case.kinds("CS2511230001"), case.kinds("CS2511230002")),
            (vec![Kind::Matched], vec![Kind::Matched]),
            "{amount}"
        );
    }
    assert_eq!(case(InstanceStatus::Released, "-60").kinds("CS2511230002"), [Kind::AmountDiffers]);
    assert_eq!(case(InstanceStatus::Active, "-100").kinds("CS2511230001"), [Kind::Matched, Kind::RefundedButActive]);
    assert_eq!(case(InstanceStatus::Frozen, "-100").kinds("CS2511230001"), [Kind::Matched]);
    // A refund of which the seller was never told.
    let untold = with_bill(vec![bought(InstanceStatus::Active)], &[bill, &back("-100")]);
    assert_eq!(untold.kinds("CS2511230001"), [Kind::Matched, Kind::RefundedButActive]);
    // The refund of a renewal leaves the instance as it is.
    let renewal = KnownOrder {
        kind: OrderKind::Renewal,
        in_effect_from: Some(day("2025-11-10")),
        ..bought(InstanceStatus::Active)
    };
    assert_eq!(with_bill(vec![renewal, refund()], &[bill, &back("-100")]).kinds("CS2511230001"), [Kind::Matched]);
    // Refunded today: the release may be on its way.
    let today = KnownOrder { ordered_on: Some(day(TODAY)), ..refund() };
    assert_eq!(with_bill(vec![bought(InstanceStatus::Active), today], &[bill]).kinds("CS2511230001"), [Kind::Matched]);
    // Billed, and the refund is in no bill; refunded before its bill, it is in none.
    assert_eq!(
        with_bill(vec![bought(InstanceStatus::Released), refund()], &[bill]).kinds("CS2511230002"),
        [Kind::Overdue(Due::Refund)]
    );
    let early = with_bill(vec![bought(InstanceStatus::Released), refund()], &[]);
    assert_eq!((early.kinds("CS2511230001"), early.kinds("CS2511230002")), (vec![], vec![]));
}

#[test]
fn an_active_instance_is_paid_and_a_released_one_is_not_billed() {
    let active = KnownOrder { instance: Some(instance(InstanceStatus::Active, None)), ..order("CS2511230001") };
    let row = |repaid: &str| format!("CS2511230001,,2025-10,消费,100,已完成,{repaid},");
    let case = |repaid: &str| Case {
        orders: vec![active.clone()],
        files: vec![file(TRANSACTIONS, &[&row(repaid)])],
        ..Case::default()
    };
    assert_eq!(case("未还款").kinds("CS2511230001"), [Kind::NotDueYet(Reason::NotRepaid), Kind::ActiveButUnpaid]);
    assert_eq!(case("已还款").kinds("CS2511230001"), [Kind::Matched]);
    assert_eq!(case("").kinds("CS2511230001"), [Kind::Matched], "an empty cell says nothing");
    let early = case("未还款").run_with(&Settings::default(), "2025-12-01").findings;
    assert!(early.iter().all(|finding| finding.kind != Kind::ActiveButUnpaid));

    let released = |mode| KnownOrder {
        charging_mode: Some(mode),
        instance: Some(instance(InstanceStatus::Released, Some("2025-10-15"))),
        ordered_on: Some(day("2025-09-01")),
        ..order("CS2511230001")
    };
    let bill = ["CS2511230001,,2025-11,消费,新订,P,100,90,2026-01-05"];
    let kinds = |mode| with_bill(vec![released(mode)], &bill).kinds("CS2511230001");
    assert_eq!(kinds(ChargingMode::OnDemand), [Kind::Matched, Kind::ReleasedButBilled]);
    assert_eq!(kinds(ChargingMode::Period), [Kind::Matched], "what was paid beforehand may be billed later");
    let later = ["CS2511230001,,2025-11,消费,100,已完成,已还款,2025-11-01"];
    let case = Case {
        orders: vec![released(ChargingMode::Period)],
        files: vec![file(TRANSACTIONS, &later)],
        ..Case::default()
    };
    assert_eq!(case.kinds("CS2511230001"), [Kind::Matched, Kind::ReleasedButBilled]);
}

#[test]
fn the_same_twice_is_a_duplicate_unless_it_was_ordered_twice_or_exported_twice() {
    let row = "CS2511230001,,2025-11,消费,新订,P,100,90,2026-01-05";
    let twice = with_bill(vec![order("CS2511230001")], &[row, row]);
    assert_eq!(twice.kinds("CS2511230001"), [Kind::Matched, Kind::Duplicate]);
    let next_month = with_bill(vec![order("CS2511230001")], &[row, &row.replace("2025-11", "2025-12")]);
    assert_eq!(next_month.kinds("CS2511230001"), [Kind::Matched, Kind::Duplicate]);
    let two_lines = KnownOrder { deal_amount: Some(decimal("200")), lines: 2, ..order("CS2511230001") };
    assert_eq!(with_bill(vec![two_lines], &[row, row]).kinds("CS2511230001"), [Kind::Matched]);
    let unknown = KnownOrder { deal_amount: None, lines: 2, ..order("CS2511230001") };
    assert_eq!(with_bill(vec![unknown], &[row, row]).kinds("CS2511230001"), [Kind::Matched]);
    // The month exported a second time, with one more row; and the same file given twice.
    let mut again = with_bill(vec![order("CS2511230001")], &[row]);
    again.files.push(file(BILL, &[row, OTHER, "CS2511230003,,2025-11,消费,新订,P,5,4,"]));
    again.files.push(again.files[0].clone());
    assert_eq!(again.kinds("CS2511230001"), [Kind::Matched]);
    assert_eq!(again.kinds("CS2511239999"), [Kind::Matched]);
}

#[test]
fn usage_is_compared_by_instance_and_month() {
    let titles = "实例ID,话单流水号,开始时间,话单用量,话单状态";
    let known = |instance: &str, month: (i32, u8), quantity: &str| KnownUsage {
        instance: instance.to_owned(),
        month: Month::new(month.0, month.1).unwrap(),
        quantity: decimal(quantity),
    };
    let usage = vec![
        known("i-1", (2025, 11), "3"),
        known("i-2", (2025, 11), "3"),
        known("i-3", (2025, 11), "1"),
        known("i-1", (2025, 12), "9"),
    ];
    let rows = [
        "i-1,a,2025-11-01 00:00:00,1.0,正常",
        "i-1,b,2025-11-30 23:00:00,2,正常",
        "i-2,c,2025-11-01,3,正常",
        "i-2,d,2025-11-01,3,异常",
        "i-2,c,2025-11-01,3,正常",
        "i-4,e,2025-11-01,1,正常",
    ];
    let case = Case { usage, files: vec![file(titles, &rows)], ..Case::default() };
    let found: Vec<(Kind, Subject)> =
        case.run().findings.into_iter().map(|finding| (finding.kind, finding.subject)).collect();
    let of = |instance: &str| Subject::Usage { instance: instance.to_owned(), month: Month::new(2025, 11).unwrap() };
    let expected = [
        (Kind::Matched, of("i-1")),
        (Kind::Matched, of("i-2")),
        (Kind::UsageDiffers, of("i-3")),
        (Kind::InStatementOnly, of("i-4")),
        (Kind::Duplicate, Subject::Record { instance: "i-2".to_owned(), record: "c".to_owned() }),
    ];
    assert_eq!(found, expected, "December is in no list, so nothing is missing in it");
}

#[test]
fn an_explanation_holds_until_the_amounts_change() {
    let case = |amount: &str| {
        with_bill(vec![order("CS2511230001")], &[&format!("CS2511230001,,2025-11,消费,新订,P,{amount},90,2026-01-05")])
    };
    let open = |case: &Case| case.run().findings.into_iter().filter(Finding::is_open).collect::<Vec<_>>();
    let mut first = case("80");
    let finding = open(&first).remove(0);
    let why = Explanation { note: "a discount by mail".to_owned(), who: "ada".to_owned(), when: 1_768_867_200_000 };
    first.explanations.insert(finding.id, why.clone());
    assert_eq!(open(&first), []);
    let explained = first.run().findings.into_iter().find(|finding| finding.explained.is_some()).unwrap();
    assert_eq!((explained.id, explained.kind, explained.explained), (finding.id, Kind::AmountDiffers, Some(why)));
    // In another file, with another row number, it is the same finding; with another amount it is not.
    let mut again = Case { explanations: first.explanations.clone(), ..case("80.00") };
    again.files[0] = file(BILL, &["CS2511230001,,2025-11,消费,新订,P,80.00,90,2026-01-05", OTHER]);
    assert_eq!(open(&again), []);
    assert_eq!(open(&Case { explanations: first.explanations, ..case("70") }).len(), 1);
}

#[test]
fn months_are_summed_by_currency_and_product() {
    let refund = KnownOrder {
        refund_of: Some("CS2511230001".to_owned()),
        deal_amount: Some(decimal("-40")),
        ordered_on: Some(day("2025-12-20")),
        product: Some("p-1".to_owned()),
        ..KnownOrder::new("CS2511230002", OrderKind::Refund)
    };
    let orders = vec![order("CS2511230001"), refund];
    let case = with_bill(
        orders,
        &["CS2511230001,,2025-11,消费,新订,P,100,¥90,", "CS2511230008,,2025-11,消费,新订,Q,7,6,2026-01-05"],
    );
    let months = case.run().months;
    let of = |month, currency: Option<Currency>, product: &str| {
        months[&MonthKey { month: Month::new(2025, month).unwrap(), currency, product: Some(product.to_owned()) }]
    };
    let sold = of(11, None, "p-1");
    assert_eq!(
        (sold.sold_orders, sold.sold, sold.billed, sold.paid),
        (2, decimal("200"), decimal("90"), decimal("90"))
    );
    assert_eq!((of(12, None, "p-1").refunded_orders, of(12, None, "p-1").refunded), (1, decimal("40")));
    let yuan = of(11, Some(Currency::CNY), "p-1");
    assert_eq!((yuan.billed, yuan.paid, yuan.open), (decimal("90"), Decimal::ZERO, decimal("90")));
    assert_eq!(of(11, None, "Q").billed, decimal("6"));
}

#[test]
fn a_year_whose_holidays_are_not_known_is_told() {
    let case = with_bill(vec![KnownOrder { ordered_on: Some(day("2026-12-05")), ..order("CS2511230001") }], &[]);
    let matched = case.run_with(&Settings::default(), "2026-12-31");
    assert_eq!(matched.unknown_years.into_iter().collect::<Vec<_>>(), [2027]);
    assert!(case.run_with(&Settings::default(), "2025-12-01").unknown_years.contains(&2027));
    assert!(with_bill(vec![], &[]).run().unknown_years.is_empty());
}
