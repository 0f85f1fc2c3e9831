//! The records that an answer to a push of usage refuses.

use serde_json::{Map, Value};

use crate::said::Said;

/// How deep an answer is searched for the records that it names.
const DEEPEST: usize = 8;

/// A record that KooGallery refused, by its own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    /// The record's serial number.
    pub metering_sn: String,
    /// The record's code, such as `009`, and its text.
    pub said: Said,
}

impl RefusedRecord {
    /// Whether KooGallery has the record already: its serial number is known, or the whole record. Then it is done.
    #[must_use]
    pub fn is_there_already(&self) -> bool {
        matches!(self.said.code.as_str(), "005" | "010")
    }
}

/// The records that an answer names. The guide tells that there is such a list, and not its members' names: so any list of objects
/// with a `metering_sn` is one, a member whose name has "code" has the code, and one whose name has "msg", "message" or "desc" the text.
pub(crate) fn refused_records(answer: &Map<String, Value>, clean: impl Fn(&str) -> String) -> Vec<RefusedRecord> {
    let mut found = Vec::new();
    answer.values().for_each(|value| search(value, 0, &clean, &mut found));
    found
}

fn search(value: &Value, depth: usize, clean: &impl Fn(&str) -> String, found: &mut Vec<RefusedRecord>) {
    match value {
        Value::Array(members) if depth < DEEPEST => {
            for member in members {
                match member.as_object().and_then(|member| refused_record(member, clean)) {
                    Some(record) => found.push(record),
                    None => search(member, depth + 1, clean, found),
                }
            }
        }
        Value::Object(members) if depth < DEEPEST => {
            members.values().for_each(|member| search(member, depth + 1, clean, found));
        }
        _ => {}
    }
}

fn refused_record(members: &Map<String, Value>, clean: &impl Fn(&str) -> String) -> Option<RefusedRecord> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let of = |fits: &dyn Fn(&str) -> bool| {
        members.iter().filter(|(name, _)| fits(&plain(name))).find_map(|(_, value)| text(value)).unwrap_or_default()
    };
    let metering_sn = of(&|name| name == "meteringsn");
    let code = of(&|name| name.contains("code"));
    // A number loses the zeros before it.
    let code = if code.len() < 3 && code.bytes().all(|digit| digit.is_ascii_digit()) && !code.is_empty() {
        format!("{code:0>3}")
    } else {
        code
    };
    let message = of(&|name| ["msg", "message", "desc"].iter().any(|part| name.contains(part)));
    let said = Said { code: clean(&code), message: clean(&message) };
    (!metering_sn.is_empty()).then_some(RefusedRecord { metering_sn, said })
}
