//! The corpus as types. `tests/corpus/README.md` describes the format; a file that does not follow it is refused with
//! its name and the case's.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use koogallery::{Callback, Dialect, InterfaceType, ResultCode};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::{Map, Value};

use super::embedded;
use crate::marketplace::Zone;

/// Calls that any case may make before or after its own, by name.
const SHARED_CALLS: &str = "calls.json";
/// All cases.
#[derive(Debug, Clone)]
pub struct Corpus {
    pub(super) calls: BTreeMap<String, Call>,
    pub(super) suites: Vec<Suite>,
}

/// What an endpoint is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Profile {
    /// All that follows from KooGallery's guides.
    #[default]
    Guides,
    /// What the console's debug page counts as a success: before a product is listed, and twice a day ever after.
    Console,
}

/// Why a corpus was refused.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The folder or a file cannot be read.
    #[error("{}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not follow the format.
    #[error("{file}: {problem}")]
    File {
        /// Its path below the corpus's folder.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A case does not follow the format.
    #[error("{file}, case {case}: {problem}")]
    Case {
        /// Its file.
        file: String,
        /// Its name, or its place from 1.
        case: String,
        /// What is wrong.
        problem: String,
    },
}

/// One file: the cases of one callback in one dialect.
#[derive(Debug, Clone)]
pub(super) struct Suite {
    /// The file's path without `.json`, such as `v2-basic/new-instance`.
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) call: Call,
    pub(super) before: Vec<Step>,
    pub(super) cases: Vec<Case>,
}

/// A call that is right: what a case changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// The activity; for the kit the last segment of the path.
    #[serde(default)]
    pub(super) callback: String,
    #[serde(deserialize_with = "dialect")]
    pub(super) dialect: Dialect,
    pub(super) key: InterfaceType,
    pub(super) request: Map<String, Value>,
    #[serde(default = "success")]
    pub(super) expect: Expect,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) why: String,
    #[serde(default)]
    pub(super) before: Vec<Step>,
    #[serde(default)]
    pub(super) after: Vec<Step>,
    #[serde(flatten)]
    pub(super) sent: Sent,
    #[serde(flatten)]
    pub(super) unknown: Map<String, Value>,
}

/// A call beside a case's own: written as its name alone, or with changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Step {
    pub(super) call: String,
    pub(super) sent: Sent,
}

/// How a call is sent, and what must come back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Sent {
    /// Members of the request that differ.
    pub(super) set: Map<String, Value>,
    /// Members of the request that are not there.
    pub(super) omit: Vec<String>,
    /// The whole body as a text instead.
    pub(super) text: Option<String>,
    /// The whole body as bytes instead.
    pub(super) hex: Option<String>,
    /// How the body is written.
    pub(super) write: Writing,
    pub(super) method: Option<String>,
    /// Appended to the production address instead of the callback's own path.
    pub(super) path: Option<String>,
    /// More query parameters.
    pub(super) query: BTreeMap<String, String>,
    /// More headers.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) sign: Sign,
    /// Members that change between signing and sending; what is null is not sent.
    pub(super) after_signing: Map<String, Value>,
    /// The reply; a step without it expects what its call does.
    pub(super) expect: Option<Expect>,
    /// The reply to the very same bytes, sent once more.
    pub(super) replay: Option<Expect>,
    /// `false`: a V1.0 reply may lack its `Body-Sign`.
    pub(super) body_sign: Option<bool>,
    /// A name for the reply, so that later calls can refer to its members.
    #[serde(rename = "as")]
    pub(super) name: Option<String>,
}

/// How a JSON body is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Writing {
    /// Compact, members in order of their names: as KooGallery does.
    #[default]
    Compact,
    /// With white space.
    Pretty,
    /// Members in the opposite order.
    Reversed,
    /// Every character beyond ASCII as `\uXXXX`.
    Escaped,
}

