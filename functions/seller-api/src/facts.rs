//! What is known of orders, for the comparison with statements: in the form in which the comparison takes it. What nothing says is
//! null, and nothing is concluded from it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use koogallery::{OrderId, ProductId, Scene, Timestamp};
use koogallery_runtime::CurrentSettings;
use koogallery_statements::{
    ChargingMode, Day, InstanceStatus, KnownInstance, KnownOrder, OrderKind as What, Supervised,
};
use koogallery_store::{
    AppliedOrder, Evidence, Instance, OrderEffect, OrderKind, OrderRecord, Stage, Status, StoreError,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::each::each;
use crate::extract::QueryOf;
use crate::money::{deal, lines, listed};
use crate::page::{cursor, place};
use crate::problem::{Kind, Problem};
use crate::time::Time;

/// The most orders of a page.
const PAGE: usize = 100;
/// The longest span of a request: each page reads the list of the whole span.
const LONGEST_SPAN: Duration = Duration::from_hours(31 * 24);
/// A page ends after so long.
const ENOUGH: Duration = Duration::from_secs(8);
/// So many are read before the time is looked at.
const TOGETHER: usize = 25;

/// Which orders, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FactsQuery {
    /// Orders that were made or reported since then.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// And before that time: at most 31 days later. Shorter spans are cheaper.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Instead: the ids of up to 100 orders, separated by commas.
    #[param(value_type = Option<String>, example = "CS2509071201OKVI2")]
    ids: Option<String>,
    /// `next` of the page before. Send the same span or ids with it.
    cursor: Option<String>,
}

