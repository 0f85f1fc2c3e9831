//! The home page: what waits for somebody.

use super::texts;

texts! {
    /// What the home page says.
    Home {
        Waiting: "待处理", "What waits for you";
        AllWell: "一切正常，没有待处理的事项。", "All is well: nothing waits for you.";
        WellSince: "自 {} 起没有预警。", "No warning has stood since {}.";
        LookedAt: "查看时间：{}", "Looked at {}";
        What: "事项", "What";
        Since: "开始时间", "Since";
        Deadline: "截止时间", "Deadline";
        Act: "处理", "Act";
        NoDeadline: "无", "none";
        Overdue: "已超过", "passed";
        InTime: "剩余 {}", "in {}";
        AllWarnings: "全部预警（包括已推迟的）", "All warnings, also those that are snoozed";
        AndMore: "还有更多，请查看列表。", "There are more: see the list.";
    }
}
