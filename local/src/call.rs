//! `koogallery call`: one callback, signed and sent.

mod members;

use clap::ValueEnum;
use koogallery::{AccessKey, Callback, Dialect};
use koogallery_runtime::{nearest, now};
use serde_json::{Map, Value};

use crate::marketplace::{CallError, Exchange, Marketplace, SignedCall};

/// Which protocol version a call speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Version {
    /// SaaS V2.0, License 2.0, Online License, order notices.
    #[default]
    V2,
    /// SaaS V1.0, License 1.0.
    V1,
}

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OneCallError {
    /// No such activity.
    #[error("unknown activity {given}{hint}: one of {known}")]
    Activity {
        /// What was given.
        given: String,
        /// What may be meant.
        hint: String,
        /// What there is.
        known: String,
    },
    /// A member is not `key=value`.
    #[error("{0} is not key=value (a text) or key:=json (anything else)")]
    Member(String),
    /// A member's JSON is none.
    #[error("{member} is not JSON: {source}")]
    Json {
        /// Which member.
        member: String,
        /// Why.
        source: serde_json::Error,
    },
    /// No answer.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A call that was answered.
#[derive(Debug)]
pub struct Called {
    /// The answer.
    pub exchange: Exchange,
    /// V1.0: the key that signs and encrypts it.
    pub v1_key: Option<AccessKey>,
}

/// A call that is not sent yet.
#[derive(Debug, Clone)]
pub struct Draft {
    version: Version,
    activity: String,
    callback: Callback,
    dialect: Dialect,
    body: Map<String, Value>,
}

impl Draft {
    /// A call of `key=value` (text) and `key:=json` members.
    pub fn new(version: Version, activity: &str, members: &[String]) -> Result<Self, OneCallError> {
        let (callback, dialect) = callback(version, activity)?;
        let mut body = Map::new();
        if !callback.is_kit() {
            body.insert("activity".to_owned(), activity.into());
        }
        for member in members {
            let (name, value) = read_member(member)?;
            body.insert(name, value);
        }
        Ok(Self { version, activity: activity.to_owned(), callback, dialect, body })
    }

    /// What it is.
    #[must_use]
    pub const fn callback(&self) -> Callback {
        self.callback
    }

    /// A member that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// Gives a member a value where the activity has such a member, and it has none.
    pub fn fill(&mut self, name: &str, value: &str) {
        if members::members(self.version, &self.activity).iter().any(|member| member.name == name) {
            self.body.entry(name).or_insert_with(|| value.into());
        }
    }

    /// What is probably a mistake: all mandatory members that are missing, and members that are called almost like another.
    #[must_use]
    pub fn doubts(&self) -> Vec<String> {
        let members = members::members(self.version, &self.activity);
        let mut doubts = Vec::new();
        let missing = members.iter().filter(|member| member.mandatory && !self.body.contains_key(member.name));
        let missing: Vec<&str> = missing.map(|member| member.name).collect();
        if !missing.is_empty() {
            doubts.push(format!("{} must have {}, and has not", self.activity, missing.join(", ")));
        }
        let is_unknown = |given: &&String| *given != "activity" && members.iter().all(|member| member.name != **given);
        for given in self.body.keys().filter(is_unknown) {
            if let Some(name) = nearest(given, members.iter().map(|member| member.name)) {
                doubts.push(format!("{given} is no member of {}: did you mean {name}?", self.activity));
            }
        }
        doubts
    }

    /// Signs it with the activity's own key, and sends it.
    pub async fn send(self, marketplace: &Marketplace) -> Result<Called, OneCallError> {
        let key = marketplace.key(self.callback.interface_types()[0])?;
        let signed = SignedCall::of(key, self.callback, self.dialect, self.body, now());
        let exchange = marketplace.send(&signed).await?;
        Ok(Called { exchange, v1_key: (self.version == Version::V1).then(|| key.clone()) })
    }
}

/// The members of an activity for a reader, with an example.
pub fn help(version: Version, activity: &str) -> Result<String, OneCallError> {
    callback(version, activity).map(|_| members::help(version, activity))
}

/// The callback that an activity of this version is.
pub(crate) fn callback(version: Version, activity: &str) -> Result<(Callback, Dialect), OneCallError> {
    let dialects = match version {
        Version::V2 => [Dialect::BasicV2, Dialect::KitV2],
        Version::V1 => [Dialect::BasicV1, Dialect::KitV1],
    };
    let in_dialect = |dialect| Callback::named(dialect, activity).map(|callback| (callback, dialect));
    dialects.into_iter().find_map(in_dialect).ok_or_else(|| unknown(version, activity))
}

fn unknown(version: Version, activity: &str) -> OneCallError {
    let other = if version == Version::V1 { Version::V2 } else { Version::V1 };
    let is_of_other = members::activities(other).any(|known| known == activity);
    let hint = match (is_of_other, nearest(activity, members::activities(version))) {
        (true, _) => format!(", but one of {} (--version {})", other.title(), other.name()),
        (false, Some(meant)) => format!(", did you mean {meant}?"),
        (false, None) => String::new(),
    };
    let known = members::activities(version).collect::<Vec<_>>().join(", ");
    OneCallError::Activity { given: activity.to_owned(), hint, known }
}

impl Version {
    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::V2 => "V2.0",
            Self::V1 => "V1.0",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V1 => "v1",
        }
    }
}

