//! What the order query told of an order line: asked once, then kept, sealed.

use std::time::Instant;

use koogallery::{InstanceId, OrderId, OrderLineId, ProductId, Timestamp};
use koogallery_open_api::{Error, OrderInfo};
use koogallery_runtime::{Secrets, Vault, VaultError};
use koogallery_store::{Changed, Store, StoreError, SubjectKey, order_details_place};

use crate::open_api::{NoClient, OpenApi};
use crate::told::told;

/// The order query, and where its answers are kept.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a> {
    /// Who asks.
    pub open_api: &'a OpenApi,
    /// Who seals.
    pub vault: &'a Vault,
    /// Where it is kept.
    pub store: &'a Store,
}

/// Why an order's details are not known now. Holds nothing of them.
#[derive(Debug, thiserror::Error)]
pub enum OrdersError {
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

impl Orders<'_> {
    /// What is kept of an order line; none before it was asked for.
    pub async fn kept(&self, order: &OrderId, line: Option<&OrderLineId>) -> Result<Option<OrderInfo>, OrdersError> {
        let Some(sealed) = self.store.order_details(order, line).await? else { return Ok(None) };
        let place = order_details_place(order, line);
        let opened = self.vault.open(self.store, &place, &sealed).await?;
        serde_json::from_slice(&opened).map(Some).map_err(|_| OrdersError::Malformed(place))
    }

    /// What KooGallery answers now; it is not kept.
    pub async fn ask(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
        secrets: &Secrets,
        deadline: Instant,
    ) -> Result<OrderInfo, OrdersError> {
        Ok(self.open_api.client(secrets).await?.order_query(order, line, deadline).await?)
    }

    /// What is kept, or what KooGallery answers now, which is kept from now on if the instance or license code that it is
    /// asked for stands; none once that was erased.
    pub async fn details(
        &self,
        of: &SubjectKey,
        (order, line): (&OrderId, Option<&OrderLineId>),
        secrets: &Secrets,
        deadline: Instant,
    ) -> Result<Option<OrderInfo>, OrdersError> {
        if let Some(kept) = self.kept(order, line).await? {
            return Ok(Some(kept));
        }
        if self.store.is_erased(of).await? {
            return Ok(None);
        }
        let details = self.ask(order, line, secrets, deadline).await?;
        let place = order_details_place(order, line);
        let json = serde_json::to_vec(&details).map_err(|_| OrdersError::Malformed(place.clone()))?;
        let sealed = self.vault.seal(self.store, &place, &json).await?;
        self.store.keep_order_details(of, order, line, &sealed).await?;
        Ok(Some(details))
    }

    /// Tells an instance what one of its orders bought, which `product` is known of. Told again it changes nothing.
    pub async fn tell(
        &self,
        instance: &InstanceId,
        (order, line): (&OrderId, Option<&OrderLineId>),
        product: Option<&ProductId>,
        details: &OrderInfo,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        match told(details, line, product) {
            Some(told) => self.store.order_told(instance, order, line, &told, now).await,
            None => Ok(Changed::Unchanged),
        }
    }
}
