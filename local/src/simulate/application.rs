//! The seller's application of a simulation: it receives as `koogallery listen` does, provisions what was bought, hands
//! licenses in, and keeps what came, in the order of arrival.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::seller_api::SellerApi;
use crate::listen::{Heard, ListenError, Listener};

/// A license that could not be handed in is handed in again.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

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
    wanted: Option<UnboundedReceiver<License>>,
    handing_in: Option<JoinHandle<()>>,
}

/// A license to hand in: a path of the seller API, and what is put there.
#[derive(Debug)]
struct License {
    path: Vec<String>,
    body: Value,
}

impl License {
    /// What a `license.requested` asks for: one for a device, or License 1.0's for an order.
    fn wanted(heard: &Heard<'_>) -> Option<Self> {
        let Heard::Event { body, .. } = heard else { return None };
        let data = body.get("data").filter(|_| body["type"] == "license.requested")?;
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let mut license = json!({ "text": "a simulated license" });
        let (path, further) = match (text("instanceId"), text("eventId")) {
            (Some(instance), Some(event)) => {
                (vec!["instances".to_owned(), instance, "licenses".to_owned(), event], "deviceFingerprint")
            }
            _ => (vec!["orders".to_owned(), text("orderId")?, "license".to_owned()], "productId"),
        };
        if let Some(value) = text(further) {
            license[further] = value.into();
        }
        Some(Self { path, body: license })
    }

    async fn hand_in(&self, api: &SellerApi) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        for _ in 0..TRIES {
            if api.put(&path, &self.body).await.is_ok() {
                return;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        // The call that waits for it says that it was not made.
    }
}

impl Application {
    /// Listens on any free loopback port. What these secrets did not sign is refused, so it is not delivered.
    pub(super) async fn start(secrets: Option<&str>) -> Result<Self, ListenError> {
        let receipts = Arc::new(Receipts::default());
        let hearing = Arc::clone(&receipts);
        let (want, wanted): (UnboundedSender<License>, _) = unbounded_channel();
        let hear = Box::new(move |heard: &Heard<'_>| {
            // Nobody waits for a license any more where this fails.
            if let Some(license) = License::wanted(heard) {
                drop(want.send(license));
            }
            hearing.hear(heard)
        });
        let listener = Listener::start(0, secrets, None, hear).await?;
        let url = format!("http://{}/", listener.address()?);
        Ok(Self { url, receipts, served: tokio::spawn(listener.run()), wanted: Some(wanted), handing_in: None })
    }

    /// Hands the licenses that it is asked for in there from now on.
    pub(super) fn hand_licenses_in(&mut self, api: SellerApi) {
        let Some(mut wanted) = self.wanted.take() else { return };
        self.handing_in = Some(tokio::spawn(async move {
            while let Some(license) = wanted.recv().await {
                license.hand_in(&api).await;
            }
        }));
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
        self.handing_in.iter().for_each(JoinHandle::abort);
    }
}
