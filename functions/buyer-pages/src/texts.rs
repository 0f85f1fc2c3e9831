//! What the pages say, in Chinese and in English.

use koogallery_runtime::Language;

/// A text in both languages. `{}` stands for a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    zh: &'static str,
    en: &'static str,
}

impl Text {
    /// It in a language.
    pub(crate) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }

    /// It in a language, with its value.
    pub(crate) fn with(self, language: Language, value: &str) -> String {
        self.of(language).replacen("{}", value, 1)
    }
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

pub(crate) const PREPARING: Text = text("产品正在准备中", "Your product is being prepared");
pub(crate) const PREPARING_HELP: Text = text(
    "感谢您的购买。通常几分钟即可完成，此页面会自动刷新。",
    "Thank you for your purchase. This usually takes minutes. This page looks again by itself.",
);
pub(crate) const LOOK_AGAIN: Text = text("立即刷新", "Look again now");
pub(crate) const FAILED: Text = text("产品未能开通", "Your product could not be prepared");
pub(crate) const FAILED_HELP: Text = text(
    "请联系商家了解原因。订单的处理结果以云商店的页面为准。",
    "Please ask the seller for the reason. KooGallery tells you what becomes of your order.",
);
pub(crate) const WELCOME: Text = text("欢迎使用", "Welcome");
pub(crate) const WELCOME_HELP: Text = text("您的产品已可使用。", "Your product is ready.");
pub(crate) const FIRST_STEPS: Text = text("开始使用", "First steps");
pub(crate) const ENTER: Text = text("进入产品", "Open the product");
pub(crate) const PLAN: Text = text("套餐", "Plan");
pub(crate) const PAID_UNTIL: Text = text("有效期至", "Paid until");
pub(crate) const EXPIRED: Text = text("产品已到期", "Your product has expired");
pub(crate) const EXPIRED_HELP: Text = text(
    "已购买的使用期已结束，产品暂停使用。续费后即可继续使用，数据仍然保留。",
    "The paid period has ended, so the product is frozen. Renew it to go on: your data is still there.",
);
pub(crate) const EXPIRED_AT: Text = text("到期时间", "Expired on");
pub(crate) const KEPT_UNTIL: Text = text(
    "请尽快续费：云商店将在 {} 前后（也可能更早）释放该产品，届时数据将无法恢复。",
    "Renew in good time: KooGallery releases the product around {}, or sooner, and its data is lost then.",
);
pub(crate) const KEPT_FOR_SOME_TIME: Text = text(
    "请尽快续费：云商店对到期的产品最多保留 15 天，之后将释放，数据将无法恢复。",
    "Renew in good time: KooGallery keeps an expired product for up to 15 days. Then it is released, and its data is lost.",
);
pub(crate) const RENEW: Text = text("前往云商店续费", "Renew in KooGallery");
pub(crate) const SUSPENDED: Text = text("产品已被停用", "Your product is suspended");
pub(crate) const SUSPENDED_HELP: Text = text(
    "云商店停用了该产品，例如因违反使用条款。请向商家或云商店了解原因；续费不会解除停用。数据目前仍然保留。",
    "KooGallery has suspended it, for example because of a breach of terms. Please ask the seller or KooGallery for the reason: a renewal \
     does not end it. Your data is still there.",
);
pub(crate) const ORDERS: Text = text("在云商店查看", "See it in KooGallery");
pub(crate) const SUPPORT: Text = text("联系商家", "Ask the seller");
pub(crate) const NO_PAGE: Text = text("页面不存在", "There is no such page");
pub(crate) const NO_PAGE_HELP: Text = text(
    "地址可能不完整，或该产品已不再使用。请从云商店“我的云商店”中打开产品。",
    "The address may be incomplete, or the product is not in use any more. Please open the product from KooGallery.",
);
pub(crate) const NOT_NOW: Text = text("页面暂时无法打开", "The page cannot be shown now");
pub(crate) const NOT_NOW_HELP: Text = text("请稍后重试。", "Please try again in a moment.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_its_place_in_both_languages() {
        for language in [Language::Chinese, Language::English] {
            assert!(KEPT_UNTIL.with(language, "then").contains("then"));
            assert!(!KEPT_UNTIL.with(language, "then").contains("{}"));
        }
    }
}
