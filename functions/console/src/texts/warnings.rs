//! Warnings: why each is there, and what people say about it.

use koogallery_runtime::Language;
use koogallery_store::Cause;

use super::either::either;
use super::texts;

texts! {
    /// What the pages of warnings say.
    Warnings {
        Title: "预警", "Warnings";
        One: "预警", "Warning";
        Cause: "原因", "Cause";
        About: "对象", "About";
        Detail: "详情", "Detail";
        Raised: "预警时间", "Raised";
        State: "状态", "State";
        Stands: "未处理", "stands";
        Snoozed: "推迟到 {}", "snoozed until {}";
        Ended: "已于 {} 结束", "ended on {}";
        AnsweredBy: "{} 于 {}：{}", "{} on {}: {}";
        Answered: "最近的处理", "Last answer";
        SnoozeFor: "推迟多久", "For how long";
        OneHour: "1 小时", "1 hour";
        FourHours: "4 小时", "4 hours";
        OneDay: "1 天", "1 day";
        ThreeDays: "3 天", "3 days";
        OneWeek: "1 周", "1 week";
    }
}

/// Why there is a warning.
pub(crate) const fn cause(language: Language, cause: Cause) -> &'static str {
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
