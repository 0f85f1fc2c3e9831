//! Robots of group chats: Feishu's custom robot, DingTalk's custom robot, WeCom's group robot.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use koogallery::Timestamp;
use koogallery_runtime::{Language, NotifySecret, keeps_a_secret};
use serde_json::{Value, json};
use sha2::Sha256;

use super::SendError;
use crate::message::{Line, Message};
use crate::settings::Robot;

/// How long connecting, sending and the answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Answers are short: more is not read.
const MAX_ANSWER: usize = 16 * 1024;
/// Feishu takes bodies of 20 KB, DingTalk about as much.
const BODY: usize = 18_000;
/// WeCom takes so many bytes of Markdown.
const WECOM: usize = 4096;

impl Robot {
    /// Sends a message to its address.
    pub(crate) async fn send(
        self,
        name: &str,
        secret: &NotifySecret,
        message: &Message,
        at: Timestamp,
    ) -> Result<(), SendError> {
        let url = secret.url.as_ref().ok_or_else(|| SendError::NoSecret { name: name.to_owned(), member: "url" })?;
        let url = url.reveal().trim();
        if !keeps_a_secret(url) {
            return Err(SendError::Address(name.to_owned()));
        }
        let key = secret.secret.as_ref().map(|secret| secret.reveal().trim());
        let body = self.body(message, key, at);
        let request = client(url)?.post(self.address(url, key, at)).header(CONTENT_TYPE, "application/json");
        let mut response = request.body(body).send().await.map_err(of_http)?;
        let (status, mut answer) = (response.status(), Vec::new());
        while answer.len() < MAX_ANSWER {
            match response.chunk().await.map_err(of_http)? {
                Some(chunk) => answer.extend_from_slice(&chunk),
                None => break,
            }
        }
        self.judge(status, &answer)
    }

    /// The robot's address; DingTalk's has the signature.
    fn address(self, url: &str, key: Option<&str>, at: Timestamp) -> String {
        match (self, key) {
            (Self::DingTalk, Some(key)) => {
                let time = at.as_millis();
                let sign = signature(key, &format!("{time}\n{key}"));
                let sign: String = form_urlencoded::byte_serialize(sign.as_bytes()).collect();
                let joint = if url.contains('?') { '&' } else { '?' };
                format!("{url}{joint}timestamp={time}&sign={sign}")
            }
            _ => url.to_owned(),
        }
    }

    fn body(self, message: &Message, key: Option<&str>, at: Timestamp) -> String {
        match self {
            Self::Feishu => message.within(BODY, |lines| feishu(message, lines, key, at).to_string()),
            Self::DingTalk => message.within(BODY, |lines| {
                let text = format!("### {}\n\n{}", escaped(&message.title), markdown(lines, "- "));
                json!({ "msgtype": "markdown", "markdown": { "title": message.title, "text": text } }).to_string()
            }),
            Self::WeCom => {
                let text = |lines: &[Line]| format!("**{}**\n{}", escaped(&message.title), markdown(lines, "> "));
                let content = message.within(WECOM, text);
                json!({ "msgtype": "markdown", "markdown": { "content": content } }).to_string()
            }
        }
    }

    /// Whether the robot took the message: HTTP 200 alone says nothing.
    fn judge(self, status: StatusCode, answer: &[u8]) -> Result<(), SendError> {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let code = ["errcode", "code", "StatusCode"].iter().find_map(|name| answer[*name].as_i64());
        match (code, self) {
            (Some(0), _) if status.is_success() => Ok(()),
            (Some(code @ (9499 | 11232)), Self::Feishu)
            | (Some(code @ (130_101 | 410_100)), Self::DingTalk)
            | (Some(code @ (45009 | 45033)), Self::WeCom) => Err(SendError::TooFast(code)),
            _ if status == StatusCode::TOO_MANY_REQUESTS => Err(SendError::TooFast(429)),
            (Some(code), _) if code != 0 => Err(SendError::Refused { code, hint: self.hint(code) }),
            _ => Err(SendError::NotARobot(status)),
        }
    }

