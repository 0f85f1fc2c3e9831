//! Who bought, and what: personal data. The table holds it sealed; it is opened here, and the log records each request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::OrderLineId;
use koogallery_open_api::OrderInfo;
use koogallery_orders::{KeptOrders, Line, NoClient, OrdersError};
use koogallery_store::{Instance, Status, World, purchase_details_place};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::journal::Shown;
use crate::open_api::failed;
use crate::order::OrderSchema;
use crate::paths::{InstancePath, OrderPath};
use crate::problem::{Kind, Problem, Reason};

/// How long a request waits for the order query.
const BUDGET: Duration = Duration::from_secs(5);

/// What is known of a purchase.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PurchaseDetails, examples(json!({
    "instanceId": "03pf80c2b8", "orderId": "CS2509071201OKVI2",
    "purchase": { "customerId": "c-1", "customerName": "…", "email": "buyer@example.com" },
})))]
pub(crate) struct Details {
    /// The instance.
    instance_id: String,
    /// The order that bought it.
    order_id: String,
    /// What V1.0's newInstance said, under KooGallery's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<Map<String, Value>>,
    /// What the order query said, under KooGallery's names, with the buyer's answers to the seller's questions
    /// (`extendParams`). Absent if the order query does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OrderSchema>)]
    order: Option<OrderInfo>,
}

impl SellerApi {
    /// What is kept of an order line, or what KooGallery answers now. This changes nothing: only learn-order keeps answers.
    async fn order(&self, line: Line<'_>) -> Result<OrderInfo, OrdersError> {
        let orders = KeptOrders { vault: &self.vault, store: self.store() };
        if let Some((kept, _)) = orders.details(line, self.now()).await? {
            return Ok(kept);
        }
        let secrets = self.secrets().fresh().await?;
        self.open_api.ask_order(line, &secrets, Instant::now() + BUDGET).await
    }

    /// The order that bought an instance, or the reason why it is not known. For a released instance KooGallery is not asked.
    async fn purchase_order(&self, instance: &Instance) -> Result<(Option<OrderInfo>, Option<Reason>), Problem> {
        let line = (&instance.order_id, instance.order_line_id.as_ref());
        // The order's details may belong to another instance as well, and are kept for that one.
        if instance.life.erased_at.is_some() {
            return Ok((None, None));
        }
        if instance.life.status == Status::Released {
            let orders = KeptOrders { vault: &self.vault, store: self.store() };
            return Ok((orders.details(line, self.now()).await?.map(|(kept, _)| kept), None));
        }
        match self.order(line).await {
            Ok(details) => Ok((Some(details), None)),
            Err(OrdersError::NoClient(NoClient::NoUrl | NoClient::NoKey)) => Ok((None, None)),
            Err(error @ (OrdersError::NoClient(_) | OrdersError::Query(_))) => {
                Ok((None, Some(Reason(error.to_string()))))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Who bought an instance, and what: personal data. Each request is logged. An erased instance has none.
///
/// If the order's details are not kept and the instance is not released, KooGallery is asked now. The answer is not kept.
#[utoipa::path(get, path = "/v1/instances/{id}/purchase-details", tag = "instances",
    operation_id = "getPurchaseDetails", params(InstancePath),
    responses(
        (status = 200, description = "What is known", body = Details),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<(Extension<Shown>, Option<Extension<Reason>>, Json<Details>), Problem> {
    let instance = api.instance(&id).await?;
    let purchase = match api.store().purchase_details(World::Real, &id).await? {
        Some(sealed) if instance.life.erased_at.is_none() => {
            let place = purchase_details_place(&instance.order_id);
            let opened = api.vault.open(api.store(), &place, &sealed).await?;
            let unexpected = "a sealed value does not have the expected form";
            let purchase = serde_json::from_slice(&opened);
            Some(purchase.map_err(|_| Problem::new(Kind::Internal, unexpected).because(place))?)
        }
        _ => None,
    };
    let (order, reason) = api.purchase_order(&instance).await?;
    let order = order.map(OrderInfo::with_times_in_utc);
    let details = Details { instance_id: id.to_string(), order_id: instance.order_id.to_string(), purchase, order };
    Ok((Extension(Shown("purchase details")), reason.map(Extension), Json(details)))
}

/// Which line of an order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LineQuery {
    /// The order line. Without it, the whole order.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    order_line_id: Option<OrderLineId>,
}

/// What the order query says about an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderDetails, examples(json!({
    "order": { "orderId": "CS2509071201OKVI2", "orderType": "NEW", "orderLine": [] },
})))]
pub(crate) struct OrderDetails {
    /// The answer, under KooGallery's names.
    #[schema(value_type = OrderSchema)]
    order: OrderInfo,
}

/// Who bought by an order, and what, for any kind of product: personal data. Each request is logged.
///
/// It is what was kept when an event named the order. Otherwise KooGallery is asked now, and the answer is not kept.
#[utoipa::path(get, path = "/v1/orders/{orderId}/details", tag = "orders", operation_id = "getOrderDetails",
    params(OrderPath, LineQuery),
    responses(
        (status = 200, description = "What is known", body = OrderDetails),
        (status = 404, description = "KooGallery knows no such order of this seller"),
        (status = 502, description = "KooGallery's open API did not serve the request"),
        (status = 504, description = "KooGallery did not answer in time"),
    ))]
pub(crate) async fn of_order(
    State(api): State<Arc<SellerApi>>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
    QueryOf(LineQuery { order_line_id }): QueryOf<LineQuery>,
) -> Result<(Extension<Shown>, Json<OrderDetails>), Problem> {
    let order = api.order((&order_id, order_line_id.as_ref())).await.map_err(|error| match error {
        OrdersError::Query(error) => failed(error, Kind::Unknown),
        error => error.into(),
    })?;
    Ok((Extension(Shown("order details")), Json(OrderDetails { order: order.with_times_in_utc() })))
}
