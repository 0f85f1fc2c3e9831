//! Personal data is behind a button, and the audit has who pressed it.

use koogallery_store::Action;
use koogallery_tests::Seller;
use koogallery_tests::bodies;
use koogallery_tests::kit::tenant;

use super::world::World;

#[tokio::test]
async fn what_only_the_buyer_and_the_application_know_is_shown_once_asked_for() {
    let world = World::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert_eq!(world.seller.say(&bodies::purchase()).await, "000004");
    let info = [
        ("frontEndUrl", "https://app.example.com/"),
        ("userName", "li.wei@buyer.example"),
        ("password", "first-password"),
        ("memo", "ring 555-0100"),
        ("reason", "the application was down"),
    ];
    assert_eq!(world.send("/instances/b-1", "/instances/b-1/app-info", &info).await.status, 200);
    for path in ["/instances/b-1", "/orders/CS1", "/instances", "/audit", "/audit.csv"] {
        let page = world.open(path).await;
        assert!(!page.body.contains("li.wei") && !page.body.contains("555-0100"), "{path}");
    }
    let page = world.open("/instances/b-1").await;
    let shown = world.browser.submit_to(&page, "/console/instances/b-1/show", &[("reason", "the buyer called")]).await;
    assert!(shown.body.contains("li.wei@buyer.example") && shown.body.contains("555-0100"), "{}", shown.body);
    assert!(!shown.body.contains("first-password"), "only the buyer sees it");
    let done = world.done_to(bodies::INSTANCE).await;
    let told: Vec<&str> = done.iter().map(|action| action.what.as_str()).collect();
    assert_eq!(told, [Action::PERSONAL_DATA_SHOWN, Action::APP_INFO_HANDED_IN]);
    assert_eq!(done[0].reason.as_ref().unwrap().as_str(), "the buyer called");
    assert!(!format!("{done:?}").contains("li.wei"));
}

#[tokio::test]
async fn a_tenants_name_is_on_no_page_until_it_is_asked_for() {
    let seller = Seller::of_kit().await;
    let browser = koogallery_tests::browser::Browser::default();
    drop(browser.go(seller.host.console().unwrap()).await);
    let world = World { seller, browser };
    world.seller.say_all(&[bodies::purchase()]).await;
    assert_eq!(world.seller.sync(&tenant(1)).await, "000000");
    for (path, known) in [("/tenants", "t-1"), ("/tenants/t-1", "b-1"), ("/instances/b-1", "b-1")] {
        let page = world.open(path).await;
        assert!(!page.body.contains("Example Ltd") && page.body.contains(known), "{path}");
    }
    let page = world.open("/tenants/t-1").await;
    let shown = world.browser.submit_to(&page, "/console/tenants/t-1/show", &[("reason", "who is it")]).await;
    assert!(shown.body.contains("Example Ltd"));
    assert_eq!(world.done_to("TENANT#t-1").await.len(), 1);
}
