//! What the order query tells of an event's order: buyer, product, period. It goes with the event, and the instance is
//! told its part. Asked once, then kept for as long as the event's instance or license code stands; what is of neither is
//! asked for again on each try.

use std::time::{Duration, Instant};

use koogallery::{OrderId, OrderLineId, Timestamp};
use koogallery_orders::{OpenApi, Orders, OrdersError};
use koogallery_runtime::{ConfigError, Environment, Secrets, Vault, now};
use koogallery_store::{Event, EventRecord, EventType, Store};
use serde_json::Value;

/// An event waits this long for the order query within one try.
const BUDGET: Duration = Duration::from_secs(10);

/// Who asks, and who seals the answers.
#[derive(Debug)]
pub(crate) struct OrderQuery {
    open_api: OpenApi,
    vault: Vault,
}

impl OrderQuery {
    /// None where nothing says where the open APIs are.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let open_api = OpenApi::of(environment, now)?;
        if !open_api.has_url() {
            return Ok(None);
        }
        Ok(Some(Self { open_api, vault: Vault::of(environment)? }))
    }

    /// The details of an event's order: none for an event of no order, without AK and SK, or once they were erased. The
    /// error says why they are not known now.
    pub(crate) async fn details(
        &self,
        record: &EventRecord,
        store: &Store,
        secrets: &Secrets,
        at: Timestamp,
    ) -> Result<Option<Value>, String> {
        match order_of(&record.event) {
            Some((order, line)) if secrets.open_api.is_some() => {
                let known = self.known(record, (&order, line.as_ref()), store, secrets, at).await;
                known.map_err(|error| error.to_string())
            }
            _ => Ok(None),
        }
    }

    async fn known(
        &self,
        EventRecord { subject, event, .. }: &EventRecord,
        (order, line): (&OrderId, Option<&OrderLineId>),
        store: &Store,
        secrets: &Secrets,
        at: Timestamp,
    ) -> Result<Option<Value>, OrdersError> {
        let orders = Orders { open_api: &self.open_api, vault: &self.vault, store };
        let details = orders.details(subject, (order, line), secrets, Instant::now() + BUDGET).await?;
        let Some(details) = details else { return Ok(None) };
        if let Some(instance) = event.data["instanceId"].as_str().and_then(|id| id.parse().ok()) {
            let product = event.data["productId"].as_str().and_then(|id| id.parse().ok());
            orders.tell(&instance, (order, line), product.as_ref(), &details, at).await?;
        }
        serde_json::to_value(details).map(Some).map_err(|_| OrdersError::Malformed(format!("details of {order}")))
    }
}

fn order_of(event: &Event) -> Option<(OrderId, Option<OrderLineId>)> {
    match event.event_type {
        EventType::Created
        | EventType::Refreshed
        | EventType::Upgraded
        | EventType::OrderPaid
        | EventType::LicenseRequested
        | EventType::LicenseRefreshed => {
            let order = event.data["orderId"].as_str()?.parse().ok()?;
            Some((order, event.data["orderLineId"].as_str().and_then(|line| line.parse().ok())))
        }
        _ => None,
    }
}
