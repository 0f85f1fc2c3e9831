//! The figures of a month for those who account for it: sold, refunded, new, renewed, churned, and what the instances bring in a
//! month.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use koogallery::{OrderId, ProductId, Scene, Timestamp};
use koogallery_store::{Instance, ListedOrder, OrderAmount, OrderKind, Place, Store, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::beijing::BeijingMonth;
use crate::each::each;
use crate::extract::QueryOf;
use crate::figures::{Brings, Sales, Stock, Sums, is_in_force, period_order, share};
use crate::page::{cursor, place};
use crate::problem::Problem;

/// So many instances are read together.
const TOGETHER: usize = 200;
/// A page of a summary ends after so long.
const ENOUGH: Duration = Duration::from_secs(8);

/// Which month, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    /// A month of Beijing; this month, if absent.
    #[param(value_type = Option<String>, pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$", example = "2025-12")]
    month: Option<BeijingMonth>,
    /// `next` of the page before. Send the same month with it.
    cursor: Option<String>,
}

/// What orders of a product came to in a month.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProductSales)]
struct ProductView {
    /// The product; absent where KooGallery told one amount for an order of several products.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// How many order lines that are; orders, where KooGallery told the amount of the whole order only.
    lines: u64,
    /// The amounts before discount, in decimals.
    listed: String,
    /// The amounts of the deals, vouchers not deducted.
    sold: String,
    /// What refunds took back, as a positive number.
    refunded: String,
    /// How many lines have no amount.
    unknown: u64,
}

impl From<(Option<ProductId>, Sums)> for ProductView {
    fn from((product, sums): (Option<ProductId>, Sums)) -> Self {
        let Sums { lines, listed, sold, refunded, unknown } = sums;
        Self {
            product_id: product.map(|product| product.to_string()),
            lines,
            listed: listed.to_string(),
            sold: sold.to_string(),
            refunded: refunded.to_string(),
            unknown,
        }
    }
}

/// What was ordered in a month. The first page of a summary has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MonthOrders)]
struct OrdersView {
    /// By product.
    products: Vec<ProductView>,
    /// How many orders renewed an instance or a license code.
    renewed: u64,
    /// How many renewals were refunded.
    renewals_refunded: u64,
    /// How many trials turned formal.
    turned_formal: u64,
    /// How many orders changed specification or quantity: upgrades, and renewals with change.
    changed: u64,
    /// Of how many orders that calls reported nothing of the amounts is known.
    unknown: u64,
}

/// What instances were, and brought, in a month.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MonthInstances)]
struct StockView {
    /// How many were bought in the month.
    new: u64,
    /// How many were released in the month.
    churned: u64,
    /// How many are in force at its end, or now: neither expired nor released.
    in_force: u64,
    /// What these bring in a month: of each, the deal of the last order that set its period, divided by the months of the period.
    recurring: String,
    /// How many of them are not in it, because amount or period is not known, or is not one of months or years.
    unknown: u64,
}

/// The figures of a month. If there is a `next`, add up the pages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderSummary, examples(json!({
    "month": "2025-12", "from": "2025-11-30T16:00:00.000Z", "to": "2025-12-31T16:00:00.000Z",
    "orders": { "products": [{ "productId": "p-1", "lines": 3, "listed": "28800.00", "sold": "26400.00",
        "refunded": "8800.00", "unknown": 0 }], "renewed": 1, "renewalsRefunded": 0, "turnedFormal": 0, "changed": 0, "unknown": 0 },
    "instances": { "new": 2, "churned": 1, "inForce": 40, "recurring": "29333.3333", "unknown": 2 },
})))]
pub(crate) struct SummaryView {
    /// The month.
    month: String,
    /// When it begins.
    #[schema(format = DateTime)]
    from: String,
    /// When it ends.
    #[schema(format = DateTime)]
    to: String,
    /// What was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<OrdersView>,
    /// What the instances of this page were.
    instances: StockView,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The figures of a month of Beijing: sold, refunded, new, renewed, churned, recurring.
///
/// Amounts are those that the order query told, by the time of the order. KooGallery names no currency with them. A page ends after
/// some seconds; the next one goes on with the other instances.
#[utoipa::path(get, path = "/v1/orders/summary", tag = "orders", operation_id = "getOrderSummary", params(SummaryQuery),
    responses((status = 200, description = "The figures", body = SummaryView)))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    QueryOf(SummaryQuery { month, cursor: from }): QueryOf<SummaryQuery>,
) -> Result<Json<SummaryView>, Problem> {
    let until = Instant::now() + ENOUGH;
    let (now, begin): (_, Option<Place>) = (api.now(), place(from.as_deref())?);
    let outside =
        || Problem::new(crate::problem::Kind::Internal, "the clock of this deployment is outside the calendar");
    let month = month.or_else(|| BeijingMonth::of(now)).ok_or_else(outside)?;
    let span = (month.begin(), month.end());
    let orders = if begin.is_none() { Some(api.ordered(span).await?) } else { None };
    let (stock, next) = api.stock(span, now, begin.unwrap_or_default(), until).await?;
    let Stock { new, churned, in_force, recurring, unknown } = stock;
    Ok(Json(SummaryView {
        month: month.to_string(),
        from: span.0.to_rfc_3339(),
        to: span.1.to_rfc_3339(),
        orders,
        instances: StockView { new, churned, in_force, recurring: recurring.to_string(), unknown },
        next: next.map(|next| cursor(&next.to_string())),
    }))
}

