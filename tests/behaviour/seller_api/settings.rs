//! Requests about the settings of products: one of each operation that succeeds, and those that do not follow.

use koogallery_tests::api::Api;
use serde_json::{Value, json};

use super::statuses::{GoodRequest, Seen};

fn apply(document: &Value, expected: u64) -> Value {
    json!({ "document": document, "expectedVersion": expected, "reason": "a test", "by": "Li" })
}

pub(super) fn good_requests() -> Vec<GoodRequest> {
    let document = json!({ "format": 1, "default": { "plan": "Team" } });
    vec![
        ("putSettings", "/v1/settings".to_owned(), Some(apply(&document, 0)), 200),
        ("getSettings", "/v1/settings".to_owned(), None, 200),
        ("listSettingsVersions", "/v1/settings/versions".to_owned(), None, 200),
        ("getSettingsVersion", "/v1/settings/versions/1".to_owned(), None, 200),
        ("checkSettings", "/v1/settings/checks".to_owned(), Some(json!({ "document": document })), 200),
    ]
}

/// A request that no route takes; none where only a body could be wrong.
pub(super) fn bad_path(path: &str) -> Option<String> {
    match path {
        "/v1/settings" => Some("/v1/settings?plan=Team".to_owned()),
        "/v1/settings/versions" => Some("/v1/settings/versions?limit=0".to_owned()),
        "/v1/settings/versions/1" => Some("/v1/settings/versions/first".to_owned()),
        "/v1/settings/checks" => Some(String::new()),
        _ => None,
    }
}

/// What is outdated, what has mistakes, and what nobody wrote.
pub(super) async fn refused(api: &Api, seen: &mut Seen) {
    let good = json!({ "format": 1 });
    seen.see(api, "putSettings", "/v1/settings", Some(&apply(&good, 0)), 409).await;
    seen.see(api, "putSettings", "/v1/settings", Some(&apply(&json!({}), 1)), 422).await;
    seen.see(api, "getSettingsVersion", "/v1/settings/versions/7", None, 404).await;
}
