//! `testFlag`: says whether a call is a debug call.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::text::scalar;

/// Whether a call is real or one of the seller's debug cases, which KooGallery repeats twice a day. Debug calls must be
/// answered like real ones and must never touch real data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum TestFlag {
    /// A buyer's call: `testFlag` `0`, blank or absent.
    #[default]
    #[serde(rename = "0")]
    Real,
    /// A debug call: `testFlag` `1`.
    #[serde(rename = "1")]
    Debug,
}

impl<'de> Deserialize<'de> for TestFlag {
    /// Reads it from a string or a number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flag(TestFlag);
        impl<'de> Deserialize<'de> for Flag {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match scalar(deserializer, "testFlag")?.trim() {
                    "1" => Ok(Flag(TestFlag::Debug)),
                    "0" | "" => Ok(Flag(TestFlag::Real)),
                    _ => Err(D::Error::custom("testFlag is neither 0 nor 1")),
                }
            }
        }
        Ok(Option::<Flag>::deserialize(deserializer)?.map_or(TestFlag::Real, |flag| flag.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_strings_numbers_and_nothing() {
        let read = |json| serde_json::from_str::<TestFlag>(json);
        for (json, flag) in [
            (r#""1""#, TestFlag::Debug),
            ("1", TestFlag::Debug),
            (r#""0""#, TestFlag::Real),
            ("0", TestFlag::Real),
            (r#""""#, TestFlag::Real),
            ("null", TestFlag::Real),
        ] {
            assert_eq!(read(json).unwrap(), flag, "{json}");
        }
        assert!(read(r#""2""#).is_err());
        assert!(read("[]").is_err());
    }
}
