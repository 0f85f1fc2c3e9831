//! The front door: one production address for all callbacks.
//!
//! It says which callback a request is and hands the event, untouched, to that callback's function. It knows no key
//! and reads no more of a body than `activity`: verification is the function's. What may have run is never sent
//! again, as the second run would be taken for a replay; KooGallery itself tries again. What is no callback but carries a
//! V1.0 authToken goes to a function too, as its refusal must be signed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::DisplayErrorContext;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::{Client, Config};
use backon::{ExponentialBuilder, Retryable};
use koogallery::{Reply, ResultCode, RouteError, destination};
use koogallery_http_event::{EventError, RequestId};
use koogallery_runtime::{CallRecord, CloudWatch, ConfigError, Environment, Log, StartError, now, sdk_config};
use lambda_http::lambda_runtime::{self, LambdaEvent};
use lambda_http::{Error, service_fn};
use serde_json::value::RawValue;

/// KooGallery waits 5 s, and the function behind answers within 4.
const DEADLINE: Duration = Duration::from_millis(4500);

/// The front door.
pub struct FrontDoor {
    client: Client,
    functions: HashMap<String, String>,
    log: Arc<dyn Log>,
}

/// Why an event got no reply from a function.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The event is no HTTP request of a function URL or an HTTP API.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The request is no callback.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// This deployment has no function for the callback.
    #[error("this deployment does not answer {0}")]
    NoFunction(&'static str),
    /// Lambda did not run the function, or did not say how it ended.
    #[error("invoking {function} failed: {problem}")]
    Invoke {
        /// Which.
        function: &'static str,
        /// What Lambda said.
        problem: String,
    },
    /// The function ended without a reply.
    #[error("{function} ended without a reply: {problem}")]
    Function {
        /// Which.
        function: &'static str,
        /// Lambda's word for how.
        problem: String,
    },
    /// No answer in time.
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
    /// Reads `KOOGALLERY_FUNCTIONS`: which Lambda function (name or ARN) answers for each of ours.
    pub fn configured(environment: &Environment, log: Arc<dyn Log>) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_FUNCTIONS";
        let meaning = "the functions to hand callbacks to, as JSON like {\"new-instance\":\"<function ARN>\"}";
        let functions = serde_json::from_str(environment.required(NAME, meaning)?)
            .map_err(|error| ConfigError::invalid(NAME, error))?;
        // What may have run is not sent again, and how long it may run is for the deadline to say.
        let config = Config::from(&sdk_config(environment, "AWS_ENDPOINT_URL_LAMBDA")?)
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).build());
        Ok(Self { client: Client::from_conf(config.build()), functions, log })
    }

    /// Answers one event: with what the function answered, or with a reply of its own.
    pub async fn answer(&self, event: &RawValue) -> Result<Box<RawValue>, serde_json::Error> {
        let (start, at) = (Instant::now(), now());
        let forwarded = tokio::time::timeout(DEADLINE, self.forward(event)).await;
        let failure = match forwarded.unwrap_or(Err(ForwardError::Deadline)) {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let reply = failure.reply();
        self.log.record(&CallRecord {
            request_id: RequestId::of_event(event.get()).map(|id| id.to_string()),
            reason: Some(failure.to_string()),
            duration: start.elapsed(),
            ..CallRecord::new("front-door", at, reply.result_code)
        });
        koogallery_http_event::write(&koogallery_runtime::response(&reply))
    }

    async fn forward(&self, event: &RawValue) -> Result<Box<RawValue>, ForwardError> {
        let function = destination(&koogallery_http_event::read(event.get())?)?.function();
        let target = self.functions.get(function).ok_or(ForwardError::NoFunction(function))?;

        // Lambda says "too many requests" instead of running a function: that one may be sent again.
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
            .map_err(|error| ForwardError::Invoke { function, problem: DisplayErrorContext(error).to_string() })?;
        if let Some(problem) = answer.function_error {
            return Err(ForwardError::Function { function, problem });
        }
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        serde_json::from_slice(&payload)
            .map_err(|error| ForwardError::Function { function, problem: error.to_string() })
    }
}

/// Serves the front door on Lambda until the sandbox ends.
pub async fn lambda() -> Result<(), StartError> {
    let environment = Environment::of_process();
    let door = &FrontDoor::configured(&environment, Arc::new(CloudWatch::of(&environment)))?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        Ok::<_, Error>(door.answer(&event.payload).await?)
    }))
    .await?;
    Ok(())
}
