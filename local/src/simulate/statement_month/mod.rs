//! A month's statements: KooGallery sells, refunds and counts use; Seller Console exports it with mistakes that are planted; the seller
//! imports the files and compares them. KooGallery's own books say what has to be found, and nothing else may be.
//!
//! The orders are told by calls and by the order query, the use by pushes, to a host of its own. Then the clock of the month goes on
//! until everything is settled.

mod books;
mod mistake;
mod report;
mod sides;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::{InstanceId, TextError, Timestamp};
use koogallery_runtime::{ConfigError, now};
use koogallery_statements::{Calendar, CalendarError, Day, Finding, Month, Names, NamesError, Settings, Subject};
use koogallery_store::StoreError;
use tokio::sync::Mutex;

use self::books::{Books, Discrepancy, Fate, Sale};
use self::mistake::Mistake;
use self::sides::Sides;
use super::own_side::OwnSideError;
use crate::api::{Api, ApiError};
use crate::marketplace::CallError;
use crate::statements::{Compare, Import, ImportError, keep};

pub use report::StatementReport;

const DAY: Duration = Duration::from_hours(24);
/// So many orders are sold side by side.
const BUYERS: usize = 8;
/// After so many days, the month is settled: its bill comes in the next month, and is paid 30 working days later.
const SETTLED_AFTER: u32 = 100;
/// So many instances use something, and nothing is wrong with that.
const RIGHT_USERS: usize = 3;

/// How far the clock of the month is ahead, in milliseconds. Only one month is played at a time in a process.
static AHEAD: AtomicU64 = AtomicU64::new(0);
static PLAYED: Mutex<()> = Mutex::const_new(());

fn clock() -> Timestamp {
    now().saturating_add(Duration::from_millis(AHEAD.load(Ordering::Relaxed)))
}

fn pass(time: Duration) {
    AHEAD.fetch_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// What to play.
#[derive(Debug, Clone)]
pub struct StatementMonth {
    /// How many orders there are.
    pub orders: u32,
    /// How many mistakes are planted: of each kind in turn, and at most one for each order.
    pub planted: u32,
    /// Where the files are written too, if anywhere.
    pub folder: Option<PathBuf>,
}

impl Default for StatementMonth {
    fn default() -> Self {
        let kinds = Mistake::OF_ORDERS.len() + Mistake::OF_USAGE.len();
        Self { orders: 60, planted: u32::try_from(kinds).unwrap_or(u32::MAX), folder: None }
    }
}

/// Why the month ended early.
#[derive(Debug, thiserror::Error)]
pub enum StatementMonthError {
    /// The host or the open APIs.
    #[error(transparent)]
    OwnSide(#[from] OwnSideError),
    /// The reporter's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A call of KooGallery.
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
    /// A file is not imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The names of columns.
    #[error(transparent)]
    Names(#[from] NamesError),
    /// The working days.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A call was not answered as it should be.
    #[error("a call was answered {0}")]
    Answered(String),
    /// The host does not learn an order.
    #[error("what the order {0} bought is not learnt")]
    NotLearnt(String),
    /// Not all use is counted.
    #[error("not all records of use are counted: {0}")]
    NotCounted(String),
    /// The clock of this machine is outside the calendar.
    #[error("the clock of this machine is outside the calendar")]
    Clock,
}

impl StatementMonth {
    /// Plays it. `progress` hears what is done.
    pub async fn play(&self, progress: impl Fn(&str)) -> Result<StatementReport, StatementMonthError> {
        let _alone = PLAYED.lock().await;
        AHEAD.store(0, Ordering::Relaxed);
        let started = Instant::now();
        let released_on = today()?;
        let month = Day::in_month(released_on.month(), 1).plus_days(-1).month();
        let settled_on = released_on.plus_days(i64::from(SETTLED_AFTER));
        let mut books = Books::new(month, released_on, settled_on);
        let sides = Sides::start().await?;

        let (sales, of_usage) = self.sales(month);
        progress("KooGallery sells");
        let known: Vec<&Sale> = sales.iter().filter(|sale| sale.is_known()).collect();
        let sold = stream::iter(&known).map(|sale| sides.sell(sale));
        sold.buffer_unordered(BUYERS).try_collect::<Vec<()>>().await?;
        let users = self.users(&sides, month, of_usage.len()).await?;
        progress("the seller learns the orders");
        let renewed = known.iter().filter(|sale| sale.is_renewed()).flat_map(|sale| [&sale.renewal, &sale.refund]);
        sides.learn(known.iter().map(|sale| &sale.order).chain(renewed).map(String::as_str)).await?;
        progress("instances use something");
        let used = sides.meter(&users).await?;

        for sale in &sales {
            books.enter(sale);
        }
        for (place, record) in used.iter().enumerate() {
            books.enter_usage(record, of_usage.get(place).copied());
        }
        pass(DAY * SETTLED_AFTER);
        let mut report = StatementReport {
            orders: sales.len(),
            rows: 0,
            planted: books.planted.clone(),
            found: BTreeSet::new(),
            known_again: 0,
            files: 0,
            elapsed: Duration::ZERO,
        };
        progress("the seller imports the statements");
        for (name, file) in books.exports() {
            self.write(&name, &file)?;
            import(&sides.api, &name, &file, &mut report).await?;
        }
        progress("the seller compares");
        report.found = found(&sides.api).await?;
        sides.stop().await?;
        report.elapsed = started.elapsed();
        Ok(report)
    }

    /// The orders of the month, and what is wrong with usage.
    fn sales(&self, month: Month) -> (Vec<Sale>, Vec<Mistake>) {
        let kinds: Vec<Mistake> = Mistake::OF_ORDERS.into_iter().chain(Mistake::OF_USAGE).collect();
        let planted = kinds.iter().cycle().take(self.planted as usize).copied();
        let (of_usage, of_orders): (Vec<Mistake>, Vec<Mistake>) =
            planted.partition(|mistake| Mistake::OF_USAGE.contains(mistake));
        // The mistakes stand among the others, from the first one on.
        let every = (self.orders as usize / of_orders.len().max(1)).max(1);
        let mut wrong = of_orders.into_iter();
        let fate = |number: u32| match number as usize % every {
            0 => wrong.next().map_or(Fate::Settled, Fate::Wrong),
            _ => usual(number),
        };
        let fates: Vec<Fate> = (0..self.orders).map(fate).collect();
        let sales = (0..).zip(fates).map(|(number, fate)| Sale::new(month, number, fate));
        (sales.collect(), of_usage)
    }

    /// Sells what instances use: as many as there are mistakes about usage, and some more.
    async fn users(&self, sides: &Sides, month: Month, wrong: usize) -> Result<Vec<InstanceId>, StatementMonthError> {
        let sales = (0..).take(wrong + RIGHT_USERS).map(|number| Sale::new(month, 70_000_000 + number, Fate::Settled));
        let sales: Vec<Sale> = sales.collect();
        let bought = stream::iter(&sales).map(|sale| sides.buy(&sale.order, sale.ordered_on, None));
        let users = bought.buffered(BUYERS).try_collect().await?;
        sides.learn(sales.iter().map(|sale| sale.order.as_str())).await?;
        Ok(users)
    }

    fn write(&self, name: &str, file: &str) -> Result<(), StatementMonthError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(name);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, file))
            .map_err(|source| StatementMonthError::Write { path, source })
    }
}

