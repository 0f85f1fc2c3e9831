//! The operations of DynamoDB that dynoxide does, by the names and the JSON that the AWS SDK sends.

use bytes::Bytes;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use http::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the header `X-Amz-Target` begins with.
const TARGET: &str = "DynamoDB_20120810.";
/// The type of all bodies.
const JSON: &str = "application/x-amz-json-1.0";

/// Whether whoever asks may lose an answer and send a transaction once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// Over a network: the token of a transaction is remembered for ten minutes, so that the same one is done once.
    Possible,
    /// Within this process no answer is lost. dynoxide looks at all tokens that it remembers for each transaction, so that each
    /// call would make the next ones slower.
    Never,
}

/// Does one operation, and answers as DynamoDB answers. It blocks while the database works.
pub(super) fn answer(database: &Database, target: &str, body: &[u8], repeats: Repeats) -> Response<Bytes> {
    let (status, body) = match run(database, target.strip_prefix(TARGET).unwrap_or_default(), body, repeats) {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(JSON));
    response
}

fn run(database: &Database, operation: &str, body: &[u8], repeats: Repeats) -> Result<String, DynoxideError> {
    match operation {
        "BatchGetItem" => written(database.batch_get_item(read(body)?)?),
        "BatchWriteItem" => written(database.batch_write_item(read(body)?)?),
        "CreateTable" => written(database.create_table(read(body)?)?),
        "DeleteItem" => written(database.delete_item(read(body)?)?),
        "DeleteTable" => written(database.delete_table(read(body)?)?),
        "DescribeTable" => written(database.describe_table(read(body)?)?),
        "DescribeTimeToLive" => written(database.describe_time_to_live(read(body)?)?),
        "GetItem" => written(database.get_item(read(body)?)?),
        "ListTables" => written(database.list_tables(read(body)?)?),
        "PutItem" => written(database.put_item(read(body)?)?),
        "Query" => written(database.query(read(body)?)?),
        "Scan" => written(database.scan(read(body)?)?),
        "TransactGetItems" => written(database.transact_get_items(read(body)?)?),
        "TransactWriteItems" => {
            let mut request: TransactWriteItemsRequest = read(body)?;
            request.client_request_token = request.client_request_token.filter(|_| repeats == Repeats::Possible);
            written(database.transact_write_items(request)?)
        }
        "UpdateItem" => written(database.update_item(read(body)?)?),
        "UpdateTable" => written(database.update_table(read(body)?)?),
        "UpdateTimeToLive" => written(database.update_time_to_live(read(body)?)?),
        _ => Err(DynoxideError::ValidationException("the embedded DynamoDB has no such operation".to_owned())),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))
}

// The databases' methods return values, which are written once.
#[allow(clippy::needless_pass_by_value)]
fn written<T: Serialize>(answer: T) -> Result<String, DynoxideError> {
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