/// A page of what is known of orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderFacts, examples(json!({ "orders": [{
    "orderId": "CS2509071201OKVI2", "kind": "purchase", "product": "p-1", "chargingMode": "period", "lines": 1,
    "listAmount": "9600.00", "dealAmount": "8800.00", "orderedOn": "2025-12-01", "supervised": "no",
    "instance": { "id": "03pf80c2b8", "status": "active", "releasedOn": null },
}] })))]
pub(crate) struct FactList {
    /// The orders, by their ids.
    #[schema(value_type = Vec<Object>)]
    orders: Vec<KnownOrder>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is known of orders, as the comparison with statements takes it: kind, amounts, days of Beijing, supervision, instance.
///
/// Orders that callbacks reported, and those that the order query told, such as refunds. Those of which nothing is known are left out.
#[utoipa::path(get, path = "/v1/orders/facts", tag = "statements", operation_id = "listOrderFacts", params(FactsQuery),
    responses((status = 200, description = "A page of facts", body = FactList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(FactsQuery { from, to, ids, cursor: begin }): QueryOf<FactsQuery>,
) -> Result<Json<FactList>, Problem> {
    let until = Instant::now() + ENOUGH;
    let after: Option<OrderId> = place(begin.as_deref())?;
    let ids = match (from, to, ids) {
        (Some(from), Some(to), None) => api.orders_of(from.timestamp(), to.timestamp()).await?,
        (None, None, Some(ids)) => read(&ids)?,
        _ => return Err(Problem::new(Kind::Invalid, "the query: give `from` and `to`, or `ids`")),
    };
    let ids: Vec<OrderId> = ids.into_iter().filter(|id| after.as_ref().is_none_or(|after| id > after)).collect();
    let (mut orders, mut read) = (Vec::new(), 0);
    let settings = api.settings().await?;
    for part in ids[..ids.len().min(PAGE)].chunks(TOGETHER) {
        let facts = each(part.to_vec(), |id| {
            let (api, settings) = (Arc::clone(&api), Arc::clone(&settings));
            async move { facts(&api, &settings, &id).await }
        });
        orders.extend(facts.await?.into_iter().flatten());
        read += part.len();
        if Instant::now() > until {
            break;
        }
    }
    orders.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    let next = if read < ids.len() { ids[..read].last().map(|last| cursor(last.as_str())) } else { None };
    Ok(Json(FactList { orders, next }))
}

fn read(ids: &str) -> Result<BTreeSet<OrderId>, Problem> {
    let ids: Result<BTreeSet<OrderId>, _> = ids.split(',').map(str::parse).collect();
    let wrong = |error| Problem::new(Kind::Invalid, format!("the query: ids: {error}"));
    let ids = ids.map_err(wrong)?;
    if ids.len() > PAGE {
        return Err(Problem::new(Kind::Invalid, format!("the query: ids: give at most {PAGE}")));
    }
    Ok(ids)
}

impl SellerApi {
    /// The orders of a span of time: those that calls reported, and those that the order query told.
    async fn orders_of(&self, from: Timestamp, to: Timestamp) -> Result<BTreeSet<OrderId>, Problem> {
        if from > to || from.saturating_add(LONGEST_SPAN) < to {
            return Err(Problem::new(Kind::Invalid, "the query: give `from` before `to`, and at most 31 days"));
        }
        let (told, reported) =
            tokio::join!(self.store().amounts_between(from, to), self.store().orders_between(from, to));
        let told = told?.into_iter().map(|(order, _)| order);
        Ok(reported?.into_iter().map(|order| order.order_id).chain(told).collect())
    }
}

/// What is known of an order; none if nothing is.
async fn facts(api: &SellerApi, settings: &CurrentSettings, id: &OrderId) -> Result<Option<KnownOrder>, StoreError> {
    let store = api.store();
    let record = store.order_record(id).await?;
    if record.is_unknown() {
        return Ok(None);
    }
    let later = match instance(&record) {
        Some(instance) if instance.order_id != *id => store.instance_orders(&instance.instance_id).await?,
        _ => Vec::new(),
    };
    let is_supervised = |product: Option<&ProductId>| api.supervised.flow_by(&settings.document, product).is_some();
    Ok(Some(known(&record, &later, is_supervised)))
}

/// The instance that an order bought, or else one that it changed.
fn instance(record: &OrderRecord) -> Option<&Instance> {
    let bought = record.instances.iter().find(|instance| instance.order_id == record.order_id);
    bought.or(record.instances.first())
}

/// A record in the words of the comparison. `later` are the later orders of an instance that another order bought.
fn known(
    record: &OrderRecord,
    later: &[AppliedOrder],
    is_supervised: impl Fn(Option<&ProductId>) -> bool,
) -> KnownOrder {
    let kind = kind(record);
    let instance = instance(record);
    let told = record.amounts.first();
    let product = record.amounts.iter().find_map(|amount| amount.product_id.clone());
    let product = product.or_else(|| record.reports.iter().find_map(|report| report.product_id.clone()));
    let product = product.or_else(|| instance?.life.product_id.clone());
    let another = instance.map(|instance| &instance.order_id).filter(|order| **order != record.order_id);
    let named: BTreeSet<&str> =
        record.reports.iter().filter_map(|report| Some(report.order_line_id.as_ref()?.as_str())).collect();
    let count = lines(&record.amounts).count().max(named.len());
    let day = |at: Timestamp| Day::in_beijing(at.as_millis());
    let ordered_at = record.amounts.iter().find_map(|amount| amount.ordered_at);
    let ordered_at = ordered_at.or_else(|| record.reports.first().map(|report| report.signed_at));
    let ordered_at = ordered_at.or_else(|| released_at(record));
    KnownOrder {
        original: another.filter(|_| matches!(kind, What::Renewal | What::Change)).map(ToString::to_string),
        refund_of: if kind == What::Refund { refunded(record, later, another) } else { None },
        charging_mode: told.and_then(|told| charging_mode(told.charging_mode.as_deref()?)),
        lines: u32::try_from(count).unwrap_or(u32::MAX),
        list_amount: listed(&record.amounts),
        deal_amount: deal(&record.amounts),
        ordered_on: ordered_at.and_then(day),
        in_effect_from: if kind == What::Renewal { in_effect(record, instance, later).and_then(day) } else { None },
        supervised: match kind {
            // A supervised purchase is accepted; what follows it is not supervised again.
            What::Purchase | What::Unknown => acceptance(record, || is_supervised(product.as_ref())),
            _ => Supervised::No,
        },
        instance: instance.map(|instance| KnownInstance {
            id: instance.instance_id.to_string(),
            status: match instance.life.status {
                Status::Provisioning => InstanceStatus::Provisioning,
                Status::Active => InstanceStatus::Active,
                Status::Frozen => InstanceStatus::Frozen,
                Status::Released => InstanceStatus::Released,
            },
            released_on: instance.life.released_at.and_then(day),
        }),
        product: product.map(|product| product.to_string()),
        ..KnownOrder::new(record.order_id.to_string(), kind)
    }
}

/// What the order is: as the order query says, or else as the calls do.
fn kind(record: &OrderRecord) -> What {
    let told = record.amounts.iter().find_map(|amount| match amount.order_type.as_str() {
        "NEW" => Some(What::Purchase),
        "TRIAL" => Some(What::Trial),
        "TRIAL_TO_FORMAL" => Some(What::TrialToFormal),
        "RENEW" => Some(What::Renewal),
        "CHANGE" => Some(What::Change),
        "UNSUBSCRIBE" => Some(What::Refund),
        _ => None,
    });
    let reported = || {
        record.reports.iter().find_map(|report| match report.kind {
            OrderKind::Purchase => Some(What::Purchase),
            OrderKind::Notice => None,
            OrderKind::Upgrade => Some(What::Change),
            OrderKind::Refresh(Scene::UnsubscribeRenewalPeriod) => Some(What::Refund),
            OrderKind::Refresh(Scene::TrialToFormal) => Some(What::TrialToFormal),
            OrderKind::Refresh(_) => Some(What::Renewal),
        })
    };
    let refunds = || released_at(record).map(|_| What::Refund);
    told.or_else(reported).or_else(refunds).unwrap_or(What::Unknown)
}

/// When a release named the order, of which nothing else is known: it refunded what another order bought.
fn released_at(record: &OrderRecord) -> Option<Timestamp> {
    match record.state().1 {
        Evidence::Released { at } => Some(at),
        _ => None,
    }
}

fn charging_mode(word: &str) -> Option<ChargingMode> {
    match word {
        "ON_DEMAND" => Some(ChargingMode::OnDemand),
        "PERIOD" => Some(ChargingMode::Period),
        "ONE_TIME" => Some(ChargingMode::OneTime),
        _ => None,
    }
}

/// The order that a refund takes back: of a refunded renewal the last renewal before it, of a release what bought the instance.
fn refunded(record: &OrderRecord, later: &[AppliedOrder], bought_by: Option<&OrderId>) -> Option<String> {
    let own = later.iter().position(|order| order.order_id == record.order_id);
    match own {
        Some(own) => {
            let renewal = |order: &&AppliedOrder| {
                matches!(order.effect, OrderEffect::Refresh { scene: Scene::Renewal | Scene::RenewalChange, .. })
            };
            later[..own].iter().rev().find(renewal).map(|order| order.order_id.to_string())
        }
        None => bought_by.map(ToString::to_string),
    }
}

/// When a renewal is in effect: when the period before it ends, or at once if that is over.
fn in_effect(record: &OrderRecord, instance: Option<&Instance>, later: &[AppliedOrder]) -> Option<Timestamp> {
    let mut ends = instance?.life.bought_until;
    for order in later {
        if order.order_id == record.order_id {
            return ends.map(|ends| ends.timestamp().max(order.signed_at));
        }
        if let OrderEffect::Refresh { expire_time, .. } = &order.effect {
            ends = Some(*expire_time);
        }
    }
    None
}

/// The service supervision of a purchase.
fn acceptance(record: &OrderRecord, is_supervised: impl FnOnce() -> bool) -> Supervised {
    let Some(standing) = record.standing() else {
        // The deployment names its supervised products, so another one is not supervised.
        return if is_supervised() { Supervised::Unknown } else { Supervised::No };
    };
    let is_accepted = matches!(standing.stage, Stage::AwaitsCompletion | Stage::Completed);
    let accepted = standing.accepted_at.or(standing.completed_at).filter(|_| is_accepted);
    let day = accepted.and_then(|at| Day::in_beijing(at.as_millis()));
    day.map_or(Supervised::Open, Supervised::Completed)
}
