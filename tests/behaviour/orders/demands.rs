//! Customer demands: entered, changed, and the order that came of one beside the offer.

use http::Method;
use koogallery_tests::Seller;
use koogallery_tests::api::Api;
use serde_json::{Value, json};

use super::{DAY, ago, bought, learnt, order_info, start, with_open_api};

async fn change(api: &Api, id: &str, body: Value) -> koogallery_tests::api::Answer {
    api.ask(&Method::PATCH, &format!("/v1/demands/{id}"), Some(&body)).await
}

async fn entered(api: &Api, body: Value) -> String {
    api.post("/v1/demands", &body).await.expect(201)["demandId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_demand_is_won_by_an_order_of_its_price_and_buyer() {
    let (seller, api, stand_in) = with_open_api(|environment| environment).await;
    stand_in.put_order(order_info("CS1", "NEW", "p-1", ["9600.00", "8800"]));
    seller.say_all(&[bought("CS1")]).await;
    learnt(&seller, "CS1").await;
    while seller.item("ORDER#CS1", "DETAILS#CS1-000001").await.is_none() {
        tokio::task::yield_now().await;
    }
    for (price, customer, expected) in [
        ("8800.00", Some("c-1"), json!({ "price": "same", "amount": "8800", "buyer": "same" })),
        ("8900", Some("c-2"), json!({ "price": "differs", "amount": "8800", "buyer": "differs" })),
        ("8800", None, json!({ "price": "same", "amount": "8800", "buyer": "unknown" })),
    ] {
        let id = entered(&api, json!({ "number": "XQ-1", "submittedAt": ago(DAY).to_rfc_3339() })).await;
        change(&api, &id, json!({ "state": "converting" })).await.expect(200);
        let mut offered = json!({ "state": "offered", "offer": "fifty users", "price": price });
        if let Some(customer) = customer {
            offered["customerId"] = json!(customer);
        }
        change(&api, &id, offered).await.expect(200);
        let refused = change(&api, &id, json!({ "state": "won" })).await.expect(409);
        assert_eq!(refused["type"], "/problems/demand-refused");
        let won = change(&api, &id, json!({ "state": "won", "orderId": "CS1", "reason": "by price and buyer" })).await;
        let won = won.expect(200);
        assert_eq!((&won["order"], &won["state"]), (&expected, &json!("won")));
        assert_eq!(api.get(&format!("/v1/demands/{id}")).await.expect(200), won);
    }
    // An order of which nothing is known.
    let id = entered(&api, json!({})).await;
    change(&api, &id, json!({ "state": "converting", "price": "1" })).await.expect(200);
    let won = change(&api, &id, json!({ "state": "won", "orderId": "CS9" })).await.expect(200);
    assert_eq!(won["order"], json!({ "price": "unknown", "buyer": "unknown" }));
    let listed = api.get("/v1/demands?state=won").await.expect(200);
    assert_eq!(listed["demands"].as_array().unwrap().len(), 4);
    assert_eq!(api.get("/v1/demands?state=lost").await.expect(200)["demands"], json!([]));
}

#[tokio::test]
async fn what_does_not_follow_is_refused_and_each_change_is_recorded() {
    let (_seller, api) = start().await;
    let id = entered(&api, json!({ "number": "XQ-7", "by": "Li" })).await;
    assert!(
        change(&api, &id, json!({ "state": "offered" })).await.expect(409)["detail"]
            .as_str()
            .unwrap()
            .contains("`offered` does not follow `waiting`")
    );
    for bad in [
        json!({ "price": "much" }),
        json!({ "price": "-1" }),
        json!({ "state": "gone" }),
        json!({ "submittedAt": "x" }),
    ] {
        change(&api, &id, bad).await.expect(400);
    }
    change(&api, &id, json!({ "state": "rejected", "reason": "not our product", "by": "Li" })).await.expect(200);
    change(&api, &id, json!({ "state": "rejected" })).await.expect(200);
    let actions = api.get(&format!("/v1/actions?about=DEMAND%23{id}")).await.expect(200)["actions"].clone();
    let told: Vec<_> =
        actions.as_array().unwrap().iter().map(|action| (&action["what"], &action["by"], &action["reason"])).collect();
    let (change, enter) = (json!("demand.change"), json!("demand.enter"));
    let (li, reason) = (json!("seller API: Li"), json!("not our product"));
    assert_eq!(told, [(&change, &li, &reason), (&enter, &li, &Value::Null)]);
}

#[tokio::test]
async fn a_customer_is_shown_to_those_who_may_see_personal_data() {
    let (all, reads) = ("token-that-may-do-everything", "token-that-reads-only");
    let tokens = format!("{all} crm/read:{reads}");
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    let (all, reads) = (Api::with_token(&seller, all), Api::with_token(&seller, reads));
    let id = entered(&all, json!({ "customerId": "c-4711" })).await;
    for path in [format!("/v1/demands/{id}"), "/v1/demands".to_owned(), "/v1/actions".to_owned()] {
        assert!(all.get(&path).await.expect(200).to_string().contains("c-4711"), "{path}");
        assert!(!reads.get(&path).await.expect(200).to_string().contains("c-4711"), "{path}");
    }
    reads.post("/v1/demands", &json!({})).await.expect(403);
}
