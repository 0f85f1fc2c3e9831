//! One order as a whole: what callbacks reported, what it is worth, its state with the evidence, its supervision, what it bought or
//! changed, what failed, what is due, and who did what. Nothing about the buyer.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::Timestamp;
use koogallery_store::{About, FailedCall, Instance, License, OrderAmount, Subject, Warning};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::access::Allowed;
use crate::actions::ActionView;
use crate::extract::PathOf;
use crate::instances::StatusWord;
use crate::order_state::StateView;
use crate::orders::OrderView;
use crate::page::{Limit, within_limits};
use crate::paths::OrderPath;
use crate::problem::Problem;
use crate::supervision::SupervisionView;
use crate::warnings::WarningView;

/// So many of the last actions on an order are shown.
const ACTIONS: usize = 200;

/// What a line of an order is worth, or the whole order: as KooGallery's order query told it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderAmount)]
struct AmountView {
    /// The line; absent if it is of the whole order.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// `NEW`, `TRIAL`, `TRIAL_TO_FORMAL`, `UNSUBSCRIBE`, `RENEW`, `CHANGE`, or a word that KooGallery adds later.
    order_type: String,
    /// When the buyer ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ordered_at: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The product's specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_code: Option<String>,
    /// The quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<f64>,
    /// `ON_DEMAND`, `ONE_TIME`, `PERIOD` or `ON_DEMAND_PKG`.
    #[serde(skip_serializing_if = "Option::is_none")]
    charging_mode: Option<String>,
    /// The unit of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_type: Option<String>,
    /// The number of these units.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_number: Option<u32>,
    /// The amount as KooGallery wrote it; absent for refunds.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// The amount of the deal, vouchers not deducted; negative for refunds. It is the price of a private offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency_after_discount: Option<String>,
}

impl From<OrderAmount> for AmountView {
    fn from(amount: OrderAmount) -> Self {
        Self {
            order_line_id: amount.order_line_id.map(|line| line.to_string()),
            order_type: amount.order_type,
            ordered_at: amount.ordered_at.map(Timestamp::to_rfc_3339),
            product_id: amount.product_id.map(|product| product.to_string()),
            sku_code: amount.sku_code.map(|sku| sku.to_string()),
            quantity: amount.quantity,
            charging_mode: amount.charging_mode,
            period_type: amount.period_type,
            period_number: amount.period_number,
            currency: amount.currency,
            currency_after_discount: amount.currency_after_discount,
        }
    }
}

/// An instance or a license code that an order bought or changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderedThing)]
struct ThingView {
    /// The instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// Or the license code.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// Whether the order bought it; otherwise it changed it. Of a license code no call tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bought: Option<bool>,
    /// Its status.
    status: StatusWord,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// Since when it exists: when its use really began, if nobody entered another time.
    #[schema(format = DateTime)]
    created_at: String,
    /// The end of the paid period, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// When it was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    released_at: Option<String>,
}

impl ThingView {
    fn of_instance(instance: Instance, order: &koogallery::OrderId) -> Self {
        let bought = instance.order_id == *order;
        Self { instance_id: Some(instance.instance_id.to_string()), bought: Some(bought), ..Self::of(&instance.life) }
    }

    fn of_license(license: License) -> Self {
        Self { license: Some(license.license.reveal().to_owned()), ..Self::of(&license.life) }
    }

    fn of(life: &koogallery_store::Lifecycle) -> Self {
        Self {
            instance_id: None,
            license: None,
            bought: None,
            status: life.status.into(),
            product_id: life.product_id.as_ref().map(ToString::to_string),
            created_at: life.created_at.to_rfc_3339(),
            expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
            released_at: life.released_at.map(Timestamp::to_rfc_3339),
        }
    }
}

/// A call about an order that was not answered well, the last time that it came.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FailedCall)]
struct FailedView {
    /// The callback.
    callback: String,
    /// The last answer.
    result_code: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it failed first.
    #[schema(format = DateTime)]
    first_at: String,
    /// When it failed last.
    #[schema(format = DateTime)]
    last_at: String,
    /// How often it failed.
    calls: u64,
}

impl From<FailedCall> for FailedView {
    fn from(failed: FailedCall) -> Self {
        Self {
            callback: failed.callback,
            result_code: failed.result_code.to_string(),
            reason: failed.reason,
            first_at: failed.first_at.to_rfc_3339(),
            last_at: failed.last_at.to_rfc_3339(),
            calls: failed.calls,
        }
    }
}

