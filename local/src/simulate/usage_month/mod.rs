//! A month of pay-per-use, hour by hour, in seconds: instances that use something, an application that sends records twice and late,
//! a KooGallery that loses answers and is away for two days, and a report that is killed. At the end, what is charged is compared with
//! what was used.
//!
//! It runs on a store and an open API of its own, by a clock of its own.

mod played;
mod report;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::{InstanceId, NewInstance, TextError, Timestamp};
use koogallery_runtime::{ConfigError, Environment, Job, now};
use koogallery_store::{Quantity, StoreError};
use report_usage::Reporter;

use super::own_side::OwnSideError;
use crate::api::{Api, ApiError};
use crate::host::{LocalHost, Options, TableAt, with_defaults};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_credentials, or_local_test_keys};
use crate::log::Silent;
use crate::marketplace::{CallError, Marketplace};
use crate::open_api::StandIn;
use played::Played;
pub use report::MonthReport;

const HOUR: Duration = Duration::from_hours(1);
/// So many instances are bought side by side.
const BUYERS: usize = 8;
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
#[derive(Debug, Clone)]
pub struct UsageMonth {
    /// How many instances use something.
    pub instances: u32,
    /// For how many hours.
    pub hours: u64,
    /// In these hours KooGallery's open APIs are away.
    pub outage: Range<u64>,
    /// What the numbers follow from.
    pub seed: u64,
}

impl Default for UsageMonth {
    fn default() -> Self {
        Self { instances: 8, hours: 31 * 24, outage: 200..248, seed: 1 }
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
    /// The seller API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A purchase was not answered as it should be.
    #[error("the purchase of an instance was answered {0}")]
    NotBought(String),
}

impl UsageMonth {
    /// Plays it. `progress` hears the number of each hour.
    pub async fn play(&self, progress: impl Fn(u64)) -> Result<MonthReport, UsageMonthError> {
        let started = Instant::now();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let keys = || or_local_test_keys(None).map_err(OwnSideError::from);
        let credentials = or_local_test_credentials(&Environment::default()).map_err(OwnSideError::from)?;
        let stand_in = StandIn::start_at(any, credentials, keys()?, clock).await.map_err(OwnSideError::from)?;
        let environment = Environment::default()
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().as_str())
            .with("KOOGALLERY_PROVISIONING", "instant");
        let options = Options::new(any, TableAt::IN_MEMORY, Environment::default(), Arc::new(Silent), Arc::new(Silent));
        let host = LocalHost::start(Options { clock, ..options }).await.map_err(OwnSideError::from)?;
        let api = Api::new(&host.seller_api(), LOCAL_API_TOKEN.to_owned())?;
        let marketplace = Marketplace::new(&host.address(), keys()?).map_err(OwnSideError::from)?;
        let ids = self.buy(&marketplace).await?;
        NOW.store(now().as_millis(), Ordering::Relaxed);
        let job = Job::new(host.store().clone(), Arc::new(clock), Arc::new(Silent) as _);
        let reporter = Reporter::signing_by(&with_defaults(environment, true).0, job, clock)?;
        let mut played = Played::from_seed(self.seed);
        for hour in 0..self.hours {
            progress(hour);
            pass(HOUR);
            played.use_something(&api, &ids, hour, hour + 1 == self.hours).await?;
            played.report(&reporter, &stand_in, self.outage.contains(&hour)).await;
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
            made: played.made,
            sent: played.sent,
            counted: played.counted,
            pushed: stand_in.usage_records().len(),
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

    async fn buy(&self, marketplace: &Marketplace) -> Result<Vec<InstanceId>, UsageMonthError> {
        let bought = stream::iter(0..self.instances).map(|number| async move {
            let (order, business) = (format!("USAGE{number}"), format!("metered-{number}"));
            let request = NewInstance::new(&order, &format!("{order}-000001"), &business)?;
            let answer = marketplace.send(&marketplace.sign(&request)?).await?;
            let reply = answer.reply().map_err(UsageMonthError::NotBought)?;
            reply.instance_id.ok_or_else(|| UsageMonthError::NotBought(reply.result_code.to_string()))
        });
        bought.buffered(BUYERS).try_collect().await
    }
}
