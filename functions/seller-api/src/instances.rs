//! Instances, in their current state.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{AppInfo, InstanceId, InterfaceType, ProductId, Scene};
use koogallery_runtime::{PageOf, Scope};
use koogallery_store::{
    Acceptance, AppliedOrder, Bought, FreezeCause, Instance, KeptAppInfo, OrderEffect, Status, World,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{PathOf, QueryOf};
use crate::filter::{changed_at, contains, ends_before, fitting, is, is_since};
use crate::page::{Limit, within_limits};
use crate::paths::InstancePath;
use crate::problem::{Kind, Problem};
use crate::time::Time;

impl SellerApi {
    /// Reads the instance that a path names.
    pub(crate) async fn instance(&self, id: &InstanceId) -> Result<Instance, Problem> {
        self.store().instance(id).await?.ok_or_else(|| Problem::unknown("instance"))
    }
}

/// The status of an instance.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusWord {
    /// The application has not sent the app info yet.
    Provisioning,
    /// It is in use.
    Active,
    /// There is no access; the data is kept.
    Frozen,
    /// It ended for good.
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
    /// The paid period ended. A renewal ends the freeze.
    Expired,
    /// Another reason, such as a breach of terms. Only an UNFREEZE ends the freeze.
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
    /// Its status.
    status: StatusWord,
    /// Why it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    freeze_cause: Option<FreezeWord>,
    /// The order that bought it.
    order_id: String,
    /// The order line that bought it; absent in V1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The interface type whose key signed the purchase: `basic` (SaaS) or `license`.
    #[schema(value_type = String)]
    interface_type: InterfaceType,
    /// Whether the purchase came by V1.0, which limits the lengths in an app info.
    v1: bool,
    /// When it was bought.
    #[schema(format = DateTime)]
    created_at: String,
    /// When there was the last event about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    changed_at: Option<String>,
    /// The end of the paid period, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// The end of the first period, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    bought_until: Option<String>,
    /// The first purchase, from the call and the order query.
    #[serde(skip_serializing_if = "Option::is_none")]
    bought: Option<BoughtView>,
    /// What it consists of now: for each member, the value in the last signed order that has one. Refunds do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<BoughtView>,
    /// The buyer's acceptance, if V1.0 reported one.
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance: Option<AcceptanceView>,
    /// When it was released.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// When its personal data was erased, some time after the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    erased_at: Option<String>,
    /// The buyer's way in; absent while the instance is being provisioned, and once it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_info: Option<AppInfoView>,
    /// The address of the buyer's page, which KooGallery shows in place of `appInfo.frontEndUrl`, if the settings of the product switch
    /// such pages on. You can send it to the buyer while the instance is being provisioned; whoever has it sees the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_page_url: Option<String>,
    /// Why it cannot be provisioned, if the application said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioning_failure: Option<FailureView>,
    /// The later orders that count: renewals, their refunds, upgrades. The last 200, in the order of signing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    later_orders: Vec<LaterOrder>,
}

/// What an order line bought, in KooGallery's words, if KooGallery sent them. The buyer's answers to the seller's questions are
/// personal: see the purchase's details.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bought)]
pub(crate) struct BoughtView {
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// The product's specification.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku_code: Option<String>,
    /// The quantity, such as the number of users, from the order query.
    #[serde(skip_serializing_if = "Option::is_none")]
    linear_value: Option<f64>,
    /// The quantity, such as the number of users, from V1.0's calls. If `linearValue` is present, that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<u32>,
    /// The disk size in GB, from V1.0's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_size: Option<u32>,
    /// The bandwidth in Mbit/s, from V1.0's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    band_width: Option<u32>,
    /// `ON_DEMAND`, `ONE_TIME`, `PERIOD` or `ON_DEMAND_PKG`.
    #[serde(skip_serializing_if = "Option::is_none")]
    charging_mode: Option<String>,
    /// The unit of the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    period_type: Option<String>,
    /// The number of these units.
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
    /// When the buyer accepted. Billing starts then.
    #[schema(format = DateTime)]
    acceptance_time: String,
    /// KooGallery's word for how the product is provisioned on acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    provision_type: Option<String>,
}

