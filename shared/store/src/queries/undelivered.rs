//! The undelivered events of a subject. The cost depends only on them.

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::model::delivery::Undelivered;
use crate::model::subject::Subject;
use crate::table::client::{Store, StoreError};
use crate::table::schema::{OUTBOX, PARTITION_KEY, SORT_KEY};

impl Store {
    /// The undelivered events of a subject, oldest first.
    pub async fn undelivered_events(&self, subject: &Subject) -> Result<Vec<Undelivered>, StoreError> {
        self.undelivered_between(subject, Uuid::nil(), Uuid::max()).await
    }

    /// The same, from one event to another.
    pub(crate) async fn undelivered_between(
        &self,
        subject: &Subject,
        first: Uuid,
        last: Uuid,
    ) -> Result<Vec<Undelivered>, StoreError> {
        let place = |id: Uuid| AttributeValue::S(format!("{OUTBOX}{id}"));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PARTITION_KEY)
            .expression_attribute_names("#sk", SORT_KEY)
            .expression_attribute_values(":pk", AttributeValue::S(subject.partition()))
            .expression_attribute_values(":first", place(first))
            .expression_attribute_values(":last", place(last));
        let mut found = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            found.push(serde_dynamo::from_item(item?)?);
        }
        Ok(found)
    }
}
