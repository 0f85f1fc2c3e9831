//! One transaction: first the nonce, if the call has one, then the changes, then the events.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use backon::{BackoffBuilder, ExponentialBuilder};
use koogallery::{InstanceId, InterfaceType, ResultCode};
use koogallery_aws_error::AwsError;
use std::time::Duration;

use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::wake_up::WakeUp;

/// Counts the changes of an item that is replaced as a whole.
pub(crate) const VERSION: &str = "version";

/// How a transaction ended, if not with an error of the store.
#[derive(Debug)]
pub(crate) enum Commit {
    /// All of it was written.
    Done,
    /// The nonce was used before; nothing was written.
    Replayed,
    /// Another transaction holds one of the items; nothing was written. Read the current state before the next try, because the
    /// other one is often a repeat of the same call.
    Conflict,
    /// The condition of the write with this place (the order of adding) failed; nothing was written.
    Refused {
        /// The write.
        place: usize,
        /// The item at its key, if it exists.
        standing: Option<Item>,
    },
}

/// Writes that happen all together or not at all.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    store: &'a Store,
    call: &'a Call,
    nonce: Option<TransactWriteItem>,
    writes: Vec<TransactWriteItem>,
    /// What KooGallery is answered if it is written, and the instance that it creates: for the record of the call.
    answer: ResultCode,
    made: Option<InstanceId>,
    /// Who is to be woken by its events.
    wake_ups: Vec<WakeUp>,
}

impl<'a> Transaction<'a> {
    /// Begins with the call's nonce.
    pub(crate) fn new(store: &'a Store, call: &'a Call) -> Result<Self, StoreError> {
        let nonce = call.nonce_put(ResultCode::Success).map(|put| put.table_name(&store.table).build()).transpose()?;
        let nonce = nonce.map(|nonce| TransactWriteItem::builder().put(nonce).build());
        Ok(Self {
            store,
            call,
            nonce,
            writes: Vec::new(),
            answer: ResultCode::Success,
            made: None,
            wake_ups: Vec::new(),
        })
    }

    /// The call that it belongs to.
    pub(crate) const fn call(&self) -> &'a Call {
        self.call
    }

    /// What KooGallery is answered if it is written; by default a success.
    pub(crate) fn answering(self, answer: ResultCode) -> Self {
        Self { answer, ..self }
    }

    /// The instance that it creates.
    pub(crate) fn making(self, id: &InstanceId) -> Self {
        Self { made: Some(id.clone()), ..self }
    }

    /// Adds an item that must not exist yet.
    pub(crate) fn create(self, item: Item) -> Result<Self, StoreError> {
        let item = self.call.expiring(item);
        self.put(Change::new().only_if(Condition::NEW).put(item))
    }

    /// Adds items that must not exist yet.
    pub(crate) fn create_all(self, items: impl IntoIterator<Item = Item>) -> Result<Self, StoreError> {
        items.into_iter().try_fold(self, Self::create)
    }

    /// Adds an item in place of the version on which it was decided; 0 if there was none.
    pub(crate) fn replace(self, mut item: Item, standing: u64) -> Result<Self, StoreError> {
        item.insert(VERSION.to_owned(), AttributeValue::N((standing + 1).to_string()));
        let is_standing = if standing == 0 { Condition::NEW } else { Condition::Is(VERSION, standing.into()) };
        let put = Change::new().only_if(is_standing).put(self.call.expiring(item));
        self.put(put)
    }

    /// Adds an item, whether or not it exists.
    pub(crate) fn keep(self, item: Item) -> Result<Self, StoreError> {
        self.put(Change::new().put(item))
    }

    /// Adds the condition that an instance exists, is of a SaaS product, and is not released. Instances of the license key have no
    /// kit, so the kit does not know them.
    pub(crate) fn instance_stands(mut self, id: &InstanceId) -> Result<Self, StoreError> {
        let check = Change::new()
            .only_if(Condition::stands_unreleased())
            .only_if(Condition::is_not_even_if_absent("interfaceType", InterfaceType::License))
            .check(Key::instance(self.call.world(), id))
            .table_name(&self.store.table)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        self.writes.push(TransactWriteItem::builder().condition_check(check).build());
        Ok(self)
    }

    /// Adds an update with its condition.
    pub(crate) fn update(mut self, update: UpdateBuilder) -> Result<Self, StoreError> {
        let update = update
            .table_name(&self.store.table)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        self.writes.push(TransactWriteItem::builder().update(update).build());
        Ok(self)
    }

    /// Adds events; debug calls and imports make none.
    pub(crate) fn events(mut self, subject: &Subject, events: &[Event]) -> Result<Self, StoreError> {
        if self.call.makes_events() {
            for event in events {
                for item in event.to_items(self.call, subject)? {
                    self = self.keep(item)?;
                }
                self.wake_ups.push(WakeUp::Deliver(subject.clone()));
                if event.asked_order().is_some() {
                    self.wake_ups.push(WakeUp::Learn(subject.clone(), event.event_id));
                }
            }
        }
        Ok(self)
    }

    fn put(mut self, put: PutBuilder) -> Result<Self, StoreError> {
        let put = put
            .table_name(&self.store.table)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        self.writes.push(TransactWriteItem::builder().put(put).build());
        Ok(self)
    }

    /// Sends it, with the record of its call.
    pub(crate) async fn commit(mut self) -> Result<Commit, StoreError> {
        if self.nonce.is_none() && self.writes.is_empty() {
            return Ok(Commit::Done);
        }
        let info = self.call.info();
        let records = info.map(|info| info.to_items(self.answer, self.made.as_ref())).transpose()?;
        for item in records.into_iter().flatten() {
            self = self.keep(item)?;
        }
        let nonces = usize::from(self.nonce.is_some());
        let writes: Vec<_> = self.nonce.into_iter().chain(self.writes).collect();
        let request = self.store.client.transact_write_items().set_transact_items(Some(writes));
        let commit = match self.call.timed(request.send()).await {
            Ok(_) => {
                if let Some(info) = info {
                    let _ = info.recorded.set(self.answer);
                }
                Ok(Commit::Done)
            }
            Err(error) => cancelled(error, nonces),
        };
        // If the store did not answer, it may be written all the same. A wake-up too many does no harm.
        if matches!(commit, Ok(Commit::Done) | Err(_)) {
            self.store.listener.tell(self.wake_ups);
        }
        commit
    }
}

