//! What every page has.

use super::texts;

texts! {
    /// Words of every page.
    General {
        Console: "运营控制台", "Console";
        SkipToContent: "跳到正文", "Skip to the content";
        Navigation: "导航", "Navigation";
        Home: "首页", "Home";
        Instances: "实例", "Instances";
        Orders: "订单", "Orders";
        Supervision: "服务监管", "Supervision";
        Demands: "客户需求", "Demands";
        Money: "对账", "Money";
        Events: "事件", "Events";
        Warnings: "预警", "Warnings";
        Tenants: "企业", "Tenants";
        LicenseRequests: "License 申请", "License requests";
        Jobs: "批量任务", "Jobs";
        Keys: "签名密钥", "Signing keys";
        ProductSettings: "商品设置", "Settings of products";
        Figures: "数据", "Figures";
        Numbers: "数字", "The numbers";
        Audit: "操作记录", "Audit";
        Sessions: "登录会话", "Sessions";
        Search: "搜索", "Search";
        SearchHint: "订单、订单行、实例、企业、License 码、webhook-id 或请求标识", "Order, order line, instance, tenant, license code, webhook-id or request id";
        Language: "语言", "Language";
        Zone: "时区", "Time zone";
        Apply: "应用", "Apply";
        SignOut: "退出登录", "Sign out";
        SignedInAs: "{}（{}）", "{} ({})";
        More: "下一页", "Next page";
        FirstPage: "回到第一页", "First page";
        Filter: "筛选", "Filter";
        All: "全部", "All";
        Nothing: "没有符合条件的记录。", "Nothing matches.";
        Reason: "原因", "Reason";
        ReasonHint: "会写入操作记录，请勿填写个人信息。", "It goes into the audit. Write no personal data.";
        Back: "返回首页", "Back to home";
        NotFound: "没有找到", "Not found";
        NotFoundHelp: "表中没有这个对象。请检查标识，或使用搜索。", "The table knows nothing of this. Check the id, or search for it.";
        NotAllowed: "没有权限", "Not allowed";
        NotAllowedHelp: "此操作需要“{}”角色。请联系管理员。", "This needs the role “{}”. Ask an administrator.";
        Invalid: "请求不正确", "The request is not right";
        CrossSite: "请求来自其他网站，未执行。", "The request came from another site, so nothing was done.";
        Conflict: "未执行", "Not done";
        Failed: "暂时无法完成", "It cannot be done now";
        FailedHelp: "请稍后重试；函数日志中有原因。请求标识：{}", "Try again in a moment. The function's log says what failed. Request id: {}";
        WrongHost: "地址不正确", "The wrong address";
        WrongHostHelp: "请通过此地址打开控制台：{}", "Open the console at this address: {}";
    }
}
