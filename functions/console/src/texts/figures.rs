//! The figures, and the charts of other pages.

use super::texts;

texts! {
    /// What stands beside charts.
    Figures {
        Orders: "每周订单", "Orders by week";
        New: "新购", "new";
        Later: "续费与变更", "renewed or changed";
        OrdersSince: "订单较多：仅统计 {} 之后的订单。", "There are many orders: those since {} are counted.";
        Instances: "每周实例", "Instances by week";
        Bought: "新增", "bought";
        Released: "释放", "released";
        Counted: "{} 的每日统计：使用中 {}，已冻结 {}，待开通 {}，已释放 {}。", "As counted on {}: {} in use, {} frozen, {} waiting for their app info, {} released.";
        NotCounted: "实例尚未统计：watch 函数每天统计一次。", "Instances are not counted yet: the function watch counts them once a day.";
        Calls: "最近 24 小时的调用（按小时）", "Calls of the last 24 hours, by the hour";
        Taken: "新购、续费与变更", "brought or changed an order";
        Refused: "失败且此后未成功", "failed, and not answered well since";
        CallsCut: "调用较多：仅统计每个分片中最近的部分。", "There are many calls: the latest of each shard are counted.";
        Ages: "未送达事件的时长", "Events that are not delivered, by their age";
        Waiting: "等待投递", "waiting";
        Parked: "已停放", "parked";
        EventsCut: "事件较多：仅统计每个分片中最早的部分。", "There are many events: the oldest of each shard are counted.";
        Money: "每月销售与结算", "Sold and paid out, by month";
        Sold: "销售（减退订）", "sold, without refunds";
        Billed: "账单", "billed";
        Paid: "已付款", "paid out";
        MoneyHelp: "金额来自每月最近一次 `koogallery orders match`。", "The amounts are those of the last `koogallery orders match` of each month.";
        NoMoney: "尚无每月金额：导入账单后运行 `koogallery orders match`。", "No month has amounts yet: import its statements, and run `koogallery orders match`.";
        Metrics: "全部调用（包括查询、冻结、释放和同步）及其应答见 CloudWatch 仪表板，或主机的 /metrics。", "All calls, also queries, freezes, releases and syncs, and what they were answered, are counted on the dashboard in CloudWatch, or by a host's /metrics.";
        Usage: "最近两天每小时用量", "Use by the hour, of two days";
        Amount: "用量", "used";
        HourParked: "{} 的用量未能上报：{}", "The hour of {} could not be reported: {}";
    }
}
