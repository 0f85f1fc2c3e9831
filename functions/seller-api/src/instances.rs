//! Instances as they stand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{AppInfo, InstanceId, InterfaceType, Scene};
use koogallery_store::{Acceptance, AppliedOrder, Bought, FreezeCause, Instance, OrderEffect, Place, Status};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::page::{Limit, cursor, place};
use crate::problem::{Kind, Problem};

/// Which instance a path is about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct InstancePath {
    /// The instance's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "03pf80c2b8")]
    pub(crate) id: InstanceId,
}

impl SellerApi {
    /// An instance that the path names.
    pub(crate) async fn instance(&self, id: &InstanceId) -> Result<Instance, Problem> {
        self.store().instance(id).await?.ok_or_else(|| Problem::unknown("instance"))
    }
}

/// Where an instance is in its life.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusWord {
    /// The application has not said yet how the buyer reaches it.
    Provisioning,
    /// In use.
    Active,
    /// No access, data kept.
    Frozen,
    /// Gone for good.
    Released,
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Provisioning => Self::Provisioning,
            Status::Active => Self::Active,
            Status::Frozen => Self::Frozen,
            Status::Released => Self::Released,
        }
    }
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Provisioning => Self::Provisioning,
            StatusWord::Active => Self::Active,
            StatusWord::Frozen => Self::Frozen,
            StatusWord::Released => Self::Released,
        }
    }
}

/// Why an instance is frozen.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FreezeWord {
    /// The paid period ended: a renewal lifts it.
    Expired,
    /// A breach of terms: only an unfreeze lifts it.
    Suspended,
}

impl From<FreezeCause> for FreezeWord {
    fn from(cause: FreezeCause) -> Self {
        match cause {
            FreezeCause::Expired => Self::Expired,
            FreezeCause::Suspended => Self::Suspended,
        }
    }
}

/// An instance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Instance, examples(json!({
    "instanceId": "03pf80c2b8", "status": "active", "orderId": "CS2509071201OKVI2",
    "orderLineId": "CS2509071201OKVI2-000001", "interfaceType": "basic", "v1": false,
    "createdAt": "2025-12-01T00:00:00.000Z", "expireTime": "2026-12-01T16:00:00.000Z",
    "boughtUntil": "2026-12-01T16:00:00.000Z",
    "bought": { "productId": "00301-666666-0--0", "skuCode": "team", "linearValue": 5, "chargingMode": "PERIOD",
        "periodType": "year", "periodNumber": 1 },
    "holds": { "productId": "00301-666666-0--0", "skuCode": "team", "linearValue": 20, "chargingMode": "PERIOD" },
    "appInfo": { "frontEndUrl": "https://app.example.com/?instance=03pf80c2b8" },
})))]
pub(crate) struct InstanceView {
    /// Its id.
    instance_id: String,
    /// Where it is in its life.
    status: StatusWord,
    /// Why it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    freeze_cause: Option<FreezeWord>,
    /// The order that bought it.
    order_id: String,
    /// The order line that bought it; V1.0 names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// The product as last told.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// Whose key bought it: `basic` (SaaS) or `license`.
    #[schema(value_type = String)]
    interface_type: InterfaceType,
    /// Whether V1.0 bought it, which limits what an app info can hold.
    v1: bool,
    /// When it was bought.
    #[schema(format = DateTime)]
    created_at: String,
    /// The end of the paid period, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// The end of the period that was bought at first, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    bought_until: Option<String>,
    /// What was bought at first, as the call told it and the order query.
    #[serde(skip_serializing_if = "Option::is_none")]
    bought: Option<BoughtView>,
    /// What it consists of by now: of each member, what the last signed order says that tells it, refunds apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<BoughtView>,
    /// That the buyer has accepted what was bought, where V1.0 told so.
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance: Option<AcceptanceView>,
    /// When it was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// When what is personal of it was erased, some time after its release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    erased_at: Option<String>,
    /// How the buyer reaches it; absent while it is provisioned, and once it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_info: Option<AppInfoView>,
    /// Why it could not be provisioned, where the application said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioning_failure: Option<FailureView>,
    /// The later orders that count: renewals, their refunds, upgrades; the last 200, in the order that they were signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later_orders: Vec<LaterOrder>,
}

