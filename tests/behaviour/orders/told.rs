//! Facts that callbacks tell move a supervision by themselves: the acceptance of V1.0, an activation, a release.

use koogallery::InterfaceType;
use koogallery_open_api::LicenseInfo;
use koogallery_runtime::Environment;
use koogallery_store::Cause;
use koogallery_tests::bodies::{CODE, release, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use serde_json::json;

use super::watching::{Watch, standing};
use super::{DAY, ago, bought, enter, learnt, order_info, say_v1, start, with_open_api, with_open_api_over};

const V1: [(&str, &str); 5] = [
    ("activity", "newInstance"),
    ("businessId", "b-1"),
    ("orderId", "CS1"),
    ("productId", "p-1"),
    ("customerId", "c-1"),
];

#[tokio::test]
async fn an_acceptance_that_v1_tells_completes_what_nobody_entered() {
    let (seller, api) = start().await;
    say_v1(&seller, InterfaceType::Basic, &V1).await;
    let body = json!({ "flow": "standard", "openedAt": ago(20 * DAY).to_rfc_3339() });
    api.post("/v1/orders/CS1/supervision", &body).await.expect(200);
    enter(&api, "CS1", "need-submitted", json!({ "at": ago(19 * DAY).to_rfc_3339() })).await.expect(200);
    let processing = api.get("/v1/orders/CS1").await.expect(200);
    assert_eq!(
        (&processing["state"]["word"], &processing["state"]["stage"]),
        (&json!("处理中"), &json!("awaits-confirmation"))
    );

    // KooGallery calls newInstance again when the buyer accepts.
    let accepted_at = ago(2 * DAY);
    let digits = koogallery::ExpireTime::from_timestamp(accepted_at).unwrap().to_string();
    let accepted = [&V1[..], &[("acceptanceTime", digits.as_str())]].concat();
    for _ in 0..2 {
        say_v1(&seller, InterfaceType::Basic, &accepted).await;
    }
    let standing = api.get("/v1/orders/CS1").await.expect(200);
    let supervision = &standing["supervision"];
    assert_eq!(supervision["stage"], "awaits-completion");
    assert_eq!(
        (&supervision["acceptedAt"], &supervision["periodStartsAt"]),
        (&json!(accepted_at.to_rfc_3339()), &json!(accepted_at.to_rfc_3339()))
    );
    let steps = supervision["steps"].as_array().unwrap();
    assert_eq!((steps.len(), &steps[1]["told"]), (2, &json!(true)), "once: {steps:?}");
    assert_eq!(standing["instances"][0]["instanceId"], "b-1");
    assert!(
        enter(&api, "CS1", "need-confirmed", json!({})).await.expect(409)["detail"]
            .as_str()
            .unwrap()
            .contains("awaits-completion")
    );
    let done = enter(&api, "CS1", "completed", json!({})).await.expect(200);
    assert_eq!(done["stage"], "completed");
}

#[tokio::test]
async fn a_release_before_the_completion_is_a_refund_and_one_after_it_is_not() {
    let (seller, api) = start().await;
    for order in ["CS1", "CS2"] {
        seller.say_all(&[bought(order)]).await;
        let body = json!({ "flow": "package", "openedAt": ago(20 * DAY).to_rfc_3339() });
        api.post(&format!("/v1/orders/{order}/supervision"), &body).await.expect(200);
    }
    for (step, days) in [("accepted", 3), ("completed", 2)] {
        enter(&api, "CS2", step, json!({ "at": ago(days * DAY).to_rfc_3339() })).await.expect(200);
    }
    for order in ["CS1", "CS2"] {
        seller.say_all(&[with(release(), "instanceId", order)]).await;
    }
    let refunded = api.get("/v1/orders/CS1").await.expect(200);
    assert_eq!(
        (&refunded["supervision"]["stage"], &refunded["state"]["state"]),
        (&json!("refunded"), &json!("unknown"))
    );
    assert_eq!(refunded["instances"][0]["status"], "released");
    let completed = api.get("/v1/orders/CS2").await.expect(200);
    assert_eq!(
        (&completed["supervision"]["stage"], &completed["state"]["state"]),
        (&json!("completed"), &json!("completed"))
    );
    assert_eq!(api.get("/v1/supervision").await.expect(200)["orders"], json!([]));
}

#[tokio::test]
async fn an_activation_moves_its_step_and_begins_the_supervision_if_need_be() {
    let (seller, api, stand_in) =
        with_open_api(|environment| environment.with("KOOGALLERY_SUPERVISED_PRODUCTS", "p-1=license")).await;
    let license = |order: &str, product: &str| LicenseInfo {
        order_id: Some(order.parse().unwrap()),
        product_id: Some(product.parse().unwrap()),
        ..LicenseInfo::default()
    };
    stand_in.put_license(CODE.parse().unwrap(), license("CS1", "p-1"));
    stand_in.put_license("OTHER-CODE".parse().unwrap(), license("CS2", "p-2"));
    let effect = json!({ "realEffectTime": "2025-12-01T00:00:00Z" });
    api.post(&format!("/v1/licenses/{CODE}/activate"), &effect).await.expect(200);
    let supervision = api.get("/v1/orders/CS1").await.expect(200)["supervision"].clone();
    assert_eq!((&supervision["flow"], &supervision["stage"]), (&json!("license"), &json!("awaits-acceptance")));
    assert_eq!(supervision["periodStartsAt"], "2025-12-01T00:00:00.000Z");
    assert_eq!(
        (&supervision["steps"][0]["kind"], &supervision["steps"][0]["told"]),
        (&json!("activated"), &json!(true))
    );
    // Of a product that is not supervised nothing begins.
    api.post("/v1/licenses/OTHER-CODE/activate", &json!({})).await.expect(200);
    api.get("/v1/orders/CS2").await.expect(404);
    assert!(seller.api_records().into_iter().all(|record| record.reason.is_none()), "all was told");
}

#[tokio::test]
async fn an_activation_that_cannot_be_entered_is_warned_of_until_somebody_enters_it() {
    let database = FaultyDynamoDb::start().await;
    let supervised = |environment: Environment| environment.with("KOOGALLERY_SUPERVISED_PRODUCTS", "p-1=license");
    let (seller, api, stand_in) = with_open_api_over(Some(database.endpoint()), supervised).await;
    let license = LicenseInfo {
        order_id: Some("CS1".parse().unwrap()),
        product_id: Some("p-1".parse().unwrap()),
        ..LicenseInfo::default()
    };
    stand_in.put_license(CODE.parse().unwrap(), license);
    database.always(Fault::Lacks("Query"));
    api.post(&format!("/v1/licenses/{CODE}/activate"), &json!({})).await.expect(200);
    database.always(Fault::None);
    let reason = seller.api_records().into_iter().find_map(|record| record.reason).unwrap();
    assert!(reason.contains("enter the step `activated`") && !reason.contains("nobody is warned"), "{reason}");

    let warned = api.get("/v1/warnings").await.expect(200)["warnings"].clone();
    assert_eq!(
        (&warned[0]["cause"], &warned[0]["about"]["orderId"]),
        (&json!("activation-not-entered"), &json!("CS1"))
    );
    let watch = Watch::of(&seller);
    watch.after(DAY).await;
    assert!(standing(&seller).await.contains(&Cause::ActivationNotEntered), "nobody entered it");
    api.post("/v1/orders/CS1/supervision", &json!({ "flow": "license" })).await.expect(200);
    enter(&api, "CS1", "code-taken", json!({})).await.expect(200);
    enter(&api, "CS1", "activated", json!({})).await.expect(200);
    watch.after(DAY).await;
    assert!(!standing(&seller).await.contains(&Cause::ActivationNotEntered));
}

#[tokio::test]
async fn a_supervised_product_is_supervised_from_its_payment_on_and_a_period_has_its_end() {
    let (seller, api, stand_in) =
        with_open_api(|environment| environment.with("KOOGALLERY_SUPERVISED_PRODUCTS", "p-1=package")).await;
    stand_in.put_order(order_info("CS1", "NEW", "p-1", ["9600.00", "8800.00"]));
    stand_in.put_order(order_info("CS2", "NEW", "p-2", ["1", "1"]));
    seller.say_all(&[bought("CS1"), bought("CS2")]).await;
    learnt(&seller, "CS1").await;
    learnt(&seller, "CS2").await;
    while api.get("/v1/orders/CS1").await.expect(200)["supervision"].is_null() {
        tokio::task::yield_now().await;
    }
    let accepted = enter(&api, "CS1", "accepted", json!({})).await.expect(200);
    let (start, end) = (accepted["periodStartsAt"].as_str().unwrap(), accepted["periodEndsAt"].as_str().unwrap());
    let year = |text: &str| text[..4].parse::<u32>().unwrap();
    assert!(year(end) == year(start) + 1 && end[10..] == start[10..], "{start} {end}");
    let whole = api.get("/v1/orders/CS1").await.expect(200);
    assert_eq!(whole["amounts"][0]["currencyAfterDiscount"], "8800.00");
    assert!(!whole.to_string().contains("Example Buyer"), "nothing about the buyer");
    assert_eq!(api.get("/v1/orders/CS2").await.expect(200)["supervision"], json!(null));
}

#[tokio::test]
async fn what_stands_for_all_other_products_waits_until_the_product_is_known() {
    let products = "*=standard,p-1=package";
    let (seller, api, stand_in) =
        with_open_api(|environment| environment.with("KOOGALLERY_SUPERVISED_PRODUCTS", products)).await;
    for (order, product) in [("CS1", "p-1"), ("CS2", "p-2")] {
        stand_in.put_order(order_info(order, "NEW", product, ["1", "1"]));
    }
    seller.say_all(&[bought("CS1"), bought("CS2")]).await;
    for (order, flow) in [("CS1", "package"), ("CS2", "standard")] {
        let path = format!("/v1/orders/{order}");
        while api.get(&path).await.expect(200)["supervision"].is_null() {
            tokio::task::yield_now().await;
        }
        assert_eq!(api.get(&path).await.expect(200)["supervision"]["flow"], flow, "{order}");
    }
}
