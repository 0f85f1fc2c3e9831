//! KooGallery's open APIs: how long a call may take, and the problem that the caller gets if it fails.

use std::time::{Duration, Instant};

use koogallery_open_api::Error;
use koogallery_orders::{NoClient, OrdersError};

use crate::problem::{Kind, Problem};

/// How long KooGallery may take for one request of the application.
const BUDGET: Duration = Duration::from_secs(20);

/// So many refused records are named.
const MOST_NAMED: usize = 20;

/// When a call must have ended.
pub(crate) fn deadline() -> Instant {
    Instant::now() + BUDGET
}

/// The problem for a call that failed. `refused` is the kind for a refusal by KooGallery.
pub(crate) fn failed(error: Error, refused: Kind) -> Problem {
    let unserved = "KooGallery did not serve the request; the function's log says what it answered";
    let reason = error.to_string();
    let problem = match error {
        Error::Refused { said, .. } => {
            let detail = "KooGallery refused, and will refuse again: `koogalleryCode` and `koogalleryMessage` say why";
            Problem::new(refused, detail).said(said)
        }
        Error::RecordsRefused { said, records, .. } => {
            let named = records.iter().map(|record| format!("{} ({})", record.metering_sn, record.said));
            let named: Vec<_> = named.take(MOST_NAMED).collect();
            let detail = format!(
                "KooGallery refused {} of the records, and does not say whether it took the others: take these out and send the \
                 others again: {}",
                records.len(),
                named.join(", ")
            );
            Problem::new(refused, detail).said(said)
        }
        Error::Unreachable { .. } | Error::TheirSide { .. } | Error::Status { status: 429 | 500.., .. } => {
            Problem::new(Kind::KooGalleryUnavailable, "nothing was done: try again in a moment")
        }
        Error::Broken { .. } | Error::TimedOut(_) => Problem::new(
            Kind::NoAnswer,
            "KooGallery may have done it or not. Send usage again; for a license, ask for its state first",
        ),
        Error::Status { .. } | Error::Malformed { .. } => Problem::new(Kind::BadGateway, unserved),
        Error::Request { .. } => Problem::new(Kind::Internal, unserved),
    };
    problem.because(reason)
}

impl From<NoClient> for Problem {
    fn from(error: NoClient) -> Self {
        match error {
            NoClient::NoUrl | NoClient::NoKey => Self::new(Kind::NotConfigured, error.to_string()),
            NoClient::Key(error) => {
                let detail = "the deployment needs an AK and SK that can be used: `openApi` in its secret";
                Self::new(Kind::NotConfigured, detail).because(error)
            }
            NoClient::Client(error) => Self::new(Kind::Internal, "no HTTPS client; the log says why").because(error),
        }
    }
}

impl From<OrdersError> for Problem {
    fn from(error: OrdersError) -> Self {
        match error {
            OrdersError::Secrets(error) => error.into(),
            OrdersError::Store(error) => error.into(),
            OrdersError::Vault(error) => error.into(),
            OrdersError::NoClient(error) => error.into(),
            OrdersError::Query(error) => failed(error, Kind::RefusedState),
            OrdersError::AppInfo(_) => {
                Self::new(Kind::Internal, "the app info of the product's settings cannot be filled in").because(error)
            }
            OrdersError::Malformed(_) => {
                Self::new(Kind::Internal, "a sealed value does not have the expected form").because(error)
            }
        }
    }
}
