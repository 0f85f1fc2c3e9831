//! Two supervised orders after their payment: one whose delivery is refused once and accepted later, and one that is refunded before it
//! is accepted. KooGallery's calls and the entries of people come in turn; after each, the seller API says where the order stands.
//!
//! It runs on a host of its own.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::{NewInstance, ReleaseInstance, Request, TestFlag, TextError};
use koogallery_runtime::{ConfigError, Environment, Job, now};
use koogallery_store::StoreError;
use serde_json::{Value, json};
use watch::Watcher;

use super::own_side::OwnSideError;
use crate::api::{Api, ApiError};
use crate::host::{LocalHost, Options, TableAt};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_keys};
use crate::log::Silent;
use crate::marketplace::{CallError, Marketplace};

const DAY: Duration = Duration::from_hours(24);

/// What happens to an order: who does it, what, how many days ago, and where the order stands then.
struct Step {
    by: &'static str,
    tried: &'static str,
    enters: &'static str,
    days_ago: u32,
    stands: &'static str,
}

const fn step(
    by: &'static str,
    tried: &'static str,
    enters: &'static str,
    days_ago: u32,
    stands: &'static str,
) -> Step {
    Step { by, tried, enters, days_ago, stands }
}

/// The order that is refused once, and accepted.
const ACCEPTED: [Step; 4] = [
    step("the buyer", "submits the need", "need-submitted", 19, "awaits-confirmation"),
    step("the seller", "confirms it", "need-confirmed", 18, "awaits-delivery"),
    step("the seller", "delivers", "delivered", 15, "awaits-acceptance"),
    step("the buyer", "rejects the delivery", "delivery-rejected", 12, "awaits-delivery"),
];

/// What happens after the warnings.
const AT_LAST: [Step; 3] = [
    step("the seller", "delivers once more", "delivered", 2, "awaits-acceptance"),
    step("the buyer", "accepts", "accepted", 1, "awaits-completion"),
    step("KooGallery", "completes the order", "completed", 0, "completed"),
];

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderStep {
    /// Who did what.
    pub tried: String,
    /// What the seller API should say then.
    pub expected: String,
    /// What it said.
    pub found: String,
}

/// How the orders ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderLifeReport {
    /// What happened, in turn.
    pub steps: Vec<OrderStep>,
}

impl OrderLifeReport {
    /// Whether each order stood where it should, each time.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.steps.iter().all(|step| step.expected == step.found)
    }

    /// The report as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let steps = self.steps.iter().map(|OrderStep { tried, expected, found }| {
            json!({ "tried": tried, "expected": expected, "found": found, "right": expected == found })
        });
        json!({ "steps": steps.collect::<Vec<_>>(), "right": self.is_right() })
    }

    fn add(&mut self, tried: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) {
        self.steps.push(OrderStep { tried: tried.into(), expected: expected.into(), found: found.into() });
    }
}

impl fmt::Display for OrderLifeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Orders after payment")?;
        for OrderStep { tried, expected, found } in &self.steps {
            if expected == found {
                writeln!(f, "    ✓ {tried:<50} {found}")?;
            } else {
                writeln!(f, "    ✗ {tried:<50} {found}, and not {expected}")?;
            }
        }
        let wrong = self.steps.iter().filter(|step| step.expected != step.found).count();
        write!(f, "{} right, {wrong} wrong", self.steps.len() - wrong)
    }
}

