//! The types of events that the seller's application receives.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
pub enum EventType {
    /// An order line is paid.
    #[serde(rename = "instance.created")]
    Created,
    /// The expiry moved.
    #[serde(rename = "instance.refreshed")]
    Refreshed,
    /// Specification or quantity grew.
    #[serde(rename = "instance.upgraded")]
    Upgraded,
    /// Access ends until it is unfrozen.
    #[serde(rename = "instance.frozen")]
    Frozen,
    /// Access begins again.
    #[serde(rename = "instance.unfrozen")]
    Unfrozen,
    /// It ended for good.
    #[serde(rename = "instance.released")]
    Released,
    /// The buyer accepted what was bought.
    #[serde(rename = "instance.accepted")]
    Accepted,
    /// The current state changed without a call that asked for it: something was learnt of an order.
    #[serde(rename = "instance.changed")]
    Changed,
    /// Somebody asked for a license, for a device or a purchase.
    #[serde(rename = "license.requested")]
    LicenseRequested,
    /// A license code's expiry moved.
    #[serde(rename = "license.refreshed")]
    LicenseRefreshed,
    /// A license code is not valid until it is unfrozen.
    #[serde(rename = "license.frozen")]
    LicenseFrozen,
    /// A license code is valid again.
    #[serde(rename = "license.unfrozen")]
    LicenseUnfrozen,
    /// A license code ended for good.
    #[serde(rename = "license.released")]
    LicenseReleased,
    /// The current state of a license code changed without a call that asked for it.
    #[serde(rename = "license.changed")]
    LicenseChanged,
    /// A package is used up.
    #[serde(rename = "usage.package_exhausted")]
    PackageExhausted,
    /// An order notice arrived.
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// A deadline comes near, or something else waits for a person.
    #[serde(rename = "warning.raised")]
    WarningRaised,
    /// An instance was bound to a tenant.
    #[serde(rename = "tenant.added")]
    TenantAdded,
    /// A tenant's name or domain changed.
    #[serde(rename = "tenant.modified")]
    TenantModified,
    /// The binding of an instance to a tenant ended.
    #[serde(rename = "tenant.removed")]
    TenantRemoved,
    /// An application's credentials arrived.
    #[serde(rename = "application.added")]
    ApplicationAdded,
    /// An application's credentials changed.
    #[serde(rename = "application.modified")]
    ApplicationModified,
    /// An application's credentials were deleted.
    #[serde(rename = "application.removed")]
    ApplicationRemoved,
    /// Users got access to an application.
    #[serde(rename = "users.granted")]
    UsersGranted,
    /// Data of users with access changed.
    #[serde(rename = "users.changed")]
    UsersChanged,
    /// Users lost access to an application.
    #[serde(rename = "users.revoked")]
    UsersRevoked,
    /// Users were deleted.
    #[serde(rename = "users.deleted")]
    UsersDeleted,
    /// A user logged in to an application. Only where it is switched on.
    #[serde(rename = "user.signed_in")]
    UserSignedIn,
    /// A department was added or changed.
    #[serde(rename = "departments.changed")]
    DepartmentsChanged,
    /// A department was removed.
    #[serde(rename = "departments.removed")]
    DepartmentsRemoved,
    /// All departments were replaced.
    #[serde(rename = "departments.replaced")]
    DepartmentsReplaced,
}

impl EventType {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;
}
