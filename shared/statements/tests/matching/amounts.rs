//! What a statement has of orders, beside what they cost.

use koogallery_statements::{Due, Finding, InstanceStatus, Kind, KnownOrder, Month, OrderKind, Subject};

use crate::case::{TODAY, day, decimal, instance, order, with_bill};

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
fn what_only_the_statement_has_says_how_much_and_when() {
    let case =
        with_bill(vec![], &["CS2511230007,,2025-12,消费,新订,P,¥5,4,", "CS2511230007,,2025-11,消费,新订,P,¥6,5,"]);
    let evidence = case.run().findings.into_iter().find(Finding::is_open).unwrap().evidence;
    assert_eq!((evidence.stated, evidence.currency), (Some(decimal("11")), "CNY".parse().ok()));
    assert_eq!((evidence.month, evidence.rows.len()), (Month::new(2025, 11), 2));
}
