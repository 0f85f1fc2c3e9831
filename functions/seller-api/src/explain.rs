//! Says in the reader's words why a part of a request cannot be read. Serde's own words name types of this code.

use koogallery_runtime::nearest;
use serde_path_to_error::{Path, Segment};

/// The most characters of a name that are repeated to the caller.
const LONGEST_NAME: usize = 64;

/// A place in a body, such as `usage_records/1/begin_time`. Empty for the whole body.
pub(crate) fn place(path: &Path) -> String {
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// Why what is at a place cannot be read. `what` is the reader's word for it: a member of a body, a parameter of a query.
pub(crate) fn explain(what: &str, at: &str, message: &str) -> String {
    // serde_json adds a line and a column. The name of the place says more.
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (first, others) = names.split_first().map_or(("", &[][..]), |(first, others)| (*first, others));
    let problem = if message.starts_with("missing field") {
        return format!("{}: it is missing", beside(at, first));
    } else if message.starts_with("duplicate field") {
        return format!("{}: give it once", beside(at, first));
    } else if message.starts_with("unknown field") {
        return format!("{}: {}", beside(at, first), unknown(what, first, others));
    } else if message.starts_with("unknown variant") {
        unknown("value", first, others)
    } else if let Some((found, wanted)) =
        message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: ")).and_then(two)
    {
        format!("give {}, not {}", wanted_words(wanted), found_words(found))
    } else if message.starts_with("invalid length") {
        "give an object, not a list".to_owned()
    } else if message.contains("UUID") {
        "give an id like 019adb6c-2f00-7c11-8d5e-0123456789ab".to_owned()
    } else if ["invalid digit", "cannot parse integer", "number too"].iter().any(|begin| message.starts_with(begin)) {
        "give a whole number".to_owned()
    } else {
        message.to_owned()
    };
    if at.is_empty() { problem } else { format!("{}: {problem}", short(at)) }
}

/// The name of a member at a place. The place may end with the name already.
fn beside(at: &str, name: &str) -> String {
    match at.rsplit('/').next() {
        Some(last) if last == name => short(at),
        _ if at.is_empty() => short(name),
        _ => format!("{at}/{}", short(name)),
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_NAME * 2).collect()
}

fn two(message: &str) -> Option<(&str, &str)> {
    message.rsplit_once(", expected ")
}

/// That a name is unknown, with the one that was probably meant, or all that are known.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match (nearest(name, known.iter().copied()), known) {
        (Some(meant), _) => format!("there is no such {what}; did you mean `{meant}`?"),
        (None, []) => format!("there is no such {what}"),
        (None, known) => format!("there is no such {what}; there are: {}", known.join(", ")),
    }
}

/// What is wanted, in words for a reader of JSON.
fn wanted_words(wanted: &str) -> String {
    let number = |text: &str| {
        text.strip_prefix(['u', 'i', 'f']).is_some_and(|bits| bits.parse::<u8>().is_ok()) || text.contains("number")
    };
    match wanted {
        struct_or_map if struct_or_map.starts_with("struct ") || struct_or_map.contains("map") => {
            "an object".to_owned()
        }
        text if text == "str" || text.contains("string") => "a text".to_owned(),
        list if list.contains("sequence") => "a list".to_owned(),
        truth if truth.contains("bool") => "true or false".to_owned(),
        text if number(text) => "a number".to_owned(),
        other if other.contains("UUID") => "an id like 019adb6c-2f00-7c11-8d5e-0123456789ab".to_owned(),
        _ => "another value".to_owned(),
    }
}

/// What was found. The value itself is not repeated: it may be a secret.
fn found_words(found: &str) -> &'static str {
    const WORDS: [(&str, &str); 9] = [
        ("null", "null"),
        ("unit", "null"),
        ("string", "a text"),
        ("integer", "a number"),
        ("floating", "a number"),
        ("number", "a number"),
        ("boolean", "true or false"),
        ("sequence", "a list"),
        ("map", "an object"),
    ];
    WORDS.iter().find(|(begin, _)| found.starts_with(begin)).map_or("this", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serdes_messages_are_said_in_the_readers_words() {
        let said = |at, message| explain("member", at, message);
        for (at, message, wanted) in [
            ("", "missing field `resultCode` at line 1 column 2", "resultCode: it is missing"),
            ("a/1", "missing field `begin_time`", "a/1/begin_time: it is missing"),
            (
                "",
                "unknown field `resultCod`, expected `resultCode` or `message`",
                "resultCod: there is no such member; did you mean `resultCode`?",
            ),
            (
                "typing",
                "unknown field `typing`, expected one of `a`, `b`",
                "typing: there is no such member; there are: a, b",
            ),
            ("", "unknown field `x`, there are no fields", "x: there is no such member"),
            (
                "status",
                "unknown variant `activ`, expected one of `active`, `frozen`",
                "status: there is no such value; did you mean `active`?",
            ),
            ("", "invalid type: sequence, expected struct ResendBody at line 1 column 0", "give an object, not a list"),
            ("a", "invalid type: string \"secret, expected a\", expected u16", "a: give a number, not a text"),
            ("a", "invalid value: integer `7`, expected a string", "a: give a text, not a number"),
            ("a", "invalid type: null, expected Something", "a: give another value, not null"),
            (
                "eventIds/0",
                "UUID parsing failed: invalid character",
                "eventIds/0: give an id like 019adb6c-2f00-7c11-8d5e-0123456789ab",
            ),
            ("limit", "invalid digit found in string", "limit: give a whole number"),
            ("", "invalid length 0, expected struct ResendBody with 5 elements", "give an object, not a list"),
            ("a", "duplicate field `a`", "a: give it once"),
            ("a", "must have 1 to 64 characters", "a: must have 1 to 64 characters"),
        ] {
            assert_eq!(said(at, message), wanted, "{message}");
        }
    }
}
