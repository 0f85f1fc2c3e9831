//! Makes a signed call from a case's data.

use koogallery::{Dialect, Timestamp, auth_token, canonical_form, signature};
use koogallery_runtime::now;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::corpus::{Call, HexCase, Over, Payload, Sent, Sign, Unit, Writing};
use super::fill::{FillError, Filler};
use crate::marketplace::{SignedCall, Zone, new_nonce, time_stamp};

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsendable {
    #[error(transparent)]
    Fill(#[from] FillError),
    #[error("{0} is not an HTTP method")]
    Method(String),
    #[error("hex is not hex: {0}")]
    Hex(hex::FromHexError),
    #[error("only a body that is a JSON object has a canonical form")]
    NotAnObject(#[from] koogallery::NotAnObject),
}

/// Makes a call and signs it with `access_key`.
pub(super) fn signed(
    call: &Call,
    sent: &Sent,
    filler: &Filler<'_>,
    access_key: &str,
) -> Result<SignedCall, Unsendable> {
    let mut members = call.request.clone();
    members.extend(sent.set.clone());
    members.retain(|name, _| !sent.omit.contains(name));
    let members = filler.members(&members, access_key)?;
    let changed = filler.members(&sent.after_signing, access_key)?;

    let signer = Signer { call, sent, filler, access_key };
    let mut made = match call.dialect {
        Dialect::BasicV2 | Dialect::KitV2 => signer.v2(members, changed)?,
        Dialect::BasicV1 => signer.basic_v1(members, changed)?,
        Dialect::KitV1 => signer.kit_v1(members, changed)?,
    };
    if let Some(method) = &sent.method {
        made.method = method.parse().map_err(|_| Unsendable::Method(method.clone()))?;
    }
    if let Some(path) = &sent.path {
        made.path = filler.text(path)?;
    }
    made.query.extend(sent.query.clone());
    made.headers.extend(sent.headers.clone());
    Ok(made)
}

struct Signer<'a> {
    call: &'a Call,
    sent: &'a Sent,
    filler: &'a Filler<'a>,
    access_key: &'a str,
}

impl Signer<'_> {
    fn v2(&self, mut members: Map<String, Value>, changed: Map<String, Value>) -> Result<SignedCall, Unsendable> {
        let Sign { unit, case, payload, over, without, .. } = self.how();
        let mut body = self.body(&members)?;
        let timestamp = match unit {
            Unit::Milliseconds => self.signed_at().to_string(),
            Unit::Seconds => self.signed_at().as_seconds().to_string(),
        };
        let timestamp = self.or_else(self.how().timestamp.as_ref(), timestamp)?;
        let nonce = self.or_else(self.how().nonce.as_ref(), new_nonce())?;

        let canonical = if *over == Some(Over::Canonical) { Some(canonical_form(&body)?) } else { None };
        let covered = canonical.as_ref().map_or(body.as_slice(), String::as_bytes);
        let kit = self.call.dialect == Dialect::KitV2;
        let plain = payload.map_or(kit, |payload| payload == Payload::Plain);
        let sign = if plain { signature::kit } else { signature::basic };
        let mut signature = sign(self.access_key, &nonce, &timestamp, covered);
        if case.map_or(!kit, |case| case == HexCase::Upper) {
            signature = signature.to_uppercase();
        }
        let signature = self.or_else(self.how().signature.as_ref(), signature)?;
        if !changed.is_empty() {
            change(&mut members, changed);
            body = self.body(&members)?;
        }

        let mut parts = vec![("signature", signature), ("timestamp", timestamp), ("nonce", nonce)];
        parts.retain(|(name, _)| !without.iter().any(|part| part == name));
        let in_query = |(name, value): (&str, String)| (name.to_owned(), value);
        let in_headers = |(name, value): (&str, String)| match name {
            "signature" => ("x-sign".to_owned(), value),
            name => (format!("x-{name}"), value),
        };
        Ok(SignedCall {
            method: http::Method::POST,
            path: if kit { format!("produceAPI/v2/{}", self.call.callback) } else { String::new() },
            query: if kit { Vec::new() } else { parts.iter().cloned().map(in_query).collect() },
            headers: if kit { parts.into_iter().map(in_headers).collect() } else { Vec::new() },
            body,
        })
    }

    fn basic_v1(&self, mut members: Map<String, Value>, changed: Map<String, Value>) -> Result<SignedCall, Unsendable> {
        // After a few milliseconds, a token with a `+` comes by chance.
        let mut earlier = 0;
        let token = loop {
            let time_stamp = self.time_stamp(earlier, Zone::Utc)?;
            if !self.is_without("timeStamp") {
                members.insert("timeStamp".to_owned(), time_stamp.as_str().into());
            }
            let token = self.token(&time_stamp, &parameters(&members), Over::All);
            if !self.how().plus_as_space || token.contains('+') || earlier == 1000 {
                break token;
            }
            earlier += 1;
        };
        let token = if self.how().plus_as_space { token.replace('+', " ") } else { token };
        let token = self.or_else(self.how().auth_token.as_ref(), token)?;
        change(&mut members, changed);
        let mut query = parameters(&members);
        if !self.is_without(auth_token::NAME) {
            query.push((auth_token::NAME.to_owned(), token));
        }
        let (path, query) =
            if self.how().bare_plus { (with_bare_plus(&query), Vec::new()) } else { (String::new(), query) };
        Ok(SignedCall { method: http::Method::GET, path, query, headers: Vec::new(), body: Vec::new() })
    }

    fn kit_v1(&self, mut members: Map<String, Value>, changed: Map<String, Value>) -> Result<SignedCall, Unsendable> {
        let time_stamp = self.time_stamp(0, Zone::Beijing)?;
        if !self.is_without("timeStamp") {
            members.insert("timeStamp".to_owned(), time_stamp.as_str().into());
        }
        let mut body = self.body(&members)?;
        let parameters = auth_token::body_parameters(&body).unwrap_or_default();
        let token = self.token(&time_stamp, &parameters, Over::NonBlank);
        let token = self.or_else(self.how().auth_token.as_ref(), token)?;
        if !changed.is_empty() {
            change(&mut members, changed);
            body = self.body(&members)?;
        }
        let header = (auth_token::NAME.to_owned(), token);
        Ok(SignedCall {
            method: http::Method::POST,
            path: format!("produceAPI/{}", self.call.callback),
            query: Vec::new(),
            headers: if self.is_without(auth_token::NAME) { Vec::new() } else { vec![header] },
            body,
        })
    }

    const fn how(&self) -> &Sign {
        &self.sent.sign
    }

    fn is_without(&self, part: &str) -> bool {
        self.how().without.iter().any(|without| without == part)
    }

    fn signed_at(&self) -> Timestamp {
        Timestamp::from_millis(now().as_millis() + self.how().at * 1000)
    }

    fn time_stamp(&self, milliseconds_earlier: i64, usual: Zone) -> Result<String, FillError> {
        let at = Timestamp::from_millis(self.signed_at().as_millis() - milliseconds_earlier);
        let mut written = time_stamp(at, self.how().zone.unwrap_or(usual));
        written.truncate(self.how().digits.unwrap_or(written.len()));
        self.or_else(self.how().time_stamp.as_ref(), written)
    }

    fn token(&self, time_stamp: &str, parameters: &[(String, String)], usual: Over) -> String {
        match self.how().over.unwrap_or(usual) {
            Over::NonBlank => auth_token::sign_without_blanks(self.access_key, time_stamp, parameters),
            Over::All | Over::Canonical => auth_token::sign(self.access_key, time_stamp, parameters),
        }
    }

    /// The value that the case gives for a part, or else the right one.
    fn or_else(&self, said: Option<&Value>, usual: String) -> Result<String, FillError> {
        said.map_or(Ok(usual), |value| Ok(text_of(&self.filler.fill(value, self.access_key)?)))
    }

    fn body(&self, members: &Map<String, Value>) -> Result<Vec<u8>, Unsendable> {
        if let Some(text) = &self.sent.text {
            return Ok(self.filler.text(text)?.into_bytes());
        }
        if let Some(bytes) = &self.sent.hex {
            return hex::decode(bytes).map_err(Unsendable::Hex);
        }
        Ok(written(members, self.sent.write).into_bytes())
    }
}

