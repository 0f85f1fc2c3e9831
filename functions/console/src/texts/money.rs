//! Statements beside orders: what the last comparison of a month found.

use koogallery_runtime::Language;
use koogallery_statements::{Due, Kind, Reason};

use super::either::either;
use super::texts;

texts! {
    /// What the page of findings says.
    Money {
        Title: "对账", "Money";
        Month: "月份（北京时间）", "Month (Beijing)";
        Compared: "{} 于 {} 比较，共 {} 项。", "{} compared it on {}: {} findings.";
        NotCompared: "本月尚未比较：导入账单后运行 `koogallery orders match`。", "This month was not compared: import its statements, and run `koogallery orders match`.";
        Found: "发现", "Found";
        About: "对象", "About";
        Known: "商家已知", "Known here";
        Stated: "账单所列", "In the statement";
        Day: "日期", "Day";
        Explanation: "说明", "Explanation";
        ExplainedBy: "{}（{}，{}）", "{} ({}, {})";
        Explain: "填写说明", "Explain it";
        Row: "没有订单的行", "a row that names no order";
        Statements: "已导入的账单", "Imported statements";
        File: "文件", "File";
        Rows: "行数", "Rows";
        Imported: "导入时间", "Imported";
        NotFinished: "未完成", "not finished";
        OnHome: "对账 {}：{}（{}）", "Statements of {}: {} ({})";
    }
}

/// What was found.
pub(crate) const fn finding(language: Language, kind: Kind) -> &'static str {
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
