//! What a path names: an instance, an order, a license code, a tenant.

use koogallery::{InstanceId, LicenseCode, OrderId, TenantId};
use serde::Deserialize;
use utoipa::IntoParams;

/// The instance that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct InstancePath {
    /// The instance's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "03pf80c2b8")]
    pub(crate) id: InstanceId,
}

/// The order that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct OrderPath {
    /// The order's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "CS2509071201OKVI2")]
    pub(crate) order_id: OrderId,
}

/// The license that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct LicensePath {
    /// The authorization code.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "ABCDE-FGHIJ-KLMNO")]
    pub(crate) code: LicenseCode,
}

/// The tenant that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct TenantPath {
    /// The tenant's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "68cbc86abc2018ab880d92f36422fa0e")]
    pub(crate) tenant_id: TenantId,
}
