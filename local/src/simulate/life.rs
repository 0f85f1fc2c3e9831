//! Lives as data: what happens to something that is sold, call by call. The built-in ones are files in `local/lives`, and
//! `--play FILE` takes one of the reader's own. docs/simulate.md describes the format.

use std::collections::BTreeMap;
use std::path::Path;

use koogallery::{Callback, Dialect, InterfaceType, ResultCode};
use koogallery_store::EventType;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::family::Family;
use super::orders::OrderTemplate;
use crate::call::{OneCallError, Version, callback};

/// What is sold, and what happens to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Life {
    /// Which key signs, and which version is spoken.
    pub(super) family: Family,
    /// What it is, in a line.
    pub(super) about: String,
    /// Whom its events are about, as the seller API names it, such as `instances/{instanceId}`.
    subject: Option<String>,
    /// Its orders, which the open APIs tell.
    #[serde(default)]
    pub(super) orders: BTreeMap<String, OrderTemplate>,
    /// The license code that its order `purchase` sells.
    pub(super) sells: Option<String>,
    /// Members of each call of the joint-operations kit.
    #[serde(default)]
    kit: Map<String, Value>,
    /// What happens, in this order.
    pub(super) steps: Vec<LifeStep>,
    /// What happens instead of the rest, once something is never done.
    #[serde(default)]
    pub(super) refund: Vec<LifeStep>,
}

/// One call.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LifeStep {
    /// What is tried, in a few words.
    pub(super) tried: String,
    /// The activity, for the kit the last segment of the path.
    #[serde(default)]
    pub(super) call: String,
    /// The call before once more, with a new signature and new `{new}` ids.
    #[serde(default)]
    again: bool,
    /// The members of its body, or V1.0's parameters.
    #[serde(default)]
    pub(super) members: Map<String, Value>,
    /// The result codes that are right.
    expect: Option<Vec<ResultCode>>,
    /// The name for the reply's instance id.
    #[serde(rename = "as")]
    named: Option<String>,
    /// Sent again while the answer is `000004`.
    #[serde(default)]
    pub(super) until_done: bool,
    /// The event that it makes.
    pub(super) event: Option<EventType>,
    /// Whom that is about, where it is not the life's.
    pub(super) subject: Option<String>,
    /// What the application then shows of the customer, where it is looked at.
    #[serde(default)]
    pub(super) shows: Map<String, Value>,
    /// Left out where the seller's RSA public key is not known.
    #[serde(default)]
    pub(super) with_rsa_public_key: bool,
}

/// Why a file is no life.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// It cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is not as the format has it.
    #[error("{path} is no life: {source}")]
    Format {
        /// Which.
        path: String,
        /// Where, and why.
        source: serde_json::Error,
    },
    /// A step's call is unknown.
    #[error("{path}, step \"{tried}\": {source}")]
    Call {
        /// Which file.
        path: String,
        /// Which step.
        tried: String,
        /// Why.
        source: OneCallError,
    },
    /// Nothing comes before it.
    #[error("{path}, step \"{tried}\": \"again\" needs a call before it")]
    Again {
        /// Which file.
        path: String,
        /// Which step.
        tried: String,
    },
}

