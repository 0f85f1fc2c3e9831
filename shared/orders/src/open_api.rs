//! Where the open APIs are, and a client for the current AK and SK.

use koogallery::Timestamp;
use koogallery_open_api::{BaseUrl, BaseUrlError, Client, ClientError, Credentials, CredentialsError, Patience};
use koogallery_runtime::{ConfigError, Environment, OpenApiKey, Secrets};
use tokio::sync::Mutex;

/// The open APIs of this deployment.
#[derive(Debug)]
pub struct OpenApi {
    base: Option<BaseUrl>,
    clock: fn() -> Timestamp,
    /// The client for the AK and SK that were used last.
    client: Mutex<Option<(OpenApiKey, Client)>>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// The address of the open APIs is not configured.
    #[error("the deployment needs KOOGALLERY_OPEN_API_URL, such as `international`")]
    NoUrl,
    /// The secrets have no AK and SK.
    #[error("the deployment needs the seller's AK and SK: `openApi` in its secret")]
    NoKey,
    /// The AK and SK cannot be used.
    #[error("the deployment needs an AK and SK that can be used: `openApi` in its secret: {0}")]
    Key(#[from] CredentialsError),
    /// There is no HTTPS client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl OpenApi {
    /// Reads `KOOGALLERY_OPEN_API_URL`: a site's name or an address.
    pub fn of(environment: &Environment, clock: fn() -> Timestamp) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_OPEN_API_URL";
        let base = environment.get(NAME).map(|base| base.trim().parse()).transpose();
        let base = base.map_err(|error: BaseUrlError| ConfigError::refused(NAME, error))?;
        Ok(Self { base, clock, client: Mutex::default() })
    }

    /// Whether the address of the open APIs is configured.
    #[must_use]
    pub const fn has_url(&self) -> bool {
        self.base.is_some()
    }

    /// A client for the AK and SK in the secrets.
    pub async fn client(&self, secrets: &Secrets) -> Result<Client, NoClient> {
        let base = self.base.as_ref().ok_or(NoClient::NoUrl)?;
        let key = secrets.open_api.as_ref().ok_or(NoClient::NoKey)?;
        let mut held = self.client.lock().await;
        if let Some((_, client)) = held.as_ref().filter(|(of, _)| of == key) {
            return Ok(client.clone());
        }
        let credentials = Credentials::new(key.access_key_id.reveal(), key.secret_access_key.reveal())?;
        let client = Client::new(base.clone(), credentials, self.clock, Patience::default())?;
        *held = Some((key.clone(), client.clone()));
        Ok(client)
    }
}
