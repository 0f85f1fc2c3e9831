//! Signing in and out.

use super::texts;

texts! {
    /// What somebody reads who is not signed in.
    Entry {
        SignIn: "登录", "Sign in";
        SignInHelp: "请使用贵公司的账号登录。", "Sign in with your company's account.";
        SignedOut: "您已退出登录", "You are signed out";
        SignedOutHelp: "您可以关闭此页面，或重新登录。", "You can close this page, or sign in again.";
        NeedLink: "需要一次性链接", "A one-time link is needed";
        NeedLinkHelp: "此控制台没有配置身份提供方。`koogallery serve` 启动时会打印一个一次性链接；要获得新的链接，请重新启动。", "This console has no identity provider. `koogallery serve` prints a link at its start, which works once. Start it again to get another one.";
        LinkUsed: "此链接已失效", "This link does not work any more";
        LinkUsedHelp: "一次性链接只能使用一次。请重新启动 `koogallery serve` 以获得新的链接。", "A link works once. Start `koogallery serve` again to get another one.";
        Expired: "登录已过期", "This sign-in has expired";
        ExpiredHelp: "登录用时过长、已完成，或在另一个浏览器中开始。请重新登录。", "It took too long, was finished already, or began in another browser. Sign in again.";
        Refused: "身份提供方拒绝了登录", "The identity provider refused";
        RefusedHelp: "请重新登录；若仍失败，请联系管理员。", "Sign in again. If that fails too, tell an administrator.";
        NotListed: "您的账号没有访问权限", "Your account may not enter";
        NotListedHelp: "请管理员把您的账号或用户组加入 KOOGALLERY_CONSOLE_ACCESS：{}", "Ask an administrator to add your account or group to KOOGALLERY_CONSOLE_ACCESS: {}";
        ProviderFailed: "身份提供方没有正确应答", "The identity provider did not answer as it should";
        ProviderFailedHelp: "请稍后重试；函数日志中有原因。", "Try again in a moment. The function's log says what failed.";
    }
}
