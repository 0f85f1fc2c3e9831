//! What the other functions are measured beside: a function with the same client that does nothing with it, or nothing
//! but one transaction.
//!
//! A body is the transaction: a JSON list of items, each an object of text attributes. Without a body the answer is a
//! constant.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use koogallery_runtime::{Environment, dynamodb_client, serve_http};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let table = environment.required("KOOGALLERY_TABLE", "the table to write to")?;
    let client = &dynamodb_client(&environment)?;
    serve_http(|request| async move {
        let written = match request {
            Ok(request) if !request.body().is_empty() => write(client, table, request.body()).await,
            other => other.map(drop).map_err(Error::from),
        };
        let code = if written.is_ok() { "000000" } else { "000005" };
        let mut response = Response::new(Bytes::from(format!(r#"{{"resultCode":"{code}","resultMsg":""}}"#)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    })
    .await?;
    Ok(())
}

async fn write(client: &Client, table: &str, body: &[u8]) -> Result<(), Error> {
    let items: Vec<BTreeMap<String, String>> = serde_json::from_slice(body)?;
    let mut transaction = client.transact_write_items();
    for item in items {
        let item = item.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect();
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(pk)").build()?;
        transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
    }
    transaction.send().await?;
    Ok(())
}
