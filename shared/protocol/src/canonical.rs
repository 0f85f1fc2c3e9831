//! The canonical form of a body. KooGallery signs it, so it can be verified even if a proxy rewrote the body.
//!
//! The top-level members are in ascending order of their names, without null members. Nested values keep their order. The JSON
//! is compact, and characters beyond ASCII are not escaped (topic 0070649476). Numbers keep their digits: no value passes
//! through a floating-point number.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::cmp::Ordering;
use std::fmt;

/// The body is not a JSON object, so it has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a JSON object")]
pub struct NotAnObject;

/// The canonical form of a JSON object. The canonical form of a canonical form is the same.
pub fn canonical_form(body: &[u8]) -> Result<String, NotAnObject> {
    let Members(mut members) = serde_json::from_slice(body).map_err(|_| NotAnObject)?;
    members.retain(|(_, value)| value.get() != "null");
    members.sort_by(|(left, _), (right, _)| name_order(left, right));

    let mut canonical = String::with_capacity(body.len());
    canonical.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            canonical.push(',');
        }
        push_string(&mut canonical, name)?;
        canonical.push(':');
        push_compact(&mut canonical, value.get())?;
    }
    canonical.push('}');
    Ok(canonical)
}

/// The order in which KooGallery sorts names: Java's natural order of strings, which compares UTF-16 units.
pub(crate) fn name_order(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// Appends a valid JSON text without white space. [`push_string`] writes its strings.
pub(crate) fn push_compact(out: &mut String, json: &str) -> Result<(), NotAnObject> {
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c.is_ascii_whitespace()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('"') {
            let end = string_end(rest).ok_or(NotAnObject)?;
            let literal = &rest[..end];
            if literal.contains('\\') {
                push_string(out, &serde_json::from_str::<String>(literal).map_err(|_| NotAnObject)?)?;
            } else {
                out.push_str(literal);
            }
            rest = &rest[end..];
        } else {
            rest = rest.trim_ascii_start();
        }
    }
    out.push_str(rest);
    Ok(())
}

/// The end of the string literal at the beginning of `json`, including its closing quote.
fn string_end(json: &str) -> Option<usize> {
    let mut escaped = false;
    json.bytes().enumerate().skip(1).find_map(|(index, byte)| match byte {
        _ if escaped => {
            escaped = false;
            None
        }
        b'\\' => {
            escaped = true;
            None
        }
        b'"' => Some(index + 1),
        _ => None,
    })
}

fn push_string(out: &mut String, text: &str) -> Result<(), NotAnObject> {
    out.push_str(&serde_json::to_string(text).map_err(|_| NotAnObject)?);
    Ok(())
}

/// The members of a JSON object as they came: in their order, with repetitions, each value as its own text.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn sorts_drops_nulls_and_compacts() {
        let body = r#" { "b" : [ 1.50 , { "z":1, "a" : null } ], "n": null, "a":"\u5b9e\n\"x y\"" } "#;
        assert_eq!(canonical_form(body.as_bytes()).unwrap(), r#"{"a":"实\n\"x y\"","b":[1.50,{"z":1,"a":null}]}"#);
    }

    #[test]
    fn a_body_as_koogallery_sends_it_stays_as_it_is() {
        let body =
            r#"{"activity":"changeInstanceCheck","instanceId":"i-1","productInfo":{"skuCode":"s","linearValue":3}}"#;
        assert_eq!(canonical_form(body.as_bytes()).unwrap(), body);
    }

    #[test]
    fn only_objects_have_one() {
        for bad in ["", "[]", "1", "{", "{} x", "\u{feff}{}"] {
            assert_eq!(canonical_form(bad.as_bytes()), Err(NotAnObject), "{bad}");
        }
        assert_eq!(canonical_form(&[b'{', b'"', 0xff, b'"', b':', b'1', b'}']), Err(NotAnObject));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            "[\"\\\\\n\t /\u{7f}-\u{ffff}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn is_idempotent_and_keeps_the_meaning(members in prop::collection::btree_map("\\PC{0,8}", json(), 0..6)) {
            let value = Value::Object(members.into_iter().collect());
            let compact = canonical_form(value.to_string().as_bytes()).unwrap();
            let pretty = canonical_form(serde_json::to_string_pretty(&value).unwrap().as_bytes()).unwrap();
            prop_assert_eq!(&compact, &pretty);
            prop_assert_eq!(&canonical_form(compact.as_bytes()).unwrap(), &compact);

            let mut kept = value;
            kept.as_object_mut().unwrap().retain(|_, member| !member.is_null());
            prop_assert_eq!(serde_json::from_str::<Value>(&compact).unwrap(), kept);
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = canonical_form(&body);
        }
    }
}
