//! `koogallery simulate`: the marketplace plays a product's whole life against a production address and checks every
//! answer.

mod basic;
mod kit;
mod license;
mod made;
mod play;
mod report;
mod saas_v1;

use clap::ValueEnum;
use koogallery::{InterfaceType, RsaPublicKey};

pub use play::{Expected, Play, Step};
pub use report::Report;

use crate::call::Version;
use crate::marketplace::{CallError, Marketplace};

/// What can be played: a family of callbacks and the life of what it sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// SaaS V2.0: bought, used, renewed, changed, frozen, refunded, released; debug calls; attacks.
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
}

impl Family {
    /// Every one, in the order they are played.
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
            Self::Saas | Self::SaasV1 => InterfaceType::Basic,
            Self::OrderNotice => InterfaceType::Order,
            Self::Kit | Self::KitV1 => InterfaceType::Kit,
            Self::License | Self::OnlineLicense | Self::LicenseV1 => InterfaceType::License,
        }
    }
}

/// Plays families one after the other. `progress` hears of each step as it ends.
pub async fn simulate(
    marketplace: Marketplace,
    rsa_public_key: Option<RsaPublicKey>,
    families: &[Family],
    progress: impl Fn(&Step) + Send + Sync,
) -> Result<Report, CallError> {
    let address = marketplace.address().to_owned();
    let mut play = Play::new(marketplace, rsa_public_key, &progress);
    for family in families {
        match family {
            Family::Saas => {
                basic::life_of_an_instance(&mut play).await?;
                basic::debug_calls(&mut play).await?;
                basic::attacks(&mut play).await?;
            }
            Family::OrderNotice => basic::order_notice(&mut play).await?,
            Family::Kit => kit::life_of_a_joint_product(&mut play, Version::V2).await?,
            Family::License => license::life_of_a_code(&mut play).await?,
            Family::OnlineLicense => license::life_of_an_entitlement(&mut play).await?,
            Family::SaasV1 => saas_v1::life_of_an_instance(&mut play).await?,
            Family::KitV1 => kit::life_of_a_joint_product(&mut play, Version::V1).await?,
            Family::LicenseV1 => license::life_of_a_retired_license(&mut play).await?,
        }
    }
    Ok(Report::new(address, play.into_steps()))
}
