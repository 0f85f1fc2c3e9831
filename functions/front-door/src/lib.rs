//! The front door: one production address for all callbacks.
//!
//! It finds the callback of a request and passes the unchanged event to that callback's function. It knows no key and reads
//! only `activity` of a body; the function verifies the call. An event that a function may have seen is never sent again:
//! the second call would be refused as a replay. KooGallery itself tries again. A request that is not a callback but has a
//! V1.0 authToken goes to a function too, because its refusal must be signed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::{Client, Config};
use backon::{ExponentialBuilder, Retryable};
use koogallery::{Reply, ResultCode, RouteError, answering_callback};
use koogallery_aws_error::AwsError;
use koogallery_http_event::{EventError, RequestId};
use koogallery_runtime::{
    CallRecord, CloudWatch, ConfigError, Environment, ForwardRecord, Log, StartError, now, sdk_config,
};
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Error, service_fn};
use serde::Deserialize;
use serde_json::value::RawValue;

/// How long the front door waits: KooGallery waits 5 s, and the function behind answers within 4.
const DEADLINE: Duration = Duration::from_millis(4500);

/// The front door.
pub struct FrontDoor {
    client: Client,
    functions: HashMap<String, String>,
    log: Arc<dyn Log>,
}

/// Why a function did not reply to an event.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The event is not an HTTP request of a function URL or an HTTP API.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The request is not a callback.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// This deployment has no function for the callback.
    #[error("this deployment has no function for {0}")]
    NoFunction(&'static str),
    /// Lambda did not run the function, or its result is unknown.
    #[error("invoking {function} failed: {source}")]
    Invoke {
        /// The function.
        function: &'static str,
        /// Lambda's error.
        source: AwsError,
    },
    /// The function ended without a reply.
    #[error("{function} ended without a reply: {problem}")]
    Function {
        /// The function.
        function: &'static str,
        /// Lambda's word for the end.
        problem: String,
    },
    /// The function did not answer in time.
    #[error("no answer within {} ms", DEADLINE.as_millis())]
    Deadline,
}

impl ForwardError {
    fn reply(&self) -> Reply {
        match self {
            Self::Event(_) | Self::Route(_) | Self::NoFunction(_) => Reply::refusal(ResultCode::InvalidParameter, self),
            Self::Invoke { .. } | Self::Function { .. } | Self::Deadline => Reply::of(ResultCode::InternalError),
        }
    }
}

impl FrontDoor {
    /// Reads `KOOGALLERY_FUNCTIONS`: the Lambda function (name or ARN) of each of our functions.
    pub fn configured(environment: &Environment, log: Arc<dyn Log>) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_FUNCTIONS";
        let meaning = "the functions that answer the callbacks, as JSON like {\"new-instance\":\"<function ARN>\"}";
        let functions = serde_json::from_str(environment.required(NAME, meaning)?)
            .map_err(|error| ConfigError::refused(NAME, error))?;
        // An invocation is never repeated by the SDK, and only the deadline limits how long it runs.
        let config = Config::from(&sdk_config(environment, "AWS_ENDPOINT_URL_LAMBDA")?)
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).build());
        Ok(Self { client: Client::from_conf(config.build()), functions, log })
    }

    /// Answers one event: with the function's answer, or with a reply of its own.
    pub async fn answer(&self, event: &RawValue) -> Result<Box<RawValue>, serde_json::Error> {
        let (start, at) = (Instant::now(), now());
        let forwarded = tokio::time::timeout(DEADLINE, self.forward(event)).await;
        let request_id = RequestId::of_event(event.get()).map(|id| id.to_string());
        let failure = match forwarded.unwrap_or(Err(ForwardError::Deadline)) {
            Ok((to, answer)) => {
                let (result_code, duration) = (result_code(&answer), start.elapsed());
                self.log.forwarded(&ForwardRecord { at, request_id, to, result_code, duration });
                return Ok(answer);
            }
            Err(failure) => failure,
        };
        let reply = failure.reply();
        self.log.record(&CallRecord {
            request_id,
            reason: Some(failure.to_string()),
            duration: start.elapsed(),
            ..CallRecord::new("front-door", at, reply.result_code)
        });
        koogallery_http_event::write(&koogallery_runtime::response(&reply))
    }

    /// Passes an event on: the function that answered it, and its answer.
    async fn forward(&self, event: &RawValue) -> Result<(&'static str, Box<RawValue>), ForwardError> {
        let function = answering_callback(&koogallery_http_event::read(event.get())?)?.function();
        let target = self.functions.get(function).ok_or(ForwardError::NoFunction(function))?;

        // "Too many requests" means that Lambda did not run the function, so this may be sent again.
        let throttled = |error: &aws_sdk_lambda::error::SdkError<InvokeError>| {
            error.as_service_error().is_some_and(InvokeError::is_too_many_requests_exception)
        };
        let invoke =
            || async { self.client.invoke().function_name(target).payload(Blob::new(event.get())).send().await };
        let backoff = ExponentialBuilder::new().with_min_delay(Duration::from_millis(50)).with_jitter();
        let answer = invoke
            .retry(backoff)
            .when(throttled)
            .await
            .map_err(|error| ForwardError::Invoke { function, source: error.into() })?;
        if let Some(problem) = answer.function_error {
            return Err(ForwardError::Function { function, problem });
        }
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        serde_json::from_slice(&payload)
            .map(|answer| (function, answer))
            .map_err(|_| ForwardError::Function { function, problem: "its answer is no JSON".to_owned() })
    }
}

/// The result code in a function's answer, for the log; none if the answer is of another form.
fn result_code(answer: &RawValue) -> Option<ResultCode> {
    #[derive(Deserialize)]
    struct Answer {
        body: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        result_code: ResultCode,
    }
    let Answer { body } = serde_json::from_str(answer.get()).ok()?;
    serde_json::from_str(&body).ok().map(|Body { result_code }| result_code)
}

/// Serves the front door on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_lambda();
    let door = &FrontDoor::configured(&environment, Arc::new(CloudWatch::of(&environment)))?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        Ok::<_, Error>(door.answer(&event.payload).await?)
    }))
    .await?;
    Ok(())
}
