//! What stands there twice.

use koogallery_statements::{ChargingMode, Kind, KnownOrder};

use crate::case::{BILL, Case, OTHER, decimal, file, order, with_bill};

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
fn without_order_lines_the_amount_says_whether_two_rows_are_one() {
    let row = "CS2511230001,,2025-11,消费,新订,P,100,90,2026-01-05";
    let no_lines = || KnownOrder { lines: 0, ..order("CS2511230001") };
    assert_eq!(with_bill(vec![no_lines()], &[row, row]).kinds("CS2511230001"), [Kind::Matched, Kind::Duplicate]);
    let no_amount = KnownOrder { deal_amount: None, ..no_lines() };
    assert_eq!(with_bill(vec![no_amount], &[row, row]).kinds("CS2511230001"), [Kind::Matched], "they may be two lines");
}

#[test]
fn of_a_pay_per_use_order_a_record_stands_there_once() {
    let titles = "订单号,账期,计费模式,实例ID,话单流水号,开始时间,用量,成交价,结算金额";
    let used = KnownOrder { charging_mode: Some(ChargingMode::OnDemand), ..order("CS2511230001") };
    let kinds = |record: &str| {
        let row = format!("CS2511230001,2025-11,按需,i-1,{record},1,100,90");
        Case { orders: vec![used.clone()], files: vec![file(titles, &[&row, &row])], ..Case::default() }
            .kinds("CS2511230001")
    };
    assert_eq!(kinds("sn-1,"), [Kind::Matched, Kind::Duplicate]);
    assert_eq!(kinds(",2025-11-01 00:00:00"), [Kind::Matched, Kind::Duplicate]);
    assert_eq!(kinds("sn-1,2025-11-01 00:00:00"), [Kind::Matched, Kind::Duplicate]);
    assert_eq!(kinds(","), [Kind::Matched], "two hours may cost the same");
}
