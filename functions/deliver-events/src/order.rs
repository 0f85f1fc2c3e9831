//! What the order query tells of an event's order: buyer, product, period. Asked once, then kept, sealed, for as long as
//! the event's instance or license code stands; what is of neither is asked for again on each try.

use std::time::{Duration, Instant};

use koogallery::{OrderId, OrderLineId};
use koogallery_open_api::{BaseUrl, BaseUrlError, Client, Credentials, Patience};
use koogallery_runtime::{ConfigError, Environment, OpenApiKey, Secrets, Vault, now};
use koogallery_store::{Event, EventRecord, EventType, Store, order_details_place};
use serde_json::Value;
use tokio::sync::Mutex;

/// An event waits this long for the order query within one try.
const BUDGET: Duration = Duration::from_secs(10);

/// The order query, and where its answers are kept.
#[derive(Debug)]
pub(crate) struct Orders {
    base: BaseUrl,
    vault: Vault,
    /// The client of the AK and SK that were last seen.
    client: Mutex<Option<(OpenApiKey, Client)>>,
}

impl Orders {
    /// Reads `KOOGALLERY_OPEN_API_URL`, a site's name or an address; none where it is not set.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        const NAME: &str = "KOOGALLERY_OPEN_API_URL";
        let Some(base) = environment.get(NAME) else { return Ok(None) };
        let base = base.trim().parse().map_err(|error: BaseUrlError| ConfigError::invalid(NAME, error))?;
        Ok(Some(Self { base, vault: Vault::of(environment)?, client: Mutex::default() }))
    }

    /// The details of an event's order: none for an event of no order, without AK and SK, or once they were erased. The
    /// error says why they are not known now.
    pub(crate) async fn details(
        &self,
        EventRecord { subject, event, .. }: &EventRecord,
        store: &Store,
        secrets: &Secrets,
    ) -> Result<Option<Value>, String> {
        let (Some((order, line)), Some(key)) = (order_of(event), &secrets.open_api) else { return Ok(None) };
        let place = order_details_place(&order, line.as_ref());
        let kept = store.order_details(&order, line.as_ref()).await.map_err(|error| error.to_string())?;
        if let Some(sealed) = kept {
            let opened = self.vault.open(store, &place, &sealed).await.map_err(|error| error.to_string())?;
            return serde_json::from_slice(&opened).map(Some).map_err(|_| "kept order details are not JSON".to_owned());
        }
        if store.is_erased(subject).await.map_err(|error| error.to_string())? {
            return Ok(None);
        }
        let client = self.client(key).await?;
        let details = client.order_query(&order, line.as_ref(), Instant::now() + BUDGET).await;
        let details = details.map_err(|error| error.to_string())?;
        let details = serde_json::to_value(details).map_err(|_| "order details cannot be written".to_owned())?;
        let sealed = self.vault.seal(store, &place, details.to_string().as_bytes()).await;
        let sealed = sealed.map_err(|error| error.to_string())?;
        store.keep_order_details(subject, &order, line.as_ref(), &sealed).await.map_err(|error| error.to_string())?;
        Ok(Some(details))
    }

    async fn client(&self, key: &OpenApiKey) -> Result<Client, String> {
        let mut held = self.client.lock().await;
        if let Some((_, client)) = held.as_ref().filter(|(of, _)| of == key) {
            return Ok(client.clone());
        }
        let credentials = Credentials::new(key.access_key_id.reveal(), key.secret_access_key.reveal());
        let credentials = credentials.map_err(|error| format!("openApi cannot be used: {error}"))?;
        let client = Client::new(self.base.clone(), credentials, now, Patience::default());
        let client = client.map_err(|error| error.to_string())?;
        *held = Some((key.clone(), client.clone()));
        Ok(client)
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
