//! What the order query told of an order line: buyer and product, personal data, kept sealed for as long as what it was
//! asked about stands.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use koogallery::{OrderId, OrderLineId};

use crate::client::{Store, StoreError};
use crate::data_key::Sealed;
use crate::key::{Item, Key};
use crate::lifecycle::Lifecycle;
use crate::outbox::SubjectKey;
use crate::table::{PARTITION_KEY, SORT_KEY};
use crate::transaction::{Commit, Pauses, cancelled};

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

    /// Keeps them, if the instance or license code that they were asked about stands: false where it does not, or is
    /// released, so that nothing stays when that is erased. What was kept before goes.
    pub async fn keep_order_details(
        &self,
        of: &SubjectKey,
        order: &OrderId,
        line: Option<&OrderLineId>,
        details: &Sealed,
    ) -> Result<bool, StoreError> {
        let incomplete = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Refused(error.to_string());
        let mut item = Key::order_details(order, line).into_item();
        item.insert("details".to_owned(), details.to_attribute());
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build().map_err(incomplete)?;
        let stands = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(state_of(of)))
            .condition_expression("attribute_exists(pk) AND #status <> :released")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":released", AttributeValue::S("released".to_owned()))
            .build()
            .map_err(incomplete)?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().condition_check(stands).build())
            .transact_items(TransactWriteItem::builder().put(put).build());
        let mut pauses = Pauses::new();
        loop {
            match request.clone().send().await {
                Ok(_) => return Ok(true),
                Err(SdkError::ServiceError(context)) if context.err().is_transaction_canceled_exception() => {
                    match cancelled(context.into_err(), 0)? {
                        // A call about it is being written.
                        Commit::Conflict => pauses.pause().await?,
                        Commit::Done | Commit::Replayed | Commit::Refused { .. } => return Ok(false),
                    }
                }
                Err(error) => return Err(StoreError::from_sdk(error)),
            }
        }
    }

    /// Whether what is personal of an instance or a license code was erased.
    pub async fn is_erased(&self, of: &SubjectKey) -> Result<bool, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(state_of(of))).consistent_read(true);
        let Some(item) = get.send().await.map_err(StoreError::from_sdk)?.item else { return Ok(false) };
        Ok(serde_dynamo::from_item::<_, Lifecycle>(item)?.erased_at.is_some())
    }
}

fn state_of(of: &SubjectKey) -> Item {
    Item::from([
        (PARTITION_KEY.to_owned(), AttributeValue::S(of.as_str().to_owned())),
        (SORT_KEY.to_owned(), AttributeValue::S("STATE".to_owned())),
    ])
}
