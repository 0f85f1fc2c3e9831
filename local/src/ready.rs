//! Whether calls should go to a host: for load balancers, orchestrators and whoever has just deployed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use koogallery_runtime::{SecretError, Shared};
use koogallery_store::StoreError;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::notes::trouble;

/// An answer is as good for so long: anybody may ask, and the store shall not feel it.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// The store answers within this time, or is not there.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks whether calls could be answered.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    shared: Arc<Shared>,
    last: Arc<Mutex<Option<(Instant, Readiness)>>>,
}

/// What is the matter. Why stands in the log: a stranger who asks learns no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Readiness {
    Ready,
    SecretsUnreadable,
    StoreUnreachable,
}

/// Why calls could not be answered.
#[derive(Debug, thiserror::Error)]
enum NotReady {
    #[error("the secrets cannot be read: {0}")]
    Secrets(#[from] SecretError),
    #[error("the store cannot be reached: {0}")]
    Store(#[from] StoreError),
    #[error("the store does not answer within {} s", PATIENCE.as_secs())]
    Silent,
}

impl Ready {
    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared, last: Arc::default() }
    }

    async fn state(&self) -> Readiness {
        let mut last = self.last.lock().await;
        if let Some((_, state)) = last.filter(|(at, _)| at.elapsed() < GOOD_FOR) {
            return state;
        }
        let state = match self.look().await {
            Ok(()) => Readiness::Ready,
            Err(problem) => {
                if last.is_none_or(|(_, state)| state == Readiness::Ready) {
                    trouble("not ready", &problem);
                }
                match problem {
                    NotReady::Secrets(_) => Readiness::SecretsUnreadable,
                    NotReady::Store(_) | NotReady::Silent => Readiness::StoreUnreachable,
                }
            }
        };
        *last = Some((Instant::now(), state));
        state
    }

    async fn look(&self) -> Result<(), NotReady> {
        self.shared.secrets().check().await?;
        tokio::time::timeout(PATIENCE, self.shared.store().reach()).await.map_err(|_| NotReady::Silent)??;
        Ok(())
    }
}

/// Says whether calls should go to this host.
pub(crate) async fn readyz(ready: Ready) -> Response {
    #[derive(Serialize)]
    struct Told {
        status: Readiness,
    }
    let status = ready.state().await;
    let code = if status == Readiness::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Told { status })).into_response()
}