/// How a call is signed; what is not said is as KooGallery does it, now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Sign {
    pub(super) key: Option<Signer>,
    /// How far from now, such as `-65s`.
    #[serde(deserialize_with = "seconds")]
    pub(super) at: i64,
    pub(super) unit: Unit,
    pub(super) case: Option<HexCase>,
    pub(super) payload: Option<Payload>,
    pub(super) over: Option<Over>,
    /// V1.0: the zone of `timeStamp`.
    pub(super) zone: Option<Zone>,
    /// V1.0: as if the URL's decoding had made the token's `+` a space.
    pub(super) plus_as_space: bool,
    /// V1.0: a `+` of a value goes out as it is, not URL-encoded.
    pub(super) bare_plus: bool,
    /// V1.0: so many digits of the timeStamp.
    pub(super) digits: Option<usize>,
    /// Parts that are not sent.
    pub(super) without: Vec<String>,
    /// V2.0: these instead.
    pub(super) signature: Option<Value>,
    pub(super) timestamp: Option<Value>,
    pub(super) nonce: Option<Value>,
    /// V1.0: these instead.
    pub(super) auth_token: Option<Value>,
    pub(super) time_stamp: Option<Value>,
}

/// Whose key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "SignerName")]
pub(super) enum Signer {
    /// An interface type's.
    Of(InterfaceType),
    /// Nobody's.
    Stranger,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum SignerName {
    Basic,
    Kit,
    License,
    Order,
    Wrong,
}

impl From<SignerName> for Signer {
    fn from(name: SignerName) -> Self {
        match name {
            SignerName::Basic => Self::Of(InterfaceType::Basic),
            SignerName::Kit => Self::Of(InterfaceType::Kit),
            SignerName::License => Self::Of(InterfaceType::License),
            SignerName::Order => Self::Of(InterfaceType::Order),
            SignerName::Wrong => Self::Stranger,
        }
    }
}

/// The unit of a V2.0 timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) enum Unit {
    #[default]
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "s")]
    Seconds,
}

/// How a V2.0 signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum HexCase {
    Lower,
    Upper,
}

/// What of the body a V2.0 signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Payload {
    Plain,
    Digest,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Over {
    /// V2.0: the canonical form, whatever is sent.
    Canonical,
    /// V1.0: every parameter.
    All,
    /// V1.0: the parameters that have a value.
    NonBlank,
}

/// The replies that are right: result codes, each with what the reply holds besides.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Expect(pub(super) Vec<(ResultCode, Value)>);

impl TryFrom<Value> for Expect {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        let code = |code: &str| code.parse().map_err(|_| format!("{code} is not a result code"));
        let expected = match value {
            Value::String(text) => vec![(code(&text)?, Value::Null)],
            Value::Array(codes) => codes
                .iter()
                .map(|value| Ok((code(value.as_str().unwrap_or_default())?, Value::Null)))
                .collect::<Result<_, String>>()?,
            Value::Object(by_code) => by_code
                .into_iter()
                .flat_map(|(codes, reply)| {
                    codes.split('|').map(|text| Ok((code(text)?, reply.clone()))).collect::<Vec<_>>()
                })
                .collect::<Result<_, String>>()?,
            _ => return Err("expect is a result code, a list of them, or an object by result code".to_owned()),
        };
        if expected.is_empty() { Err("expect names no result code".to_owned()) } else { Ok(Self(expected)) }
    }
}

fn success() -> Expect {
    Expect(vec![(ResultCode::Success, Value::Null)])
}

/// What a case's own call answers where it only prepares for another.
fn done_or_going_on() -> Expect {
    Expect(vec![(ResultCode::Success, Value::Null), (ResultCode::Processing, Value::Null)])
}

impl TryFrom<Value> for Step {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Wire {
            call: String,
            #[serde(flatten)]
            sent: Sent,
            #[serde(flatten)]
            unknown: Map<String, Value>,
        }
        match value {
            Value::String(call) => Ok(Self { call, sent: Sent::default() }),
            value => {
                let Wire { call, sent, unknown } = typed(value)?;
                none_unknown(&unknown).map(|()| Self { call, sent })
            }
        }
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn none_unknown(unknown: &Map<String, Value>) -> Result<(), String> {
    unknown.keys().next().map_or(Ok(()), |name| Err(format!("unknown member {name}")))
}

fn dialect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dialect, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "V2" => Ok(Dialect::BasicV2),
        "kit V2" => Ok(Dialect::KitV2),
        "V1" => Ok(Dialect::BasicV1),
        "kit V1" => Ok(Dialect::KitV1),
        other => Err(D::Error::custom(format!("dialect {other} is not one of V2, kit V2, V1, kit V1"))),
    }
}