impl From<Acceptance> for AcceptanceView {
    fn from(acceptance: Acceptance) -> Self {
        let acceptance_time = acceptance.acceptance_time.timestamp().to_rfc_3339();
        Self { acceptance_time, provision_type: acceptance.provision_type }
    }
}

/// The buyer's way into an instance. Only the buyer sees the password.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AppInfoView {
    /// The product's address for users.
    front_end_url: String,
    /// The product's address for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_url: Option<String>,
    /// The first administrator's login name. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// A note to the buyer. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
}

/// What KooGallery gets instead of an app info.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureView {
    /// The result code, `000100` to `000107`.
    result_code: String,
    /// The message for the buyer. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A later order of an instance or a license.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LaterOrder {
    /// The order.
    order_id: String,
    /// The order line; absent in V1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_line_id: Option<String>,
    /// When KooGallery reported it.
    #[schema(format = DateTime)]
    signed_at: String,
    /// If it moves the expiry: `RENEWAL`, `RENEWAL_CHANGE`, `TRIAL_TO_FORMAL` or `UNSUBSCRIBE_RENEWAL_PERIOD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    scene: Option<Scene>,
    /// If it moves the expiry: the end of its period.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// What it bought, from the call and the order query.
    #[serde(skip_serializing_if = "Option::is_none")]
    bought: Option<BoughtView>,
}

impl LaterOrder {
    /// The most that are shown.
    const SHOWN: usize = 200;

    /// The last orders of a life, in the order of signing.
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
    /// An instance with its later orders. They are read only if it has any.
    async fn shown(&self, instance: Instance) -> Result<InstanceView, Problem> {
        let orders = match instance.life.last_order {
            Some(_) => self.store().instance_orders(&instance.instance_id).await?,
            None => Vec::new(),
        };
        let page = self.page_of(&instance).await?;
        Ok(InstanceView { buyer_page_url: page, ..InstanceView::of(instance, orders) })
    }

    /// The address of the buyer's page of an instance. A released one has none any more.
    async fn page_of(&self, instance: &Instance) -> Result<Option<String>, Problem> {
        if !self.pages.are_known() || instance.life.status == Status::Released {
            return Ok(None);
        }
        let settings = self.settings().await?;
        let product = instance.life.product_id.as_ref();
        let of = PageOf { world: World::Real, id: &instance.instance_id, product };
        Ok(self.pages.address(self.store(), &settings.document, of).await?)
    }
}

impl InstanceView {
    /// As a list shows it. The application's own text may name a person.
    fn without_personal_data(mut self) -> Self {
        if let Some(failure) = &mut self.provisioning_failure {
            failure.message = None;
        }
        self
    }

    fn of(instance: Instance, orders: Vec<AppliedOrder>) -> Self {
        let text = |text: &dyn Display| text.to_string();
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
            changed_at: changed_at(life.last_event).map(koogallery::Timestamp::to_rfc_3339),
            expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
            bought_until: life.bought_until.map(|time| time.timestamp().to_rfc_3339()),
            bought: life.bought.as_ref().map(BoughtView::from),
            holds: life.holds().map(BoughtView::from),
            acceptance: instance.acceptance.clone().map(AcceptanceView::from),
            released_at: life.released_at.map(koogallery::Timestamp::to_rfc_3339),
            erased_at: life.erased_at.map(koogallery::Timestamp::to_rfc_3339),
            app_info: instance.app_info.map(AppInfoView::from),
            buyer_page_url: None,
            provisioning_failure: failure.map(|reply| FailureView {
                result_code: reply.result_code.as_str().to_owned(),
                message: Some(reply.result_msg.into_owned()),
            }),
            later_orders: LaterOrder::of(orders),
        }
    }
}

