//! The seller's API over HTTP: who may call, what each route does and refuses, and that its description is true.

#![allow(clippy::unwrap_used)]

mod access;
mod addresses;
mod description;
mod entitlement;
mod guesses;
mod history;
mod instances;
mod licenses;
mod lists;
mod metering;
mod orders;
mod page_sizes;
mod provisioning;
mod scopes;
mod settings;
mod statements;
mod statuses;
mod tenants;
mod usage;
mod words;

use koogallery::{AccessKeys, InterfaceType};
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, now};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::with;
use koogallery_tests::kit::RSA_PRIVATE_KEY;
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

const AK: &str = "LOCALTEST";
const SK: &str = "local secret key";

/// The routes that need no token, by path and by operation.
const OPEN_PATHS: [&str; 2] = ["/healthz", "/v1/openapi.json"];
const OPEN_OPERATIONS: [&str; 2] = ["getDescription", "getHealth"];

fn with_token(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_API_TOKEN", TOKEN).with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
}

async fn start() -> (Seller, Api) {
    let seller = Seller::with(with_token).await;
    let api = Api::of(&seller);
    (seller, api)
}

/// Instances wait for their app info.
async fn deferred() -> (Seller, Api) {
    let seller = Seller::with(|environment| with_token(environment).with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let api = Api::of(&seller);
    (seller, api)
}

/// With a stand-in for KooGallery's open APIs.
async fn with_open_api(secret: &str) -> (Seller, Api, StandIn) {
    let credentials = Credentials::new(AK, SK).unwrap();
    let stand_in = StandIn::start(credentials, AccessKeys::from_json(KEYS).unwrap(), now).await.unwrap();
    let endpoint = stand_in.endpoint().to_string();
    let seller = Seller::with(|environment| at_open_api(with_token(environment), &endpoint, secret)).await;
    let api = Api::of(&seller);
    (seller, api, stand_in)
}

/// The same where instances wait for the application.
async fn deferred_with_open_api() -> (Seller, Api, StandIn) {
    let credentials = Credentials::new(AK, SK).unwrap();
    let stand_in = StandIn::start(credentials, AccessKeys::from_json(KEYS).unwrap(), now).await.unwrap();
    let endpoint = stand_in.endpoint().to_string();
    let seller = Seller::with(|environment| {
        at_open_api(with_token(environment), &endpoint, SK).with("KOOGALLERY_PROVISIONING", "deferred")
    })
    .await;
    let api = Api::of(&seller);
    (seller, api, stand_in)
}

fn at_open_api(environment: Environment, endpoint: &str, secret: &str) -> Environment {
    environment
        .with("KOOGALLERY_OPEN_API_URL", endpoint)
        .with("KOOGALLERY_ACCESS_KEY_ID", AK)
        .with("KOOGALLERY_SECRET_ACCESS_KEY", secret)
}

fn bought(id: &str) -> Value {
    json!({ "activity": "newInstance", "orderId": id, "orderLineId": format!("{id}-000001"), "businessId": id })
}

fn about(body: Value, id: &str) -> Value {
    with(body, "instanceId", id)
}

fn app_info() -> Value {
    json!({ "frontEndUrl": "https://app.example.com/", "userName": "admin", "password": "first-password" })
}

async fn say_v1(seller: &Seller, parameters: &[(&str, &str)]) {
    let code = code_v1(seller, InterfaceType::Basic, parameters).await;
    assert!(matches!(code.as_str(), "000000" | "000004"), "{code}");
}

async fn code_v1(seller: &Seller, interface: InterfaceType, parameters: &[(&str, &str)]) -> String {
    reply_v1(seller, interface, parameters).await.result_code.to_string()
}

async fn reply_v1(seller: &Seller, interface: InterfaceType, parameters: &[(&str, &str)]) -> koogallery::Reply {
    let key = seller.key(interface);
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let exchange = seller.marketplace.send(&SignedCall::basic_v1(&key, parameters, now())).await.unwrap();
    exchange.reply().unwrap()
}
