//! One call from start to end: sign, send, judge the answer, and try again if that is safe.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, Method, Request, StatusCode};
use koogallery::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ak_sk::{Credentials, sign};
use crate::code::{Verdict, verdict};
use crate::error::{Error, MalformedAnswer, Subject};
use crate::refused_record::refused_records;
use crate::said::Said;
use crate::site::BaseUrl;

/// The beginning of all paths; the API's version follows.
const PREFIX: &str = "/api/mkp-openapi-public/global";
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;
/// How much of KooGallery's message an error contains, in characters.
const MAX_MESSAGE: usize = 256;

/// How long the client waits, and how it tries again.
#[derive(Debug, Clone)]
pub struct Patience {
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long to wait for one try of a call, including the connection.
    pub answer: Duration,
    /// The pause before the first repeat. Each further pause is about twice as long, and a random part is added.
    pub first_pause: Duration,
    /// The longest pause, without the random part.
    pub longest_pause: Duration,
    /// The shortest pause after "asked too often". KooGallery does not publish its limit.
    pub too_often_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(10),
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(5),
            too_often_pause: Duration::from_secs(2),
        }
    }
}

/// A client of the open APIs of one site, for one seller. A clone is cheap and shares the connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    credentials: Credentials,
    clock: fn() -> Timestamp,
    patience: Patience,
}

/// There is no client: the platform's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("no HTTPS client: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Whether a call may be sent again if nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Safe,
    Never,
}

/// One call. Build it with [`Call::get`] or [`Call::post`].
pub(crate) struct Call<'a> {
    pub(crate) subject: Subject,
    pub(crate) repeat: Repeat,
    pub(crate) method: Method,
    /// The path after [`PREFIX`], encoded.
    pub(crate) path: String,
    /// The query, encoded; empty if there is none.
    pub(crate) query: String,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Bytes,
    /// Texts that an error must not contain, even if KooGallery's message does.
    pub(crate) secrets: Vec<&'a str>,
    pub(crate) verdict: fn(&str, StatusCode) -> Option<Verdict>,
}

impl Call<'_> {
    pub(crate) fn get(subject: Subject, path: &str) -> Self {
        Self {
            subject,
            repeat: Repeat::Safe,
            method: Method::GET,
            path: path.to_owned(),
            query: String::new(),
            content_type: "application/json",
            headers: Vec::new(),
            body: Bytes::new(),
            secrets: Vec::new(),
            verdict,
        }
    }

    pub(crate) fn post(subject: Subject, path: &str, body: Bytes) -> Self {
        Self { method: Method::POST, repeat: Repeat::Never, body, ..Self::get(subject, path) }
    }
}

/// A request's body.
pub(crate) fn json(subject: &Subject, body: &impl Serialize) -> Result<Bytes, Error> {
    let unmade = |error: serde_json::Error| Error::Request { subject: subject.clone(), source: error.into() };
    Ok(serde_json::to_vec(body).map_err(unmade)?.into())
}

/// Reads a part of an answer into its type. The JSON library's message is left out, because it may quote personal data.
pub(crate) fn read<T: DeserializeOwned>(subject: &Subject, name: &'static str, value: Value) -> Result<T, Error> {
    let malformed = |_| Error::Malformed { subject: subject.clone(), source: MalformedAnswer::Member(name) };
    serde_json::from_value(value).map_err(malformed)
}

