//! What differs between two documents.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::place::Place;

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where: a JSON pointer (RFC 6901).
    pub place: String,
    /// What stands there before; absent if nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What stands there after; absent if nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// The differences of two documents, in the order of their members. Lists are compared as a whole, because people read them so.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Place::default(), Some(before), Some(after), &mut found);
    found
}

fn compare(place: &Place, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            compare(&place.member(name), before.get(name), after.get(name), found);
        }
    } else if before != after {
        found.push(Difference { place: place.as_str().to_owned(), before: before.cloned(), after: after.cloned() });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_names_the_smallest_place() {
        let before = json!({ "a": { "b": 1, "c": 2 }, "list": [1, 2], "same": { "x": 1 } });
        let after = json!({ "a": { "b": 1, "c": 3, "d": null }, "list": [1], "same": { "x": 1 } });
        let told: Vec<String> = differences(&before, &after)
            .into_iter()
            .map(|one| format!("{} {:?} {:?}", one.place, one.before.is_some(), one.after.is_some()))
            .collect();
        assert_eq!(told, ["/a/c true true", "/a/d false true", "/list true true"]);
        assert!(differences(&before, &before).is_empty());
    }
}
