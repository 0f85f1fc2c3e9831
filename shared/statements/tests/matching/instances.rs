//! Instances and their usage.

use koogallery_statements::{
    ChargingMode, InstanceStatus, Kind, KnownOrder, KnownUsage, Month, Reason, Settings, Subject,
};

use crate::case::{Case, TRANSACTIONS, day, decimal, file, instance, order, with_bill};

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