/// The version of an item; 0 if it has none.
pub(crate) fn version(item: &Item) -> u64 {
    item.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok()).unwrap_or_default()
}

/// The pauses between the tries of a call whose transaction met others. After the last one comes [`StoreError::Conflict`]; in
/// practice the function's deadline comes first.
#[derive(Debug)]
pub(crate) struct Pauses(backon::ExponentialBackoff);

impl Pauses {
    pub(crate) fn new() -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(5))
            .with_max_delay(Duration::from_millis(250))
            .with_max_times(32)
            .with_jitter();
        Self(pauses.build())
    }

    pub(crate) async fn pause(&mut self) -> Result<(), StoreError> {
        tokio::time::sleep(self.0.next().ok_or(StoreError::Conflict)?).await;
        Ok(())
    }
}

/// Reads why DynamoDB cancelled the transaction: a failed condition is an outcome, anything else is an error. Of several reasons,
/// the first in the order of writing counts, so that a replay is reported before anything about the state.
fn cancelled(error: SdkError<TransactWriteItemsError, HttpResponse>, nonces: usize) -> Result<Commit, StoreError> {
    let told = AwsError::from(&error);
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.into_service_error() else {
        return Err(told.into());
    };
    let reasons = cancelled.cancellation_reasons.unwrap_or_default();
    let code = |wanted: &str| reasons.iter().position(|reason| reason.code.as_deref() == Some(wanted));
    if let Some(place) = code("ConditionalCheckFailed") {
        let standing = reasons.into_iter().nth(place).and_then(|reason| reason.item);
        return Ok(match place.checked_sub(nonces) {
            None => Commit::Replayed,
            Some(place) => Commit::Refused { place, standing: standing.filter(|item| !item.is_empty()) },
        });
    }
    if code("TransactionConflict").is_some() {
        return Ok(Commit::Conflict);
    }
    if code("ThrottlingError").or_else(|| code("ProvisionedThroughputExceeded")).is_some() {
        return Err(StoreError::Throttled(told));
    }
    Err(StoreError::Refused(told))
}

/// What stood in the way of one write of a transaction that was cancelled.
#[derive(Debug)]
pub(crate) enum Hindered {
    /// Nothing: it would have been written.
    Not,
    /// Its condition is not true; the item at its key, if it exists.
    Refused(Option<Item>),
    /// Another transaction holds the item.
    Conflict,
}

/// Sends writes all together, with what stood in the way of each one if they were not written.
pub(crate) async fn write_all(
    request: TransactWriteItemsFluentBuilder,
) -> Result<Result<(), Vec<Hindered>>, StoreError> {
    let Err(error) = request.send().await else { return Ok(Ok(())) };
    let told = AwsError::from(&error);
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.into_service_error() else {
        return Err(told.into());
    };
    let mut hindered = Vec::new();
    for reason in cancelled.cancellation_reasons.unwrap_or_default() {
        hindered.push(match reason.code.as_deref() {
            Some("ConditionalCheckFailed") => Hindered::Refused(reason.item.filter(|item| !item.is_empty())),
            Some("TransactionConflict") => Hindered::Conflict,
            Some("ThrottlingError" | "ProvisionedThroughputExceeded") => return Err(StoreError::Throttled(told)),
            None | Some("None") => Hindered::Not,
            Some(_) => return Err(StoreError::Refused(told)),
        });
    }
    Ok(Err(hindered))
}

/// Sends a transaction without a call, until no other one is in its way. Returns false if a condition failed.
pub(crate) async fn write_together(request: TransactWriteItemsFluentBuilder) -> Result<bool, StoreError> {
    let mut pauses = Pauses::new();
    loop {
        let Err(error) = request.clone().send().await else { return Ok(true) };
        match cancelled(error, 0)? {
            Commit::Conflict => pauses.pause().await?,
            Commit::Done | Commit::Replayed | Commit::Refused { .. } => return Ok(false),
        }
    }
}