fn today() -> Result<Day, StatementMonthError> {
    Day::in_beijing(clock().as_millis()).ok_or(StatementMonthError::Clock)
}

/// What becomes of orders with which nothing is wrong.
const fn usual(number: u32) -> Fate {
    match number % 10 {
        3 => Fate::Refunded,
        6 => Fate::NotAccepted,
        7 => Fate::NotInEffect,
        _ => Fate::Settled,
    }
}

/// Imports a file, and once more.
async fn import(api: &Api, name: &str, file: &str, report: &mut StatementReport) -> Result<(), StatementMonthError> {
    let names = Names::known()?;
    let import = Import { api, names: &names, written: &[], is_part: false, by: None };
    let imported = import.file(name, file.as_bytes(), |_, _| true, |_, _| ()).await?;
    let rows = imported.statement["rows"].as_u64().and_then(|rows| usize::try_from(rows).ok());
    let again = import.file(name, file.as_bytes(), |_, _| false, |_, _| ()).await?;
    report.rows += rows.unwrap_or_default();
    report.files += 1;
    report.known_again += usize::from(!imported.was_known && again.was_known);
    Ok(())
}

/// Compares, keeps what is found, and returns what somebody has to look at.
async fn found(api: &Api) -> Result<BTreeSet<Discrepancy>, StatementMonthError> {
    let (calendar, settings) = (Calendar::china()?, Settings::default());
    let compare = Compare { api, month: None, calendar: &calendar, settings: &settings, today: today()? };
    let compared = compare.run(|_| ()).await?;
    keep(api, &compared, None).await?;
    let open = compared.matched.findings.iter().filter(|finding| finding.is_open());
    Ok(open.map(|finding| (finding.kind.to_string(), about(finding))).collect())
}

/// What a finding is about, as KooGallery's books name it.
fn about(finding: &Finding) -> String {
    match &finding.subject {
        Subject::Order(order) => order.clone(),
        Subject::Usage { instance, .. } => instance.clone(),
        Subject::Record { instance, record } => format!("{instance} {record}"),
        Subject::Row(_) => finding.evidence.stated.map(|amount| amount.normalize().to_string()).unwrap_or_default(),
    }
}
