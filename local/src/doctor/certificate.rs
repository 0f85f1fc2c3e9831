//! The certificate of the production address, as a stranger sees it: KooGallery calls no address whose certificate is not
//! valid.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::Doctor;
use super::report::Finding;

const CHECK: &str = "certificate";
/// Nobody waits longer for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// With fewer days left, it is time to see why it was not renewed.
const DAYS_LEFT: u64 = 14;
const DAY: u64 = 24 * 60 * 60;

/// How long a certificate that was accepted is still valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Its end.
    pub until: SystemTime,
}

impl Validity {
    /// Whole days from `now` to its end.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> u64 {
        self.until.duration_since(now).unwrap_or_default().as_secs() / DAY
    }
}

/// Why a certificate was not seen, or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The host is no name and no address.
    #[error("{0} is no host's name")]
    Host(InvalidDnsNameError),
    /// No connection.
    #[error("no connection: {0}")]
    Unreachable(std::io::Error),
    /// No connection in time.
    #[error("no connection within {} s", PATIENCE.as_secs())]
    TimedOut,
    /// TLS failed, mostly since the certificate is not valid.
    #[error("{0}")]
    Tls(std::io::Error),
    /// The other side showed none, or one that cannot be read.
    #[error("it cannot be read")]
    Unreadable,
}

/// Connects and lets the other side show its certificate.
pub async fn certificate_of(host: &str, port: u16, tls: Arc<ClientConfig>) -> Result<Validity, CertificateError> {
    let name = ServerName::try_from(host.to_owned()).map_err(CertificateError::Host)?;
    let shown = async {
        let stream = TcpStream::connect((host, port)).await.map_err(CertificateError::Unreachable)?;
        let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(CertificateError::Tls)?;
        let (_, session) = stream.get_ref();
        let own = session.peer_certificates().and_then(<[_]>::first).ok_or(CertificateError::Unreadable)?;
        let read = Certificate::from_der(own).map_err(|_| CertificateError::Unreadable)?;
        Ok(Validity { until: read.tbs_certificate().validity().not_after.to_system_time() })
    };
    tokio::time::timeout(PATIENCE, shown).await.unwrap_or(Err(CertificateError::TimedOut))
}

impl Doctor {
    /// Whether KooGallery would accept the certificate, and for how long.
    pub(super) async fn certificate(&self) -> Vec<Finding> {
        let host = self.address.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let proxied = !self.is_here()
            && self.address.as_str().parse::<Uri>().is_ok_and(|address| {
                hyper_util::client::proxy::matcher::Matcher::from_env().intercept(&address).is_some()
            });
        let found = if self.address.scheme() == "http" {
            if self.is_here() {
                Finding::not_checked(CHECK, "an address on this machine has none; KooGallery calls https alone")
            } else {
                Finding::problem(CHECK, "the address is http: KooGallery calls https alone; put a TLS proxy before it")
            }
        } else if proxied {
            Finding::not_checked(
                CHECK,
                "a proxy stands between here and there: unset HTTPS_PROXY, or look from elsewhere",
            )
        } else {
            drop(rustls::crypto::ring::default_provider().install_default());
            match ClientConfig::with_platform_verifier() {
                Err(problem) => Finding::not_checked(CHECK, format_args!("no TLS here: {problem}")),
                Ok(tls) => {
                    let port = self.address.port_or_known_default().unwrap_or(443);
                    told(certificate_of(host, port, Arc::new(tls)).await, SystemTime::now())
                }
            }
        };
        vec![found]
    }
}

fn told(seen: Result<Validity, CertificateError>, now: SystemTime) -> Finding {
    match seen {
        Ok(validity) => match validity.days_left(now) {
            days if days < DAYS_LEFT => Finding::problem(
                CHECK,
                format_args!("valid for {days} more days only: renew it; afterwards KooGallery's calls fail"),
            ),
            days => Finding::ok(CHECK, format_args!("valid for {days} more days")),
        },
        Err(error @ CertificateError::Tls(_)) => Finding::problem(
            CHECK,
            format_args!("{error}: serve one of a public authority, for this name, with its whole chain"),
        ),
        Err(error @ CertificateError::Unreadable) => Finding::problem(CHECK, error),
        Err(error) => {
            Finding::problem(CHECK, format_args!("{error}: is the name right, and does a firewall let it pass?"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn two_weeks_are_enough_to_renew() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100 * DAY);
        let after = |days: u64| told(Ok(Validity { until: now + Duration::from_secs(days * DAY + 5) }), now);
        assert_eq!((after(14).state, after(13).state), (State::Ok, State::Problem));
        assert_eq!(after(90).detail, "valid for 90 more days");
        assert!(after(3).detail.contains("3 more days"));
        assert_eq!(Validity { until: now }.days_left(now + Duration::from_secs(1)), 0);
    }
}
