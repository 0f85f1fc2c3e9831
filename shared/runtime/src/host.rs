//! Runs one function: route, verify, parse and answer within the deadline, then write the log record.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request as HttpRequest, Response};
use koogallery::v1_cipher::EncryptType;
use koogallery::{
    Body, Callback, Dialect, InterfaceType, InvalidRequest, Named, Refusal, Reply, Request, ResultCode, Route,
    RouteError, TestFlag, Timestamp, Verified, route, v1_dialect, v1_signer, verify,
};
use koogallery_http_event::{EventError, RequestId};
use koogallery_store::{Call, CallInfo, Store, StoreClock, StoreError};
use serde::Deserialize;

use crate::aws::dynamodb_client;
use crate::clock::{Clock, now};
use crate::config::{ConfigError, Environment, Settings};
use crate::fault::Fault;
use crate::function::{AnswerError, Context, Function};
use crate::record::{CallRecord, Log};
use crate::secrets::{SecretError, SecretSource, Secrets};
use crate::settings_source::SettingsSource;
use crate::styled::{Style, encrypt_type, response};

/// How long a call may take. KooGallery waits 5 s; after this time the answer is `000005`.
pub const DEADLINE: Duration = Duration::from_secs(4);

/// How long it may take to note a call that changed nothing.
const NOTE_TIME: Duration = Duration::from_millis(500);

