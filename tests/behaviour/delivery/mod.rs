//! Every event reaches the seller's application, in order for each instance, whatever the application, the network or
//! our own process does meanwhile.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod answers;
mod crashes;
mod destinations;
mod discards;
mod earlier_version;
mod facts;
mod fairness;
mod on_aws;
mod order_details;
mod receiver;
mod resends;
mod sweeps;
mod wake_ups;

use koogallery::AccessKeys;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, now};
use koogallery_store::Subject;
use koogallery_tests::application::Arrived;
use koogallery_tests::bodies::{self, with};
use koogallery_tests::{KEYS, Seller};
use serde_json::Value;

/// What happens to an instance from first to last: six events.
fn life(id: &str) -> Vec<Value> {
    let order = |body: Value, order: &str| {
        with(
            with(with(body, "instanceId", id), "orderId", format!("{order}-{id}")),
            "orderLineId",
            format!("{order}-{id}-1"),
        )
    };
    vec![
        with(
            with(with(bodies::purchase(), "businessId", id), "orderId", format!("P-{id}")),
            "orderLineId",
            format!("P-{id}-1"),
        ),
        order(bodies::renewal("R", bodies::FUTURE), "R"),
        with(bodies::freeze(), "instanceId", id),
        with(bodies::unfreeze(), "instanceId", id),
        order(bodies::upgrade("U"), "U"),
        with(bodies::release(), "instanceId", id),
    ]
}

async fn lives(seller: &Seller, count: usize) {
    for number in 0..count {
        seller.say_all(&life(&format!("i-{number}"))).await;
    }
}

fn instance(arrived: &Arrived) -> &str {
    arrived.body["data"]["instanceId"].as_str().unwrap()
}

fn subject(id: &str) -> Subject {
    Subject::Instance(id.parse().unwrap())
}

/// Until when a sweep may go on: there is time for all that a test has.
fn soon() -> std::time::Instant {
    std::time::Instant::now() + std::time::Duration::from_mins(5)
}

fn plain(environment: Environment) -> Environment {
    environment
}

fn deferred(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_PROVISIONING", "deferred")
}

async fn open_api() -> StandIn {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap()
}

fn with_open_api(stand_in: &StandIn) -> impl FnOnce(Environment) -> Environment {
    let url = stand_in.endpoint().to_string();
    move |environment| {
        environment
            .with("KOOGALLERY_OPEN_API_URL", url)
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    }
}

fn of_order(body: Value, order: &str) -> Value {
    with(with(body, "orderId", order), "orderLineId", format!("{order}-000001"))
}
