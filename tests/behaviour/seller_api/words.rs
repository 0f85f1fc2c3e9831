//! Errors say in the reader's words what is wrong and what to do, and name no type of the code.

use http::Method;
use koogallery_tests::bodies::purchase;
use serde_json::{Value, json};

use super::start;

#[tokio::test]
async fn an_error_names_the_member_and_what_was_probably_meant() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let ids = json!(["019adb6c-2f00-7c11-8d5e-0123456789ab"]);
    for (body, detail) in [
        (
            json!({ "instanceID": "b-1", "eventIds": ids }),
            "instanceID: there is no such member; did you mean `instanceId`?",
        ),
        (json!({ "instanceId": "b-1" }), "eventIds: it is missing"),
        (json!({ "instanceId": 7, "eventIds": ids }), "instanceId: give a text, not a number"),
        (
            json!({ "instanceId": "b-1", "eventIds": ["x"] }),
            "eventIds/0: give an id like 019adb6c-2f00-7c11-8d5e-0123456789ab",
        ),
        (json!({ "instanceId": "b-1", "eventIds": "x" }), "eventIds: give a list, not a text"),
        (json!([]), "eventIds: it is missing"),
    ] {
        let problem = api.post("/v1/events/resend", &body).await.expect(400);
        if body.is_object() {
            assert_eq!(problem["detail"], detail, "{body}");
        }
        in_plain_words(&problem);
    }
    for (query, detail) in [
        ("/v1/instances?statu=active", "the query: statu: there is no such parameter; did you mean `status`?"),
        ("/v1/instances?status=activ", "the query: status: there is no such value; did you mean `active`?"),
        ("/v1/instances?limit=0", "the query: limit: give 1 to 200"),
        ("/v1/instances?limit=x", "the query: limit: give 1 to 200"),
        ("/v1/instances?changedSince=now", "the query: changedSince: give a time like 2026-12-31T16:00:00Z"),
        ("/v1/events", "the query: state: it is missing"),
    ] {
        let problem = api.get(query).await.expect(400);
        assert_eq!(problem["detail"], detail, "{query}");
    }
    for path in ["/v1/instances/%FF", "/v1/instances/%20"] {
        let problem = api.get(path).await.expect(400);
        assert!(problem["detail"].as_str().unwrap().starts_with("the path: id: "), "{problem}");
        in_plain_words(&problem);
    }
    let no_json =
        api.ask_with(&Method::POST, "/v1/events/resend", "application/json", "{".to_owned()).await.expect(400);
    assert!(no_json["detail"].as_str().unwrap().starts_with("the body is not JSON"), "{no_json}");
    let more = "{} {}".to_owned();
    let two = api.ask_with(&Method::POST, "/v1/events/resend", "application/json", more).await.expect(400);
    in_plain_words(&two);
}

fn in_plain_words(problem: &Value) {
    let detail = problem["detail"].as_str().unwrap();
    for foreign in ["struct", "Failed to", "deserialize", "u16", "enum", "variant", "Body", "at line 1 column 0"] {
        assert!(!detail.contains(foreign), "{detail}");
    }
}

#[tokio::test]
async fn the_log_names_the_application_and_never_its_token() {
    let tokens = "crm:token-of-the-crm-app billing:token-of-the-billing token-without-a-name";
    let seller = koogallery_tests::Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    let api = koogallery_tests::api::Api::of(&seller);
    for (shown, status) in [
        ("Bearer token-of-the-crm-app", 404),
        ("Bearer billing:token-of-the-billing", 404),
        ("Bearer token-without-a-name", 404),
        ("Bearer crm:token-of-the-billing", 401),
    ] {
        api.send(&Method::GET, "/v1/instances/b-1", shown, None).await.expect(status);
    }
    let records = seller.api_records();
    let names: Vec<_> = records.iter().map(|record| record.application.as_deref()).collect();
    assert_eq!(names, [Some("crm"), Some("billing"), None, None]);
    let lines: Vec<String> = records.iter().map(|record| record.line("KooGallery").to_string()).collect();
    assert!(!format!("{lines:?}{records:?}").contains("token-"), "{lines:?}");
}
