//! Orders after payment: their state and its evidence, supervision, demands, warnings, and the figures of a month.

#![allow(clippy::unwrap_used)]

mod asked;
mod certificate;
mod commands;
mod demands;
mod flows;
mod kills;
mod statements;
mod states;
mod summary;
mod told;
mod warned;
mod warnings;
mod watching;

use std::time::Duration;

use http::Method;
use koogallery::{AccessKeys, InterfaceType, Timestamp};
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, now};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

fn with_token(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_API_TOKEN", TOKEN)
}

async fn start() -> (Seller, Api) {
    let seller = Seller::with(with_token).await;
    let api = Api::of(&seller);
    (seller, api)
}

/// With a stand-in for KooGallery's open APIs, and other configuration.
async fn with_open_api(change: impl FnOnce(Environment) -> Environment) -> (Seller, Api, StandIn) {
    with_open_api_over(koogallery_tests::other_dynamodb(), change).await
}

/// The same over another DynamoDB.
async fn with_open_api_over(
    dynamodb_endpoint: Option<String>,
    change: impl FnOnce(Environment) -> Environment,
) -> (Seller, Api, StandIn) {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
    let endpoint = stand_in.endpoint().to_string();
    let seller = Seller::at(dynamodb_endpoint, |environment| {
        change(with_token(environment))
            .with("KOOGALLERY_OPEN_API_URL", endpoint)
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    })
    .await;
    let api = Api::of(&seller);
    (seller, api, stand_in)
}

/// What V1.0 says by its parameters.
async fn say_v1(seller: &Seller, interface: InterfaceType, parameters: &[(&str, &str)]) {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = SignedCall::basic_v1(&seller.key(interface), parameters, now());
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
}

fn bought(id: &str) -> Value {
    json!({ "activity": "newInstance", "orderId": id, "orderLineId": format!("{id}-000001"), "businessId": id })
}

/// An order as the order query tells it: of one line, for a year.
fn order_info(id: &str, kind: &str, product: &str, amounts: [&str; 2]) -> koogallery_open_api::OrderInfo {
    let line = json!({ "orderLineId": format!("{id}-000001"), "chargingMode": "PERIOD", "periodType": "year",
        "periodNumber": 1, "productInfo": [{ "productId": product, "skuCode": "team", "linearValue": 5 }],
        "currency": amounts[0], "currencyAfterDiscount": amounts[1] });
    let order = json!({ "orderId": id, "orderType": kind, "orderLine": [line],
        "buyerInfo": { "customerId": "c-1", "customerName": "Example Buyer" } });
    serde_json::from_value(order).unwrap()
}

/// Waits until an order's amounts are learnt.
async fn learnt(seller: &Seller, order: &str) {
    while seller.host.store().amounts_of(&order.parse().unwrap()).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

fn ago(time: Duration) -> Timestamp {
    now().saturating_sub(time)
}

/// Enters a step, with a body.
async fn enter(api: &Api, order: &str, step: &str, body: Value) -> koogallery_tests::api::Answer {
    api.ask(&Method::POST, &format!("/v1/orders/{order}/supervision/{step}"), Some(&body)).await
}
