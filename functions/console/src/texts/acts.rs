//! What an operator can do, and what became of it.

use super::texts;

texts! {
    /// Buttons, their explanations, and the answers.
    Acts {
        Possible: "操作", "What you can do";
        Resend: "重发", "Resend";
        ResendHelp: "向所有目的地再投递一次，无论之前结果如何。", "Delivers it once more to every destination, whatever became of it.";
        Discard: "放弃", "Give up";
        DiscardHelp: "不再投递这个已停放的事件。之后仍可重发。", "The parked event is delivered no more. You can still resend it later.";
        AppInfo: "填写开通信息", "Hand in the app info";
        AppInfoHelp: "买家将看到这些内容；实例随即可用。", "The buyer sees this, and the instance is in use.";
        FrontEndUrl: "用户入口地址", "Address for users";
        AdminUrl: "管理入口地址", "Address for administrators";
        UserName: "登录名", "Login name";
        Password: "初始密码", "First password";
        Memo: "给买家的备注", "Note to the buyer";
        Failure: "填写失败原因", "Hand in why it fails";
        FailureHelp: "云商店会向买家显示原因。之后仍可填写开通信息。", "KooGallery tells the buyer. An app info can replace it later.";
        ResultCode: "结果码", "Result code";
        Message: "说明", "Message";
        Erase: "删除个人信息", "Erase personal data";
        EraseHelp: "立即删除，无法恢复。状态、订单和周期保留。", "At once, and nothing brings it back. Status, orders and periods stay.";
        Confirm: "我确认", "I am sure";
        ResendAll: "批量重发", "Resend all that match";
        ResendAllHelp: "逐步重发；打开任务页面即可继续，直至完成。", "In steps: the job's page goes on with it as long as it is open.";
        ResendSince: "重发此时间之后的全部事件", "Resend all since";
        Start: "开始", "Start";
        RotateKeys: "更换签名密钥", "Make the next signing key";
        RotateHelp: "新密钥先公布一天，再开始签名。", "It is published for a day, and then signs.";
        RotateNow: "立即更换，并删除旧密钥（怀疑泄露时）", "At once, and remove the old ones: if somebody else may have them";
        EndSession: "结束会话", "End the session";
        Show: "显示个人信息", "Show personal data";
        ShowHelp: "查看会写入操作记录。", "That you looked goes into the audit.";
        DoneResent: "已重发。", "It is delivered once more.";
        DoneDiscarded: "已放弃。", "It is given up.";
        DoneAppInfo: "已保存开通信息。", "The app info is kept.";
        DoneFailure: "已保存失败原因。", "The reason is kept.";
        DoneErased: "个人信息已删除。", "The personal data is erased.";
        DoneErasedBefore: "之前已删除。", "It was erased before.";
        DoneKeys: "已生成新密钥。", "The new key is made.";
        DoneNoKeys: "没有变化：尚无密钥，或下一个密钥已公布。", "Nothing changed: there is no key yet, or the next one is published already.";
        DoneEnded: "会话已结束。", "The session is ended.";
        DoneUnchanged: "没有变化。", "Nothing changed.";
        Acknowledge: "确认", "Acknowledge";
        AcknowledgeHelp: "预警结束，同一原因不再预警。", "It ends, and is not raised once more for the same cause.";
        Snooze: "推迟提醒", "Snooze";
        SnoozeHelp: "到时再次预警，除非原因已消失。", "It is raised once more then, unless its cause is gone.";
        DoneAcknowledged: "已确认，预警结束。", "It is acknowledged, and has ended.";
        DoneSnoozed: "已推迟提醒。", "It is snoozed.";
        HasEnded: "该预警已经结束：已被确认，或原因已消失。", "The warning has ended: it was acknowledged, or its cause is gone.";
        Supervise: "纳入服务监管", "Supervise the order";
        SuperviseHelp: "配置为受监管的商品会自动纳入。请核对订单标识。", "Of a supervised product this happens by itself. Check the order's id.";
        PaidAt: "付款时间（空白：云商店首次通知的时间）", "Paid at (blank: when KooGallery reported it first)";
        EnterStep: "录入步骤", "Enter a step";
        EnterStepHelp: "录入卖家中心显示的内容；没有接口通知这些步骤。", "Enter what Seller Console shows: no call tells it.";
        StepAt: "发生时间（空白：现在）", "When it happened (blank: now)";
        ServiceStarted: "服务实际开通时间（交付或激活时）", "Service started (when delivered or activated)";
        StepName: "自定义步骤的名称", "Name of a step of your own";
        WaitsFor: "之后等待谁（自定义步骤）", "Who has to act then (a step of your own)";
        AppealedBy: "谁申诉", "Who appealed";
        EnterDemand: "录入客户需求", "Enter a customer demand";
        EnterDemandHelp: "卖家中心“客户需求管理”里的待接收需求。", "One that Seller Console shows as waiting to be received.";
        ChangeDemand: "更新客户需求", "Change the demand";
        ChangeDemandHelp: "空白的字段不变。“需求成交”需要订单。", "What is blank stays. A demand that is won needs its order.";
        DoneSupervised: "已纳入监管。", "The order is supervised.";
        DoneStepped: "步骤已录入。", "The step is entered.";
        DoneEntered: "已录入。", "It is entered.";
        DoneExplained: "说明已保存。", "The explanation is kept.";
        ForgetDebug: "删除调试数据", "Delete debug data";
        ForgetDebugHelp: "删除调试调用留下的副本；它们两周后也会自动消失。正式数据不受影响。", "It deletes what debug calls left below an id. That also goes by itself after two weeks. Nothing of real calls is touched.";
        DebugId: "调试时使用的实例、订单、企业或 License 码", "The instance, order, tenant or license code of the debug call";
        DoneForgotten: "调试数据已删除。", "The debug data is deleted.";
        DoneNothingForgotten: "没有此标识的调试数据。", "There is no debug data of this id.";
        StepRefused: "不能这样录入：{}", "It cannot be entered so: {}";
        InTheFuture: "时间不能在将来。", "The time is in the future: enter what has happened.";
        NotParked: "该事件没有停放，不能放弃。", "The event is not parked, so it cannot be given up.";
        NotReleased: "尚未释放，云商店仍可能需要其数据。", "It is not released, and KooGallery may still ask for its data.";
        IsReleased: "该实例已释放，不能再变更。", "The instance was released: it takes no more changes.";
        HasAppInfo: "该实例已有开通信息，失败原因不能替换它。", "The instance has an app info, which a failure does not replace.";
        DoesNotFit: "该实例由 V1.0 购买，内容过长：{}", "The purchase came by V1.0, and this is too long for it: {}";
        NeedsReason: "请填写原因（1 到 255 个字符）。", "Give a reason of 1 to 255 characters.";
        NeedsConfirm: "请勾选“我确认”。", "Tick “I am sure”.";
        BadField: "字段不正确：{}", "A field is not right: {}";
        JobHelp: "此页面每隔一秒自动继续；关闭后可随时重新打开。", "This page goes on by itself each second. You can close it, and open it again later.";
    }
}
