//! Customer demands (客户需求) and the private offers (专属优惠) that come of them: KooGallery tells them by no call, so people enter
//! them.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use koogallery::{OrderId, Text};
use koogallery_runtime::Scope;
use koogallery_store::{CustomerDemand, DemandChange, DemandChanged, DemandState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, PathOf, QueryOf, optional_text, some};
use crate::filter::{fitting, is};
use crate::money::decimal;
use crate::page::Limit;
use crate::problem::{Kind, Problem};
use crate::supervise::not_later;
use crate::time::Time;
use crate::won::WonView;
use crate::words;

/// The demand that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct DemandPath {
    /// The demand's id here.
    demand_id: Uuid,
}

/// A customer demand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerDemand, examples(json!({
    "demandId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "number": "XQ-4711", "product": "p-1",
    "submittedAt": "2025-12-01T00:00:00.000Z", "state": "won", "since": "2025-12-09T00:00:00.000Z",
    "offer": "Example Ltd, 50 users", "price": "8800.00", "orderId": "CS2509071201OKVI2",
    "order": { "price": "differs", "amount": "8900.00", "buyer": "same" },
})))]
pub(crate) struct DemandView {
    /// Its id here.
    demand_id: String,
    /// Its number in Seller Console, or what else names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    /// When the partner submitted it.
    #[schema(format = DateTime)]
    submitted_at: String,
    /// Its state.
    #[schema(schema_with = words::demand_state)]
    state: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// What the private offer is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<String>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// The customer that it was made for. Only tokens with the scope `personal-data` see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    /// The order that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How the order that came of it compares with the offer. A list leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<WonView>,
}

impl DemandView {
    /// As a token may see it.
    fn of(demand: CustomerDemand, allowed: &Allowed) -> Self {
        fn text<const MAX: usize>(text: Option<Text<MAX>>) -> Option<String> {
            text.map(|text| text.as_str().to_owned())
        }
        Self {
            demand_id: demand.demand_id.to_string(),
            number: text(demand.number),
            product: text(demand.product),
            submitted_at: demand.submitted_at.to_rfc_3339(),
            state: demand.state.into(),
            since: demand.since.to_rfc_3339(),
            offer: text(demand.offer),
            price: text(demand.price),
            customer_id: text(demand.customer_id).filter(|_| allowed.scopes.has(Scope::PersonalData)),
            order_id: demand.order_id.map(|order| order.to_string()),
            note: text(demand.note),
            order: None,
        }
    }
}

impl SellerApi {
    async fn demand_view(&self, demand: CustomerDemand, allowed: &Allowed) -> Result<DemandView, Problem> {
        let order = self.won(&demand).await?;
        Ok(DemandView { order, ..DemandView::of(demand, allowed) })
    }
}

/// Which demands to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DemandsQuery {
    /// Only demands in this state.
    #[param(required = false, schema_with = words::demand_state)]
    state: Option<DemandState>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of demands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "demands": [{
    "demandId": "019adb6c-2f00-7c11-8d5e-0123456789ab", "submittedAt": "2025-12-01T00:00:00.000Z", "state": "waiting",
    "since": "2025-12-01T00:00:00.000Z",
}] })))]
pub(crate) struct DemandList {
    /// The demands.
    demands: Vec<DemandView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Customer demands, as people entered them. The oldest come first, in 16 parts one after the other.
#[utoipa::path(get, path = "/v1/demands", tag = "demands", operation_id = "listDemands", params(DemandsQuery),
    responses((status = 200, description = "A page of demands", body = DemandList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    QueryOf(DemandsQuery { state, cursor, limit }): QueryOf<DemandsQuery>,
) -> Result<Json<DemandList>, Problem> {
    let fits = |demand: &CustomerDemand| is(state.as_ref(), Some(&demand.state));
    let page = fitting(cursor.as_deref(), limit, |from, limit| api.store().demands(from, limit), fits).await?;
    let demands = page.members.into_iter().map(|demand| DemandView::of(demand, &allowed)).collect();
    Ok(Json(DemandList { demands, next: page.next }))
}

/// A customer demand; of one that is won, with its order beside the offer.
#[utoipa::path(get, path = "/v1/demands/{demandId}", tag = "demands", operation_id = "getDemand", params(DemandPath),
    responses(
        (status = 200, description = "The demand", body = DemandView),
        (status = 404, description = "No such demand"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(DemandPath { demand_id }): PathOf<DemandPath>,
) -> Result<Json<DemandView>, Problem> {
    let demand = api.store().demand(demand_id).await?.ok_or_else(|| Problem::unknown("demand"))?;
    Ok(Json(api.demand_view(demand, &allowed).await?))
}

/// A demand that Seller Console shows under 客户需求管理.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EnterDemand, examples(json!({
    "number": "XQ-4711", "product": "p-1", "submittedAt": "2025-12-01T00:00:00Z", "by": "Li",
})))]
pub(crate) struct EnterBody {
    /// Its number in Seller Console, or what else names it.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    number: Option<Text<64>>,
    /// The product.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    product: Option<Text<64>>,
    /// When the partner submitted it; now, if absent. KooGallery closes it five days later.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    submitted_at: Option<Time>,
    /// The customer that it is of: the account's id, not a name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    customer_id: Option<Text<64>>,
    /// What else there is to say. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    note: Option<Text<255>>,
    /// Who enters it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
}

