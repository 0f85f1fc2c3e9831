//! Compares two replies to one call. Nothing of a buyer is in what is told: of most members only the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bytes::Bytes;
use http::Uri;
use koogallery::Timestamp;
use serde_json::{Map, Value, json};

/// Members of a reply that are not compared: words for a person, and what is encrypted anew each time.
const NOT_COMPARED: [&str; 6] = ["resultMsg", "userName", "password", "memo", "encryptType", "ivp"];
/// Members of a reply whose values are told.
const TOLD: [&str; 3] = ["resultCode", "instanceId", "status"];
/// Ids of a call that are told.
const IDS: [&str; 6] = ["orderId", "orderLineId", "instanceId", "tenantId", "appId", "testFlag"];
/// The longest id that is told.
const LONGEST_ID: usize = 64;

/// What a side replied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replied {
    /// It was read.
    Read {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Bytes,
    },
    /// It did not come in time.
    TooLate,
    /// It could not be reached, or broke off.
    Nothing,
    /// It was not asked: too many copies waited.
    NotAsked,
}

/// Two replies to one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// When the call came.
    pub at: Timestamp,
    /// The callback, as the call names it.
    pub callback: String,
    /// The ids that it names.
    pub ids: BTreeMap<String, String>,
    /// The members that differ. Empty if the replies say the same.
    pub differs: BTreeSet<String>,
    /// What is told of the old code's reply, and of the new deployment's.
    pub sides: [Map<String, Value>; 2],
}

impl Compared {
    pub(super) fn of(at: Timestamp, uri: &Uri, body: &Bytes, old: &Replied, new: &Replied) -> Self {
        let said = Said::of(uri, body);
        let ids = IDS.iter().filter_map(|name| Some(((*name).to_owned(), said.text(name)?))).collect();
        let (old, new) = (members(old), members(new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        let told = |members: &Members| {
            members
                .iter()
                .filter(|(name, _)| is_told(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        Self { at, callback: said.callback(uri), ids, differs, sides: [told(&old), told(&new)] }
    }

    /// Whether both replies say the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.differs.is_empty()
    }

    /// As a line of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { at, callback, ids, differs, sides: [old, new] } = self;
        json!({ "at": at.to_rfc_3339(), "callback": callback, "ids": ids, "differs": differs, "old": old, "new": new })
    }
}

type Members = BTreeMap<String, Value>;

fn is_told(path: &str) -> bool {
    path.starts_with('(') || path.rsplit('.').next().is_some_and(|name| TOLD.contains(&name))
}

/// The members of a reply, by their paths.
fn members(replied: &Replied) -> Members {
    let outcome = |word: &str| Members::from([("(reply)".to_owned(), word.into())]);
    let (status, body) = match replied {
        Replied::Read { status, body } => (*status, body),
        Replied::TooLate => return outcome("none in time"),
        Replied::Nothing => return outcome("none"),
        Replied::NotAsked => return outcome("not asked"),
    };
    let Ok(value @ Value::Object(_)) = serde_json::from_slice(body) else {
        return outcome(&format!("no JSON object, HTTP {status}"));
    };
    let mut members = Members::new();
    flatten("", value, &mut members);
    if status != 200 {
        members.insert("(HTTP)".to_owned(), status.into());
    }
    members
}

/// An absent member, a null and an empty text are the same to KooGallery.
fn flatten(path: &str, value: Value, members: &mut Members) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            for (name, value) in object.into_iter().filter(|(name, _)| !NOT_COMPARED.contains(&name.as_str())) {
                flatten(&below(&name), value, members);
            }
        }
        Value::Array(list) => {
            for (place, value) in list.into_iter().enumerate() {
                flatten(&below(&place.to_string()), value, members);
            }
        }
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        // Some code writes numbers as texts.
        other => drop(
            members.insert(path.to_owned(), other.as_str().map_or_else(|| other.to_string(), str::to_owned).into()),
        ),
    }
}

/// What a call says: its parameters, or the members of its body.
enum Said {
    Parameters(BTreeMap<String, String>),
    Body(Value),
}

