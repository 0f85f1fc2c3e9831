//! What a run tells of itself.

use std::time::Duration;

use koogallery::{InstanceId, Timestamp};
use koogallery_open_api::Error;
use koogallery_store::UsageHour;

use crate::gate::Stop;

/// Where records go.
pub trait Journal: Send + Sync {
    /// One push, and its answer.
    fn pushed(&self, pushed: &Pushed<'_>);

    /// An hour is parked: a person has to look at it.
    fn parked(&self, hour: &UsageHour, answer: &str);

    /// A run is over.
    fn ran(&self, run: &Run);
}

/// One push.
#[derive(Debug)]
pub struct Pushed<'a> {
    /// How many records it had.
    pub records: usize,
    /// Why it failed, if it did.
    pub error: Option<&'a Error>,
    /// How long it took.
    pub duration: Duration,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it ended.
    pub at: Timestamp,
    /// How many hours KooGallery took.
    pub pushed: usize,
    /// How many it could not take now.
    pub failed: usize,
    /// How many were parked.
    pub newly_parked: usize,
    /// How many hours are over and not pushed.
    pub backlog: usize,
    /// How long ago the oldest of them ended.
    pub oldest: Duration,
    /// How many are parked.
    pub parked: usize,
    /// Instances whose use was reported, and not for a day.
    pub silent: Vec<InstanceId>,
    /// Why it pushed nothing more.
    pub stopped: Option<Stop>,
}
