//! Jobs of the console: a long piece of work in many small steps, whose progress is kept after each one. Whoever opens the job's page
//! does the next step, so nothing has to run meanwhile, and a job that was left goes on where it was.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

use crate::model::action::Action;
use crate::model::event_type::EventType;
use crate::model::subject::Subject;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::query::Query;
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{VERSION, write_together};

/// A job is kept this long after its beginning.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// Which events a job delivers once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "which")]
pub enum JobOf {
    /// All that are parked.
    Parked,
    /// All that are still to be delivered.
    Undelivered,
    /// All of one subject, whatever became of them.
    Subject {
        /// The subject.
        subject: Subject,
    },
}

/// Events that are delivered once more, a few at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResendJob {
    /// A UUID of version 7.
    pub id: Uuid,
    /// Who began it.
    pub by: Text<128>,
    /// Why.
    pub reason: Text<255>,
    /// Which events.
    pub of: JobOf,
    /// Only events that happened then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only events that happened before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only events of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<EventType>,
    /// When it began. It takes no event that happened later.
    pub began_at: Timestamp,
    /// Where the next step begins; none at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// How many events it has looked at.
    pub seen: u64,
    /// How many it has delivered once more.
    pub resent: u64,
    /// The first events that it has delivered once more, up to [`ResendJob::MOST_NAMED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Uuid>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Counts the steps.
    #[serde(default)]
    pub version: u64,
}

impl ResendJob {
    /// So many events a job names: its item stays small, and its page short. The audit has all of them.
    pub const MOST_NAMED: usize = 200;

    fn to_item(&self) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(Key::job(self.id).into_item());
        let until = self.began_at.saturating_add(KEPT).as_seconds();
        item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        Ok(item)
    }
}

impl Store {
    /// Begins a job, together with the record of that.
    pub async fn begin_job(&self, job: &ResendJob, action: &Action) -> Result<(), StoreError> {
        let begin = Change::new().only_if(Condition::NEW).put(job.to_item()?).table_name(&self.table).build()?;
        let begin = TransactWriteItem::builder().put(begin).build();
        write_together(self.with_action(begin, action)?).await.map(drop)
    }

    /// Keeps the progress of a job. False if another step was faster: then nothing is written.
    pub async fn advance_job(&self, job: &ResendJob) -> Result<bool, StoreError> {
        let next = ResendJob { version: job.version + 1, ..job.clone() };
        let put = Change::new().only_if(Condition::Is(VERSION, job.version.into())).put(next.to_item()?);
        Ok(under_condition(self.put_request(put)?.send().await)?.is_some())
    }

    /// One job.
    pub async fn job(&self, id: Uuid) -> Result<Option<ResendJob>, StoreError> {
        let item = self.standing_item(Key::job(id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// The newest jobs, up to `limit`, the newest first.
    pub async fn jobs(&self, limit: i32) -> Result<Vec<ResendJob>, StoreError> {
        let query = Query::of_partition(Key::JOBS.to_owned()).to(self);
        let answer = query.scan_index_forward(false).limit(limit).send().await?;
        Ok(serde_dynamo::from_items(answer.items.unwrap_or_default())?)
    }
}
