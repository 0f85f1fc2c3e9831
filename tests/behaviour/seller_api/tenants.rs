//! What the kit told: tenants, applications, departments, users.

use http::Method;
use koogallery_tests::bodies::purchase;
use koogallery_tests::kit;
use serde_json::json;

use super::start;

/// The application that the kit's calls are about.
pub(super) const OF_APP: &str = "instanceId=b-1&appId=a-1";

#[tokio::test]
async fn what_the_kit_told_is_shown() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all(kit::one_of_each()).await;
    let tenant = api.get("/v1/tenants/t-1").await.expect(200);
    let binding = json!({ "instanceId": "b-1", "orderId": "CS1", "tenantCode": "example", "name": "Example Ltd",
        "domainName": "https://example.com" });
    assert_eq!(tenant, json!({ "tenantId": "t-1", "bindings": [binding] }));
    let application = api.get("/v1/tenants/t-1/applications/a-1").await.expect(200);
    let shown = json!({ "tenantId": "t-1", "appId": "a-1", "instanceId": "b-1", "clientId": "client-1" });
    assert_eq!(application, shown);
    let secret = "/v1/tenants/t-1/applications/a-1/client-secret";
    let told = api.ask(&Method::POST, secret, None).await.expect(200);
    assert_eq!(told, json!({ "clientId": "client-1", "clientSecret": "s3cret" }));
    assert_eq!(api.get(secret).await.expect(405)["type"], "/problems/method-not-allowed", "by an explicit call only");
    let departments = api.get("/v1/tenants/t-1/departments?instanceId=b-1").await.expect(200);
    assert_eq!(departments, json!({ "departments": [{ "orgCode": "o-2", "orgName": "Research" }] }));
    assert_eq!(api.get("/v1/tenants/t-1/departments").await.expect(200), json!({ "departments": [] }));

    let shown: Vec<_> = seller.api_records().into_iter().filter_map(|record| record.shown).collect();
    assert_eq!(shown, ["client secret"]);
    let logged = format!("{:?}", seller.api_records());
    assert!(!logged.contains("s3cret") && logged.contains("t-1"), "{logged}");
}

#[tokio::test]
async fn users_come_in_pages_and_one_by_one_and_each_look_is_logged() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([kit::auth(1, (0..25).map(kit::user), 1), kit::auth(3, [kit::user(3)], 2)]).await;
    let (mut users, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/tenants/t-1/users?{OF_APP}&limit=10{cursor}")).await.expect(200);
        users.extend(page["users"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let names: Vec<_> = users.iter().map(|user| user["userName"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, (0..25).map(|number| format!("user-{number:05}")).collect::<Vec<_>>());
    let revoked: Vec<_> = users.iter().filter(|user| user["revoked"] == true).map(|user| &user["userName"]).collect();
    assert_eq!(revoked, ["user-00003"]);

    let one = api.get(&format!("/v1/tenants/t-1/users/user-00007?{OF_APP}")).await.expect(200);
    assert_eq!(
        one,
        json!({ "userName": "user-00007", "name": "Person 7", "orgCode": "o-7", "role": "user", "enabled": true,
            "revoked": false, "mobile": "00000000007", "email": "person-7@example.com" })
    );
    for query in ["", "?instanceId=b-1", "?appId=a-1"] {
        api.get(&format!("/v1/tenants/t-1/users{query}")).await.expect(400);
    }
    let records = seller.api_records();
    let shown: Vec<_> = records.iter().filter_map(|record| record.shown).collect();
    assert_eq!(shown, ["users", "users", "users", "a user"]);
    let logged = format!("{records:?}");
    assert!(!logged.contains("user-0") && !logged.contains("Person"), "{logged}");
}
