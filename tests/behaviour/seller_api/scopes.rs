//! A token does only what its scopes allow.

use http::Method;
use koogallery_tests::Seller;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::purchase;
use koogallery_tests::kit::{self, RSA_PRIVATE_KEY};
use koogallery_tests::secrets::Secrets;
use serde_json::{Value, json};

use super::app_info;
use super::tenants::OF_APP;

const READ: &str = "token-that-reads-only";
const PROVISION: &str = "token-that-provisions-only";
const PERSONAL: &str = "token-that-reads-personal-data";
const ALL: &str = "token-that-may-do-everything";

/// Whose instances wait for their app info.
async fn seller() -> Seller {
    let tokens = format!("crm/read:{READ} setup/provision:{PROVISION} desk/read,personal-data:{PERSONAL} {ALL}");
    Seller::with(|environment| {
        environment
            .with("KOOGALLERY_API_TOKEN", tokens)
            .with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
            .with("KOOGALLERY_PROVISIONING", "deferred")
    })
    .await
}

#[tokio::test]
async fn each_token_opens_what_its_scopes_name_and_the_log_has_its_name() {
    let seller = seller().await;
    seller.say(&purchase()).await;
    let (reads, provisions) = (Api::with_token(&seller, READ), Api::with_token(&seller, PROVISION));
    reads.get("/v1/instances/b-1").await.expect(200);
    let refused = reads.put("/v1/instances/b-1/app-info", &app_info()).await.expect(403);
    assert_eq!(refused["type"], "/problems/scope-missing");
    assert!(refused["detail"].as_str().unwrap().contains("`provision`"), "{refused}");
    provisions.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    provisions.get("/v1/instances/b-1").await.expect(403);
    // The scope comes before the thing: who may not ask hears nothing of what there is.
    provisions.get("/v1/instances/nobody").await.expect(403);
    for path in ["/v1/nothing", "/v1/usage"] {
        let status = reads.get(path).await.status.as_u16();
        assert!([404, 405].contains(&status), "{path} {status}");
    }
    let names: Vec<_> = seller.api_records().into_iter().map(|record| record.application.unwrap()).collect();
    assert_eq!(names[..5], ["crm", "crm", "setup", "setup", "setup"]);
}

#[tokio::test]
async fn without_its_scope_personal_data_is_left_out() {
    let seller = seller().await;
    seller.say(&purchase()).await;
    seller.sync_all(kit::one_of_each()).await;
    let all = Api::with_token(&seller, ALL);
    all.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    let (reads, personal) = (Api::with_token(&seller, READ), Api::with_token(&seller, PERSONAL));
    for api in [&personal, &all] {
        assert_eq!(api.get("/v1/instances/b-1").await.expect(200)["appInfo"]["userName"], "admin");
    }
    let shown = reads.get("/v1/instances/b-1").await.expect(200);
    assert_eq!(shown["appInfo"], json!({ "frontEndUrl": "https://app.example.com/" }));

    let granted = |page: &Value| {
        let events = page["events"].as_array().unwrap().clone();
        events.into_iter().find(|event| event["type"] == "users.granted").unwrap()["data"].clone()
    };
    let path = "/v1/tenants/t-1/events";
    let told = granted(&personal.get(path).await.expect(200));
    assert_eq!(told["userNames"], json!(["user-00001"]));
    let told = granted(&reads.get(path).await.expect(200));
    assert_eq!((&told["userNames"], &told["tenantId"]), (&Value::Null, &json!("t-1")));
    for path in [
        format!("/v1/tenants/t-1/users?{OF_APP}"),
        format!("/v1/tenants/t-1/users/user-00001?{OF_APP}"),
        "/v1/tenants/t-1/departments?instanceId=b-1".to_owned(),
        "/v1/instances/b-1/purchase-details".to_owned(),
    ] {
        reads.get(&path).await.expect(403);
        personal.get(&path).await.expect(200);
    }
    let secret = "/v1/tenants/t-1/applications/a-1/client-secret";
    reads.ask(&Method::POST, secret, None).await.expect(403);
    personal.ask(&Method::POST, secret, None).await.expect(200);
}

#[tokio::test]
async fn the_members_of_several_secrets_count_together() {
    let arn = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:1:secret:{name}");
    let tokens = json!({ "apiTokens": [{ "name": "crm", "scopes": ["read"], "token": READ }] });
    let texts = [
        ("keys", json!({ "accessKeys": { "basic": ["basic-key"] }, "apiTokens": [ALL] })),
        ("tokens", tokens),
        ("empty", json!({})),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.to_string())).into();
    let manager = Secrets::holding("{}", texts).await;
    let start = async |arns: String| {
        let endpoint = manager.endpoint();
        Seller::with(|ours| {
            let table = ours.get("KOOGALLERY_TABLE").unwrap().to_owned();
            koogallery_runtime::Environment::default()
                .with("KOOGALLERY_TABLE", table)
                .with("KOOGALLERY_SECRET_ARN", arns)
                .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
        })
        .await
    };
    let seller = start([arn("keys"), arn("tokens"), arn("keys")].join(" ")).await;
    seller.say_all(&[purchase()]).await;
    Api::with_token(&seller, READ).get("/v1/instances/b-1").await.expect(200);
    Api::with_token(&seller, READ).get("/v1/instances/b-1/purchase-details").await.expect(403);
    Api::with_token(&seller, ALL).get("/v1/instances/b-1/purchase-details").await.expect(200);
    assert_eq!(manager.reads(), 2, "each once, though it is named twice");

    // Without access keys no call can be verified: KooGallery has to try again.
    let seller = start([arn("tokens"), arn("empty")].join(" ")).await;
    assert_eq!(seller.say(&purchase()).await, "000005");
    let reason = seller.records().pop().unwrap().reason.unwrap();
    assert!(reason.contains("accessKeys") && reason.contains("secret:empty"), "{reason}");
}