/// The dialect as the corpus writes it.
pub(super) const fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::BasicV2 => "V2",
        Dialect::KitV2 => "kit V2",
        Dialect::BasicV1 => "V1",
        Dialect::KitV1 => "kit V1",
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = text.strip_suffix('s').and_then(|number| number.parse().ok());
    number.ok_or_else(|| D::Error::custom(format!("{text} is not a number of seconds like -65s")))
}

impl Corpus {
    /// The corpus inside the binary.
    pub fn embedded() -> Result<Self, CorpusError> {
        Self::of(embedded::files())
    }

    /// Another corpus: `calls.json` and the files in a folder's folders.
    pub fn read(root: &Path) -> Result<Self, CorpusError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| CorpusError::Read { path, source }
        };
        let mut files = Vec::new();
        for path in json_files(root).map_err(unreadable(root))? {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            let below = path.strip_prefix(root).unwrap_or(&path);
            files.push((below.to_string_lossy().replace('\\', "/"), text));
        }
        files.sort();
        Self::of(files)
    }

    /// The cases of a profile.
    #[must_use]
    pub fn of_profile(self, profile: Profile) -> Self {
        match profile {
            Profile::Guides => self,
            Profile::Console => self.console(),
        }
    }

    /// How many cases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.suites.iter().map(|suite| suite.cases.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps what any of `words` names: a case (`v2-basic/new-instance/resent`), a file, a folder, a callback, a
    /// dialect, or a part of a case's full name. No word keeps all.
    #[must_use]
    pub fn only(mut self, words: &[String]) -> Self {
        for suite in &mut self.suites {
            let Suite { name: file, call, .. } = &*suite;
            let named = |case: &Case| {
                words.iter().any(|word| {
                    *word == call.callback
                        || *word == dialect_name(call.dialect)
                        || format!("{file}/{}", case.name).contains(word.as_str())
                })
            };
            let kept: Vec<_> = suite.cases.iter().filter(|case| words.is_empty() || named(case)).cloned().collect();
            suite.cases = kept;
        }
        self.suites.retain(|suite| !suite.cases.is_empty());
        self
    }

    /// A step's call, within a file.
    pub(super) fn call<'a>(&'a self, suite: &'a Suite, name: &str) -> Option<&'a Call> {
        if name == Suite::OWN_CALL { Some(&suite.call) } else { self.calls.get(name) }
    }

    /// The shared call that releases what a purchase bought.
    pub(super) fn release_of(&self, purchase: &Call) -> Option<&Call> {
        self.calls.values().find(|call| {
            call.dialect == purchase.dialect
                && call.key == purchase.key
                && call.request.get("activity").is_some_and(|activity| activity == "releaseInstance")
        })
    }

    fn of(files: Vec<(String, String)>) -> Result<Self, CorpusError> {
        let mut corpus = Self { calls: BTreeMap::new(), suites: Vec::new() };
        for (file, text) in files {
            if file == SHARED_CALLS {
                corpus.calls = serde_json::from_str(&text)
                    .map_err(|error| CorpusError::File { file, problem: error.to_string() })?;
            } else {
                corpus.suites.push(Suite::of(&file, &text)?);
            }
        }
        for suite in &corpus.suites {
            let steps = suite.cases.iter().flat_map(|case| case.before.iter().chain(&case.after));
            if let Some(step) = suite.before.iter().chain(steps).find(|step| corpus.call(suite, &step.call).is_none()) {
                let problem = format!("no call {} in {SHARED_CALLS}", step.call);
                return Err(CorpusError::File { file: suite.name.clone(), problem });
            }
        }
        Ok(corpus)
    }
}

impl Suite {
    /// The step that means a case's own call, unchanged.
    pub(super) const OWN_CALL: &str = "this";

    fn of(file: &str, text: &str) -> Result<Self, CorpusError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            callback: String,
            #[serde(deserialize_with = "dialect")]
            dialect: Dialect,
            key: InterfaceType,
            topic: String,
            request: Map<String, Value>,
            #[serde(default)]
            before: Vec<Step>,
            cases: Vec<Value>,
        }
        let wire: Wire = serde_json::from_str(text)
            .map_err(|error| CorpusError::File { file: file.to_owned(), problem: error.to_string() })?;
        if Callback::named(wire.dialect, &wire.callback).is_none() {
            let problem = format!("{} has no callback {}", dialect_name(wire.dialect), wire.callback);
            return Err(CorpusError::File { file: file.to_owned(), problem });
        }
        let mut cases: Vec<Case> = Vec::with_capacity(wire.cases.len());
        for (place, value) in wire.cases.into_iter().enumerate() {
            let name = value["name"].as_str().map_or_else(|| (place + 1).to_string(), str::to_owned);
            let case = Case::of(value).and_then(|case| {
                let known = cases.iter().any(|other| other.name == case.name);
                if known { Err("another case has the same name".to_owned()) } else { Ok(case) }
            });
            cases.push(case.map_err(|problem| CorpusError::Case { file: file.to_owned(), case: name, problem })?);
        }
        let Wire { callback, dialect, key, topic, request, before, .. } = wire;
        let call = Call { callback, dialect, key, request, expect: done_or_going_on() };
        Ok(Self { name: file.trim_end_matches(".json").to_owned(), topic, call, before, cases })
    }
}

