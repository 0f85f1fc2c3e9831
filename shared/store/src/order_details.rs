//! What the order query told of an order line: buyer and product, personal data, kept sealed for as long as what it was
//! asked about stands.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use koogallery::{OrderId, OrderLineId};

use crate::client::{Store, StoreError};
use crate::data_key::Sealed;
use crate::key::Key;
use crate::lifecycle::{AppliedOrder, Lifecycle};
use crate::outbox::SubjectKey;
use crate::transaction::{Commit, Pauses, cancelled};

/// Where the details of an order line are sealed for.
#[must_use]
pub fn order_details_place(order: &OrderId, line: Option<&OrderLineId>) -> String {
    format!("details of {}", AppliedOrder::key_of(order, line))
}

impl Store {
    /// What is kept of an order line, sealed for [`order_details_place`]; none before it was asked for.
    pub async fn order_details(
        &self,
        order: &OrderId,
        line: Option<&OrderLineId>,
    ) -> Result<Option<Sealed>, StoreError> {
        let item = self.standing_item(Key::order_details(order, line)).await?;
        Ok(Sealed::of_attribute(item.as_ref().and_then(|item| item.get("details"))))
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
            .set_key(Some(Key::state(of.as_str()).into_item()))
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
        let Some(item) = self.standing_item(Key::state(of.as_str())).await? else { return Ok(false) };
        Ok(serde_dynamo::from_item::<_, Lifecycle>(item)?.erased_at.is_some())
    }
}
