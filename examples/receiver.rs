//! Receives events in Rust: verifies, answers a purchase, and works on each event once.
//!
//! `WEBHOOK_SECRET=whsec_… PORT=9100 cargo run -p koogallery-tests --example receiver`

#![allow(clippy::print_stdout)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

struct Shop {
    webhook: Webhook,
    /// The ids of the events that are done. Store them in your database, in the same transaction as the work.
    done: Mutex<HashSet<String>>,
}

/// Your own work. This example only prints it.
fn work_on(event: &Value) {
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let word = match text("/type") {
        "instance.created" => "provisioned",
        "instance.refreshed" => "renewed",
        "instance.upgraded" => "upgraded",
        "instance.frozen" => "frozen",
        "instance.unfrozen" => "unfrozen",
        "instance.accepted" => "accepted",
        "instance.changed" => "changed",
        "instance.released" => "released",
        other => return println!("{other}"),
    };
    let scene = event["data"]["scene"].as_str().map(|scene| format!(" ({scene})")).unwrap_or_default();
    println!("customer {} {word}{scene}", text("/data/instanceId"));
}

async fn receive(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: String) -> Response {
    if shop.webhook.verify(body.as_bytes(), &headers).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(event) = serde_json::from_str::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    if shop.done.lock().is_ok_and(|mut done| done.insert(id.to_owned())) {
        work_on(&event);
    }
    match (event["type"].as_str(), event["data"]["instanceId"].as_str()) {
        (Some("instance.created"), Some(instance)) => {
            let address = format!("https://app.example.com/?instance={instance}");
            axum::Json(json!({ "appInfo": { "frontEndUrl": address } })).into_response()
        }
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let webhook = Webhook::new(&std::env::var("WEBHOOK_SECRET")?)?;
    let shop = Arc::new(Shop { webhook, done: Mutex::default() });
    let port = std::env::var("PORT").unwrap_or_else(|_| "9100".to_owned()).parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", post(receive)).with_state(shop)).await?;
    Ok(())
}