/// What an order line bought, in KooGallery's words, as far as it told them. What the buyer filled in is personal: see
/// the purchase's details.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bought)]
pub(crate) struct BoughtView {
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// Its specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_code: Option<String>,
    /// Quantity of the linear attribute, such as a number of users, as the order query tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    linear_value: Option<f64>,
    /// Quantity, such as a number of users, as V1.0's calls tell it; where `linearValue` stands, that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u32>,
    /// GB, as V1.0's calls tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_size: Option<u32>,
    /// Mbit/s, as V1.0's calls tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    band_width: Option<u32>,
    /// `ON_DEMAND`, `ONE_TIME`, `PERIOD` or `ON_DEMAND_PKG`.
    #[serde(skip_serializing_if = "Option::is_none")]
    charging_mode: Option<String>,
    /// The period's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_type: Option<String>,
    /// How many of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_number: Option<u32>,
}

impl From<&Bought> for BoughtView {
    fn from(bought: &Bought) -> Self {
        Self {
            product_id: bought.product_id.as_ref().map(ToString::to_string),
            sku_code: bought.sku_code.as_ref().map(ToString::to_string),
            linear_value: bought.linear_value,
            amount: bought.amount,
            disk_size: bought.disk_size,
            band_width: bought.band_width,
            charging_mode: bought.charging_mode.clone(),
            period_type: bought.period_type.clone(),
            period_number: bought.period_number,
        }
    }
}

/// The buyer's acceptance of a supervised product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Acceptance)]
struct AcceptanceView {
    /// When the buyer accepted: billing starts.
    #[schema(format = DateTime)]
    acceptance_time: String,
    /// What is provisioned on acceptance, in KooGallery's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    provision_type: Option<String>,
}

impl From<Acceptance> for AcceptanceView {
    fn from(acceptance: Acceptance) -> Self {
        let acceptance_time = acceptance.acceptance_time.timestamp().to_rfc_3339();
        Self { acceptance_time, provision_type: acceptance.provision_type }
    }
}

/// How the buyer reaches an instance. The password is told to the buyer only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AppInfoView {
    /// Address of the product for its users.
    front_end_url: String,
    /// Address of the product for its administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_url: Option<String>,
    /// First administrator's login.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// A note to the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
}

/// What KooGallery is told instead of an app info.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureView {
    /// `000100` to `000107`.
    result_code: String,
    /// The message.
    message: String,
}

/// A later order of an instance or a license.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LaterOrder {
    /// The order.
    order_id: String,
    /// Its line; V1.0 names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// When KooGallery told of it.
    #[schema(format = DateTime)]
    signed_at: String,
    /// Where it moves the expiry: `RENEWAL`, `RENEWAL_CHANGE`, `TRIAL_TO_FORMAL` or `UNSUBSCRIBE_RENEWAL_PERIOD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    scene: Option<Scene>,
    /// Where it moves the expiry: the end of the period that it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// What it bought, as the call told it and the order query.
    #[serde(skip_serializing_if = "Option::is_none")]
    bought: Option<BoughtView>,
}

impl LaterOrder {
    /// At most so many are shown of one life.
    const SHOWN: usize = 200;

    /// The last of a life's, which are in the order that they were signed.
    pub(crate) fn of(orders: Vec<AppliedOrder>) -> Vec<Self> {
        let earlier = orders.len().saturating_sub(Self::SHOWN);
        orders.into_iter().skip(earlier).map(Self::from).collect()
    }
}

impl From<AppliedOrder> for LaterOrder {
    fn from(order: AppliedOrder) -> Self {
        let (scene, expire_time) = match &order.effect {
            OrderEffect::Refresh { scene, expire_time, .. } => (Some(*scene), Some(*expire_time)),
            OrderEffect::Upgrade { .. } => (None, None),
        };
        Self {
            order_id: order.order_id.to_string(),
            order_line_id: order.order_line_id.as_ref().map(ToString::to_string),
            signed_at: order.signed_at.to_rfc_3339(),
            scene,
            expire_time: expire_time.map(|time| time.timestamp().to_rfc_3339()),
            bought: order.bought.as_ref().map(BoughtView::from),
        }
    }
}

