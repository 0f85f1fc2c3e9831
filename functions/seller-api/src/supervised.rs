//! The list of supervised orders that are not over.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery_store::{Flow, Party, Stage, SupervisedOrder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::QueryOf;
use crate::filter::{fitting, is};
use crate::page::Limit;
use crate::problem::Problem;
use crate::supervision::SupervisionView;
use crate::time::Time;
use crate::words;

/// Which supervised orders to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SupervisedQuery {
    /// Only orders that wait for them.
    #[param(required = false, schema_with = words::party)]
    waits_for: Option<Party>,
    /// Only orders in this stage.
    #[param(required = false, schema_with = words::stage)]
    stage: Option<Stage>,
    /// Only orders of this flow.
    #[param(required = false, schema_with = words::flow)]
    flow: Option<Flow>,
    /// Only orders for whose step it is too late before that time.
    #[param(value_type = Option<String>, format = DateTime)]
    due_before: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of supervised orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "orders": [{
    "orderId": "CS2509071201OKVI2", "flow": "hardware", "openedAt": "2025-12-01T00:00:00.000Z", "stage": "awaits-shipment",
    "waitsFor": "seller", "since": "2025-12-01T00:00:00.000Z", "rejections": 0, "dueAt": "2025-12-06T00:00:00.000Z",
}] })))]
pub(crate) struct SupervisedList {
    /// The orders.
    orders: Vec<SupervisionView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Supervised orders that are not over.
///
/// The oldest come first, in 16 parts one after the other.
#[utoipa::path(get, path = "/v1/supervision", tag = "orders", operation_id = "listSupervisedOrders",
    params(SupervisedQuery), responses((status = 200, description = "A page of orders", body = SupervisedList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<SupervisedQuery>,
) -> Result<Json<SupervisedList>, Problem> {
    let SupervisedQuery { waits_for, stage, flow, due_before, cursor, limit } = query;
    let fits = |order: &SupervisedOrder| {
        is(waits_for.as_ref(), order.standing.waits_for.as_ref())
            && is(stage.as_ref(), Some(&order.standing.stage))
            && is(flow.as_ref(), Some(&order.supervision.flow))
            && due_before.is_none_or(|before| order.standing.due_at().is_some_and(|due| due < before.timestamp()))
    };
    let read = |from, limit| api.store().supervised_orders(from, limit);
    let page = fitting(cursor.as_deref(), limit, read, fits).await?;
    let now = api.now();
    let view = |order: &SupervisedOrder| {
        SupervisionView::brief(order.order_id.as_str(), &order.supervision, &order.standing, now)
    };
    Ok(Json(SupervisedList { orders: page.members.iter().map(view).collect(), next: page.next }))
}
