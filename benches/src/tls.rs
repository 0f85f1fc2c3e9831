//! TLS before a local server, trusted beside the platform's own certificates: what a function goes through on AWS.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::Problem;

/// Where Linux distributions keep the certificates that they trust, Lambda's first.
const PLATFORM: [&str; 2] = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];

/// A certificate for `localhost`, and a file that holds it and the platform's.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    trusted: PathBuf,
}

impl Tls {
    /// With a certificate of its own.
    pub(crate) fn new() -> Result<Self, Problem> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())?;

        let trusted = std::env::temp_dir().join(format!("koogallery-benchmarks-{}.pem", std::process::id()));
        let mut file = std::fs::File::create(&trusted)?;
        if let Some(platform) = PLATFORM.iter().find(|path| Path::new(path).exists()) {
            file.write_all(&std::fs::read(platform)?)?;
        }
        file.write_all(made.cert.pem().as_bytes())?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), trusted })
    }

    /// The file to trust: `SSL_CERT_FILE`.
    pub(crate) fn trusted(&self) -> String {
        self.trusted.display().to_string()
    }

    /// An https address of a plain one.
    pub(crate) async fn before(&self, plain: &str) -> Result<String, Problem> {
        let upstream = plain.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("https://localhost:{}", listener.local_addr()?.port());
        let acceptor = self.acceptor.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
                tokio::spawn(async move {
                    client.set_nodelay(true)?;
                    let (mut client, mut server) =
                        (acceptor.accept(client).await?, TcpStream::connect(upstream).await?);
                    server.set_nodelay(true)?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Ok(address)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.trusted));
    }
}