/// Why the orders ended early.
#[derive(Debug, thiserror::Error)]
pub enum OrderLifeError {
    /// The host.
    #[error(transparent)]
    OwnSide(#[from] OwnSideError),
    /// The watch's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A call of KooGallery.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The seller API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The watch.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An id that is no id.
    #[error(transparent)]
    Id(#[from] TextError),
}

/// Plays both orders.
pub async fn play_orders() -> Result<OrderLifeReport, OrderLifeError> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let environment =
        Environment::default().with("KOOGALLERY_PROVISIONING", "instant").with("KOOGALLERY_API_TOKEN", LOCAL_API_TOKEN);
    let options = Options::new(any, TableAt::IN_MEMORY, environment, Arc::new(Silent), Arc::new(Silent));
    let host = LocalHost::start(options).await.map_err(OwnSideError::from)?;
    let keys = or_local_test_keys(None).map_err(OwnSideError::from)?;
    let marketplace = Marketplace::new(&host.address(), keys).map_err(OwnSideError::from)?;
    let job = Job::new(host.store().clone(), Arc::new(now), Arc::new(Silent) as _);
    let watcher = Watcher::of(&Environment::default(), job)?;
    let orders = Orders { api: Api::new(&host.seller_api(), LOCAL_API_TOKEN.to_owned())?, marketplace, watcher };
    let mut report = OrderLifeReport::default();
    orders.accepted(&mut report).await?;
    orders.refunded(&mut report).await?;
    host.stop().await.map_err(OwnSideError::from)?;
    Ok(report)
}

/// Both sides.
struct Orders {
    api: Api,
    marketplace: Marketplace,
    watcher: Watcher,
}

impl Orders {
    async fn accepted(&self, report: &mut OrderLifeReport) -> Result<(), OrderLifeError> {
        let order = "CSORDER1";
        self.bought(order, report).await?;
        self.enter(order, &ACCEPTED, report).await?;
        report.add("12 days later, the watch", "seller-step, seller-step-urgent", self.warned(order).await?);
        let early = self.api.post(&["orders", order, "supervision", "completed"], None).await;
        let refused = matches!(early, Err(ApiError::Refused { status, .. }) if status.as_u16() == 409);
        report.add("somebody completes it too early", "refused", if refused { "refused" } else { "taken" });
        self.enter(order, &AT_LAST, report).await?;
        report.add("the watch", "nothing", self.warned(order).await?);
        let state = self.whole(order).await?["state"]["word"].as_str().unwrap_or_default().to_owned();
        report.add("the state of the order", "已完成", state);
        Ok(())
    }

    async fn refunded(&self, report: &mut OrderLifeReport) -> Result<(), OrderLifeError> {
        let order = "CSORDER2";
        self.bought(order, report).await?;
        self.enter(order, &ACCEPTED, report).await?;
        let release = ReleaseInstance {
            instance_id: order.parse()?,
            order_id: None,
            order_line_id: None,
            test_flag: TestFlag::default(),
        };
        self.said(&release, "KooGallery refunds the order", report).await?;
        report.add("the order stands in", "refunded", self.stage(order).await?);
        report.add("the watch", "nothing", self.warned(order).await?);
        Ok(())
    }

    /// A purchase, and its supervision.
    async fn bought(&self, order: &str, report: &mut OrderLifeReport) -> Result<(), OrderLifeError> {
        let purchase = NewInstance::new(order, &format!("{order}-000001"), order)?;
        self.said(&purchase, &format!("{order}: a buyer pays"), report).await?;
        let opened = json!({ "flow": "standard", "openedAt": now().saturating_sub(20 * DAY).to_rfc_3339() });
        self.api.post(&["orders", order, "supervision"], Some(&opened)).await?;
        report.add("its supervision begins", "awaits-need", self.stage(order).await?);
        Ok(())
    }

    async fn said<R: Request>(
        &self,
        request: &R,
        tried: &str,
        report: &mut OrderLifeReport,
    ) -> Result<(), OrderLifeError> {
        let reply = self.marketplace.send(&self.marketplace.sign(request)?).await?.reply();
        let found = reply.map_or_else(|problem| problem, |reply| reply.result_code.to_string());
        report.add(tried, "000000", found);
        Ok(())
    }

    async fn enter(&self, order: &str, steps: &[Step], report: &mut OrderLifeReport) -> Result<(), OrderLifeError> {
        for Step { by, tried, enters, days_ago, stands } in steps {
            let at = now().saturating_sub(*days_ago * DAY).to_rfc_3339();
            self.api.post(&["orders", order, "supervision", enters], Some(&json!({ "at": at, "by": by }))).await?;
            report.add(format!("{by} {tried}"), *stands, self.stage(order).await?);
        }
        Ok(())
    }

    /// What the watch warns of, by cause.
    async fn warned(&self, order: &str) -> Result<String, OrderLifeError> {
        self.watcher.run(Instant::now() + DAY).await?;
        let warnings = self.whole(order).await?["warnings"].clone();
        let causes = warnings.as_array().into_iter().flatten().filter_map(|warning| warning["cause"].as_str());
        let mut causes: Vec<&str> = causes.collect();
        causes.sort_unstable();
        Ok(if causes.is_empty() { "nothing".to_owned() } else { causes.join(", ") })
    }

    async fn stage(&self, order: &str) -> Result<String, OrderLifeError> {
        Ok(self.whole(order).await?["supervision"]["stage"].as_str().unwrap_or_default().to_owned())
    }

    async fn whole(&self, order: &str) -> Result<Value, OrderLifeError> {
        Ok(self.api.get(&["orders", order], &[]).await?)
    }
}
