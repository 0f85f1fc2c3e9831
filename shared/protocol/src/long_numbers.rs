//! Numbers with more digits than 64 bits hold.
//!
//! Ids come as strings or as numbers, and a JSON reader rounds a long number: two orders that differ in their last digit would
//! become one. So before a body is read, such a number is rewritten as a string of its digits, wherever it is. A reader that
//! takes both forms then reads every digit. The signature is verified over the original bytes.

use std::borrow::Cow;

/// How many digits the largest number of 64 bits has.
const U64_DIGITS: usize = 20;

/// Puts every whole number beyond 64 bits in quotes. A text that is not JSON does not become JSON.
pub(crate) fn long_numbers_as_text(json: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at = string_end(json, at),
            b'0'..=b'9' | b'-' => {
                let length = json[at..].iter().take_while(|byte| is_of_a_number(**byte)).count();
                let (number, rest) = json[at..].split_at(length);
                if is_long(number) && !names_a_member(rest) {
                    out.extend_from_slice(&json[copied..at]);
                    out.push(b'"');
                    out.extend_from_slice(number);
                    out.push(b'"');
                    copied = at + length;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.extend_from_slice(&json[copied..]);
    Cow::Owned(out)
}

const fn is_of_a_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_long(number: &[u8]) -> bool {
    number.len() >= U64_DIGITS
        && number[0] != b'0'
        && number.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(number).is_ok_and(|digits| digits.parse::<u64>().is_err())
}

/// A number in the place of a name is not JSON, and must not become JSON.
fn names_a_member(rest: &[u8]) -> bool {
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// The end of the string that begins at `start`, including its closing quote; the end of the text if it is not closed.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn text(json: &str) -> String {
        String::from_utf8(long_numbers_as_text(json.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn only_whole_numbers_beyond_64_bits_change() {
        for (json, expected) in [
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", r#""18446744073709551616""#),
            (
                r#"{"a":[30000000000000000000001, {"b" : 30000000000000000000002}]}"#,
                r#"{"a":["30000000000000000000001", {"b" : "30000000000000000000002"}]}"#,
            ),
            ("-30000000000000000000001", "-30000000000000000000001"),
            ("30000000000000000000001.5", "30000000000000000000001.5"),
            ("30000000000000000000001e2", "30000000000000000000001e2"),
            (r#"{"a":"x 30000000000000000000001 \" 30000000000000000000001"}"#, ""),
        ] {
            assert_eq!(text(json), if expected.is_empty() { json } else { expected });
        }
    }

    #[test]
    fn what_is_not_json_does_not_become_json() {
        for json in [
            "000000000000000000000001",
            "[1 30000000000000000000001]",
            "{30000000000000000000001:1}",
            "{30000000000000000000001 \n:1}",
            "x30000000000000000000001",
            "30000000000000000000001\"",
            "\"\\",
        ] {
            assert!(serde_json::from_str::<Value>(json).is_err(), "{json}");
            assert!(serde_json::from_str::<Value>(&text(json)).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn is_json_exactly_when_it_was(json in "[0-9\\[\\]{}:,\" .e\\\\-]{0,60}|[\\[{\"]{0,2}[0-9]{18,24}[]}:\",0-9]{0,12}") {
            let after = text(&json);
            prop_assert_eq!(serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok(),
                serde_json::from_str::<&serde_json::value::RawValue>(&after).is_ok());
            prop_assert_eq!(text(&after), after);
        }
    }
}
