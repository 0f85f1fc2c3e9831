//! The sessions of the console: an item for each, under the digest of what the browser shows. All are in one partition, since an
//! administrator lists them and there are as many as operators at work.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::action::Action;
use crate::model::login::HandleDigest;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::schema::{SORT_KEY, TTL_ATTRIBUTE};
use crate::table::transaction::write_together;

/// Somebody who is signed in to the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleSession {
    /// Who: an address, as the identity provider names it; or how the person came, where there is no identity provider.
    pub by: Text<128>,
    /// What the identity provider calls the account.
    pub subject: String,
    /// The address, if the identity provider says that it is the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The groups that the identity provider names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Whether it began with a link of the host, and not with an identity provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_link: bool,
    /// The origin of the console where it began. It is none at another.
    pub origin: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Store {
    /// Begins a session, together with the record of that.
    pub async fn begin_session(
        &self,
        of: HandleDigest,
        session: &ConsoleSession,
        action: &Action,
    ) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(session)?;
        item.extend(Key::session(of).into_item());
        item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(session.until.as_seconds().to_string()));
        let begin = Change::new().only_if(Condition::NEW).put(item).table_name(&self.table).build()?;
        let begin = TransactWriteItem::builder().put(begin).build();
        // A handle is random: where it is there already, this request was sent twice.
        write_together(self.with_action(begin, action)?).await.map(drop)
    }

    /// The session that a browser shows; none if it is over.
    pub async fn session(&self, of: HandleDigest, at: Timestamp) -> Result<Option<ConsoleSession>, StoreError> {
        let item = self.standing_item(Key::session(of)).await?;
        let session: Option<ConsoleSession> = item.map(serde_dynamo::from_item).transpose()?;
        Ok(session.filter(|session| session.until > at))
    }

    /// All sessions that are not over, the newest first, each with its digest.
    pub async fn sessions(&self, at: Timestamp) -> Result<Vec<(HandleDigest, ConsoleSession)>, StoreError> {
        let query = Query::of_partition(Key::SESSIONS.to_owned()).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        let mut sessions = Vec::with_capacity(items.len());
        for item in items {
            let digest = item.get(SORT_KEY).and_then(|sort| Key::session_digest(sort.as_s().ok()?));
            let digest = digest.ok_or_else(|| StoreError::Unreadable("a session".to_owned()))?;
            let session: ConsoleSession = serde_dynamo::from_item(item)?;
            if session.until > at {
                sessions.push((digest, session));
            }
        }
        sessions.sort_by_key(|(_, session)| std::cmp::Reverse(session.began_at));
        Ok(sessions)
    }

    /// Ends a session, together with the record of that. False if it ended before.
    pub async fn end_session(&self, of: HandleDigest, action: &Action) -> Result<bool, StoreError> {
        let end = Change::new().only_if(Condition::STANDS).delete(Key::session(of).into_item());
        let end = TransactWriteItem::builder().delete(end.table_name(&self.table).build()?).build();
        write_together(self.with_action(end, action)?).await
    }
}
