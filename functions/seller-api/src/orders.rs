//! Orders, as callbacks reported them: purchases, renewals and their refunds, upgrades, order notices. Nothing about the buyer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{OrderId, ProductId, Scene};
use koogallery_store::{ListedOrder, OrderKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::each::each;
use crate::extract::QueryOf;
use crate::filter::{contains, fitting, is, is_since};
use crate::order_state::{OrderWord, StateView, StateWord};
use crate::page::Limit;
use crate::problem::Problem;
use crate::time::Time;

/// Which orders to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// Only orders of this product, as far as it is known.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    product_id: Option<ProductId>,
    /// Only orders that KooGallery reported since then.
    #[param(value_type = Option<String>, format = DateTime)]
    changed_since: Option<Time>,
    /// Only orders with this text in the id of the order, its line, the product, the instance or the license code.
    text: Option<String>,
    /// Only orders in this state. Each order of the page is read as a whole then, and the answer says what its state follows from.
    #[param(inline)]
    state: Option<StateWord>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// An order, as a callback reported it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedOrder)]
pub(crate) struct OrderView {
    /// The order.
    order_id: String,
    /// The order line; absent in V1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// What it did.
    kind: OrderWord,
    /// If it moved an expiry: `RENEWAL`, `RENEWAL_CHANGE`, `TRIAL_TO_FORMAL` or `UNSUBSCRIBE_RENEWAL_PERIOD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    scene: Option<Scene>,
    /// The product: if the call named it, and of a purchase once it is learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The instance that it made or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// The license code that it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    /// When KooGallery reported it.
    #[schema(format = DateTime)]
    signed_at: String,
    /// Its state, if the request asks for orders in a state.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<StateView>,
}

impl From<ListedOrder> for OrderView {
    fn from(order: ListedOrder) -> Self {
        let scene = match order.kind {
            OrderKind::Refresh(scene) => Some(scene),
            OrderKind::Purchase | OrderKind::Notice | OrderKind::Upgrade => None,
        };
        Self {
            order_id: order.order_id.to_string(),
            order_line_id: order.order_line_id.map(|line| line.to_string()),
            kind: order.kind.into(),
            scene,
            product_id: order.product_id.map(|product| product.to_string()),
            instance_id: order.instance_id.map(|id| id.to_string()),
            license: order.license.map(|code| code.reveal().to_owned()),
            signed_at: order.signed_at.to_rfc_3339(),
            state: None,
        }
    }
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "orders": [{
    "orderId": "CS2509071201OKVI2", "orderLineId": "CS2509071201OKVI2-000001", "kind": "purchase",
    "instanceId": "03pf80c2b8", "signedAt": "2025-12-01T00:00:00.000Z",
}] })))]
pub(crate) struct OrderList {
    /// The orders, each as often as calls about it did something.
    orders: Vec<OrderView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Orders that callbacks reported.
///
/// An order is listed once for each of its lines, and once more if KooGallery sent an order notice. The oldest come first, in 16
/// parts one after the other.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", operation_id = "listOrders", params(OrdersQuery),
    responses((status = 200, description = "A page of orders", body = OrderList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<OrdersQuery>,
) -> Result<Json<OrderList>, Problem> {
    let OrdersQuery { product_id, changed_since, text, state, cursor: from, limit } = query;
    let fits = |order: &ListedOrder| {
        let code = order.license.as_ref().map(koogallery::LicenseCode::reveal);
        let ids: [Option<&dyn Display>; 5] = [
            Some(&order.order_id),
            order.order_line_id.as_ref().map(|id| id as _),
            order.product_id.as_ref().map(|id| id as _),
            order.instance_id.as_ref().map(|id| id as _),
            code.as_ref().map(|id| id as _),
        ];
        is(product_id.as_ref(), order.product_id.as_ref())
            && is_since(changed_since, Some(order.signed_at))
            && contains(text.as_deref(), &ids)
    };
    let page = fitting(from.as_deref(), limit, |from, limit| api.store().orders(from, limit), fits).await?;
    let orders = match state {
        Some(state) => api.in_state(page.members, state).await?,
        None => page.members.into_iter().map(OrderView::from).collect(),
    };
    Ok(Json(OrderList { orders, next: page.next }))
}

impl SellerApi {
    /// Those of some orders that are in a state. An order with several lines is read once.
    async fn in_state(&self, listed: Vec<ListedOrder>, wanted: StateWord) -> Result<Vec<OrderView>, Problem> {
        let ids: BTreeSet<OrderId> = listed.iter().map(|order| order.order_id.clone()).collect();
        let store = self.store();
        let records = each(ids, |id| {
            let store = store.clone();
            async move { store.order_record(&id).await }
        });
        let states = records.await?.into_iter().map(|record| (record.order_id.clone(), StateView::of(&record)));
        let states: BTreeMap<OrderId, StateView> = states.filter(|(_, view)| view.state() == wanted).collect();
        let view = |order: ListedOrder| {
            let state = states.get(&order.order_id)?.clone();
            Some(OrderView { state: Some(state), ..OrderView::from(order) })
        };
        Ok(listed.into_iter().filter_map(view).collect())
    }
}
