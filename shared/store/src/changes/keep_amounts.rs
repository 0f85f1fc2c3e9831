//! What an order's lines are worth: learnt from the order query, and kept for as long as a bill may name them.

use koogallery::OrderId;

use crate::model::orders::amount::OrderAmount;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};

impl Store {
    /// Keeps the amounts of an order's lines, in place of older ones.
    pub async fn keep_amounts(&self, order: &OrderId, amounts: &[OrderAmount]) -> Result<(), StoreError> {
        for amount in amounts {
            let mut item: Item = serde_dynamo::to_item(amount)?;
            item.extend(Key::amount(order, amount.order_line_id.as_ref()).into_item());
            self.put_request(Change::new().put(item))?.send().await?;
        }
        Ok(())
    }
}
