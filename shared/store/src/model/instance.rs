//! An instance: what an order line bought. Its life follows the rules of [`Lifecycle`].

use koogallery::{
    ExpireTime, InstanceId, InterfaceType, OrderId, OrderLineId, Reply, ResultCode, Timestamp, UsageInfo,
};
use serde::{Deserialize, Serialize};

use crate::model::kept_app_info::KeptAppInfo;
use crate::model::lifecycle::{Lifecycle, Status};

/// One instance, in its current state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools)] // each is a fact by itself
pub struct Instance {
    /// Its id: the reply to newInstance contains it.
    pub instance_id: InstanceId,
    /// The order that bought it.
    pub order_id: OrderId,
    /// The order line that bought it; none in V1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// The interface type whose key signed the purchase: a SaaS instance (`basic`) or one of Online License (`license`).
    pub interface_type: InterfaceType,
    /// The buyer's way in; none while it is being provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<KeptAppInfo>,
    /// Why it cannot be provisioned, if the application said so. A later success replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_failure: Option<ProvisioningFailure>,
    /// Whether this came through the seller API, which counts more than an answer to `instance.created`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told_by_seller_api: bool,
    /// What it has used so far, as the application reported it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_info: Vec<UsageInfo>,
    /// Whether records of its use came, so that queryInstance tells their sum where the application did not report another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub metered: bool,
    /// Whether the purchase came by V1.0, whose replies limit the lengths in an app info.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub v1: bool,
    /// Fact: the buyer's acceptance, if V1.0 reported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// Whether it was erased without ever having had a way in: afterwards nothing else tells that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub never_provisioned: bool,
    /// Online License: how many licenses were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<u32>,
    /// Its life.
    #[serde(flatten)]
    pub life: Lifecycle,
}

/// How something came that the buyer gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// In its answer to `instance.created`.
    Answer,
    /// Through the seller API.
    SellerApi,
    /// The application did not: the settings of its product say it.
    Settings,
}

/// The buyer's acceptance of a supervised product: V1.0 calls newInstance again then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// When the buyer accepted. Billing starts then.
    pub acceptance_time: ExpireTime,
    /// KooGallery's word for how the product is provisioned on acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision_type: Option<String>,
    /// When the call that reported it was signed.
    pub signed_at: Timestamp,
}

/// Why an instance cannot be provisioned. newInstance and queryInstance answer with it from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningFailure {
    code: ResultCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl ProvisioningFailure {
    /// Makes one from a code of newInstance, `000100` to `000107`. Returns none for any other code. The message is for the buyer.
    #[must_use]
    pub fn new(code: ResultCode, message: Option<&str>) -> Option<Self> {
        let own = ("000100"..="000107").contains(&code.as_str());
        let message = message.map(str::trim).filter(|message| !message.is_empty());
        own.then(|| Self { code, message: message.map(|message| message.chars().take(255).collect()) })
    }

    /// The reply to KooGallery.
    #[must_use]
    pub fn reply(&self) -> Reply {
        self.message.as_ref().map_or_else(|| Reply::of(self.code), |message| Reply::refusal(self.code, message))
    }
}

impl Instance {
    /// Takes in the buyer's way in.
    pub fn provision(&mut self, app_info: KeptAppInfo) {
        self.app_info = Some(app_info);
        self.provisioning_failure = None;
        self.settle();
    }

    /// Whether the current value came in a way that counts more.
    pub(crate) fn outweighs(&self, told_by: ToldBy) -> bool {
        match told_by {
            ToldBy::SellerApi => false,
            ToldBy::Answer => self.told_by_seller_api,
            // Settings only fill in what is not there.
            ToldBy::Settings => true,
        }
    }

    /// Derives its status from the facts.
    pub(crate) fn settle(&mut self) {
        self.life.settle(if self.app_info.is_some() { Status::Active } else { Status::Provisioning });
    }

    /// Removes its personal data: the buyer's way in, the address that shows the use, and the application's own text may name
    /// a person.
    pub(crate) fn erase(&mut self, at: Timestamp) {
        self.never_provisioned = self.app_info.is_none();
        self.app_info = None;
        self.usage_info.clear();
        if let Some(failure) = &mut self.provisioning_failure {
            failure.message = None;
        }
        self.life.erased_at = Some(at);
    }

    /// Takes in that the buyer accepted. The call that was signed last counts; of two signed at the same time, the later
    /// acceptance time.
    pub(crate) fn accept(&mut self, acceptance: &Acceptance) {
        let order = |acceptance: &Acceptance| (acceptance.signed_at, acceptance.acceptance_time);
        if self.acceptance.as_ref().is_none_or(|known| order(known) < order(acceptance)) {
            self.acceptance = Some(acceptance.clone());
        }
    }

    /// When it was released without newInstance ever having been answered with success; none if it was, or if nobody knows.
    #[must_use]
    pub fn gone_unprovisioned(&self) -> Option<Timestamp> {
        let never = if self.life.erased_at.is_some() { self.never_provisioned } else { self.app_info.is_none() };
        self.life.released_at.filter(|_| never)
    }

    /// Whether the application has still to send the buyer's way in, or the reason why there is none.
    #[must_use]
    pub fn awaits_provisioning(&self) -> bool {
        self.app_info.is_none() && self.provisioning_failure.is_none() && self.life.status != Status::Released
    }
}
