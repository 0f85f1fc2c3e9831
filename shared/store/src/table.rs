//! The table itself: its keys and settings, for local use and to hold the deployment's template to.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::{CreateTableError, CreateTableInput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use crate::client::StoreError;

/// Partition key attribute.
pub const PARTITION_KEY: &str = "pk";
/// Sort key attribute.
pub const SORT_KEY: &str = "sk";
/// Time-to-live attribute: seconds since the epoch.
pub const TTL_ATTRIBUTE: &str = "expiresAt";
/// The index of buyers' instances by status.
pub const LISTED_INDEX: &str = "listed";
/// Its partition key attribute: the status and a shard.
pub const LISTED: &str = "listed";
/// Its sort key attribute: when an instance was made, and its id.
pub const LISTED_AS: &str = "listedAs";

/// What the table named `name` is made of.
///
/// # Panics
/// Never: every part is given.
#[must_use]
#[allow(clippy::expect_used)]
pub fn definition(name: &str) -> CreateTableInput {
    let key = |attribute: &str, kind| {
        KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().expect("both parts are given")
    };
    let text = |attribute: &str| {
        AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("both parts are given")
    };
    CreateTableInput::builder()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(PARTITION_KEY, KeyType::Hash))
        .key_schema(key(SORT_KEY, KeyType::Range))
        .attribute_definitions(text(PARTITION_KEY))
        .attribute_definitions(text(SORT_KEY))
        .attribute_definitions(text(LISTED))
        .attribute_definitions(text(LISTED_AS))
        .global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(LISTED_INDEX)
                .key_schema(key(LISTED, KeyType::Hash))
                .key_schema(key(LISTED_AS, KeyType::Range))
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
                .build()
                .expect("all parts are given"),
        )
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewImage)
                .build()
                .expect("both parts are given"),
        )
        .build()
        .expect("the name is given")
}

/// Makes the table where it does not exist yet: for local use. On AWS the template makes it.
pub async fn create(client: &Client, name: &str) -> Result<(), StoreError> {
    let definition = definition(name);
    let created = client
        .create_table()
        .table_name(name)
        .set_billing_mode(definition.billing_mode)
        .set_key_schema(definition.key_schema)
        .set_attribute_definitions(definition.attribute_definitions)
        .set_global_secondary_indexes(definition.global_secondary_indexes)
        .set_stream_specification(definition.stream_specification)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
            return Ok(());
        }
        Err(error) => return Err(StoreError::from_sdk(error)),
    }
    let time_to_live = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL_ATTRIBUTE).build();
    client
        .update_time_to_live()
        .table_name(name)
        .set_time_to_live_specification(time_to_live.ok())
        .send()
        .await
        .map_err(StoreError::from_sdk)?;
    Ok(())
}
