//! The seller's application: an address, to which signed events are sent by POST. Products may have addresses of their own.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use koogallery::Timestamp;
use koogallery_runtime::{ConfigError, Environment, Held, InvalidValue, Secrets, keeps_a_secret};
use koogallery_settings::WebhookSettings;
use koogallery_webhook::{ID, SIGNATURE, TIMESTAMP, WebhookSecret, WebhookSecretError, sign};
use uuid::Uuid;

use crate::answer_body::{AnswerBody, MAX_ANSWER};
use crate::late_body::LateBody;

const URL: &str = "KOOGALLERY_WEBHOOK_URL";
const STOPS: &str = "KOOGALLERY_WEBHOOK_STOP_STATUSES";

/// The address of products that have none of their own, and the connections.
#[derive(Debug)]
pub(crate) struct Receiver {
    http: reqwest::Client,
    /// Where `http` knows no certificates: the client for the https addresses of products, made when the first one is needed.
    with_certificates: Option<OnceLock<Option<reqwest::Client>>>,
    url: String,
    /// How long it may take to connect, send and answer.
    timeout: Duration,
    /// The statuses that mean that an event is not wanted.
    stops: Vec<StatusCode>,
}

/// Where an event goes.
pub(crate) struct Address<'a> {
    url: &'a str,
    /// What signs it: at least one.
    secrets: Vec<WebhookSecret>,
    stops: &'a [StatusCode],
}

/// How the application took an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// It took the event; this is the answer's body, up to the limit.
    Taken(AnswerBody),
    /// It does not want this event, as this answer says.
    Unwanted(StatusCode),
    /// It did not get the event: the lease of its subject was nearly over.
    TooLate,
}

/// Why an event was not taken. Holds no secret and nothing of the event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// A secret cannot sign.
    #[error("webhookSecrets cannot be used: {0}")]
    Secret(#[from] WebhookSecretError),
    /// There is no secret to sign with.
    #[error("there is no webhook secret: set webhookSecrets in the secret, or KOOGALLERY_WEBHOOK_SECRET")]
    NoSecret,
    /// There are no secrets with the name that the settings give.
    #[error(
        "there is no webhook secret with the name {0}, which the settings of the product give: set webhookSecrets in the secret as \
         {{\"default\":[\"whsec_…\"],\"{0}\":[\"whsec_…\"]}}"
    )]
    NoNamedSecret(String),
    /// The certificates of this system cannot be read.
    #[error("no https connection can be made: the certificates of this system cannot be read")]
    NoCertificates,
    /// There was no answer in time.
    #[error("the receiver did not answer in time")]
    TimedOut,
    /// There was no connection.
    #[error("the receiver cannot be reached: {}", innermost(.0))]
    NotReached(#[source] reqwest::Error),
    /// The connection broke before the whole answer arrived.
    #[error("the connection to the receiver broke: {}", innermost(.0))]
    Broken(#[source] reqwest::Error),
    /// The answer is a redirect. A signed event does not follow it.
    #[error("the receiver answered with a redirect, HTTP {}: set {URL}, or the webhook of the product in the settings, to the address that it leads to", .0.as_u16())]
    Redirect(StatusCode),
    /// The application refused it, or failed.
    #[error("the receiver answered HTTP {}", .0.as_u16())]
    Status(StatusCode),
}

impl From<reqwest::Error> for ReceiveError {
    /// The error does not contain the address, because its query may have a secret.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NotReached(error)
        } else {
            Self::Broken(error)
        }
    }
}