impl SellerApi {
    /// What was ordered in a span of time.
    async fn ordered(&self, (from, to): (Timestamp, Timestamp)) -> Result<OrdersView, Problem> {
        let (amounts, reported) =
            tokio::join!(self.store().amounts_between(from, to), self.store().orders_between(from, to));
        let (amounts, reported) = (amounts?, reported?);
        let mut orders: BTreeMap<OrderId, Vec<OrderAmount>> = BTreeMap::new();
        for (order, amount) in amounts {
            orders.entry(order).or_default().push(amount);
        }
        // An order of the last minute of a month is reported in the next one: its amounts count in its own month.
        let others: BTreeSet<OrderId> = reported.iter().map(|order| order.order_id.clone()).collect();
        let others = others.into_iter().filter(|order| !orders.contains_key(order));
        let without = each(others, |order| {
            let store = self.store().clone();
            async move { Ok(store.amounts_of(&order).await?.is_empty()) }
        });
        let unknown = without.await?.into_iter().filter(|is_unknown| *is_unknown).count();
        let count = |is_it: fn(OrderKind) -> bool| {
            let orders: BTreeSet<&OrderId> =
                reported.iter().filter(|order: &&ListedOrder| is_it(order.kind)).map(|order| &order.order_id).collect();
            u64::try_from(orders.len()).unwrap_or(u64::MAX)
        };
        Ok(OrdersView {
            products: Sales::of(&orders).0.into_iter().map(ProductView::from).collect(),
            renewed: count(|kind| matches!(kind, OrderKind::Refresh(Scene::Renewal | Scene::RenewalChange))),
            renewals_refunded: count(|kind| kind == OrderKind::Refresh(Scene::UnsubscribeRenewalPeriod)),
            turned_formal: count(|kind| kind == OrderKind::Refresh(Scene::TrialToFormal)),
            changed: count(|kind| matches!(kind, OrderKind::Upgrade | OrderKind::Refresh(Scene::RenewalChange))),
            unknown: u64::try_from(unknown).unwrap_or(u64::MAX),
        })
    }

    /// What instances are from a place on, and the place where the next page begins.
    async fn stock(
        &self,
        span: (Timestamp, Timestamp),
        now: Timestamp,
        from: Place,
        until: Instant,
    ) -> Result<(Stock, Option<Place>), Problem> {
        let at = now.min(span.1);
        let (mut stock, mut place) = (Stock::default(), from);
        loop {
            let page = self.store().instances_in(None, place, TOGETHER).await?;
            let candidates: Vec<Instance> =
                page.members.into_iter().filter(|instance| stock.count(instance, span, at)).collect();
            let found = each(candidates, |instance| {
                let store = self.store().clone();
                async move { brings(&store, &instance, at).await }
            });
            for brings in found.await? {
                stock.add(brings);
            }
            match page.next {
                Some(next) if Instant::now() < until => place = next,
                next => return Ok((stock, next)),
            }
        }
    }
}

/// What an instance brings in a month, by the order that set its period.
async fn brings(store: &Store, instance: &Instance, at: Timestamp) -> Result<Brings, StoreError> {
    let later = store.instance_orders(&instance.instance_id).await?;
    if !is_in_force(instance, &later, at) {
        return Ok(Brings::Nothing);
    }
    let amounts = store.amounts_of(period_order(instance, &later, at)).await?;
    Ok(share(&amounts, instance).map_or(Brings::Unknown, Brings::Share))
}
