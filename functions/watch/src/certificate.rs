//! The certificate of the production address. KooGallery calls no address whose certificate is not valid: then each purchase fails. It is
//! looked at once an hour, as a stranger sees it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Uri;
use koogallery::Timestamp;
use koogallery_certificate::{CertificateError, Validity, certificate_of, of_this_machine};
use koogallery_runtime::{ConfigError, Environment};
use koogallery_store::{About, Cause, Raise, Warning};
use rustls::ClientConfig;

use crate::month::{DAY, day_of};

const URL: &str = "KOOGALLERY_PRODUCTION_URL";
/// So many days before the end, each once: most certificates are renewed a month before it.
const BEFORE: [u32; 4] = [21, 14, 7, 1];
/// In the first run of an hour it is looked at: the runs are five minutes apart.
const FIRST_RUN: Duration = Duration::from_mins(5);
const HOUR: u128 = 60 * 60 * 1000;

/// Where KooGallery calls.
#[derive(Debug, Clone)]
pub(crate) struct Production {
    host: String,
    port: u16,
    /// What counts as valid; what this machine trusts, if none.
    trusts: Option<Arc<ClientConfig>>,
}

/// The address is no https address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give the production address as you registered it, such as https://shop.example.com")]
struct NoAddress;

/// What was seen of the certificate.
#[derive(Debug)]
pub(crate) enum Seen {
    /// It was not looked at, or the address could not be reached: what was known stays.
    Nothing,
    /// It is valid for long enough.
    Well,
    /// Somebody has to look at it.
    Warns(Box<Warning>),
}

impl Production {
    /// Reads `KOOGALLERY_PRODUCTION_URL`; none if it is not given.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(text) = environment.get(URL).map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        Self::parse(text).map(Some).ok_or_else(|| ConfigError::refused(URL, NoAddress))
    }

    fn parse(text: &str) -> Option<Self> {
        let address: Uri = text.parse().ok()?;
        let is_https = address.scheme_str() == Some("https");
        let host = address.host().filter(|_| is_https)?.trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: address.port_u16().unwrap_or(443), trusts: None })
    }

    /// The same, trusting other authorities than this machine does.
    pub(crate) fn trusting(self, trusts: Arc<ClientConfig>) -> Self {
        Self { trusts: Some(trusts), ..self }
    }

    /// Looks at it, if this is the first run of an hour.
    pub(crate) async fn look(&self, now: Timestamp) -> Seen {
        let millis = u128::try_from(now.as_millis()).unwrap_or_default();
        if millis % HOUR >= FIRST_RUN.as_millis() {
            return Seen::Nothing;
        }
        let trusts = match &self.trusts {
            Some(trusts) => Ok(Arc::clone(trusts)),
            None => of_this_machine(),
        };
        let Ok(trusts) = trusts else { return Seen::Nothing };
        match certificate_of(&self.host, self.port, trusts).await {
            Ok(validity) => of_validity(&validity, now),
            Err(error @ (CertificateError::Tls(_) | CertificateError::Unreadable)) => refused(&error, now),
            // That nothing answers is told by the alarm of calls that do not come.
            Err(CertificateError::Host(_) | CertificateError::Unreachable(_) | CertificateError::TimedOut) => {
                Seen::Nothing
            }
        }
    }
}

fn of_validity(validity: &Validity, now: Timestamp) -> Seen {
    let until = validity.until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let until = Timestamp::from_millis(i64::try_from(until).unwrap_or(i64::MAX));
    let since = BEFORE.iter().map(|days| until.saturating_sub(DAY * *days)).filter(|at| *at <= now).max();
    since.map_or(Seen::Well, |since| warns(since, Some(until), now, None))
}

/// It is told once a day why it is not accepted.
fn refused(error: &CertificateError, now: Timestamp) -> Seen {
    warns(day_of(now), Some(now), now, Some(error.to_string()))
}

fn warns(since: Timestamp, due_at: Option<Timestamp>, now: Timestamp, detail: Option<String>) -> Seen {
    let raise = Raise { cause: Cause::CertificateEnds, since, at: since, due_at };
    let warning = Warning::new(About::Deployment, &raise, now);
    Seen::Warns(Box::new(match detail {
        Some(detail) => warning.with_detail(detail),
        None => warning,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_host() {
        let parsed = |text: &str| Production::parse(text).map(|address| (address.host, address.port));
        assert_eq!(parsed("https://shop.example.com/path"), Some(("shop.example.com".to_owned(), 443)));
        assert_eq!(parsed("https://[::1]:8443"), Some(("::1".to_owned(), 8443)));
        for bad in ["http://shop.example.com", "shop.example.com", "https://", ""] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn it_is_told_before_its_end_each_time_once() {
        let day = |days: u32| Timestamp::from_millis(0).saturating_add(DAY * days);
        let until = SystemTime::UNIX_EPOCH + DAY * 100;
        let told = |days: u32| match of_validity(&Validity { until }, day(days)) {
            Seen::Warns(warning) => Some((warning.since, warning.due_at)),
            _ => None,
        };
        assert_eq!((told(78), told(79)), (None, Some((day(79), Some(day(100))))));
        assert_eq!((told(85), told(86)), (told(79), Some((day(86), Some(day(100))))));
        assert_eq!(told(99), Some((day(99), Some(day(100)))));
        assert!(told(120).is_some(), "it is over");
    }
}
