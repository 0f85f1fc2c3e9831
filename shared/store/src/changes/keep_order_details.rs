//! The order query's answer about an order line: buyer and product, so personal data. It is kept sealed as long as the instance
//! or license code that it was asked for exists. If that is released already, or if the order made neither, it is kept only as
//! long as its events may be on their way.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use koogallery::{OrderId, OrderLineId, Timestamp};

use crate::model::lifecycle::{AppliedOrder, Lifecycle};
use crate::model::sealed::Sealed;
use crate::model::subject::Subject;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Pauses, write_together};

/// How long details are kept that belong to no instance or license code: longer than the events that name the order are tried.
const LIFETIME: Duration = Duration::from_hours(4 * 24);

/// The kept details of an order line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDetails {
    /// The details, sealed for [`order_details_place`].
    pub sealed: Sealed,
    /// Whether they expire by themselves, because they belong to neither an instance nor a license code.
    pub is_temporary: bool,
}

/// The place for which the details of an order line are sealed.
#[must_use]
pub fn order_details_place(order: &OrderId, line: Option<&OrderLineId>) -> String {
    format!("details of {}", AppliedOrder::key_of(order, line))
}

impl Store {
    /// The details of an order line that are kept at this time. Returns none if nothing was asked yet.
    pub async fn order_details(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
        at: Timestamp,
    ) -> Result<Option<KeptDetails>, StoreError> {
        let Some(item) = self.standing_item(Key::order_details(order, line)).await? else { return Ok(None) };
        let Some(sealed) = Sealed::of_attribute(item.get("details")) else { return Ok(None) };
        // DynamoDB deletes expired items late.
        let until: Option<i64> = item.get(TTL_ATTRIBUTE).and_then(|until| until.as_n().ok()?.parse().ok());
        let is_gone = until.is_some_and(|until| until <= at.as_seconds());
        Ok(Some(KeptDetails { sealed, is_temporary: until.is_some() }).filter(|_| !is_gone))
    }

    /// Keeps them, in place of older ones, as long as the instance or license code that they were asked for exists. If that is
    /// released or does not exist, or if an order's own event asked, they are kept for four days. Returns false, and keeps
    /// nothing, if details that do not expire are already kept.
    pub async fn keep_order_details(
        &self,
        of: &Subject,
        order: &OrderId,
        line: Option<&OrderLineId>,
        details: &Sealed,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut item = Key::order_details(order, line).into_item();
        item.insert("details".to_owned(), details.to_attribute());
        let mut for_a_while = item.clone();
        let until = at.saturating_add(LIFETIME).as_seconds().to_string();
        for_a_while.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until));
        if *of == Subject::Order(order.clone()) {
            return self.keep_for_a_while(for_a_while).await;
        }
        let put = Change::new().put(item).table_name(&self.table).build()?;
        let stands = Change::new().only_if(Condition::stands_unreleased()).check(Key::state(of));
        let stands = stands.table_name(&self.table).build()?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().condition_check(stands).build())
            .transact_items(TransactWriteItem::builder().put(put).build());
        // It is refused if released. Its events may still be on their way, and need their order.
        if write_together(request).await? { Ok(true) } else { self.keep_for_a_while(for_a_while).await }
    }

    async fn keep_for_a_while(&self, item: Item) -> Result<bool, StoreError> {
        let is_for_a_while = Condition::Any(vec![Condition::NEW, Condition::Exists(TTL_ATTRIBUTE)]);
        let put = self.put_request(Change::new().only_if(is_for_a_while).put(item))?;
        let mut pauses = Pauses::new();
        loop {
            match under_condition(put.clone().send().await) {
                Err(StoreError::Conflict) => pauses.pause().await?,
                kept => return Ok(kept?.is_some()),
            }
        }
    }

    /// Whether the personal data of an instance or a license code was erased.
    pub async fn is_erased(&self, of: &Subject) -> Result<bool, StoreError> {
        let Some(item) = self.standing_item(Key::state(of)).await? else { return Ok(false) };
        Ok(serde_dynamo::from_item::<_, Lifecycle>(item)?.erased_at.is_some())
    }
}
