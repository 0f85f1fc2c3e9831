//! One call after the other, each with what is expected of its answer.

use std::time::{Duration, Instant};

use koogallery::{
    AccessKey, Callback, InstanceId, InterfaceType, Reply, Request, ResultCode, RsaPublicKey, canonical_form,
};
use koogallery_open_api::OrderType;
use koogallery_runtime::now;
use koogallery_store::EventType;
use serde::Serialize;
use serde_json::{Map, Value};

use super::deliveries::{Event, Told};
use super::made::Order;
use super::seller_api::Subject;
use crate::call::Version;
use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall, new_nonce};
use crate::open_api::StandIn;
use crate::v1_reply::{decrypted, genuine};

/// A provisioning that goes on is waited for so long, and asked for so often.
const PROVISIONING: Duration = Duration::from_secs(10);
const BETWEEN_POLLS: Duration = Duration::from_millis(300);

/// What an answer must be.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    codes: Vec<ResultCode>,
    instance: Instance,
}

#[derive(Debug, Clone, Default)]
enum Instance {
    #[default]
    Any,
    Named,
    Is(InstanceId),
}

impl Expected {
    /// One of these result codes.
    #[must_use]
    pub fn codes(codes: impl Into<Vec<ResultCode>>) -> Self {
        Self { codes: codes.into(), instance: Instance::Any }
    }

    /// `000000`.
    #[must_use]
    pub fn success() -> Self {
        Self::codes([ResultCode::Success])
    }

    /// What newInstance answers: `000000` or `000004`, and an instance id.
    #[must_use]
    pub fn provisioned() -> Self {
        Self { codes: vec![ResultCode::Success, ResultCode::Processing], instance: Instance::Named }
    }

    /// The same, and just this instance.
    #[must_use]
    pub fn provisioned_as(id: &InstanceId) -> Self {
        Self { instance: Instance::Is(id.clone()), ..Self::provisioned() }
    }

    fn problem(&self, reply: &Reply) -> Option<String> {
        if !self.codes.contains(&reply.result_code) {
            let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
            return Some(format!("expected {}", codes.join(" or ")));
        }
        match (&self.instance, &reply.instance_id) {
            (Instance::Any, _) | (Instance::Named, Some(_)) => None,
            (Instance::Is(wanted), Some(named)) if wanted == named => None,
            (Instance::Is(wanted), _) => Some(format!("expected instance {wanted}")),
            (Instance::Named, None) => Some("expected an instance id".to_owned()),
        }
    }
}

/// A step that was played.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// `activity`, for the kit the last segment of the path.
    pub activity: String,
    /// What was tried.
    pub tried: String,
    /// The answer's code, if it was an answer.
    pub result_code: Option<ResultCode>,
    /// The answer's message, or what came instead.
    pub result_msg: String,
    /// From sending to the last byte, in milliseconds.
    pub milliseconds: f64,
    /// What was wrong with the answer.
    pub problem: Option<String>,
    /// The events that it made.
    pub events: Vec<Event>,
}

/// The steps of a simulation.
pub struct Play<'a> {
    /// Who plays.
    pub marketplace: Marketplace,
    /// The key that the seller registered, to encrypt client secrets with.
    pub rsa_public_key: Option<RsaPublicKey>,
    /// The open APIs, where they are played as well.
    pub open_api: Option<&'a StandIn>,
    progress: &'a (dyn Fn(&Step) + Send + Sync),
    steps: Vec<Step>,
    told: Vec<Told>,
}

impl<'a> Play<'a> {
    /// Nothing played yet.
    pub fn new(
        marketplace: Marketplace,
        rsa_public_key: Option<RsaPublicKey>,
        open_api: Option<&'a StandIn>,
        progress: &'a (dyn Fn(&Step) + Send + Sync),
    ) -> Self {
        Self { marketplace, rsa_public_key, open_api, progress, steps: Vec::new(), told: Vec::new() }
    }

    /// What was played, and which events must have come of it.
    pub(super) fn into_steps(self) -> (Vec<Step>, Vec<Told>) {
        (self.steps, self.told)
    }

    /// Makes an order up, and known to whoever asks the open APIs for it.
    pub(super) fn order(&self, order_type: OrderType, months: u32) -> Order {
        let order = Order::new(months);
        if let Some(open_api) = self.open_api {
            open_api.put_order(order.details(order_type, months));
        }
        order
    }

    /// Signs and sends a request and checks the answer.
    pub async fn ask<R: Request>(
        &mut self,
        tried: &str,
        request: &R,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let call = self.marketplace.sign(request)?;
        self.send(R::CALLBACK, tried, &call, expected).await
    }

