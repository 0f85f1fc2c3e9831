//! What follows events in the local host: the same [`Courier`] and [`Learner`] as on AWS, woken by the table's stream.
//!
//! [`Pump`] keeps what queues keep on AWS: who is to be tried when, one try at a time for each subject, subjects side
//! by side. It keeps nothing else: what is undelivered or unlearnt stands in the table, and is driven first after a start.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodbstreams::types::{AttributeValue, OperationType, Record, ShardIteratorType};
use aws_sdk_dynamodbstreams::{Client, Config};
use deliver_events::{Courier, look};
use koogallery::Timestamp;
use koogallery_aws_error::{AwsError, AwsFailure};
use koogallery_runtime::{ConfigError, Environment, sdk_config};
use koogallery_store::{Kind, Open, StoreError, Subject, schema};
use learn_order::{Learner, Learnt};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often the stream is asked.
const POLL: Duration = Duration::from_millis(250);
/// How often the index is asked for what nothing drives.
const SWEEP: Duration = Duration::from_mins(5);
/// So many subjects are tried side by side.
const WORKERS: usize = 32;
/// One subject is worked on for so long before the others have their turn.
const TURN: Duration = Duration::from_mins(1);

/// Why events are not heard of just now. They stand in the table.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The stream.
    #[error("the table's stream cannot be read: {0}")]
    Stream(#[source] AwsError),
    /// There is none.
    #[error("the table {0} has no stream")]
    NoStream(String),
    /// The stream answers what the SDK cannot read (DynamoDB Local writes an empty map there as no DynamoDB does), or has
    /// let go of what was not read yet.
    #[error("a part of the table's stream cannot be read")]
    Unreadable,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The stream of the table.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    table: String,
    /// The open shards' iterators; all shards that were ever seen.
    iterators: HashMap<String, Option<String>>,
    /// Where to begin in a shard that is new here.
    begin: ShardIteratorType,
}

impl Stream {
    /// The stream of a table at `DYNAMODB_ENDPOINT`; nothing is sent yet.
    pub fn of(environment: &Environment, table: &str) -> Result<Self, ConfigError> {
        const ENDPOINT: &str = "DYNAMODB_ENDPOINT";
        let endpoint = environment.get(ENDPOINT);
        let mut config = Config::from(&sdk_config(environment, ENDPOINT)?).to_builder();
        // AWS has a host of its own for streams; others answer for both.
        config.set_endpoint_url(endpoint.map(|url| url.replacen("https://dynamodb.", "https://streams.dynamodb.", 1)));
        let client = Client::from_conf(config.build());
        Ok(Self { client, table: table.to_owned(), iterators: HashMap::new(), begin: ShardIteratorType::Latest })
    }

    /// Listens from now on: for what came before, ask the index.
    async fn open(&mut self) -> Result<(), DeliveryError> {
        self.find_shards().await?;
        // A shard that is found later began while we listened; after a failure, some of it was not heard.
        self.begin = ShardIteratorType::TrimHorizon;
        Ok(())
    }

    /// What there is to do since the last time.
    async fn poll(&mut self) -> Result<BTreeSet<Work>, DeliveryError> {
        let polled = self.poll_all().await;
        if polled.is_err() {
            // From the beginning: a wake-up too many does no harm.
            self.iterators.clear();
        }
        polled
    }

    async fn poll_all(&mut self) -> Result<BTreeSet<Work>, DeliveryError> {
        if !self.iterators.values().any(Option::is_some) {
            self.find_shards().await?;
        }
        let mut woken = BTreeSet::new();
        let mut ended = false;
        for iterator in self.iterators.values_mut() {
            while let Some(at) = iterator.take() {
                let answer = self.client.get_records().shard_iterator(at).send().await.map_err(AwsError::from)?;
                woken.extend(answer.records().iter().filter_map(woken_by));
                *iterator = answer.next_shard_iterator;
                ended |= iterator.is_none();
                if answer.records.unwrap_or_default().is_empty() {
                    break;
                }
            }
        }
        if ended {
            self.find_shards().await?;
        }
        Ok(woken)
    }

