//! Both sides of the month: a host of the seller with its reporter, KooGallery that calls it, and KooGallery's open APIs.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use koogallery::{
    ExpireTime, InstanceId, NewInstance, OrderId, ProductInfo, RefreshInstance, ReleaseInstance, Request, Scene,
    TestFlag, Timestamp,
};
use koogallery_open_api::{ChargingMode, OrderInfo, OrderLine, OrderType, UsageRecord};
use koogallery_runtime::{Environment, Job, now};
use koogallery_statements::Day;
use report_usage::Reporter;
use rust_decimal::Decimal;
use serde_json::json;

use super::{StatementMonthError, books::Sale, clock, pass};
use crate::api::Api;
use crate::host::{LocalHost, Options, TableAt, with_defaults};
use crate::keys::{LOCAL_API_TOKEN, or_local_test_credentials, or_local_test_keys};
use crate::log::Silent;
use crate::marketplace::Marketplace;
use crate::open_api::StandIn;
use crate::simulate::own_side::OwnSideError;

const HOUR: Duration = Duration::from_hours(1);
const YEAR: Duration = Duration::from_hours(365 * 24);
/// An order is learnt within seconds. If nothing is learnt for so long, something is wrong.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often it is looked whether an order is learnt.
const LOOKED_AT: Duration = Duration::from_millis(20);
/// The most runs until all use is pushed.
const RUNS: usize = 20;
/// The most records of a call.
const RECORDS: usize = 500;
const PRODUCT: &str = "simulated-product";

/// Both sides.
pub(super) struct Sides {
    pub(super) api: Api,
    host: LocalHost,
    marketplace: Marketplace,
    /// The order query. It is asked by the clock of the host, and usage is pushed by that of the month.
    order_query: StandIn,
    usage: StandIn,
    reporter: Reporter,
}

