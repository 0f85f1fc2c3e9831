//! What happened to a subject, and events that are sent again.

use std::collections::HashSet;

use koogallery_store::{DestinationState, Ended, Noted};
use koogallery_tests::bodies::{self, CODE, freeze, purchase, unfreeze, with};
use koogallery_tests::kit;
use serde_json::{Value, json};

use super::start;

#[tokio::test]
async fn a_history_comes_in_pages() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    for _ in 0..5 {
        seller.say_all(&[freeze(), unfreeze()]).await;
    }
    let (mut kinds, mut cursor, mut ids) = (Vec::new(), String::new(), HashSet::new());
    loop {
        let page = api.get(&format!("/v1/instances/b-1/events?limit=4{cursor}")).await.expect(200);
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= 4);
        for event in events {
            assert!(ids.insert(event["eventId"].as_str().unwrap().to_owned()));
            kinds.push(event["type"].as_str().unwrap().to_owned());
            assert_eq!((&event["delivery"], &event["data"]["instanceId"]), (&json!("undelivered"), &json!("b-1")));
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(kinds, seller.events("INSTANCE#b-1").await);
    assert_eq!(kinds.len(), 11);
    api.get("/v1/instances/b-2/events").await.expect(404);
    seller.say_all(&[bodies::order_notice()]).await;
    let notices = api.get("/v1/orders/CS1/events").await.expect(200);
    assert_eq!(notices["events"][0]["type"], "order.paid");
    seller.say_all(&[bodies::freeze_code()]).await;
    seller.sync_all([kit::tenant(1)]).await;
    let told = api.get(&format!("/v1/licenses/{CODE}/events")).await.expect(200);
    assert_eq!(told["events"][0]["type"], "license.frozen");
    let told = api.get("/v1/tenants/t-1/events").await.expect(200);
    assert_eq!(told["events"][0]["type"], "tenant.added");
    for unknown in ["/v1/orders/CS2/events", "/v1/licenses/OTHER/events", "/v1/tenants/t-2/events"] {
        assert_eq!(api.get(unknown).await.expect(200), json!({ "events": [] }));
    }
}

#[tokio::test]
async fn an_event_is_sent_again_whatever_became_of_it() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase(), bodies::order_notice(), bodies::freeze_code()]).await;
    seller.sync_all([kit::tenant(1)]).await;
    let store = seller.host.store();
    for (subject, about) in [
        ("INSTANCE#b-1", json!({ "instanceId": "b-1" })),
        ("ORDER#CS1", json!({ "orderId": "CS1" })),
        (bodies::LICENSE, json!({ "license": CODE })),
        (kit::TENANT, json!({ "tenantId": "t-1" })),
    ] {
        let subject = subject.parse().unwrap();
        let event = store.events(&subject).await.unwrap().remove(0);
        let undelivered = store.undelivered_events(&subject).await.unwrap().remove(0);
        let state = DestinationState { ended: Some(Ended::Delivered), attempts: 1, ..DestinationState::default() };
        assert_eq!(store.note_try(&undelivered, "webhook", state, &["webhook"]).await.unwrap(), Noted::Kept);
        assert!(store.undelivered_events(&subject).await.unwrap().is_empty());
        let ids = |ids: Value| with(about.clone(), "eventIds", ids);
        let id = event.event.event_id;
        let resent = api.post("/v1/events/resend", &ids(json!([id]))).await.expect(202);
        assert_eq!(resent, json!({ "resent": 1 }));
        assert_eq!(store.undelivered_events(&subject).await.unwrap().len(), 1);
        api.post("/v1/events/resend", &ids(json!([id, uuid::Uuid::now_v7()]))).await.expect(404);
        for bad in [json!([]), json!(["no id"]), json!(vec![id; 101]), json!(null)] {
            api.post("/v1/events/resend", &ids(bad)).await.expect(400);
        }
    }
    for bad in [
        json!({ "eventIds": [uuid::Uuid::nil()] }),
        json!({ "instanceId": "a", "orderId": "b", "eventIds": [uuid::Uuid::nil()] }),
    ] {
        api.post("/v1/events/resend", &bad).await.expect(400);
    }
}
