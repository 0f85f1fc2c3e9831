//! The pages that users see: in Chinese and in English, the user's language first. They have no script, and say nothing that helps a
//! stranger.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use koogallery_runtime::{Language, LoginOutcome};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use strum::IntoStaticStr;

/// Why a login does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Reason {
    /// authSync did not grant the user, or revoked it.
    NotGranted,
    /// authSync says that the user may not log in.
    Disabled,
    /// The tenant's instances are frozen, released or not ready.
    NoActiveInstance,
    /// No such tenant is bound.
    TenantUnknown,
    /// The tenant has no application of this login.
    ApplicationUnknown,
    /// The login took too long, or began in another browser.
    FlowExpired,
    /// The login was finished already.
    FlowUsed,
    /// The tenant's login failed.
    UpstreamFailed,
    /// The tenant's login refused what the browser brought.
    UpstreamRefused,
    /// The tenant's login named another tenant.
    TenantMismatch,
    /// The application is none of this login's.
    InvalidClient,
    /// The application's address is not registered.
    InvalidRedirectUri,
    /// A request without what it needs.
    InvalidRequest,
    /// There is no such page.
    NoPage,
    /// A logout is done.
    LoggedOut,
    /// This deployment failed.
    Failed,
}

/// A text in both languages.
struct Text {
    zh: &'static str,
    en: &'static str,
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

impl Reason {
    /// The word for it: in the log, and in the page for tests.
    pub(crate) fn word(self) -> &'static str {
        self.into()
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::NotGranted | Self::Disabled | Self::NoActiveInstance | Self::TenantMismatch => StatusCode::FORBIDDEN,
            Self::UpstreamFailed => StatusCode::BAD_GATEWAY,
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoPage => StatusCode::NOT_FOUND,
            Self::LoggedOut => StatusCode::OK,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) const fn outcome(self) -> LoginOutcome {
        match self {
            Self::UpstreamFailed | Self::UpstreamRefused | Self::TenantMismatch => LoginOutcome::NotRedeemed,
            Self::Failed => LoginOutcome::Failed,
            Self::LoggedOut => LoginOutcome::Passed,
            _ => LoginOutcome::Refused,
        }
    }

    const fn title(self) -> Text {
        match self {
            Self::NotGranted => text("您尚未获得使用权限", "You do not have access yet"),
            Self::Disabled => text("您的账号已停用", "Your account is disabled"),
            Self::NoActiveInstance => text("贵公司的服务当前不可用", "Your company's subscription is not active"),
            Self::TenantUnknown => text("未找到该企业", "This company is not known here"),
            Self::ApplicationUnknown => text("贵公司未开通此应用", "Your company does not have this application"),
            Self::FlowExpired => text("登录已过期", "This login has expired"),
            Self::FlowUsed => text("此次登录已完成", "This login is already finished"),
            Self::UpstreamFailed => text("企业登录服务暂时不可用", "Your company's login is not available"),
            Self::UpstreamRefused => text("登录未成功", "The login did not succeed"),
            Self::TenantMismatch => text("登录信息不一致", "The login belongs to another company"),
            Self::InvalidClient => text("应用未注册", "The application is not registered"),
            Self::InvalidRedirectUri => text("应用的返回地址未注册", "The application's address is not registered"),
            Self::InvalidRequest => text("请求不完整", "The request is not complete"),
            Self::NoPage => text("页面不存在", "There is no such page"),
            Self::LoggedOut => text("您已退出登录", "You are logged out"),
            Self::Failed => text("服务暂时不可用", "The service is not available"),
        }
    }

    /// What the user can do, and who can help.
    const fn help(self) -> Text {
        match self {
            Self::NotGranted => text(
                "请联系贵公司的管理员，在华为云联营商品的应用授权中为您授权，然后重新登录。",
                "Ask your company's administrator to grant you this application, and log in again.",
            ),
            Self::Disabled => text(
                "请联系贵公司的管理员启用您的账号，然后重新登录。",
                "Ask your company's administrator to enable your account, and log in again.",
            ),
            Self::NoActiveInstance => text(
                "服务可能已到期、已冻结或正在开通。请联系贵公司负责购买的管理员。",
                "It may have expired, be frozen, or not be ready. Ask the administrator who bought it.",
            ),
            Self::TenantUnknown | Self::ApplicationUnknown => text(
                "请从贵公司的工作台打开应用，或联系贵公司的管理员。",
                "Open the application from your company's workbench, or ask your company's administrator.",
            ),
            Self::FlowExpired => text(
                "登录用时过长，或浏览器未保存所需的 Cookie。请重新登录。",
                "It took too long, or the browser did not keep its cookie. Please start again.",
            ),
            Self::FlowUsed => text(
                "如果您使用了“后退”按钮，请直接返回应用，或重新登录。",
                "If you used the back button, go to the application, or start again.",
            ),
            Self::UpstreamFailed | Self::Failed => text("请稍后重试。", "Please try again in a moment."),
            Self::UpstreamRefused => text("请重新登录。", "Please start again."),
            Self::TenantMismatch => text(
                "您登录的账号属于另一家企业。请退出后使用正确的账号登录。",
                "The account that you used belongs to another company. Log out there, and use the right one.",
            ),
            Self::InvalidClient | Self::InvalidRedirectUri | Self::InvalidRequest => {
                text("请联系应用的提供商。", "Please tell the provider of the application.")
            }
            Self::NoPage => text("请从应用开始登录。", "Begin the login at the application."),
            Self::LoggedOut => text("您可以关闭此页面。", "You can close this page."),
        }
    }
}

