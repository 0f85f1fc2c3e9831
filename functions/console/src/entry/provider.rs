//! The identity provider: any OpenID Connect issuer. What it publishes of itself is read when it is first needed, and again after an
//! hour; its keys also when a token has an unknown one, but not more often than each minute.

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use koogallery::Timestamp;
use koogallery_oidc::{Issuer, PublicKey, TokenError, verified};
use koogallery_runtime::SecretText;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::access::{Access, Person};
use crate::entry::claims::{ClaimsError, person};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What the provider publishes is held this long.
const HELD: Duration = Duration::from_hours(1);
/// Keys are not read again more often than this.
const KEYS_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 256 << 10;

/// An identity provider, and who may enter.
pub(crate) struct Provider {
    issuer: Issuer,
    pub(crate) client_id: String,
    pub(crate) access: Access,
    http: OnceLock<reqwest::Client>,
    published: Mutex<Option<(Published, Instant)>>,
    keys: Mutex<Option<(Vec<PublicKey>, Instant)>>,
}

/// What it publishes of itself (OpenID Connect Discovery 1.0).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Published {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// What does not fit of the provider's answers. The error contains no code, no token and no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("there is no HTTPS client: {0}")]
    Client(#[source] reqwest::Error),
    #[error("the identity provider's {what} cannot be reached: {source}")]
    NotReached { what: &'static str, source: reqwest::Error },
    #[error("the identity provider's {what} answered HTTP {status}{}", code.as_ref().map(|code| format!(", {code}")).unwrap_or_default())]
    Status { what: &'static str, status: u16, code: Option<String> },
    #[error("the identity provider's {0} is not the JSON that it should be")]
    Unreadable(&'static str),
    #[error(
        "the identity provider publishes another issuer than KOOGALLERY_CONSOLE_ISSUER: check that for a closing slash"
    )]
    OtherIssuer,
    #[error("the identity provider publishes an address that is not https")]
    Plain,
    #[error("the ID token cannot be verified: {0}")]
    Token(#[from] TokenError),
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}

impl Provider {
    /// It sends nothing yet.
    pub(crate) fn new(issuer: Issuer, client_id: String, access: Access) -> Self {
        let (http, published, keys) = (OnceLock::new(), Mutex::default(), Mutex::default());
        Self { issuer, client_id, access, http, published, keys }
    }

    /// What it publishes of itself.
    pub(crate) async fn published(&self) -> Result<Published, ProviderError> {
        let mut held = self.published.lock().await;
        if let Some((published, read_at)) = &*held
            && read_at.elapsed() < HELD
        {
            return Ok(published.clone());
        }
        let what = "description of itself";
        let published: Published = self.get(&self.issuer.at("/.well-known/openid-configuration"), what).await?;
        if published.issuer.trim_end_matches('/') != self.issuer.as_str() {
            return Err(ProviderError::OtherIssuer);
        }
        for address in [&published.authorization_endpoint, &published.token_endpoint, &published.jwks_uri] {
            if !(address.starts_with("https://") || (self.issuer.is_local() && address.starts_with("http://"))) {
                return Err(ProviderError::Plain);
            }
        }
        *held = Some((published.clone(), Instant::now()));
        Ok(published)
    }

    /// Redeems a code: who signed in.
    pub(crate) async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        nonce: &str,
        secret: Option<&SecretText>,
        now: Timestamp,
    ) -> Result<Person, ProviderError> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: String,
        }
        let published = self.published().await?;
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut request = self.http()?.post(&published.token_endpoint);
        match secret {
            Some(secret) => {
                let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
                let pair = format!("{}:{}", escaped(&self.client_id), escaped(secret.reveal()));
                request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            None => pairs.push(("client_id", &self.client_id)),
        }
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let Tokens { id_token } = answered(request.header("accept", "application/json"), "token endpoint").await?;
        let claims = self.claims(&id_token, &published.jwks_uri).await?;
        Ok(person(&claims, &published.issuer, &self.client_id, nonce, now)?)
    }

    /// The claims of a token that one of the provider's keys signed.
    async fn claims(&self, token: &str, jwks_uri: &str) -> Result<Value, ProviderError> {
        let mut held = self.keys.lock().await;
        if let Some((keys, read_at)) = &*held
            && read_at.elapsed() < HELD
        {
            match verified(token, keys) {
                // The provider may have a new key.
                Err(TokenError::NotOurs) if read_at.elapsed() >= KEYS_AGAIN_AFTER => {}
                answer => return Ok(answer?),
            }
        }
        let published: Value = self.get(jwks_uri, "list of keys").await?;
        let all = published["keys"].as_array().ok_or(ProviderError::Unreadable("list of keys"))?;
        // Keys of kinds that no ID token for us is signed with are left out.
        let signs = all.iter().filter(|key| key["use"].as_str().is_none_or(|purpose| purpose == "sig"));
        let signs = signs.filter(|key| key["kty"] != "EC" || key["crv"] == "P-256");
        let keys: Vec<PublicKey> = signs.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
        let claims = verified(token, &keys);
        *held = Some((keys, Instant::now()));
        Ok(claims?)
    }

    async fn get<T: DeserializeOwned>(&self, address: &str, what: &'static str) -> Result<T, ProviderError> {
        answered(self.http()?.get(address).header("accept", "application/json"), what).await
    }

    fn http(&self) -> Result<&reqwest::Client, ProviderError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        // The process has one crypto provider; a second call finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none());
        let http = http.retry(reqwest::retry::never()).no_proxy();
        // Nothing is encrypted on the way to the same machine, so no certificates have to be read.
        let http = if self.issuer.is_local() { http.tls_certs_only([]) } else { http.https_only(true) };
        let http = http.build().map_err(ProviderError::Client)?;
        Ok(self.http.get_or_init(|| http))
    }
}

/// Sends a request, and reads its answer within limits.
async fn answered<T: DeserializeOwned>(
    request: reqwest::RequestBuilder,
    what: &'static str,
) -> Result<T, ProviderError> {
    let not_reached = |error: reqwest::Error| ProviderError::NotReached { what, source: error.without_url() };
    let mut response = request.send().await.map_err(not_reached)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(not_reached)? {
        if body.len() + part.len() > LONGEST {
            return Err(ProviderError::Unreadable(what));
        }
        body.extend_from_slice(&part);
    }
    if status != StatusCode::OK {
        // OAuth 2.0's word for what is wrong, such as `invalid_client`, is no secret.
        let told = serde_json::from_slice::<Value>(&body).ok();
        let is_word =
            |word: &&str| word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let code = told.as_ref().and_then(|told| told["error"].as_str()).filter(is_word).map(str::to_owned);
        return Err(ProviderError::Status { what, status: status.as_u16(), code });
    }
    serde_json::from_slice(&body).map_err(|_| ProviderError::Unreadable(what))
}