fn innermost(error: &reqwest::Error) -> &dyn std::error::Error {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

impl Receiver {
    /// Reads `KOOGALLERY_WEBHOOK_URL`, `KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS` and `KOOGALLERY_WEBHOOK_STOP_STATUSES`. Returns none
    /// if no address is set.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        const TIMEOUT: &str = "KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS";
        let Some(url) = environment.get(URL).map(str::trim) else { return Ok(None) };
        if !keeps_a_secret(url) {
            let safe = "an https:// address without user and password; http:// only to a loopback address such \
                        as http://127.0.0.1:8080/events";
            return Err(ConfigError::invalid(URL, InvalidValue::Unexpected(safe)));
        }
        let timeout = match environment.get(TIMEOUT).map(str::parse) {
            None => Duration::from_secs(15),
            Some(Ok(seconds @ 1..=30)) => Duration::from_secs(seconds),
            Some(_) => {
                let source = InvalidValue::OutOfRange { unit: "seconds", least: 1, most: 30 };
                return Err(ConfigError::invalid(TIMEOUT, source));
            }
        };
        let stops = stops(environment.get(STOPS).unwrap_or("410")).ok_or_else(|| {
            let statuses = "HTTP statuses from 400 to 599, separated by commas, such as 410,422";
            ConfigError::invalid(STOPS, InvalidValue::Unexpected(statuses))
        })?;
        // The process has one crypto provider; a second call finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = client(timeout);
        let is_plain = url.starts_with("http://");
        if is_plain {
            // Nothing is encrypted on the way to the same machine, so no certificates have to be read.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(|error| ConfigError::refused(URL, error))?;
        let with_certificates = is_plain.then(OnceLock::new);
        Ok(Some(Self { http, with_certificates, url: url.to_owned(), timeout, stops }))
    }

    /// Where an event goes: to the product's own address if it has one, signed with the secrets that the settings name.
    pub(crate) fn address<'a>(
        &'a self,
        own: Option<&'a WebhookSettings>,
        secrets: &Secrets,
    ) -> Result<Address<'a>, ReceiveError> {
        let named = own.and_then(|own| own.secret_name.as_ref());
        let texts = match named {
            None => &secrets.webhook_secrets,
            Some(name) => {
                let missing = || ReceiveError::NoNamedSecret(name.as_str().to_owned());
                secrets.named_webhook_secrets.get(name.as_str()).ok_or_else(missing)?
            }
        };
        let secrets: Vec<WebhookSecret> =
            texts.iter().map(|secret| secret.reveal().parse()).collect::<Result<_, _>>()?;
        if secrets.is_empty() {
            return Err(ReceiveError::NoSecret);
        }
        Ok(Address {
            url: own.map_or(&self.url, |own| &own.url),
            secrets,
            stops: own.and_then(|own| own.stop_statuses.as_deref()).unwrap_or(&self.stops),
        })
    }

    /// The connections for an address.
    fn http(&self, url: &str) -> Result<&reqwest::Client, ReceiveError> {
        match &self.with_certificates {
            Some(made) if url.starts_with("https://") => {
                made.get_or_init(|| client(self.timeout).build().ok()).as_ref().ok_or(ReceiveError::NoCertificates)
            }
            _ => Ok(&self.http),
        }
    }

    /// How long sending one event takes at most.
    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends one event; with a lease, only if it lasts for the whole time-out when the connection stands.
    pub(crate) async fn send(
        &self,
        to: &Address<'_>,
        id: Uuid,
        at: Timestamp,
        body: &str,
        held: Option<&Held>,
    ) -> Result<Received, ReceiveError> {
        let id = id.to_string();
        let request = self
            .http(to.url)?
            .post(to.url)
            .header(CONTENT_TYPE, "application/json")
            // Answers are short, so packing does not help. One that is packed all the same is unpacked.
            .header(ACCEPT_ENCODING, "identity")
            .header(ID, &id)
            .header(TIMESTAMP, at.as_seconds())
            .header(SIGNATURE, sign(&to.secrets, &id, at, body.as_bytes()));
        let late = LateBody::new(body.to_owned(), held, self.timeout);
        let is_too_late = late.is_too_late();
        let sent = request.body(reqwest::Body::wrap(late)).send().await;
        if is_too_late.load(Ordering::Relaxed) {
            return Ok(Received::TooLate);
        }
        let mut response = sent?;
        let status = response.status();
        if to.stops.contains(&status) {
            return Ok(Received::Unwanted(status));
        }
        if status.is_redirection() {
            return Err(ReceiveError::Redirect(status));
        }
        if !status.is_success() {
            return Err(ReceiveError::Status(status));
        }
        let headers = std::mem::take(response.headers_mut());
        let mut answer = Vec::new();
        while answer.len() <= MAX_ANSWER {
            match response.chunk().await? {
                Some(chunk) => answer.extend_from_slice(&chunk),
                None => break,
            }
        }
        // One byte more shows that the answer is longer.
        answer.truncate(MAX_ANSWER + 1);
        Ok(Received::Taken(AnswerBody::new(&headers, answer)))
    }
}

/// What makes connections.
fn client(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("koogallery-seller/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
}

/// Reads statuses that are separated by commas. Returns none if one of them is not a refusal.
fn stops(list: &str) -> Option<Vec<StatusCode>> {
    let refusal = |status: &StatusCode| status.is_client_error() || status.is_server_error();
    list.split(',').map(|status| status.trim().parse().ok().filter(refusal)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_stop_an_event() {
        assert_eq!(stops("410, 422").unwrap(), [StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY]);
        for bad in ["", "410,", "200", "307", "600", "gone", "410 422"] {
            assert_eq!(stops(bad), None, "{bad}");
            if !bad.is_empty() {
                let environment = Environment::default().with(URL, "http://127.0.0.1:1/").with(STOPS, bad);
                assert!(Receiver::of(&environment).unwrap_err().to_string().contains(STOPS), "{bad}");
            }
        }
    }

    #[test]
    fn only_addresses_that_keep_a_secret_are_taken() {
        for good in
            ["https://app.example.com/events?a=1", "http://127.0.0.1:8080", "http://[::1]/x", "http://localhost:1/"]
        {
            assert!(keeps_a_secret(good), "{good}");
        }
        for bad in [
            "",
            "app.example.com",
            "http://app.example.com/",
            "http://127.0.0.1.example.com/",
            "https://user:password@app.example.com/",
            "https://app.example.com/#x",
            "ftp://127.0.0.1/",
            "https://",
        ] {
            assert!(!keeps_a_secret(bad), "{bad}");
            let environment = Environment::default().with(URL, bad);
            if let Err(error) = Receiver::of(&environment) {
                assert!(error.to_string().contains(URL) && !error.to_string().contains("password@"));
            } else {
                assert!(bad.is_empty(), "{bad}");
            }
        }
    }
}
