//! The state of an order is derived with its evidence, or unknown: for each kind of order that calls tell.

use koogallery_tests::Seller;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, with};
use serde_json::{Value, json};

use super::{bought, start, with_token};

async fn state(api: &Api, order: &str) -> (String, String) {
    let state = api.get(&format!("/v1/orders/{order}")).await.expect(200)["state"].clone();
    let text = |name: &str| state[name].as_str().unwrap().to_owned();
    (text("state"), text("evidence"))
}

fn pair(state: &str, evidence: &str) -> (String, String) {
    (state.to_owned(), evidence.to_owned())
}

#[tokio::test]
async fn each_kind_of_order_has_a_state_with_its_evidence_or_none() {
    let (seller, api) = start().await;
    let line = |body: Value, order: &str| with(body, "orderLineId", format!("{order}-000001"));
    seller
        .say_all(&[
            bought("b-1"),
            bodies::renewal("R1", bodies::FUTURE),
            bodies::upgrade("U1"),
            line(with(bodies::order_notice(), "orderId", "N1"), "N1"),
            bodies::renew_code("R2", bodies::FUTURE),
        ])
        .await;
    // It names an instance that nobody knows.
    assert_ne!(seller.say(&with(bodies::renewal("R3", bodies::FUTURE), "instanceId", "nobody")).await, "000000");
    for (order, expected) in [
        ("b-1", pair("completed", "provisioned")),
        ("R1", pair("completed", "taken")),
        ("U1", pair("completed", "taken")),
        ("R2", pair("completed", "taken")),
        ("N1", pair("unknown", "paid")),
    ] {
        assert_eq!(state(&api, order).await, expected, "{order}");
    }
    let renewal = api.get("/v1/orders/R1").await.expect(200);
    assert_eq!((&renewal["state"]["kind"], &renewal["reports"][0]["scene"]), (&json!("refresh"), &json!("RENEWAL")));
    assert_eq!(
        (&renewal["instances"][0]["instanceId"], &renewal["instances"][0]["bought"]),
        (&json!("b-1"), &json!(false))
    );
    // A refund is an order of its own.
    seller.say_all(&[with(bodies::release(), "orderId", "X1")]).await;
    assert_eq!(state(&api, "X1").await, pair("completed", "released"));
    assert_eq!(state(&api, "b-1").await, pair("completed", "provisioned"));
    api.get("/v1/orders/CS-of-nobody").await.expect(404);
}

#[tokio::test]
async fn a_purchase_is_in_process_until_it_is_provisioned() {
    let seller = Seller::with(|environment| with_token(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let api = Api::of(&seller);
    for order in ["CS1", "CS2"] {
        assert_eq!(seller.say(&bought(order)).await, "000004");
        assert_eq!(state(&api, order).await, pair("processing", "provisioning-waits"));
    }
    let failure = json!({ "resultCode": "000100" });
    api.put("/v1/instances/CS1/provisioning-failure", &failure).await.expect(204);
    assert_eq!(state(&api, "CS1").await, pair("unknown", "provisioning-failed"));
    api.put("/v1/instances/CS2/app-info", &json!({ "frontEndUrl": "https://app.example.com/" })).await.expect(204);
    assert_eq!(state(&api, "CS2").await, pair("completed", "provisioned"));
    // What was never provisioned stays so when its personal data is erased; so does what was.
    assert_eq!(seller.say(&bought("CS3")).await, "000004");
    for order in ["CS2", "CS3"] {
        seller.say_all(&[with(with(bodies::release(), "instanceId", order), "orderId", format!("X-{order}"))]).await;
    }
    for is_erased in [false, true] {
        if is_erased {
            for order in ["CS2", "CS3"] {
                let subject = format!("INSTANCE#{order}").parse().unwrap();
                let later = koogallery_runtime::now().saturating_add(super::DAY);
                let erased = seller.host.store().erase(&subject, later, later).await.unwrap();
                assert!(matches!(erased, koogallery_store::Erased::Done(_)), "{erased:?}");
            }
        }
        assert_eq!(state(&api, "CS2").await, pair("completed", "provisioned"));
        assert_eq!(state(&api, "CS3").await, pair("unknown", "never-provisioned"));
    }
}

#[tokio::test]
async fn orders_are_listed_by_their_state() {
    let (seller, api) = start().await;
    let orders: Vec<String> = (0..20).map(|number| format!("CS{number:02}")).collect();
    for (number, order) in orders.iter().enumerate() {
        seller.say_all(&[bought(order)]).await;
        if number % 4 == 0 {
            api.post(&format!("/v1/orders/{order}/supervision"), &json!({ "flow": "package" })).await.expect(200);
        }
    }
    let listed = async |state: &str| {
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
            let page = api.get(&format!("/v1/orders?limit=7&state={state}{cursor}")).await.expect(200);
            for order in page["orders"].as_array().unwrap() {
                assert_eq!(order["state"]["state"], state);
                found.push(order["orderId"].as_str().unwrap().to_owned());
            }
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                found.sort();
                return found;
            }
        }
    };
    let of = |is_supervised: bool| -> Vec<String> {
        let numbered = orders.iter().enumerate().filter(|(number, _)| (number % 4 == 0) == is_supervised);
        numbered.map(|(_, order)| order.clone()).collect()
    };
    assert_eq!((listed("processing").await, listed("completed").await), (of(true), of(false)));
    assert_eq!(listed("unknown").await, Vec::<String>::new());
    let plain = api.get("/v1/orders?limit=1").await.expect(200);
    assert!(plain["orders"][0]["state"].is_null(), "a list costs what it shows");
}
