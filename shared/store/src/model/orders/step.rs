//! What happens to a supervised order: entered by a person, or told by a callback.

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::model::orders::party::Party;

/// What happened.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
pub enum StepKind {
    /// The buyer submitted the need.
    NeedSubmitted,
    /// The seller confirmed it (确认需求).
    NeedConfirmed,
    /// The seller rejected it (驳回).
    NeedRejected,
    /// The buyer took the license code. From then on there is no negotiated refund.
    CodeTaken,
    /// The license was activated. The service starts then.
    Activated,
    /// The seller shipped the hardware.
    Shipped,
    /// The seller delivered: the result and the documents are submitted for acceptance.
    Delivered,
    /// Huawei's check of the acceptance report was passed.
    RecheckPassed,
    /// It was not passed.
    RecheckFailed,
    /// The buyer rejected the delivery.
    DeliveryRejected,
    /// The buyer accepted, or received the hardware.
    Accepted,
    /// The order is completed (已完成).
    Completed,
    /// A step of a flow of free steps.
    Named,
    /// The buyer or the seller appealed (申诉), which is possible at any stage.
    Appealed,
    /// Huawei's operations decided about the appeal.
    AppealDecided,
    /// A refund was agreed and done.
    Refunded,
}

impl StepKind {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What happened.
    pub kind: StepKind,
    /// When it happened.
    pub at: Timestamp,
    /// 服务实际开通时间: since when the buyer really uses the product. With `delivered` and `activated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_started_at: Option<Timestamp>,
    /// What a free step is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<64>>,
    /// Who has to act after a free step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Party>,
    /// Who appealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appealed_by: Option<Party>,
    /// What else there is to say: why a need or a delivery was rejected. Write no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<255>>,
    /// How it is known.
    pub source: StepSource,
}

/// How a step is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepSource {
    /// A callback told it, or this deployment did it itself. Nobody can refuse it.
    Told,
    /// A person entered it.
    Entered {
        /// Who.
        by: Text<128>,
        /// When.
        at: Timestamp,
    },
}

impl Step {
    /// A step that a callback told, or that this deployment did itself.
    #[must_use]
    pub const fn told(kind: StepKind, at: Timestamp) -> Self {
        Self::new(kind, at, StepSource::Told)
    }

    /// A step without further members.
    #[must_use]
    pub const fn new(kind: StepKind, at: Timestamp, source: StepSource) -> Self {
        Self { kind, at, service_started_at: None, name: None, waits_for: None, appealed_by: None, note: None, source }
    }

    pub(crate) const fn is_told(&self) -> bool {
        matches!(self.source, StepSource::Told)
    }

    /// Whether it says the same as another step, whoever entered it, and when.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.kind, self.at, &self.name) == (other.kind, other.at, &other.name)
    }

    /// Steps stand in the order of their times. Of those at the same time, the one that comes earlier in a flow is first.
    pub(crate) fn place(&self) -> (Timestamp, StepKind, Option<&str>) {
        (self.at, self.kind, self.name.as_ref().map(Text::as_str))
    }
}
