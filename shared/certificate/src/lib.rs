//! The certificate of an address, as a stranger sees it: KooGallery calls no address whose certificate is not valid. `koogallery doctor`
//! looks at it once, and the function watch each hour.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Nobody waits longer for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
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

/// What this machine takes for a valid certificate.
pub fn of_this_machine() -> Result<Arc<ClientConfig>, rustls::Error> {
    // Another part of the process may have installed one already: it is the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    ClientConfig::with_platform_verifier().map(Arc::new)
}
