//! A month of pay-per-use, hour by hour, in minutes: instances that use something, an application that sends records twice and late,
//! a KooGallery that loses answers and is away for two days, and a host that is killed. At the end, what is charged is compared with
//! what was used.
//!
//! It runs on a store and an open API of its own, by a clock of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use koogallery::{InstanceId, NewInstance, TextError, Timestamp};
use koogallery_runtime::{ConfigError, Environment, Job, now};
use koogallery_store::{Cycles, Quantity, Store, StoreError, Taken, UsageSent};
use report_usage::Reporter;
use serde_json::{Value, json};

use super::own_side::OwnSideError;
use crate::host::{LocalHost, Options, TableAt, with_defaults};
use crate::keys::{or_local_test_credentials, or_local_test_keys};
use crate::log::Silent;
use crate::marketplace::{CallError, Marketplace};
use crate::open_api::{StandIn, UsageManner, UsageTold};

const HOUR: Duration = Duration::from_hours(1);
/// KooGallery is away from this hour of the month on, for two days.
const OUTAGE: std::ops::Range<u64> = 200..248;
/// The most runs after the month, until all is pushed.
const LAST_RUNS: usize = 100;

/// The time of the month. Only one month is played in a process.
static NOW: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp::from_millis(NOW.load(Ordering::Relaxed))
}

fn pass(time: Duration) {
    NOW.store(clock().saturating_add(time).as_millis(), Ordering::Relaxed);
}

/// What to play.
#[derive(Debug, Clone, Copy)]
pub struct UsageMonth {
    /// How many instances use something.
    pub instances: u32,
    /// For how many hours.
    pub hours: u64,
    /// What the numbers follow from.
    pub seed: u64,
}

impl Default for UsageMonth {
    fn default() -> Self {
        Self { instances: 8, hours: 31 * 24, seed: 1 }
    }
}

/// How the month ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReport {
    /// How many hours were played.
    pub hours: u64,
    /// How many records were sent, with their repeats.
    pub sent: usize,
    /// How many of them counted.
    pub counted: usize,
    /// How many pushes KooGallery had.
    pub pushes: usize,
    /// How often a run was killed.
    pub kills: usize,
    /// What was used, and what is charged, by instance.
    pub by_instance: BTreeMap<InstanceId, (Quantity, Quantity)>,
    /// Records that KooGallery took and does not count.
    pub uncounted: usize,
    /// Hours that are not pushed at the end, or are parked.
    pub left: usize,
    /// How long it took.
    pub elapsed: Duration,
}

impl MonthReport {
    /// Whether each unit is charged once.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.uncounted == 0 && self.left == 0 && self.by_instance.values().all(|(used, charged)| used == charged)
    }
}

impl MonthReport {
    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { hours, sent, counted, pushes, kills, by_instance, uncounted, left, elapsed } = self;
        let by_instance = by_instance.iter().map(|(id, (used, charged))| {
            json!({ "instanceId": id, "used": used.to_string(), "charged": charged.to_string() })
        });
        json!({
            "hours": hours, "recordsSent": sent, "recordsCounted": counted, "pushes": pushes, "kills": kills,
            "instances": by_instance.collect::<Vec<_>>(), "recordsNotCounted": uncounted, "hoursLeft": left,
            "seconds": elapsed.as_secs_f64(), "right": self.is_right(),
        })
    }
}

impl fmt::Display for MonthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hours, sent, counted, pushes, kills, by_instance, uncounted, left, elapsed } = self;
        writeln!(f, "Pay-per-use: {hours} hours of {} instances in {:.1} s", by_instance.len(), elapsed.as_secs_f64())?;
        writeln!(
            f,
            "  {sent} records sent, {} of them repeats; {pushes} pushes; the host was killed {kills} times",
            sent - counted
        )?;
        for (id, (used, charged)) in by_instance {
            let mark = if used == charged { '✓' } else { '✗' };
            writeln!(f, "    {mark} {id:<10} used {used:>14}   charged {charged:>14}")?;
        }
        let sum = |of: fn(&(Quantity, Quantity)) -> Quantity| by_instance.values().map(of).sum::<Quantity>();
        let (used, charged) = (sum(|(used, _)| *used), sum(|(_, charged)| *charged));
        write!(f, "used {used}, charged {charged}; {uncounted} records not counted, {left} hours left")
    }
}

