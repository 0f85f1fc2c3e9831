//! A stand-in for AWS KMS with one key that never leaves it: it makes data keys that nobody else can unwrap, each for its
//! encryption context alone.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use koogallery_store::{DataKey, Sealed};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

/// The key's ARN.
pub const ARN: &str = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000";

/// The stand-in.
pub struct Kms {
    address: SocketAddr,
    held: Arc<Held>,
}

struct Held {
    key: DataKey,
    asked: Mutex<Vec<Value>>,
}

impl Kms {
    /// With a fresh key.
    pub async fn start() -> Self {
        let held = Arc::new(Held { key: DataKey::new(Uuid::new_v4(), &drawn()), asked: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, held }
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was asked so far: the operation and its encryption context.
    #[must_use]
    pub fn asked(&self) -> Vec<Value> {
        self.held.asked.lock().unwrap().clone()
    }
}

fn drawn() -> [u8; 32] {
    let mut key = [0; 32];
    getrandom::fill(&mut key).unwrap();
    key
}

async fn answer(State(held): State<Arc<Held>>, headers: HeaderMap, request: Bytes) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_slice(&request).unwrap();
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let context = request["EncryptionContext"].clone();
    held.asked.lock().unwrap().push(json!({ "operation": operation, "context": context }));
    let refused = |code: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": code, "message": "as KMS would" })));
    if request["KeyId"] != ARN {
        return refused("NotFoundException");
    }
    match operation.as_str() {
        "GenerateDataKeyWithoutPlaintext" if request["KeySpec"] == "AES_256" => {
            let wrapped = held.key.seal(&context.to_string(), &drawn()).unwrap();
            (StatusCode::OK, Json(json!({ "KeyId": ARN, "CiphertextBlob": STANDARD.encode(wrapped.as_bytes()) })))
        }
        "Decrypt" => {
            let wrapped = STANDARD.decode(request["CiphertextBlob"].as_str().unwrap()).unwrap();
            match held.key.open(&context.to_string(), &Sealed::from_bytes(wrapped)) {
                Ok(clear) => (StatusCode::OK, Json(json!({ "KeyId": ARN, "Plaintext": STANDARD.encode(clear) }))),
                Err(_) => refused("InvalidCiphertextException"),
            }
        }
        _ => refused("UnsupportedOperationException"),
    }
}
