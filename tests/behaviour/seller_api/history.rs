//! What happened to a subject, and events that are sent again.

use std::collections::HashSet;

use koogallery_store::{DestinationState, Ended, Noted};
use koogallery_tests::Seller;
use koogallery_tests::api::Api;
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

/// Ends the first undelivered event of a subject; its id.
async fn end(seller: &Seller, subject: &str, ended: Ended) -> String {
    let store = seller.host.store();
    let undelivered = store.undelivered_events(&subject.parse().unwrap()).await.unwrap().remove(0);
    let state = DestinationState { ended: Some(ended), attempts: 1, ..DestinationState::default() };
    assert_eq!(store.note_try(&undelivered, "webhook", state, &["webhook"], None).await.unwrap(), Noted::Kept);
    undelivered.event_id.to_string()
}

/// Every page of a list of events: the subject, the id and the state of each.
async fn pages(api: &Api, query: &str) -> Vec<(Value, String, Value)> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/events?{query}&limit=2{cursor}")).await.expect(200);
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= 2);
        let told = |event: &Value| {
            (event["subject"].clone(), event["eventId"].as_str().unwrap().to_owned(), event["delivery"].clone())
        };
        found.extend(events.iter().map(told));
        let Some(next) = page["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn events_are_listed_by_their_state() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase(), freeze(), unfreeze(), bodies::order_notice(), bodies::freeze_code()]).await;
    seller.sync_all([kit::tenant(1)]).await;
    let delivered = end(&seller, "INSTANCE#b-1", Ended::Delivered).await;
    let parked = end(&seller, "INSTANCE#b-1", Ended::Parked).await;
    let stopped = end(&seller, "ORDER#CS1", Ended::Stopped).await;

    let about = json!({ "instanceId": "b-1" });
    let open = pages(&api, "state=undelivered").await;
    assert!(open.iter().all(|(.., delivery)| delivery == "undelivered"));
    let subjects: HashSet<String> = open.iter().map(|(subject, ..)| subject.to_string()).collect();
    let wanted = [about.clone(), json!({ "license": CODE }), json!({ "tenantId": "t-1" })];
    assert_eq!((open.len(), subjects), (3, wanted.iter().map(Value::to_string).collect()));
    let one = |subject: &Value, id: &str, state: &str| vec![(subject.clone(), id.to_owned(), json!(state))];
    assert_eq!(pages(&api, "state=parked").await, one(&about, &parked, "parked"));
    assert_eq!(pages(&api, "state=parked&instanceId=b-1").await, one(&about, &parked, "parked"));
    assert_eq!(pages(&api, "state=delivered&instanceId=b-1").await, one(&about, &delivered, "delivered"));
    assert_eq!(pages(&api, "state=undelivered&instanceId=b-1").await.len(), 1);
    let order = json!({ "orderId": "CS1" });
    assert_eq!(pages(&api, "state=stopped&orderId=CS1").await, one(&order, &stopped, "stopped"));
    assert_eq!(pages(&api, &format!("state=undelivered&license={CODE}")).await.len(), 1);
    assert_eq!(pages(&api, "state=undelivered&tenantId=t-1").await.len(), 1);
    assert_eq!(pages(&api, "state=undelivered&instanceId=other").await, []);

    // What the list says is what the resend takes.
    let (mut resend, id, _) = pages(&api, "state=parked").await.remove(0);
    resend["eventIds"] = json!([id]);
    api.post("/v1/events/resend", &resend).await.expect(202);
    assert_eq!(pages(&api, "state=parked").await, []);
    assert_eq!(pages(&api, "state=undelivered").await.len(), 4);

    for bad in ["", "state=lost", "state=delivered", "state=stopped", "state=parked&orderId=a&tenantId=b"] {
        api.get(&format!("/v1/events?{bad}")).await.expect(400);
    }
    for cursor in ["x", "MTY", "MTo"] {
        api.get(&format!("/v1/events?state=parked&cursor={cursor}")).await.expect(400);
    }
}

#[tokio::test]
async fn a_short_page_of_a_long_history_has_a_cursor() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    for _ in 0..6 {
        seller.say_all(&[freeze(), unfreeze()]).await;
    }
    for _ in 0..12 {
        end(&seller, "INSTANCE#b-1", Ended::Delivered).await;
    }
    let page = api.get("/v1/events?state=undelivered&instanceId=b-1&limit=1").await.expect(200);
    assert_eq!(page["events"], json!([]), "one request reads only so far");
    assert!(page["next"].is_string());
    assert_eq!(pages(&api, "state=undelivered&instanceId=b-1").await.len(), 1);
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
        assert_eq!(store.note_try(&undelivered, "webhook", state, &["webhook"], None).await.unwrap(), Noted::Kept);
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
    // An id alone says enough.
    let subject = bodies::INSTANCE.parse().unwrap();
    let id = store.events(&subject).await.unwrap().remove(0).event.event_id;
    assert_eq!(api.post("/v1/events/resend", &json!({ "eventIds": [id] })).await.expect(202), json!({ "resent": 1 }));
    api.post("/v1/events/resend", &json!({ "eventIds": [id, uuid::Uuid::nil()] })).await.expect(404);
    let two = json!({ "instanceId": "a", "orderId": "b", "eventIds": [id] });
    api.post("/v1/events/resend", &two).await.expect(400);
}
