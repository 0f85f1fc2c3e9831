//! The table itself: its keys and settings, for local use and to check the deployment's template against.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::create_table::{CreateTableError, CreateTableInput};
use aws_sdk_dynamodb::types::builders::ProjectionBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use crate::table::client::StoreError;

/// Partition key attribute.
pub const PARTITION_KEY: &str = "pk";
/// Sort key attribute.
pub const SORT_KEY: &str = "sk";
/// Time-to-live attribute: seconds since the epoch.
pub const TTL_ATTRIBUTE: &str = "expiresAt";
/// The beginning of the sort keys of events.
pub const EVENT: &str = "EVENT#";
/// The beginning of the sort keys of the outbox.
pub const OUTBOX: &str = "OUTBOX#";
/// The index of lists: buyers' instances by status, orders, license codes, tenants, open requests for licenses.
pub const LISTED_INDEX: &str = "listed";
/// Its partition key attribute: the status or the list, and a shard.
pub const LISTED: &str = "listed";
/// Its sort key attribute: since when it exists, and its id.
pub const LISTED_AS: &str = "listedAs";
/// The sparse index of what is still to be done: events to deliver, orders to ask about, instances to provision.
pub const OPEN_INDEX: &str = "open";
/// Its partition key attribute: the kind and a shard, so that no partition gets too much load. Removed when the thing is done.
pub const OPEN: &str = "open";
/// Its sort key attribute: since when, in milliseconds.
pub const OPEN_SINCE: &str = "openSince";
/// When an event is tried again, in milliseconds: the index holds a copy.
pub const NEXT_TRY_AT: &str = "nextTryAt";

/// When an event was resent. It is kept only until the next write; writing it wakes the functions that work on the event.
pub const RESENT_AT: &str = "resentAt";
/// When an event's order was learnt. It is kept only until the event has ended; writing it wakes delivery.
pub const LEARNT_AT: &str = "learntAt";

/// The attribute with an event's queue group: events of one subject are delivered one after the other.
pub const GROUP: &str = "group";

/// The definition of the table with this name.
///
/// # Panics
/// Never: every part is given.
#[must_use]
#[allow(clippy::expect_used)]
pub fn definition(name: &str) -> CreateTableInput {
    let key = |attribute: &str, kind| {
        KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().expect("both parts are given")
    };
    let attribute = |attribute: &str, kind| {
        AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(kind)
            .build()
            .expect("both parts are given")
    };
    let index = |name: &str, [hash, range]: [&str; 2], projection: ProjectionBuilder| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(projection.build())
            .build()
            .expect("all parts are given")
    };
    let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly);
    let projection = Projection::builder().projection_type(ProjectionType::Include).non_key_attributes(NEXT_TRY_AT);
    CreateTableInput::builder()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(PARTITION_KEY, KeyType::Hash))
        .key_schema(key(SORT_KEY, KeyType::Range))
        .attribute_definitions(attribute(PARTITION_KEY, ScalarAttributeType::S))
        .attribute_definitions(attribute(SORT_KEY, ScalarAttributeType::S))
        .attribute_definitions(attribute(OPEN, ScalarAttributeType::S))
        .attribute_definitions(attribute(OPEN_SINCE, ScalarAttributeType::N))
        .attribute_definitions(attribute(LISTED, ScalarAttributeType::S))
        .attribute_definitions(attribute(LISTED_AS, ScalarAttributeType::S))
        .global_secondary_indexes(index(OPEN_INDEX, [OPEN, OPEN_SINCE], projection))
        .global_secondary_indexes(index(LISTED_INDEX, [LISTED, LISTED_AS], keys_only))
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

/// Ends the stream of a table: each record of it makes the next write to an embedded table slower.
pub async fn end_stream(client: &Client, name: &str) -> Result<(), StoreError> {
    let table = client.describe_table().table_name(name).send().await?.table;
    let stream = table.and_then(|table| table.stream_specification);
    if stream.is_none_or(|stream| !stream.stream_enabled) {
        return Ok(());
    }
    let none = StreamSpecification::builder().stream_enabled(false).build()?;
    client.update_table().table_name(name).stream_specification(none).send().await?;
    Ok(())
}

/// Creates the table if it does not exist: for hosts. On AWS the template creates it.
///
/// It gets no stream: a host hears of its own writes ([`crate::Store::heard_by`]), and asks the index about those of others.
/// Returns whether items end by themselves: false where the endpoint knows no time to live, in which case they stay.
pub async fn create(client: &Client, name: &str) -> Result<bool, StoreError> {
    let definition = definition(name);
    let created = client
        .create_table()
        .table_name(name)
        .set_billing_mode(definition.billing_mode)
        .set_key_schema(definition.key_schema)
        .set_attribute_definitions(definition.attribute_definitions)
        .set_global_secondary_indexes(definition.global_secondary_indexes)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
            return Ok(true);
        }
        Err(error) => return Err(error.into()),
    }
    let time_to_live = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL_ATTRIBUTE).build();
    let request = client.update_time_to_live().table_name(name).set_time_to_live_specification(time_to_live.ok());
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("UnknownOperationException") => Ok(false),
        Err(error) => Err(error.into()),
    }
}