/// Enters a customer demand, which waits to be received (待接收).
#[utoipa::path(post, path = "/v1/demands", tag = "demands", operation_id = "enterDemand", request_body = EnterBody,
    responses((status = 201, description = "It is entered", body = DemandView)))]
pub(crate) async fn enter(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    Body(body): Body<EnterBody>,
) -> Result<(StatusCode, Json<DemandView>), Problem> {
    let now = api.now();
    let actor = allowed.acting(body.by.as_ref(), None)?;
    let submitted_at = not_later("submittedAt", body.submitted_at, now)?.unwrap_or(now);
    let demand = CustomerDemand {
        demand_id: Uuid::now_v7(),
        number: body.number,
        product: body.product,
        submitted_at,
        state: DemandState::Waiting,
        since: submitted_at,
        offer: None,
        price: None,
        customer_id: body.customer_id,
        order_id: None,
        note: body.note,
    };
    api.store().enter_demand(&demand, &actor, now).await?;
    Ok((StatusCode::CREATED, Json(DemandView::of(demand, &allowed))))
}

/// What is new about a demand. What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChangeDemand, examples(json!({ "state": "won", "orderId": "CS2509071201OKVI2", "by": "Li" })))]
pub(crate) struct ChangeBody {
    /// Its next state.
    #[serde(default, deserialize_with = "some")]
    #[schema(required = false, schema_with = words::demand_state)]
    state: Option<DemandState>,
    /// When it changed; now, if absent.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    at: Option<Time>,
    /// What the private offer is called.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    offer: Option<Text<64>>,
    /// What it costs: a decimal number.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "^[0-9]{1,15}(\\.[0-9]{1,8})?$", max_length = 25)]
    price: Option<Text<25>>,
    /// The customer that the offer is for: the account's id, not a name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    customer_id: Option<Text<64>>,
    /// The order that came of it. A demand that is `won` needs it.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    order_id: Option<OrderId>,
    /// What else there is to say. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    note: Option<Text<255>>,
    /// Who enters it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
    /// Why. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Option<Text<255>>,
}

/// Changes a customer demand: received, offered, won, or not.
///
/// Of a demand that is won, the answer compares the order with the offer. A difference is no refusal.
#[utoipa::path(patch, path = "/v1/demands/{demandId}", tag = "demands", operation_id = "changeDemand",
    params(DemandPath), request_body = ChangeBody,
    responses(
        (status = 200, description = "It is changed, or nothing was new", body = DemandView),
        (status = 404, description = "No such demand"),
        (status = 409, description = "The state does not follow"),
    ))]
pub(crate) async fn change(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(DemandPath { demand_id }): PathOf<DemandPath>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<DemandView>, Problem> {
    if body.price.as_ref().is_some_and(|price| decimal(price.as_str()).is_none_or(|price| price.is_sign_negative())) {
        return Err(Problem::new(Kind::Invalid, "price: give a decimal number like 8800.00"));
    }
    let now = api.now();
    let actor = allowed.acting(body.by.as_ref(), body.reason)?;
    let change = DemandChange {
        state: body.state,
        at: not_later("at", body.at, now)?,
        offer: body.offer,
        price: body.price,
        customer_id: body.customer_id,
        order_id: body.order_id,
        note: body.note,
    };
    match api.store().change_demand(demand_id, &change, &actor, now).await? {
        DemandChanged::Done(demand) | DemandChanged::Unchanged(demand) => {
            Ok(Json(api.demand_view(*demand, &allowed).await?))
        }
        DemandChanged::Refused(error) => Err(Problem::new(Kind::DemandRefused, error.to_string())),
        DemandChanged::Unknown => Err(Problem::unknown("demand")),
    }
}
