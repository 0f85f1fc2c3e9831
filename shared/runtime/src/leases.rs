//! Leases as a host works under them, where several hosts work over one table.
//!
//! The table says who has a lease. The time that is left of it is for the host itself to know, because it may be paused at any point
//! (SIGSTOP, a frozen machine) and goes on as if nothing had happened. So whatever cannot be taken back, such as sending an event, asks
//! [`Held::lasts`] directly before. Two clocks have to agree: the wall clock goes on while a machine sleeps, and the other one is never
//! set back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use koogallery::Timestamp;
use koogallery_store::{HostId, Lease, LeaseOf, LeaseTaken, Store, StoreError};

use crate::clock::Clock;
use crate::config::{ConfigError, Environment, InvalidValue};

/// How much longer a lease is than the longest thing that is done under it, if nothing else is configured, in seconds.
const SPARE: u64 = 15;
/// The least of that.
const LEAST_SPARE: u64 = 2;
/// The longest lease, in seconds.
const LONGEST: u64 = 600;
/// Who finds a lease taken comes again after this time at the earliest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// How long leases are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    length: Duration,
    tolerance: Duration,
}

impl LeaseTerms {
    /// Reads `KOOGALLERY_LEASE_SECONDS`. `longest` is how long one thing may take that is done under a lease; by default a lease is 15
    /// seconds longer.
    pub fn of(environment: &Environment, longest: Duration) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_LEASE_SECONDS";
        let (least, default) = (longest.as_secs() + LEAST_SPARE, longest.as_secs() + SPARE);
        let seconds = match environment.get(NAME).map(|seconds| seconds.trim().parse()) {
            None => default,
            Some(Ok(seconds)) if (least..=LONGEST).contains(&seconds) => seconds,
            Some(_) => {
                let source = InvalidValue::OutOfRange { unit: "seconds", least, most: LONGEST };
                return Err(ConfigError::invalid(NAME, source));
            }
        };
        let length = Duration::from_secs(seconds);
        Ok(Self { length, tolerance: length.saturating_sub(longest) / 3 })
    }

    /// How long a lease is, from when it is taken or extended.
    #[must_use]
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// By how much the clocks of two hosts may differ. A holder stops so long before its lease is over.
    #[must_use]
    pub const fn tolerance(&self) -> Duration {
        self.tolerance
    }
}

/// What takes leases for one host.
#[derive(Clone)]
pub struct Leases {
    store: Store,
    clock: Clock,
    holder: HostId,
    terms: LeaseTerms,
}

impl std::fmt::Debug for Leases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leases").field("holder", &self.holder).field("terms", &self.terms).finish_non_exhaustive()
    }
}

/// Whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// This host's.
    Mine(Held),
    /// Another host's. It is worth asking again at this time.
    Others(Timestamp),
}

impl Leases {
    /// For a host that is another one than any before.
    #[must_use]
    pub fn new(store: Store, clock: Clock, terms: LeaseTerms) -> Self {
        Self { store, clock, holder: HostId::unique(), terms }
    }

    /// How long leases are.
    #[must_use]
    pub const fn terms(&self) -> LeaseTerms {
        self.terms
    }

    /// The same with leases of another length.
    #[must_use]
    pub fn of_length(self, length: Duration) -> Self {
        Self { terms: LeaseTerms { length, ..self.terms }, ..self }
    }

    /// Takes a lease, if no other host has it. One that this host has already is taken anew.
    pub async fn take(&self, of: LeaseOf) -> Result<Turn, StoreError> {
        let now = self.now();
        let ends = self.ends(now);
        Ok(match self.store.take_lease(of, self.holder, now, self.terms.length).await? {
            LeaseTaken::Mine(lease) => {
                Turn::Mine(Held(Arc::new(Inner { leases: self.clone(), lease, ends: Mutex::new(ends) })))
            }
            LeaseTaken::Others(until) => Turn::Others(self.again(until)),
        })
    }

    /// When to ask again for a lease that another host has: as long from now as that host has it already, since most have one only for
    /// a moment; and when its time is over.
    fn again(&self, until: Timestamp) -> Timestamp {
        let now = self.now();
        let left = until.since(now);
        let pause = self.terms.length.saturating_sub(left).min(left).max(SHORTEST_PAUSE);
        now.saturating_add(pause)
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// When a lease ends that is taken now.
    fn ends(&self, now: Timestamp) -> Ends {
        Ends { by_the_clock: now.saturating_add(self.terms.length), by_the_timer: Instant::now() + self.terms.length }
    }
}

/// A lease that this host took. Its clones are the same lease.
#[derive(Debug, Clone)]
pub struct Held(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    leases: Leases,
    lease: Lease,
    ends: Mutex<Ends>,
}

#[derive(Debug, Clone, Copy)]
struct Ends {
    by_the_clock: Timestamp,
    by_the_timer: Instant,
}

impl Held {
    /// The lease, for writes that are to happen only if it stands.
    #[must_use]
    pub fn lease(&self) -> &Lease {
        &self.0.lease
    }

    /// Whether something that takes so long may begin now: the lease lasts longer, even where another host's clock is ahead.
    #[must_use]
    pub fn lasts(&self, needed: Duration) -> bool {
        self.left() >= needed + self.0.leases.terms.tolerance
    }

    /// Takes the lease for longer, if something that takes so long could not begin within a while. False if another host has taken it.
    pub async fn secure(&self, needed: Duration) -> Result<bool, StoreError> {
        let Inner { leases, lease, ends } = &*self.0;
        if self.left() >= needed + 2 * leases.terms.tolerance {
            return Ok(true);
        }
        let now = leases.now();
        let extended = leases.ends(now);
        let is_mine = leases.store.extend_lease(lease, now, leases.terms.length).await?;
        if is_mine {
            *ends.lock().unwrap_or_else(PoisonError::into_inner) = extended;
        }
        Ok(is_mine)
    }

    /// Gives the lease back. False if another host has taken it.
    pub async fn give_back(&self) -> Result<bool, StoreError> {
        let Inner { leases, lease, .. } = &*self.0;
        leases.store.give_lease_back(lease, leases.now()).await
    }

    fn left(&self) -> Duration {
        let Ends { by_the_clock, by_the_timer } = *self.0.ends.lock().unwrap_or_else(PoisonError::into_inner);
        by_the_clock.since(self.0.leases.now()).min(by_the_timer.saturating_duration_since(Instant::now()))
    }
}
