//! Plays cases: the calls before, the call itself, the calls after, and the release of what was bought.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use koogallery::{Dialect, InterfaceType, RsaPublicKey};
use serde_json::Value;

use super::check::{self, V1};
use super::corpus::{Call, Case, Corpus, Sent, Signer, Step, Suite, dialect_name};
use super::fill::{CLIENT_SECRET, Filler};
use super::outcome::{Outcome, Verdict};
use super::report::Report;
use super::sign::signed;
use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall, new_nonce};

/// How many cases are played at the same time: otherwise the latency of a distant endpoint adds up.
const AT_ONCE: usize = 8;

/// Plays the corpus against one endpoint.
#[derive(Debug)]
pub struct Conform {
    marketplace: Marketplace,
    rsa_public_key: Option<RsaPublicKey>,
}

impl Conform {
    /// Without the seller's RSA public key, cases with a clientSecret are skipped.
    #[must_use]
    pub const fn new(marketplace: Marketplace, rsa_public_key: Option<RsaPublicKey>) -> Self {
        Self { marketplace, rsa_public_key }
    }

    /// Plays every case, and calls `progress` for each one that ends. It is an error if the endpoint does not answer at all.
    pub async fn run(&self, corpus: &Corpus, progress: impl Fn(&Outcome) + Sync) -> Result<Report, CallError> {
        let knock = SignedCall {
            method: http::Method::POST,
            path: String::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: b"{}".into(),
        };
        self.marketplace.send(&knock).await?;

        let cases = corpus.suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
        let played = stream::iter(cases).map(|(suite, case)| async {
            let outcome = self.play(corpus, suite, case).await;
            progress(&outcome);
            outcome
        });
        let outcomes = played.buffered(AT_ONCE).collect().await;
        Ok(Report::new(self.marketplace.address().to_owned(), outcomes))
    }

    async fn play(&self, corpus: &Corpus, suite: &Suite, case: &Case) -> Outcome {
        let mut scene = Scene {
            conform: self,
            corpus,
            suite,
            filler: Filler::new(self.rsa_public_key.as_ref()),
            bought: Vec::new(),
            elapsed: Duration::ZERO,
        };
        let verdict = if let Some(what) = scene.lacks(case) {
            Verdict::Skipped(what)
        } else {
            let played = scene.play(case).await;
            scene.release_what_was_bought().await;
            played.map_or_else(Verdict::Failed, |()| Verdict::Passed)
        };
        Outcome {
            case: format!("{}/{}", suite.name, case.name),
            callback: suite.call.callback.clone(),
            dialect: dialect_name(suite.call.dialect),
            topic: suite.topic.clone(),
            why: case.why.clone(),
            verdict,
            milliseconds: scene.elapsed.as_secs_f64() * 1e3,
        }
    }
}

/// One case while it is played.
struct Scene<'a> {
    conform: &'a Conform,
    corpus: &'a Corpus,
    suite: &'a Suite,
    filler: Filler<'a>,
    /// Real instances, with the call that bought each.
    bought: Vec<(&'a Call, String)>,
    elapsed: Duration,
}

impl<'a> Scene<'a> {
    /// A key that the case needs and that is missing.
    fn lacks(&self, case: &'a Case) -> Option<String> {
        let own = (&self.suite.call, &case.sent);
        let beside = self.suite.before.iter().chain(&case.before).chain(&case.after);
        let beside = beside.filter_map(|step| Some((self.corpus.call(self.suite, &step.call)?, &step.sent)));
        beside.chain([own]).find_map(|(call, sent)| {
            let signer = match sent.sign.key {
                Some(Signer::Of(other)) => other,
                Some(Signer::Stranger) | None => call.key,
            };
            let keyless = |key: &InterfaceType| self.conform.marketplace.key(*key).is_err();
            if let Some(key) = [call.key, signer].into_iter().find(keyless) {
                return Some(format!("no {} access key: set it in KOOGALLERY_KEYS", key.name()));
            }
            let no_secret = self.conform.rsa_public_key.is_none() && needs_rsa_public_key(call, sent);
            no_secret.then(|| "no RSA public key for clientSecret: give --rsa-public-key".to_owned())
        })
    }