    /// The same for a V2.0 body, whose `activity` it names, with the key of an interface type.
    pub async fn ask_json(
        &mut self,
        interface: InterfaceType,
        tried: &str,
        body: &Value,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let key = self.marketplace.key(interface)?;
        let call = SignedCall::basic(key, canonical(body), now(), &new_nonce());
        let activity = body["activity"].as_str().unwrap_or_default();
        self.exchange(activity, tried, &call, None, expected).await
    }

    /// The same for V1.0's parameters. The reply must be signed, and what it encrypts decrypt.
    pub async fn ask_v1(
        &mut self,
        interface: InterfaceType,
        tried: &str,
        parameters: &[(&str, &str)],
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let key = self.marketplace.key(interface)?.clone();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let call = SignedCall::basic_v1(&key, parameters.iter().map(owned).collect(), now());
        let activity = parameters.iter().find(|(name, _)| *name == "activity").map_or("", |(_, value)| value);
        self.exchange(activity, tried, &call, Some(&key), expected).await
    }

    /// The same for a call of the joint-operations kit.
    pub async fn ask_kit(
        &mut self,
        version: Version,
        callback: Callback,
        tried: &str,
        body: &Map<String, Value>,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let key = self.marketplace.key(InterfaceType::Kit)?.clone();
        let (call, v1_key) = match version {
            Version::V2 => {
                let body = canonical(&Value::Object(body.clone()));
                (SignedCall::kit(&key, callback, body, now(), &new_nonce()), None)
            }
            Version::V1 => {
                let call = SignedCall::kit_v1(&key, callback, body.clone(), now());
                (call.unwrap_or_else(|_| unreachable!("a map is an object")), Some(&key))
            }
        };
        self.exchange(callback.activity(), tried, &call, v1_key, expected).await
    }

    /// Sends a V2.0 call as it is and checks the answer.
    pub async fn send(
        &mut self,
        callback: Callback,
        tried: &str,
        call: &SignedCall,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        self.exchange(callback.activity(), tried, call, None, expected).await
    }

    /// Only an address that cannot be reached ends the play.
    async fn exchange(
        &mut self,
        activity: &str,
        tried: &str,
        call: &SignedCall,
        v1_key: Option<&AccessKey>,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let (reply, elapsed) = match self.marketplace.send(call).await {
            Ok(exchange) => (read(&exchange, v1_key), exchange.elapsed),
            Err(error) if self.steps.is_empty() => return Err(error),
            Err(error) => (Err(error.to_string()), Duration::ZERO),
        };
        let (result_code, result_msg, problem) = match &reply {
            Ok(reply) => (Some(reply.result_code), reply.result_msg.to_string(), expected.problem(reply)),
            Err(problem) => (None, String::new(), Some(problem.clone())),
        };
        let milliseconds = elapsed.as_secs_f64() * 1e3;
        let (activity, tried) = (activity.to_owned(), tried.to_owned());
        let step = Step { activity, tried, result_code, result_msg, milliseconds, problem, events: Vec::new() };
        (self.progress)(&step);
        self.steps.push(step);
        Ok(reply.ok())
    }

    /// The seller's application must hear this of the last call, if that was answered well.
    pub(super) fn tells(&mut self, subject: &Subject, event_type: EventType) {
        if let Some(step) = self.steps.len().checked_sub(1).filter(|last| self.steps[*last].problem.is_none()) {
            self.told.push(Told { step, subject: subject.clone(), event_type });
        }
    }

    /// Whether to ask the same again, as the provisioning goes on: the last answer is forgotten then.
    pub(super) async fn asks_again(&mut self, reply: Option<&Reply>, since: Instant) -> bool {
        let goes_on = reply.is_some_and(|reply| reply.result_code == ResultCode::Processing);
        if !goes_on || since.elapsed() > PROVISIONING {
            return false;
        }
        self.steps.pop();
        tokio::time::sleep(BETWEEN_POLLS).await;
        true
    }

    /// Holds something else against the last answer.
    pub fn require(&mut self, holds: bool, problem: &str) {
        if let Some(step) = self.steps.last_mut().filter(|step| !holds && step.problem.is_none()) {
            step.problem = Some(problem.to_owned());
        }
    }
}

/// The reply as the buyer is shown it: V1.0's, if genuine, in the clear.
fn read(exchange: &Exchange, v1_key: Option<&AccessKey>) -> Result<Reply, String> {
    let reply = exchange.reply()?;
    let Some(key) = v1_key else { return Ok(reply) };
    genuine(exchange, key, false)?;
    let reply = serde_json::to_value(reply).map_err(|error| error.to_string())?;
    serde_json::from_value(decrypted(reply, key)?).map_err(|error| error.to_string())
}

fn canonical(body: &Value) -> String {
    let body = body.to_string();
    canonical_form(body.as_bytes()).unwrap_or(body)
}
