//! The checks of Seller Console's debug page, derived from the corpus.
//!
//! Before a product is listed, and twice a day afterwards, KooGallery sends each callback of the product with `testFlag` 1. The
//! page counts a case only if the reply is HTTP 200 and JSON, and has a `resultMsg` and the `resultCode` 000000; no other code is
//! a success there. V1.0's newInstance needs an app info as well, and each usage in queryInstance needs an amount and a time. So
//! the correct call of each callback is sent as a debug call, and once more, because the page sends the same case for ever.

use koogallery::{Dialect, ResultCode};
use serde_json::{Map, Value, json};

use super::corpus::{Call, Case, Corpus, Expect, Sent, Step, Suite};

/// The files that test the signature of a dialect. Their callbacks have files of their own.
const SIGNATURE_FILES: [&str; 2] = ["signature", "auth-token"];
/// The calls that the console sends for an application credential. No instance exists then.
const WITHOUT_INSTANCE: [&str; 3] = ["tenantSync", "applicationSync", "allOrgSync"];
const TEST_FLAG: &str = "testFlag";

impl Corpus {
    /// Replaces the cases by those of the debug page: one for each callback, and one without an instance for each call of the
    /// application credential.
    pub(super) fn console(mut self) -> Self {
        for call in self.calls.values_mut() {
            *call = debug(call);
        }
        self.suites.retain(|suite| !suite.name.rsplit('/').next().is_some_and(|file| SIGNATURE_FILES.contains(&file)));
        for suite in &mut self.suites {
            suite.call = debug(&suite.call);
            suite.cases = cases(&suite.call);
        }
        self
    }
}

/// A call as the debug page sends it.
fn debug(call: &Call) -> Call {
    let mut call = call.clone();
    let flag = if call.request.get(TEST_FLAG).is_some_and(Value::is_number) { json!(1) } else { json!("1") };
    call.request.insert(TEST_FLAG.to_owned(), flag);
    call.expect = accepted(&call);
    call
}

fn cases(call: &Call) -> Vec<Case> {
    let case = |name: &str, why: &str, set: Map<String, Value>| {
        let sent = Sent { set, expect: Some(call.expect.clone()), ..Sent::default() };
        let again = Step { call: Suite::OWN_CALL.to_owned(), sent: sent.clone() };
        Case {
            name: name.to_owned(),
            why: why.to_owned(),
            before: Vec::new(),
            after: vec![again],
            sent,
            unknown: Map::new(),
        }
    };
    let mut cases = vec![case("console", "the debug page counts only 000000, each time", Map::new())];
    if WITHOUT_INSTANCE.contains(&call.callback.as_str()) {
        let empty = ["instanceId", "orderId"].into_iter().filter(|name| call.request.contains_key(*name));
        let set = empty.map(|name| (name.to_owned(), json!(""))).collect();
        cases.push(case("console-without-instance", "an application credential exists before any instance", set));
    }
    cases
}

/// The reply that the page counts as a success.
fn accepted(call: &Call) -> Expect {
    let mut reply = json!({ "resultMsg": { "$text": 255 } });
    match call.request.get("activity").and_then(Value::as_str) {
        Some("newInstance") => {
            reply["instanceId"] = json!({ "$text": 64 });
            if call.dialect == Dialect::BasicV1 {
                reply["appInfo"] = json!({ "frontEndUrl": { "$text": 512 } });
            }
        }
        Some("queryInstance") => {
            let usage = json!({ "usageValue": { "$any": true }, "statisticalTime": { "$text": 20 } });
            reply["info"] = json!([{ "instanceId": "{instanceId}", "usageInfo": { "$each": usage } }]);
        }
        Some("getLicense") => reply["license"] = json!({ "$text": 1_000_000 }),
        _ => {}
    }
    Expect(vec![(ResultCode::Success, reply)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_callback_has_its_case() {
        let corpus = Corpus::embedded().unwrap();
        let mut callbacks: Vec<_> =
            corpus.suites.iter().map(|suite| (&suite.call.callback, suite.call.dialect)).collect();
        callbacks.sort_by_key(|(name, dialect)| (name.as_str(), format!("{dialect:?}")));
        callbacks.dedup();
        let console = corpus.clone().console();
        for (callback, dialect) in callbacks {
            let suite =
                console.suites.iter().find(|suite| suite.call.callback == *callback && suite.call.dialect == dialect);
            let flag = suite.map(|suite| suite.call.request[TEST_FLAG].to_string());
            assert!(flag.is_some_and(|flag| flag.contains('1')), "{callback} {dialect:?}");
        }
        assert!(console.suites.iter().all(|suite| !suite.cases.is_empty()));
    }

    #[test]
    fn a_v1_purchase_says_how_the_buyer_gets_in() {
        let console = Corpus::embedded().unwrap().console().only(&["v1-basic/new-instance/".to_owned()]);
        let [(code, reply)] = &console.suites[0].cases[0].sent.expect.as_ref().unwrap().0[..] else {
            panic!("one code")
        };
        assert_eq!(*code, ResultCode::Success);
        assert!(reply["appInfo"]["frontEndUrl"].is_object());
    }
}
