//! How hosts that work over one table share the work: by leases, and by looking often for what another one left.

use std::time::Duration;

use koogallery_runtime::{Held, Leases, Turn};
use koogallery_store::{LeaseOf, StoreError};

use crate::notes::trouble;

/// The index is asked at least so often for what a host left that ended.
const LONGEST_SWEEP: Duration = Duration::from_secs(15);

/// What a host shares the work with others by. A host that has its table for itself needs none.
#[derive(Debug, Clone)]
pub struct Sharing {
    leases: Leases,
}

impl Sharing {
    /// Shares by these leases.
    #[must_use]
    pub const fn by(leases: Leases) -> Self {
        Self { leases }
    }

    /// The leases.
    #[must_use]
    pub const fn leases(&self) -> &Leases {
        &self.leases
    }

    /// How often the index is asked for what nothing drives. What a host leaves that is killed is found so long after its lease is
    /// over, at the latest.
    #[must_use]
    pub fn sweep(&self) -> Duration {
        (self.leases.terms().length() / 2).min(LONGEST_SWEEP)
    }

    /// What should have been tried so long ago has lost the host that drove it, or that host has more to do than it can.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.leases.terms().tolerance()
    }

    /// Takes a lease that this host keeps as long as it takes it again in time.
    pub(crate) async fn leads(&self, of: LeaseOf) -> Result<bool, StoreError> {
        Ok(matches!(self.leases.take(of).await?, Turn::Mine(_)))
    }
}

/// Gives a lease back, if the store answers. If not, others take it when it is over. Tells if another host has taken it already.
pub(crate) async fn give_back(held: &Held) {
    if let Ok(false) = held.give_back().await {
        let of = held.lease().of();
        trouble(format_args!("another host has taken over {of}"), "this one was paused, or slower than its lease");
    }
}
