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
        Provisioning: "实例 {} 等待开通；三小时后云商店会退款", "Instance {} waits for its app info. KooGallery refunds the order after three hours";
        HandIn: "填写开通信息", "Hand in the app info";
        Parked: "事件 {}（{}）多次投递失败，已停放", "Event {} ({}) is parked: all tries failed";
        LookAtEvent: "查看并重发", "Look, and resend";
        Late: "事件 {}（{}）尚未送达；三天后停放", "Event {} ({}) is not delivered yet. It is parked after three days";
        UsageParked: "实例 {} 有用量未能上报", "A usage hour of instance {} could not be reported";
        UsageLate: "{} 个实例的用量超过两小时未上报", "The use of {} instances was to be reported two hours ago";
        LookAtInstance: "查看实例", "Look at the instance";
        ProbeFailed: "调试接口 {} 应答 {}；持续五天商品会被下架", "The debug call {} was answered {}. After five days KooGallery hides the product";
        LookAtReason: "查看原因", "Look at the reason";
        License: "License 申请等待上传：{}", "A license is asked for: {}";
        LookAtRequests: "查看申请", "Look at the requests";
        JobRests: "批量任务尚未完成：已处理 {} 个事件", "A job has not ended: {} events looked at";
        GoOn: "继续", "Go on";
        KeyOld: "签名密钥 {} 已使用超过 90 天", "The signing key {} has signed for more than 90 days";
        LookAtKeys: "查看密钥", "Look at the keys";
        LookAtMoney: "查看对账", "Look at the month";
        CallFailed: "{} 调用失败：{} 应答 {}", "The call {} about {} was answered {}";
        LookAtIt: "查看", "Look at it";
        Answer: "查看并处理", "Look, and answer";
        Warned: "{}：{}", "{}: {}";
        AllWarnings: "全部预警（包括已推迟的）", "All warnings, also those that are snoozed";
        AndMore: "还有更多，请查看列表。", "There are more: see the list.";
    }
}
