//! The handle on the table, and what can go wrong with it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

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
/// [`Self::TooLarge`] are answered with `000005`, so that KooGallery tries again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Other calls changed the same items at the same time, again and again.
    #[error("the store's transaction kept conflicting with others on the same items")]
    Conflict,
    /// DynamoDB asked to slow down, and the tries are used up.
    #[error("the store is throttling: {0}")]
    Throttled(String),
    /// No answer: connection, time-out, or DynamoDB's own failure. The write may have happened.
    #[error("the store did not answer: {0}")]
    Unavailable(String),
    /// DynamoDB understood and refused: permissions, table, or a fault of ours.
    #[error("the store refused the request: {0}")]
    Refused(String),
    /// An item is not of the form that this version writes.
    #[error("an item of the store cannot be read: {0}")]
    Unreadable(String),
    /// A value that is sealed at rest.
    #[error(transparent)]
    Seal(#[from] SealError),
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
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl StoreError {
    pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        match &error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or("unknown").to_owned();
                let text = format!("{code}: {}", context.err().message().unwrap_or("no message"));
                match code.as_str() {
                    "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException" => {
                        Self::Throttled(text)
                    }
                    "TransactionConflictException" | "TransactionInProgressException" => Self::Conflict,
                    "InternalServerError" | "ServiceUnavailable" => Self::Unavailable(text),
                    _ => Self::Refused(text),
                }
            }
            _ => Self::Unavailable(DisplayErrorContext(&error).to_string()),
        }
    }
}
