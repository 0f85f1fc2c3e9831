//! What the order query told of an order line: buyer and product, personal data, kept sealed.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{OrderId, OrderLineId};

use crate::client::{Store, StoreError};
use crate::data_key::Sealed;
use crate::key::{Item, Key};
use crate::listing::PlaceError;
use crate::table::{PARTITION_KEY, SORT_KEY};

/// Where the details of an order line are sealed for. The order's length keeps apart what a `#` within an id would join.
#[must_use]
pub fn order_details_place(order: &OrderId, line: Option<&OrderLineId>) -> String {
    format!("details of {}#{order}#{}", order.as_str().len(), line.map_or("", OrderLineId::as_str))
}

/// Where a page of an order's details ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailsPlace(Option<OrderLineId>);

impl fmt::Display for DetailsPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("", OrderLineId::as_str))
    }
}

impl std::str::FromStr for DetailsPlace {
    type Err = PlaceError;
    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let line = (!text.is_empty()).then(|| text.parse().map_err(|_| PlaceError));
        line.transpose().map(Self)
    }
}

/// A part of what is kept of an order.
#[derive(Debug)]
pub struct DetailsPage {
    /// By the line that was asked for, each sealed for its [`order_details_place`].
    pub details: Vec<(Option<OrderLineId>, Sealed)>,
    /// Where the next page begins; none at the end.
    pub next: Option<DetailsPlace>,
}

impl Store {
    /// Up to `limit` of what is kept of an order, after a place.
    pub async fn kept_order_details(
        &self,
        order: &OrderId,
        after: Option<&DetailsPlace>,
        limit: usize,
    ) -> Result<DetailsPage, StoreError> {
        let whole = Key::order_details(order, None);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :details)")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(whole.partition().to_owned()))
            .expression_attribute_values(":details", AttributeValue::S(Key::DETAILS.to_owned()))
            .set_exclusive_start_key(after.map(|after| Key::order_details(order, after.0.as_ref()).into_item()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(StoreError::from_sdk)?;
        let details = answer.items().iter().map(|item| {
            let sealed = Sealed::of_attribute(item.get("details")).ok_or_else(unreadable)?;
            Ok((line(item)?, sealed))
        });
        let details = details.collect::<Result<_, StoreError>>()?;
        let next = answer.last_evaluated_key().map(line).transpose()?.map(DetailsPlace);
        Ok(DetailsPage { details, next })
    }

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

/// The line that an item is of.
fn line(item: &Item) -> Result<Option<OrderLineId>, StoreError> {
    let sort = item.get(SORT_KEY).and_then(|sort| sort.as_s().ok()).ok_or_else(unreadable)?;
    let line = sort.strip_prefix(Key::DETAILS).and_then(|rest| rest.strip_prefix('#'));
    line.map(|line| line.parse().map_err(|_| unreadable())).transpose()
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("an order's details".to_owned())
}
