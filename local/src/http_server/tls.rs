//! TLS with a certificate from files, which are read again when they change: whoever renews it need not stop the host.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use koogallery_runtime::FileStamp;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::notes::trouble;

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those between it and the authority, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no PEM with what it should have.
    #[error("{} has no {what} in PEM: {source}", path.display())]
    Pem {
        /// Which.
        path: PathBuf,
        /// What it should have.
        what: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// The key is not the certificate's, or of a kind that nobody uses.
    #[error("{} is not the key of {}: {source}", files.key.display(), files.certificate.display())]
    Key {
        /// The files.
        files: TlsFiles,
        /// Why.
        source: rustls::Error,
    },
    /// TLS itself.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// Shakes hands with the current certificate.
pub(crate) fn acceptor(files: TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let held = Held { of: stamps(&files)?, key: read(&files)?, told: None };
    let certificate = Arc::new(Certificate { files, held: Mutex::new(held) });
    let config =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let mut config = config?.with_no_client_auth().with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

struct Certificate {
    files: TlsFiles,
    held: Mutex<Held>,
}

struct Held {
    key: Arc<CertifiedKey>,
    of: [FileStamp; 2],
    /// Why the files cannot be read since then, as it was told.
    told: Option<String>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    fn current(&self) -> Arc<CertifiedKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = match stamps(&self.files) {
            Ok(of) if of == held.of => None,
            // A file that is half written is read once more, since its stamp is not taken over.
            found => Some(found.and_then(|of| Ok((of, read(&self.files)?)))),
        };
        match changed {
            Some(Ok((of, key))) => *held = Held { of, key, told: None },
            Some(Err(error)) => tell_once(&mut held.told, &error),
            None => {}
        }
        Arc::clone(&held.key)
    }
}

fn tell_once(told: &mut Option<String>, error: &TlsError) {
    let problem = error.to_string();
    if told.as_ref() != Some(&problem) {
        trouble("the old certificate is still used", &problem);
        *told = Some(problem);
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn stamps(files: &TlsFiles) -> Result<[FileStamp; 2], TlsError> {
    let stamp = |path: &Path| FileStamp::of(path).map_err(|source| TlsError::File { path: path.to_owned(), source });
    Ok([stamp(&files.certificate)?, stamp(&files.key)?])
}

fn read(files: &TlsFiles) -> Result<Arc<CertifiedKey>, TlsError> {
    let pem = |path: &Path, what, source| match source {
        pem::Error::Io(source) => TlsError::File { path: path.to_owned(), source },
        source => TlsError::Pem { path: path.to_owned(), what, source },
    };
    let unread = |source| pem(&files.certificate, "certificate", source);
    let chain: Vec<_> =
        CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect).map_err(unread)?;
    if chain.is_empty() {
        return Err(unread(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| pem(&files.key, "private key", source))?;
    let certified = CertifiedKey::from_der(chain, key, &default_provider());
    let certified = certified.map_err(|source| TlsError::Key { files: files.clone(), source })?;
    Ok(Arc::new(certified))
}
