//! The figures of a month.

use koogallery_runtime::now;
use koogallery_tests::bodies::{self, with};
use serde_json::json;

use super::{bought, learnt, order_info, start, with_open_api};

#[tokio::test]
async fn what_is_sold_refunded_and_recurring_is_added_up_exactly() {
    let (seller, api, stand_in) = with_open_api(|environment| environment).await;
    stand_in.put_order(order_info("b-1", "NEW", "p-1", ["0.30", "0.10"]));
    stand_in.put_order(order_info("b-2", "NEW", "p-1", ["1200", "1200.20"]));
    stand_in.put_order(order_info("R1", "RENEW", "p-1", ["", "600"]));
    stand_in.put_order(order_info("X1", "UNSUBSCRIBE", "p-1", ["", "-600"]));
    let refresh = |order: &str, scene: &str| {
        let refresh = bodies::refresh(order, scene, bodies::FUTURE);
        with(with(refresh, "orderLineId", format!("{order}-000001")), "instanceId", "b-1")
    };
    seller.say_all(&[bought("b-1"), bought("b-2"), bought("b-3"), refresh("R1", "RENEWAL")]).await;
    for order in ["b-1", "b-2", "R1"] {
        learnt(&seller, order).await;
    }
    let first = api.get("/v1/orders/summary").await.expect(200);
    let product = |listed: &str, sold: &str, refunded: &str, lines: u8| json!([{ "productId": "p-1", "lines": lines, "listed": listed, "sold": sold, "refunded": refunded, "unknown": 0 }]);
    assert_eq!(first["orders"]["products"], product("1800.30", "1800.30", "0", 3));
    assert_eq!((&first["orders"]["renewed"], &first["orders"]["unknown"]), (&json!(1), &json!(1)), "b-3 is not told");
    let instances = json!({ "new": 3, "churned": 0, "inForce": 3, "recurring": "150.0167", "unknown": 1 });
    assert_eq!((&first["instances"], &first["next"]), (&instances, &json!(null)));

    // The renewal is refunded, and an instance ends.
    seller.say_all(&[refresh("X1", "UNSUBSCRIBE_RENEWAL_PERIOD"), with(bodies::release(), "instanceId", "b-2")]).await;
    learnt(&seller, "X1").await;
    let then = api.get("/v1/orders/summary").await.expect(200);
    assert_eq!(then["orders"]["products"], product("1800.30", "1800.30", "600", 4));
    assert_eq!(then["orders"]["renewalsRefunded"], 1);
    let instances = json!({ "new": 3, "churned": 1, "inForce": 2, "recurring": "0.0083", "unknown": 1 });
    assert_eq!(then["instances"], instances);
    let month = api.get("/v1/orders/summary?month=2025-12").await.expect(200);
    assert_eq!(
        (&month["from"], &month["to"]),
        (&json!("2025-11-30T16:00:00.000Z"), &json!("2025-12-31T16:00:00.000Z"))
    );
    assert_eq!(month["orders"]["products"], json!([]));
    assert_eq!((&month["instances"]["new"], &month["instances"]["inForce"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_month_is_one_of_beijing() {
    let (_seller, api) = start().await;
    let local = now().saturating_add(std::time::Duration::from_hours(8)).to_rfc_3339();
    assert_eq!(api.get("/v1/orders/summary").await.expect(200)["month"], local[..7]);
    for bad in ["2025", "2025-13", "december", "2025-1"] {
        let problem = api.get(&format!("/v1/orders/summary?month={bad}")).await.expect(400);
        assert!(problem["detail"].as_str().unwrap().contains("2026-11"), "{problem}");
    }
}
