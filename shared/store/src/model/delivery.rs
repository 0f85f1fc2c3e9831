//! The delivery state of an event.

use std::collections::BTreeMap;

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::subject::Subject;

/// The state of one event at each destination that tried it, by the destination's name.
pub type Destinations = BTreeMap<String, DestinationState>;

/// The state of one event at one destination.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationState {
    /// The number of tries.
    pub attempts: u32,
    /// How many of these tries were followed by a shortened pause, because the event was urgent.
    pub hurried: u32,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// How it ended there; none while it is still tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Why the last try failed. It contains no secret and no personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_problem: Option<String>,
    /// The last tries, the oldest first; those before a resend as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
}

/// So many tries are kept of an event at a destination.
const MOST_TRIES: usize = 20;

/// A try's problem is kept up to this many characters, as each further try of the event writes it again.
const MAX_PROBLEM: usize = 120;

impl DestinationState {
    /// Adds a try. The oldest one goes if there are too many.
    #[must_use]
    pub fn after_try(mut self, mut tried: Try) -> Self {
        tried.problem = tried.problem.map(|problem| problem.chars().take(MAX_PROBLEM).collect());
        self.tries.push(tried);
        self.tries.drain(..self.tries.len().saturating_sub(MOST_TRIES));
        self
    }

    /// A state in which nothing is tried yet, after earlier tries; none if there are none.
    pub(crate) fn begun_again(&self) -> Option<Self> {
        let tries = self.tries.clone();
        (!tries.is_empty()).then(|| Self { tries, ..Self::default() })
    }
}

/// One try of an event at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration: u64,
    /// How the event ended there; none if it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Why it failed; if it did not, what somebody should know of the answer. It contains no secret and no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What the application's answer to `instance.created` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<TryAnswer>,
}

/// What an answer to `instance.created` says of provisioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TryAnswer {
    /// The buyer's way in.
    AppInfo,
    /// Why the instance cannot be provisioned.
    Failure,
    /// Neither: the application says it later, by the seller API.
    Nothing,
}

/// How an event ended at a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// The destination has it.
    Delivered,
    /// The destination does not want this event.
    Stopped,
    /// All tries failed, for more than three days. It waits for a person.
    Parked,
}

/// That a person gave up a parked event: it is delivered no more, unless somebody has it resent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discarded {
    /// When.
    pub at: Timestamp,
    /// Who: the name of a token, or of whoever ran the command.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
}

impl Discarded {
    /// The most characters of a reason.
    pub const LONGEST_REASON: usize = 255;

    /// Discarded now. A longer reason is cut.
    #[must_use]
    pub fn new(at: Timestamp, by: &str, reason: &str) -> Self {
        let reason = reason.trim().chars().take(Self::LONGEST_REASON).collect();
        Self { at, by: by.to_owned(), reason }
    }
}

/// An undelivered event: an item of the outbox.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered {
    /// What it is about.
    #[serde(rename = "pk")]
    pub subject: Subject,
    /// The event.
    pub event_id: Uuid,
    /// Since when it has to be delivered: since it happened, or since it was resent.
    #[serde(rename = "openSince")]
    pub since: Timestamp,
    /// Until when it is urgent, because KooGallery refunds a purchase that gets no answer.
    pub urgent_until: Option<Timestamp>,
    /// Its state at the destinations.
    pub destinations: Destinations,
    /// A new id for each resend: the result of a try that began before the resend is not stored.
    pub(crate) resend_id: Option<Uuid>,
}

impl Undelivered {
    /// Its state at a destination.
    #[must_use]
    pub fn at(&self, destination: &str) -> DestinationState {
        self.destinations.get(destination).cloned().unwrap_or_default()
    }

    /// When it was resent, if it was.
    #[must_use]
    pub fn resent_at(&self) -> Option<Timestamp> {
        self.resend_id.map(|_| self.since)
    }

    /// Whether it has ended at all of these destinations.
    #[must_use]
    pub fn has_ended_at(&self, all: &[&str]) -> bool {
        all.iter().all(|name| self.destinations.get(*name).is_some_and(|state| state.ended.is_some()))
    }

    /// When the next try is due, at the destinations where it has not ended. Returns none if one of them did not try yet.
    pub(crate) fn next_try_at(&self, all: &[&str]) -> Option<Timestamp> {
        let open = all.iter().map(|name| self.at(name)).filter(|state| state.ended.is_none());
        open.map(|state| state.next_try_at).min().flatten()
    }
}
