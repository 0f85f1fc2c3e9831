//! What the other functions are measured beside: a function with the same client that does nothing with it, or nothing
//! but one transaction.
//!
//! A body is the transaction: a JSON list of items, each an object of text attributes. Without a body the answer is a
//! constant.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use koogallery_runtime::{Environment, dynamodb_client};
use lambda_http::{Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let table = environment.required("KOOGALLERY_TABLE", "the table to write to")?;
    let client = &dynamodb_client(&environment)?;
    run(service_fn(|request: Request| async move {
        if !request.body().is_empty() {
            write(client, table, request.body()).await?;
        }
        let response = Response::builder().header("content-type", "application/json");
        Ok::<_, Error>(response.body(r#"{"resultCode":"000000","resultMsg":"success"}"#.to_owned())?)
    }))
    .await
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
