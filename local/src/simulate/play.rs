//! Plays lives: one call after the other, each with what is expected of its answer, and each sent again as KooGallery
//! does. Its three hours are the patience here, and its two minutes between two calls are as much shorter.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use koogallery::{AccessKey, Callback, Dialect, InstanceId, OrderId, Reply, ResultCode, RsaPublicKey};
use koogallery_open_api::OrderType;
use koogallery_runtime::now;
use koogallery_store::EventType;
use serde_json::{Map, Value};

use super::SimulationError;
use super::family::Family;
use super::findings::AllFindings;
use super::goods::BUYER;
use super::goods::Goods;
use super::life::{Life, LifeStep};
use super::look::Look;
use super::names::Names;
use super::orders::Order;
use super::reason::{Reason, Wait};
use super::seller_api::{SellerApi, Subject};
use super::step::{Step, Told};
use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall};
use crate::open_api::PlayedKooGallery;
use crate::v1_reply::{decrypted, genuine};

/// KooGallery tries for three hours, every two minutes.
const TRIES: u32 = 90;
/// But no program is asked more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// What an answer must be.
#[derive(Debug, Clone, Default)]
pub(super) struct Expected {
    pub(super) codes: Vec<ResultCode>,
    /// Which instance it must name.
    pub(super) instance: Named,
}

/// Which instance an answer must name: newInstance names one.
#[derive(Debug, Clone, Default)]
pub(super) enum Named {
    /// None that matters.
    #[default]
    Whatever,
    /// Any.
    Any,
    /// The one that was named before.
    Before(InstanceId),
}

impl Expected {
    /// One of these result codes.
    pub(super) fn codes(codes: impl Into<Vec<ResultCode>>) -> Self {
        Self { codes: codes.into(), instance: Named::Whatever }
    }

    fn problem(&self, reply: &Reply) -> Option<String> {
        if !self.codes.contains(&reply.result_code) {
            let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
            return Some(format!("expected {}", codes.join(" or ")));
        }
        match (&self.instance, &reply.instance_id) {
            (Named::Whatever, _) | (Named::Any, Some(_)) => None,
            (Named::Before(wanted), Some(named)) if wanted == named => None,
            (Named::Before(wanted), _) => Some(format!("expected instance {wanted}: a resend buys nothing new")),
            (Named::Any, None) => Some("expected an instance id".to_owned()),
        }
    }
}

/// What there is to play with.
pub(super) struct Stage<'a> {
    pub(super) marketplace: Marketplace,
    /// The key that the seller registered, to encrypt client secrets with.
    pub(super) rsa_public_key: Option<RsaPublicKey>,
    /// The open APIs, where they are played as well.
    pub(super) open_api: Option<&'a PlayedKooGallery>,
    /// Whom to ask why something is never done.
    pub(super) seller_api: Option<&'a SellerApi>,
    /// Where the application shows its customers.
    pub(super) look: Option<&'a Look>,
    pub(super) goods: Goods,
    /// How long the same is sent again.
    pub(super) patience: Duration,
    pub(super) progress: &'a (dyn Fn(&Step) + Send + Sync),
}

/// The steps of a simulation.
pub(super) struct Play<'a> {
    pub(super) stage: Stage<'a>,
    family: Family,
    life: String,
    steps: Vec<Step>,
    told: Vec<Told>,
    findings: AllFindings,
    /// Something was not tried for as long as that takes: nobody may listen, and nothing is waited for any more.
    nobody_hears: bool,
}

/// Whether a life goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    /// What was bought is never had.
    Over,
    /// Nobody answers.
    Dead,
}

/// A call and the answer to it.
struct Answered {
    reply: Result<Reply, String>,
    json: Value,
    sent: u32,
    elapsed: Duration,
}

impl Answered {
    fn code(&self) -> Option<ResultCode> {
        self.reply.as_ref().ok().map(|reply| reply.result_code)
    }

