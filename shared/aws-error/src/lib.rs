//! Errors of requests to AWS that a log may contain.
//!
//! The SDK's own errors contain the raw response, and `Debug` and `DisplayErrorContext` print it: a secret from Secrets Manager, a
//! data key from KMS, an item of the table. An [`AwsError`] is made from such an error and keeps only what an operator needs: service,
//! operation, how it failed, the service's code, HTTP status and request id. It keeps a message only if the service's API declares
//! the error; nobody knows what other answers contain.

use std::error::Error;
use std::fmt;
use std::io;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

/// A request to AWS that failed. It is boxed, so that errors that contain it stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError(Box<Particulars>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Particulars {
    /// The SDK's name for the service, such as `dynamodb`.
    service: &'static str,
    /// The operation, such as `GetItem`.
    operation: &'static str,
    failure: AwsFailure,
    status: Option<u16>,
    request_id: Option<String>,
}

/// How it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AwsFailure {
    /// The request could not be made: a bug here, or missing credentials.
    #[error("the request cannot be made")]
    NotMade,
    /// There is no connection: nothing was sent.
    #[error("no connection ({0})")]
    NotConnected(io::ErrorKind),
    /// No answer arrived in time. The request may have been carried out.
    #[error("no answer in time")]
    TimedOut,
    /// The answer does not have the form of the service's API.
    #[error("the answer cannot be read")]
    Unreadable,
    /// The service refused it, or failed.
    #[error("{code}{}", message.as_ref().map(|message| format!(", {message}")).unwrap_or_default())]
    Refused {
        /// The service's code, such as `AccessDeniedException`.
        code: String,
        /// Its message, if the service's API declares the error.
        message: Option<String>,
    },
}

impl AwsError {
    /// How it failed.
    #[must_use]
    pub fn failure(&self) -> &AwsFailure {
        &self.0.failure
    }

    /// The service's code, if it refused or failed.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.failure {
            AwsFailure::Refused { code, .. } => Some(code),
            AwsFailure::NotMade | AwsFailure::NotConnected(_) | AwsFailure::TimedOut | AwsFailure::Unreadable => None,
        }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Particulars { service, operation, failure, status, request_id } = &*self.0;
        write!(f, "{service} {operation}: {failure}")?;
        if let Some(status) = status {
            write!(f, ", HTTP {status}")?;
        }
        request_id.as_ref().map_or(Ok(()), |id| write!(f, ", request {id}"))
    }
}

impl Error for AwsError {}

impl<E: ProvideErrorMetadata + Error + 'static> From<SdkError<E, HttpResponse>> for AwsError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        Self::from(&error)
    }
}

impl<E: ProvideErrorMetadata + Error + 'static> From<&SdkError<E, HttpResponse>> for AwsError {
    fn from(error: &SdkError<E, HttpResponse>) -> Self {
        let (service, operation) = named::<E>();
        Self(Box::new(Particulars {
            service,
            operation,
            failure: failure(error),
            status: error.raw_response().map(|answer| answer.status().as_u16()),
            request_id: error.request_id().and_then(word),
        }))
    }
}

fn failure<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> AwsFailure {
    match error {
        SdkError::ConstructionFailure(_) => AwsFailure::NotMade,
        SdkError::TimeoutError(_) => AwsFailure::TimedOut,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => AwsFailure::TimedOut,
        SdkError::DispatchFailure(_) => AwsFailure::NotConnected(io_kind(error)),
        SdkError::ServiceError(context) => match context.err().code() {
            Some(code) => AwsFailure::Refused {
                code: word(code).unwrap_or_else(|| "an unknown code".to_owned()),
                message: context.err().message().filter(|_| is_declared(context.err())).map(str::to_owned),
            },
            None => AwsFailure::Unreadable,
        },
        _ => AwsFailure::Unreadable,
    }
}

/// Reads service and operation from crate and type: `aws_sdk_kms::operation::decrypt::DecryptError`.
fn named<E>() -> (&'static str, &'static str) {
    let name = std::any::type_name::<E>();
    let (service, operation) = (name.split("::").next(), name.rsplit("::").next());
    let (service, operation) = (service.unwrap_or_default(), operation.unwrap_or_default());
    (service.strip_prefix("aws_sdk_").unwrap_or(service), operation.strip_suffix("Error").unwrap_or(operation))
}

/// Whether the service's API declares the error. For the others, the SDK says so only in their `Display`.
fn is_declared(error: &impl Error) -> bool {
    !error.to_string().starts_with("unhandled error")
}

/// A code or an id, in the form that services use. Returns none for anything else.
fn word(text: &str) -> Option<String> {
    const LONGEST: usize = 128;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte);
    (!text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_word)).then(|| text.to_owned())
}

fn io_kind(error: &dyn Error) -> io::ErrorKind {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        source = error.source();
    }
    io::ErrorKind::Other
}
