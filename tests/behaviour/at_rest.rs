//! What stands in the table: nobody who reads it, its stream or a backup learns how a buyer logs in.

#![allow(clippy::unwrap_used)]

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::AppInfo;
use koogallery_runtime::Environment;
use koogallery_store::{Provisioned, ToldBy};
use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::bodies::{self, ID, INSTANCE, with};
use koogallery_tests::kit::vault;
use serde_json::{Value, json};

/// What only the buyer may read.
const PRIVATE: [&str; 3] = ["first-admin-of-b", "first-password-of-b", "note-for-the-buyer"];

fn way_in() -> Value {
    let [user_name, password, memo] = PRIVATE;
    json!({ "frontEndUrl": "https://app.example.com/b-1", "userName": user_name, "password": password, "memo": memo })
}

fn deferred(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_PROVISIONING", "deferred")
}

/// Whether a text stands anywhere in a value, also inside bytes.
fn holds(value: &AttributeValue, text: &str) -> bool {
    match value {
        AttributeValue::S(here) => here.contains(text),
        AttributeValue::B(bytes) => bytes.as_ref().windows(text.len()).any(|window| window == text.as_bytes()),
        AttributeValue::M(members) => members.values().any(|value| holds(value, text)),
        AttributeValue::L(values) => values.iter().any(|value| holds(value, text)),
        _ => false,
    }
}

/// The places of the table where one of these texts stands in the clear.
async fn in_the_clear(seller: &Seller, texts: &[&str]) -> Vec<String> {
    let items = seller.everything().await;
    assert!(items.len() > 2, "there is something to look at");
    let found = items.iter().filter(|item| item.values().any(|value| texts.iter().any(|text| holds(value, text))));
    found.map(|item| format!("{:?} {:?}", item["pk"], item["sk"])).collect()
}

async fn told_to_the_buyer(seller: &Seller) -> Value {
    let reply = seller.send(&seller.signed(&bodies::query())).await;
    serde_json::to_value(&reply.info.unwrap()[0].app_info).unwrap()
}

#[tokio::test]
async fn what_the_seller_api_and_an_answer_say_is_sealed_in_the_table() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, |environment| environment).await;
    seller.say(&bodies::purchase()).await;
    post.application.does(|_| Does::Say(json!({ "appInfo": way_in() }).to_string()));
    post.deliver(&mut post.pump(&seller).await).await;
    assert_eq!(told_to_the_buyer(&seller).await, way_in());
    assert_eq!(in_the_clear(&seller, &PRIVATE).await, [""; 0]);
    // What may be read stands there, so the search finds what is there.
    assert_eq!(in_the_clear(&seller, &["https://app.example.com/b-1"]).await.len(), 1);

    let other = with(way_in(), "password", "second-password-of-b");
    let info: AppInfo = serde_json::from_value(other.clone()).unwrap();
    let (store, id) = (seller.host.store(), ID.parse().unwrap());
    let put = async || store.provision(&id, &info, ToldBy::SellerApi, &vault()).await.unwrap();
    assert_eq!(put().await, Provisioned::Applied);
    assert_eq!(put().await, Provisioned::Unchanged, "the same again, though it would be sealed with another nonce");
    assert_eq!(told_to_the_buyer(&seller).await, other);
    assert_eq!(in_the_clear(&seller, &[&PRIVATE[..], &["second-password-of-b"]].concat()).await, [""; 0]);
}

#[tokio::test]
async fn the_template_of_instances_that_are_ready_at_once_is_sealed_too() {
    let seller = Seller::with(|environment| {
        environment.with("KOOGALLERY_PROVISIONING", "instant").with("KOOGALLERY_APP_INFO", way_in().to_string())
    })
    .await;
    seller.say(&bodies::purchase()).await;
    let debug = with(with(bodies::purchase(), "testFlag", "1"), "businessId", "debug-1");
    seller.say(&debug).await;
    assert_eq!(told_to_the_buyer(&seller).await, way_in());
    assert_eq!(in_the_clear(&seller, &PRIVATE).await, [""; 0]);
}

#[tokio::test]
async fn what_an_earlier_version_wrote_in_the_clear_is_still_read_and_sealed_when_it_is_sent_again() {
    let seller = Seller::with(deferred).await;
    seller.say(&bodies::purchase()).await;
    let store = seller.host.store();
    let as_before: std::collections::HashMap<String, AttributeValue> = serde_dynamo::to_item(way_in()).unwrap();
    let update = store.client().update_item().table_name(store.table());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = update.key("pk", text(INSTANCE)).key("sk", text("STATE")).update_expression("SET appInfo = :before");
    update.expression_attribute_values(":before", AttributeValue::M(as_before)).send().await.unwrap();
    assert_eq!(in_the_clear(&seller, &PRIVATE).await.len(), 1);
    assert_eq!(told_to_the_buyer(&seller).await, way_in());

    let info: AppInfo = serde_json::from_value(way_in()).unwrap();
    let put = store.provision(&ID.parse().unwrap(), &info, ToldBy::Answer, &vault()).await.unwrap();
    assert_eq!(put, Provisioned::Applied);
    assert_eq!(in_the_clear(&seller, &PRIVATE).await, [""; 0]);
    assert_eq!(told_to_the_buyer(&seller).await, way_in());
}
