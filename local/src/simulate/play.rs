//! One call after the other, each with what is expected of its answer.

use std::time::Duration;

use koogallery::{Callback, InstanceId, Reply, Request, ResultCode};
use serde::Serialize;

use crate::marketplace::{CallError, Marketplace, SignedCall};

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
    /// `activity`.
    pub activity: &'static str,
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
}

/// The steps of a simulation.
pub struct Play<'a> {
    /// Who plays.
    pub marketplace: Marketplace,
    progress: &'a (dyn Fn(&Step) + Send + Sync),
    steps: Vec<Step>,
}

impl<'a> Play<'a> {
    /// Nothing played yet.
    pub fn new(marketplace: Marketplace, progress: &'a (dyn Fn(&Step) + Send + Sync)) -> Self {
        Self { marketplace, progress, steps: Vec::new() }
    }

    /// What was played.
    #[must_use]
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
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

    /// Sends a call as it is and checks the answer. Only an address that cannot be reached ends the play.
    pub async fn send(
        &mut self,
        callback: Callback,
        tried: &str,
        call: &SignedCall,
        expected: Expected,
    ) -> Result<Option<Reply>, CallError> {
        let (reply, elapsed) = match self.marketplace.send(call).await {
            Ok(exchange) => (exchange.reply(), exchange.elapsed),
            Err(error) if self.steps.is_empty() => return Err(error),
            Err(error) => (Err(error.to_string()), Duration::ZERO),
        };
        let (result_code, result_msg, problem) = match &reply {
            Ok(reply) => (Some(reply.result_code), reply.result_msg.to_string(), expected.problem(reply)),
            Err(problem) => (None, String::new(), Some(problem.clone())),
        };
        let milliseconds = elapsed.as_secs_f64() * 1e3;
        let (activity, tried) = (callback.activity(), tried.to_owned());
        let step = Step { activity, tried, result_code, result_msg, milliseconds, problem };
        (self.progress)(&step);
        self.steps.push(step);
        Ok(reply.ok())
    }

    /// Holds something else against the last answer.
    pub fn require(&mut self, holds: bool, problem: &str) {
        if let Some(step) = self.steps.last_mut().filter(|step| !holds && step.problem.is_none()) {
            step.problem = Some(problem.to_owned());
        }
    }
}