/// What the functions of one process share.
pub struct Shared {
    store: Store,
    secrets: SecretSource,
    time_window: Duration,
    encrypt_type: EncryptType,
    settings: Arc<SettingsSource>,
    log: Arc<dyn Log>,
    warm: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Shared {
    /// Reads the settings that all functions have, and makes the clients. It sends nothing yet.
    pub fn of(environment: &Environment, log: Arc<dyn Log>) -> Result<Arc<Self>, ConfigError> {
        let store = Store::new(dynamodb_client(environment)?, Settings::of(environment)?.table);
        Self::over(store, environment, log, Arc::new(now))
    }

    /// The same, over a store that somebody listens to, with settings of products that grow old by this clock.
    pub fn over(
        store: Store,
        environment: &Environment,
        log: Arc<dyn Log>,
        clock: Clock,
    ) -> Result<Arc<Self>, ConfigError> {
        let time_window = Settings::of(environment)?.time_window;
        Ok(Arc::new(Self {
            store,
            secrets: SecretSource::of(environment)?.with_access_keys(),
            time_window,
            encrypt_type: encrypt_type(environment)?,
            settings: Arc::new(SettingsSource::new(clock)),
            log,
            warm: AtomicBool::new(false),
        }))
    }

    /// Where the settings of products are read.
    #[must_use]
    pub const fn settings(&self) -> &Arc<SettingsSource> {
        &self.settings
    }

    /// The table.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where records go.
    #[must_use]
    pub fn log(&self) -> &dyn Log {
        &*self.log
    }

    /// The secrets.
    #[must_use]
    pub const fn secrets(&self) -> &SecretSource {
        &self.secrets
    }
}

/// One function, with what it shares with others.
#[derive(Debug)]
pub struct Host<F> {
    function: F,
    shared: Arc<Shared>,
}

/// Why a function did not answer a call.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error("the request is for the function {0}")]
    OtherFunction(&'static str),
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Invalid(#[from] InvalidRequest),
    #[error(transparent)]
    Secrets(#[from] SecretError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error("no answer within {} s", DEADLINE.as_secs())]
    Deadline,
}

impl Failure {
    /// The reply says what the caller did wrong. It does not say why a signature was refused, or what failed here.
    fn reply(&self) -> Reply {
        match self {
            Self::Refusal(refusal) if refusal.result_code() == ResultCode::AuthenticationFailed => {
                Reply::of(ResultCode::AuthenticationFailed)
            }
            Self::Route(_) | Self::OtherFunction(_) | Self::Refusal(_) | Self::Invalid(_) => {
                Reply::refusal(ResultCode::InvalidParameter, self)
            }
            Self::Answer(AnswerError::Store(full @ StoreError::TooLarge { .. })) => {
                Reply::refusal(ResultCode::InvalidParameter, full)
            }
            Self::Secrets(_) | Self::Answer(_) | Self::Deadline => Reply::of(ResultCode::InternalError),
        }
    }

    /// The fault of this deployment behind it; none if the call is at fault.
    const fn fault(&self) -> Option<Fault> {
        match self {
            Self::Secrets(_) => Some(Fault::Secrets),
            Self::Answer(error) => Some(Fault::of(error)),
            Self::Deadline => Some(Fault::Deadline),
            Self::Route(_) | Self::OtherFunction(_) | Self::Refusal(_) | Self::Invalid(_) => None,
        }
    }
}

/// Whether a body that verified says that it is a debug call, even if the rest of it cannot be read.
fn says_debug(body: &Body<'_>) -> bool {
    #[derive(Deserialize)]
    struct Flag {
        #[serde(default, rename = "testFlag")]
        test_flag: TestFlag,
    }
    match body {
        Body::Json(bytes) => serde_json::from_slice(bytes).is_ok_and(|flag: Flag| flag.test_flag == TestFlag::Debug),
        Body::Parameters(parameters) => parameters.get("testFlag") == Some("1"),
    }
}

impl<F: Function> Host<F> {
    /// Reads the function's own settings.
    pub fn of(environment: &Environment, shared: Arc<Shared>) -> Result<Self, ConfigError> {
        Ok(Self { function: F::configured(environment)?, shared })
    }

    /// Answers one request, whatever it is.
    pub async fn answer<B: AsRef<[u8]> + Sync>(&self, request: &HttpRequest<B>) -> Response<Bytes> {
        let start = Instant::now();
        let mut record = CallRecord {
            cold_start: !self.shared.warm.swap(true, Ordering::Relaxed),
            request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
            ..CallRecord::new(F::Request::CALLBACK.function(), now(), ResultCode::InternalError)
        };
        let mut style = Style::new(Dialect::BasicV2, None);
        let clock = StoreClock::default();
        let mut seen = None;
        let meaning = self.meaning(request, &clock, &mut record, &mut style, &mut seen);
        let answered = tokio::time::timeout(DEADLINE, meaning).await;
        record.store_latency = clock.elapsed();
        let styled = answered
            .unwrap_or(Err(Failure::Deadline))
            .and_then(|reply| Ok(style.apply(reply, self.shared.encrypt_type)?));
        let reply = styled.unwrap_or_else(|failure| {
            record.reason = Some(failure.to_string());
            record.fault = failure.fault();
            record.signed |= matches!(&failure, Failure::Refusal(refusal) if refusal.is_of_a_signed_call());
            failure.reply()
        });

        record.result_code = reply.result_code;
        if let Some(id) = &reply.instance_id {
            record.instance_id = Some(id.to_string());
        }
        if let Some(call) = seen.as_deref() {
            let left = DEADLINE.saturating_sub(start.elapsed()).min(NOTE_TIME);
            record.not_noted = self.note(call, reply.result_code, record.reason.as_deref(), left).await;
        }
        record.duration = start.elapsed();
        self.shared.log.record(&record);
        style.response(&reply)
    }

    /// Notes a verified call, unless its record was written with what it changes; a debug call also as the last one of its
    /// callback. Returns why it could not. The reply does not
    /// depend on it.
    async fn note(&self, call: &CallInfo, code: ResultCode, reason: Option<&str>, within: Duration) -> Option<String> {
        let store = &self.shared.store;
        let noted = tokio::time::timeout(within, async {
            store.note_probe(call, code, reason).await?;
            if call.recorded() == Some(code) { Ok(()) } else { store.note_call(call, code, reason).await }
        });
        match noted.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the store did not answer in time".to_owned()),
        }
    }

    /// Answers an event that is not a request.
    pub fn refuse(&self, error: EventError) -> Response<Bytes> {
        let reply = Reply::refusal(ResultCode::InvalidParameter, error);
        let record = CallRecord::new(F::Request::CALLBACK.function(), now(), reply.result_code);
        self.shared.log.record(&CallRecord { reason: Some(error.to_string()), ..record });
        response(&reply)
    }

    async fn meaning<B: AsRef<[u8]> + Sync>(
        &self,
        request: &HttpRequest<B>,
        clock: &StoreClock,
        record: &mut CallRecord,
        style: &mut Style,
        seen: &mut Option<Arc<CallInfo>>,
    ) -> Result<Reply, Failure> {
        let route = match route(request) {
            Ok(route) if route.callback == F::Request::CALLBACK => route,
            other => {
                self.sign_refusal(request, style).await?;
                return Err(Failure::OtherFunction(other?.callback.function()));
            }
        };
        let secrets = self.shared.secrets.current().await?;
        let current_key = secrets.access_keys.current(route.callback.interface_types()[0]);
        *style = Style::new(route.dialect, current_key.cloned());
        let (verified, secrets) = self.verified(request, route, record.at, secrets).await?;
        *style = Style::new(route.dialect, Some(verified.access_key().clone()));

        record.signed = true;
        record.interface_type = Some(verified.interface_type());
        record.test = says_debug(verified.request());

        let (callback, family) = (verified.callback(), verified.interface_type());
        let (request_id, at) = (record.request_id.clone(), record.at);
        let info = |named| CallInfo::new(callback, family, named, request_id, at);
        let body = verified.request().clone();
        let verified = match verified.parse::<F::Request>() {
            Ok(verified) => verified,
            Err(invalid) => {
                *seen = Some(Arc::new(info(Named::in_body(&body, callback))));
                return Err(invalid.into());
            }
        };
        let info = Arc::new(info(Named::by(verified.request())).with_remark(verified.request().remark()));
        *seen = Some(Arc::clone(&info));
        record.reason = verified.request().remark();
        record.test = verified.request().test_flag() == TestFlag::Debug;
        record.order_id = verified.request().order_id().map(ToString::to_string);
        record.instance_id = verified.request().instance_id().map(ToString::to_string);
        record.license = verified.request().license().map(ToString::to_string);

        let call = Call::new(&verified, record.at, self.shared.time_window).timed_by(clock.clone()).recorded_as(info);
        let Shared { store, secrets: source, settings, .. } = &*self.shared;
        let context = Context {
            store,
            call: &call,
            secrets: &secrets,
            source,
            settings,
            settings_kept: OnceLock::new(),
            waits_since: OnceLock::new(),
            unreadable_key: OnceLock::new(),
        };
        let reply = self.function.answer(&verified, &context).await;
        record.by_rule = reply.is_ok() && F::Request::CALLBACK == Callback::ChangeInstanceCheck;
        record.unreadable_key = context.unreadable_key.get().cloned();
        record.settings_kept = context.settings_kept.get().cloned();
        record.provisioning_age = context.waits_since.get().map(|paid_at| record.at.since(*paid_at));
        let reply = reply?;
        if let Some(why) = why(reply.result_code) {
            record.reason = Some(record.reason.take().map_or(why.to_owned(), |remark| format!("{why}; {remark}")));
        }
        Ok(reply)
    }

    /// V1.0 wants every reply signed, even if the call is for another function: with the key that signed the call, or else
    /// with the key that KooGallery should use.
    async fn sign_refusal<B: AsRef<[u8]> + Sync>(
        &self,
        request: &HttpRequest<B>,
        style: &mut Style,
    ) -> Result<(), Failure> {
        let Some(dialect) = v1_dialect(request) else { return Ok(()) };
        let interface = if dialect == Dialect::KitV1 { InterfaceType::Kit } else { InterfaceType::Basic };
        let secrets = self.shared.secrets.current().await?;
        *style = Style::new(dialect, secrets.access_keys.current(interface).cloned());
        let mut signer = v1_signer(request, &secrets.access_keys).cloned();
        if signer.is_none()
            && let Some(renewed) = self.shared.secrets.renewed(&secrets).await?
        {
            signer = v1_signer(request, &renewed.access_keys).cloned();
        }
        if signer.is_some() {
            *style = Style::new(dialect, signer);
        }
        Ok(())
    }

    /// Verifies with the secrets that are held, and once more if they have changed.
    async fn verified<'a, B: AsRef<[u8]> + Sync>(
        &self,
        request: &'a HttpRequest<B>,
        route: Route,
        at: Timestamp,
        secrets: Arc<Secrets>,
    ) -> Result<(Verified<Body<'a>>, Arc<Secrets>), Failure> {
        let verify = |secrets: &Secrets| verify(request, route, &secrets.access_keys, at, self.shared.time_window);
        match verify(&secrets) {
            Err(Refusal::WrongSignature) => match self.shared.secrets.renewed(&secrets).await? {
                Some(renewed) => Ok((verify(&renewed)?, renewed)),
                None => Err(Refusal::WrongSignature.into()),
            },
            other => Ok((other?, secrets)),
        }
    }
}

/// Why a function gives this answer to a verified call, if only one thing can be the reason.
const fn why(code: ResultCode) -> Option<&'static str> {
    match code {
        ResultCode::AuthenticationFailed => Some("the nonce was used before"),
        ResultCode::InstanceNotFound => Some("the instance or license code is unknown, or was released"),
        _ => None,
    }
}

/// A function of any callback. The local host keeps all functions in this form.
pub trait Answer: Send + Sync {
    /// Answers one request, whatever it is.
    fn answer<'a>(
        &'a self,
        request: &'a HttpRequest<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send + 'a>>;
}

impl<F: Function> Answer for Host<F> {
    fn answer<'a>(
        &'a self,
        request: &'a HttpRequest<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send + 'a>> {
        Box::pin(Self::answer(self, request))
    }
}
