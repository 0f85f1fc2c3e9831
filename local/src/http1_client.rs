//! An HTTP/1.1 client that also says how the header names of a response were spelled.
//!
//! In HTTP the case of header names does not matter, so clients read them in lower case. But KooGallery looks for exactly
//! `Body-Sign`. So the client keeps what each connection reads until the next request. It uses only HTTP/1.1: over HTTP/2 all
//! names are in lower case, so there is nothing to check.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower_service::Service;

/// How many bytes are kept: more than the heads of responses need.
const MAX_HEAD: usize = 64 * 1024;
/// How many headers of a response are read.
const MAX_HEADERS: usize = 128;

type BoxError = Box<dyn Error + Send + Sync>;

/// The client. Its clones share their connections.
#[derive(Debug, Clone)]
pub(crate) struct Client(legacy::Client<Recording<HttpsConnector<Direct>>, Full<Bytes>>);

impl Client {
    /// Makes a client. It trusts the platform's certificates, and uses the proxy in `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
    pub(crate) fn new() -> Result<Self, rustls::Error> {
        let https = HttpsConnectorBuilder::new().try_with_platform_verifier()?.https_or_http().enable_http1();
        let connector = Recording(https.wrap_connector(Direct::of_environment()));
        Ok(Self(legacy::Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Sends a request. Until the next request, the spelling of the answer's header names can be asked for.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>, legacy::Error> {
        self.0.request(request.map(Full::new)).await
    }
}

/// How the response spells the name of a header. Returns none if it has no such header, or if the spelling is not known.
pub(crate) fn name_as_written<B>(response: &Response<B>, name: &str) -> Option<String> {
    let read = response.extensions().get::<Heard>()?.0.lock().unwrap_or_else(PoisonError::into_inner);
    spelled(&read.bytes, name)
}

fn spelled(mut bytes: &[u8], name: &str) -> Option<String> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = head.parse(bytes).ok()? else { return None };
        if head.code.is_some_and(|code| code >= 200) {
            let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            return found.map(|header| header.name.to_owned());
        }
        // This is an informational response; the real one follows.
        bytes = &bytes[length..];
    }
}

/// What a connection has read since the last request.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Bytewise>>);

#[derive(Debug, Default)]
struct Bytewise {
    bytes: Vec<u8>,
    /// Whether the next byte that goes out begins another request.
    answered: bool,
}

impl Heard {
    fn said(&self) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut heard.answered) {
            heard.bytes.clear();
        }
    }

    fn heard(&self, bytes: &[u8]) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.answered = true;
        let room = MAX_HEAD - heard.bytes.len();
        heard.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Connects, through a proxy if the environment names one.
#[derive(Debug, Clone)]
struct Direct {
    http: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Direct {
    fn of_environment() -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        Self { http, proxies: Arc::new(Matcher::from_env()) }
    }
}

impl Service<Uri> for Direct {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.intercept(&address) else {
            let connecting = self.http.call(address);
            return Box::pin(async move { Ok(connecting.await?) });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.http.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let connecting = tunnel.call(address);
        Box::pin(async move { Ok(connecting.await?) })
    }
}

/// Keeps what each connection reads.
#[derive(Debug, Clone)]
struct Recording<C>(C);

impl<C> Service<Uri> for Recording<C>
where
    C: Service<Uri, Future: Send + 'static>,
{
    type Response = Recorded<C::Response>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.0.call(address);
        Box::pin(async move { Ok(Recorded { connection: connecting.await?, heard: Heard::default() }) })
    }
}

/// A connection with what it has read.
struct Recorded<T> {
    connection: T,
    heard: Heard,
}

impl<T: Connection> Connection for Recorded<T> {
    fn connected(&self) -> Connected {
        self.connection.connected().extra(self.heard.clone())
    }
}

impl<T: Read + Unpin> Read for Recorded<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut room = [0; 8 * 1024];
        let length = to.remaining().min(room.len());
        let mut read = ReadBuf::new(&mut room[..length]);
        ready!(Pin::new(&mut self.connection).poll_read(cx, read.unfilled()))?;
        self.heard.heard(read.filled());
        to.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> Write for Recorded<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.said();
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard.said();
        Pin::new(&mut self.connection).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_name_is_told_as_it_was_written() {
        let head = b"HTTP/1.1 200 OK\r\nbody-sign: x\r\n\r\n{\"Body-Sign\": 1}";
        assert_eq!(spelled(head, "Body-Sign").as_deref(), Some("body-sign"));
        let after = b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\nBODY-Sign: x\r\n\r\n";
        assert_eq!(spelled(after, "Body-Sign").as_deref(), Some("BODY-Sign"));
        for nothing in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\xff\r\n\r\n"] {
            assert_eq!(spelled(nothing, "Body-Sign"), None);
        }
    }

    /// Of each response on a connection that is kept, not of the first.
    #[tokio::test]
    async fn each_response_has_its_own_names() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for name in ["Body-Sign", "body-sign", "Body-sign"] {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{name}: x\r\n\r\n{{}}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let client = Client::new().unwrap();
        for name in ["Body-Sign", "body-sign", "Body-sign"] {
            let request = Request::get(format!("http://{address}/")).body(Bytes::new()).unwrap();
            let response = client.send(request).await.unwrap();
            assert_eq!(name_as_written(&response, "Body-Sign").as_deref(), Some(name));
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "{}");
        }
    }
}
