//! What comes from outside is text, wherever it is shown: ids of calls, addresses of the application, names, reasons, searches.

use http::StatusCode;
use koogallery_tests::bodies::{self, with};
use serde_json::json;

use super::world::World;

const BAD: &str = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>";

/// Nothing in a page is a tag that came from outside.
fn is_text(page: &koogallery_tests::browser::Page) {
    for tag in ["<script", "<img", "onerror=alert(1)>"] {
        assert!(!page.body.contains(tag), "{}: {}", page.url, page.body);
    }
}

#[tokio::test]
async fn no_field_of_a_call_is_a_tag() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let order = "\"'><script>alert(1)</script>";
    let purchase = json!({ "activity": "newInstance", "orderId": order, "orderLineId": order, "businessId": "b-1",
        "productId": "<img src=x onerror=alert(1)>", "skuCode": order });
    let code = world.seller.say(&purchase).await;
    assert!(["000000", "000004"].contains(&code), "{code}");
    for path in ["/", "/instances", "/orders", "/events?state=undelivered", "/instances/b-1", "/license-requests"] {
        is_text(&world.open(path).await);
    }
    let mut search: reqwest::Url = world.at("/find").parse().unwrap();
    search.query_pairs_mut().append_pair("q", order);
    let found = world.browser.go(search.as_str()).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.body.contains("&lt;script&gt;"), "the order is shown");
    is_text(&found);
    search.query_pairs_mut().clear().append_pair("q", BAD);
    is_text(&world.browser.go(search.as_str()).await);
}

#[tokio::test]
async fn nothing_that_an_application_or_an_operator_writes_is_a_tag() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert_eq!(world.seller.say(&bodies::purchase()).await, "000004");
    let info =
        [("frontEndUrl", "https://x/\"'><script>alert(1)</script>"), ("userName", BAD), ("memo", BAD), ("reason", BAD)];
    let page = world.send("/instances/b-1", "/instances/b-1/app-info", &info).await;
    assert_eq!(page.status, 200, "{}", page.body);
    is_text(&page);
    is_text(&world.send("/instances/b-1", "/instances/b-1/show", &[("reason", BAD)]).await);
    is_text(&world.open("/audit").await);
    for query in ["/audit?text=", "/instances?text=", "/instances?status=", "/events?type=", "/orders?text=", "/?done="]
    {
        let mut url: reqwest::Url = world.at("/").parse().unwrap();
        url.set_path(&format!("/console{}", query.split('?').next().unwrap()));
        let name = query.split_once('?').unwrap().1.trim_end_matches('=');
        url.query_pairs_mut().append_pair(name, BAD);
        is_text(&world.browser.open(url.as_str()).await);
    }
    let page = world.browser.open(&world.at("/events?from=%22%3E%3Cscript%3E")).await;
    assert_eq!(page.status, 400);
    is_text(&page);
}

#[tokio::test]
async fn a_formula_in_a_reason_is_text_in_the_csv() {
    let world = World::start().await;
    world.seller.say_all(&[bodies::purchase(), with(bodies::freeze(), "x", "y")]).await;
    let event = world.seller.whole_events(bodies::INSTANCE).await[0].event_id;
    let reason = [("reason", "=HYPERLINK(\"https://evil.example.com\")")];
    assert_eq!(world.send(&format!("/events/{event}"), &format!("/events/{event}/resend"), &reason).await.status, 200);
    let csv = world.open("/audit.csv").await;
    assert!(csv.body.contains("\"'=HYPERLINK("), "{}", csv.body);
    assert!(csv.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
}
