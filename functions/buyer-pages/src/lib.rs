//! buyer-pages: what a buyer meets before the seller's application, and instead of it.
//!
//! A buyer who has just paid clicks, and the application may not be ready, or the instance may be frozen or expired. Here that buyer
//! reads what is the matter, and what to do. Whoever has the address of a page may see it: it names the seller and the product's state,
//! and nothing of the buyer. The function reads one item for a page, beside the settings of products, and writes nothing.
//!
//! | file | what is in it |
//! |---|---|
//! | `shown` | which page an instance has in its state |
//! | `answer` | a request, from its address to the answer with its headers |
//! | `page`, `texts`, `dates`, `style` | how a page looks, and what it says in Chinese and English |

mod answer;
mod dates;
mod page;
mod shown;
mod style;
mod texts;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Router, middleware};
use http::StatusCode;
use koogallery::Timestamp;
use koogallery_runtime::{
    CloudWatch, ConfigError, Environment, InvalidValue, Log, Settings, SettingsSource, StartError, dynamodb_client,
    now, serve_routes,
};
use koogallery_store::{PageKey, Store, StoreError};
use tokio::sync::Mutex;

/// Where the pages are below the production address.
pub const PATH: &str = "/buyer";

/// The variable with the address below which they are, as buyers know it.
pub const URL: &str = "KOOGALLERY_BUYER_PAGES_URL";
/// The variable with the days that KooGallery keeps what has expired.
const RETENTION: &str = "KOOGALLERY_RETENTION_DAYS";
/// Nobody has given out an address yet, while there is no key: so long that is believed.
const NO_KEY_FOR: Duration = Duration::from_secs(2);

/// What the routes share.
pub struct BuyerPages {
    store: Store,
    settings: SettingsSource,
    key: Mutex<KnownKey>,
    log: Arc<dyn Log>,
    clock: fn() -> Timestamp,
    /// How long KooGallery keeps an instance after its expiry, if somebody said it.
    retention: Option<Duration>,
}

/// The key of the addresses. It never changes, so it is read once.
#[derive(Default)]
struct KnownKey {
    key: Option<PageKey>,
    looked_at: Option<Timestamp>,
}

impl BuyerPages {
    /// Reads `KOOGALLERY_RETENTION_DAYS`. It sends nothing yet.
    pub fn of(
        environment: &Environment,
        store: Store,
        log: Arc<dyn Log>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ConfigError> {
        let days = environment.get(RETENTION).map(|days| days.trim().parse::<u16>()).transpose();
        let days =
            days.map_err(|_| ConfigError::invalid(RETENTION, InvalidValue::Unexpected("a whole number of days")))?;
        let retention = days.map(|days| Duration::from_hours(24) * u32::from(days));
        let settings = SettingsSource::new(Arc::new(clock));
        Ok(Self { store, settings, key: Mutex::default(), log, clock, retention })
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The key of the addresses; none if nobody was given an address.
    async fn key(&self) -> Result<Option<PageKey>, StoreError> {
        let mut known = self.key.lock().await;
        let now = self.now();
        let is_believed = known.looked_at.is_some_and(|at| now >= at && now.since(at) < NO_KEY_FOR);
        if known.key.is_none() && !is_believed {
            known.key = self.store.page_key().await?;
            known.looked_at = Some(now);
        }
        Ok(known.key.clone())
    }
}

/// Reads what the first page needs anyway. If that fails, the requests that need it say so.
pub async fn prepare(pages: Arc<BuyerPages>) {
    let _ = tokio::join!(pages.key(), pages.settings.current(&pages.store));
}

/// The pages as a service.
pub fn router(pages: Arc<BuyerPages>) -> Router {
    Router::new()
        .route("/{address}", get(answer::page))
        .route(&style::PATH, get(style::get))
        .fallback(answer::no_page)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(middleware::map_response(answer::with_headers))
        .with_state(pages)
}

/// Serves the pages on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let store = Store::new(dynamodb_client(&environment)?, Settings::of(&environment)?.table);
    let pages = Arc::new(BuyerPages::of(&environment, store, Arc::new(CloudWatch::of(&environment)), now)?);
    tokio::spawn(prepare(Arc::clone(&pages)));
    let router = router(pages);
    // A function URL is the pages' own; an HTTP API passes on what is below `PATH`, with its whole path.
    let router = router.clone().nest(PATH, router);
    serve_routes::<_, Body, _>(router, |_| StatusCode::BAD_REQUEST.into_response()).await
}
