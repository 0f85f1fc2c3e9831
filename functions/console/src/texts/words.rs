//! Words for what the store names: statuses, kinds, actions.

use koogallery_runtime::Language;
use koogallery_store::{Action, Delivery, EventType, FreezeCause, OrderKind, Status};
use koogallery_waiting::either;

use super::orders::step;
use crate::access::Role;

/// A status.
pub(crate) const fn status(language: Language, status: Status) -> &'static str {
    match status {
        Status::Provisioning => either(language, "待开通", "provisioning"),
        Status::Active => either(language, "使用中", "active"),
        Status::Frozen => either(language, "已冻结", "frozen"),
        Status::Released => either(language, "已释放", "released"),
    }
}

/// Why something is frozen.
pub(crate) const fn freeze_cause(language: Language, cause: FreezeCause) -> &'static str {
    match cause {
        FreezeCause::Expired => either(language, "到期", "expired"),
        FreezeCause::Suspended => either(language, "违规等原因", "suspended"),
    }
}

/// What an order did.
pub(crate) const fn order_kind(language: Language, kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Purchase => either(language, "购买", "purchase"),
        OrderKind::Notice => either(language, "订单通知", "order notice"),
        OrderKind::Refresh(_) => either(language, "续费或周期变更", "renewal or change of period"),
        OrderKind::Upgrade => either(language, "变更规格", "change of specification"),
    }
}

/// The delivery state of an event.
pub(crate) const fn delivery(language: Language, delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Undelivered => either(language, "未送达", "undelivered"),
        Delivery::Parked => either(language, "已停放", "parked"),
        Delivery::Delivered => either(language, "已送达", "delivered"),
        Delivery::Stopped => either(language, "应用不需要", "stopped"),
        Delivery::Discarded => either(language, "已放弃", "discarded"),
    }
}

/// A role.
pub(crate) const fn role(language: Language, role: Role) -> &'static str {
    match role {
        Role::Viewer => either(language, "查看者", "viewer"),
        Role::Operator => either(language, "运营者", "operator"),
        Role::Administrator => either(language, "管理员", "administrator"),
    }
}

/// The type of an event: the application's developers know it by this word, so it has no translation.
pub(crate) fn event_type(event_type: EventType) -> String {
    serde_json::to_value(event_type).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What was done. An action of another part of the project is shown by its own word.
pub(crate) fn what(language: Language, what: &str) -> &str {
    match what {
        Action::EVENT_RESENT => either(language, "重发事件", "resent an event"),
        Action::EVENT_DISCARDED => either(language, "放弃事件", "gave up an event"),
        Action::PERSONAL_DATA_ERASED => either(language, "删除个人信息", "erased personal data"),
        Action::PERSONAL_DATA_SHOWN => either(language, "查看个人信息", "looked at personal data"),
        Action::PERSONAL_DATA_SEARCHED => either(language, "按个人信息搜索", "searched by personal data"),
        Action::APP_INFO_HANDED_IN => either(language, "填写开通信息", "handed in the app info"),
        Action::FAILURE_HANDED_IN => either(language, "填写失败原因", "handed in why it fails"),
        Action::SIGNING_KEY_MADE => either(language, "生成签名密钥", "made a signing key"),
        Action::SESSION_BEGUN => either(language, "登录控制台", "signed in to the console"),
        Action::SESSION_ENDED => either(language, "结束会话", "ended a session"),
        Action::JOB_BEGUN => either(language, "开始批量重发", "began to resend all that match"),
        Action::DEBUG_DATA_FORGOTTEN => either(language, "删除调试数据", "deleted debug data"),
        Action::SETTINGS_APPLIED => either(language, "写入商品设置", "wrote settings of products"),
        "warning.acknowledge" => either(language, "确认预警", "acknowledged a warning"),
        "warning.snooze" => either(language, "推迟预警", "snoozed a warning"),
        "supervision.open" => either(language, "纳入服务监管", "had the order supervised"),
        "statement.import" => either(language, "导入账单", "imported a statement"),
        "mapping.confirm" => either(language, "确认账单列", "confirmed the columns of a statement"),
        "finding.explain" => either(language, "说明对账差异", "explained a finding"),
        "demand.enter" => either(language, "录入客户需求", "entered a customer demand"),
        "demand.change" => either(language, "更新客户需求", "changed a customer demand"),
        other => {
            let entered = other.strip_prefix("supervision.").and_then(|step| step.parse().ok());
            entered.map_or(other, |entered| step(language, entered))
        }
    }
}