    async fn find_shards(&mut self) -> Result<(), DeliveryError> {
        let streams = self.client.list_streams().table_name(&self.table).send().await.map_err(AwsError::from)?;
        let arn = streams.streams.unwrap_or_default().into_iter().rev().find_map(|stream| stream.stream_arn);
        let arn = arn.ok_or_else(|| DeliveryError::NoStream(self.table.clone()))?;
        let mut after = None;
        loop {
            let describe = self.client.describe_stream().stream_arn(&arn).set_exclusive_start_shard_id(after);
            let description = describe.send().await.map_err(AwsError::from)?.stream_description;
            let Some(description) = description else { return Ok(()) };
            for shard in description.shards.unwrap_or_default().into_iter().filter_map(|shard| shard.shard_id) {
                if self.iterators.contains_key(&shard) {
                    continue;
                }
                let iterator = self.client.get_shard_iterator().stream_arn(&arn).shard_id(&shard);
                let iterator = iterator.shard_iterator_type(self.begin.clone()).send().await;
                self.iterators.insert(shard, iterator.map_err(AwsError::from)?.shard_iterator);
            }
            after = description.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

impl From<AwsError> for DeliveryError {
    fn from(error: AwsError) -> Self {
        let is_trimmed = error.code() == Some("TrimmedDataAccessException");
        if is_trimmed || *error.failure() == AwsFailure::Unreadable { Self::Unreadable } else { Self::Stream(error) }
    }
}

/// A new item of the outbox wakes its subject, and so does one that is resent, or whose order is learnt; a new event that
/// names an order wakes whoever asks about it, and so does one that is resent. The template's filters say the same.
fn woken_by(record: &Record) -> Option<Work> {
    let change = record.dynamodb()?;
    let text = |value: Option<&AttributeValue>| value.and_then(|value| value.as_s().ok()).cloned();
    let keys = change.keys()?;
    let (subject, place) = (text(keys.get(schema::PARTITION_KEY))?, text(keys.get(schema::SORT_KEY))?);
    let (subject, new) = (subject.parse().ok()?, change.new_image()?);
    let is_new = *record.event_name()? == OperationType::Insert;
    let wakes = is_new || new.contains_key(schema::RESENT_AT);
    if place.starts_with(schema::OUTBOX) {
        return wakes.then_some(Work::Deliver(subject));
    }
    let event = place.strip_prefix(schema::EVENT)?.parse().ok()?;
    if text(new.get(schema::OPEN)).is_some_and(|open| Kind::Unlearnt.is_of(&open)) {
        return wakes.then_some(Work::Learn(subject, event));
    }
    (!is_new && new.contains_key(schema::LEARNT_AT)).then_some(Work::Deliver(subject))
}

/// What is to be done for one subject, or one event of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Deliver(Subject),
    Learn(Subject, Uuid),
}

impl Work {
    /// Whether it has to wait while the other is worked on.
    fn is_of_the_turn_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Deliver(one), Self::Deliver(other)) | (Self::Learn(one, _), Self::Learn(other, _)) => one == other,
            (Self::Deliver(_), Self::Learn(..)) | (Self::Learn(..), Self::Deliver(_)) => false,
        }
    }
}

/// Drives whatever events are still to be followed by.
#[derive(Debug)]
pub struct Pump {
    /// None where nothing says where to deliver to.
    courier: Option<Arc<Courier>>,
    learner: Arc<Learner>,
    stream: Stream,
    due: BTreeMap<Work, Timestamp>,
    working: BTreeSet<Work>,
    tasks: JoinSet<(Work, Result<Option<Timestamp>, StoreError>)>,
}

impl Pump {
    /// Begins with all that the index says is open.
    pub async fn start(
        courier: Option<Arc<Courier>>,
        learner: Arc<Learner>,
        mut stream: Stream,
    ) -> Result<Self, DeliveryError> {
        // The stream first, so that nothing falls between it and the index.
        stream.open().await?;
        let (due, working, tasks) = (BTreeMap::new(), BTreeSet::new(), JoinSet::new());
        let mut pump = Self { courier, learner, stream, due, working, tasks };
        let open = pump.open().await?;
        pump.wake(open);
        Ok(pump)
    }

    /// All that is open, by the index.
    async fn open(&self) -> Result<BTreeSet<Work>, StoreError> {
        let mut work = BTreeSet::new();
        if let Some(courier) = &self.courier {
            let open = courier.store().open(Kind::Undelivered).await?;
            work.extend(open.iter().map(|open| Work::Deliver(open.subject.clone())));
        }
        work.extend(self.learner.store().open(Kind::Unlearnt).await?.iter().filter_map(to_learn));
        Ok(work)
    }

