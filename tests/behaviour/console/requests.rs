//! What a page asks of the table: as much with many instances as with few, and nothing one after the other that could be asked together.

use koogallery_tests::bodies::{self, with};
use koogallery_tests::browser::Browser;
use koogallery_tests::deployment::Deployment;

use super::deployed::console_of;
use super::provider::Provider;

/// The pages, and how many requests each may take: with the one for the session. Most lists have 16 parts, of which each is asked.
const PAGES: [(&str, u32); 14] = [
    ("/", 170),
    ("/instances", 70),
    ("/instances?status=frozen", 20),
    ("/instances/i-1", 25),
    ("/orders", 20),
    ("/orders/CS1", 30),
    ("/events?state=undelivered", 20),
    ("/warnings", 20),
    ("/supervision", 20),
    ("/tenants", 20),
    ("/money", 20),
    ("/figures", 90),
    ("/audit", 20),
    ("/find?q=no-such-request", 230),
];

async fn buy(deployment: &Deployment, number: usize) {
    let purchase =
        with(with(bodies::purchase(), "orderId", format!("CS{number}")), "businessId", format!("i-{number}"));
    assert_eq!(deployment.say(&with(purchase, "orderLineId", format!("CS{number}-000001"))).await, "000000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_as_many_requests_with_few_instances_as_with_many() {
    let deployment = Deployment::start(|environment| environment).await;
    let provider = Provider::start().await;
    let url = console_of(&deployment, &provider).await;
    buy(&deployment, 1).await;
    provider.is("ada@example.com", &[]);
    let browser = Browser::default();
    assert_eq!(browser.go(&url).await.status, 200);
    let asked = async |path: &str| {
        let before = deployment.counted("console");
        let page = browser.open(&format!("{url}{path}")).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        (deployment.counted("console") - before).requests
    };
    let mut few = Vec::new();
    for (path, most) in PAGES {
        let requests = asked(path).await;
        assert!(requests <= most, "{path} took {requests} requests");
        few.push(requests);
    }
    for number in 2..60 {
        buy(&deployment, number).await;
    }
    for ((path, most), few) in PAGES.into_iter().zip(few) {
        let many = asked(path).await;
        // A list that fills a page ends before its last parts. A request id is looked for among what came last: up to so much of each part.
        assert!(many <= most.max(few), "{path} took {few} requests with one instance, and {many} with sixty");
    }
}
