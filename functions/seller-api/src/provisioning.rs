//! Deferred provisioning, the application's part: how the buyer reaches an instance, or why nobody can.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use koogallery::{AppInfo, ResultCode, Text};
use koogallery_store::{Provisioned, ProvisioningFailure};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::{Body, PathOf, optional_text};
use crate::instances::InstancePath;
use crate::problem::{Kind, Problem};

/// How the buyer reaches an instance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AppInfo, examples(json!({
    "frontEndUrl": "https://app.example.com/?instance=03pf80c2b8", "userName": "admin",
    "password": "a first password", "memo": "Change the password at the first login.",
})))]
pub(crate) struct AppInfoBody {
    /// Address of the product for its users.
    #[schema(value_type = String, pattern = "^https?://[^ ]+$", max_length = 512)]
    front_end_url: WebAddress,
    /// Address of the product for its administrators.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "^https?://[^ ]+$", max_length = 512)]
    admin_url: Option<WebAddress>,
    /// First administrator's login. V2.0 shows it in the clear; V1.0 encrypts it, which leaves room for 79 bytes.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 128)]
    user_name: Option<Text<128>>,
    /// Its first password; likewise.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 128)]
    password: Option<Text<128>>,
    /// A note to the buyer.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 1024)]
    memo: Option<Text<1024>>,
}

/// An address that a buyer can open.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct WebAddress(Text<512>);

impl TryFrom<String> for WebAddress {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
        if rest.is_empty() || text.contains(' ') {
            return Err("an address must begin with https:// or http:// and hold no blank".to_owned());
        }
        Text::try_from(text).map(Self).map_err(|error| error.to_string())
    }
}

impl From<AppInfoBody> for AppInfo {
    fn from(body: AppInfoBody) -> Self {
        let AppInfoBody { front_end_url, admin_url, user_name, password, memo } = body;
        let admin_url = admin_url.map(|address| address.0);
        Self { front_end_url: front_end_url.0, admin_url, user_name, password, memo }
    }
}

/// Says how the buyer reaches an instance.
///
/// An instance that waited for it is active from now on, and queryInstance answers with it. A second app info takes the
/// place of the first.
#[utoipa::path(put, path = "/v1/instances/{id}/app-info", tag = "provisioning", operation_id = "putAppInfo",
    params(InstancePath), request_body = AppInfoBody,
    responses(
        (status = 204, description = "It stands"),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance was released"),
        (status = 422, description = "V1.0 bought the instance, and this is longer than V1.0 can send"),
    ))]
pub(crate) async fn put_app_info(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<AppInfoBody>,
) -> Result<StatusCode, Problem> {
    provisioned(api.store().provisioned(&id, &body.into()).await?)
}

/// Why an instance cannot be provisioned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProvisioningFailure, examples(json!({ "resultCode": "000106", "message": "sold out until tomorrow" })))]
pub(crate) struct FailureBody {
    /// What KooGallery is told: `000100` no resource, `000101` mobile number, `000102` e-mail, `000103` purchased
    /// already, `000104` the product's service failed, `000105` benefit held already, `000106` sold out, `000107` e-mail
    /// domain exists.
    #[schema(value_type = String, pattern = "^00010[0-7]$", min_length = 6, max_length = 6)]
    result_code: ResultCode,
    /// What the buyer is told; KooGallery's own words for the code where there is none.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    message: Option<Text<255>>,
}

/// Says why an instance cannot be provisioned.
///
/// newInstance and queryInstance answer with it until an app info takes its place. An instance that has an app info
/// keeps it.
#[utoipa::path(put, path = "/v1/instances/{id}/provisioning-failure", tag = "provisioning",
    operation_id = "putProvisioningFailure", params(InstancePath), request_body = FailureBody,
    responses(
        (status = 204, description = "It stands, or an app info does"),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance was released"),
    ))]
pub(crate) async fn put_failure(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
    Body(body): Body<FailureBody>,
) -> Result<StatusCode, Problem> {
    let failure = ProvisioningFailure::new(body.result_code, body.message.as_ref().map(Text::as_str));
    let failure = failure.ok_or_else(|| Problem::new(Kind::Invalid, "resultCode: give 000100 to 000107"))?;
    provisioned(api.store().provisioning_failed(&id, &failure).await?)
}

fn provisioned(outcome: Provisioned) -> Result<StatusCode, Problem> {
    match outcome {
        Provisioned::Applied | Provisioned::Unchanged => Ok(StatusCode::NO_CONTENT),
        Provisioned::Unknown => Err(Problem::unknown("instance")),
        Provisioned::Released => Err(Problem::released()),
        Provisioned::DoesNotFit(error) => {
            Err(Problem::new(Kind::Unusable, format!("the app info: {error}: shorten it")))
        }
    }
}
