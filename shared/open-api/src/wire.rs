//! How values are written on the wire. They are read with tolerance: KooGallery's answers mix strings and numbers, leave out
//! empty values, and get new words.

use std::fmt;

use koogallery::{ExpireTime, Timestamp};
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Makes an enum of the words that the guide lists. Any other word is kept as it came.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = concat!("\n\n`", $word, "`")] $variant,)+
            /// A word that was not in the guide when this was written.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}
pub(crate) use words;

/// Text that is or may be personal data. Its `Debug` output does not contain it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Personal(String);

impl Personal {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}

/// A string, number or truth value as text. Returns none if it is absent, null or blank.
fn text(value: Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        Value::Array(_) | Value::Object(_) => Err("a string or a number was expected"),
    }
}

/// Reads an optional member from a text. Use with `#[serde(default)]`.
pub(crate) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error: fmt::Display>,
{
    let text = text(Value::deserialize(deserializer)?).map_err(D::Error::custom)?;
    text.map(T::try_from).transpose().map_err(D::Error::custom)
}

/// Reads an optional number, which may come as text. Use with `#[serde(default)]`.
pub(crate) fn optional_number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = text(Value::deserialize(deserializer)?).map_err(D::Error::custom)?;
    text.map(|text| text.trim().parse()).transpose().map_err(|_| D::Error::custom("a number was expected"))
}

/// Reads a list that may be absent, null, or a single member without a list. Use with `#[serde(default)]`.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(members) => members.into_iter().map(serde_json::from_value).collect(),
        member => serde_json::from_value(member).map(|member| vec![member]),
    }
    .map_err(D::Error::custom)
}

/// A time as KooGallery sent it. The guide does not give one form for the times of orders and licenses, so the text is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SentTime(String);

impl SentTime {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time, read as UTC: from 14 or 17 digits, with or without separators (`20261231160000`,
    /// `20261231T160000Z`, `2026-12-31 16:00:00 z`), or from a UNIX time in milliseconds.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        let (digits, marks): (String, String) = self.0.chars().partition(char::is_ascii_digit);
        if !marks.chars().all(|mark| "-:.TtZz ".contains(mark)) {
            return None;
        }
        match digits.len() {
            13 if marks.is_empty() => Timestamp::parse(&digits).ok(),
            _ => digits.parse().ok().map(ExpireTime::timestamp),
        }
    }
}

impl SentTime {
    /// The same as RFC 3339 writes it, in UTC. A text that is not a time stays as KooGallery wrote it.
    #[must_use]
    pub fn in_utc(self) -> Self {
        self.timestamp().map_or(self, |at| Self(at.to_rfc_3339()))
    }
}

impl From<String> for SentTime {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_one_form_and_what_is_none_stays() {
        for (text, written) in [("20261231160000", "2026-12-31T16:00:00.000Z"), ("soon", "soon")] {
            let time = SentTime(text.to_owned()).in_utc();
            assert_eq!(time.as_str(), written);
            assert_eq!(time.clone().in_utc(), time);
        }
    }

    #[test]
    fn times_are_read_in_each_form_that_the_guides_show() {
        let read = |text: &str| SentTime(text.to_owned()).timestamp().map(Timestamp::as_millis);
        for text in
            ["20261231160000", "20261231160000000", "20261231T160000Z", "2026-12-31 16:00:00 z", "1798732800000"]
        {
            assert_eq!(read(text), Some(1_798_732_800_000), "{text}");
        }
        for text in ["", "soon", "20261231", "2026-12-31T16:00:00+0800", "20261331160000"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
