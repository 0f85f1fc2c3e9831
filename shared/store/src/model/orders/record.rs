//! All that is known of an order, and what follows from it: its state in KooGallery's words, with the evidence.
//!
//! No call tells an order's state. It is derived where the evidence allows only one, and unknown otherwise: never guessed.

use koogallery::{OrderId, ResultCode, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::failed_call::FailedCall;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::Status;
use crate::model::orders::amount::OrderAmount;
use crate::model::orders::flow::Stage;
use crate::model::orders::reported::{ListedOrder, OrderKind};
use crate::model::orders::step::{Step, StepKind};
use crate::model::orders::supervision::{Standing, Supervision};

/// The state of an order in Seller Console.
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
pub enum OrderState {
    /// 待付款.
    AwaitingPayment,
    /// 处理中: paid, and not delivered or not accepted yet.
    Processing,
    /// 已取消: it was never paid.
    Cancelled,
    /// 已完成: the whole course is done.
    Completed,
}

impl OrderState {
    /// KooGallery's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "待付款",
            Self::Processing => "处理中",
            Self::Cancelled => "已取消",
            Self::Completed => "已完成",
        }
    }
}

/// Why an order is taken to be in its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The supervision stands there.
    Supervision {
        /// The stage.
        stage: Stage,
        /// Since when.
        since: Timestamp,
    },
    /// newInstance was answered with success.
    Provisioned {
        /// When the call was signed.
        at: Timestamp,
    },
    /// newInstance was accepted, and the application has not provisioned yet.
    ProvisioningWaits {
        /// Since when.
        since: Timestamp,
    },
    /// The application says that it cannot provision.
    ProvisioningFailed {
        /// When the order was paid.
        since: Timestamp,
    },
    /// Its instance was released, and newInstance was never answered with success: KooGallery refunds such an order.
    NeverProvisioned {
        /// When it was released.
        at: Timestamp,
    },
    /// A later order's call was taken: a renewal, an upgrade, a refunded renewal.
    Taken {
        /// What the order did.
        kind: OrderKind,
        /// When the call was signed.
        at: Timestamp,
    },
    /// A release named it: it refunded what another order bought.
    Released {
        /// When.
        at: Timestamp,
    },
    /// Its call was refused, and was not answered well since.
    Refused {
        /// The callback.
        callback: String,
        /// The answer.
        code: ResultCode,
        /// Since when.
        since: Timestamp,
    },
    /// An order notice says that it was paid; nothing says whether it was delivered.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// Only the order query knows it.
    Queried,
    /// Nothing is known.
    Nothing,
}

/// All that is known of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRecord {
    /// Its id.
    pub order_id: OrderId,
    /// What callbacks reported, in the order of signing.
    pub reports: Vec<ListedOrder>,
    /// What its lines are worth.
    pub amounts: Vec<OrderAmount>,
    /// Its supervision, as people entered it.
    pub supervision: Option<Supervision>,
    /// Its calls that failed.
    pub failed_calls: Vec<FailedCall>,
    /// The instances that it bought or changed.
    pub instances: Vec<Instance>,
    /// The license codes that it changed.
    pub licenses: Vec<License>,
}

impl OrderRecord {
    pub(crate) const fn of(order_id: OrderId) -> Self {
        Self {
            order_id,
            reports: Vec::new(),
            amounts: Vec::new(),
            supervision: None,
            failed_calls: Vec::new(),
            instances: Vec::new(),
            licenses: Vec::new(),
        }
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::of(self.order_id.clone())
    }