impl SellerApi {
    /// An instance with its later orders, which are read only where it has any.
    async fn shown(&self, instance: Instance) -> Result<InstanceView, Problem> {
        let orders = match instance.life.last_order {
            Some(_) => self.store().instance_orders(&instance.instance_id).await?,
            None => Vec::new(),
        };
        Ok(InstanceView::of(instance, orders))
    }
}

impl InstanceView {
    fn of(instance: Instance, orders: Vec<AppliedOrder>) -> Self {
        let text = |text: &dyn std::fmt::Display| text.to_string();
        let failure = instance.provisioning_failure.as_ref().map(koogallery_store::ProvisioningFailure::reply);
        let life = &instance.life;
        Self {
            instance_id: text(&instance.instance_id),
            status: life.status.into(),
            freeze_cause: life.freeze_cause.map(FreezeWord::from),
            order_id: text(&instance.order_id),
            order_line_id: instance.order_line_id.as_ref().map(|line| text(line)),
            product_id: life.product_id.as_ref().map(|product| text(product)),
            interface_type: instance.interface_type,
            v1: instance.v1,
            created_at: life.created_at.to_rfc_3339(),
            expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
            bought_until: life.bought_until.map(|time| time.timestamp().to_rfc_3339()),
            bought: life.bought.as_ref().map(BoughtView::from),
            holds: life.holds().map(BoughtView::from),
            acceptance: instance.acceptance.clone().map(AcceptanceView::from),
            released_at: life.released_at.map(koogallery::Timestamp::to_rfc_3339),
            erased_at: life.erased_at.map(koogallery::Timestamp::to_rfc_3339),
            app_info: instance.app_info.map(AppInfoView::from),
            provisioning_failure: failure.map(|reply| FailureView {
                result_code: reply.result_code.as_str().to_owned(),
                message: reply.result_msg.into_owned(),
            }),
            later_orders: LaterOrder::of(orders),
        }
    }
}

impl From<AppInfo> for AppInfoView {
    fn from(info: AppInfo) -> Self {
        Self {
            front_end_url: info.front_end_url.as_str().to_owned(),
            admin_url: info.admin_url.map(|text| text.as_str().to_owned()),
            user_name: info.user_name.map(|text| text.as_str().to_owned()),
            memo: info.memo.map(|text| text.as_str().to_owned()),
        }
    }
}

/// Which instances, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The status that they are in.
    #[param(inline)]
    status: StatusWord,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of instances.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceList {
    /// The instances, as they stand.
    instances: Vec<InstanceView>,
    /// The next page's `cursor`; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Instances of one status.
///
/// One that is in the status all the while is listed once, whatever happens to others meanwhile.
#[utoipa::path(get, path = "/v1/instances", tag = "instances", operation_id = "listInstances", params(ListQuery),
    responses((status = 200, description = "A page of instances", body = InstanceList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<InstanceList>, Problem> {
    let from: Place = place(query.cursor.as_deref())?.unwrap_or_default();
    let page = api.store().instances_in(query.status.into(), from, query.limit.0).await?;
    let reads: Vec<_> = page
        .instances
        .into_iter()
        .map(|instance| {
            let api = Arc::clone(&api);
            tokio::spawn(async move { api.shown(instance).await })
        })
        .collect();
    let mut instances = Vec::with_capacity(reads.len());
    for read in reads {
        instances.push(read.await.map_err(|_| Problem::new(Kind::Internal, "the list could not be put together"))??);
    }
    Ok(Json(InstanceList { instances, next: page.next.map(|place| cursor(&place.to_string())) }))
}

/// One instance.
#[utoipa::path(get, path = "/v1/instances/{id}", tag = "instances", operation_id = "getInstance", params(InstancePath),
    responses(
        (status = 200, description = "The instance", body = InstanceView),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<Json<InstanceView>, Problem> {
    let instance = api.instance(&id).await?;
    Ok(Json(api.shown(instance).await?))
}
