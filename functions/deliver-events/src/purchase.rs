//! What License 1.0's request for a license says about the buyer, and about the machine that the license is for. It is kept sealed
//! and sent with the event, like an order's details.

use koogallery::{OrderId, ProductId};
use koogallery_runtime::{Vault, VaultError};
use koogallery_store::{Event, EventType, Store, StoreError, license_details_place};
use serde_json::Value;

/// Why what a purchase told cannot be read. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PurchaseError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Opening.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What was sealed is not what this code seals.
    #[error("{0} does not have the expected form")]
    Malformed(String),
}

/// The details, opened. Returns none for an event of another type, or if they do not exist any more.
pub(crate) async fn told(event: &Event, store: &Store, vault: &Vault) -> Result<Option<Value>, PurchaseError> {
    let Some((order, product)) = application(event) else { return Ok(None) };
    let Some(sealed) = store.license_details(&order, product.as_ref()).await? else { return Ok(None) };
    let place = license_details_place(&order, product.as_ref());
    let opened = vault.open(store, &place, &sealed).await?;
    serde_json::from_slice(&opened).map(Some).map_err(|_| PurchaseError::Malformed(place))
}

fn application(event: &Event) -> Option<(OrderId, Option<ProductId>)> {
    let text = |name: &str| event.data[name].as_str();
    let order = text("orderId").filter(|_| event.event_type == EventType::LicenseRequested)?;
    Some((order.parse().ok()?, text("productId").and_then(|product| product.parse().ok())))
}
