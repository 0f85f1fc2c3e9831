//! What people say of statements: the mappings that they confirm, why findings are all right; and the findings of the last
//! comparison, for those who look at them later.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{Text, Timestamp};
use serde::Serialize;

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::statement::{Comparison, KeptExplanation, KeptMapping};
use crate::queries::statements::FINDINGS;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Commit, Transaction};

/// The findings of a comparison are kept this long.
const KEPT: Duration = Duration::from_hours(400 * 24);

impl Store {
    /// Keeps a mapping that a person confirmed, in place of an earlier one for the same titles. Returns what was kept; if the mapping
    /// is not new, that is the first confirmation.
    pub async fn confirm_mapping(
        &self,
        titles: &Text<64>,
        mapping: String,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<KeptMapping, StoreError> {
        let before = self.mapping(titles).await?;
        if let Some(same) = before.as_ref().filter(|before| before.mapping == mapping) {
            return Ok(same.clone());
        }
        let after = KeptMapping { titles: titles.clone(), mapping, at: now, by: actor.by.clone() };
        let action = Action::new(actor, "mapping.confirm", About::Deployment, now).from(&before).to(&after);
        self.keep_said(Key::mapping(titles), &after, &action, now).await?;
        Ok(after)
    }

    /// Keeps why a finding is all right, in place of an earlier explanation.
    pub async fn explain(
        &self,
        finding: &Text<64>,
        note: Text<255>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<KeptExplanation, StoreError> {
        let before = self.explanation(finding).await?;
        let after = KeptExplanation { finding: finding.clone(), note, at: now, by: actor.by.clone() };
        let action = Action::new(actor, "finding.explain", About::Deployment, now).from(&before).to(&after);
        self.keep_said(Key::explanation(finding), &after, &action, now).await?;
        Ok(after)
    }

    /// Keeps a part of the findings of a comparison, from 0. They are shown when the comparison is kept.
    pub async fn keep_findings(&self, of: &Comparison, part: u32, findings: Vec<String>) -> Result<(), StoreError> {
        let list = findings.into_iter().map(AttributeValue::S).collect();
        let until = of.at.saturating_add(KEPT).as_seconds();
        let mut item = Item::from([
            (FINDINGS.to_owned(), AttributeValue::L(list)),
            (TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string())),
        ]);
        item.extend(Key::findings(&of.month, of.run, part).into_item());
        self.put_request(Change::new().put(item))?.send().await?;
        Ok(())
    }

    /// Keeps a comparison as the last one of its month.
    pub async fn keep_comparison(&self, comparison: &Comparison) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(comparison)?;
        item.extend(Key::comparison(&comparison.month).into_item());
        self.put_request(Change::new().put(item))?.send().await?;
        Ok(())
    }

    async fn keep_said(
        &self,
        key: Key,
        said: &impl Serialize,
        action: &Action,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(said)?;
        item.extend(key.into_item());
        let call = Call::own(now);
        match Transaction::new(self, &call)?.keep(item)?.acted(action)?.commit().await? {
            Commit::Done | Commit::Replayed => Ok(()),
            Commit::Refused { .. } | Commit::Conflict => Err(StoreError::Conflict),
        }
    }
}
