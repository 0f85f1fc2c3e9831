//! The types of events: what the seller's application is told of.

use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// An order line was paid.
    #[serde(rename = "instance.created")]
    Created,
    /// The expiry moved.
    #[serde(rename = "instance.refreshed")]
    Refreshed,
    /// Specification or quantity grew.
    #[serde(rename = "instance.upgraded")]
    Upgraded,
    /// No access until it is unfrozen.
    #[serde(rename = "instance.frozen")]
    Frozen,
    /// Access again.
    #[serde(rename = "instance.unfrozen")]
    Unfrozen,
    /// Gone for good.
    #[serde(rename = "instance.released")]
    Released,
    /// The buyer accepted what was bought.
    #[serde(rename = "instance.accepted")]
    Accepted,
    /// What stands changed by what was learnt of an order, without a call that asked for it.
    #[serde(rename = "instance.changed")]
    Changed,
    /// A license is wanted, for a device or a purchase.
    #[serde(rename = "license.requested")]
    LicenseRequested,
    /// A license code's expiry moved.
    #[serde(rename = "license.refreshed")]
    LicenseRefreshed,
    /// A license code is worth nothing until it is unfrozen.
    #[serde(rename = "license.frozen")]
    LicenseFrozen,
    /// A license code is worth something again.
    #[serde(rename = "license.unfrozen")]
    LicenseUnfrozen,
    /// A license code is gone for good.
    #[serde(rename = "license.released")]
    LicenseReleased,
    /// What stands of a license code changed by what was learnt of an order.
    #[serde(rename = "license.changed")]
    LicenseChanged,
    /// An order notice came.
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// An instance was bound to an enterprise.
    #[serde(rename = "tenant.added")]
    TenantAdded,
    /// An enterprise's name or domain changed.
    #[serde(rename = "tenant.modified")]
    TenantModified,
    /// An instance is bound to an enterprise no more.
    #[serde(rename = "tenant.removed")]
    TenantRemoved,
    /// An application's credentials came.
    #[serde(rename = "application.added")]
    ApplicationAdded,
    /// An application's credentials changed.
    #[serde(rename = "application.modified")]
    ApplicationModified,
    /// An application's credentials are gone.
    #[serde(rename = "application.removed")]
    ApplicationRemoved,
    /// Users may use an application.
    #[serde(rename = "users.granted")]
    UsersGranted,
    /// Users changed.
    #[serde(rename = "users.changed")]
    UsersChanged,
    /// Users may use an application no more.
    #[serde(rename = "users.revoked")]
    UsersRevoked,
    /// Users are gone.
    #[serde(rename = "users.deleted")]
    UsersDeleted,
    /// A department was added or changed.
    #[serde(rename = "departments.changed")]
    DepartmentsChanged,
    /// A department is gone.
    #[serde(rename = "departments.removed")]
    DepartmentsRemoved,
    /// All departments were told anew.
    #[serde(rename = "departments.replaced")]
    DepartmentsReplaced,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Created,
        Self::Refreshed,
        Self::Upgraded,
        Self::Frozen,
        Self::Unfrozen,
        Self::Released,
        Self::Accepted,
        Self::Changed,
        Self::LicenseRequested,
        Self::LicenseRefreshed,
        Self::LicenseFrozen,
        Self::LicenseUnfrozen,
        Self::LicenseReleased,
        Self::LicenseChanged,
        Self::OrderPaid,
        Self::TenantAdded,
        Self::TenantModified,
        Self::TenantRemoved,
        Self::ApplicationAdded,
        Self::ApplicationModified,
        Self::ApplicationRemoved,
        Self::UsersGranted,
        Self::UsersChanged,
        Self::UsersRevoked,
        Self::UsersDeleted,
        Self::DepartmentsChanged,
        Self::DepartmentsRemoved,
        Self::DepartmentsReplaced,
    ];
}