    /// KooGallery tries such a call again.
    fn is_no_answer(&self) -> bool {
        matches!(self.code(), None | Some(ResultCode::InternalError))
    }
}

impl<'a> Play<'a> {
    /// Nothing played yet.
    pub(super) fn new(stage: Stage<'a>) -> Self {
        let (life, findings) = (String::new(), AllFindings::default());
        Self { stage, family: Family::Saas, life, steps: Vec::new(), told: Vec::new(), findings, nobody_hears: false }
    }

    /// What was played, which events must have come of it, and what that proves.
    pub(super) fn into_parts(self) -> (Vec<Step>, Vec<Told>, AllFindings) {
        (self.steps, self.told, self.findings)
    }

    /// What is played from now on, for the report.
    pub(super) fn begins(&mut self, family: Family, life: &str) {
        (self.family, self.life) = (family, life.to_owned());
    }

    /// Plays a life. One that ends early is refunded.
    pub(super) async fn live(&mut self, life: &Life) -> Result<(), SimulationError> {
        self.begins(life.family, &life.about);
        let rsa_public_key = self.stage.rsa_public_key.clone();
        let mut names = Names::new(&self.stage.goods, rsa_public_key.as_ref());
        let mut pending = false;
        for (name, template) in &life.orders {
            let order = template.order(&names)?;
            self.knows(&order).await?;
            names.set(name, order.names());
            if let Some(code) = life.sells.as_ref().filter(|_| name == "purchase") {
                let code = names.text(code)?;
                if let Some(open_api) = self.stage.open_api {
                    open_api.put_license(&code.parse()?, &order.license()).await?;
                }
            }
        }
        for step in &life.steps {
            match self.act(life, step, &mut names, &mut pending).await? {
                Goes::On => {}
                Goes::Dead => return Ok(()),
                Goes::Over => {
                    for step in &life.refund {
                        // What was never named cannot be refunded.
                        if names.members(&step.members).is_ok() {
                            self.act(life, step, &mut names, &mut pending).await?;
                        }
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Makes an order up that buys the goods for a month; its id.
    pub(super) async fn bought(&self, order_type: OrderType) -> Result<String, SimulationError> {
        let order = Order::of(&self.stage.goods, order_type)?;
        self.knows(&order).await?;
        Ok(order.id)
    }

    pub(super) fn refuses_attacks(&mut self) {
        let life = &self.life;
        if self.steps.iter().filter(|step| step.life == *life).all(|step| step.problem.is_none()) {
            self.findings.proven(self.family, "forged, changed, stale and replayed calls are refused");
        }
    }

    /// Makes an order known to whoever asks the open APIs for it.
    async fn knows(&self, order: &Order) -> Result<(), SimulationError> {
        if let Some(open_api) = self.stage.open_api {
            open_api.put_order(&order.details(BUYER)?).await?;
        }
        Ok(())
    }

    async fn act(
        &mut self,
        life: &Life,
        step: &LifeStep,
        names: &mut Names<'_>,
        pending: &mut bool,
    ) -> Result<Goes, SimulationError> {
        if step.with_rsa_public_key && !names.can_encrypt() {
            self.findings.not_proven(life.family, "client secrets: no --rsa-public-key was given");
            return Ok(Goes::On);
        }
        let (callback, dialect) = life.callback(step)?;
        let interface = life.interface(callback);
        let mut expected = Expected::codes(step.codes(callback));
        let name = step.instance_name(callback);
        if let Some(name) = name {
            expected.instance = names.text_of(name).map(str::parse).transpose()?.map_or(Named::Any, Named::Before);
        }
        let members = life.members(step, callback);
        let make = || -> Result<(SignedCall, Value), SimulationError> {
            let mut body = names.members(&members)?;
            if !callback.is_kit() {
                body.insert("activity".to_owned(), step.call.as_str().into());
            }
            let key = self.stage.marketplace.key(interface)?;
            Ok((SignedCall::of(key, callback, dialect, body.clone(), now()), body.into()))
        };
        let v1_key = match dialect {
            Dialect::BasicV1 | Dialect::KitV1 => Some(self.stage.marketplace.key(interface)?.clone()),
            Dialect::BasicV2 | Dialect::KitV2 => None,
        };
        let (mut answered, mut request) = self.exchange(&make, v1_key.as_ref(), step.until_done).await?;
        let subject = match life.subject(step).map(|subject| names.text(subject)) {
            Some(Ok(subject)) => subject.parse::<Subject>().ok(),
            _ => None,
        };
        let is_pending = step.until_done && answered.code() == Some(ResultCode::Processing);
        let event_type = match callback {
            Callback::GetLicenseAsync => EventType::LicenseRequested,
            _ => EventType::Created,
        };
        let order_was_told = if is_pending { self.order_was_told(&request, life).await } else { None };
        let patience = self.stage.patience;
        let wait = subject.as_ref().filter(|_| is_pending);
        let wait = wait.map(|subject| Wait { event_type, subject, patience, order_was_told });
        if let (Some(wait), Some(api), false) = (&wait, self.stage.seller_api, self.nobody_hears) {
            // What the application says only now counts.
            if wait.first_try(api).await {
                let sent = answered.sent;
                (answered, request) = self.exchange(&make, v1_key.as_ref(), false).await?;
                answered.sent += sent;
            } else {
                self.nobody_hears = true;
            }
        }
        let code = answered.code();
        let mut problem = match &answered.reply {
            Ok(reply) => expected.problem(reply).or_else(|| falls_short(callback, dialect, &request, reply)),
            Err(problem) => Some(problem.clone()),
        };
        let mut goes = if answered.is_no_answer() { Goes::Dead } else { Goes::On };
        if callback == Callback::NewInstance && code == Some(ResultCode::Processing) {
            *pending = true;
        }
        if step.until_done && code == Some(ResultCode::Processing) {
            let reason = match &wait {
                Some(wait) => Some(wait.reason(self.stage.seller_api).await),
                None => None,
            };
            (problem, goes) = self.never_done(callback, reason);
        } else if step.until_done {
            problem = refused(code, &answered).or(problem);
            self.is_done(callback, *pending, &answered, problem.is_none());
            goes = if problem.is_some() { Goes::Over } else { goes };
        }
        if step.is_repeat() && name.is_some() && problem.is_none() {
            self.findings.proven(life.family, "a resend of a purchase buys nothing twice");
        }
        if let Some((name, id)) = name.zip(answered.reply.as_ref().ok().and_then(|reply| reply.instance_id.as_ref())) {
            names.set(name, id.as_str());
        } else if name.is_some() && goes == Goes::On {
            goes = Goes::Over;
        }
        let is_accepted = matches!(code, Some(ResultCode::Success | ResultCode::Processing)) && problem.is_none();
        self.note(&step.call, &step.tried, request, answered, problem);
        // A purchase names its subject only now.
        let subject = match life.subject(step).map(|subject| names.text(subject)) {
            Some(Ok(subject)) => subject.parse::<Subject>().ok(),
            _ => None,
        };
        if let (true, Some(event_type), Some(subject)) = (is_accepted, step.event, &subject) {
            self.tells(subject, event_type);
        }
        if let (true, false, Some(subject)) = (is_accepted, step.shows.is_empty(), subject) {
            self.look_at(&subject, &names.members(&step.shows)?).await;
        }
        Ok(goes)
    }

    /// Sends a V2.0 call as it is, once, and checks the answer.
    pub(super) async fn send(
        &mut self,
        callback: Callback,
        tried: &str,
        call: SignedCall,
        expected: &Expected,
    ) -> Result<Option<Reply>, SimulationError> {
        let request = serde_json::from_slice(&call.body).unwrap_or_default();
        let answered = self.once(call, None, 1).await?;
        let reply = answered.reply.as_ref().ok().cloned();
        let problem = match &answered.reply {
            Ok(reply) => expected.problem(reply),
            Err(problem) => Some(problem.clone()),
        };
        self.note(callback.activity(), tried, request, answered, problem);
        Ok(reply)
    }

    /// Sends a call until it is answered; until it is done, where that is asked for; no longer than patience has it.
    async fn exchange(
        &self,
        make: &impl Fn() -> Result<(SignedCall, Value), SimulationError>,
        v1_key: Option<&AccessKey>,
        until_done: bool,
    ) -> Result<(Answered, Value), SimulationError> {
        let pause = (self.stage.patience / TRIES).max(SHORTEST_PAUSE);
        let (since, mut sent) = (Instant::now(), 0);
        loop {
            sent += 1;
            let (call, request) = make()?;
            let answered = self.once(call, v1_key, sent).await?;
            let goes_on = until_done && answered.code() == Some(ResultCode::Processing);
            let again = goes_on || answered.is_no_answer();
            if !again || since.elapsed() + pause > self.stage.patience {
                return Ok((answered, request));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Only an address that cannot be reached at all ends the play.
    async fn once(&self, call: SignedCall, v1_key: Option<&AccessKey>, sent: u32) -> Result<Answered, CallError> {
        let (reply, json, elapsed) = match self.stage.marketplace.send(&call).await {
            Ok(exchange) => {
                let json = serde_json::from_slice(&exchange.body).unwrap_or_default();
                (read(&exchange, v1_key), json, exchange.elapsed)
            }
            Err(error) if self.steps.is_empty() => return Err(error),
            Err(error) => (Err(error.to_string()), Value::Null, Duration::ZERO),
        };
        Ok(Answered { reply, json, sent, elapsed })
    }

    fn note(&mut self, activity: &str, tried: &str, request: Value, answered: Answered, problem: Option<String>) {
        let Answered { reply, json, sent, elapsed, .. } = answered;
        let (result_code, result_msg) = match reply {
            Ok(reply) => (Some(reply.result_code), reply.result_msg.to_string()),
            Err(_) => (None, String::new()),
        };
        let step = Step {
            family: self.family,
            life: self.life.clone(),
            activity: activity.to_owned(),
            tried: tried.to_owned(),
            ids: ids(&request, &json),
            request,
            reply: json,
            result_code,
            result_msg,
            sent,
            milliseconds: elapsed.as_secs_f64() * 1e3,
            problem,
            events: Vec::new(),
        };
        (self.stage.progress)(&step);
        self.steps.push(step);
    }

    /// The seller's application must hear this of the last call, if that was answered well.
    pub(super) fn tells(&mut self, subject: &Subject, event_type: EventType) {
        if let Some(step) = self.steps.len().checked_sub(1).filter(|last| self.steps[*last].problem.is_none()) {
            self.told.push(Told { step, subject: subject.clone(), event_type });
        }
    }

    /// Whether the order query that is played here told the order of a purchase.
    async fn order_was_told(&self, request: &Value, life: &Life) -> Option<bool> {
        let order = request["orderId"].as_str().map(str::to_owned).or_else(|| self.order_of(life))?;
        let (open_api, order) = (self.stage.open_api?, order.parse::<OrderId>().ok()?);
        open_api.told_orders().await.ok().map(|told| told.contains(&order))
    }

    /// The order of the purchase that a question is about: the last that this life has bought.
    fn order_of(&self, life: &Life) -> Option<String> {
        let of_life = self.steps.iter().rev().take_while(|step| step.life == life.about);
        of_life.filter(|step| step.activity == "newInstance").find_map(|step| step.ids.get("orderId").cloned())
    }

    fn never_done(&mut self, callback: Callback, reason: Option<Reason>) -> (Option<String>, Goes) {
        let is_license = callback == Callback::GetLicenseAsync;
        match reason {
            // There may be no application that makes licenses, and none that hears of anything.
            Some(Reason { was_heard: false, sentence }) if is_license => {
                self.findings.not_proven(self.family, format!("that licenses are handed in: {sentence}"));
                (None, Goes::On)
            }
            Some(Reason { sentence, .. }) if is_license => (Some(sentence), Goes::On),
            Some(Reason { sentence, .. }) => (Some(format!("{sentence}. KooGallery refunds the buyer")), Goes::Over),
            None => (Some("still 000004".to_owned()), Goes::Over),
        }
    }

    fn is_done(&mut self, callback: Callback, pending: bool, answered: &Answered, is_right: bool) {
        if !is_right {
            return;
        }
        if callback == Callback::GetLicenseAsync {
            if answered.code() == Some(ResultCode::Success) {
                self.findings.proven(self.family, "licenses are handed in");
            }
        } else if pending {
            self.findings.proven(self.family, "the application provisions: 000004 becomes 000000");
        } else {
            self.findings.not_proven(
                self.family,
                "that the application provisions: the host answered 000000 at once (KOOGALLERY_PROVISIONING=instant)",
            );
        }
    }

    /// Holds what the application shows of a customer against what must stand.
    async fn look_at(&mut self, subject: &Subject, shows: &Map<String, Value>) {
        let Subject::Instance(id) = subject else { return };
        let Some(look) = self.stage.look else {
            self.findings.not_proven(
                self.family,
                "that the application does what it hears (more users, another SKU, no access): \
                 --look-at URL lets me see its customers",
            );
            return;
        };
        let seen = look.until_shows(id, shows, self.stage.patience).await;
        for member in seen.not_shown {
            self.findings.not_proven(self.family, format!("a customer's {member}: the application does not show it"));
        }
        match (seen.problem, self.steps.last_mut()) {
            (None, _) => self.findings.proven(self.family, "the application's customers are as they were bought"),
            (Some(problem), Some(step)) if step.problem.is_none() => step.problem = Some(problem),
            (Some(_), _) => {}
        }
    }
}

/// What a good code must have with it.
fn falls_short(callback: Callback, dialect: Dialect, request: &Value, reply: &Reply) -> Option<String> {
    if reply.result_code != ResultCode::Success {
        return None;
    }
    match callback {
        Callback::NewInstance if dialect == Dialect::BasicV1 && reply.app_info.is_none() => {
            Some("expected appInfo with 000000".to_owned())
        }
        Callback::QueryInstance => {
            let listed = |id: &str| reply.info.iter().flatten().any(|info| info.instance_id.as_str() == id);
            let missing = request["instanceId"].as_str().unwrap_or_default().split(',').find(|id| !listed(id))?;
            Some(format!("expected the instance {missing} in info"))
        }
        _ => None,
    }
}

/// newInstance's codes for what cannot be provisioned.
fn refused(code: Option<ResultCode>, answered: &Answered) -> Option<String> {
    let code = code?.as_str();
    let said = answered.reply.as_ref().map_or("", |reply| reply.result_msg.as_ref());
    code.starts_with("0001").then(|| format!("your application says that it cannot be provisioned: {code} {said}"))
}

/// The reply as the buyer is shown it: V1.0's, if genuine, in the clear.
fn read(exchange: &Exchange, v1_key: Option<&AccessKey>) -> Result<Reply, String> {
    let reply = exchange.reply()?;
    let Some(key) = v1_key else { return Ok(reply) };
    genuine(exchange, key, false)?;
    let reply = serde_json::to_value(reply).map_err(|error| error.to_string())?;
    serde_json::from_value(decrypted(reply, key)?).map_err(|error| error.to_string())
}

/// The ids that a call and its answer name.
fn ids(request: &Value, reply: &Value) -> BTreeMap<String, String> {
    const NAMES: [&str; 8] =
        ["orderId", "orderLineId", "businessId", "instanceId", "license", "eventId", "tenantId", "appId"];
    let of = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
    NAMES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), of(request, name).or_else(|| of(reply, name))?)))
        .collect()
}