impl Case {
    fn of(value: Value) -> Result<Self, String> {
        let case: Self = typed(value)?;
        none_unknown(&case.unknown)?;
        if case.sent.expect.is_none() {
            return Err("expect is missing".to_owned());
        }
        Ok(case)
    }
}

/// Every `.json` file in a folder and the folders in it.
pub(super) fn json_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.append(&mut json_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{ "callback": "newInstance", "dialect": "V2", "key": "basic", "topic": "1", "request": {}, "cases": [CASES] }"#;

    fn problem(cases: &str) -> String {
        let file = ("a/b.json".to_owned(), FILE.replace("CASES", cases));
        Corpus::of(vec![file]).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_told_with_its_file_and_case() {
        assert_eq!(problem(r#"{ "name": "x", "why": "y" }"#), "a/b.json, case x: expect is missing");
        assert_eq!(problem(r#"{ "why": "y", "expect": "000000" }"#), "a/b.json, case 1: missing field `name`");
        for (member, said) in [
            (r#""expect": "000042""#, "000042 is not a result code"),
            (r#""expect": []"#, "expect names no result code"),
            (r#""expect": "000000", "sett": {}"#, "unknown member sett"),
            (r#""expect": "000000", "sign": { "at": "soon" }"#, "soon is not a number of seconds"),
            (r#""expect": "000000", "sign": { "kee": 1 }"#, "unknown field `kee`"),
            (r#""expect": "000000", "before": [{ "call": "this", "sett": 1 }]"#, "unknown member sett"),
        ] {
            let told = problem(&format!(r#"{{ "name": "x", "why": "y", {member} }}"#));
            assert!(told.starts_with("a/b.json, case x: ") && told.contains(said), "{told}");
        }
        let of_no_callback = FILE.replace("newInstance", "giveInstance").replace("CASES", "");
        let of_no_callback = Corpus::of(vec![("a/b.json".to_owned(), of_no_callback)]).unwrap_err();
        assert_eq!(of_no_callback.to_string(), "a/b.json: V2 has no callback giveInstance");
        let unknown_call = problem(r#"{ "name": "x", "why": "y", "expect": "000000", "before": ["buy"] }"#);
        assert!(unknown_call.ends_with("no call buy in calls.json"), "{unknown_call}");
        let twice = r#"{ "name": "x", "why": "y", "expect": "000000" }"#;
        assert!(problem(&format!("{twice}, {twice}")).ends_with("another case has the same name"));
    }

    #[test]
    fn every_callback_has_cases_in_every_dialect() {
        let corpus = Corpus::embedded().unwrap();
        for (dialect, name) in Callback::ALL.into_iter().flat_map(Callback::names) {
            let is_of_it = |suite: &Suite| suite.call.dialect == *dialect && suite.call.callback == *name;
            let written = dialect_name(*dialect);
            assert!(corpus.suites.iter().any(is_of_it), "no file of tests/corpus has cases of {name} in {written}");
        }
    }

    #[test]
    fn only_takes_cases_files_callbacks_and_dialects() {
        let count = |word: &str| Corpus::embedded().unwrap().only(&[word.to_owned()]).len();
        assert_eq!(count("v2-basic/new-instance/resent-twice"), 1);
        assert_eq!(count("no such thing"), 0);
        let (callback, file) = (count("upgradeInstance"), count("v2-basic/upgrade-instance/"));
        assert!(callback > 10 && callback == file, "{callback} {file}");
        assert_eq!(count("kit V1"), count("kit-v1/"));
        assert_eq!(Corpus::embedded().unwrap().only(&[]).len(), Corpus::embedded().unwrap().len());
    }
}