    /// Whether all that it bought was released: nothing can be done for its buyer any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let mut bought = self.instances.iter().filter(|instance| instance.order_id == self.order_id).peekable();
        bought.peek().is_some() && bought.all(|instance| instance.life.status == Status::Released)
    }

    /// Where the supervision stands, with the facts that callbacks told.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        Some(self.supervision.as_ref()?.standing(&self.told_steps()))
    }

    /// The supervision with the facts that callbacks told.
    #[must_use]
    pub fn whole_supervision(&self) -> Option<Supervision> {
        Some(self.supervision.as_ref()?.with(&self.told_steps()))
    }

    /// What an instance that this order bought says about the supervision.
    pub(crate) fn told_steps(&self) -> Vec<Step> {
        let bought: Vec<&Instance> =
            self.instances.iter().filter(|instance| instance.order_id == self.order_id).collect();
        let accepted = bought.iter().filter_map(|instance| instance.acceptance.as_ref());
        let accepted = accepted.map(|told| Step::told(StepKind::Accepted, told.acceptance_time.timestamp()));
        let mut told: Vec<Step> = accepted.min_by_key(|step| step.at).into_iter().collect();
        let released = bought.iter().map(|instance| instance.life.released_at);
        // A release before the completion is the end of a refund; one after it has nothing to do with the supervision.
        if !bought.is_empty()
            && let Some(Some(at)) = released.collect::<Option<Vec<_>>>().map(|all| all.into_iter().max())
        {
            told.push(Step::told(StepKind::Refunded, at));
        }
        told
    }

    /// Its state, if the evidence allows only one; and the evidence.
    #[must_use]
    pub fn state(&self) -> (Option<OrderState>, Evidence) {
        if let Some(Standing { stage, since, .. }) = self.standing() {
            let state = match stage {
                Stage::Completed => Some(OrderState::Completed),
                Stage::Refunded => None,
                _ => Some(OrderState::Processing),
            };
            return (state, Evidence::Supervision { stage, since });
        }
        if let Some(found) = self.purchase() {
            return found;
        }
        let later =
            self.reports.iter().rev().find(|report| matches!(report.kind, OrderKind::Refresh(_) | OrderKind::Upgrade));
        if let Some(ListedOrder { kind, signed_at, .. }) = later {
            return (Some(OrderState::Completed), Evidence::Taken { kind: *kind, at: *signed_at });
        }
        if let Some(failed) = self.failed_calls.iter().max_by_key(|failed| failed.last_at) {
            let FailedCall { callback, result_code, first_at, .. } = failed;
            let (callback, since) = (callback.clone(), *first_at);
            return (None, Evidence::Refused { callback, code: *result_code, since });
        }
        let lives = self.instances.iter().map(|instance| &instance.life);
        let lives = lives.chain(self.licenses.iter().map(|license| &license.life));
        if let Some(at) = lives.filter_map(|life| life.released_at).max() {
            return (Some(OrderState::Completed), Evidence::Released { at });
        }
        match self.reports.first() {
            Some(notice) => (None, Evidence::Paid { at: notice.signed_at }),
            None if self.amounts.is_empty() => (None, Evidence::Nothing),
            None => (None, Evidence::Queried),
        }
    }

    /// The same of an order that bought instances.
    fn purchase(&self) -> Option<(Option<OrderState>, Evidence)> {
        let purchase = self.reports.iter().find(|report| report.kind == OrderKind::Purchase)?;
        let bought = || self.instances.iter().filter(|instance| instance.order_id == self.order_id);
        let since = purchase.signed_at;
        if bought().any(|instance| instance.provisioning_failure.is_some()) {
            return Some((None, Evidence::ProvisioningFailed { since }));
        }
        let gone: Option<Vec<Timestamp>> = bought().map(Instance::gone_unprovisioned).collect();
        if let Some(at) = gone.and_then(|gone| gone.into_iter().max()) {
            return Some((None, Evidence::NeverProvisioned { at }));
        }
        if bought().any(|instance| instance.life.status == Status::Provisioning) {
            return Some((Some(OrderState::Processing), Evidence::ProvisioningWaits { since }));
        }
        Some((Some(OrderState::Completed), Evidence::Provisioned { at: since }))
    }
}
