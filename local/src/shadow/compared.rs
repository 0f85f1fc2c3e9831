//! Compares two replies to one call. Nothing of a buyer is in what is told: of most members only the name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use koogallery::{AccessKeys, Timestamp};
use serde_json::{Map, Value, json};

use super::call::Said;
use super::members::{Members, is_told, members};

/// What a side replied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replied {
    /// It was read.
    Read {
        /// The HTTP status.
        status: u16,
        /// The headers.
        headers: HeaderMap,
        /// The body.
        body: Bytes,
    },
    /// It did not come in time.
    TooLate,
    /// It could not be reached, or broke off.
    Nothing,
    /// It was not asked: too many copies waited.
    NotAsked,
    /// It was not asked, because it would know the instance under another id than KooGallery does.
    Withheld,
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
    pub(super) fn of(
        at: Timestamp,
        (uri, body): (&Uri, &Bytes),
        old: &Replied,
        new: &Replied,
        keys: Option<&AccessKeys>,
    ) -> Self {
        let said = Said::of(uri, body);
        let of = |replied| members(replied, Said::is_v1(uri), keys);
        let (old, new) = (of(old), of(new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        let told = |members: Members| members.into_iter().filter(|(name, value)| is_told(name, value)).collect();
        Self { at, callback: said.callback(uri), ids: said.ids(), differs, sides: [told(old), told(new)] }
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
        let (headers, body) = (HeaderMap::new(), Bytes::copy_from_slice(body.as_bytes()));
        Replied::Read { status: 200, headers, body }
    }

    fn compared(old: &Replied, new: &Replied) -> Compared {
        let body = Bytes::from_static(br#"{"activity":"newInstance","orderId":"CS1","customerName":"c"}"#);
        Compared::of(Timestamp::from_millis(0), (&Uri::from_static("/"), &body), old, new, None)
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
            (Replied::NotAsked, "not asked: too many copies waited"),
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
        let of = |uri: &'static str| {
            Compared::of(Timestamp::from_millis(0), (&Uri::from_static(uri), &body), &reply, &reply, None)
        };
        assert_eq!(of("/produceAPI/v2/tenantSync").callback, "tenantSync");
        let v1 = of("/saasproduce?activity=refreshInstance&instanceId=i-1&authToken=x");
        assert_eq!((v1.callback.as_str(), v1.ids["instanceId"].as_str()), ("refreshInstance", "i-1"));
    }

    #[test]
    fn whatever_old_code_writes_nothing_of_a_buyer_is_told() {
        let old = read(
            r#"{"resultCode":"13800000000","status":"Example Ltd","instanceId":"a b@example.com","users":{"buyer@example.com":1}}"#,
        );
        let told = compared(&old, &read(r#"{"resultCode":"000000"}"#)).to_json();
        assert_eq!(told["differs"], json!(["(other)", "(other).(other)", "instanceId", "resultCode"]));
        assert_eq!(told["old"], json!({}));
        for personal in ["13800000000", "Example Ltd", "example.com"] {
            assert!(!told.to_string().contains(personal), "{told}");
        }
    }

    #[test]
    fn a_list_of_instances_has_no_order() {
        let old =
            read(r#"{"info":[{"instanceId":"b-2","appInfo":{"frontEndUrl":"https://a/"}},{"instanceId":"b-1"}]}"#);
        let new =
            read(r#"{"info":[{"instanceId":"b-1"},{"instanceId":"b-2","appInfo":{"frontEndUrl":"https://b/"}}]}"#);
        assert_eq!(compared(&old, &new).to_json()["differs"], json!(["info.b-2.appInfo.frontEndUrl"]));
    }

    #[test]
    fn a_v1_reply_is_held_against_its_signature_and_its_cipher() {
        let keys = AccessKeys::from_json(r#"{"basic":["k"]}"#).unwrap();
        let uri = Uri::from_static("/?activity=queryInstance&instanceId=i-1&authToken=x");
        let reply = |body: &str, signed: &str| {
            let Replied::Read { status, mut headers, body } = read(body) else { unreachable!() };
            let value = koogallery::body_sign::value("k", signed.as_bytes());
            headers.insert(koogallery::body_sign::HEADER, value.parse().unwrap());
            Replied::Read { status, headers, body }
        };
        let differs = |old: &Replied, new: &Replied, keys| {
            let body = Bytes::new();
            Compared::of(Timestamp::from_millis(0), (&uri, &body), old, new, keys).to_json()["differs"].clone()
        };
        let (body, clear) = (r#"{"resultCode":"000000"}"#, r#"{"resultCode":"000000","appInfo":{"password":"clear"}}"#);
        let good = reply(body, body);
        assert_eq!(differs(&good, &good, Some(&keys)), json!([]));
        assert_eq!(differs(&reply(body, "other"), &good, Some(&keys)), json!(["(Body-Sign)"]));
        assert_eq!(differs(&reply(body, "other"), &good, None), json!([]), "without a key nobody can tell");
        assert_eq!(differs(&read(body), &good, None), json!(["(Body-Sign)"]));
        assert_eq!(differs(&reply(clear, clear), &good, Some(&keys)), json!(["(cipher)"]));
    }
}