    const fn hint(self, code: i64) -> &'static str {
        match (self, code) {
            (Self::Feishu, 19021) => ": the secret is not the robot's, or this machine's clock is wrong",
            (Self::Feishu, 19022) => ": this machine's address is not on the robot's list",
            (Self::Feishu, 19024) => ": add the keyword KooGallery to the robot",
            (Self::Feishu, 19001) | (Self::DingTalk, 300_001 | 400_101) | (Self::WeCom, 93000) => {
                ": there is no robot at this url"
            }
            (Self::DingTalk, 310_000) => {
                ": its security settings do not fit: the secret, this machine's address, or the keyword KooGallery"
            }
            _ => "",
        }
    }
}

/// Feishu's message; the robot signs nothing of the message, only the time.
fn feishu(message: &Message, lines: &[Line], key: Option<&str>, at: Timestamp) -> Value {
    let rows: Vec<Value> = lines
        .iter()
        .map(|line| {
            let text = json!({ "tag": "text", "text": format!("{} ", escaped(&line.text)) });
            match &line.link {
                Some((act, link)) => json!([text, { "tag": "a", "text": act, "href": link }]),
                None => json!([text]),
            }
        })
        .collect();
    let language = if message.language() == Language::Chinese { "zh_cn" } else { "en_us" };
    let post = json!({ language: { "title": message.title, "content": rows } });
    let mut body = json!({ "msg_type": "post", "content": { "post": post } });
    if let Some(key) = key {
        let time = at.as_seconds();
        body["timestamp"] = time.to_string().into();
        body["sign"] = signature(&format!("{time}\n{key}"), "").into();
    }
    body
}

fn markdown(lines: &[Line], bullet: &str) -> String {
    let line = |line: &Line| {
        let link = line.link.as_ref().map(|(act, link)| format!(" [{act}]({})", link.replace(')', "%29")));
        format!("{bullet}{}{}\n", escaped(&line.text), link.unwrap_or_default())
    };
    lines.iter().map(line).collect()
}

/// A text that is no markup: robots know Markdown, tags that name people, and neither of them well. What would be read as such is
/// written with the wide form of its characters.
fn escaped(text: &str) -> String {
    let wide = |c: char| match c {
        '<' => '＜',
        '>' => '＞',
        '[' => '［',
        ']' => '］',
        '(' => '（',
        ')' => '）',
        '*' => '＊',
        '`' => '｀',
        '@' => '＠',
        '!' => '！',
        '#' => '＃',
        c if c.is_control() => ' ',
        c => c,
    };
    text.chars().map(wide).collect()
}

/// HMAC-SHA256, in base64.
fn signature(key: &str, text: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn client(url: &str) -> Result<reqwest::Client, SendError> {
    // The process has one crypto provider; a second call finds it installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut http = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("koogallery-seller/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    if url.starts_with("http://") {
        // Nothing is encrypted on the way to the same machine, so no certificates have to be read.
        http = http.tls_certs_only([]);
    }
    http.build().map_err(|_| SendError::Tls)
}

