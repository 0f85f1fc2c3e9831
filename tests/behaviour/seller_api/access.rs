//! Who may call, and that nothing secret is logged of it.

use http::Method;
use koogallery_runtime::Environment;
use koogallery_tests::Seller;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::purchase;
use koogallery_tests::secrets::Secrets;
use serde_json::json;

use super::description::paths;
use super::{OPEN_PATHS, app_info, deferred, start};

#[tokio::test]
async fn only_a_configured_token_opens() {
    let tokens = "the-new-token-of-the-app the-old-token-of-the-app short";
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    let api = Api::of(&seller);
    let path = "/v1/instances?status=active";
    for (shown, status) in [
        ("Bearer the-new-token-of-the-app", 200),
        ("bearer the-old-token-of-the-app", 200),
        ("", 401),
        ("Bearer ", 401),
        ("Bearer", 401),
        ("Bearer short", 401),
        ("Bearer the-new-token-of-the-ap", 401),
        ("Bearer the-new-token-of-the-appx", 401),
        ("Bearer the-new-token-of-the-app the-old-token-of-the-app", 401),
        ("Basic the-new-token-of-the-app", 401),
        ("the-new-token-of-the-app", 401),
    ] {
        let answer = api.send(&Method::GET, path, shown, None).await;
        if status == 401 {
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
        answer.expect(status);
    }
}

#[tokio::test]
async fn without_a_configured_token_nothing_opens_and_the_log_says_what_to_set() {
    for configured in ["", "short"] {
        let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", configured)).await;
        for shown in ["", "Bearer ", "Bearer short", "Bearer any-token-of-some-length"] {
            Api::of(&seller).send(&Method::GET, "/v1/instances/b-1", shown, None).await.expect(401);
        }
        let reason = seller.api_records().last().unwrap().reason.clone().unwrap();
        assert!(reason.contains("KOOGALLERY_API_TOKEN") && reason.contains("apiTokens"), "{reason}");
    }
}

#[tokio::test]
async fn a_token_is_asked_for_before_anything_else() {
    let (seller, api) = start().await;
    let mut asked = 0;
    for (path, item) in paths() {
        for method in item.keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let body = Some(("text/plain", "{".to_owned()));
            let expected = if OPEN_PATHS.contains(&&*path) { 200 } else { 401 };
            api.send(&method, &path, "", body).await.expect(expected);
            asked += 1;
        }
    }
    assert!(asked > 10);
    for path in ["/v1/nothing", "/v1/instances/%FF", "/v1/instances?limit=0"] {
        api.send(&Method::GET, path, "Bearer wrong-token-of-some-length", None).await.expect(401);
    }
    api.send(&Method::DELETE, "/v1/instances/b-1", "", None).await.expect(401);
    assert!(seller.api_records().iter().all(|record| record.subjects.is_empty()));
}

#[tokio::test]
async fn a_token_in_the_secret_opens() {
    let token = "token-in-the-secret";
    let secret = json!({ "accessKeys": { "basic": ["basic-key"] }, "apiTokens": [token] }).to_string();
    let manager = Secrets::start(&secret).await;
    let environment = Environment::default()
        .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:koogallery")
        .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", manager.endpoint());
    let seller = Seller::with(|ours| {
        let table = ours.get("KOOGALLERY_TABLE").unwrap().to_owned();
        environment.with("KOOGALLERY_TABLE", table)
    })
    .await;
    Api::with_token(&seller, token).get("/v1/instances?status=active").await.expect(200);
    Api::with_token(&seller, "another-token-of-some-length").get("/v1/instances?status=active").await.expect(401);
    assert_eq!(manager.reads(), 1, "a stranger's token is no load on Secrets Manager");
}

#[tokio::test]
async fn a_secret_that_nobody_can_use_is_no_reason_to_try_again() {
    for held in ["", "not JSON", r#"{"accessKeys":{"basic":[""]}}"#] {
        let secrets = Secrets::start(held).await;
        let endpoint = secrets.endpoint();
        let seller = Seller::with(|_| {
            Environment::default()
                .with("KOOGALLERY_TABLE", format!("test-{}", uuid::Uuid::new_v4()))
                .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery")
                .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
        })
        .await;
        let answer = Api::of(&seller).get("/v1/instances/b-1").await;
        assert!(!answer.headers.contains_key("retry-after"), "{held}");
        assert_eq!(answer.expect(500)["type"], "/problems/internal-error", "{held}");
        assert!(seller.api_records()[0].reason.as_deref().is_some_and(|reason| reason.contains("secret")));
    }
}

#[tokio::test]
async fn nothing_secret_is_logged() {
    let (seller, api) = deferred().await;
    seller.say(&purchase()).await;
    api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    api.put("/v1/instances/b-1/app-info", &json!({ "password": "first-password" })).await.expect(400);
    api.send(&Method::GET, "/v1/instances/b-1", "Bearer a-token-that-is-wrong", None).await.expect(401);
    let records = seller.api_records();
    let lines: Vec<String> = records.iter().map(|record| record.line("KooGallery").to_string()).collect();
    let logged = format!("{lines:?} {records:?}");
    for secret in [TOKEN, "a-token-that-is-wrong", "first-password", "app.example.com", "admin"] {
        assert!(!logged.contains(secret), "{secret}");
    }
    assert_eq!(records.iter().map(|record| record.status).collect::<Vec<_>>(), [204, 400, 401]);
}
