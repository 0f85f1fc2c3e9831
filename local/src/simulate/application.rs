//! The seller's application of a simulation: it receives as `koogallery listen` does, provisions what was bought, and keeps
//! what came, in the order of arrival.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::listen::{Heard, ListenError, Listener};

/// What came, in the order of arrival.
#[derive(Debug, Default)]
pub struct Receipts(Mutex<Vec<Receipt>>);

/// One event that came.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    event_id: String,
    pub(super) event_type: String,
    /// The order whose details came with it.
    pub(super) details_of: Option<String>,
}

impl Receipts {
    /// When an event came first: its place among all, and what came.
    pub(super) fn first(&self, event_id: &str) -> Option<(usize, Receipt)> {
        let receipts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.iter().cloned().enumerate().find(|(_, receipt)| receipt.event_id == event_id)
    }

    /// Keeps what came; the answer to a purchase says how the buyer gets in.
    pub(super) fn hear(&self, heard: &Heard<'_>) -> Option<Value> {
        let Heard::Event { id, body } = heard else { return None };
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let event_type = text("/type").unwrap_or_default();
        let instance = text("/data/instanceId").filter(|_| event_type == "instance.created");
        let receipt = Receipt { event_id: (*id).to_owned(), event_type, details_of: text("/data/order/orderId") };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(receipt);
        instance.map(|id| json!({ "appInfo": { "frontEndUrl": format!("https://example.com/instances/{id}") } }))
    }
}

/// The application while it runs.
#[derive(Debug)]
pub(super) struct Application {
    url: String,
    receipts: Arc<Receipts>,
    served: JoinHandle<Result<(), ListenError>>,
}

impl Application {
    /// Listens on any free loopback port. What these secrets did not sign is refused, so it is not delivered.
    pub(super) async fn start(secrets: Option<&str>) -> Result<Self, ListenError> {
        let receipts = Arc::new(Receipts::default());
        let hearing = Arc::clone(&receipts);
        let listener = Listener::start(0, secrets, None, Box::new(move |heard| hearing.hear(heard))).await?;
        let url = format!("http://{}/", listener.address()?);
        Ok(Self { url, receipts, served: tokio::spawn(listener.run()) })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn receipts(&self) -> &Receipts {
        &self.receipts
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.served.abort();
    }
}
