//! Statements and their rows, the mappings that people confirmed, explanations, and the findings of the last comparison.

use koogallery::Text;
use serde::de::DeserializeOwned;

use crate::model::statement::{Comparison, KeptExplanation, KeptMapping, KeptRow, RowPlace, StatementFile};
use crate::queries::lists::Page;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::{List, Place};
use crate::table::query::Query;
use crate::table::schema::SORT_KEY;
use crate::table::statement_items::{row_place, row_said};

/// The attribute with findings.
pub(crate) const FINDINGS: &str = "findings";

impl Store {
    /// A statement.
    pub async fn statement(&self, file: &Text<64>) -> Result<Option<StatementFile>, StoreError> {
        self.one(Key::statement(file)).await
    }

    /// Up to `limit` statements, by the time when their import began, in 16 parts one after the other.
    pub async fn statements(&self, from: Place, limit: usize) -> Result<Page<StatementFile>, StoreError> {
        self.members_of(List::Statements, from, limit).await
    }

    /// Up to `limit` rows of a file, after a place.
    pub async fn statement_rows(
        &self,
        file: &Text<64>,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Result<Vec<KeptRow>, StoreError> {
        let query = Query::of_partition(Key::statement(file).partition().to_owned());
        // A `$` comes after all `#` and digits.
        let from = after.map_or_else(|| Key::ROW.to_owned(), |place| format!("{}{place}$", Key::ROW));
        let query = query.between(from, format!("{}:", Key::ROW)).to(self);
        let query = query.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let mut items = query.into_paginator().items().send();
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some(item) = items.next().await
        {
            rows.push(row(&item?)?);
        }
        Ok(rows)
    }

    /// Up to `limit` mappings that people confirmed, by the digest of their titles, after one of them.
    pub async fn mappings(&self, after: Option<&str>, limit: usize) -> Result<Vec<KeptMapping>, StoreError> {
        self.after(Key::MAPPINGS, after, limit).await
    }

    /// The mapping for certain titles.
    pub async fn mapping(&self, titles: &Text<64>) -> Result<Option<KeptMapping>, StoreError> {
        self.one(Key::mapping(titles)).await
    }

    /// Up to `limit` explanations, by the id of their finding, after one of them.
    pub async fn explanations(&self, after: Option<&str>, limit: usize) -> Result<Vec<KeptExplanation>, StoreError> {
        self.after(Key::EXPLANATIONS, after, limit).await
    }

    /// The explanation of a finding.
    pub async fn explanation(&self, finding: &Text<64>) -> Result<Option<KeptExplanation>, StoreError> {
        self.one(Key::explanation(finding)).await
    }

    /// The last comparison of a month.
    pub async fn comparison(&self, month: &Text<7>) -> Result<Option<Comparison>, StoreError> {
        self.one(Key::comparison(month)).await
    }

    /// The last comparisons of these months, as far as there are any, in no order.
    pub async fn comparisons(&self, months: &[Text<7>]) -> Result<Vec<Comparison>, StoreError> {
        let keys = months.iter().map(|month| Key::comparison(month).into_item()).collect();
        Ok(serde_dynamo::from_items(self.standing_items(keys).await?)?)
    }

    /// A part of the findings of a comparison, from 0: JSON. None after the last one.
    pub async fn findings(&self, of: &Comparison, part: u32) -> Result<Option<Vec<String>>, StoreError> {
        let Some(item) = self.standing_item(Key::findings(&of.month, of.run, part)).await? else { return Ok(None) };
        let list = item.get(FINDINGS).and_then(|list| list.as_l().ok());
        let list = list.ok_or_else(|| StoreError::Unreadable("the findings of a comparison".to_owned()))?;
        Ok(Some(list.iter().filter_map(|one| one.as_s().ok().cloned()).collect()))
    }

    async fn one<T: DeserializeOwned>(&self, key: Key) -> Result<Option<T>, StoreError> {
        Ok(self.standing_item(key).await?.map(serde_dynamo::from_item).transpose()?)
    }

    /// Up to `limit` items of a partition of one kind.
    async fn after<T: DeserializeOwned>(
        &self,
        partition: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let query = Query::of_partition(partition.to_owned());
        let query = match after {
            Some(after) => query.after(after.to_owned()),
            None => query,
        };
        let answer = query.to(self).limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await?;
        Ok(serde_dynamo::from_items(answer.items.unwrap_or_default())?)
    }
}

fn row(item: &Item) -> Result<KeptRow, StoreError> {
    let sort = item.get(SORT_KEY).and_then(|sort| sort.as_s().ok());
    match (sort.and_then(|sort| row_place(sort)), row_said(item)) {
        (Some(place), Some(row)) => Ok(KeptRow { place, row: row.to_owned() }),
        _ => Err(StoreError::Unreadable("a row of a statement".to_owned())),
    }
}
