//! An instance: what an order line bought. Its life follows the rules of [`Lifecycle`].

use koogallery::{
    AppInfo, ExpireTime, InstanceId, InterfaceType, OrderId, OrderLineId, Reply, ResultCode, Timestamp, UsageInfo,
};
use serde::{Deserialize, Serialize};

use crate::model::lifecycle::{Lifecycle, Status};

/// One instance, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// Its id, named in the reply to newInstance.
    pub instance_id: InstanceId,
    /// The order that bought it.
    pub order_id: OrderId,
    /// The order line that bought it; V1.0 names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// Whose key bought it: a SaaS instance (`basic`) or a license entitlement (`license`).
    pub interface_type: InterfaceType,
    /// How the buyer reaches it; absent while it is provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<AppInfo>,
    /// Why it cannot be provisioned, where the application said so; a later success takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_failure: Option<ProvisioningFailure>,
    /// Whether the seller API said so, which stands over what an answer to `instance.created` says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told_by_seller_api: bool,
    /// What it has used so far, as the application told it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage_info: Vec<UsageInfo>,
    /// Whether V1.0 bought it, whose replies limit what an appInfo can hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub v1: bool,
    /// Fact: that the buyer has accepted it, where V1.0 told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// Online License: how many licenses were applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<u32>,
    /// What became of it.
    #[serde(flatten)]
    pub life: Lifecycle,
}

/// By which way the application said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// In its answer to `instance.created`.
    Answer,
    /// By the seller API.
    SellerApi,
}

/// The buyer's acceptance of a supervised product: V1.0 calls newInstance again then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// When the buyer accepted: billing starts.
    pub acceptance_time: ExpireTime,
    /// What is provisioned on acceptance, in KooGallery's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision_type: Option<String>,
    /// When the call that told it was signed.
    pub signed_at: Timestamp,
}

/// Why an instance cannot be provisioned, as newInstance and queryInstance answer from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisioningFailure {
    code: ResultCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl ProvisioningFailure {
    /// With one of newInstance's own codes, `000100` to `000107`; none for any other. The message is for the buyer.
    #[must_use]
    pub fn new(code: ResultCode, message: Option<&str>) -> Option<Self> {
        let own = ("000100"..="000107").contains(&code.as_str());
        let message = message.map(str::trim).filter(|message| !message.is_empty());
        own.then(|| Self { code, message: message.map(|message| message.chars().take(255).collect()) })
    }

    /// How KooGallery is told.
    #[must_use]
    pub fn reply(&self) -> Reply {
        self.message.as_ref().map_or_else(|| Reply::of(self.code), |message| Reply::refusal(self.code, message))
    }
}

impl Instance {
    /// Takes in how the buyer reaches it.
    pub fn provision(&mut self, app_info: AppInfo) {
        self.app_info = Some(app_info);
        self.provisioning_failure = None;
        self.settle();
    }

    /// Whether what stands was said by a weightier way.
    pub(crate) fn outweighs(&self, told_by: ToldBy) -> bool {
        self.told_by_seller_api && told_by == ToldBy::Answer
    }

    /// Derives its status from the facts.
    pub(crate) fn settle(&mut self) {
        self.life.settle(if self.app_info.is_some() { Status::Active } else { Status::Provisioning });
    }

    /// Forgets what is personal of it: how the buyer got in and where to look at the use may name a person, and so may
    /// what the application wrote.
    pub(crate) fn erase(&mut self, at: Timestamp) {
        self.app_info = None;
        self.usage_info.clear();
        if let Some(failure) = &mut self.provisioning_failure {
            failure.message = None;
        }
        self.life.erased_at = Some(at);
    }

    /// Takes in that the buyer accepted. The call that was signed last counts; of two signed at once, the later time.
    pub(crate) fn accept(&mut self, acceptance: &Acceptance) {
        let order = |acceptance: &Acceptance| (acceptance.signed_at, acceptance.acceptance_time);
        if self.acceptance.as_ref().is_none_or(|known| order(known) < order(acceptance)) {
            self.acceptance = Some(acceptance.clone());
        }
    }

    /// Whether the application has yet to say how the buyer reaches it, or why nobody can.
    #[must_use]
    pub fn awaits_provisioning(&self) -> bool {
        self.app_info.is_none() && self.provisioning_failure.is_none() && self.life.status != Status::Released
    }
}