/// The error without the address, which has the robot's key.
fn of_http(error: reqwest::Error) -> SendError {
    if error.is_timeout() {
        SendError::TimedOut
    } else if error.is_connect() {
        SendError::NotReached
    } else {
        SendError::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::message;

    fn at() -> Timestamp {
        Timestamp::from_millis(1_599_360_473_123)
    }

    #[test]
    fn signatures_are_those_of_the_guides() {
        // Made by Python's hmac, as the guides of Feishu and DingTalk have it.
        let body = Robot::Feishu.body(&message(Language::English, 0, "x"), Some("SECdemo"), at());
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&body["timestamp"], &body["sign"]),
            (&json!("1599360473"), &json!("UNvK0aHeWrPUMl0ySOUpIoYdvBDU1mnjgkbX5JtMxkk="))
        );
        let url = "https://oapi.dingtalk.com/robot/send?access_token=t";
        let signed = Robot::DingTalk.address(url, Some("SECdemo"), at());
        assert_eq!(
            signed,
            format!("{url}&timestamp=1599360473123&sign=1HQs9f3cSAHzovKqY78he1KVa4lpHx38oe3kOWE08vc%3D")
        );
        assert_eq!(Robot::DingTalk.address(url, None, at()), url);
        assert_eq!(Robot::WeCom.address(url, Some("SECdemo"), at()), url);
    }

    #[test]
    fn each_form_keeps_its_limit_and_its_markup() {
        let hostile = "a](https://evil.example) <at user_id=\"all\"></at> <@all> `x` **y**\n# z @all";
        for robot in [Robot::Feishu, Robot::DingTalk, Robot::WeCom] {
            let body: Value =
                serde_json::from_str(&robot.body(&message(Language::Chinese, 500, hostile), None, at())).unwrap();
            let text = match robot {
                Robot::Feishu => {
                    let post = &body["content"]["post"]["zh_cn"];
                    assert_eq!(post["content"][0][1]["href"], "https://console.example.com/instances/i-1#app-info");
                    post["content"][0][0]["text"].as_str().unwrap().to_owned()
                }
                Robot::DingTalk => body["markdown"]["text"].as_str().unwrap().to_owned(),
                Robot::WeCom => body["markdown"]["content"].as_str().unwrap().to_owned(),
            };
            for markup in ["<at", "<@", "](https://evil", "`x", "@all", "**y", "\n# z"] {
                assert!(!text.contains(markup), "{robot:?} {markup}: {text}");
            }
            assert!(text.contains("evil.example"), "it is shown as text: {text}");
            if robot == Robot::Feishu {
                continue;
            }
            assert!(text.contains("[查看](https://console.example.com/events/0)"), "{text}");
            let others = text.contains("项新增：事件多次投递失败");
            assert!(others && text.len() <= if robot == Robot::WeCom { WECOM } else { BODY }, "{text}");
        }
    }

    #[test]
    fn an_answer_counts_by_its_code() {
        let judge =
            |robot: Robot, status, answer: &str| robot.judge(StatusCode::from_u16(status).unwrap(), answer.as_bytes());
        for (robot, answer) in [
            (Robot::Feishu, r#"{"code":0,"msg":"success"}"#),
            (Robot::Feishu, r#"{"StatusCode":0,"StatusMessage":"success"}"#),
            (Robot::DingTalk, r#"{"errcode":0,"errmsg":"ok"}"#),
            (Robot::WeCom, r#"{"errcode":0,"errmsg":"ok"}"#),
        ] {
            assert!(judge(robot, 200, answer).is_ok(), "{answer}");
            assert!(matches!(judge(robot, 500, answer), Err(SendError::NotARobot(_))));
        }
        for (robot, status, answer) in [
            (Robot::Feishu, 200, r#"{"code":11232}"#),
            (Robot::Feishu, 400, r#"{"code":9499}"#),
            (Robot::DingTalk, 200, r#"{"errcode":130101}"#),
            (Robot::WeCom, 200, r#"{"errcode":45009}"#),
            (Robot::WeCom, 429, ""),
        ] {
            assert!(matches!(judge(robot, status, answer), Err(SendError::TooFast(_))), "{answer}");
        }
        let refused =
            judge(Robot::DingTalk, 200, r#"{"errcode":310000,"errmsg":"token abc"}"#).unwrap_err().to_string();
        assert!(refused.contains("310000") && refused.contains("keyword") && !refused.contains("abc"), "{refused}");
        assert!(matches!(judge(Robot::Feishu, 200, "<html>"), Err(SendError::NotARobot(StatusCode::OK))));
    }
}
