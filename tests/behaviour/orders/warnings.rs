//! Warnings over HTTP: listed, acknowledged, snoozed, each with its reason; and the audit of what people did.

use koogallery::Timestamp;
use koogallery_runtime::now;
use koogallery_store::{About, Cause, Raise, Warning};
use koogallery_tests::Seller;
use serde_json::json;

use super::{DAY, ago, start};

async fn raise(seller: &Seller, cause: Cause, about: &str, due_at: Option<Timestamp>) -> String {
    let about: About = about.parse().unwrap();
    let warning = Warning::new(about, &Raise { cause, since: ago(DAY), at: now(), due_at }, now());
    assert!(seller.host.store().raise(&warning).await.unwrap());
    warning.warning_id.to_string()
}

#[tokio::test]
async fn a_warning_stands_until_somebody_says_why_not() {
    let (seller, api) = start().await;
    let known = raise(&seller, Cause::SellerStep, "ORDER#CS1", Some(now())).await;
    let later = raise(&seller, Cause::RenewalDue, "INSTANCE#b-1", None).await;
    api.post(&format!("/v1/warnings/{known}/acknowledge"), &json!({})).await.expect(400);
    let body = json!({ "reason": "the buyer asked for a delay", "by": "Li" });
    let ended = api.post(&format!("/v1/warnings/{known}/acknowledge"), &body).await.expect(200);
    assert_eq!((&ended["answered"]["by"], &ended["answered"]["reason"]), (&json!("seller API: Li"), &body["reason"]));
    assert!(ended["endedAt"].is_string());
    let again = api.post(&format!("/v1/warnings/{known}/acknowledge"), &body).await.expect(409);
    assert!(again["detail"].as_str().unwrap().contains(ended["endedAt"].as_str().unwrap()), "{again}");

    let over = json!({ "until": ago(DAY).to_rfc_3339(), "reason": "later" });
    api.post(&format!("/v1/warnings/{later}/snooze"), &over).await.expect(400);
    let until = now().saturating_add(DAY).to_rfc_3339();
    let snooze = json!({ "until": until, "reason": "later" });
    let snoozed = api.post(&format!("/v1/warnings/{later}/snooze"), &snooze).await.expect(200);
    assert_eq!(snoozed["snoozedUntil"], until);
    let listed = async |query: &str| {
        let page = api.get(&format!("/v1/warnings{query}")).await.expect(200);
        page["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|warning| warning["warningId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, [later.as_str()]);
    assert_eq!(listed("?snoozed=false").await, Vec::<String>::new());
    assert_eq!(listed("?snoozed=true&cause=renewal-due").await, [later.as_str()]);

    let events = api.get(&format!("/v1/warnings/{known}/events")).await.expect(200);
    assert_eq!(
        (&events["events"][0]["type"], &events["events"][0]["data"]["orderId"]),
        (&json!("warning.raised"), &json!("CS1"))
    );
    let actions = api.get("/v1/actions").await.expect(200)["actions"].clone();
    let told: Vec<_> = actions.as_array().unwrap().iter().map(|action| action["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["warning.snooze", "warning.acknowledge"]);
    assert_eq!(api.get("/v1/actions?about=ORDER%23CS1").await.expect(200)["actions"][0], actions[1]);
}

#[tokio::test]
async fn warnings_and_actions_come_in_pages() {
    let (seller, api) = start().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(raise(&seller, Cause::SellerStep, &format!("ORDER#CS{number}"), Some(now())).await);
    }
    ids.sort();
    let all = async |what: &str, name: &str| {
        let (mut found, mut next, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
            let page = api.get(&format!("/v1/{what}?limit=3{cursor}")).await.expect(200);
            found.extend(page[what].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()));
            (next, pages) = (page["next"].as_str().map(str::to_owned), pages + 1);
            if next.is_none() {
                return (found, pages);
            }
        }
    };
    let (mut found, pages) = all("warnings", "warningId").await;
    found.sort();
    assert_eq!((found, pages), (ids.clone(), 3));
    for id in &ids {
        api.post(&format!("/v1/warnings/{id}/acknowledge"), &json!({ "reason": "known" })).await.expect(200);
    }
    let (found, pages) = all("actions", "id").await;
    let distinct: std::collections::BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), distinct.len(), pages), (7, 7, 3));
    assert_eq!(api.get("/v1/warnings").await.expect(200)["warnings"], json!([]));
    for bad in [
        "/v1/warnings?cursor=x",
        "/v1/actions?cursor=x",
        "/v1/actions?about=x",
        "/v1/warnings/x",
        "/v1/warnings?cause=x",
    ] {
        api.get(bad).await.expect(400);
    }
}
