//! The page of one thing: its facts, what follows from them, and its timeline.

use super::texts;

texts! {
    /// What the page of one thing says.
    Facts {
        Known: "当前状态", "Facts";
        Timeline: "时间线", "Timeline";
        TimelineCut: "较早的记录未显示。调用记录保留 30 天。", "Older entries are not shown. Calls are kept for 30 days.";
        TimelineEmpty: "没有记录。调用记录保留 30 天。", "There is no entry. Calls are kept for 30 days.";
        Provisioning: "自 {} 起等待开通信息；云商店在 {} 之后退款。", "It waits for its app info since {}. KooGallery refunds the order after {}.";
        Failing: "应用无法开通：{}；云商店会收到此结果码。应用的说明见“显示个人信息”。", "The application cannot provision it: {}. KooGallery gets this code. What the application said of it is behind “Show personal data”.";
        RefundedOn: "已于 {} 退款。", "It was refunded on {}.";
        GoneOn: "已于 {} 释放，释放时没有指明退订订单。", "It was released on {}. The release names no refund order.";
        RefundOrder: "退订订单：", "The refund order:";
        RefundOf: "此订单退订了：", "This order refunds:";
        RefundAmount: "金额：{}。", "Amount: {}.";
        Because: "原因：{}。", "Because: {}.";
        WhyFailing: "应用无法开通，应答 {}", "your application could not provision it, and answered {}";
        WhyLate: "三小时内 newInstance 从未成功应答，云商店自动退款", "newInstance was not answered with success within three hours, so KooGallery refunds by itself";
        WhyEarly: "云商店没有说明；退款时实例尚未开通，还不到三小时", "KooGallery does not tell why. It was not provisioned yet, and the three hours were not over";
        WhyAsked: "云商店没有说明；买家在云商店申请退订", "KooGallery does not tell why; the buyer asked in KooGallery";
        AppRefused: "应用对此事件的应答：无法开通，{}。", "What the application answered to this event: it cannot provision, {}.";
        Active: "可正常使用。", "It is in use.";
        ActiveUntil: "可正常使用，直到 {}。", "It is in use, and paid until {}.";
        ActiveOver: "付费期已于 {} 结束，但云商店尚未冻结。", "Its paid period ended on {}, and KooGallery has not frozen it yet.";
        FrozenExpired: "因到期被冻结（到期时间 {}）；续费会自动解冻。", "It is frozen because its period ended ({}). A renewal ends the freeze.";
        FrozenSuspended: "被云商店冻结，原因不是到期；只有解冻调用能恢复。", "KooGallery froze it for another reason than the expiry. Only an unfreeze ends that.";
        Released: "已于 {} 释放，不可恢复。", "It was released on {}, for good.";
        Erased: "个人信息已于 {} 删除。", "Its personal data was erased on {}.";
        InterfaceType: "接口类型", "Interface type";
        Sku: "规格", "Specification";
        Quantity: "数量", "Quantity";
        BoughtUntil: "首个付费期至", "First period until";
        AppInfo: "买家入口", "Buyer's way in";
        LaterOrders: "后续订单", "Later orders";
        Bindings: "绑定", "Bindings";
        Name: "名称", "Name";
        Domain: "登录域名", "Login domain";
        UserName: "登录名", "Login name";
        Memo: "备注", "Note";
        Message: "失败说明", "Message";
        Hidden: "个人信息未显示。", "Personal data is not shown.";
        Show: "显示个人信息", "Show personal data";
        Shown: "以下个人信息的查看已写入操作记录。", "That this personal data was shown is in the audit.";
        CallAnswered: "调用 {}，应答 {}", "Call {}, answered {}";
        CallTest: "调试", "debug";
        CallCount: "{} 次", "{} times";
        EventHappened: "事件 {}", "Event {}";
        Delivered: "投递到 {}：成功", "Delivered to the {}";
        Failed: "投递到 {}：失败，将重试", "Not delivered to the {}: it is tried again";
        Parked: "投递到 {}：失败，已停放", "Not delivered to the {}: parked";
        Stopped: "投递到 {}：应用不需要", "The {} does not want it";
        Took: "{} 毫秒", "{} ms";
        Acted: "{}：{}（{}）", "{}: {} ({})";
        Data: "内容", "Data";
        Delivery: "投递", "Delivery";
        DiscardedBy: "{} 于 {} 放弃：{}", "{} gave it up on {}: {}";
        RequestId: "请求标识", "Request id";
    }
}

texts! {
    /// What a later order did.
    OrderWords {
        Refresh: "续费或周期变更", "renewal or change of period";
        Upgrade: "变更规格", "change of specification";
    }
}
