//! Primary keys: which partition and which item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, Nonce, OrderId, OrderLineId, ProductId, TestFlag};
use uuid::Uuid;

use crate::table::{PARTITION_KEY, SORT_KEY};

/// An item's attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Debug calls live in a world of their own under the same keys with a prefix: they never meet a buyer's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// Buyers' instances.
    Real,
    /// KooGallery's debug calls (`testFlag` 1).
    Test,
}

impl From<TestFlag> for World {
    fn from(flag: TestFlag) -> Self {
        match flag {
            TestFlag::Real => Self::Real,
            TestFlag::Debug => Self::Test,
        }
    }
}

/// One item's primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    partition: String,
    sort: String,
}

impl Key {
    fn new(world: World, partition: &str, sort: String) -> Self {
        let prefix = if world == World::Test { "TEST#" } else { "" };
        Self { partition: format!("{prefix}{partition}"), sort }
    }

    /// An instance's state.
    pub(crate) fn instance(world: World, id: &InstanceId) -> Self {
        Self::new(world, &format!("INSTANCE#{id}"), "STATE".to_owned())
    }

    /// What the purchase told of its buyer.
    pub(crate) fn details(world: World, id: &InstanceId) -> Self {
        Self::new(world, &format!("INSTANCE#{id}"), "DETAILS".to_owned())
    }

    /// A data key, wrapped.
    pub(crate) fn data_key(id: &str) -> Self {
        Self::new(World::Real, "DATA_KEY", id.to_owned())
    }

    /// An event about an instance: its history, and the outbox.
    pub(crate) fn instance_event(world: World, id: &InstanceId, event: Uuid) -> Self {
        Self::new(world, &format!("INSTANCE#{id}"), format!("EVENT#{event}"))
    }

    /// Which instance an order line made. A pay-per-use order, and any of V1.0, names its products instead of its lines.
    pub(crate) fn purchase(
        world: World,
        order: &OrderId,
        line: Option<&OrderLineId>,
        product: Option<&ProductId>,
    ) -> Self {
        let sort = match (product, line) {
            (Some(product), _) => format!("PRODUCT#{product}"),
            (None, Some(line)) => format!("LINE#{line}"),
            (None, None) => "ORDER".to_owned(),
        };
        Self::new(world, &format!("ORDER#{order}"), sort)
    }

    /// An order notice that was received.
    pub(crate) fn notice(world: World, order: &OrderId, line: &OrderLineId) -> Self {
        Self::new(world, &format!("ORDER#{order}"), format!("NOTICE#{line}"))
    }

    /// An event about an order.
    pub(crate) fn order_event(world: World, order: &OrderId, event: Uuid) -> Self {
        Self::new(world, &format!("ORDER#{order}"), format!("EVENT#{event}"))
    }

    /// A nonce that was used.
    pub(crate) fn nonce(world: World, nonce: &Nonce) -> Self {
        Self::new(world, &format!("NONCE#{}", nonce.as_str()), "NONCE".to_owned())
    }

    /// What was bought by an order line, as the order query tells it.
    pub(crate) fn order_details(order: &OrderId, line: Option<&OrderLineId>) -> Self {
        let sort = line.map_or_else(|| "DETAILS".to_owned(), |line| format!("DETAILS#{line}"));
        Self::new(World::Real, &format!("ORDER#{order}"), sort)
    }

    /// The partition.
    pub(crate) fn partition(&self) -> &str {
        &self.partition
    }

    /// The key as attributes.
    pub(crate) fn into_item(self) -> Item {
        HashMap::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(self.partition)),
            (SORT_KEY.to_owned(), AttributeValue::S(self.sort)),
        ])
    }
}
