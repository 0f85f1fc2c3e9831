//! Each cause is raised on the right day, once, and ends when it is gone: with a clock that jumps.

use std::time::Duration;

use http::Method;
use koogallery::ExpireTime;
use koogallery_store::{Cause, Flow};
use koogallery_tests::Seller;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, with};
use serde_json::json;

use super::watching::{Watch, events, standing};
use super::{DAY, bought, enter, start, with_token};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_supervised_order_left_alone_warns_on_the_third_and_fourth_day_and_never_twice() {
    let (seller, _api) = start().await;
    let watch = Watch::of(&seller);
    let opened_at = watch.clock.now();
    let store = seller.host.store();
    assert!(store.open_supervision(&"CS1".parse().unwrap(), Flow::Hardware, opened_at, None, opened_at).await.unwrap());
    let mut raised = Vec::new();
    for hour in (4..=24 * 10).step_by(4) {
        raised.extend(watch.after(4 * HOUR).await.into_iter().map(|cause| (cause, hour)));
    }
    assert_eq!(raised, [(Cause::SellerStep, 72), (Cause::SellerStepUrgent, 96)]);
    for warning in store.warnings().await.unwrap() {
        assert_eq!(events(&seller, &warning).await, 1);
        assert_eq!(warning.due_at, Some(opened_at.saturating_add(5 * DAY)));
    }
}

#[tokio::test]
async fn what_a_person_enters_ends_a_warning_and_begins_the_next() {
    let (seller, api) = start().await;
    let watch = Watch::of(&seller);
    let at = |before: u32| json!({ "at": super::ago(before * DAY).to_rfc_3339() });
    let open = json!({ "flow": "standard", "openedAt": super::ago(30 * DAY).to_rfc_3339() });
    api.post("/v1/orders/CS1/supervision", &open).await.expect(200);
    assert_eq!(watch.after(HOUR).await, [], "the buyer has to act");
    enter(&api, "CS1", "need-submitted", at(29)).await.expect(200);
    assert_eq!(watch.after(HOUR).await, [Cause::SellerStep, Cause::SellerStepUrgent]);
    for (step, days) in [
        ("need-confirmed", 10),
        ("delivered", 9),
        ("delivery-rejected", 8),
        ("delivered", 7),
        ("delivery-rejected", 6),
        ("delivered", 2),
    ] {
        enter(&api, "CS1", step, at(days)).await.expect(200);
    }
    assert_eq!(watch.after(HOUR).await, [Cause::SecondRejection]);
    assert_eq!(standing(&seller).await, [Cause::SecondRejection], "the seller's step is done");
    assert_eq!(watch.after(DAY).await, [Cause::BuyerSilent]);
    enter(&api, "CS1", "accepted", json!({})).await.expect(200);
    assert_eq!(watch.after(HOUR).await, [Cause::NotCompleted]);
    assert_eq!(standing(&seller).await, [Cause::SecondRejection, Cause::NotCompleted]);
    enter(&api, "CS1", "completed", json!({})).await.expect(200);
    assert_eq!(watch.after(HOUR).await, []);
    assert_eq!(standing(&seller).await, []);
}

#[tokio::test]
async fn a_snoozed_warning_comes_once_more_and_an_acknowledged_one_does_not() {
    let (seller, api) = start().await;
    let watch = Watch::of(&seller);
    let store = seller.host.store();
    for order in ["CS1", "CS2"] {
        let opened_at = watch.clock.now().saturating_sub(3 * DAY);
        assert!(
            store.open_supervision(&order.parse().unwrap(), Flow::Hardware, opened_at, None, opened_at).await.unwrap()
        );
    }
    assert_eq!(watch.after(HOUR).await, [Cause::SellerStep; 2]);
    let warnings = store.warnings().await.unwrap();
    let path = |place: usize, what: &str| format!("/v1/warnings/{}/{what}", warnings[place].warning_id);
    api.post(&path(0, "acknowledge"), &json!({ "reason": "known" })).await.expect(200);
    let until = watch.clock.now().saturating_add(10 * HOUR);
    api.post(&path(1, "snooze"), &json!({ "reason": "later", "until": until.to_rfc_3339() })).await.expect(200);
    assert_eq!(watch.after(9 * HOUR).await, []);
    assert_eq!(watch.after(2 * HOUR).await, [Cause::SellerStep]);
    assert_eq!(watch.after(HOUR).await, []);
    assert_eq!((events(&seller, &warnings[0]).await, events(&seller, &warnings[1]).await), (1, 2));
    assert_eq!(standing(&seller).await, [Cause::SellerStep]);
}

