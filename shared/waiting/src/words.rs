//! Words in Chinese and in English, for what the store and the comparison name: why there is a warning, what was found.

use std::fmt::Display;

use koogallery_runtime::Language;
use koogallery_statements::{Due, Kind, Reason};
use koogallery_store::{Cause, Stage};

/// The one of two texts in this language.
#[must_use]
pub const fn either(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Chinese => zh,
        Language::English => en,
    }
}

/// A text with values in the places of its `{}`, in their order.
#[must_use]
pub fn filled(text: &str, values: &[&dyn Display]) -> String {
    let mut parts = text.split("{}");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        if let Some(value) = values.get(place) {
            whole += &value.to_string();
        }
        whole += part;
    }
    whole
}

/// What a row of a statement is called that names no order.
#[must_use]
pub const fn rowless(language: Language) -> &'static str {
    either(language, "没有订单的行", "a row that names no order")
}

/// Why there is a warning.
#[must_use]
pub const fn cause(language: Language, cause: Cause) -> &'static str {
    let (zh, en) = match cause {
        Cause::PurchaseRefused => ("购买被拒绝；云商店将退款", "a purchase was refused, and KooGallery will refund it"),
        Cause::ProvisioningWaits => {
            ("实例等待开通；云商店将退款", "an instance waits for its app info, and KooGallery will refund it")
        }
        Cause::CallFailed => {
            ("调用失败；请在卖家中心点击“重新启动”", "a call failed: only “restart” in Seller Console heals it")
        }
        Cause::SellerStep => {
            ("监管步骤等待商家已 3 天", "the seller's step of a supervised order waits for three days")
        }
        Cause::SellerStepUrgent => {
            ("监管步骤等待商家已 4 天", "the seller's step of a supervised order waits for four days")
        }
        Cause::SecondRejection => ("第二次被驳回", "a need or a delivery was rejected for the second time"),
        Cause::BuyerSilent => ("买家 3 天未验收", "the buyer has not accepted for three days"),
        Cause::NotCompleted => ("已验收的订单尚未完成", "an accepted order is not completed"),
        Cause::ActivationNotEntered => (
            "授权码已激活，订单的激活步骤未能录入：请录入",
            "a license was activated, and the step of its order could not be entered: enter it",
        ),
        Cause::DemandWaits => ("客户需求等待接收", "a customer demand waits to be received"),
        Cause::ProbeFails => {
            ("调试调用失败；五天后冻结交易", "a debug call fails: after five days the trade is frozen")
        }
        Cause::FailedOrders => {
            ("本月失败订单过多；超过五笔冻结交易", "too many orders failed this month: after five the trade is frozen")
        }
        Cause::CertificateEnds => (
            "生产地址的证书即将到期或不被接受；之后云商店的调用全部失败",
            "the certificate of the production address ends, or is not accepted: then all calls of KooGallery fail",
        ),
        Cause::RetentionEnds => ("到期的实例即将释放", "an expired instance will be released"),
        Cause::RenewalDue => ("实例即将到期，尚未续费", "an instance is about to expire, and is not renewed"),
    };
    either(language, zh, en)
}

/// Where a supervision stands.
#[must_use]
pub const fn stage(language: Language, stage: Stage) -> &'static str {
    let (zh, en) = match stage {
        Stage::AwaitsNeed => ("待提交需求", "awaits the need"),
        Stage::AwaitsConfirmation => ("待确认需求", "awaits confirmation"),
        Stage::AwaitsDelivery => ("待交付", "awaits delivery"),
        Stage::AwaitsRecheck => ("待复核", "awaits the recheck"),
        Stage::AwaitsAcceptance => ("待验收", "awaits acceptance"),
        Stage::AwaitsCode => ("待领取授权码", "awaits the taking of the code"),
        Stage::AwaitsActivation => ("待激活", "awaits activation"),
        Stage::AwaitsShipment => ("待发货", "awaits shipment"),
        Stage::AwaitsReceipt => ("待收货", "awaits receipt"),
        Stage::AtWork => ("进行中", "at work"),
        Stage::AwaitsCompletion => ("待完成", "awaits completion"),
        Stage::Completed => ("已完成", "completed"),
        Stage::Refunded => ("已退订", "refunded"),
    };
    either(language, zh, en)
}

/// What was found.
#[must_use]
pub const fn finding(language: Language, kind: Kind) -> &'static str {
    let (zh, en) = match kind {
        Kind::Matched => ("一致", "order and statement agree"),
        Kind::AmountDiffers => ("金额不一致", "the amount differs"),
        Kind::InStatementOnly => ("只在账单中", "only in the statement"),
        Kind::NotDueYet(reason) => not_due(reason),
        Kind::NoStatement => ("没有该月账单", "no statement of its month was given"),
        Kind::Overdue(Due::Bill) => ("应出账而未出账", "it should be in a bill"),
        Kind::Overdue(Due::Refund) => ("退订应出账而未出账", "the refund should be in a bill"),
        Kind::Overdue(Due::Payment) => ("账单应付款而未付款", "the bill should be paid"),
        Kind::RefundedButActive => ("已退订而实例仍可用", "it was refunded, and its instance is active"),
        Kind::ActiveButUnpaid => ("客户未付款而实例仍可用", "the customer has not paid, and the instance is active"),
        Kind::ReleasedButBilled => ("释放之后仍计费", "it is billed for a time after its release"),
        Kind::UsageDiffers => ("用量不一致", "the usage differs"),
        Kind::Duplicate => ("重复", "it is there more often than it was ordered"),
    };
    either(language, zh, en)
}

const fn not_due(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::NotAccepted => ("未到期：尚未验收", "not due yet: not accepted"),
        Reason::AcceptanceUnknown => ("未到期：不知是否验收", "not due yet: nobody knows whether it was accepted"),
        Reason::NotRepaid => ("未到期：客户尚未还款", "not due yet: the customer has not repaid"),
        Reason::NotInEffect => ("未到期：尚未生效", "not due yet: not in effect"),
        Reason::EffectUnknown => ("未到期：不知何时生效", "not due yet: nobody knows from when on it is in effect"),
        Reason::BillNotOut => ("未到期：账单尚未出", "not due yet: the bill is not out"),
        Reason::BelowThreshold => ("未到期：未达起结金额", "not due yet: below the least amount of a bill"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        assert_eq!(filled("a {} b {}", &[&1, &"x"]), "a 1 b x");
        assert_eq!(filled("none", &[&1]), "none");
        assert_eq!(filled("{}", &[]), "");
    }
}
