//! The application's part of deferred provisioning: it sends the buyer's way in, or the reason why there is none.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use http::StatusCode;
use koogallery::{AppInfo, ResultCode, Text};
use koogallery_store::{Provisioned, ProvisioningFailure, ToldBy};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::{Body, PathOf, optional_text};
use crate::paths::InstancePath;
use crate::problem::{Kind, Problem, Reason};

/// The buyer's way into an instance. Other members are ignored.
#[derive(ToSchema)]
#[schema(as = AppInfo, examples(json!({
    "frontEndUrl": "https://app.example.com/?instance=03pf80c2b8", "userName": "admin",
    "password": "a first password", "memo": "Change the password at the first login.",
})))]
#[allow(dead_code, reason = "it describes what `AppInfo::read` reads")]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppInfoBody {
    /// The product's address for users.
    #[schema(pattern = "^https?://[^\\s\\u0085]+$", max_length = 512)]
    front_end_url: String,
    /// The product's address for administrators. Here and below, null or blank means none.
    #[schema(pattern = "^(https?://[^\\s\\u0085]+|)$", max_length = 512)]
    admin_url: Option<String>,
    /// The first administrator's login name. V2.0 sends it in the clear. V1.0 encrypts it, which leaves room for 79 bytes.
    #[schema(max_length = 128)]
    user_name: Option<String>,
    /// The first password. The same limit applies.
    #[schema(max_length = 128)]
    password: Option<String>,
    /// A note to the buyer.
    #[schema(max_length = 1024)]
    memo: Option<String>,
}

/// Sends the buyer's way into an instance.
///
/// An instance that waited for it is active from now on, and queryInstance answers with it. A second app info replaces the
/// first one, and one from the answer to a webhook. The answer to a webhook never replaces this one, even if it comes
/// later.
#[utoipa::path(put, path = "/v1/instances/{id}/app-info", tag = "provisioning", operation_id = "putAppInfo",
    params(InstancePath), request_body = AppInfoBody,
    responses(
        (status = 204, description = "It is stored"),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance was released"),
        (status = 422, description = "The purchase came by V1.0, and this is longer than V1.0 can send"),
    ))]
pub(crate) async fn put_app_info(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<Map<String, Value>>,
) -> Result<(Option<Extension<Reason>>, StatusCode), Problem> {
    let body = Value::Object(body);
    let app_info = AppInfo::read(&body).map_err(|error| Problem::new(Kind::Invalid, error.to_string()))?;
    let status = provisioned(api.store().provision(&id, &app_info, ToldBy::SellerApi, &api.vault).await?)?;
    let unknown = AppInfo::unknown_members(&body).count();
    let note = (unknown > 0).then(|| Extension(Reason(format!("{unknown} members are not members of an app info"))));
    Ok((note, status))
}

/// Why an instance cannot be provisioned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProvisioningFailure, examples(json!({ "resultCode": "000106", "message": "sold out until tomorrow" })))]
pub(crate) struct FailureBody {
    /// The result code for KooGallery: `000100` no resource, `000101` mobile number, `000102` e-mail, `000103` already
    /// purchased, `000104` the product's service failed, `000105` the account has the benefit already, `000106` sold out,
    /// `000107` the e-mail domain exists.
    #[schema(value_type = String, pattern = "^00010[0-7]$", min_length = 6, max_length = 6)]
    result_code: ResultCode,
    /// The text for the buyer. Without it, KooGallery's own words for the code.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    message: Option<Text<255>>,
}

/// Sends the reason why an instance cannot be provisioned.
///
/// newInstance and queryInstance answer with it until an app info replaces it, whichever way that comes. An instance that has
/// an app info keeps it (409).
#[utoipa::path(put, path = "/v1/instances/{id}/provisioning-failure", tag = "provisioning",
    operation_id = "putProvisioningFailure", params(InstancePath), request_body = FailureBody,
    responses(
        (status = 204, description = "It is stored"),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance has an app info, or was released"),
    ))]
pub(crate) async fn put_failure(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<FailureBody>,
) -> Result<StatusCode, Problem> {
    let failure = ProvisioningFailure::new(body.result_code, body.message.as_ref().map(Text::as_str));
    let failure = failure.ok_or_else(|| Problem::new(Kind::Invalid, "resultCode: give 000100 to 000107"))?;
    provisioned(api.store().fail_provisioning(&id, &failure, ToldBy::SellerApi).await?)
}

fn provisioned(outcome: Provisioned) -> Result<StatusCode, Problem> {
    match outcome {
        Provisioned::Applied | Provisioned::Unchanged => Ok(StatusCode::NO_CONTENT),
        Provisioned::Unknown => Err(Problem::unknown("instance")),
        Provisioned::Released => Err(Problem::released()),
        Provisioned::Outweighed => {
            let detail =
                "the instance has an app info already, and the buyer may have seen it: a failure cannot replace it";
            Err(Problem::new(Kind::Provisioned, detail))
        }
        Provisioned::DoesNotFit(error) => Err(Problem::new(Kind::Unusable, format!("{error}: shorten it"))),
    }
}