    async fn play(&mut self, case: &'a Case) -> Result<(), String> {
        for step in self.suite.before.iter().chain(&case.before) {
            self.step(step).await.map_err(|problem| format!("before it, {}: {problem}", step.call))?;
        }
        self.send(&self.suite.call, &case.sent).await?;
        for step in &case.after {
            self.step(step).await.map_err(|problem| format!("after it, {}: {problem}", step.call))?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &'a Step) -> Result<(), String> {
        let call = self.corpus.call(self.suite, &step.call).ok_or("there is no such call")?;
        self.send(call, &step.sent).await
    }

    async fn send(&mut self, call: &'a Call, sent: &'a Sent) -> Result<(), String> {
        let key = self.conform.marketplace.key(call.key).map_err(|error| error.to_string())?;
        let stranger = new_nonce();
        let access_key = match sent.sign.key {
            None => key.reveal(),
            Some(Signer::Stranger) => &stranger,
            Some(Signer::Of(other)) => self.conform.marketplace.key(other).map_err(|error| error.to_string())?.reveal(),
        };
        let made = signed(call, sent, &self.filler, access_key).map_err(|error| error.to_string())?;
        let is_v1 = matches!(call.dialect, Dialect::BasicV1 | Dialect::KitV1);
        let v1 = is_v1.then(|| V1 { key, unsigned_allowed: sent.body_sign == Some(false) });

        let exchange = self.exchange(&made).await?;
        let expect = sent.expect.as_ref().unwrap_or(&call.expect);
        let reply = check::reply(&exchange, v1, expect, &self.filler)?;
        self.filler.remember(sent.name.as_deref(), &reply);
        if let (true, Some(id)) = (buys(call, sent), reply["instanceId"].as_str()) {
            self.bought.push((call, id.to_owned()));
        }

        if let Some(expect) = &sent.replay {
            let exchange = self.exchange(&made).await?;
            let replayed = check::reply(&exchange, v1, expect, &self.filler);
            replayed.map_err(|problem| format!("sent once more: {problem}"))?;
        }
        Ok(())
    }

    async fn exchange(&mut self, call: &SignedCall) -> Result<Exchange, String> {
        let exchange = self.conform.marketplace.send(call).await.map_err(|error| error.to_string())?;
        self.elapsed += exchange.elapsed;
        Ok(exchange)
    }

    /// Releases the case's instances, so that a live endpoint does not keep them. The answers do not change the result.
    async fn release_what_was_bought(&mut self) {
        for (purchase, id) in std::mem::take(&mut self.bought) {
            let Some(release) = self.corpus.release_of(purchase) else { continue };
            self.filler.remember(None, &serde_json::json!({ "instanceId": id }));
            let Ok(key) = self.conform.marketplace.key(release.key) else { continue };
            if let Ok(call) = signed(release, &Sent::default(), &self.filler, key.reveal()) {
                drop(self.exchange(&call).await);
            }
        }
    }
}

fn buys(call: &Call, sent: &Sent) -> bool {
    let member = |name: &str| sent.set.get(name).or_else(|| call.request.get(name));
    let debug = member("testFlag").is_some_and(|flag| flag == "1" || flag == 1);
    member("activity").is_some_and(|activity| activity == "newInstance") && !debug
}

fn needs_rsa_public_key(call: &Call, sent: &Sent) -> bool {
    let kept = call.request.iter().filter(|(name, _)| !sent.set.contains_key(*name) && !sent.omit.contains(name));
    let given = kept.chain(&sent.set).chain(&sent.after_signing);
    given.map(|(_, value)| value).any(|value: &Value| value.get(CLIENT_SECRET).is_some())
}
