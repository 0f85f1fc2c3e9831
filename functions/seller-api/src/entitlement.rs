//! What an instance entitles its users to, for an application that asks with every request of theirs: one read of the table, and an
//! answer that may be kept for a while. The settings of the product name the plan and its features.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use koogallery_runtime::CurrentSettings;
use koogallery_settings::Feature;
use koogallery_store::{ApplicationUsers, FreezeCause, Instance, Lifecycle, Status, World};
use serde::Serialize;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::{PathOf, QueryOf};
use crate::filter::changed_at;
use crate::instances::BoughtView;
use crate::paths::InstancePath;
use crate::problem::Problem;
use crate::users::{UserPath, UserQuery};

/// So long a copy of the answer is good without asking again. A freeze takes effect after this time at the latest, where the
/// application does not drop its copy when the event comes.
const GOOD_FOR: &str = "private, max-age=30";

/// The form of the answer. With another form, copies of the old one are not good any more.
const FORM: u8 = 1;

/// What users of an instance may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Access {
    /// They may use it.
    Granted,
    /// Not yet: the application has not sent the app info.
    Preparing,
    /// Not now: the paid period ended. A renewal ends it.
    Expired,
    /// Not now, for another reason, such as a breach of terms. KooGallery ends it.
    Suspended,
    /// Never again: it was released.
    Ended,
    /// Not this user: the buyer's administrator has not assigned the application to them, or has taken it back.
    Unassigned,
}

impl Access {
    fn of(life: &Lifecycle) -> Self {
        match (life.status, life.freeze_cause) {
            (Status::Provisioning, _) => Self::Preparing,
            (Status::Active, _) => Self::Granted,
            (Status::Frozen, Some(FreezeCause::Expired)) => Self::Expired,
            (Status::Frozen, Some(FreezeCause::Suspended) | None) => Self::Suspended,
            (Status::Released, _) => Self::Ended,
        }
    }

    /// What a user can be shown who may not use it.
    fn notice(self) -> Option<Notice> {
        let (en, zh) = match self {
            Self::Granted => return None,
            Self::Preparing => (
                "Your product is being prepared. Please try again in a few minutes.",
                "产品正在准备中，请几分钟后再试。",
            ),
            Self::Expired => (
                "The paid period has ended. Renew it in KooGallery to go on. Your data is kept for a limited time.",
                "购买的使用期已结束。请在云商店续费后继续使用。数据会保留一段时间。",
            ),
            Self::Suspended => (
                "This product is suspended. Please ask its seller or KooGallery for the reason.",
                "产品已被停用。请向商家或云商店了解原因。",
            ),
            Self::Unassigned => (
                "You have no access to this application. Please ask your administrator for it.",
                "你没有此应用的访问权限，请联系管理员。",
            ),
            Self::Ended => (
                "This product was released, and cannot be used any more. Buy it again in KooGallery.",
                "产品已释放，不能再使用。如需使用，请在云商店重新购买。",
            ),
        };
        Some(Notice { en, zh })
    }
}

/// A text for a user, without anything personal.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    /// In English.
    en: &'static str,
    /// In Chinese.
    zh: &'static str,
}

/// What an instance entitles its users to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(examples(json!({
    "instanceId": "03pf80c2b8", "access": "granted", "expireTime": "2026-12-01T16:00:00.000Z",
    "holds": { "productId": "00301-666666-0--0", "skuCode": "team", "linearValue": 20, "chargingMode": "PERIOD" },
})))]
pub(crate) struct Entitlement {
    /// The instance.
    instance_id: String,
    /// What its users may do.
    access: Access,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<String>,
    /// What it consists of now: specification and quantities.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<BoughtView>,
    /// What the plan is called, if the settings of the product say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// What users may do, and how much, if the settings of the product say it. The application knows what each means.
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<Vec<FeatureView>>,
    /// The end of the paid period, if it is known. KooGallery says itself when the access ends: `access` counts, not this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expire_time: Option<String>,
    /// When there was the last event about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    changed_at: Option<String>,
    /// What a user can be shown where the access is not granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Notice>,
}

/// Something that users may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Feature)]
struct FeatureView {
    /// Its name.
    name: String,
    /// How much of it; absent if there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
}

impl From<&Feature> for FeatureView {
    fn from(feature: &Feature) -> Self {
        Self { name: feature.name.as_str().to_owned(), limit: feature.limit }
    }
}

impl Entitlement {
    fn of(instance: &Instance, access: Access, settings: &CurrentSettings) -> Self {
        let life = &instance.life;
        let (product, sku) = (life.product_id.as_ref(), life.holds().and_then(|bought| bought.sku_code.as_ref()));
        let features = settings.document.features(product, sku);
        Self {
            instance_id: instance.instance_id.to_string(),
            access,
            product_id: life.product_id.as_ref().map(ToString::to_string),
            holds: life.holds().map(BoughtView::from),
            plan: settings.document.plan(product, sku).map(|plan| plan.as_str().to_owned()),
            features: features.map(|features| features.iter().map(FeatureView::from).collect()),
            expire_time: life.expire_time.map(|time| time.timestamp().to_rfc_3339()),
            changed_at: changed_at(life.last_event).map(koogallery::Timestamp::to_rfc_3339),
            notice: access.notice(),
        }
    }
}

