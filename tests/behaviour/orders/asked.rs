//! What the commands ask for: all pages, CSV, the figures of a month; and the orders that `simulate` plays.

use koogallery_local::api::Api as Asked;
use koogallery_local::orders::{Figures, with_states_and_amounts, write_csv};
use koogallery_local::simulate::play_orders;
use koogallery_tests::api::TOKEN;
use serde_json::json;

use super::{bought, start};

#[tokio::test]
async fn the_orders_that_simulate_plays_stand_where_they_should() {
    let report = play_orders().await.unwrap();
    assert!(report.is_right() && report.steps.len() > 15, "{report}");
}

#[tokio::test]
async fn all_pages_are_exported_and_added_up() {
    let (seller, _api) = start().await;
    for number in 0..205 {
        seller.say_all(&[bought(&format!("CS{number:03}"))]).await;
    }
    let asked = Asked::new(&seller.host.seller_api(), TOKEN.to_owned()).unwrap();
    let orders = asked.pages(&["orders"], &[], "orders").await.unwrap();
    let mut csv = Vec::new();
    let orders = with_states_and_amounts(&asked, orders).await.unwrap();
    write_csv(&orders, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!((orders.len(), csv.lines().count()), (205, 206));
    assert!(csv.contains("CS204,CS204-000001,purchase,,,CS204,"), "{csv}");
    assert_eq!(csv.matches(",completed,provisioned,,").count(), 205, "each with its state: {csv}");
    let figures = Figures::of(&asked, None).await.unwrap().to_string();
    assert!(figures.contains("205 new") && figures.contains("of 205 orders nothing is told"), "{figures}");
    assert!(Figures::of(&asked, Some("2026-13")).await.is_err());
    let demand = asked.post(&["demands"], Some(&json!({}))).await.unwrap();
    let id = demand["demandId"].as_str().unwrap();
    let changed = asked.patch(&["demands", id], &json!({ "state": "rejected" })).await.unwrap();
    assert_eq!(changed["state"], "rejected");
}