impl Sides {
    pub(super) async fn start() -> Result<Self, StatementMonthError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let keys = || or_local_test_keys(None).map_err(OwnSideError::from);
        let credentials = || or_local_test_credentials(&Environment::default()).map_err(OwnSideError::from);
        let order_query = StandIn::start_at(any, credentials()?, keys()?, now).await.map_err(OwnSideError::from)?;
        let usage = StandIn::start_at(any, credentials()?, keys()?, clock).await.map_err(OwnSideError::from)?;
        let environment = |open_api: &StandIn| {
            Environment::default()
                .with("KOOGALLERY_PROVISIONING", "instant")
                .with("KOOGALLERY_OPEN_API_URL", open_api.endpoint().as_str())
        };
        let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
        let options = Options::new(any, TableAt::IN_MEMORY, environment(&order_query), log, journal);
        let host = LocalHost::start(Options { clock, ..options }).await.map_err(OwnSideError::from)?;
        let job = Job::new(host.store().clone(), Arc::new(clock), Arc::new(Silent) as _);
        let reporter = Reporter::signing_by(&with_defaults(environment(&usage), true).0, job, clock)?;
        let api = Api::new(&host.seller_api(), LOCAL_API_TOKEN.to_owned())?;
        let marketplace = Marketplace::new(&host.address(), keys()?).map_err(OwnSideError::from)?;
        Ok(Self { api, host, marketplace, order_query, usage, reporter })
    }

    /// Has a buyer pay an order of the month, and KooGallery tell what follows.
    pub(super) async fn sell(&self, sale: &Sale) -> Result<(), StatementMonthError> {
        let (on, amount) = (sale.ordered_on, sale.amount);
        let instance = self.buy(&sale.order, on, Some(amount)).await?;
        if sale.is_renewed() {
            self.put(&sale.renewal, OrderType::Renew, on, Some(amount))?;
            self.refresh(&instance, Scene::Renewal, &sale.renewal, 2 * YEAR).await?;
            self.put(&sale.refund, OrderType::Unsubscribe, on, Some(-amount))?;
            self.refresh(&instance, Scene::UnsubscribeRenewalPeriod, &sale.refund, YEAR).await?;
        } else if sale.is_refunded() {
            self.put(&sale.refund, OrderType::Unsubscribe, on, Some(-amount))?;
            self.release(&instance, Some(&sale.refund)).await?;
        } else if sale.is_released() {
            self.release(&instance, None).await?;
        }
        Ok(())
    }

    /// Has a buyer pay an order; one without an amount is pay-per-use.
    pub(super) async fn buy(
        &self,
        order: &str,
        on: Day,
        amount: Option<Decimal>,
    ) -> Result<InstanceId, StatementMonthError> {
        self.put(order, OrderType::New, on, amount)?;
        let instance = format!("i-{order}");
        self.say(&NewInstance::new(order, &format!("{order}-000001"), &instance)?).await?;
        Ok(instance.parse()?)
    }

    /// Tells an order that moves the expiry to a time from now.
    async fn refresh(
        &self,
        instance: &InstanceId,
        scene: Scene,
        order: &str,
        until: Duration,
    ) -> Result<(), StatementMonthError> {
        let expire_time = ExpireTime::from_timestamp(now().saturating_add(until)).ok_or(StatementMonthError::Clock)?;
        let refresh = RefreshInstance {
            scene,
            order_id: order.parse()?,
            order_line_id: Some(format!("{order}-000001").parse()?),
            instance_id: instance.clone(),
            product_id: None,
            expire_time,
            test_flag: TestFlag::default(),
            further: BTreeMap::new(),
        };
        self.say(&refresh).await
    }

    async fn release(&self, instance: &InstanceId, refund: Option<&str>) -> Result<(), StatementMonthError> {
        let order_id = refund.map(str::parse).transpose()?;
        let instance_id = instance.clone();
        self.say(&ReleaseInstance { instance_id, order_id, order_line_id: None, test_flag: TestFlag::default() }).await
    }

    async fn say<R: Request>(&self, request: &R) -> Result<(), StatementMonthError> {
        let answer = self.marketplace.send(&self.marketplace.sign(request)?).await?;
        let code = answer.reply().map_err(StatementMonthError::Answered)?.result_code;
        if code == koogallery::ResultCode::Success {
            Ok(())
        } else {
            Err(StatementMonthError::Answered(code.to_string()))
        }
    }

    /// Makes an order known to the order query.
    fn put(&self, order: &str, kind: OrderType, on: Day, amount: Option<Decimal>) -> Result<(), StatementMonthError> {
        let time = |at: Timestamp| ExpireTime::from_timestamp(at).map(|time| time.to_string().into());
        let is_refund = kind == OrderType::Unsubscribe;
        let mode = if amount.is_some() { ChargingMode::Period } else { ChargingMode::OnDemand };
        let product = ProductInfo { product_id: Some(PRODUCT.parse()?), ..ProductInfo::default() };
        let amount = amount.map(|amount| amount.to_string());
        self.order_query.put_order(OrderInfo {
            order_id: order.parse()?,
            order_type: kind,
            currency: None,
            currency_after_discount: None,
            create_time: time(morning(on)),
            order_lines: vec![OrderLine {
                order_line_id: format!("{order}-000001").parse()?,
                expire_time: amount.as_ref().and_then(|_| time(now().saturating_add(YEAR))),
                period_type: amount.as_ref().map(|_| "year".to_owned()),
                period_number: amount.as_ref().map(|_| 1),
                charging_mode: Some(mode),
                currency: amount.clone().filter(|_| !is_refund),
                currency_after_discount: amount,
                product_info: vec![product],
                extend_params: Vec::new(),
            }],
            buyer_info: None,
            extend_params: Vec::new(),
        });
        Ok(())
    }

    /// Waits until the host has learnt what these orders bought.
    pub(super) async fn learn(&self, orders: impl Iterator<Item = &str>) -> Result<(), StatementMonthError> {
        for order in orders {
            let (id, since) = (order.parse::<OrderId>()?, Instant::now());
            while self.host.store().amounts_of(&id).await?.is_empty() {
                if since.elapsed() > PATIENCE {
                    return Err(StatementMonthError::NotLearnt(order.to_owned()));
                }
                tokio::time::sleep(LOOKED_AT).await;
            }
        }
        Ok(())
    }

    /// Has instances use something for an hour, which is reported. Returns what KooGallery has then.
    pub(super) async fn meter(&self, instances: &[InstanceId]) -> Result<Vec<UsageRecord>, StatementMonthError> {
        pass(HOUR);
        let at = clock().saturating_sub(HOUR / 6).to_rfc_3339();
        for (number, instances) in instances.chunks(RECORDS).enumerate() {
            let record = |(place, id): (usize, &InstanceId)| {
                let quantity = format!("{}.25", 1 + number + place % 90);
                json!({ "id": "use-1", "instanceId": id, "at": at, "quantity": quantity })
            };
            let records: Vec<_> = instances.iter().enumerate().map(record).collect();
            let answer = self.api.post(&["usage", "records"], Some(&json!({ "records": records }))).await?;
            if answer["counted"] != records.len() {
                return Err(StatementMonthError::NotCounted(answer.to_string()));
            }
        }
        for _ in 0..RUNS {
            pass(HOUR + Duration::from_mins(3));
            let run = self.reporter.run(Instant::now() + HOUR).await?;
            if run.pushed == 0 && run.backlog == 0 {
                break;
            }
        }
        Ok(self.usage.usage_records())
    }

    pub(super) async fn stop(self) -> Result<(), StatementMonthError> {
        self.host.stop().await.map_err(OwnSideError::from)?;
        self.order_query.stop().await;
        self.usage.stop().await;
        Ok(())
    }
}

/// Ten o'clock of a day in Beijing.
fn morning(day: Day) -> Timestamp {
    let time = koogallery::CalendarForm::RFC_3339.read(&format!("{day}T02:00:00.000Z"));
    time.unwrap_or_else(|| unreachable!("{day} is a day"))
}