fn read_member(member: &str) -> Result<(String, Value), OneCallError> {
    let (name, value) = member.split_once('=').ok_or_else(|| OneCallError::Member(member.to_owned()))?;
    match name.strip_suffix(':') {
        _ if name.is_empty() || name == ":" => Err(OneCallError::Member(member.to_owned())),
        None => Ok((name.to_owned(), value.into())),
        Some(name) => serde_json::from_str(value)
            .map(|value| (name.to_owned(), value))
            .map_err(|source| OneCallError::Json { member: name.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn members_are_text_or_json() {
        assert_eq!(read_member("orderId=CS1=x").unwrap(), ("orderId".to_owned(), "CS1=x".into()));
        assert_eq!(read_member("testFlag:=1").unwrap(), ("testFlag".to_owned(), 1.into()));
        for bad in ["orderId", "=x", ":=1", "a:={"] {
            assert!(read_member(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_activity_is_of_its_version() {
        assert_eq!(callback(Version::V2, "tenantSync").unwrap(), (Callback::TenantSync, Dialect::KitV2));
        assert_eq!(callback(Version::V1, "tenantSync").unwrap(), (Callback::TenantSync, Dialect::KitV1));
        for activity in members::activities(Version::V1).filter(|activity| !activity.ends_with("Sync")) {
            assert_eq!(callback(Version::V1, activity).unwrap().1, Dialect::BasicV1, "{activity}");
        }
        let v2: BTreeSet<&str> = members::activities(Version::V2).collect();
        let all = BTreeSet::from(Callback::ALL.map(Callback::activity));
        assert_eq!(v2, all, "local/src/call/members.rs lists the members of each callback");
    }

    #[test]
    fn an_unknown_activity_is_told_what_is_meant() {
        for (version, given, hint) in [
            (Version::V2, "upgrade", "but one of V1.0 (--version v1)"),
            (Version::V1, "upgradeInstance", "but one of V2.0 (--version v2)"),
            (Version::V2, "newInstnace", "did you mean newInstance?"),
            (Version::V2, "NEWINSTANCE", "did you mean newInstance?"),
        ] {
            let told = callback(version, given).unwrap_err().to_string();
            assert!(told.contains(hint), "{told}");
        }
        assert!(!callback(Version::V2, "xyz").unwrap_err().to_string().contains("did you mean"));
    }

    #[test]
    fn what_is_missing_is_told_at_once_and_what_is_misspelt() {
        let draft = |members: &[&str]| {
            let members: Vec<String> = members.iter().map(|member| (*member).to_owned()).collect();
            Draft::new(Version::V2, "newInstance", &members).unwrap()
        };
        assert_eq!(draft(&[]).doubts(), ["newInstance must have orderId, orderLineId, businessId, and has not"]);
        let doubts = draft(&["orderID=CS1", "orderLineId=CS1-000001", "businessId=b-1", "shoeSize=42"]).doubts();
        assert_eq!(
            doubts,
            [
                "newInstance must have orderId, and has not",
                "orderID is no member of newInstance: did you mean orderId?"
            ]
        );
        let mut whole = draft(&["orderId=CS1"]);
        for (name, value) in
            [("orderId", "CS2"), ("orderLineId", "CS1-000001"), ("businessId", "b-1"), ("skuCode", "s")]
        {
            whole.fill(name, value);
        }
        assert_eq!((whole.doubts(), whole.text("orderId"), whole.text("skuCode")), (Vec::new(), Some("CS1"), None));
    }
}
