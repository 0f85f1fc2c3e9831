//! KooGallery's open APIs, called with the AK and SK of the moment.

use std::time::{Duration, Instant};

use koogallery::Timestamp;
use koogallery_open_api::{BaseUrl, BaseUrlError, Client, Credentials, Error, Patience};
use koogallery_runtime::{ConfigError, Environment, OpenApiKey, Secrets};
use tokio::sync::Mutex;

use crate::problem::{Kind, Problem};

/// KooGallery has this long for one request of the application.
const BUDGET: Duration = Duration::from_secs(20);

/// Where the open APIs are, and the client for them.
pub(crate) struct OpenApi {
    base: Option<BaseUrl>,
    clock: fn() -> Timestamp,
    /// The client of the AK and SK that were last seen.
    client: Mutex<Option<(OpenApiKey, Client)>>,
}

impl OpenApi {
    /// Reads `KOOGALLERY_OPEN_API_URL`, a site's name or an address.
    pub(crate) fn of(environment: &Environment, clock: fn() -> Timestamp) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_OPEN_API_URL";
        let base = environment.get(NAME).map(|base| base.trim().parse()).transpose();
        let base = base.map_err(|error: BaseUrlError| ConfigError::invalid(NAME, error))?;
        Ok(Self { base, clock, client: Mutex::default() })
    }

    /// A client of the AK and SK that the secrets hold.
    pub(crate) async fn client(&self, secrets: &Secrets) -> Result<Client, Problem> {
        let unset = |what: &str| Problem::new(Kind::NotConfigured, format!("the deployment needs {what}"));
        let base = self.base.as_ref().ok_or_else(|| unset("KOOGALLERY_OPEN_API_URL, such as `international`"))?;
        let key = secrets.open_api.as_ref().ok_or_else(|| unset("the seller's AK and SK: `openApi` in its secret"))?;
        let mut held = self.client.lock().await;
        if let Some((_, client)) = held.as_ref().filter(|(of, _)| of == key) {
            return Ok(client.clone());
        }
        let credentials = Credentials::new(key.access_key_id.reveal(), key.secret_access_key.reveal())
            .map_err(|error| unset("an AK and SK that can be used: `openApi` in its secret").because(error))?;
        let client = Client::new(base.clone(), credentials, self.clock, Patience::default())
            .map_err(|error| Problem::new(Kind::Internal, "no HTTPS client; the log says why").because(error))?;
        *held = Some((key.clone(), client.clone()));
        Ok(client)
    }
}

/// When a call must be over.
pub(crate) fn deadline() -> Instant {
    Instant::now() + BUDGET
}

/// What the caller is told of a call that failed; `refused` says of which kind a refusal is.
pub(crate) fn failed(error: Error, refused: Kind) -> Problem {
    let unserved = "KooGallery did not serve the request; the function's log says what it answered";
    let reason = error.to_string();
    let problem = match error {
        Error::Refused { said, .. } => {
            let detail = "KooGallery refused, and will again: `koogalleryCode` and `koogalleryMessage` say why";
            Problem::new(refused, detail).said(said)
        }
        Error::Unreachable { .. } | Error::TheirSide { .. } | Error::Status { status: 429 | 500.., .. } => {
            Problem::new(Kind::KooGalleryUnavailable, "nothing was done: try again in a moment")
        }
        Error::Broken { .. } | Error::TimedOut(_) => Problem::new(
            Kind::NoAnswer,
            "it may have been done or not: usage can be sent again, of a license ask first",
        ),
        Error::Status { .. } | Error::Malformed { .. } => Problem::new(Kind::BadGateway, unserved),
        Error::Request { .. } => Problem::new(Kind::Internal, unserved),
    };
    problem.because(reason)
}
