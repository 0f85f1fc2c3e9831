//! The heads of lists, and their filters.

use super::texts;

texts! {
    /// What lists say.
    Lists {
        Instance: "实例", "Instance";
        Status: "状态", "Status";
        Product: "商品", "Product";
        Order: "订单", "Order";
        OrderLine: "订单行", "Order line";
        Created: "创建时间", "Created";
        Expires: "到期时间", "Expires";
        Kind: "类型", "Kind";
        License: "License 码", "License code";
        SignedAt: "签名时间", "Signed at";
        Event: "事件", "Event";
        Subject: "对象", "About";
        Happened: "发生时间", "Happened";
        Attempts: "尝试次数", "Tries";
        NextTry: "下次尝试", "Next try";
        Problem: "最近的问题", "Last problem";
        Type: "事件类型", "Type";
        Tenant: "企业", "Tenant";
        Requested: "申请时间", "Requested";
        Text: "包含文字", "Contains";
        ShortPage: "筛选在读取时进行，因此一页可能较短。", "Filters apply while the list is read, so a page may be short.";
        Undelivered: "未送达", "Undelivered";
        ParkedEvents: "已停放", "Parked";
        When: "时间", "When";
        Who: "操作人", "Who";
        Where: "来源", "Where";
        Action: "操作", "Action";
        Before: "之前", "Before";
        After: "之后", "After";
        From: "开始日期", "From";
        To: "结束日期", "To";
        Csv: "下载 CSV", "Download as CSV";
        Older: "更早", "Older";
        Began: "开始时间", "Began";
        Ends: "结束时间", "Ends";
        State: "状态", "State";
        Running: "进行中", "not ended";
        Ended: "已完成", "ended";
        Seen: "已查看", "Looked at";
        Resent: "已重发", "Resent";
        ResentEvents: "已重发的事件", "The events that were resent";
        ResentCut: "仅列出前 {} 个；全部见操作记录。", "The first {} are listed. The audit has all of them.";
        DeliveredLate: "先失败、后来送达的事件不在此列表中：索引只包含未送达和已停放的事件。它们在各对象的时间线中。", "Events that failed first and were delivered later are not in this list: its index has only what is undelivered or parked. The timeline of each thing has them.";
        Algorithm: "算法", "Algorithm";
        KeyId: "密钥标识", "Key";
        Phase: "用途", "Is";
        Published: "公布时间", "Published";
        SignsFrom: "开始签名", "Signs from";
        Version: "版本", "Version";
        Why: "原因", "Why";
        Place: "位置", "Place";
        Changed: "相对上一版本的变化", "What it changed";
        Document: "文档", "The document";
        SettingsVersion: "商品设置：版本 {}", "Settings of products: version {}";
        Groups: "用户组", "Groups";
        ThisSession: "当前会话", "This session";
        Callback: "接口", "Callback";
        Answer: "应答", "Answer";
        Probes: "云商店的调试调用", "KooGallery's debug calls";
        Found: "“{}”的搜索结果", "What “{}” means";
        FoundNothing: "没有找到“{}”。可以搜索订单、订单行、实例、企业、License 码、webhook-id 和请求标识。", "Nothing is known of “{}”. You can search for an order, an order line, an instance, a tenant, a license code, a webhook-id and a request id.";
        FoundCalls: "请求标识为“{}”的调用", "Calls with the request id “{}”";
        FoundNoCall: "请求标识只在最近的订单和最近失败的调用中查找；更早的请求请查函数日志。", "A request id is looked for among the calls about the orders that were reported last, and those that failed last. The log has older ones.";
        NobodyFound: "没有找到此人。", "Nothing that was looked at names this person.";
        LookedThrough: "已查看最近的 {} 个订单和 {} 个企业绑定。用户可在企业页面中查找。", "Looked at: the {} orders that were reported last, and {} bindings of tenants. The page of a tenant looks for a user of it.";
    }
}
