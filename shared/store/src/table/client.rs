//! The handle on the table, and what can go wrong with it.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use koogallery_aws_error::{AwsError, AwsFailure};

use crate::model::sealed::SealError;
use crate::table::seal::DataKeyError;
use crate::table::wake_up::{Listener, WakeUp};

/// The table of one deployment.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) listener: Listener,
}

impl Store {
    /// Makes a handle. It sends nothing yet.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), listener: Listener::default() }
    }

    /// The same, with somebody who hears at once what is to be done after each of its writes.
    #[must_use]
    pub fn heard_by(self, hears: Arc<dyn Fn(WakeUp) + Send + Sync>) -> Self {
        Self { listener: Listener::new(hears), ..self }
    }

    /// The DynamoDB client it uses.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// Why a request to the store failed. A failed condition is an outcome, not an error. All of these except [`Self::TooLarge`] are
/// answered with `000005`, so that KooGallery tries again. No error contains data from the table.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Other calls changed the same items at the same time, again and again.
    #[error("the store's transaction kept conflicting with others on the same items")]
    Conflict,
    /// DynamoDB limits the rate, and all tries are used up.
    #[error("the store is throttling: {0}")]
    Throttled(#[source] AwsError),
    /// There is no answer: connection, time-out, or a failure of DynamoDB. The write may have happened.
    #[error("the store did not answer: {0}")]
    Unavailable(#[source] AwsError),
    /// DynamoDB refused it: permissions, the table, or a fault of ours.
    #[error("the store refused the request: {0}")]
    Refused(#[source] AwsError),
    /// A request lacks a part that DynamoDB needs: a bug here.
    #[error("a request to the store is incomplete: {0}")]
    Incomplete(#[from] BuildError),
    /// One of several requests that run side by side was stopped.
    #[error("a request to the store was stopped")]
    Stopped(#[from] tokio::task::JoinError),
    /// A value cannot be written: a fault of ours.
    #[error("{0} cannot be written")]
    Unwritable(&'static str),
    /// An item does not have the form that this version writes.
    #[error("an item of the store cannot be read: {0}")]
    Unreadable(String),
    /// Sealing or opening a value failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// There is no data key for such a value.
    #[error(transparent)]
    DataKey(#[from] DataKeyError),
    /// There is more of something than the table keeps. KooGallery gets `000002`, because the next try would fail as well.
    #[error("{what} would have {bytes} bytes, and {limit} are the most: there are too many users or departments")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl From<serde_dynamo::Error> for StoreError {
    /// What a reader of items says of a fault could repeat what stands there.
    fn from(_: serde_dynamo::Error) -> Self {
        Self::Unreadable("it is not of the form that this version writes".to_owned())
    }
}

impl From<AwsError> for StoreError {
    fn from(error: AwsError) -> Self {
        match error.failure() {
            AwsFailure::Refused { code, .. } => match code.as_str() {
                "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException" => {
                    Self::Throttled(error)
                }
                "TransactionConflictException" | "TransactionInProgressException" => Self::Conflict,
                "InternalServerError" | "ServiceUnavailable" => Self::Unavailable(error),
                _ => Self::Refused(error),
            },
            AwsFailure::NotMade | AwsFailure::NotConnected(_) | AwsFailure::TimedOut | AwsFailure::Unreadable => {
                Self::Unavailable(error)
            }
        }
    }
}

impl<E: ProvideErrorMetadata + std::error::Error + 'static> From<SdkError<E, HttpResponse>> for StoreError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        AwsError::from(error).into()
    }
}

/// The result of a request with a condition. Returns none if the condition failed.
pub(crate) fn under_condition<T, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<Option<T>, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer.map_err(AwsError::from) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(error.into()),
    }
}