impl Client {
    /// Makes a client of `base` that signs with `credentials` and reads the time from `clock`.
    pub fn new(
        base: impl Into<BaseUrl>,
        credentials: Credentials,
        clock: fn() -> Timestamp,
        patience: Patience,
    ) -> Result<Self, ClientError> {
        // The process has one crypto provider; a second call finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.answer)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()?;
        Ok(Self { http, base: base.into(), credentials, clock, patience })
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Sends a call until it gets an answer, at most until `deadline`. Returns the answer's members.
    pub(crate) async fn send(&self, call: &Call<'_>, deadline: Instant) -> Result<Map<String, Value>, Error> {
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(self.patience.first_pause)
            .with_max_delay(self.patience.longest_pause)
            .without_max_times()
            .with_jitter()
            .build();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let tried = tokio::time::timeout(left, self.send_once(call)).await;
            let error = match tried {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => return Err(Error::TimedOut(call.subject.clone())),
            };
            let pause = pauses.next().filter(|_| call.repeat == Repeat::Safe && error.worth_a_retry());
            let pause = pause
                .map(|pause| if error.asked_too_often() { pause.max(self.patience.too_often_pause) } else { pause });
            match pause {
                Some(pause) if Instant::now() + pause < deadline => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn send_once(&self, call: &Call<'_>) -> Result<Map<String, Value>, Error> {
        let failed = |error: reqwest::Error| failure(call.subject.clone(), error);
        let request = reqwest::Request::try_from(self.request(call)?).map_err(failed)?;
        let mut response = self.http.execute(request).await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                let source = MalformedAnswer::TooLong { limit: MAX_ANSWER };
                return Err(Error::Malformed { subject: call.subject.clone(), source });
            }
        }
        self.judge(call, status, &body)
    }

    /// Signs a request for each try, because it contains the time of sending.
    fn request(&self, call: &Call<'_>) -> Result<Request<Bytes>, Error> {
        let unmade = |source| Error::Request { subject: call.subject.clone(), source };
        let mark = if call.query.is_empty() { "" } else { "?" };
        let address = format!("{}{PREFIX}{}{mark}{}", self.base, call.path, call.query);
        let mut request = Request::builder().method(&call.method).uri(address).header(CONTENT_TYPE, call.content_type);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(call.body.clone()).map_err(|error| unmade(error.into()))?;
        sign(&mut request, &self.credentials, self.now()).map_err(|error| unmade(error.into()))?;
        Ok(request)
    }

    fn judge(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> Result<Map<String, Value>, Error> {
        let subject = || call.subject.clone();
        // An empty answer means the same as an empty object.
        let answer = if body.is_empty() { Ok(Map::new()) } else { serde_json::from_slice::<Map<String, Value>>(body) };
        let said = answer.as_ref().map(|answer| self.said(call, answer)).unwrap_or_default();
        let unexpected = |said| Err(Error::Status { subject: subject(), status: status.as_u16(), said });
        let answer = match answer {
            Ok(answer) => answer,
            Err(_) if !status.is_success() => return unexpected(said),
            Err(error) => {
                let source = MalformedAnswer::NotAnObject { line: error.line(), column: error.column() };
                return Err(Error::Malformed { subject: subject(), source });
            }
        };
        match (call.verdict)(&said.code, status) {
            Some(Verdict::Accepted) if status.is_success() => Ok(answer),
            Some(Verdict::Refused) => Err(self.refusal(call, &answer, said)),
            Some(Verdict::TryAgain) => Err(Error::TheirSide { subject: subject(), said }),
            Some(Verdict::Accepted) | None => unexpected(said),
        }
    }

    /// A refusal, with the usage records that it names.
    fn refusal(&self, call: &Call<'_>, answer: &Map<String, Value>, said: Said) -> Error {
        let subject = call.subject.clone();
        let records = match subject {
            Subject::Usage(_) => refused_records(answer, |text| self.cleaned(call, text)),
            _ => Vec::new(),
        };
        if records.is_empty() {
            Error::Refused { subject, said }
        } else {
            Error::RecordsRefused { subject, said, records }
        }
    }

    /// A text of KooGallery without the call's secrets, shortened.
    fn cleaned(&self, call: &Call<'_>, text: &str) -> String {
        let secrets = call.secrets.iter().filter(|secret| !secret.is_empty());
        let blotted = secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        let blotted = self.credentials.blotted_from(&blotted);
        blotted.chars().filter(|character| !character.is_control()).take(MAX_MESSAGE).collect()
    }

    /// Reads code and message. The order query names them `resultCode` and `resultMsg`, licenses `error_code` and
    /// `error_msg`; both are read from any answer.
    fn said(&self, call: &Call<'_>, answer: &Map<String, Value>) -> Said {
        let member = |names: [&str; 2]| {
            let text = match names.iter().find_map(|name| answer.get(*name)) {
                Some(Value::String(text)) => text.clone(),
                None | Some(Value::Null) => String::new(),
                Some(other) => other.to_string(),
            };
            self.cleaned(call, &text)
        };
        let mut message = member(["resultMsg", "error_msg"]);
        // It contains the reason if the code does not.
        let extra = member(["extra_info", "extraInfo"]);
        if !extra.is_empty() {
            message = [message, extra].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        }
        Said { code: member(["resultCode", "error_code"]), message }
    }
}

fn failure(subject: Subject, error: reqwest::Error) -> Error {
    if error.is_connect() {
        Error::Unreachable { subject, source: error.into() }
    } else if error.is_timeout() {
        Error::TimedOut(subject)
    } else {
        Error::Broken { subject, source: error.into() }
    }
}
