//! Checks whether an answer is the reply that a case expects.

use koogallery::{AccessKey, ResultCode};
use serde_json::Value;

use super::corpus::Expect;
use super::fill::{FillError, Filler};
use crate::marketplace::Exchange;
use crate::v1_reply::{app_infos, decrypted, genuine};

/// The longest `resultMsg` (topic 0070649427).
const MAX_MESSAGE: usize = 255;
/// The texts of an app info with their largest lengths (topic 0070649428).
const APP_INFO: [(&str, usize); 5] =
    [("frontEndUrl", 512), ("adminUrl", 512), ("userName", 128), ("password", 128), ("memo", 1024)];

/// What every V1.0 reply needs in addition.
#[derive(Debug, Clone, Copy)]
pub(super) struct V1<'a> {
    /// The key of its `Body-Sign` and of its cipher.
    pub(super) key: &'a AccessKey,
    /// Whether `Body-Sign` may be missing.
    pub(super) unsigned_allowed: bool,
}

/// Returns the reply if it has the protocol's form, is genuine, and is one of the expected ones.
pub(super) fn reply(
    exchange: &Exchange,
    v1: Option<V1<'_>>,
    expect: &Expect,
    filler: &Filler<'_>,
) -> Result<Value, String> {
    let (reply, code) = read(exchange)?;
    if let Some(v1) = v1 {
        genuine(exchange, v1.key, v1.unsigned_allowed).map_err(|problem| format!("{problem} ({code})"))?;
        decrypted(reply.clone(), v1.key)?;
    }
    let Some((_, pattern)) = expect.0.iter().find(|(expected, _)| *expected == code) else {
        let codes: Vec<&str> = expect.0.iter().map(|(code, _)| code.as_str()).collect();
        let message = reply["resultMsg"].as_str().unwrap_or_default();
        return Err(format!("expected {}, got {code} {message}", codes.join(" or ")));
    };
    holds(pattern, Some(&reply), "the reply", filler)?;
    Ok(reply)
}

/// Checks what every reply must be: HTTP 200, JSON in ASCII, a known code, texts within their lengths.
fn read(exchange: &Exchange) -> Result<(Value, ResultCode), String> {
    if exchange.status != 200 {
        return Err(format!("HTTP status {} instead of 200", exchange.status));
    }
    if !exchange.content_type.starts_with("application/json") {
        return Err(format!("content type {:?} instead of application/json", exchange.content_type));
    }
    if !exchange.body.is_ascii() {
        return Err("the reply has characters beyond ASCII that are not escaped as \\uXXXX".to_owned());
    }
    let reply: Value =
        serde_json::from_slice(&exchange.body).map_err(|error| format!("the reply is not JSON: {error}"))?;
    let code = reply["resultCode"].as_str().ok_or("the reply has no resultCode")?;
    let code = code.parse().map_err(|_| format!("resultCode {code:?} is not a code of KooGallery"))?;
    match &reply["resultMsg"] {
        Value::Null => {}
        message => text_within(message, MAX_MESSAGE).map_err(|problem| format!("resultMsg {problem}"))?,
    }
    for app_info in app_infos(&reply) {
        if app_info["frontEndUrl"].is_null() {
            return Err("appInfo has no frontEndUrl".to_owned());
        }
        for (name, max) in APP_INFO {
            if !app_info[name].is_null() {
                text_within(&app_info[name], max).map_err(|problem| format!("appInfo.{name} {problem}"))?;
            }
        }
    }
    Ok((reply, code))
}

