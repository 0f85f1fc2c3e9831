//! `koogallery simulate`: the marketplace plays a product's whole life against a production address and checks every
//! answer. It plays what stands on the seller's side as well: the open APIs that tell the orders it makes up, and an
//! application that receives the events; and shows what became of these.

mod application;
mod basic;
mod deliveries;
mod kit;
mod license;
mod made;
mod own_side;
mod play;
mod report;
mod saas_v1;
mod seller_api;

use clap::ValueEnum;
use koogallery::{InterfaceType, RsaPublicKey};

pub use application::Receipts;
pub use deliveries::Event;
pub use own_side::{OwnSide, OwnSideError, open_api};
pub use play::{Expected, Play, Step};
pub use report::{Deliveries, Report};
pub use seller_api::{Delivery, KnownEvent, SellerApi, SellerApiError, Subject};

use crate::call::Version;
use crate::marketplace::{CallError, Marketplace};
use crate::open_api::StandIn;
use deliveries::{Judge, PATIENCE, PATIENCE_FOR_NOBODY, watch};

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

/// What to play, and what there is on the seller's side.
#[derive(Debug)]
pub struct Simulation<'a> {
    /// Who calls.
    pub marketplace: Marketplace,
    /// The key that the seller registered; without it, client secrets are left out.
    pub rsa_public_key: Option<RsaPublicKey>,
    /// What is played, one after the other.
    pub families: Vec<Family>,
    /// KooGallery's open APIs that the seller calls, where they are played here: each order is known there before a
    /// callback names it.
    pub open_api: Option<&'a StandIn>,
    /// Whom to ask what became of events; without it, nobody is asked.
    pub seller_api: Option<&'a SellerApi>,
    /// What the seller's application receives, where that is played here: then every event must arrive.
    pub receipts: Option<&'a Receipts>,
}

/// What just happened.
#[derive(Debug)]
pub enum News<'a> {
    /// A call was answered.
    Answered(&'a Step),
    /// An event was delivered, or tried in vain.
    Tried(&'a KnownEvent),
}

/// Why a simulation ended early.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The production address.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The seller's API.
    #[error(transparent)]
    SellerApi(#[from] SellerApiError),
}

impl Simulation<'_> {
    /// Every family, with nothing known of the seller's side.
    #[must_use]
    pub fn new(marketplace: Marketplace) -> Self {
        let families = Family::ALL.to_vec();
        Self { marketplace, rsa_public_key: None, families, open_api: None, seller_api: None, receipts: None }
    }

    /// Plays it, then waits for the deliveries. `progress` hears the news.
    pub async fn play(self, progress: impl Fn(&News<'_>) + Send + Sync) -> Result<Report, SimulationError> {
        let Self { marketplace, rsa_public_key, families, open_api, seller_api, receipts } = self;
        let address = marketplace.address().to_owned();
        let answered = |step: &Step| progress(&News::Answered(step));
        let mut play = Play::new(marketplace, rsa_public_key, open_api, &answered);
        for family in families {
            family.play(&mut play).await?;
        }
        let (mut steps, told) = play.into_steps();
        let mut silence = None;
        if let Some(seller_api) = seller_api {
            let nobody = receipts.is_none() && open_api.is_none() && seller_api.is_on_this_machine();
            let untried = if nobody { PATIENCE_FOR_NOBODY } else { PATIENCE };
            match watch(seller_api, &told, untried, |event| progress(&News::Tried(event))).await {
                Ok(histories) => Judge { receipts, open_api }.attach(&mut steps, &told, &histories),
                Err(problem) if receipts.is_some() => return Err(problem.into()),
                Err(problem) => silence = Some(problem.to_string()),
            }
        }
        Ok(Report::new(address, steps, seller_api.is_some(), silence))
    }
}

impl Family {
    async fn play(self, play: &mut Play<'_>) -> Result<(), CallError> {
        match self {
            Self::Saas => {
                basic::life_of_an_instance(play).await?;
                basic::debug_calls(play).await?;
                basic::attacks(play).await
            }
            Self::OrderNotice => basic::order_notice(play).await,
            Self::Kit => kit::life_of_a_joint_product(play, Version::V2).await,
            Self::License => license::life_of_a_code(play).await,
            Self::OnlineLicense => license::life_of_an_entitlement(play).await,
            Self::SaasV1 => saas_v1::life_of_an_instance(play).await,
            Self::KitV1 => kit::life_of_a_joint_product(play, Version::V1).await,
            Self::LicenseV1 => license::life_of_a_retired_license(play).await,
        }
    }
}
