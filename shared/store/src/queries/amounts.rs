//! What orders are worth: of one order, or of all orders of a span of time.

use koogallery::{OrderId, Timestamp};

use crate::model::orders::amount::OrderAmount;
use crate::model::subject::Subject;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::query::Query;
use crate::table::schema::PARTITION_KEY;

impl Store {
    /// What an order's lines are worth; empty if the order query did not tell it.
    pub async fn amounts_of(&self, order: &OrderId) -> Result<Vec<OrderAmount>, StoreError> {
        let partition = Subject::Order(order.clone()).partition();
        let query = Query::of_partition(partition).beginning_with(Key::AMOUNT).to(self);
        let items = query.into_paginator().items().send();
        let items: Vec<Item> = items.collect::<Result<_, _>>().await?;
        Ok(serde_dynamo::from_items(items)?)
    }

    /// What the lines of all orders of a span of time are worth, whose end is not part of it. The time is that of the order; of an
    /// order whose time is not told, that of the order query.
    pub async fn amounts_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(OrderId, OrderAmount)>, StoreError> {
        let items = self.listed_between(List::Amounts, from, to).await?;
        items.into_iter().map(|item| Ok((order_of(&item)?, serde_dynamo::from_item(item)?))).collect()
    }
}

fn order_of(item: &Item) -> Result<OrderId, StoreError> {
    let partition = item.get(PARTITION_KEY).and_then(|value| value.as_s().ok());
    match partition.and_then(|partition| partition.parse().ok()) {
        Some(Subject::Order(order)) => Ok(order),
        _ => Err(StoreError::Unreadable("what an order is worth".to_owned())),
    }
}