/// All that is known of an order, without the buyer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WholeOrder, examples(json!({
    "orderId": "CS2509071201OKVI2",
    "state": { "state": "completed", "word": "已完成", "evidence": "provisioned", "since": "2025-12-01T00:00:00.000Z" },
    "reports": [{ "orderId": "CS2509071201OKVI2", "orderLineId": "CS2509071201OKVI2-000001", "kind": "purchase",
        "instanceId": "03pf80c2b8", "signedAt": "2025-12-01T00:00:00.000Z" }],
    "amounts": [{ "orderLineId": "CS2509071201OKVI2-000001", "orderType": "NEW", "periodType": "year", "periodNumber": 1,
        "currency": "9600.00", "currencyAfterDiscount": "8800.00" }],
    "instances": [{ "instanceId": "03pf80c2b8", "bought": true, "status": "active",
        "createdAt": "2025-12-01T00:00:00.000Z" }],
    "licenses": [], "failedCalls": [], "warnings": [], "actions": [],
})))]
pub(crate) struct RecordView {
    /// The order.
    order_id: String,
    /// Its state in KooGallery's words, and what it follows from.
    state: StateView,
    /// What callbacks reported, in the order of signing.
    reports: Vec<OrderView>,
    /// What it is worth; empty if the order query did not tell it.
    amounts: Vec<AmountView>,
    /// Its supervision; absent if it is not supervised, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    supervision: Option<SupervisionView>,
    /// The instances that it bought or changed.
    instances: Vec<ThingView>,
    /// The license codes that it changed.
    licenses: Vec<ThingView>,
    /// Its calls that failed.
    failed_calls: Vec<FailedView>,
    /// The warnings about it and about its instances and license codes that stand.
    warnings: Vec<WarningView>,
    /// What people did to it, the newest first: the last 200.
    actions: Vec<ActionView>,
}

/// All that is known of an order, of its state and its supervision.
///
/// No call tells the state of an order. It is derived where the evidence allows only one, and `unknown` otherwise. Who bought is in
/// the order's details.
#[utoipa::path(get, path = "/v1/orders/{orderId}", tag = "orders", operation_id = "getOrder", params(OrderPath),
    responses(
        (status = 200, description = "The order", body = RecordView),
        (status = 404, description = "Neither a call nor a person named it"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let (store, now) = (api.store(), api.now());
    let about = About::from(Subject::Order(order_id.clone()));
    let (record, actions, warnings) =
        tokio::join!(store.order_record(&order_id), store.actions_on(&about, ACTIONS), store.warnings());
    let (record, actions, warnings) = (record?, actions?, warnings?);
    if record.is_unknown() && actions.is_empty() {
        return Err(Problem::unknown("order in what calls or people said"));
    }
    let subjects = record.instances.iter().map(|instance| Subject::Instance(instance.instance_id.clone()));
    let subjects = subjects.chain(record.licenses.iter().map(|license| Subject::License(license.license.clone())));
    let abouts: Vec<About> = subjects.map(About::from).chain([about]).collect();
    let is_of_it = |warning: &Warning| abouts.contains(&warning.about);
    let supervision = record.whole_supervision().zip(record.standing());
    let supervision = supervision.map(|(supervision, standing)| {
        SupervisionView::whole(order_id.as_str(), &supervision, &standing, &record.amounts, now)
    });
    let view = RecordView {
        order_id: order_id.to_string(),
        state: StateView::of(&record),
        supervision,
        reports: record.reports.into_iter().map(OrderView::from).collect(),
        amounts: record.amounts.into_iter().map(AmountView::from).collect(),
        instances: record.instances.into_iter().map(|instance| ThingView::of_instance(instance, &order_id)).collect(),
        licenses: record.licenses.into_iter().map(ThingView::of_license).collect(),
        failed_calls: record.failed_calls.into_iter().map(FailedView::from).collect(),
        warnings: warnings.into_iter().filter(is_of_it).map(WarningView::from).collect(),
        actions: actions.into_iter().map(|action| ActionView::of(action, &allowed)).collect(),
    };
    // It is one thing: it has no pages, and fits.
    within_limits(Limit(1), |_| std::future::ready(Ok(&view))).await
}
