//! What the order query tells of an order line: what is kept of it, and what KooGallery answers now.

use std::time::Instant;

use koogallery::{OrderId, OrderLineId, Timestamp};
use koogallery_open_api::{Error, OrderInfo};
use koogallery_runtime::{SecretError, Secrets, Vault, VaultError};
use koogallery_store::{KeptDetails, Store, StoreError, SubjectKey, order_details_place};

use crate::open_api::{NoClient, OpenApi};

/// Why an order's details are not known now. Holds nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
    /// What signs the request.
    #[error("the secret: {0}")]
    Secrets(#[from] SecretError),
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing or opening.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// This deployment cannot call KooGallery.
    #[error(transparent)]
    NoClient(#[from] NoClient),
    /// KooGallery.
    #[error(transparent)]
    Query(#[from] Error),
    /// What was sealed is not what this code seals.
    #[error("the kept {0} are not of the expected form")]
    Malformed(String),
}

/// What is kept of orders, sealed.
#[derive(Debug, Clone, Copy)]
pub struct KeptOrders<'a> {
    /// Who seals and opens.
    pub vault: &'a Vault,
    /// Where it is kept.
    pub store: &'a Store,
}

/// An order line: an order, and the line where one is named.
pub type Line<'a> = (&'a OrderId, Option<&'a OrderLineId>);

impl KeptOrders<'_> {
    /// What is kept of an order line, and whether it goes by itself; none before it was asked for.
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

    /// Keeps them from now on, for as long as what they are asked for stands; not where that is released.
    pub async fn keep(
        &self,
        of: &SubjectKey,
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
    /// What KooGallery answers now of an order line; it is not kept.
    pub async fn ask_order(
        &self,
        (order, line): Line<'_>,
        secrets: &Secrets,
        deadline: Instant,
    ) -> Result<OrderInfo, OrdersError> {
        Ok(self.client(secrets).await?.order_query(order, line, deadline).await?)
    }
}
