//! What is told beside the findings: explanations and sums.

use koogallery_statements::{Currency, Explanation, Finding, Kind, KnownOrder, Month, MonthKey, OrderKind};
use rust_decimal::Decimal;

use crate::case::{BILL, Case, OTHER, day, decimal, file, order, with_bill};

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
