//! The flows of service supervision: which one a product has, and how its stages follow one another.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::model::orders::party::Party;
use crate::model::orders::step::StepKind;

/// Which flow the supervision of a product follows. Seller Console shows it; no callback tells it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Flow {
    /// The buyer submits the need, the seller confirms it and delivers, the buyer accepts.
    Standard,
    /// The same, and Huawei checks the acceptance report before the buyer accepts: joint orders of some tracks.
    StandardRechecked,
    /// License 2.0: the buyer takes the code, the seller activates it and delivers the proof, the buyer accepts.
    License,
    /// Hardware: the seller ships, the buyer receives.
    Hardware,
    /// A software package: the buyer only confirms.
    Package,
    /// Steps of the seller's own names: for flows whose steps KooGallery does not publish, such as that of building a website (建站服务流).
    Free,
}

impl Flow {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Where an order begins.
    #[must_use]
    pub const fn first(self) -> Stage {
        match self {
            Self::Standard | Self::StandardRechecked => Stage::AwaitsNeed,
            Self::License => Stage::AwaitsCode,
            Self::Hardware => Stage::AwaitsShipment,
            Self::Package => Stage::AwaitsAcceptance,
            Self::Free => Stage::AtWork,
        }
    }

    /// The stage after a step; none if the step does not follow there.
    #[must_use]
    pub const fn after(self, stage: Stage, step: StepKind) -> Option<Stage> {
        Some(match (self, stage, step) {
            (_, Stage::AwaitsNeed, StepKind::NeedSubmitted) => Stage::AwaitsConfirmation,
            (_, Stage::AwaitsConfirmation, StepKind::NeedConfirmed)
            | (_, Stage::AwaitsRecheck, StepKind::RecheckFailed) => Stage::AwaitsDelivery,
            (_, Stage::AwaitsConfirmation, StepKind::NeedRejected) => Stage::AwaitsNeed,
            (Self::StandardRechecked, Stage::AwaitsDelivery, StepKind::Delivered) => Stage::AwaitsRecheck,
            (_, Stage::AwaitsDelivery, StepKind::Delivered)
            | (_, Stage::AwaitsRecheck, StepKind::RecheckPassed)
            | (_, Stage::AwaitsCode | Stage::AwaitsActivation, StepKind::Activated)
            | (Self::Free, Stage::AtWork, StepKind::Delivered) => Stage::AwaitsAcceptance,
            (_, Stage::AwaitsCode, StepKind::CodeTaken) => Stage::AwaitsActivation,
            (_, Stage::AwaitsShipment, StepKind::Shipped) => Stage::AwaitsReceipt,
            (_, Stage::AwaitsAcceptance | Stage::AwaitsReceipt, StepKind::Accepted)
            | (Self::Free, Stage::AtWork, StepKind::Accepted) => Stage::AwaitsCompletion,
            (_, Stage::AwaitsAcceptance | Stage::AwaitsReceipt, StepKind::DeliveryRejected) => match self {
                Self::Standard | Self::StandardRechecked => Stage::AwaitsDelivery,
                Self::License => Stage::AwaitsActivation,
                Self::Hardware => Stage::AwaitsShipment,
                Self::Package => Stage::AwaitsAcceptance,
                Self::Free => Stage::AtWork,
            },
            (Self::Free, Stage::AtWork, StepKind::Named) => Stage::AtWork,
            (_, Stage::AwaitsCompletion, StepKind::Completed) | (Self::Free, Stage::AtWork, StepKind::Completed) => {
                Stage::Completed
            }
            _ => return None,
        })
    }
}

/// Where the supervision of an order stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Stage {
    /// The buyer has to submit the need.
    AwaitsNeed,
    /// The seller has to confirm or reject it (确认需求/驳回).
    AwaitsConfirmation,
    /// The seller has to deliver (实施服务 or 开通交付).
    AwaitsDelivery,
    /// Huawei has to check the acceptance report.
    AwaitsRecheck,
    /// The buyer has to accept or reject.
    AwaitsAcceptance,
    /// The buyer has to take the code.
    AwaitsCode,
    /// The seller has to activate the license.
    AwaitsActivation,
    /// The seller has to ship.
    AwaitsShipment,
    /// The buyer has to receive.
    AwaitsReceipt,
    /// A flow of free steps: the last step says who has to act.
    AtWork,
    /// The buyer accepted: KooGallery completes the order within three hours.
    AwaitsCompletion,
    /// The order is completed (已完成).
    Completed,
    /// The order was refunded before it was completed.
    Refunded,
}

impl Stage {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether nothing more happens.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Refunded)
    }

    /// Who has to act; none if the stage alone does not say so.
    #[must_use]
    pub const fn waits_for(self) -> Option<Party> {
        match self {
            Self::AwaitsNeed | Self::AwaitsAcceptance | Self::AwaitsCode | Self::AwaitsReceipt => Some(Party::Buyer),
            Self::AwaitsConfirmation | Self::AwaitsDelivery | Self::AwaitsActivation | Self::AwaitsShipment => {
                Some(Party::Seller)
            }
            Self::AwaitsRecheck | Self::AwaitsCompletion => Some(Party::Koogallery),
            Self::AtWork | Self::Completed | Self::Refunded => None,
        }
    }
}
