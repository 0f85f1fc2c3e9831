//! The figures, and the charts of other pages.

use super::texts;

texts! {
    /// What stands beside charts.
    Figures {
        Orders: "每周订单", "Orders by week";
        New: "新购", "new";
        Later: "续费与变更", "renewed or changed";
        OrdersSince: "订单较多：仅统计 {} 之后的订单。", "There are many orders: those since {} are counted.";
        Ages: "未送达事件的时长", "Events that are not delivered, by their age";
        Waiting: "等待投递", "waiting";
        Parked: "已停放", "parked";
        EventsCut: "事件较多：仅统计每个分片中最早的部分。", "There are many events: the oldest of each shard are counted.";
        Metrics: "调用次数和拒绝次数见 CloudWatch 仪表板。", "How many calls came, and how many were refused, is on the dashboard in CloudWatch.";
        Usage: "最近两天每小时用量", "Use by the hour, of two days";
        Amount: "用量", "used";
        HourParked: "{} 的用量未能上报：{}", "The hour of {} could not be reported: {}";
    }
}
