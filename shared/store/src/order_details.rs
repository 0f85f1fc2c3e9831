//! What the order query told of an order line: buyer and product, personal data, kept sealed.

use koogallery::{OrderId, OrderLineId};

use crate::client::{Store, StoreError};
use crate::data_key::Sealed;
use crate::key::Key;

/// Where the details of an order line are sealed for. The order's length keeps apart what a `#` within an id would join.
#[must_use]
pub fn order_details_place(order: &OrderId, line: Option<&OrderLineId>) -> String {
    format!("details of {}#{order}#{}", order.as_str().len(), line.map_or("", OrderLineId::as_str))
}

impl Store {
    /// What is kept of an order line, sealed for [`order_details_place`]; none before it was asked for.
    pub async fn order_details(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
    ) -> Result<Option<Sealed>, StoreError> {
        let key = Key::order_details(order, line).into_item();
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = get.send().await.map_err(StoreError::from_sdk)?;
        Ok(Sealed::of_attribute(answer.item.as_ref().and_then(|item| item.get("details"))))
    }

    /// Keeps them; what was kept before goes.
    pub async fn keep_order_details(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
        details: &Sealed,
    ) -> Result<(), StoreError> {
        let mut item = Key::order_details(order, line).into_item();
        item.insert("details".to_owned(), details.to_attribute());
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(StoreError::from_sdk)
    }
}