impl Text {
    const fn of(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;font:16px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif}\
main{max-width:34rem;margin:12vh auto 2rem;padding:0 1.25rem}\
section{margin-bottom:1.75rem}section+section{opacity:.8}\
h1{font-size:1.4rem;margin:0 0 .4rem}section+section h1{font-size:1.05rem}p{margin:.2rem 0}\
a,button{display:inline-block;box-sizing:border-box;margin:.25rem 0;padding:.55rem 1.1rem;border:1px solid currentColor;\
border-radius:.4rem;background:none;color:inherit;font:inherit;text-decoration:none;cursor:pointer}\
a:focus-visible,button:focus-visible{outline:3px solid #06c;outline-offset:2px}\
form button{width:100%;text-align:left;overflow-wrap:anywhere}small{opacity:.75}";

/// What of a page may run and load: its own style, and nothing else. `form_to` is where its form may lead.
pub(crate) fn content_security_policy(form_to: &str) -> String {
    static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {form_to}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_HASH
    )
}

/// The page for a reason.
pub(crate) fn reason_page(reason: Reason, language: Language, client: Option<&str>, again: Option<&str>) -> Markup {
    let again_text = text("重新登录", "Start again");
    let body = html! {
        @for shown in language.both() {
            section lang=(shown.tag()) {
                h1 { (reason.title().of(shown)) }
                p { (reason.help().of(shown)) }
            }
        }
        @if let Some(again) = again {
            a #start-again href=(again) {
                @for (place, shown) in language.both().into_iter().enumerate() {
                    @if place == 1 { " / " }
                    span lang=(shown.tag()) { (again_text.of(shown)) }
                }
            }
        }
        @if let Some(client) = client { p { small { (client) } } }
    };
    whole(language, reason.title().of(language), reason.word(), &body)
}

/// One of several things to choose from.
pub(crate) struct Choice {
    /// Where a link leads, or what the form's button sends.
    pub(crate) value: String,
    /// What the user reads.
    pub(crate) label: String,
    /// More about it.
    pub(crate) detail: Option<String>,
}

/// The page where a user chooses between the instances that grant the user.
pub(crate) fn choose_instance(language: Language, action: &str, flow: &str, choices: &[Choice]) -> Markup {
    let title = text("请选择要进入的实例", "Choose where to enter");
    let help = text("您在多个实例中拥有使用权限。", "You have access to more than one instance.");
    let body = html! {
        @for shown in language.both() {
            section lang=(shown.tag()) { h1 { (title.of(shown)) } p { (help.of(shown)) } }
        }
        form #choose method="post" action=(action) {
            input type="hidden" name="flow" value=(flow);
            @for choice in choices {
                button type="submit" name="instance" value=(choice.value) {
                    (choice.label)
                    @if let Some(detail) = &choice.detail { br; small { (detail) } }
                }
            }
        }
    };
    whole(language, title.of(language), "choose_instance", &body)
}

/// The page where a user who comes from the workbench chooses between applications.
pub(crate) fn choose_application(language: Language, choices: &[Choice]) -> Markup {
    let title = text("请选择应用", "Choose an application");
    let body = html! {
        @for shown in language.both() { section lang=(shown.tag()) { h1 { (title.of(shown)) } } }
        @for choice in choices { p { a href=(choice.value) { (choice.label) } } }
    };
    whole(language, title.of(language), "choose_application", &body)
}

fn whole(language: Language, title: &str, reason: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main data-reason=(reason) { (body) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_language_comes_first() {
        let page = reason_page(Reason::NotGranted, Language::English, None, None).into_string();
        assert!(page.find("You do not have access") < page.find("您尚未获得"));
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let bad = "\"><script>alert(1)</script>";
        let choice = || Choice { value: bad.to_owned(), label: bad.to_owned(), detail: Some(bad.to_owned()) };
        for page in [
            reason_page(Reason::FlowUsed, Language::Chinese, Some(bad), Some(bad)),
            choose_instance(Language::Chinese, "/choose", bad, &[choice()]),
            choose_application(Language::Chinese, &[choice()]),
        ] {
            assert!(!page.into_string().contains("<script>"));
        }
    }
}
