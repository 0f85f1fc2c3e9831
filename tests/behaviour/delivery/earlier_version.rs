//! Events as version 0.1.0 left them in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_local::events;
use koogallery_store::Delivery;
use koogallery_tests::Seller;
use koogallery_tests::api::TOKEN;
use koogallery_tests::application::Post;
use koogallery_tests::operator;

use super::{life, plain, subject};

#[tokio::test]
async fn what_an_earlier_version_left_is_taken_over() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await;
    let post = Post::of(&seller, plain).await;
    seller.say_all(&life("i-0")[..3]).await;
    let store = seller.host.store();
    // As version 0.1.0 would have left them: delivered, still to be tried, parked.
    let events = store.events(&subject("i-0")).await.unwrap();
    let table = || store.client().update_item().table_name(store.table()).key("pk", text_of("INSTANCE#i-0"));
    for (event, update) in events.iter().zip([
        "SET deliveredAt = :at, attempts = :two REMOVE #open, openSince",
        "SET #open = :undelivered, openSince = :at, nextTryAt = :at, attempts = :two, lastProblem = :problem",
        "SET #open = :parked, openSince = :at, attempts = :two, lastProblem = :problem",
    ]) {
        let id = event.event.event_id;
        let outbox = store.client().delete_item().table_name(store.table()).key("pk", text_of("INSTANCE#i-0"));
        outbox.key("sk", text_of(&format!("OUTBOX#{id}"))).send().await.unwrap();
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut update_item = table().key("sk", text_of(&format!("EVENT#{id}"))).update_expression(update);
        update_item = update_item.expression_attribute_names("#open", "open");
        for (name, value) in [
            (":at", number(post.clock.now().as_millis())),
            (":two", number(2)),
            (":problem", text_of("HTTP 500")),
            (":undelivered", text_of("UNDELIVERED#1")),
            (":parked", text_of("PARKED#1")),
        ] {
            if update.contains(name) {
                update_item = update_item.expression_attribute_values(name, value);
            }
        }
        update_item.send().await.unwrap();
    }
    let stand = async || -> Vec<(Delivery, u32)> {
        let events = store.events(&subject("i-0")).await.unwrap();
        events.iter().map(|event| (event.delivery(), event.attempts)).collect()
    };
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Undelivered, 0), (Delivery::Parked, 2)]);
    let mut pump = post.pump(&seller).await;
    pump.sweep().await.unwrap();
    post.deliver(&mut pump).await;
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Delivered, 1), (Delivery::Parked, 2)]);
    assert_eq!(events::resend_failed(&operator::api(&seller)).await.unwrap(), 1);
    post.deliver(&mut pump).await;
    assert_eq!(stand().await, [(Delivery::Delivered, 2), (Delivery::Delivered, 1), (Delivery::Delivered, 1)]);
}

fn text_of(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
