//! `koogallery events`: lists events and their delivery, delivers them once more, and gives parked ones up.

use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use deliver_events::type_name;
use koogallery_runtime::now;
use koogallery_store::{Delivery, DiscardOutcome, Discarded, EventRecord, Kind, Store, StoreError, Subject};
use uuid::Uuid;

/// Why it failed.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event is not undelivered, and its subject is not known.
    #[error("{0} is not among the undelivered events: name its subject, such as --of INSTANCE#b-1")]
    Unknown(Uuid),
    /// Only a parked event can be given up.
    #[error("{0} is not parked: only what was tried for three days in vain can be given up")]
    NotParked(Uuid),
}

/// Events for a person.
#[derive(Debug)]
pub struct Listed(Vec<EventRecord>);

impl Listed {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["event", "type", "subject", "delivery", "tries", "last problem"]);
        for record in &self.0 {
            let delivery = match record.delivery() {
                Delivery::Undelivered => "undelivered",
                Delivery::Parked => "parked",
                Delivery::Delivered => "delivered",
                Delivery::Stopped => "stopped",
                Delivery::Discarded => "discarded",
            };
            table.add_row([
                record.event.event_id.to_string(),
                type_name(record.event.event_type),
                record.subject.partition(),
                delivery.to_owned(),
                record.attempts.to_string(),
                record.last_problem.clone().unwrap_or_default(),
            ]);
        }
        table.fmt(f)
    }
}

/// All events of a subject; without one, all undelivered events.
pub async fn list(store: &Store, of: Option<&Subject>) -> Result<Listed, EventsError> {
    match of {
        Some(subject) => Ok(Listed(store.events(subject).await?)),
        None => open_events(store).await.map(Listed),
    }
}

/// Delivers events once more. Returns them.
pub async fn resend(store: &Store, ids: &[Uuid], of: Option<&Subject>) -> Result<Listed, EventsError> {
    // All of them are found before the first is resent.
    sent(store, found(store, ids, of).await?).await
}

/// Gives parked events up, and keeps who and why. Returns them as they are then.
pub async fn discard(
    store: &Store,
    ids: &[Uuid],
    of: Option<&Subject>,
    discarded: &Discarded,
) -> Result<Listed, EventsError> {
    let known = found(store, ids, of).await?;
    if let Some(other) = known.iter().find(|record| record.delivery() != Delivery::Parked) {
        return Err(EventsError::NotParked(other.event.event_id));
    }
    let mut listed = Vec::with_capacity(known.len());
    for record in known {
        let id = record.event.event_id;
        match store.discard(&record.subject, id, discarded).await? {
            DiscardOutcome::Discarded => listed.extend(store.event(&record.subject, id).await?),
            DiscardOutcome::NotParked => return Err(EventsError::NotParked(id)),
        }
    }
    Ok(Listed(listed))
}

async fn found(store: &Store, ids: &[Uuid], of: Option<&Subject>) -> Result<Vec<EventRecord>, EventsError> {
    let known = list(store, of).await?.0;
    let find =
        |id: &Uuid| known.iter().find(|record| record.event.event_id == *id).cloned().ok_or(EventsError::Unknown(*id));
    ids.iter().map(find).collect()
}

/// Delivers every event once more of which a try failed. Returns them.
pub async fn resend_failed(store: &Store) -> Result<Listed, EventsError> {
    let mut failed = open_events(store).await?;
    failed.retain(|record| record.last_problem.is_some());
    sent(store, failed).await
}

async fn sent(store: &Store, records: Vec<EventRecord>) -> Result<Listed, EventsError> {
    for record in &records {
        store.resend(record, now()).await?;
    }
    Ok(Listed(records))
}

async fn open_events(store: &Store) -> Result<Vec<EventRecord>, EventsError> {
    let mut open = store.open(Kind::Undelivered).await?;
    open.extend(store.open(Kind::Parked).await?);
    open.sort_by_key(|open| (open.since, open.event_id()));
    let mut events = Vec::with_capacity(open.len());
    for open in open {
        let Some(id) = open.event_id() else { continue };
        events.extend(store.event(&open.subject, id).await?);
    }
    Ok(events)
}