    /// Hears from the stream who has something new; how many have. Where the stream cannot be read, the index tells.
    pub async fn hear(&mut self) -> Result<usize, DeliveryError> {
        let mut woken = match self.stream.poll().await {
            Err(DeliveryError::Unreadable) => {
                let mut woken = self.open().await?;
                woken.retain(|work| !self.due.contains_key(work) && !self.working.contains(work));
                woken
            }
            polled => polled?,
        };
        woken.retain(|work| self.courier.is_some() || matches!(work, Work::Learn(..)));
        let heard = woken.len();
        self.wake(woken);
        Ok(heard)
    }

    /// Wakes what the index says nothing drives.
    pub async fn sweep(&mut self) -> Result<(), DeliveryError> {
        if let Some(courier) = &self.courier {
            let (_, stalled) = look(courier.store(), courier.now(), Instant::now() + SWEEP).await?;
            self.wake(stalled.into_iter().map(Work::Deliver));
        }
        let stalled = self.learner.stalled(Instant::now() + SWEEP).await?;
        self.wake(stalled.iter().filter_map(to_learn));
        Ok(())
    }

    fn wake(&mut self, work: impl IntoIterator<Item = Work>) {
        let now = self.learner.now();
        for work in work {
            self.wake_at(work, now);
        }
    }

    fn wake_at(&mut self, work: Work, at: Timestamp) {
        let due = self.due.entry(work).or_insert(at);
        *due = at.min(*due);
    }

    /// Begins with everything whose time has come and that is not being worked on.
    pub fn begin(&mut self) {
        let (now, free) = (self.learner.now(), WORKERS.saturating_sub(self.tasks.len()));
        let mut ready: Vec<Work> = Vec::new();
        for (work, _) in self.due.iter().filter(|(_, due)| **due <= now) {
            // One at a time for each subject, the oldest event first, as the table's stream has it on AWS.
            let is_free = |other: &Work| !work.is_of_the_turn_of(other);
            if ready.len() < free && self.working.iter().chain(&ready).all(is_free) {
                ready.push(work.clone());
            }
        }
        for work in ready {
            self.due.remove(&work);
            self.working.insert(work.clone());
            let (courier, learner) = (self.courier.clone(), Arc::clone(&self.learner));
            self.tasks.spawn(async move {
                let left = done(courier.as_deref(), &learner, &work).await;
                (work, left)
            });
        }
    }

    /// Waits until one of those begun is done for now; false where none is begun.
    pub async fn finish_one(&mut self) -> bool {
        let Some(finished) = self.tasks.join_next().await else { return false };
        let Ok((work, left)) = finished else { return true };
        self.working.remove(&work);
        let shortest = self.learner.now().saturating_add(self.learner.pauses().shortest());
        if let Some(next) = left.unwrap_or(Some(shortest)) {
            // What woke it while it was worked on comes first.
            self.wake_at(work, next);
        }
        true
    }

    /// When the next is to be tried.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    /// Whether something is still to be delivered, and not only learnt.
    #[must_use]
    pub fn is_delivering(&self) -> bool {
        self.due.keys().chain(&self.working).any(|work| matches!(work, Work::Deliver(_)))
    }

    /// Delivers and learns until told to stop. `trouble` hears what went wrong with hearing.
    pub async fn run(mut self, mut stop: oneshot::Receiver<()>, trouble: impl Fn(&DeliveryError)) {
        let (mut poll, mut sweep) = (tokio::time::interval(POLL), tokio::time::interval(SWEEP));
        loop {
            self.begin();
            let done = tokio::select! {
                _ = &mut stop => return,
                _ = poll.tick() => self.hear().await.map(drop),
                _ = sweep.tick() => self.sweep().await,
                true = self.finish_one() => Ok(()),
            };
            if let Err(error) = done {
                trouble(&error);
            }
        }
    }
}

fn to_learn(open: &Open) -> Option<Work> {
    Some(Work::Learn(open.subject.clone(), open.event_id()?))
}

/// Does what is to be done now; when there is more.
async fn done(courier: Option<&Courier>, learner: &Learner, work: &Work) -> Result<Option<Timestamp>, StoreError> {
    match (work, courier) {
        (Work::Deliver(subject), Some(courier)) => {
            let left = courier.deliver(subject, Instant::now() + TURN).await?;
            Ok(left.next.map(|pause| courier.now().saturating_add(pause)))
        }
        (Work::Deliver(_), None) => Ok(None),
        (Work::Learn(subject, event), _) => Ok(match learner.learn(subject, *event).await? {
            Learnt::Done => None,
            Learnt::Again(at) | Learnt::Waits(at) => Some(at),
        }),
    }
}
