//! A row of an import: which members it may have, and what is to be written for it.

use std::collections::BTreeMap;

use koogallery::{
    AppInfo, DomainName, ExpireTime, InstanceId, InterfaceType, LicenseCode, OrderId, OrderLineId, ProductId,
    RefreshInstance, RefreshLicenseCode, Scene, SkuCode, Tenant, TenantChange, TenantCode, TenantDetails, TenantId,
    TenantName, TenantSync, TestFlag, Timestamp, UpgradeInstance,
};
use koogallery_store::{Bought, Freeze, FreezeCause, ImportedInstance, ImportedLicense, ImportedSince};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::explain::{explain, place};
use crate::time::Time;

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportKind)]
enum RowKind {
    /// An instance.
    Instance,
    /// A license code.
    License,
    /// A tenant, bound to an instance.
    Tenant,
    /// A later order of an instance or a license code.
    Order,
}

/// The state that an instance or a license code is in.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportStatus)]
enum RowStatus {
    /// It is not provisioned yet.
    Provisioning,
    /// It is in use.
    #[default]
    Active,
    /// It is frozen.
    Frozen,
    /// It ended for good.
    Released,
}

/// Which product an instance is of: it decides which key signs the calls about it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportProduct)]
enum Product {
    /// A SaaS product.
    #[default]
    Saas,
    /// Online License (在线开通License).
    OnlineLicense,
}

/// What a later order did.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ImportScene)]
enum RowScene {
    /// A trial turned formal.
    TrialToFormal,
    /// A renewal.
    Renewal,
    /// A renewal was refunded.
    UnsubscribeRenewalPeriod,
    /// A renewal with a changed specification.
    RenewalChange,
    /// Specification or quantity grew.
    Upgrade,
}

impl RowScene {
    const fn scene(self) -> Option<Scene> {
        match self {
            Self::TrialToFormal => Some(Scene::TrialToFormal),
            Self::Renewal => Some(Scene::Renewal),
            Self::UnsubscribeRenewalPeriod => Some(Scene::UnsubscribeRenewalPeriod),
            Self::RenewalChange => Some(Scene::RenewalChange),
            Self::Upgrade => None,
        }
    }
}

/// One row. Which members it has to have depends on its kind.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ImportRow)]
pub(crate) struct RowBody {
    /// What it is.
    kind: RowKind,
    /// When it was bought, bound or paid.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// The instance, as the reply to newInstance told KooGallery.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    instance_id: Option<InstanceId>,
    /// The order: that which bought it, or the later one.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    order_id: Option<OrderId>,
    /// The order line; none if the purchase came by V1.0.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    order_line_id: Option<OrderLineId>,
    /// The license code.
    #[schema(value_type = Option<String>, max_length = 128)]
    license: Option<LicenseCode>,
    /// The tenant.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    tenant_id: Option<TenantId>,
    /// Its code in login addresses.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    tenant_code: Option<TenantCode>,
    /// Its name.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 255)]
    tenant_name: Option<TenantName>,
    /// The domain where its users log in.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 255)]
    domain_name: Option<DomainName>,
    /// The product.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    product_id: Option<ProductId>,
    /// Its specification.
    #[schema(value_type = Option<String>, pattern = "[^\\s]", max_length = 64)]
    sku_code: Option<SkuCode>,
    /// The quantity now, such as the number of users.
    #[schema(minimum = 0)]
    quantity: Option<f64>,
    /// `saas` if it is absent.
    #[serde(default)]
    product: Product,
    /// The end of the paid period now; of a later order, the one that it set.
    #[schema(value_type = Option<String>, format = DateTime)]
    expire_time: Option<Time>,
    /// `active` if it is absent.
    #[serde(default)]
    status: RowStatus,
    /// Of a frozen one: `expired` or `suspended`. Without it, the expiry decides.
    #[schema(value_type = Option<String>, pattern = "^(expired|suspended)$")]
    cause: Option<FreezeCause>,
    /// Since when it is frozen or released.
    #[schema(value_type = Option<String>, format = DateTime)]
    changed_at: Option<Time>,
    /// What a later order did.
    scene: Option<RowScene>,
    /// The buyer's way in: the product's address for users.
    #[schema(max_length = 512)]
    front_end_url: Option<String>,
    /// The product's address for administrators.
    #[schema(max_length = 512)]
    admin_url: Option<String>,
    /// The first administrator's login name.
    #[schema(max_length = 128)]
    user_name: Option<String>,
    /// The first password.
    #[schema(max_length = 128)]
    password: Option<String>,
    /// A note to the buyer.
    #[schema(max_length = 1024)]
    memo: Option<String>,
}

/// Reads a row, and says what of it cannot be read.
pub(crate) fn read(row: Value) -> Result<RowBody, String> {
    serde_path_to_error::deserialize(row)
        .map_err(|error| explain("member", &place(error.path()), &error.inner().to_string()))
}

/// What is to be written for a row. All its members fit each other.
pub(crate) enum Planned {
    Instance(Box<ImportedInstance>, Timestamp),
    License(Box<ImportedLicense>, Timestamp),
    Tenant(TenantSync, Timestamp),
    Renewal(Box<RefreshInstance>, Timestamp),
    CodeRenewal(Box<RefreshLicenseCode>, Timestamp),
    Upgrade(Box<UpgradeInstance>, Timestamp),
}

