//! What a person did, and why: a step of supervision, a resend, a discarded event. It is written in the transaction of what it
//! changed, so there is no change without its record. It names who acted, and holds no personal data of buyers.

use koogallery::{Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::model::about::About;

/// Who acts, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who: the name of a token of the seller API, the address of an operator, or the user who ran a command.
    pub by: Text<128>,
    /// Where the person acted.
    pub via: Via,
    /// Why, in that person's words. Up to 255 characters; write no personal data.
    pub reason: Option<Text<255>>,
}

/// Where a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum Via {
    /// The seller API.
    SellerApi,
    /// The console.
    Console,
    /// The command `koogallery`.
    Command,
}

/// One action, as its record tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// A UUID of version 7.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Text<128>,
    /// Where.
    pub via: Via,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<255>>,
    /// What was done, such as `supervision.delivered`: the thing and the verb.
    pub what: String,
    /// What it was done to.
    pub about: About,
    /// The part that changed, before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The same part, after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Action {
    /// An event is delivered once more.
    pub const EVENT_RESENT: &str = "event.resent";
    /// A parked event was given up.
    pub const EVENT_DISCARDED: &str = "event.discarded";
    /// The personal data of something released was erased.
    pub const PERSONAL_DATA_ERASED: &str = "personalData.erased";
    /// Personal data was shown to an operator.
    pub const PERSONAL_DATA_SHOWN: &str = "personalData.shown";
    /// An operator searched for somebody.
    pub const PERSONAL_DATA_SEARCHED: &str = "personalData.searched";
    /// The buyer's way into an instance was handed in.
    pub const APP_INFO_HANDED_IN: &str = "appInfo.handedIn";
    /// Why an instance cannot be provisioned was handed in.
    pub const FAILURE_HANDED_IN: &str = "failure.handedIn";
    /// A key that signs ID tokens was made.
    pub const SIGNING_KEY_MADE: &str = "signingKey.made";
    /// Somebody signed in to the console.
    pub const SESSION_BEGUN: &str = "session.begun";
    /// Somebody signed out of the console, or an administrator ended the session.
    pub const SESSION_ENDED: &str = "session.ended";
    /// What debug calls left was deleted.
    pub const DEBUG_DATA_FORGOTTEN: &str = "debugData.forgotten";
    /// A version of the settings became the current one.
    pub const SETTINGS_APPLIED: &str = "settings.applied";
    /// A job that resends events began.
    pub const JOB_BEGUN: &str = "job.begun";

    /// An action of `actor` at this time. Add what changed by [`Self::from`] and [`Self::to`].
    #[must_use]
    pub fn new(actor: &Actor, what: impl Into<String>, about: About, at: Timestamp) -> Self {
        let Actor { by, via, reason } = actor.clone();
        Self { id: Uuid::now_v7(), at, by, via, reason, what: what.into(), about, before: None, after: None }
    }

    /// The same, with what changed as it was before. What cannot be written as JSON is left out.
    #[must_use]
    pub fn from(self, before: impl Serialize) -> Self {
        Self { before: serde_json::to_value(before).ok(), ..self }
    }

    /// The same, with what changed as it is after.
    #[must_use]
    pub fn to(self, after: impl Serialize) -> Self {
        Self { after: serde_json::to_value(after).ok(), ..self }
    }
}
