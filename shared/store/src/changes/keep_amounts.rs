//! What an order's lines are worth: learnt from the order query, and kept for as long as a bill may name them.

use koogallery::{OrderId, Timestamp};

use crate::model::orders::amount::OrderAmount;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::List;

impl Store {
    /// Keeps the amounts of an order's lines, in place of older ones. They are listed by the time of the order; by `now`, if the
    /// query did not tell it.
    pub async fn keep_amounts(
        &self,
        order: &OrderId,
        amounts: &[OrderAmount],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for amount in amounts {
            let key = Key::amount(order, amount.order_line_id.as_ref());
            let mut item: Item = serde_dynamo::to_item(amount)?;
            item.extend(List::Amounts.entry(World::Real, order.as_str(), amount.ordered_at.unwrap_or(now), &key));
            item.extend(key.into_item());
            self.put_request(Change::new().put(item))?.send().await?;
        }
        Ok(())
    }
}