/// Changes members after signing; null removes a member.
fn change(members: &mut Map<String, Value>, changed: Map<String, Value>) {
    members.extend(changed);
    members.retain(|_, value| !value.is_null());
}

/// A query in which everything is encoded except the `+` in values.
fn with_bare_plus(parameters: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let parameters = parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    format!("?{}", parameters.collect::<Vec<_>>().join("&").replace("%2B", "+"))
}

fn written(members: &Map<String, Value>, how: Writing) -> String {
    let member = |(name, value): (&String, &Value)| format!("{}:{value}", Value::from(name.as_str()));
    let joined = |members: Vec<String>| format!("{{{}}}", members.join(","));
    match how {
        Writing::Compact => joined(members.iter().map(member).collect()),
        Writing::Reversed => joined(members.iter().rev().map(member).collect()),
        Writing::Pretty => format!("{:#}", Value::Object(members.clone())),
        Writing::Escaped => joined(members.iter().map(member).collect())
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect(),
    }
}

fn parameters(members: &Map<String, Value>) -> Vec<(String, String)> {
    members.iter().map(|(name, value)| (name.clone(), text_of(value))).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use koogallery::{AccessKeys, DEFAULT_TIME_WINDOW, route, verify};
    use serde_json::json;

    use super::*;

    fn made(dialect: &str, request: Value, sent: Value) -> SignedCall {
        let call = json!({ "callback": "authSync", "dialect": dialect, "key": "basic", "request": request });
        let call: Call = serde_json::from_value(call).unwrap();
        signed(&call, &serde_json::from_value(sent).unwrap(), &Filler::new(None), "k").unwrap()
    }

    fn verified_v2(dialect: &str, sent: Value) -> Result<String, u16> {
        let request = json!({ "activity": "queryInstance", "instanceId": "云", "nothing": null });
        let call = made(dialect, request, sent);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
        let mut request = http::Request::builder().method(call.method).uri(format!("/{}?{query}", call.path));
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let request = request.body(call.body).unwrap();
        let keys = AccessKeys::from_json(r#"{"basic":["k"],"kit":["kit"]}"#).unwrap();
        let keys = if dialect == "V2" { keys } else { AccessKeys::from_json(r#"{"kit":["k"]}"#).unwrap() };
        verify(&request, route(&request).unwrap(), &keys, now(), DEFAULT_TIME_WINDOW)
            .map(|_| String::from_utf8_lossy(request.body()).into_owned())
            .map_err(|refusal| refusal.result_code().as_str().parse().unwrap())
    }

    #[test]
    fn v2_calls_are_genuine_unless_the_case_says_otherwise() {
        for dialect in ["V2", "kit V2"] {
            for genuine in [
                json!({}),
                json!({ "sign": { "unit": "s", "case": "lower" } }),
                json!({ "sign": { "at": "-50s", "nonce": "n" } }),
                json!({ "sign": { "over": "canonical" }, "write": "pretty" }),
                json!({ "write": "reversed" }),
            ] {
                assert!(verified_v2(dialect, genuine.clone()).is_ok(), "{dialect} {genuine}");
            }
            for (spoilt, code) in [
                (json!({ "sign": { "at": "+75s" } }), 2),
                (json!({ "sign": { "without": ["signature"] } }), 1),
                (json!({ "sign": { "without": ["timestamp"] } }), 2),
                (json!({ "sign": { "without": ["nonce"] } }), 2),
                (json!({ "sign": { "signature": "00" } }), 1),
                (json!({ "sign": { "timestamp": "now" } }), 2),
                (json!({ "afterSigning": { "instanceId": "other" } }), 1),
            ] {
                assert_eq!(verified_v2(dialect, spoilt.clone()).unwrap_err(), code, "{dialect} {spoilt}");
            }
        }
        assert_eq!(verified_v2("V2", json!({ "sign": { "payload": "plain" } })).unwrap_err(), 1);
        assert!(verified_v2("kit V2", json!({ "sign": { "payload": "digest" } })).is_ok());
        let body = verified_v2("V2", json!({ "omit": ["nothing"], "set": { "instanceId": "i" } })).unwrap();
        assert_eq!(body, r#"{"activity":"queryInstance","instanceId":"i"}"#);
    }

    fn is_genuine_v1(dialect: &str, sent: Value) -> bool {
        let call = made(dialect, json!({ "activity": "queryInstance", "memo": "", "x": "云 &=" }), sent);
        let parameters =
            if dialect == "V1" { call.query.clone() } else { auth_token::body_parameters(&call.body).unwrap() };
        let part = |pairs: &[(String, String)], wanted: &str| {
            pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
        };
        let token = part(&call.query, auth_token::NAME).or_else(|| part(&call.headers, auth_token::NAME));
        let time_stamp = part(&parameters, "timeStamp").unwrap_or_default();
        token.is_some_and(|token| auth_token::matches("k", &time_stamp, &parameters, &token))
    }

    #[test]
    fn v1_calls_are_genuine_unless_the_case_says_otherwise() {
        for dialect in ["V1", "kit V1"] {
            for genuine in [
                json!({}),
                json!({ "sign": { "over": "all" } }),
                json!({ "sign": { "over": "nonBlank", "zone": "UTC", "at": "-5s" } }),
                json!({ "sign": { "timeStamp": "" } }),
            ] {
                assert!(is_genuine_v1(dialect, genuine.clone()), "{dialect} {genuine}");
            }
            for spoilt in [
                json!({ "sign": { "without": ["authToken"] } }),
                json!({ "sign": { "without": ["timeStamp"] } }),
                json!({ "sign": { "authToken": "AAAA" } }),
                json!({ "afterSigning": { "x": "y" } }),
            ] {
                assert!(!is_genuine_v1(dialect, spoilt.clone()), "{dialect} {spoilt}");
            }
        }
        let spaced = made("V1", json!({ "activity": "queryInstance" }), json!({ "sign": { "plusAsSpace": true } }));
        assert!(spaced.query.iter().any(|(name, value)| name == auth_token::NAME && value.contains(' ')));
        assert!(is_genuine_v1("V1", json!({ "sign": { "plusAsSpace": true } })));
    }

    #[test]
    fn a_plus_goes_out_as_it_is_and_what_is_null_does_not_go() {
        let sent = json!({ "set": { "memo": "+86 1" }, "sign": { "barePlus": true, "digits": 15 },
            "afterSigning": { "x": null } });
        let call = made("V1", json!({ "activity": "queryInstance", "x": "y" }), sent);
        assert!(call.query.is_empty());
        assert!(call.path.starts_with("?activity=queryInstance&memo=+86%201&timeStamp="), "{}", call.path);
        assert!(!call.path.contains("x="));
        let time_stamp = call.path.split("timeStamp=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(time_stamp.len(), 15);
    }

    #[test]
    fn a_body_is_written_in_four_ways_that_mean_the_same() {
        let members = json!({ "a": "云😀\"", "b": [1, null] });
        let members = members.as_object().unwrap();
        assert_eq!(written(members, Writing::Compact), r#"{"a":"云😀\"","b":[1,null]}"#);
        assert_eq!(written(members, Writing::Reversed), r#"{"b":[1,null],"a":"云😀\""}"#);
        assert_eq!(written(members, Writing::Escaped), r#"{"a":"\u4e91\ud83d\ude00\"","b":[1,null]}"#);
        for how in [Writing::Compact, Writing::Pretty, Writing::Reversed, Writing::Escaped] {
            let read: Value = serde_json::from_str(&written(members, how)).unwrap();
            assert_eq!(read.as_object().unwrap(), members);
        }
    }
}
