//! What License 1.0's application for a license told of the buyer, and of the machine that the license is for. It is kept
//! sealed and goes with the event, as an order's details do.

use koogallery::{OrderId, ProductId};
use koogallery_runtime::{Vault, VaultError};
use koogallery_store::{Event, EventType, Store, license_details_place};
use serde_json::Value;

/// The details, opened: none for an event of another kind, or once they are gone.
pub(crate) async fn told(event: &Event, store: &Store, vault: &Vault) -> Result<Option<Value>, String> {
    let Some((order, product)) = application(event) else { return Ok(None) };
    let sealed = store.license_details(&order, product.as_ref()).await.map_err(|error| error.to_string())?;
    let Some(sealed) = sealed else { return Ok(None) };
    let place = license_details_place(&order, product.as_ref());
    let opened = vault.open(store, &place, &sealed).await.map_err(|error: VaultError| error.to_string())?;
    serde_json::from_slice(&opened).map(Some).map_err(|_| format!("{place} is not of the expected form"))
}

fn application(event: &Event) -> Option<(OrderId, Option<ProductId>)> {
    let text = |name: &str| event.data[name].as_str();
    let order = text("orderId").filter(|_| event.event_type == EventType::LicenseRequested)?;
    Some((order.parse().ok()?, text("productId").and_then(|product| product.parse().ok())))
}
