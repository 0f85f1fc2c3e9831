//! Why a command could not do its work, in Chinese. What another program or the system says of it stays as that says it.

use std::error::Error;

use koogallery_runtime::{ConfigError, InvalidValue};

use crate::api::ApiError;
use crate::conform::CorpusError;
use crate::database::DatabaseError;
use crate::doctor::DoctorError;
use crate::host::HostError;
use crate::http_server::TlsError;
use crate::import::{ReadError, SendError};
use crate::keygen::KeygenError;
use crate::marketplace::CallError;
use crate::promote::PromotionError;

/// The text of a failure; none of one that has none in Chinese.
pub(super) fn text(failure: &(dyn Error + 'static)) -> Option<String> {
    macro_rules! first {
        ($($kind:ty => $said:expr),* $(,)?) => {
            $(if let Some(failure) = failure.downcast_ref::<$kind>() { return Some($said(failure)); })*
        };
    }
    first! {
        ApiError => api,
        CallError => call,
        ConfigError => config,
        CorpusError => corpus,
        DatabaseError => database,
        DoctorError => doctor,
        HostError => host,
        KeygenError => keygen,
        PromotionError => promotion,
        ReadError => file,
        SendError => sent,
        TlsError => tls,
    }
    None
}

fn api(failure: &ApiError) -> String {
    match failure {
        ApiError::Address(address) => format!("{address} 不能是商家接口：请给出 https:// 地址，或本机的 http:// 地址"),
        ApiError::File { file, source } => format!("{} 中的配置档案无法读取：{source}", file.display()),
        ApiError::Form { file, source } => {
            format!(
                "{} 不是 {{\"shop\":{{\"url\":\"https://…\",\"token\":\"…\"}}}} 这样的 JSON：{source}",
                file.display()
            )
        }
        ApiError::NoProfile { name, file, known } => {
            format!("{} 中没有配置档案 {name}；其中有：{known}", file.display())
        }
        ApiError::NoToken(address) => {
            format!("请把 KOOGALLERY_API_TOKEN 设为 {address} 的令牌，或者给出 --profile")
        }
        ApiError::NoAnswer { address, source } => {
            format!("无法连接 {address} 的商家接口（{source}）：`koogallery serve` 在运行吗？--api 正确吗？")
        }
        ApiError::Unauthorized(address) => {
            format!("{address} 的商家接口拒绝了令牌（HTTP 401）：请把 KOOGALLERY_API_TOKEN 设为该部署的令牌之一")
        }
        ApiError::Unknown(detail) => format!("没有找到：{detail}"),
        ApiError::Refused { status, detail } => format!("商家接口拒绝（HTTP {status}）：{detail}"),
        ApiError::Malformed(address) => format!("{address} 的应答不像商家接口：请检查地址"),
    }
}

fn call(failure: &CallError) -> String {
    match failure {
        CallError::Address(address) => format!("{address} 不是 http 或 https 地址"),
        CallError::Client(source) => format!("无法建立 HTTP 客户端：{source}"),
        CallError::NoAnswer { address, problem } => format!("{address} 没有应答：{problem}"),
        CallError::Header(name) => format!("请求头 {name} 无法发送：HTTP 不允许这样的名称或值"),
        CallError::NoKey(interface) => format!("没有用于签名的 {interface} 访问密钥：请在 KOOGALLERY_KEYS 中设置"),
    }
}

fn config(failure: &ConfigError) -> String {
    match failure {
        ConfigError::Missing { name, meaning } => format!("没有设置 {name}：{meaning}"),
        ConfigError::Invalid { name, source } => format!("{name} 的值不能用：{}", value(source)),
    }
}

fn value(problem: &InvalidValue) -> String {
    match problem {
        InvalidValue::SetTwice(other) => format!("{other} 也设置了，只能设置其中一个"),
        InvalidValue::OutOfRange { unit, least, most } => format!("请给出 {least} 到 {most} 的整数（{unit}）"),
        InvalidValue::NoScheme => "缺少协议：请在前面写 https://，在本机则写 http://".to_owned(),
        other @ (InvalidValue::Unexpected(_) | InvalidValue::Refused(_)) => other.to_string(),
    }
}

fn corpus(failure: &CorpusError) -> String {
    match failure {
        CorpusError::Read { path, source } => format!("{} 无法读取：{source}", path.display()),
        CorpusError::File { file, problem } => format!("{file}：{problem}"),
        CorpusError::Case { .. } => failure.to_string(),
    }
}

fn database(failure: &DatabaseError) -> String {
    match failure {
        DatabaseError::File { path, problem } => format!("数据库文件 {path} 无法打开：{problem}"),
        DatabaseError::InUse { path } => {
            format!("另一个 `koogallery serve` 正在使用数据库文件 {path}：请先停止它，或用 --data 给出另一个文件")
        }
        DatabaseError::Listen(source) => format!("内置的 DynamoDB 没有可用的端口：{source}"),
    }
}

fn doctor(failure: &DoctorError) -> String {
    match failure {
        DoctorError::Address(address) => format!("{address} 不是 http 或 https 地址：请用 --to 给出生产接口地址"),
        DoctorError::Config(failure) => config(failure),
    }
}

fn host(failure: &HostError) -> String {
    match failure {
        HostError::Config(failure) => config(failure),
        HostError::Database(failure) => database(failure),
        HostError::Tls(failure) => tls(failure),
        HostError::Table { table, endpoint, source } => format!("{endpoint} 的表 {table} 不能用：{source}"),
        HostError::Listen { address, source } => {
            format!("无法监听 {address}：{source}。如果端口已被占用，请用 --listen 换一个")
        }
        HostError::TestKeysBeyondLoopback(address) => {
            format!("拒绝用人人都知道的内置测试密钥监听 {address}：请设置 KOOGALLERY_KEYS，或监听 127.0.0.1")
        }
        HostError::Console(problem) => format!("控制台：{problem}"),
        HostError::Schedules(problem) => format!("定时任务无法开始：{problem}"),
        HostError::Serve(source) => format!("本地主机失败：{source}"),
    }
}

fn keygen(failure: &KeygenError) -> String {
    match failure {
        KeygenError::Exists(file) => {
            format!("{} 已经存在，私钥从不覆盖：请换一个文件名，或移走那个文件", file.display())
        }
        KeygenError::Write { file, source } => format!("无法把私钥写入 {}：{source}", file.display()),
        KeygenError::Randomness(source) => format!("系统没有给出随机数：{source}"),
    }
}

fn promotion(failure: &PromotionError) -> String {
    match failure {
        PromotionError::Staging(failure) => format!("预发布环境：{}", api(failure)),
        PromotionError::Production(failure) => format!("生产环境：{}", api(failure)),
        PromotionError::Address(failure) => format!("预发布环境：{}", call(failure)),
        PromotionError::Corpus(failure) => corpus(failure),
    }
}

fn file(failure: &ReadError) -> String {
    match failure {
        ReadError::Io(source) => format!("文件无法读取：{source}"),
        ReadError::Csv { line, reason } => {
            format!("第 {line} 行：不是 UTF-8 的 CSV：{reason}。在电子表格中请另存为“CSV UTF-8”")
        }
        ReadError::Json { line, reason } => format!("第 {line} 行：不是 JSON 对象：{reason}"),
        ReadError::Titles(problem) => format!("标题：{problem}。`koogallery import --template csv` 列出全部标题"),
        ReadError::Kind { line, kind } => {
            format!("第 {line} 行：没有 `{kind}` 这一类；可用的有：instance、license、tenant、order")
        }
        ReadError::TooLong => "行数太多：请拆成几个文件".to_owned(),
        ReadError::Empty => "文件中没有行".to_owned(),
    }
}

fn sent(failure: &SendError) -> String {
    format!("{}；已经发送 {} 行。请再执行同一个命令：已经在那里的保持不变", api(&failure.source), failure.sent.rows())
}

fn tls(failure: &TlsError) -> String {
    match failure {
        TlsError::File { path, source } => format!("{} 无法读取：{source}", path.display()),
        TlsError::Pem { path, what, source } => format!("{} 中没有 PEM 格式的 {what}：{source}", path.display()),
        TlsError::Key { files, source } => {
            format!("{} 不是 {} 的私钥：{source}", files.key.display(), files.certificate.display())
        }
        TlsError::Tls(source) => format!("TLS 不能用：{source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_developer_meets_first_is_told_in_chinese() {
        let no_token: Box<dyn Error> = ApiError::NoToken("https://api.example.com/".to_owned()).into();
        assert!(text(&*no_token).unwrap().contains("请把 KOOGALLERY_API_TOKEN 设为 https://api.example.com/ 的令牌"));
        let no_key: Box<dyn Error> = CallError::NoKey("kit").into();
        assert!(text(&*no_key).unwrap().contains("请在 KOOGALLERY_KEYS 中设置"));
        let in_use = HostError::Database(DatabaseError::InUse { path: "shop.db".to_owned() });
        assert!(text(&in_use).unwrap().contains("正在使用数据库文件 shop.db"));
        let unknown: Box<dyn Error> = "something else".into();
        assert!(text(&*unknown).is_none());
    }
}
