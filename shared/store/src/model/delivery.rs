//! How far an event is on its way to the seller's application.

use std::collections::BTreeMap;

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::subject_key::SubjectKey;

/// How one event stands at each destination that tried it, by the destination's name.
pub type Destinations = BTreeMap<String, DestinationState>;

/// How one event stands at one destination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationState {
    /// How often it was tried.
    pub attempts: u32,
    /// After how many of these tries the pause was cut short, since the event was urgent.
    pub hurried: u32,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// How it ended there; none while it is to be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Why the last try failed: no secret and no personal data stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_problem: Option<String>,
}

/// How an event ended at a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// The destination has it.
    Delivered,
    /// The destination wants no such event.
    Stopped,
    /// It was tried for days without success; it waits for somebody to look.
    Parked,
}

/// An event that is still to be delivered: an item of the outbox.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered {
    /// Whom it is about.
    #[serde(rename = "pk")]
    pub subject: SubjectKey,
    /// Which event.
    pub event_id: Uuid,
    /// Since when it is to be delivered: since it happened, or since somebody had it resent.
    #[serde(rename = "openSince")]
    pub since: Timestamp,
    /// Until when it is urgent: KooGallery refunds a purchase that is not answered.
    pub urgent_until: Option<Timestamp>,
    /// How it stands.
    pub destinations: Destinations,
    /// A new one whenever it is resent: what a try came to that began before is not noted any more.
    pub(crate) resend_id: Option<Uuid>,
}

impl Undelivered {
    /// How it stands at a destination.
    #[must_use]
    pub fn at(&self, destination: &str) -> DestinationState {
        self.destinations.get(destination).cloned().unwrap_or_default()
    }

    /// When somebody had it resent, if that is why it is to be delivered.
    #[must_use]
    pub fn resent_at(&self) -> Option<Timestamp> {
        self.resend_id.map(|_| self.since)
    }

    /// Whether it has ended at all of these destinations.
    #[must_use]
    pub fn has_ended_at(&self, all: &[&str]) -> bool {
        all.iter().all(|name| self.destinations.get(*name).is_some_and(|state| state.ended.is_some()))
    }

    /// When the next try is due, of those destinations where it has not ended; none where one did not try yet.
    pub(crate) fn next_try_at(&self, all: &[&str]) -> Option<Timestamp> {
        let open = all.iter().map(|name| self.at(name)).filter(|state| state.ended.is_none());
        open.map(|state| state.next_try_at).min().flatten()
    }
}
