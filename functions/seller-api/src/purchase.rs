//! Who bought, and what: personal data. It stands in the table sealed, is opened here, and each look at it is in the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::{Extension, Json};
use koogallery_open_api::OrderInfo;
use koogallery_orders::{NoClient, Orders, OrdersError};
use koogallery_store::{Instance, Status, World, purchase_details_place};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::SellerApi;
use crate::events::{OrderPath, PageQuery};
use crate::extract::{PathOf, QueryOf};
use crate::instances::InstancePath;
use crate::journal::Shown;
use crate::page::{cursor, place};
use crate::problem::{Kind, Problem, Reason};

/// A look waits this long for the order query.
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
    /// What V1.0's newInstance told, by KooGallery's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<Map<String, Value>>,
    /// What the order query told, by KooGallery's names, with what the buyer filled in (`extendParams`); absent where it
    /// does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    order: Option<OrderInfo>,
}

impl SellerApi {
    fn orders(&self) -> Orders<'_> {
        Orders { open_api: &self.open_api, vault: &self.vault, store: self.store() }
    }

    /// What is kept of an instance's purchase, or what KooGallery answers now; else why it does not.
    async fn purchase_order(&self, instance: &Instance) -> Result<Result<OrderInfo, Option<String>>, Problem> {
        let (order, line) = (&instance.order_id, instance.order_line_id.as_ref());
        if instance.life.status == Status::Released {
            return Ok(self.orders().kept(order, line).await?.ok_or(None));
        }
        let secrets = self.secrets().fresh().await?;
        match self.orders().details(order, line, &secrets, Instant::now() + BUDGET).await {
            Ok(details) => {
                if instance.life.bought.is_none() {
                    let (id, product) = (&instance.instance_id, instance.life.product_id.as_ref());
                    self.orders().tell(id, (order, line), product, &details, self.now()).await?;
                }
                Ok(Ok(details))
            }
            Err(OrdersError::NoClient(NoClient::NoUrl | NoClient::NoKey)) => Ok(Err(None)),
            Err(error @ (OrdersError::NoClient(_) | OrdersError::Query(_))) => Ok(Err(Some(error.to_string()))),
            Err(error) => Err(error.into()),
        }
    }
}

/// Who bought an instance, and what: personal data. Each look is logged.
///
/// What the order query has not told yet it is asked for now, while the instance is not released.
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
        Some(sealed) => {
            let place = purchase_details_place(&instance.order_id);
            let opened = api.vault.open(api.store(), &place, &sealed).await?;
            let unexpected = "what was kept sealed is not of the expected form";
            let purchase = serde_json::from_slice(&opened);
            Some(purchase.map_err(|_| Problem::new(Kind::Internal, unexpected).because(place))?)
        }
        None => None,
    };
    let (order, reason) = match api.purchase_order(&instance).await? {
        Ok(order) => (Some(order), None),
        Err(reason) => (None, reason.map(|reason| Extension(Reason(reason)))),
    };
    let details = Details { instance_id: id.to_string(), order_id: instance.order_id.to_string(), purchase, order };
    Ok((Extension(Shown("purchase details")), reason, Json(details)))
}

/// What is known of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderDetailsList, examples(json!({
    "details": [{ "orderLineId": "CS2509071201OKVI2-000001", "order": { "orderId": "CS2509071201OKVI2" } }],
})))]
pub(crate) struct OrderDetailsList {
    /// By the order line that was asked for.
    details: Vec<OrderDetailsView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What the order query told of an order line.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderDetails)]
struct OrderDetailsView {
    /// The line that was asked for; absent where the whole order was.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// The answer, by KooGallery's names.
    #[schema(value_type = Object)]
    order: OrderInfo,
}

/// What the order query told of an order, whatever it bought: personal data. Each look is logged.
///
/// It is asked when an event that names the order is delivered; this shows what it told then.
#[utoipa::path(get, path = "/v1/orders/{orderId}/details", tag = "orders", operation_id = "listOrderDetails",
    params(OrderPath, PageQuery),
    responses(
        (status = 200, description = "A page of what is known", body = OrderDetailsList),
        (status = 404, description = "Nothing is known of the order"),
    ))]
pub(crate) async fn of_order(
    State(api): State<Arc<SellerApi>>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<(Extension<Shown>, Json<OrderDetailsList>), Problem> {
    let from = place(query.cursor.as_deref())?;
    let page = api.store().kept_order_details(&order_id, from.as_ref(), query.limit.0).await?;
    if page.details.is_empty() && from.is_none() {
        return Err(Problem::unknown("order whose details are known"));
    }
    let mut details = Vec::with_capacity(page.details.len());
    for (line, sealed) in page.details {
        let order = api.orders().open(&order_id, line.as_ref(), &sealed).await?;
        details.push(OrderDetailsView { order_line_id: line.map(|line| line.to_string()), order });
    }
    let next = page.next.map(|place| cursor(&place.to_string()));
    Ok((Extension(Shown("order details")), Json(OrderDetailsList { details, next })))
}