/// Why the month ended early.
#[derive(Debug, thiserror::Error)]
pub enum UsageMonthError {
    /// The host or the open APIs.
    #[error(transparent)]
    OwnSide(#[from] OwnSideError),
    /// The reporter's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A purchase.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An id that is no id.
    #[error(transparent)]
    Id(#[from] TextError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A purchase was not answered as it should be.
    #[error("the purchase of an instance was answered {0}")]
    NotBought(String),
}

/// Numbers that follow from a seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

impl UsageMonth {
    /// Plays it. `progress` hears the number of each hour.
    pub async fn play(self, progress: impl Fn(u64)) -> Result<MonthReport, UsageMonthError> {
        let started = Instant::now();
        NOW.store(now().as_millis(), Ordering::Relaxed);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let keys = || or_local_test_keys(None).map_err(OwnSideError::from);
        let credentials = or_local_test_credentials(&Environment::default()).map_err(OwnSideError::from)?;
        let stand_in = StandIn::start_at(any, credentials, keys()?, clock).await.map_err(OwnSideError::from)?;
        let environment = Environment::default()
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().as_str())
            .with("KOOGALLERY_PROVISIONING", "instant");
        let options = Options::new(any, TableAt::IN_MEMORY, Environment::default(), Arc::new(Silent), Arc::new(Silent));
        let host = LocalHost::start(options).await.map_err(OwnSideError::from)?;
        let marketplace = Marketplace::new(&host.address(), keys()?).map_err(OwnSideError::from)?;
        let ids = self.buy(&marketplace).await?;
        let store = host.store().clone();
        let job = Job::new(store.clone(), Arc::new(clock), Arc::new(Silent) as _);
        let reporter = Reporter::signing_by(&with_defaults(environment, true).0, job, clock)?;
        let mut played = Played { dice: Dice(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), ..Played::default() };
        for hour in 0..self.hours {
            progress(hour);
            pass(HOUR);
            played.use_something(&store, &ids, hour).await?;
            played.report(&reporter, &stand_in, OUTAGE.contains(&hour)).await;
        }
        stand_in.next_usage([]);
        for _ in 0..LAST_RUNS {
            pass(HOUR + Duration::from_mins(3));
            let run = reporter.run(Instant::now() + HOUR).await?;
            played.left = run.backlog + run.parked;
            if run.pushed == 0 && run.backlog == 0 {
                break;
            }
        }
        let charged = stand_in.charged();
        let by_instance = ids.iter().map(|id| {
            let charged = Quantity::from_ten_thousandths(charged.get(id).copied().unwrap_or_default());
            (id.clone(), (played.used.get(id).copied().unwrap_or_default(), charged))
        });
        let report = MonthReport {
            hours: self.hours,
            sent: played.sent,
            counted: played.counted,
            pushes: stand_in.usage_pushes(),
            kills: played.kills,
            by_instance: by_instance.collect(),
            uncounted: stand_in.uncounted_usage().len(),
            left: played.left,
            elapsed: started.elapsed(),
        };
        host.stop().await.map_err(OwnSideError::from)?;
        stand_in.stop().await;
        Ok(report)
    }

    async fn buy(self, marketplace: &Marketplace) -> Result<Vec<InstanceId>, UsageMonthError> {
        let mut ids = Vec::new();
        for number in 0..self.instances {
            let (order, business) = (format!("USAGE{number}"), format!("metered-{number}"));
            let request = NewInstance::new(&order, &format!("{order}-000001"), &business)?;
            let reply =
                marketplace.send(&marketplace.sign(&request)?).await?.reply().map_err(UsageMonthError::NotBought)?;
            let id = reply.instance_id.ok_or_else(|| UsageMonthError::NotBought(reply.result_code.to_string()))?;
            ids.push(id);
        }
        Ok(ids)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self(1)
    }
}

/// What happened so far.
#[derive(Default)]
struct Played {
    dice: Dice,
    sent: usize,
    counted: usize,
    kills: usize,
    left: usize,
    used: BTreeMap<InstanceId, Quantity>,
    /// Records that are sent once more, some of them much later.
    again: Vec<UsageSent>,
}

impl Played {
    /// Each instance uses something in the hour that is over; some of it is sent twice, some later.
    async fn use_something(&mut self, store: &Store, ids: &[InstanceId], hour: u64) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for id in ids {
            for number in 0..self.dice.below(4) {
                let ago = Duration::from_secs(self.dice.below(3500));
                let at = clock().saturating_sub(ago);
                let quantity = Quantity::from_ten_thousandths(i128::from(self.dice.below(200_000)));
                let id_of_it = format!("{hour}-{number}").parse();
                let Ok(record) = id_of_it else { continue };
                let sent = UsageSent {
                    id: record,
                    instance_id: id.clone(),
                    related_package: None,
                    begin: at,
                    end: at,
                    quantity,
                };
                if self.dice.one_in(5) {
                    self.again.push(sent.clone());
                }
                // One in ten is late by up to a day, the others come at once.
                if self.dice.one_in(10) { self.again.push(sent) } else { records.push(sent) }
            }
        }
        let due = self.again.len().min(usize::try_from(self.dice.below(20)).unwrap_or_default());
        records.extend(self.again.drain(..due));
        if hour % 24 == 23 {
            records.append(&mut self.again);
        }
        let taken = store.take_usage(records.clone(), &Cycles::default(), clock()).await?;
        self.sent += records.len();
        for (record, taken) in records.iter().zip(taken) {
            if let Taken::Counted(_) = taken {
                self.counted += 1;
                *self.used.entry(record.instance_id.clone()).or_default() += record.quantity;
            }
        }
        Ok(())
    }

    /// Reports once, now and then twice, with whatever goes wrong.
    async fn report(&mut self, reporter: &Reporter, koogallery: &StandIn, away: bool) {
        let runs = if self.dice.one_in(8) { 2 } else { 1 };
        for _ in 0..runs {
            let told = if away { vec![UsageTold::LostBefore; 8] } else { (0..2).map(|_| self.told()).collect() };
            koogallery.next_usage(told);
            koogallery.set_usage_manner(UsageManner {
                takes_the_rest: self.dice.one_in(2),
                names_repeats: self.dice.one_in(2),
                ..UsageManner::default()
            });
            if self.dice.one_in(6) {
                // Killed somewhere in the middle: what runs is dropped at its next wait.
                let life = Duration::from_millis(1 + self.dice.below(15));
                let killed = tokio::time::timeout(life, reporter.run(Instant::now() + HOUR)).await.is_err();
                self.kills += usize::from(killed);
            } else {
                // What fails is tried again with the next run.
                drop(reporter.run(Instant::now() + HOUR).await);
            }
        }
    }

    fn told(&mut self) -> UsageTold {
        match self.dice.below(10) {
            0 => UsageTold::LostAfter,
            1 => UsageTold::LostBefore,
            2 => UsageTold::Code(500, "94060001"),
            3 => UsageTold::Code(500, "MKT.9003"),
            _ => UsageTold::AsUsual,
        }
    }
}