impl Life {
    /// The life in a file.
    pub fn read(path: &Path) -> Result<Self, LifeError> {
        let shown = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&shown, &text),
            Err(source) => Err(LifeError::Read { path: shown, source }),
        }
    }

    /// Each step that is sent again becomes the whole call that it repeats.
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, LifeError> {
        let mut life: Self =
            serde_json::from_str(text).map_err(|source| LifeError::Format { path: path.into(), source })?;
        for steps in [&mut life.steps, &mut life.refund] {
            let mut before: Option<LifeStep> = None;
            for step in steps.iter_mut() {
                if step.again {
                    let again = || LifeError::Again { path: path.into(), tried: step.tried.clone() };
                    step.repeat(before.as_ref().ok_or_else(again)?);
                }
                before = Some(step.clone());
            }
        }
        for step in life.steps.iter().chain(&life.refund) {
            let unknown = |source| LifeError::Call { path: path.into(), tried: step.tried.clone(), source };
            life.callback(step).map_err(unknown)?;
        }
        Ok(life)
    }

    /// What a step's call is.
    pub(super) fn callback(&self, step: &LifeStep) -> Result<(Callback, Dialect), OneCallError> {
        // A product of the kit is bought as any other one of V2.0.
        let of_kit = callback(Version::V2, &step.call).is_ok_and(|(callback, _)| callback.is_kit());
        let version = match self.family {
            Family::SaasV1 | Family::LicenseV1 => Version::V1,
            Family::KitV1 if of_kit => Version::V1,
            _ => Version::V2,
        };
        callback(version, &step.call)
    }

    /// Whose key signs it.
    pub(super) const fn interface(&self, callback: Callback) -> InterfaceType {
        match self.family {
            Family::Kit | Family::KitV1 if !callback.is_kit() => InterfaceType::Basic,
            family => family.interface_type(),
        }
    }

    /// All members of a step's call.
    pub(super) fn members(&self, step: &LifeStep, callback: Callback) -> Map<String, Value> {
        let common = if callback.is_kit() { self.kit.clone() } else { Map::new() };
        common.into_iter().chain(step.members.clone()).collect()
    }

    /// Whom a step is about.
    pub(super) fn subject<'a>(&'a self, step: &'a LifeStep) -> Option<&'a str> {
        step.subject.as_deref().or(self.subject.as_deref())
    }
}

impl LifeStep {
    fn repeat(&mut self, before: &Self) {
        self.call.clone_from(&before.call);
        self.members.clone_from(&before.members);
        self.with_rsa_public_key = before.with_rsa_public_key;
        self.expect = self.expect.take().or_else(|| before.expect.clone());
        self.named = self.named.take().or_else(|| before.named.clone());
        self.subject = self.subject.take().or_else(|| before.subject.clone());
    }

    /// Whether it repeats the call before.
    pub(super) const fn is_repeat(&self) -> bool {
        self.again
    }

    /// The result codes that are right; a purchase may go on for a while.
    pub(super) fn codes(&self, callback: Callback) -> Vec<ResultCode> {
        match &self.expect {
            Some(codes) => codes.clone(),
            None if callback == Callback::NewInstance => vec![ResultCode::Success, ResultCode::Processing],
            None => vec![ResultCode::Success],
        }
    }

    /// The name under which its reply's instance id is kept.
    pub(super) fn instance_name(&self, callback: Callback) -> Option<&str> {
        (callback == Callback::NewInstance).then(|| self.named.as_deref().unwrap_or("instanceId"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_file_is_told_with_its_place() {
        let told = |text: &str| Life::parse("mine.json", text).unwrap_err().to_string();
        let life = |step: &str| format!(r#"{{"family":"saas","about":"mine","steps":[{step}]}}"#);
        for (step, problem) in [
            (r#"{"tried":"a","call":"newInstanc"}"#, "step \"a\": unknown activity newInstanc"),
            (r#"{"tried":"a","again":true}"#, "step \"a\": \"again\" needs a call before it"),
            (r#"{"tried":"a","call":"newInstance","expects":[]}"#, "unknown field `expects`"),
            (r#"{"tried":"a","call":"newInstance","event":"instance.bought"}"#, "instance.bought"),
            (r#"{"tried":"a","call":"newInstance","expect":["000008"]}"#, "not a result code"),
        ] {
            let told = told(&life(step));
            assert!(told.starts_with("mine.json") && told.contains(problem), "{told}");
        }
        assert!(told(r#"{"family":"soap","about":"mine","steps":[]}"#).contains("soap"));
        let read = Life::read(Path::new("none.json")).unwrap_err().to_string();
        assert!(read.starts_with("none.json cannot be read"), "{read}");
    }

    #[test]
    fn a_repeat_is_the_whole_call_before() {
        let text = r#"{"family":"saas","about":"mine","steps":[
            {"tried":"a","call":"newInstance","event":"instance.created","members":{"orderId":"1"}},{"tried":"b","again":true}]}"#;
        let life = Life::parse("mine.json", text).unwrap();
        let again = &life.steps[1];
        assert_eq!((again.call.as_str(), &again.members["orderId"], again.event), ("newInstance", &"1".into(), None));
    }
}
