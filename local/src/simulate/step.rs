//! What was played: each call, and the events that it made.

use std::collections::BTreeMap;
use std::fmt;

use koogallery::ResultCode;
use koogallery_store::EventType;
use serde::Serialize;
use serde_json::Value;

use super::family::Family;
use super::seller_api::{Delivery, Subject};

/// A step that was played.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Whose call it is.
    pub family: Family,
    /// The life that it belongs to.
    pub life: String,
    /// `activity`, for the kit the last segment of the path.
    pub activity: String,
    /// What was tried.
    pub tried: String,
    /// The ids that the call and its answer name, by KooGallery's names.
    pub ids: BTreeMap<String, String>,
    /// The body that was sent, or V1.0's parameters.
    pub request: Value,
    /// The answer, if it was JSON.
    pub reply: Value,
    /// The answer's code, if it was an answer.
    pub result_code: Option<ResultCode>,
    /// The answer's message, or what came instead.
    pub result_msg: String,
    /// How often it was sent.
    pub sent: u32,
    /// From sending to the last byte, in milliseconds; of the last time that it was sent.
    pub milliseconds: f64,
    /// What was wrong with the answer.
    pub problem: Option<String>,
    /// The events that it made.
    pub events: Vec<Event>,
}

/// An event that is to come of a call.
#[derive(Debug)]
pub(super) struct Told {
    /// The call's place among the steps.
    pub(super) step: usize,
    pub(super) subject: Subject,
    pub(super) event_type: EventType,
}

/// An event that came of a call, and what became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its id; none where the call should have made it and did not.
    pub event_id: Option<String>,
    /// Where it is on its way.
    pub delivery: Option<Delivery>,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether its order's details went with it, where it names an order and that is known.
    pub order_details: Option<bool>,
    /// Why the last try failed.
    pub last_problem: Option<String>,
    /// What is wrong with it.
    pub problem: Option<&'static str>,
}

impl Event {
    /// Whether nobody sent it yet.
    #[must_use]
    pub fn is_untried(&self) -> bool {
        self.delivery == Some(Delivery::Undelivered) && self.attempts == 0
    }

    /// Whether the application has it, and nothing is wrong.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.delivery == Some(Delivery::Delivered) && self.problem.is_none()
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.delivery {
            None => f.write_str("no such event")?,
            Some(Delivery::Undelivered) if self.is_untried() => f.write_str("not tried yet")?,
            Some(Delivery::Undelivered) => write!(f, "not delivered, attempt {}", self.attempts)?,
            Some(Delivery::Parked) => write!(f, "parked, attempt {}", self.attempts)?,
            Some(Delivery::Discarded) => f.write_str("given up")?,
            Some(Delivery::Stopped) => f.write_str("not wanted")?,
            Some(Delivery::Delivered) => write!(f, "delivered, attempt {}", self.attempts)?,
        }
        match (self.delivery, self.order_details) {
            (Some(Delivery::Delivered), Some(true)) => f.write_str(", order details with it"),
            (Some(Delivery::Delivered), Some(false)) => f.write_str(", no order details"),
            _ => Ok(()),
        }
    }
}
