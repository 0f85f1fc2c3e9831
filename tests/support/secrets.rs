//! A stand-in for AWS Secrets Manager that counts how often its secrets are read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The stand-in.
pub struct Secrets {
    address: SocketAddr,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    /// Of a secret that has no text of its own.
    text: Mutex<String>,
    /// By the end of their ARNs.
    texts: BTreeMap<String, String>,
    reads: AtomicUsize,
}

impl Secrets {
    /// Holds `text` as every secret.
    pub async fn start(text: &str) -> Self {
        Self::holding(text, BTreeMap::new()).await
    }

    /// Holds these texts, by the end of the secrets' ARNs, and `text` as every other secret.
    pub async fn holding(text: &str, texts: BTreeMap<String, String>) -> Self {
        let held = Arc::new(Held { text: Mutex::new(text.to_owned()), texts, reads: AtomicUsize::new(0) });
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

async fn read(State(held): State<Arc<Held>>, body: Bytes) -> Json<Value> {
    held.reads.fetch_add(1, Ordering::SeqCst);
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let name = asked["SecretId"].as_str().unwrap().rsplit(':').next().unwrap();
    let text = held.texts.get(name).cloned().unwrap_or_else(|| held.text.lock().unwrap().clone());
    Json(json!({ "Name": "koogallery", "SecretString": text }))
}