impl From<KeptAppInfo> for AppInfoView {
    /// Only the addresses: the rest is sealed.
    fn from(info: KeptAppInfo) -> Self {
        Self {
            front_end_url: info.front_end_url.as_str().to_owned(),
            admin_url: info.admin_url.map(|text| text.as_str().to_owned()),
            user_name: None,
            memo: None,
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

/// Which instances to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only instances in this status.
    #[param(inline)]
    status: Option<StatusWord>,
    /// Only instances of this product.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "[^\\s]")]
    product_id: Option<ProductId>,
    /// Only instances about which there was an event since then.
    #[param(value_type = Option<String>, format = DateTime)]
    changed_since: Option<Time>,
    /// Only instances whose paid period ends before then, or ended before then.
    #[param(value_type = Option<String>, format = DateTime)]
    expiring_before: Option<Time>,
    /// Only instances with this text in the id of the instance, its order, its order line or its product, or in the specification.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of instances.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "instances": [{
    "instanceId": "03pf80c2b8", "status": "provisioning", "orderId": "CS2509071201OKVI2",
    "orderLineId": "CS2509071201OKVI2-000001", "interfaceType": "basic", "v1": false,
    "createdAt": "2025-12-01T00:00:00.000Z",
}] })))]
pub(crate) struct InstanceList {
    /// The instances, in their current state.
    instances: Vec<InstanceView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Instances, of one status or of all.
///
/// An instance that keeps its status while you read the pages is listed exactly once, whatever happens to others. Without
/// `status`, the statuses follow one another. An instance that changes its status meanwhile may be listed twice or not at all.
#[utoipa::path(get, path = "/v1/instances", tag = "instances", operation_id = "listInstances", params(ListQuery),
    responses((status = 200, description = "A page of instances", body = InstanceList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let (api, query) = (&api, &query);
    within_limits(query.limit, |limit| page(api, query, limit)).await
}

async fn page(api: &Arc<SellerApi>, query: &ListQuery, limit: Limit) -> Result<InstanceList, Problem> {
    let ListQuery { status, product_id, changed_since, expiring_before, text, cursor: from, .. } = query;
    let fits = |instance: &Instance| {
        let life = &instance.life;
        let sku = life.holds().and_then(|holds| holds.sku_code.as_ref());
        let ids: [Option<&dyn Display>; 5] = [
            Some(&instance.instance_id),
            Some(&instance.order_id),
            instance.order_line_id.as_ref().map(|id| id as _),
            life.product_id.as_ref().map(|id| id as _),
            sku.map(|id| id as _),
        ];
        is(product_id.as_ref(), life.product_id.as_ref())
            && is_since(*changed_since, changed_at(life.last_event))
            && ends_before(*expiring_before, life.expire_time)
            && contains(text.as_deref(), &ids)
    };
    let status = status.map(Status::from);
    let page =
        fitting(from.as_deref(), limit, |from, limit| api.store().instances_in(status, from, limit), fits).await?;
    let reads: Vec<_> = page
        .members
        .into_iter()
        .map(|instance| {
            let api = Arc::clone(api);
            tokio::spawn(async move { api.shown(instance).await })
        })
        .collect();
    let mut instances = Vec::with_capacity(reads.len());
    for read in reads {
        let shown = read.await.map_err(|_| Problem::new(Kind::Internal, "the list could not be read"))??;
        instances.push(shown.without_personal_data());
    }
    Ok(InstanceList { instances, next: page.next })
}

/// One instance. Login name, note and message need the scope `personal-data` as well.
#[utoipa::path(get, path = "/v1/instances/{id}", tag = "instances", operation_id = "getInstance", params(InstancePath),
    responses(
        (status = 200, description = "The instance", body = InstanceView),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<Json<InstanceView>, Problem> {
    let instance = api.instance(&id).await?;
    let kept = instance.app_info.clone();
    let mut shown = api.shown(instance).await?;
    if !allowed.scopes.has(Scope::PersonalData) {
        return Ok(Json(shown.without_personal_data()));
    }
    if let Some(kept) = kept {
        let whole = api.store().open_app_info(World::Real, &id, kept, &api.vault).await?;
        shown.app_info = Some(whole.into());
    }
    Ok(Json(shown))
}
