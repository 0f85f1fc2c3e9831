//! What the joint-operations kit's syncs share: `flag`, which says what happens to a thing, and lists in two forms
//! (topics 0070649435, 0070649111).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json_text::as_it_is_or_in_text;
use crate::invalid_request::InvalidRequest;
use crate::text::scalar;

/// `flag`: a string or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flag {
    /// `0`.
    Delete,
    /// `1`.
    Add,
    /// `2`.
    Modify,
    /// `3`: only for users.
    Revoke,
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Delete => 0,
            Self::Add => 1,
            Self::Modify => 2,
            Self::Revoke => 3,
        })
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match scalar(deserializer, "flag")?.trim() {
            "0" => Ok(Self::Delete),
            "1" => Ok(Self::Add),
            "2" => Ok(Self::Modify),
            "3" => Ok(Self::Revoke),
            _ => Err(D::Error::custom("flag is not 0, 1, 2 or 3")),
        }
    }
}

/// What a sync does with one thing. To delete it, only its id is needed; the rest is ignored.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T> {
    /// It is added.
    Add(T),
    /// It is changed.
    Modify(T),
    /// It is deleted.
    Delete,
}

impl<T> Change<T> {
    /// The thing's new value; none if it is deleted.
    #[must_use]
    pub const fn told(&self) -> Option<&T> {
        match self {
            Self::Add(told) | Self::Modify(told) => Some(told),
            Self::Delete => None,
        }
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a, T> {
            flag: Flag,
            #[serde(flatten)]
            told: Option<&'a T>,
        }
        let flag = match self {
            Self::Add(_) => Flag::Add,
            Self::Modify(_) => Flag::Modify,
            Self::Delete => Flag::Delete,
        };
        Wire { flag, told: self.told() }.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            flag: Flag,
            #[serde(flatten)]
            told: Map<String, Value>,
        }
        let Wire { flag, told } = Wire::deserialize(deserializer)?;
        let told =
            || T::deserialize(Value::Object(told)).map_err(|error| D::Error::custom(InvalidRequest::from(error)));
        match flag {
            Flag::Add => told().map(Self::Add),
            Flag::Modify => told().map(Self::Modify),
            Flag::Delete => Ok(Self::Delete),
            Flag::Revoke => Err(D::Error::custom("flag 3 (revoke) is for users")),
        }
    }
}

/// Reads a list: an array in V2.0, an array's JSON as a text in V1.0. If several items have the same `key`, the last one counts, as if
/// each had come in a call of its own.
pub(super) fn list<T, K, E>(json: &RawValue, key: impl Fn(&T) -> K) -> Result<Vec<T>, E>
where
    T: DeserializeOwned,
    K: Eq + Hash,
    E: serde::de::Error,
{
    let listed: Vec<T> = as_it_is_or_in_text(json)?;
    let mut places = HashMap::with_capacity(listed.len());
    let mut kept: Vec<T> = Vec::with_capacity(listed.len());
    for item in listed {
        match places.entry(key(&item)) {
            Entry::Occupied(place) => kept[*place.get()] = item,
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(item);
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_list_names_twice_the_last_stands() {
        let read = |json: &str| {
            let json = RawValue::from_string(json.to_owned()).unwrap();
            list::<(String, u8), _, serde_json::Error>(&json, |(name, _)| name.clone()).unwrap()
        };
        let expected = vec![("a".to_owned(), 3), ("b".to_owned(), 2)];
        assert_eq!(read(r#"[["a",1],["b",2],["a",3]]"#), expected);
        assert_eq!(read(r#""[[\"a\",1],[\"b\",2],[\"a\",3]]""#), expected);
    }
}
