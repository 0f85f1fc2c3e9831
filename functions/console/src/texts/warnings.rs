//! Warnings: what people say about them.

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
