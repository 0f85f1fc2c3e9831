//! Warnings: what somebody has to look at before a deadline passes. Each is raised once, and stands until it is acknowledged or
//! until its cause is gone. A warning that is snoozed is raised once more when the time is over.

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::VariantArray;

use crate::model::about::About;
use crate::model::warning_id::WarningId;

/// Why there is a warning.
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
pub enum Cause {
    /// A newInstance was not accepted: KooGallery refunds the order three hours after the payment.
    PurchaseRefused,
    /// An instance waits for its provisioning for half an hour: KooGallery refunds within hours.
    ProvisioningWaits,
    /// Another call failed, and nothing heals it but "restart" (重新启动) in Seller Console.
    CallFailed,
    /// The seller's step of a supervised order waits for three days of five.
    SellerStep,
    /// It waits for four days.
    SellerStepUrgent,
    /// A need or a delivery was rejected for the second time.
    SecondRejection,
    /// The buyer has not accepted for three days.
    BuyerSilent,
    /// An accepted order is not completed after three hours.
    NotCompleted,
    /// A license was activated, and the step of its order could not be entered: a person has to enter it.
    ActivationNotEntered,
    /// A customer demand (客户需求) waits to be received for three days: KooGallery closes it after five.
    DemandWaits,
    /// A debug call fails, this day too: after five days KooGallery freezes the trade.
    ProbeFails,
    /// Three orders failed this month: after five, KooGallery freezes the trade.
    FailedOrders,
    /// The certificate of the production address ends soon, or is not accepted: KooGallery calls no address without a valid one.
    CertificateEnds,
    /// An expired instance is released in some days.
    RetentionEnds,
    /// An instance expires in 30, 7 or 1 days, and nobody renewed it.
    RenewalDue,
}

impl Cause {
    /// All of them, the most urgent first.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// What is to be raised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// Why.
    pub cause: Cause,
    /// Since when the cause is there: the same cause since another time is another warning.
    pub since: Timestamp,
    /// When to warn.
    pub at: Timestamp,
    /// When it is too late, if that is known.
    pub due_at: Option<Timestamp>,
}

impl WarningId {
    /// The id of a warning about something.
    #[must_use]
    pub fn of(cause: Cause, about: &About, since: Timestamp) -> Self {
        let digest = Sha256::digest(format!("{cause}\n{}\n{since}", about.partition()));
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self::of_digest(first)
    }
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Its id.
    pub warning_id: WarningId,
    /// Why.
    pub cause: Cause,
    /// What it is about.
    pub about: About,
    /// Since when the cause is there.
    pub since: Timestamp,
    /// When it is too late, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was raised last.
    pub raised_at: Timestamp,
    /// What else there is to say: a result code, a number. No personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Until when nobody wants to hear of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// Who acknowledged or snoozed it last, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// Since when it does not stand any more: it was acknowledged, or its cause is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// What a person said about a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    /// Who.
    pub by: Text<128>,
    /// When.
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<255>>,
}

impl Warning {
    /// A warning that is raised now.
    #[must_use]
    pub fn new(about: About, raise: &Raise, now: Timestamp) -> Self {
        let Raise { cause, since, due_at, .. } = raise.clone();
        Self {
            warning_id: WarningId::of(cause, &about, since),
            cause,
            about,
            since,
            due_at,
            raised_at: now,
            detail: None,
            snoozed_until: None,
            answered: None,
            ended_at: None,
        }
    }

    /// The same, with what else there is to say.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cause_has_the_same_id() {
        let order: About = "ORDER#CS1".parse().unwrap();
        let id = |cause, about: &About, since| WarningId::of(cause, about, Timestamp::from_millis(since));
        let one = id(Cause::SellerStep, &order, 1);
        assert_eq!(one, id(Cause::SellerStep, &order, 1));
        assert_eq!(one.as_str().parse(), Ok(one.clone()));
        for other in [
            id(Cause::SellerStepUrgent, &order, 1),
            id(Cause::SellerStep, &order, 2),
            id(Cause::SellerStep, &"ORDER#CS2".parse().unwrap(), 1),
        ] {
            assert_ne!(one, other);
        }
    }
}
