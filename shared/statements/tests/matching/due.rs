//! When an order is due, and when it is late.

use koogallery_statements::{
    ChargingMode, Due, Finding, InstanceStatus, Kind, KnownOrder, Month, OrderKind, Reason, Settings, Supervised,
};

use crate::case::{Case, TODAY, TRANSACTIONS, day, decimal, file, instance, is_of, order, with_bill};

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
fn a_year_whose_holidays_are_not_known_is_told() {
    let case = with_bill(vec![KnownOrder { ordered_on: Some(day("2026-12-05")), ..order("CS2511230001") }], &[]);
    let matched = case.run_with(&Settings::default(), "2026-12-31");
    assert_eq!(matched.unknown_years.into_iter().collect::<Vec<_>>(), [2027]);
    assert!(case.run_with(&Settings::default(), "2025-12-01").unknown_years.contains(&2027));
    assert!(with_bill(vec![], &[]).run().unknown_years.is_empty());
}

#[test]
fn products_below_the_sum_for_a_bill_are_not_due() {
    let amounts = |amounts: &[Option<&str>]| {
        let of_product = amounts.iter().zip(1..).map(|(amount, number)| KnownOrder {
            product: Some("p-2".to_owned()),
            deal_amount: amount.map(decimal),
            ..order(&format!("CS251123000{number}"))
        });
        with_bill(of_product.collect(), &[])
    };
    let below = [Kind::NotDueYet(Reason::BelowThreshold)];
    let late = [Kind::Overdue(Due::Bill)];
    assert_eq!(amounts(&[Some("999.99")]).kinds("CS2511230001"), below);
    assert_eq!(amounts(&[Some("1000")]).kinds("CS2511230001"), late);
    assert_eq!(
        amounts(&[Some("600"), Some("400")]).kinds("CS2511230001"),
        late,
        "the amounts of a product count together"
    );
    assert_eq!(amounts(&[Some("600"), None]).kinds("CS2511230001"), late, "a sum with an unknown amount is unknown");
    let mut of_type = amounts(&[Some("600"), Some("400")]);
    of_type.orders[0].product_type = Some("t-1".to_owned());
    assert_eq!(of_type.kinds("CS2511230001"), below, "another type of product");
    let with_currency = |currency: &str| {
        let mut case = amounts(&[Some("5")]);
        case.orders[0].currency = currency.parse().ok();
        case.kinds("CS2511230001")
    };
    assert_eq!((with_currency("CNY"), with_currency("USD")), (below.to_vec(), late.to_vec()), "the sum is in CNY");
    let settings = Settings { threshold: None, ..Settings::default() };
    let at_once = amounts(&[Some("5")]).run_with(&settings, TODAY).findings;
    assert!(at_once.iter().any(|finding| finding.kind == Kind::Overdue(Due::Bill)));
    // The list of all transactions has what is below the sum as well.
    let mut listed = amounts(&[Some("5")]);
    listed.files.push(file(TRANSACTIONS, &["CS2511239999,,2025-11,消费,100,已完成,已还款,"]));
    assert_eq!(listed.kinds("CS2511230001"), late);
}

#[test]
fn what_is_overdue_says_how_much_and_since_when() {
    let late = KnownOrder {
        currency: "CNY".parse().ok(),
        instance: Some(instance(InstanceStatus::Active, None)),
        ..order("CS2511230001")
    };
    let finding = with_bill(vec![late], &[]).run().findings.into_iter().find(Finding::is_open).unwrap();
    let evidence = finding.evidence;
    assert_eq!((evidence.known, evidence.currency), (Some(decimal("100")), "CNY".parse().ok()));
    assert_eq!((evidence.month, evidence.day), (Month::new(2025, 11), Some(day("2025-12-10"))));
    assert_eq!(evidence.instance.as_deref(), Some("i-1"));
}
