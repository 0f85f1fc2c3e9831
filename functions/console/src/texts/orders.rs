//! Orders after the payment: their state, their supervision, customer demands.

use koogallery_runtime::Language;
use koogallery_store::{DemandState, Evidence, Flow, OrderState, Party, StepKind};
use koogallery_waiting::either;

use super::texts;

texts! {
    /// What the pages of orders, supervision and demands say.
    Orders {
        State: "状态", "State";
        Evidence: "依据", "It follows from";
        Unknown: "未知", "unknown";
        Reports: "云商店的通知", "What KooGallery reported";
        Amounts: "金额（查询订单给出）", "Amounts, as the order query told them";
        Line: "订单行", "Line";
        OrderType: "订单类型", "Type";
        Ordered: "下单时间", "Ordered";
        ListPrice: "折扣前", "Before discount";
        Deal: "成交金额", "Deal";
        Period: "周期", "Period";
        Things: "购买或变更的对象", "What it bought or changed";
        FailedCalls: "失败的调用", "Calls that failed";
        Times: "次数", "Times";
        First: "首次", "First";
        Last: "最近", "Last";
        Warnings: "预警", "Warnings";
        Supervision: "服务监管", "Supervision";
        NotSupervised: "此订单未纳入监管。", "This order is not supervised.";
        Flow: "流程", "Flow";
        Stage: "阶段", "Stage";
        WaitsFor: "等待", "Waits for";
        Since: "开始时间", "Since";
        Due: "截止时间", "Deadline";
        Opened: "付款时间", "Paid";
        ServiceStarted: "服务实际开通时间", "Service started";
        Accepted: "验收时间", "Accepted";
        Completed: "完成时间", "Completed";
        Appealed: "申诉自", "Appeal since";
        Rejections: "驳回次数", "Rejections";
        Steps: "步骤", "Steps";
        Step: "步骤", "Step";
        When: "时间", "When";
        EnteredBy: "录入人", "Entered by";
        Told: "接口调用", "a call";
        Note: "备注", "Note";
        Counts: "是否计入", "Counts";
        Overtaken: "否：被接口通知的事实取代", "no: what a call told made it impossible";
        Yes: "是", "yes";
        Supervised: "受监管的订单", "Supervised orders";
        Demands: "客户需求", "Customer demands";
        Demand: "客户需求", "Customer demand";
        Number: "编号", "Number";
        Submitted: "提交时间", "Submitted";
        Offer: "专属优惠", "Private offer";
        Price: "价格", "Price";
        Customer: "客户标识", "Customer's id";
        CustomerHidden: "客户标识不显示；带 personal-data 权限的令牌可通过商家接口读取。", "The customer's id is not shown: a token with the scope personal-data reads it by the seller API.";
        Order: "订单", "Order";
    }
}

/// The state of an order: KooGallery's word in Chinese.
pub(crate) const fn order_state(language: Language, state: OrderState) -> &'static str {
    let en = match state {
        OrderState::AwaitingPayment => "awaiting payment",
        OrderState::Processing => "processing",
        OrderState::Cancelled => "cancelled",
        OrderState::Completed => "completed",
    };
    either(language, state.word(), en)
}

/// What the state of an order follows from.
pub(crate) const fn evidence(language: Language, evidence: &Evidence) -> &'static str {
    let (zh, en) = match evidence {
        Evidence::Supervision { .. } => ("服务监管的阶段", "the stage of its supervision"),
        Evidence::Provisioned { .. } => ("newInstance 已成功应答", "newInstance was answered with success"),
        Evidence::ProvisioningWaits { .. } => ("实例等待开通", "its instance waits for the app info"),
        Evidence::ProvisioningFailed { .. } => {
            ("应用无法开通，云商店可能已退款", "the application could not provision: KooGallery may have refunded it")
        }
        Evidence::NeverProvisioned { .. } => (
            "释放之前 newInstance 从未成功应答，云商店已退款",
            "newInstance was never answered with success before the release: KooGallery refunded it",
        ),
        Evidence::Taken { .. } => ("续费、升级或退订的调用已被接受", "the call of a later order was taken"),
        Evidence::Released { .. } => ("释放时指明它是退订订单", "a release named it as the refund"),
        Evidence::Refused { .. } => {
            ("它的调用被拒绝，此后没有成功", "its call was refused, and not answered well since")
        }
        Evidence::Paid { .. } => {
            ("只有订单通知提到它", "only an order notice names it: nothing says whether it was delivered")
        }
        Evidence::Queried => ("只有查询订单知道它", "only the order query knows it"),
        Evidence::Nothing => ("没有依据", "nothing says anything about it"),
    };
    either(language, zh, en)
}

/// A flow of supervision.
pub(crate) const fn flow(language: Language, flow: Flow) -> &'static str {
    let (zh, en) = match flow {
        Flow::Standard => ("标准", "standard"),
        Flow::StandardRechecked => ("标准，华为复核", "standard, rechecked by Huawei"),
        Flow::License => ("License", "license"),
        Flow::Hardware => ("硬件", "hardware"),
        Flow::Package => ("软件包", "package"),
        Flow::Free => ("自定义步骤", "free steps"),
    };
    either(language, zh, en)
}

/// Who has to act.
pub(crate) const fn party(language: Language, party: Party) -> &'static str {
    let (zh, en) = match party {
        Party::Buyer => ("买家", "the buyer"),
        Party::Seller => ("商家", "the seller"),
        Party::Koogallery => ("云商店", "KooGallery"),
    };
    either(language, zh, en)
}

/// What happened to a supervised order.
pub(crate) const fn step(language: Language, step: StepKind) -> &'static str {
    let (zh, en) = match step {
        StepKind::NeedSubmitted => ("买家提交需求", "the buyer submitted the need"),
        StepKind::NeedConfirmed => ("确认需求", "the need was confirmed"),
        StepKind::NeedRejected => ("驳回需求", "the need was rejected"),
        StepKind::CodeTaken => ("买家领取授权码", "the buyer took the code"),
        StepKind::Activated => ("License 已激活", "the license was activated"),
        StepKind::Shipped => ("已发货", "it was shipped"),
        StepKind::Delivered => ("已交付", "it was delivered"),
        StepKind::RecheckPassed => ("复核通过", "the recheck was passed"),
        StepKind::RecheckFailed => ("复核未通过", "the recheck was not passed"),
        StepKind::DeliveryRejected => ("买家驳回交付", "the buyer rejected the delivery"),
        StepKind::Accepted => ("买家验收或收货", "the buyer accepted or received it"),
        StepKind::Completed => ("订单完成", "the order was completed"),
        StepKind::Named => ("自定义步骤", "a step of your own"),
        StepKind::Appealed => ("申诉", "an appeal"),
        StepKind::AppealDecided => ("申诉已有结果", "the appeal was decided"),
        StepKind::Refunded => ("协商退订完成", "a refund was agreed and done"),
    };
    either(language, zh, en)
}

/// The state of a customer demand.
pub(crate) const fn demand_state(language: Language, state: DemandState) -> &'static str {
    let (zh, en) = match state {
        DemandState::Waiting => ("待接收", "waits to be received"),
        DemandState::Converting => ("需求转化中", "received"),
        DemandState::Offered => ("已创建专属优惠", "an offer was made"),
        DemandState::Won => ("需求成交", "won"),
        DemandState::Rejected => ("已拒绝", "rejected"),
        DemandState::Closed => ("已被云商店关闭", "closed by KooGallery"),
        DemandState::Lost => ("没有结果", "nothing came of it"),
    };
    either(language, zh, en)
}