impl Said {
    fn of(uri: &Uri, body: &Bytes) -> Self {
        if let Ok(value @ Value::Object(_)) = serde_json::from_slice(body) {
            return Self::Body(value);
        }
        let written = if body.is_empty() { uri.query().unwrap_or_default().as_bytes() } else { body };
        Self::Parameters(form_urlencoded::parse(written).into_owned().collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = match self {
            Self::Parameters(parameters) => parameters.get(name).cloned(),
            Self::Body(body) => body[name].as_str().map(str::to_owned),
        };
        let is_id =
            |text: &String| (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        text.filter(is_id)
    }

    /// The activity; of a call of the kit, which has none, the end of its path.
    fn callback(&self, uri: &Uri) -> String {
        let of_path = || uri.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let name = self.text("activity").unwrap_or_else(|| of_path().to_owned());
        name.chars().filter(char::is_ascii_alphanumeric).take(LONGEST_ID).collect()
    }
}

/// How many calls there were, and of how many the replies differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary(BTreeMap<String, [u64; 2]>);

impl Summary {
    pub(super) fn take_in(&mut self, compared: &Compared) {
        let [calls, differ] = self.0.entry(compared.callback.clone()).or_default();
        *calls += 1;
        *differ += u64::from(!compared.agrees());
    }

    /// Whether all replies said the same.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.0.values().all(|[_, differ]| *differ == 0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return writeln!(f, "no call came");
        }
        for (callback, [calls, differ]) in &self.0 {
            writeln!(f, "{callback:<24} {calls:>8} calls  {differ:>8} differ")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Replied {
        Replied::Read { status: 200, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn compared(old: &Replied, new: &Replied) -> Compared {
        let body = Bytes::from_static(br#"{"activity":"newInstance","orderId":"CS1","customerName":"c"}"#);
        Compared::of(Timestamp::from_millis(0), &Uri::from_static("/"), &body, old, new)
    }

    #[test]
    fn words_and_forms_that_mean_the_same_do_not_differ() {
        let old = read(
            r#"{"resultCode":"000000","resultMsg":"success.","instanceId":"i-1","appInfo":{"frontEndUrl":"https://a/","password":"x","memo":""}}"#,
        );
        let new = read(
            r#"{"appInfo":{"password":"y","frontEndUrl":"https://a/"},"resultMsg":"ok","resultCode":"000000","instanceId":"i-1","info":null}"#,
        );
        assert!(compared(&old, &new).agrees());
        let number = read(r#"{"resultCode":0}"#);
        assert!(compared(&number, &read(r#"{"resultCode":"0"}"#)).agrees());
    }

    #[test]
    fn what_differs_is_told_by_name_and_of_a_buyer_nothing() {
        let old = read(r#"{"resultCode":"000000","instanceId":"i-1","appInfo":{"frontEndUrl":"https://old/?name=c"}}"#);
        let new = read(r#"{"resultCode":"000004","instanceId":"i-2"}"#);
        let told = compared(&old, &new).to_json();
        assert_eq!(told["differs"], json!(["appInfo.frontEndUrl", "instanceId", "resultCode"]));
        assert_eq!(
            (&told["old"], &told["new"]),
            (
                &json!({ "resultCode": "000000", "instanceId": "i-1" }),
                &json!({ "resultCode": "000004", "instanceId": "i-2" })
            )
        );
        assert_eq!((&told["callback"], &told["ids"]), (&json!("newInstance"), &json!({ "orderId": "CS1" })));
        assert!(!told.to_string().contains("name=c"));
    }

    #[test]
    fn a_side_without_a_reply_differs_from_one_with_it() {
        let reply = read(r#"{"resultCode":"000000"}"#);
        for (silent, word) in [
            (Replied::TooLate, "none in time"),
            (Replied::Nothing, "none"),
            (Replied::NotAsked, "not asked"),
            (read("<html>"), "no JSON object, HTTP 200"),
        ] {
            let told = compared(&reply, &silent).to_json();
            assert_eq!(told["new"]["(reply)"], word, "{told}");
        }
        let mut summary = Summary::default();
        summary.take_in(&compared(&reply, &reply));
        summary.take_in(&compared(&reply, &Replied::Nothing));
        assert!(!summary.agrees() && summary.to_string().contains("2 calls"), "{summary}");
    }

    #[test]
    fn a_call_of_the_kit_is_named_by_its_path_and_one_of_v1_by_its_parameters() {
        let (reply, body) = (read("{}"), Bytes::new());
        let of =
            |uri: &'static str| Compared::of(Timestamp::from_millis(0), &Uri::from_static(uri), &body, &reply, &reply);
        assert_eq!(of("/produceAPI/v2/tenantSync").callback, "tenantSync");
        let v1 = of("/saasproduce?activity=refreshInstance&instanceId=i-1&authToken=x");
        assert_eq!((v1.callback.as_str(), v1.ids["instanceId"].as_str()), ("refreshInstance", "i-1"));
    }
}