/// Checks a value against a pattern. An object must have the named members. A list must have an item for each pattern, in any
/// place. `$each`: all items are like it. `$text`: a text of 1 to n characters. `$any`: any value. `$not`: another text. Anything
/// else: the same value.
fn holds(pattern: &Value, actual: Option<&Value>, at: &str, filler: &Filler<'_>) -> Result<(), String> {
    if pattern.is_null() {
        return Ok(());
    }
    let actual = actual.filter(|actual| !actual.is_null());
    if let Some(each) = pattern.get("$each") {
        let Some(actual) = actual else { return Ok(()) };
        let items = actual.as_array().ok_or_else(|| format!("{at} is not a list"))?;
        return items.iter().try_for_each(|item| holds(each, Some(item), &format!("an item of {at}"), filler));
    }
    let actual = actual.ok_or_else(|| format!("{at} is missing"))?;
    match pattern {
        Value::Object(members) => match members.iter().next() {
            Some((name, max)) if name == "$text" => {
                let max = max.as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or_default();
                text_within(actual, max).map_err(|problem| format!("{at} {problem}"))?;
                if actual == "" { Err(format!("{at} is empty")) } else { Ok(()) }
            }
            Some((name, _)) if name == "$any" => Ok(()),
            Some((name, other)) if name == "$not" => {
                let other = filled(other, filler)?;
                if *actual == other { Err(format!("{at} must not be {actual}")) } else { Ok(()) }
            }
            _ => members
                .iter()
                .try_for_each(|(name, member)| holds(member, actual.get(name), &format!("{name} of {at}"), filler)),
        },
        Value::Array(patterns) => {
            let items = actual.as_array().ok_or_else(|| format!("{at} is not a list"))?;
            patterns.iter().try_for_each(|pattern| {
                let problem = || Err(format!("{at} has no item like {}", filled(pattern, filler)?));
                let found = items.iter().any(|item| holds(pattern, Some(item), at, filler).is_ok());
                if found { Ok(()) } else { problem() }
            })
        }
        same => {
            let same = filled(same, filler)?;
            if *actual == same { Ok(()) } else { Err(format!("{at} is {actual} instead of {same}")) }
        }
    }
}

fn filled(pattern: &Value, filler: &Filler<'_>) -> Result<Value, String> {
    match pattern {
        Value::String(text) => filler.text(text).map(Value::from),
        Value::Object(members) if members.keys().any(|name| name.starts_with('$')) => Ok(pattern.clone()),
        other => filler.fill(other, ""),
    }
    .map_err(|error: FillError| error.to_string())
}

