//! What the order query says about an order line: the kept answer, and KooGallery's answer now.

use std::time::Instant;

use koogallery::{OrderId, OrderLineId, Timestamp};
use koogallery_open_api::{Error, OrderInfo};
use koogallery_runtime::{AppInfoTemplateError, SecretError, Secrets, Vault, VaultError};
use koogallery_store::{KeptDetails, Store, StoreError, Subject, order_details_place};

use crate::open_api::{NoClient, OpenApi};

/// Why an order's details are not known now. The error contains nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// The secrets, which have the AK and SK.
    #[error("the secret: {0}")]
    Secrets(#[from] SecretError),
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing or opening.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// This deployment cannot call the open APIs.
    #[error(transparent)]
    NoClient(#[from] NoClient),
    /// The order query failed.
    #[error(transparent)]
    Query(#[from] Error),
    /// The app info of the settings does not take an instance's id.
    #[error("the app info of the product's settings does not take this instance's id: {0}")]
    AppInfo(#[from] AppInfoTemplateError),
    /// A sealed value does not have the form that this code writes.
    #[error("the kept {0} do not have the expected form")]
    Malformed(String),
}

/// The kept answers about orders, sealed.
#[derive(Debug, Clone, Copy)]
pub struct KeptOrders<'a> {
    /// What seals and opens them.
    pub vault: &'a Vault,
    /// Where they are kept.
    pub store: &'a Store,
}

/// An order, and its line if one is named.
pub type Line<'a> = (&'a OrderId, Option<&'a OrderLineId>);

impl KeptOrders<'_> {
    /// The kept answer about an order line, and whether it expires by itself. Returns none if nothing was asked yet.
    pub async fn details(
        &self,
        (order, line): Line<'_>,
        at: Timestamp,
    ) -> Result<Option<(OrderInfo, bool)>, OrdersError> {
        let Some(KeptDetails { sealed, is_temporary }) = self.store.order_details(order, line, at).await? else {
            return Ok(None);
        };
        let place = order_details_place(order, line);
        let opened = self.vault.open(self.store, &place, &sealed).await?;
        let details = serde_json::from_slice(&opened).map_err(|_| OrdersError::Malformed(place))?;
        Ok(Some((details, is_temporary)))
    }

    /// Keeps an answer as long as the subject that it was asked for exists. Keeps nothing for a released one.
    pub async fn keep(
        &self,
        of: &Subject,
        (order, line): Line<'_>,
        details: &OrderInfo,
        at: Timestamp,
    ) -> Result<(), OrdersError> {
        let place = order_details_place(order, line);
        let json = serde_json::to_vec(details).map_err(|_| OrdersError::Malformed(place.clone()))?;
        let sealed = self.vault.seal(self.store, &place, &json).await?;
        self.store.keep_order_details(of, order, line, &sealed, at).await?;
        Ok(())
    }
}

impl OpenApi {
    /// KooGallery's answer now about an order line. It is not kept.
    pub async fn ask_order(
        &self,
        (order, line): Line<'_>,
        secrets: &Secrets,
        deadline: Instant,
    ) -> Result<OrderInfo, OrdersError> {
        Ok(self.client(secrets).await?.order_query(order, line, deadline).await?)
    }
}
