//! A stand-in for AWS Secrets Manager that holds one secret and counts how often it is read.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The stand-in.
pub struct Secrets {
    address: SocketAddr,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    text: Mutex<String>,
    reads: AtomicUsize,
}

impl Secrets {
    /// Holds `text`.
    pub async fn start(text: &str) -> Self {
        let held = Arc::new(Held { text: Mutex::new(text.to_owned()), reads: AtomicUsize::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(read).with_state(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, held }
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds another text from now on.
    pub fn put(&self, text: &str) {
        text.clone_into(&mut self.held.text.lock().unwrap());
    }

    /// How often it was read.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.held.reads.load(Ordering::SeqCst)
    }
}

async fn read(State(held): State<Arc<Held>>) -> Json<Value> {
    held.reads.fetch_add(1, Ordering::SeqCst);
    Json(json!({ "Name": "koogallery", "SecretString": held.text.lock().unwrap().clone() }))
}
