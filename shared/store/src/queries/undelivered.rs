//! The undelivered events of a subject. The cost depends only on them.

use uuid::Uuid;

use crate::model::delivery::Undelivered;
use crate::model::subject::Subject;
use crate::table::client::{Store, StoreError};
use crate::table::query::Query;
use crate::table::schema::OUTBOX;

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
        let place = |id: Uuid| format!("{OUTBOX}{id}");
        let query = Query::of_partition(subject.partition()).between(place(first), place(last)).to(self);
        let mut found = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            found.push(serde_dynamo::from_item(item?)?);
        }
        Ok(found)
    }
}