fn text_within(value: &Value, max: usize) -> Result<(), String> {
    let text = value.as_str().ok_or("is not a text")?;
    let length = text.chars().count();
    if length > max { Err(format!("has {length} characters, more than {max}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use koogallery::v1_cipher::{self, EncryptType};
    use koogallery::{AccessKeys, InterfaceType, body_sign};
    use serde_json::json;

    use super::*;
    use crate::marketplace::BodySign;

    fn exchange(body: &Value) -> Exchange {
        Exchange {
            status: 200,
            content_type: "application/json;charset=UTF-8".to_owned(),
            body_sign: None,
            body: body.to_string().into(),
            elapsed: Duration::ZERO,
        }
    }

    fn expect(value: Value) -> Expect {
        Expect::try_from(value).unwrap()
    }

    fn problem(exchange: &Exchange, expected: Value) -> Option<String> {
        let mut filler = Filler::new(None);
        filler.remember(Some("first"), &json!({ "instanceId": "i-1" }));
        reply(exchange, None, &expect(expected), &filler).err()
    }

    fn good() -> Value {
        json!({ "resultCode": "000000", "resultMsg": "success", "instanceId": "i-1",
            "info": [{ "instanceId": "i-0" }, { "instanceId": "i-1", "appInfo": { "frontEndUrl": "https://x" } }] })
    }

    #[test]
    fn what_is_expected_passes() {
        for expected in [
            json!("000000"),
            json!(["000004", "000000"]),
            json!({ "000000|000004": { "instanceId": "{first.instanceId}" } }),
            json!({ "000000": { "instanceId": { "$text": 3 }, "info": [{ "instanceId": "i-1" }, { "instanceId": "i-0" }] } }),
            json!({ "000000": { "instanceId": { "$not": "i-2" } } }),
            json!({ "000000": { "info": { "$each": { "instanceId": { "$any": true } } }, "usageInfo": { "$each": "x" } } }),
        ] {
            assert_eq!(problem(&exchange(&good()), expected.clone()), None, "{expected}");
        }
    }

    #[test]
    fn anything_else_is_told() {
        for (expected, told) in [
            (json!(["000001", "000002"]), "expected 000001 or 000002, got 000000 success"),
            (json!({ "000000": { "instanceId": "i-2" } }), "instanceId of the reply is \"i-1\" instead of \"i-2\""),
            (
                json!({ "000000": { "instanceId": { "$not": "{instanceId}" } } }),
                "instanceId of the reply must not be \"i-1\"",
            ),
            (
                json!({ "000000": { "instanceId": { "$text": 2 } } }),
                "instanceId of the reply has 3 characters, more than 2",
            ),
            (json!({ "000000": { "appInfo": {} } }), "appInfo of the reply is missing"),
            (json!({ "000000": { "appInfo": { "$any": true } } }), "appInfo of the reply is missing"),
            (
                json!({ "000000": { "info": { "$each": { "appInfo": { "$any": true } } } } }),
                "appInfo of an item of info of the reply is missing",
            ),
            (
                json!({ "000000": { "info": [{ "instanceId": "i-3" }] } }),
                "info of the reply has no item like {\"instanceId\":\"i-3\"}",
            ),
        ] {
            assert_eq!(problem(&exchange(&good()), expected).as_deref(), Some(told));
        }
    }

    #[test]
    fn a_reply_has_the_protocols_form() {
        let spoilt = |spoil: fn(&mut Exchange)| {
            let mut exchange = exchange(&good());
            spoil(&mut exchange);
            problem(&exchange, json!("000000")).unwrap()
        };
        assert_eq!(spoilt(|exchange| exchange.status = 500), "HTTP status 500 instead of 200");
        assert!(spoilt(|exchange| exchange.content_type = "text/html".to_owned()).starts_with("content type"));
        assert!(spoilt(|exchange| exchange.body = r#"{"resultCode":"000000","x":"云"}"#.into()).contains("ASCII"));
        assert!(
            spoilt(|exchange| exchange.body = r#"{"resultCode":"42"}"#.into()).contains("is not a code of KooGallery")
        );
        assert_eq!(spoilt(|exchange| exchange.body = "{}".into()), "the reply has no resultCode");
        assert!(spoilt(|exchange| exchange.body = "<html>".into()).starts_with("the reply is not JSON"));
        assert_eq!(
            spoilt(|exchange| exchange.body = r#"{"resultCode":"000000","appInfo":{}}"#.into()),
            "appInfo has no frontEndUrl"
        );
    }

    #[test]
    fn a_v1_reply_is_signed_and_its_secrets_decrypt() {
        let keys = AccessKeys::from_json(r#"{"basic":["k"]}"#).unwrap();
        let key = keys.current(InterfaceType::Basic).unwrap();
        let problem = |exchange: &Exchange, unsigned_allowed: bool| {
            let v1 = Some(V1 { key, unsigned_allowed });
            reply(exchange, v1, &expect(json!("000000")), &Filler::new(None)).err()
        };
        let body_sign = |name: &str, key: &str, exchange: &Exchange| {
            Some(BodySign { name: Some(name.to_owned()), value: body_sign::value(key, &exchange.body) })
        };
        let iv = "a1B2c3D4e5F6g7H8".parse().unwrap();
        let wire = v1_cipher::encrypt("k", EncryptType::Aes256, &iv, "admin");
        let mut signed = exchange(&json!({ "resultCode": "000000", "encryptType": "1",
            "appInfo": { "frontEndUrl": "https://x", "userName": wire } }));
        assert_eq!(problem(&signed, false).unwrap(), "the reply has no Body-Sign (000000)");
        assert_eq!(problem(&signed, true), None);
        signed.body_sign = body_sign("Body-Sign", "k", &signed);
        assert_eq!(problem(&signed, false), None);
        signed.body_sign = body_sign("body-sign", "k", &signed);
        assert!(problem(&signed, true).unwrap().contains("KooGallery looks for Body-Sign"));
        signed.body_sign = body_sign("Body-Sign", "other", &signed);
        assert_eq!(problem(&signed, true).unwrap(), "Body-Sign does not fit the reply's bytes (000000)");
        let plain = exchange(
            &json!({ "resultCode": "000000", "appInfo": { "frontEndUrl": "https://x", "password": "secret" } }),
        );
        assert_eq!(problem(&plain, true).unwrap(), "appInfo.password does not decrypt with the access key");
    }
}
