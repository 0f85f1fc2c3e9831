//! The state of an order in KooGallery's words, and why it is taken to be that: in answers, and as a filter.

use koogallery_store::{Evidence, OrderKind, OrderRecord, OrderState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::words;

/// The state of an order in Seller Console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StateWord {
    /// 待付款. No call tells an order that is not paid, so no evidence leads here.
    AwaitingPayment,
    /// 处理中: paid, and not delivered or not accepted yet.
    Processing,
    /// 已取消. No call tells it, so no evidence leads here.
    Cancelled,
    /// 已完成: the whole course is done.
    Completed,
    /// The evidence allows more than one.
    Unknown,
}

impl From<Option<OrderState>> for StateWord {
    fn from(state: Option<OrderState>) -> Self {
        match state {
            Some(OrderState::AwaitingPayment) => Self::AwaitingPayment,
            Some(OrderState::Processing) => Self::Processing,
            Some(OrderState::Cancelled) => Self::Cancelled,
            Some(OrderState::Completed) => Self::Completed,
            None => Self::Unknown,
        }
    }
}

/// What an order did.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OrderWord {
    /// It bought an instance.
    Purchase,
    /// It was paid, as an order notice says.
    Notice,
    /// It moved the expiry of an instance or a license code.
    Refresh,
    /// It changed specification or quantity of an instance.
    Upgrade,
}

impl From<OrderKind> for OrderWord {
    fn from(kind: OrderKind) -> Self {
        match kind {
            OrderKind::Purchase => Self::Purchase,
            OrderKind::Notice => Self::Notice,
            OrderKind::Refresh(_) => Self::Refresh,
            OrderKind::Upgrade => Self::Upgrade,
        }
    }
}

/// What a state follows from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum EvidenceWord {
    /// The supervision stands in `stage`.
    Supervision,
    /// newInstance was answered with success.
    Provisioned,
    /// newInstance was accepted, and your application has not provisioned yet.
    ProvisioningWaits,
    /// Your application said that it cannot provision.
    ProvisioningFailed,
    /// Its instance was released, and newInstance was never answered with success.
    NeverProvisioned,
    /// The call of a later order was taken.
    Taken,
    /// A release named it: it refunded what another order bought.
    Released,
    /// Its call was refused, and was not answered well since.
    Refused,
    /// An order notice says that it was paid; nothing says whether it was delivered.
    Paid,
    /// Only the order query knows it.
    Queried,
    /// Nothing says anything about it.
    Nothing,
}

/// The state of an order, if the evidence allows only one; and the evidence. It is never guessed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderStateOf, examples(json!({
    "state": "completed", "word": "已完成", "evidence": "provisioned", "since": "2025-12-01T00:00:00.000Z",
})))]
pub(crate) struct StateView {
    /// The state.
    state: StateWord,
    /// KooGallery's word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<&'static str>,
    /// What it follows from.
    evidence: EvidenceWord,
    /// Since when that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The stage of the supervision.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::stage)]
    stage: Option<&'static str>,
    /// What the later order did.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<OrderWord>,
    /// The callback that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    /// The answer to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_code: Option<String>,
}

impl StateView {
    pub(crate) fn of(record: &OrderRecord) -> Self {
        let (state, evidence) = record.state();
        let of = |evidence| Self {
            state: state.into(),
            word: state.map(OrderState::word),
            evidence,
            since: None,
            stage: None,
            kind: None,
            callback: None,
            result_code: None,
        };
        let since = |word, at: koogallery::Timestamp| Self { since: Some(at.to_rfc_3339()), ..of(word) };
        match evidence {
            Evidence::Supervision { stage, since: at } => {
                Self { stage: Some(stage.into()), ..since(EvidenceWord::Supervision, at) }
            }
            Evidence::Provisioned { at } => since(EvidenceWord::Provisioned, at),
            Evidence::ProvisioningWaits { since: at } => since(EvidenceWord::ProvisioningWaits, at),
            Evidence::ProvisioningFailed { since: at } => since(EvidenceWord::ProvisioningFailed, at),
            Evidence::NeverProvisioned { at } => since(EvidenceWord::NeverProvisioned, at),
            Evidence::Taken { kind, at } => Self { kind: Some(kind.into()), ..since(EvidenceWord::Taken, at) },
            Evidence::Released { at } => since(EvidenceWord::Released, at),
            Evidence::Refused { callback, code, since: at } => Self {
                callback: Some(callback),
                result_code: Some(code.to_string()),
                ..since(EvidenceWord::Refused, at)
            },
            Evidence::Paid { at } => since(EvidenceWord::Paid, at),
            Evidence::Queried => of(EvidenceWord::Queried),
            Evidence::Nothing => of(EvidenceWord::Nothing),
        }
    }

    pub(crate) const fn state(&self) -> StateWord {
        self.state
    }
}
