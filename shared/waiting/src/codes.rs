//! What an answer to KooGallery means: six digits alone tell people nothing.

use koogallery::ResultCode;
use koogallery_runtime::Language;

use crate::words::either;

/// The meaning of a result code, in a few words. In English it is the text that replies have.
#[must_use]
pub const fn meaning(language: Language, code: ResultCode) -> &'static str {
    let zh = match code {
        ResultCode::Success => "成功",
        ResultCode::AuthenticationFailed => "鉴权失败",
        ResultCode::InvalidParameter => "参数错误",
        ResultCode::InstanceNotFound => "实例不存在",
        ResultCode::Processing => "请求正在处理",
        ResultCode::InternalError => "内部错误，请重试",
        ResultCode::NoResource => "没有可分配的资源",
        ResultCode::MobileNumber => "缺少手机号或手机号已被使用",
        ResultCode::Email => "缺少邮箱或邮箱已被使用",
        ResultCode::AlreadyPurchased => "商品不能重复购买",
        ResultCode::ProductServiceFailed => "商品自身的服务失败",
        ResultCode::BenefitHeld => "账号已有此权益",
        ResultCode::SoldOut => "已售罄",
        ResultCode::EmailDomainExists => "SaaS 邮箱域名已存在",
        ResultCode::LicenseQuotaUsedUp => "订单的 License 额度已用完",
        ResultCode::OutsideValidity => "不在订单有效期内",
        ResultCode::ExpiryRequired => "按周期的 License 必须有到期时间",
        ResultCode::FingerprintRequired => "缺少设备指纹或硬件码",
    };
    either(language, zh, code.message())
}

/// A code with its meaning.
#[must_use]
pub fn explained(language: Language, code: ResultCode) -> String {
    match language {
        Language::Chinese => format!("{code}（{}）", meaning(language, code)),
        Language::English => format!("{code} ({})", meaning(language, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_it_means() {
        let code = ResultCode::NoResource;
        assert_eq!(explained(Language::English, code), "000100 (no instance resource can be allocated)");
        assert_eq!(explained(Language::Chinese, code), "000100（没有可分配的资源）");
    }
}
