//! The production address: reached, with this machine's time, answering what is signed and nothing else.

use koogallery::{AccessKeys, InterfaceType, NewInstance, Request, ResultCode, TestFlag};
use koogallery_runtime::{Secrets, now};
use uuid::Uuid;

use super::Doctor;
use crate::checks::clock_of;
use crate::conform::{Conform, Corpus, Profile};
use crate::findings::{Finding, by_family};
use crate::keys::LOCAL_TEST_KEYS;
use crate::marketplace::{CallError, Marketplace, SignedCall, new_nonce};

const REACHED: &str = "production address";
const CLOCK: &str = "clock";
const UNSIGNED: &str = "unsigned calls";
const KNOWN_KEY: &str = "local test key";

impl Doctor {
    pub(super) async fn production_address(&self, secrets: Option<&Secrets>) -> Vec<Finding> {
        let (known, unknown) = (AccessKeys::from_json(LOCAL_TEST_KEYS), stranger());
        let (Ok(known), Ok(unknown)) = (known, unknown) else { return Vec::new() };
        let keys = secrets.map_or_else(|| known.clone(), |secrets| secrets.access_keys.clone());
        let marketplace = match Marketplace::new(self.address.as_str(), keys) {
            Ok(marketplace) => marketplace,
            Err(problem) => return vec![Finding::problem(REACHED, problem)],
        };
        let mut found = Vec::new();
        match marketplace.send(&unsigned()).await {
            Err(problem) => {
                let mend = "does it run, is the address right, and does a firewall let it pass?";
                return vec![Finding::problem(REACHED, format_args!("{problem}: {mend}"))];
            }
            Ok(exchange) => match exchange.reply() {
                Err(problem) => {
                    let mend = "something else answers there; is the path the one of the production address?";
                    return vec![Finding::problem(REACHED, format_args!("{problem}: {mend}"))];
                }
                Ok(_) => found.push(Finding::ok(REACHED, "it answers")),
            },
        }
        found.push(self.clock().await);
        found.push(self.refuses_strangers(&marketplace, &unknown).await);
        found.extend(self.refuses_the_test_key(&marketplace, &known).await);
        found.extend(self.debug_calls(marketplace, secrets).await);
        found
    }

    async fn clock(&self) -> Finding {
        match clock_of(self.address.as_str()).await {
            Ok(difference) if difference.is_far() => Finding::problem(
                CLOCK,
                format_args!(
                    "this machine's clock is {difference} of the deployment's: set the one that is wrong by NTP; a call's time \
                     may be off by a minute"
                ),
            ),
            Ok(difference) => Finding::ok(CLOCK, format_args!("here and there the same ({difference})")),
            Err(why) => Finding::not_checked(CLOCK, why),
        }
    }

    /// What is not signed, or signed by a stranger, must be refused: everything else of a deployment stands on that.
    async fn refuses_strangers(&self, marketplace: &Marketplace, unknown: &AccessKeys) -> Finding {
        let Some(strange) = signed_with(unknown) else { return Finding::not_checked(UNSIGNED, "no key to forge with") };
        for (what, call) in [("without a signature", unsigned()), ("with a stranger's signature", strange)] {
            match code(marketplace, &call).await {
                Ok(ResultCode::AuthenticationFailed) => {}
                Ok(other) => {
                    let mend = "it must be 000001; does something before the deployment sign calls, or answer itself?";
                    return Finding::problem(UNSIGNED, format_args!("a call {what} was answered {other}: {mend}"));
                }
                Err(problem) => return Finding::problem(UNSIGNED, problem),
            }
        }
        Finding::ok(UNSIGNED, "without a signature, and with a stranger's: refused with 000001")
    }

    /// A deployment that takes the key of this source takes anybody's calls.
    async fn refuses_the_test_key(&self, marketplace: &Marketplace, known: &AccessKeys) -> Option<Finding> {
        if self.is_here() && !self.has_own_keys() {
            let why = "an address on this machine may take it; set KOOGALLERY_KEYS for your own";
            return Some(Finding::not_checked(KNOWN_KEY, why));
        }
        let call = signed_with(known)?;
        Some(match code(marketplace, &call).await {
            Ok(ResultCode::AuthenticationFailed) => Finding::ok(KNOWN_KEY, "refused"),
            Ok(_) => {
                let mend = "anybody can forge KooGallery's calls; set your own keys there, as KOOGALLERY_KEYS or in its secret";
                Finding::problem(KNOWN_KEY, format_args!("taken, though everybody knows it: {mend}"))
            }
            Err(problem) => Finding::problem(KNOWN_KEY, problem),
        })
    }

    /// The calls that KooGallery's debug page and its probes send: what fails here delists a product there.
    async fn debug_calls(&self, marketplace: Marketplace, secrets: Option<&Secrets>) -> Vec<Finding> {
        const CHECK: &str = "debug calls";
        if secrets.is_none() || (self.uses_test_keys && !self.is_here()) {
            return vec![Finding::not_checked(CHECK, "no access keys here to sign with")];
        }
        let corpus = match Corpus::embedded() {
            Ok(corpus) => corpus.of_profile(Profile::Console),
            Err(problem) => return vec![Finding::not_checked(CHECK, problem)],
        };
        let public_key = self.rsa_public_key.clone();
        let report = match Conform::new(marketplace, public_key).run(&corpus, |_| {}).await {
            Ok(report) => report,
            Err(problem) => return vec![Finding::problem(CHECK, problem)],
        };
        let mend = "KooGallery's probe fails alike; the log has the reason under this function";
        by_family(CHECK, &report.cases, mend)
    }
}

/// Keys that nobody has but this call.
fn stranger() -> Result<AccessKeys, koogallery::AccessKeysError> {
    AccessKeys::from_json(&serde_json::json!({ "basic": [Uuid::new_v4()] }).to_string())
}

/// A debug purchase of KooGallery's own test order.
fn purchase() -> Option<String> {
    const ORDER: &str = "MOCKPERIODYEARNEW";
    let purchase = NewInstance::new(ORDER, &format!("{ORDER}-000001"), &Uuid::new_v4().to_string()).ok()?;
    Some(NewInstance { test_flag: TestFlag::Debug, ..purchase }.to_body())
}

fn signed_with(keys: &AccessKeys) -> Option<SignedCall> {
    Some(SignedCall::basic(keys.current(InterfaceType::Basic)?, purchase()?, now(), &new_nonce()))
}

fn unsigned() -> SignedCall {
    SignedCall {
        method: http::Method::POST,
        path: String::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: purchase().unwrap_or_default().into_bytes(),
    }
}

async fn code(marketplace: &Marketplace, call: &SignedCall) -> Result<ResultCode, String> {
    let exchange = marketplace.send(call).await.map_err(|problem: CallError| problem.to_string())?;
    exchange.reply().map(|reply| reply.result_code)
}