#[tokio::test]
async fn a_demand_waits_for_three_days_of_five() {
    let (seller, api) = start().await;
    let watch = Watch::of(&seller);
    let demand = api.post("/v1/demands", &json!({ "number": "XQ-1" })).await.expect(201);
    assert_eq!(watch.after(71 * HOUR).await, []);
    assert_eq!(watch.after(2 * HOUR).await, [Cause::DemandWaits]);
    assert_eq!(watch.after(DAY).await, []);
    let path = format!("/v1/demands/{}", demand["demandId"].as_str().unwrap());
    let at = koogallery_runtime::now().to_rfc_3339();
    api.ask(&Method::PATCH, &path, Some(&json!({ "state": "converting", "at": at }))).await.expect(200);
    assert_eq!(watch.after(HOUR).await, []);
    assert_eq!(standing(&seller).await, []);
}

#[tokio::test]
async fn refused_calls_and_waiting_purchases_are_told_until_they_come_well() {
    let seller = Seller::with(|environment| with_token(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let api = Api::of(&seller);
    let watch = Watch::of(&seller);
    let refused = |order: &str| with(bought(order), "orderLineId", "");
    assert_ne!(seller.say(&refused("CS1")).await, "000000");
    assert_ne!(seller.say(&with(bodies::freeze(), "instanceId", "nobody")).await, "000000");
    assert_eq!(seller.say(&bought("CS2")).await, "000004");
    assert_eq!(watch.after(9 * Duration::from_mins(1)).await, []);
    assert_eq!(watch.after(2 * Duration::from_mins(1)).await, [Cause::PurchaseRefused, Cause::CallFailed]);
    assert_eq!(watch.after(20 * Duration::from_mins(1)).await, [Cause::ProvisioningWaits]);
    assert_eq!(watch.after(HOUR).await, []);
    let order = api.get("/v1/orders/CS1").await.expect(200);
    assert_eq!(
        (&order["state"]["evidence"], &order["failedCalls"][0]["callback"]),
        (&json!("refused"), &json!("newInstance"))
    );
    assert_eq!(order["warnings"][0]["cause"], "purchase-refused");
    // All come well.
    assert_eq!(seller.say(&bought("CS1")).await, "000004");
    seller.say_all(&[with(bodies::release(), "instanceId", "CS1")]).await;
    api.put("/v1/instances/CS2/app-info", &json!({ "frontEndUrl": "https://app.example.com/" })).await.expect(204);
    assert_eq!(watch.after(HOUR).await, []);
    assert_eq!(standing(&seller).await, [Cause::CallFailed], "nothing heals that one");
}

#[tokio::test]
async fn a_refused_purchase_is_told_until_its_instance_is_released() {
    let seller = Seller::with(|environment| with_token(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let api = Api::of(&seller);
    let watch = Watch::of(&seller);
    assert_eq!(seller.say(&bought("CS1")).await, "000004");
    api.put("/v1/instances/CS1/provisioning-failure", &json!({ "resultCode": "000106" })).await.expect(204);
    assert_eq!(seller.say(&bought("CS1")).await, "000106");
    assert_eq!(watch.after(11 * Duration::from_mins(1)).await, [Cause::PurchaseRefused]);
    seller.say_all(&[with(with(bodies::release(), "instanceId", "CS1"), "orderId", "X1")]).await;
    assert_eq!(watch.after(Duration::from_mins(1)).await, []);
    assert_eq!(standing(&seller).await, []);
}

#[tokio::test]
async fn three_lost_orders_of_a_month_are_told_once() {
    let (seller, _api) = start().await;
    let watch = Watch::of(&seller);
    let month = |at: koogallery::Timestamp| at.saturating_add(8 * HOUR).to_rfc_3339()[..7].to_owned();
    let began = month(watch.clock.now());
    for order in ["CS1", "CS2", "CS3"] {
        assert_ne!(seller.say(&with(bought(order), "orderLineId", "")).await, "000000");
    }
    assert_eq!(watch.after(2 * HOUR).await, [Cause::PurchaseRefused; 3]);
    let told = watch.after(2 * HOUR).await;
    // A month may end meanwhile.
    let expected: &[Cause] = if month(watch.clock.now()) == began { &[Cause::FailedOrders] } else { &[] };
    assert_eq!(told, expected);
    assert_eq!(watch.after(HOUR).await, []);
    watch.after(31 * DAY).await;
    assert!(!standing(&seller).await.contains(&Cause::FailedOrders), "it was of another month");
}

#[tokio::test]
async fn renewals_and_the_end_of_the_retention_are_told_by_the_day() {
    let (seller, _api) = start().await;
    let watch = Watch::of(&seller);
    let begin = watch.clock.now();
    let until = |days: u32| ExpireTime::from_timestamp(begin.saturating_add(days * DAY)).unwrap().to_string();
    seller.say_all(&[bought("b-1"), bodies::renewal("R1", &until(40))]).await;
    let mut raised = Vec::new();
    for day in 1..=39 {
        raised.extend(watch.after(DAY).await.into_iter().map(|cause| (cause, day)));
    }
    // The walk is once a day of Beijing: it may see a day's warning the next day.
    let days: Vec<u32> = raised.iter().map(|(_, day)| *day).collect();
    assert!(raised.iter().all(|(cause, _)| *cause == Cause::RenewalDue), "{raised:?}");
    assert_eq!(days, [10, 33, 39]);
    assert_eq!(standing(&seller).await, [Cause::RenewalDue], "the last one stands");
    seller.say_all(&[bodies::renewal("R2", &until(400))]).await;
    watch.after(HOUR).await;
    assert_eq!(standing(&seller).await, [], "it is renewed");
}

#[tokio::test]
async fn the_end_of_the_retention_is_told_three_days_before() {
    let (seller, _api) = start().await;
    let watch = Watch::of(&seller);
    let expired = ExpireTime::from_timestamp(watch.clock.now().saturating_sub(DAY)).unwrap().to_string();
    seller.say_all(&[bought("b-1"), bodies::renewal("R1", &expired), bodies::freeze()]).await;
    let mut raised = Vec::new();
    for day in 1..=15 {
        raised.extend(watch.after(DAY).await.into_iter().map(|cause| (cause, day)));
    }
    assert_eq!(raised, [(Cause::RetentionEnds, 11)]);
    seller.say_all(&[bodies::release()]).await;
    watch.after(HOUR).await;
    assert_eq!(standing(&seller).await, []);
}

#[tokio::test]
async fn a_failing_probe_is_told_each_day_until_the_trade_is_frozen() {
    let (seller, _api) = start().await;
    let watch = Watch::of(&seller);
    let probe = with(with(bought("b-1"), "orderLineId", ""), "testFlag", "1");
    assert_ne!(seller.say(&probe).await, "000000");
    let mut raised = Vec::new();
    for day in 0..=7 {
        let time = if day == 0 { HOUR } else { DAY };
        raised.extend(watch.after(time).await.into_iter().map(|cause| (cause, day)));
    }
    assert_eq!(raised, [0, 1, 2, 3, 4].map(|day| (Cause::ProbeFails, day)));
    assert_eq!(standing(&seller).await, [Cause::ProbeFails], "one at a time");
    seller.say_all(&[with(bought("b-1"), "testFlag", "1")]).await;
    watch.after(HOUR).await;
    assert_eq!(standing(&seller).await, []);
}