/// What a row asks for; or why nobody can do that.
pub(crate) fn planned(row: RowBody, now: Timestamp) -> Result<Planned, String> {
    let created_at = row.created_at.timestamp();
    for (name, time) in [("createdAt", Some(row.created_at)), ("changedAt", row.changed_at)] {
        if time.is_some_and(|time| time.timestamp() > now) {
            return Err(format!("{name}: it is in the future"));
        }
    }
    match row.kind {
        RowKind::Instance => {
            let since = since(&row)?;
            let app_info = app_info(&row)?;
            let holds = holds(&row)?;
            let imported = ImportedInstance {
                instance_id: given("instanceId", row.instance_id)?,
                order_id: given("orderId", row.order_id)?,
                order_line_id: row.order_line_id,
                interface_type: match row.product {
                    Product::Saas => InterfaceType::Basic,
                    Product::OnlineLicense => InterfaceType::License,
                },
                holds,
                expire_time: expiry(row.expire_time),
                app_info,
                since,
            };
            if let Some(info) = imported.app_info.as_ref().filter(|_| imported.is_v1()) {
                info.fits_v1().map_err(|error| format!("{error}: V1.0 cannot send it (there is no orderLineId)"))?;
            }
            Ok(Planned::Instance(Box::new(imported), created_at))
        }
        RowKind::License => {
            let (since, holds) = (since(&row)?, holds(&row)?);
            let license = given("license", row.license)?;
            let (order_id, expire_time) = (row.order_id, expiry(row.expire_time));
            let imported = ImportedLicense { license, order_id, holds, expire_time, since };
            Ok(Planned::License(Box::new(imported), created_at))
        }
        RowKind::Tenant => {
            let details = TenantDetails {
                name: given("tenantName", row.tenant_name)?,
                domain_name: given("domainName", row.domain_name)?,
            };
            let tenant = Tenant { tenant_code: given("tenantCode", row.tenant_code)?, details };
            let sync = TenantSync {
                instance_id: Some(given("instanceId", row.instance_id)?),
                order_id: row.order_id,
                tenant_id: given("tenantId", row.tenant_id)?,
                change: TenantChange::Add(tenant),
                test_flag: TestFlag::default(),
            };
            Ok(Planned::Tenant(sync, created_at))
        }
        RowKind::Order => order(row, created_at),
    }
}

fn order(row: RowBody, at: Timestamp) -> Result<Planned, String> {
    let RowBody { order_line_id, product_id, expire_time, .. } = row;
    let (scene, order_id) = (given("scene", row.scene)?, given("orderId", row.order_id)?);
    let (test_flag, further) = (TestFlag::default(), BTreeMap::new());
    match (scene.scene(), row.instance_id, row.license) {
        (_, Some(_), Some(_)) | (_, None, None) => Err("give `instanceId` or `license`".to_owned()),
        (Some(scene), Some(instance_id), None) => {
            let expire_time = given("expireTime", expiry(expire_time))?;
            let refresh = RefreshInstance {
                scene,
                order_id,
                order_line_id,
                instance_id,
                product_id,
                expire_time,
                test_flag,
                further,
            };
            Ok(Planned::Renewal(Box::new(refresh), at))
        }
        (Some(scene), None, Some(license)) => {
            let expire_time = given("expireTime", expiry(expire_time))?;
            let refresh = RefreshLicenseCode {
                scene,
                order_id,
                order_line_id,
                license,
                product_id,
                expire_time,
                test_flag,
                further,
            };
            Ok(Planned::CodeRenewal(Box::new(refresh), at))
        }
        (None, Some(instance_id), None) => {
            let upgrade = UpgradeInstance { instance_id, order_id, order_line_id, product_id, test_flag, further };
            Ok(Planned::Upgrade(Box::new(upgrade), at))
        }
        (None, None, Some(_)) => Err("scene: a license code has no upgrades".to_owned()),
    }
}

fn given<T>(name: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("{name}: it is missing"))
}

fn expiry(time: Option<Time>) -> Option<ExpireTime> {
    time.and_then(|time| ExpireTime::from_timestamp(time.timestamp()))
}

fn holds(row: &RowBody) -> Result<Bought, String> {
    if row.quantity.is_some_and(|quantity| !(quantity.is_finite() && quantity >= 0.0)) {
        return Err("quantity: give a number from 0".to_owned());
    }
    let (product_id, sku_code) = (row.product_id.clone(), row.sku_code.clone());
    Ok(Bought { product_id, sku_code, linear_value: row.quantity, ..Bought::default() })
}

fn since(row: &RowBody) -> Result<ImportedSince, String> {
    let created_at = row.created_at.timestamp();
    let changed_at = || {
        let at = given("changedAt", row.changed_at)?.timestamp();
        if at <= created_at { Err("changedAt: it is not after createdAt".to_owned()) } else { Ok(at) }
    };
    Ok(match row.status {
        RowStatus::Provisioning | RowStatus::Active => ImportedSince::InUse,
        RowStatus::Released => ImportedSince::Released(changed_at()?),
        RowStatus::Frozen => {
            let signed_at = changed_at()?;
            let is_over = row.expire_time.is_none_or(|end| end.timestamp() <= signed_at);
            if row.cause == Some(FreezeCause::Suspended) && is_over {
                let detail = "cause: `suspended` needs an expireTime after changedAt: a freeze after it is `expired`";
                return Err(detail.to_owned());
            }
            ImportedSince::Frozen(Freeze { signed_at, expired: row.cause == Some(FreezeCause::Expired) })
        }
    })
}

/// The buyer's way in: what is in use or frozen has to have one.
fn app_info(row: &RowBody) -> Result<Option<AppInfo>, String> {
    let RowBody { front_end_url, admin_url, user_name, password, memo, status, .. } = row;
    if matches!(status, RowStatus::Provisioning | RowStatus::Released) {
        return Ok(None);
    }
    let members = [front_end_url, admin_url, user_name, password, memo];
    let members = AppInfo::MEMBERS.into_iter().zip(members);
    let members: Map<String, Value> =
        members.filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))).collect();
    AppInfo::read(&members.into()).map(Some).map_err(|error| error.to_string())
}