/// What an instance entitles its users to.
///
/// It is made for an application that asks with every request of a user: it costs one read of the table. The answer has an `ETag`, and
/// may be kept for `max-age` seconds. Then send its `ETag` as `If-None-Match`: 304 says that it is good for as long again. An
/// event `instance.…` tells that it changed. While this API does not answer, go on with the last answer.
#[utoipa::path(get, path = "/v1/instances/{id}/entitlement", tag = "instances", operation_id = "getEntitlement",
    params(InstancePath, ("If-None-Match" = Option<String>, Header, description = "`ETag` of an earlier answer")),
    responses(
        (status = 200, description = "What it entitles to", body = Entitlement, headers(
            ("ETag" = String, description = "Of this answer"),
            ("Cache-Control" = String, description = "For how many seconds it may be kept: `private, max-age=30`"),
        )),
        (status = 304, description = "The answer with this `ETag` is still good"),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (instance, settings) = tokio::join!(api.instance(&id), api.settings());
    let (instance, settings) = (instance?, settings?);
    Ok(answer(&instance, Access::of(&instance.life), &settings, &headers))
}

/// What an instance entitles one user to, where KooGallery tells who may use it (joint-operations kit).
///
/// Like the entitlement of the instance, and also for this user: `unassigned` says that the buyer's administrator has not assigned the
/// application to them. The reads of instance and user run side by side. An event `users.…` or `instance.…` tells that it changed.
#[utoipa::path(get, path = "/v1/tenants/{tenantId}/users/{userName}/entitlement", tag = "tenants",
    operation_id = "getUserEntitlement",
    params(UserPath, UserQuery, ("If-None-Match" = Option<String>, Header, description = "`ETag` of an earlier answer")),
    responses(
        (status = 200, description = "What it entitles the user to", body = Entitlement, headers(
            ("ETag" = String, description = "Of this answer"),
            ("Cache-Control" = String, description = "For how many seconds it may be kept: `private, max-age=30`"),
        )),
        (status = 304, description = "The answer with this `ETag` is still good"),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn of_user(
    State(api): State<Arc<SellerApi>>,
    PathOf(UserPath { tenant_id, user_name }): PathOf<UserPath>,
    QueryOf(UserQuery { instance_id, app_id }): QueryOf<UserQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let of = ApplicationUsers { tenant_id, instance_id: instance_id.clone(), app_id };
    let user = api.store().user(World::Real, &of, &user_name, &api.vault);
    let (instance, user, settings) = tokio::join!(api.instance(&instance_id), user, api.settings());
    let (instance, user, settings) = (instance?, user?, settings?);
    let access = match Access::of(&instance.life) {
        Access::Granted if user.is_none_or(|user| user.revoked || !user.user.enable) => Access::Unassigned,
        access => access,
    };
    Ok(answer(&instance, access, &settings, &headers))
}

fn answer(instance: &Instance, access: Access, settings: &CurrentSettings, headers: &HeaderMap) -> Response {
    let (version, own) = (instance.life.version, if access == Access::Unassigned { "-u" } else { "" });
    // What the settings say of it may change with them.
    let by_settings = if settings.version == 0 { String::new() } else { format!("-s{}", settings.version) };
    let tag = format!("\"{FORM}-{version}{by_settings}{own}\"");
    let is_known = is_known(headers, &tag);
    let told = [(CACHE_CONTROL, GOOD_FOR.to_owned()), (ETAG, tag)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, told).into_response();
    }
    (told, Json(Entitlement::of(instance, access, settings))).into_response()
}

/// Whether the caller has the answer with this `ETag`. A proxy in between may have made the tag a weak one.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_says_what_users_may_do_and_what_to_show_them() {
        let life = |status: &str, cause: &str| -> Lifecycle {
            let mut life = serde_json::json!({ "createdAt": 1, "status": status, "newest": 1, "version": 1 });
            if !cause.is_empty() {
                life["freezeCause"] = cause.into();
            }
            serde_json::from_value(life).unwrap()
        };
        for (status, cause, access) in [
            ("provisioning", "", Access::Preparing),
            ("active", "", Access::Granted),
            ("frozen", "expired", Access::Expired),
            ("frozen", "suspended", Access::Suspended),
            ("frozen", "", Access::Suspended),
            ("released", "", Access::Ended),
        ] {
            let found = Access::of(&life(status, cause));
            assert_eq!(found, access, "{status} {cause}");
            assert_eq!(found.notice().is_none(), access == Access::Granted);
        }
    }
}
