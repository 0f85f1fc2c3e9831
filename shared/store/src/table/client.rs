//! The handle on the table, and what can go wrong with it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use koogallery_aws_error::{AwsError, AwsFailure};

use crate::table::data_keys::DataKeyError;
use crate::table::seal::SealError;

/// The table of one deployment.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: String,
}

impl Store {
    /// A handle; nothing is sent yet.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
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

/// Why the store could not say what stands. A condition that failed is an outcome, not an error. All of these but
/// [`Self::TooLarge`] are answered with `000005`, so that KooGallery tries again. None repeats what stands in the table.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Other calls changed the same items at the same time, again and again.
    #[error("the store's transaction kept conflicting with others on the same items")]
    Conflict,
    /// DynamoDB asked to slow down, and the tries are used up.
    #[error("the store is throttling: {0}")]
    Throttled(#[source] AwsError),
    /// No answer: connection, time-out, or DynamoDB's own failure. The write may have happened.
    #[error("the store did not answer: {0}")]
    Unavailable(#[source] AwsError),
    /// DynamoDB understood and refused: permissions, table, or a fault of ours.
    #[error("the store refused the request: {0}")]
    Refused(#[source] AwsError),
    /// A request lacks a part that DynamoDB asks for: a fault of ours.
    #[error("a request to the store is incomplete: {0}")]
    Incomplete(#[from] BuildError),
    /// One of several requests that run side by side was stopped.
    #[error("a request to the store was stopped")]
    Stopped(#[from] tokio::task::JoinError),
    /// A value cannot be written down: a fault of ours.
    #[error("{0} cannot be written")]
    Unwritable(&'static str),
    /// An item is not of the form that this version writes.
    #[error("an item of the store cannot be read: {0}")]
    Unreadable(String),
    /// A value that is sealed at rest.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The data key of such a value.
    #[error(transparent)]
    DataKey(#[from] DataKeyError),
    /// There is more of something than is kept. KooGallery is told so with `000002`, as the next try would end alike.
    #[error("{what} would have {bytes} bytes, and {limit} are the most: there are too many users or departments")]
    TooLarge {
        /// What.
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

/// What a request with a condition came to; none where the condition does not hold.
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
