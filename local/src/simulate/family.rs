//! Families of callbacks: what can be played.

use clap::ValueEnum;
use koogallery::InterfaceType;
use serde::{Deserialize, Serialize};

/// What can be played: a family of callbacks and the lives of what it sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// SaaS V2.0: by the period, once, by use; trials, two lines, upgrades; debug calls; attacks.
    Saas,
    /// Order notices.
    OrderNotice,
    /// Joint-operations SaaS, V2.0: bound to an enterprise, users granted and revoked, departments synchronised.
    Kit,
    /// License 2.0: an authorization code renewed, frozen, released.
    License,
    /// Online License: bought, applied for by a device, released.
    OnlineLicense,
    /// SaaS V1.0, its replies' Body-Sign and encryption checked.
    SaasV1,
    /// Joint-operations SaaS, V1.0.
    KitV1,
    /// License 1.0, retired.
    LicenseV1,
    /// Pay-per-use: a month of hours, with lost answers, outages and kills. Only if it is asked for, and on a local host.
    Usage,
    /// Orders after payment: supervised, refused, accepted, refunded. Only if it is asked for, and on a local host.
    Orders,
}

impl Family {
    /// Every one whose callbacks are played, in this order.
    pub const ALL: [Self; 8] = [
        Self::Saas,
        Self::OrderNotice,
        Self::Kit,
        Self::License,
        Self::OnlineLicense,
        Self::SaasV1,
        Self::KitV1,
        Self::LicenseV1,
    ];

    /// The key that signs its calls; the kit's products are bought with the basic one.
    #[must_use]
    pub const fn interface_type(self) -> InterfaceType {
        match self {
            Self::Saas | Self::SaasV1 | Self::Usage | Self::Orders => InterfaceType::Basic,
            Self::OrderNotice => InterfaceType::Order,
            Self::Kit | Self::KitV1 => InterfaceType::Kit,
            Self::License | Self::OnlineLicense | Self::LicenseV1 => InterfaceType::License,
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Saas => "SaaS V2.0",
            Self::OrderNotice => "Order notices",
            Self::Kit => "Joint-operations kit V2.0",
            Self::License => "License 2.0",
            Self::OnlineLicense => "Online License",
            Self::SaasV1 => "SaaS V1.0",
            Self::KitV1 => "Joint-operations kit V1.0",
            Self::LicenseV1 => "License 1.0",
            Self::Usage => "Pay-per-use",
            Self::Orders => "Orders after payment",
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
