//! Lists of orders, license codes, tenants and open requests for licenses; filters.

use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, CODE, FUTURE, freeze, purchase, with};
use koogallery_tests::kit;
use serde_json::{Value, json};

use super::{SK, about, app_info, bought, start, with_open_api};

/// Every page of a list; no page is longer than two.
async fn all(api: &Api, path: &str, members: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    let join = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = api.get(&format!("{path}{join}limit=2{cursor}")).await.expect(200);
        let listed = page[members].as_array().unwrap();
        assert!(listed.len() <= 2);
        found.extend(listed.iter().cloned());
        let Some(next) = page["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

/// A member of each, sorted.
fn each(listed: &[Value], name: &str) -> Vec<String> {
    let mut named: Vec<String> = listed.iter().map(|one| one[name].as_str().unwrap_or("-").to_owned()).collect();
    named.sort();
    named
}

#[tokio::test]
async fn orders_are_listed_with_what_they_did() {
    let (seller, api) = start().await;
    seller
        .say_all(&[
            purchase(),
            bodies::order_notice(),
            bodies::renewal("R1", FUTURE),
            bodies::upgrade("U1"),
            bodies::renew_code("R2", FUTURE),
        ])
        .await;
    let orders = all(&api, "/v1/orders", "orders").await;
    assert_eq!(each(&orders, "kind"), ["notice", "purchase", "refresh", "refresh", "upgrade"]);
    let one = |kind: &str, order: &str| {
        let found = orders.iter().find(|one| one["kind"] == kind && one["orderId"] == order).cloned().unwrap();
        assert!(found["signedAt"].as_str().unwrap().ends_with('Z'));
        found
    };
    let bought = one("purchase", "CS1");
    assert_eq!((&bought["instanceId"], &bought["orderLineId"]), (&json!("b-1"), &json!("CS1-000001")));
    assert_eq!(one("notice", "CS1")["orderLineId"], "CS1-000001");
    assert_eq!(
        (&one("refresh", "R1")["instanceId"], &one("refresh", "R1")["scene"]),
        (&json!("b-1"), &json!("RENEWAL"))
    );
    assert_eq!(one("upgrade", "U1")["instanceId"], "b-1");
    assert_eq!(one("refresh", "R2")["license"], CODE);
    assert_eq!(each(&all(&api, "/v1/orders?text=r", "orders").await, "orderId"), ["R1", "R2"]);
    assert_eq!(all(&api, "/v1/orders?changedSince=2999-01-01T00:00:00Z", "orders").await, Vec::<Value>::new());
    assert_eq!(all(&api, "/v1/orders?changedSince=2020-01-01T00:00:00Z", "orders").await.len(), 5);
    // A call that comes again lists nothing twice.
    seller.say_all(&[bodies::order_notice()]).await;
    assert_eq!(all(&api, "/v1/orders", "orders").await.len(), 5);
}

#[tokio::test]
async fn license_codes_are_listed_without_their_orders() {
    let (seller, api) = start().await;
    let other = with(bodies::renew_code("R2", "20981231160000000"), "license", "OTHER-CODE");
    seller.say_all(&[bodies::renew_code("R1", FUTURE), other, bodies::freeze_code()]).await;
    let codes = all(&api, "/v1/licenses", "licenses").await;
    assert_eq!(each(&codes, "license"), [CODE, "OTHER-CODE"]);
    for (query, wanted) in [
        ("status=frozen", vec![CODE]),
        ("status=released", vec![]),
        ("expiringBefore=2099-01-01T00:00:00Z", vec!["OTHER-CODE"]),
        ("text=other", vec!["OTHER-CODE"]),
        ("productId=p-1", vec![]),
        ("changedSince=2020-01-01T00:00:00Z", vec![CODE, "OTHER-CODE"]),
    ] {
        assert_eq!(each(&all(&api, &format!("/v1/licenses?{query}"), "licenses").await, "license"), wanted, "{query}");
    }
}

#[tokio::test]
async fn tenants_are_listed_without_personal_data_while_they_are_bound() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([kit::tenant(1)]).await;
    let tenants = all(&api, "/v1/tenants", "tenants").await;
    assert_eq!(each(&tenants, "tenantId"), ["t-1"]);
    let members: Vec<&String> = tenants[0].as_object().unwrap().keys().collect();
    assert!(members.iter().all(|name| ["tenantId", "instanceId", "orderId"].contains(&name.as_str())), "{members:?}");
    assert_eq!(all(&api, "/v1/tenants?text=nobody", "tenants").await, Vec::<Value>::new());
    seller.sync_all([kit::tenant(0)]).await;
    assert_eq!(all(&api, "/v1/tenants", "tenants").await, Vec::<Value>::new());
}

#[tokio::test]
async fn requests_for_licenses_are_listed_until_one_is_handed_in() {
    let (seller, api, _stand_in) = with_open_api(SK).await;
    seller.sell_licenses();
    seller.say_all(&[purchase()]).await;
    for device in ["e-1", "e-2"] {
        assert_eq!(seller.say(&bodies::get_license(device, "device-1")).await, "000004");
    }
    let open = all(&api, "/v1/license-requests", "licenseRequests").await;
    assert_eq!(each(&open, "eventId"), ["e-1", "e-2"]);
    assert!(open.iter().all(|one| one["instanceId"] == "b-1" && one["deviceFingerprint"].is_null()));
    assert_eq!(all(&api, "/v1/license-requests?text=E-2", "licenseRequests").await.len(), 1);
    let made = json!({ "deviceFingerprint": "device-1", "text": "a license" });
    api.put("/v1/instances/b-1/licenses/e-1", &made).await.expect(204);
    let open = all(&api, "/v1/license-requests", "licenseRequests").await;
    assert_eq!(each(&open, "eventId"), ["e-2"]);
}

#[tokio::test]
async fn instances_are_filtered() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase(), bought("b-2"), about(bodies::renewal("R1", FUTURE), "b-2"), freeze()]).await;
    api.put("/v1/instances/b-2/app-info", &app_info()).await.expect(204);
    let listed = &all(&api, "/v1/instances?status=active", "instances").await[0]["appInfo"];
    assert!(listed["frontEndUrl"].is_string() && listed["userName"].is_null(), "{listed}");
    for (query, wanted) in [
        ("", vec!["b-1", "b-2"]),
        ("status=frozen", vec!["b-1"]),
        ("text=B-2-000001", vec!["b-2"]),
        ("expiringBefore=2999-01-01T00:00:00Z", vec!["b-2"]),
        ("expiringBefore=2020-01-01T00:00:00Z", vec![]),
        ("changedSince=2020-01-01T00:00:00%2B08:00", vec!["b-1", "b-2"]),
        ("changedSince=2999-01-01T00:00:00Z", vec![]),
        ("productId=p-9", vec![]),
    ] {
        let listed = all(&api, &format!("/v1/instances?{query}"), "instances").await;
        assert_eq!(each(&listed, "instanceId"), wanted, "{query}");
    }
}
