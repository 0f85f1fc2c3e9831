//! JSON that comes directly or as a string: V1.0 sends its lists as strings, and so does a live renewal check its product (topics
//! 0070649111, 0000002411753620).

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::invalid_request::InvalidRequest;
use crate::long_numbers::long_numbers_as_text;

/// Reads both forms. They mean the same.
pub(super) fn as_it_is_or_in_text<T: DeserializeOwned, E: serde::de::Error>(json: &RawValue) -> Result<T, E> {
    let json = json.get();
    let read = if json.starts_with('"') {
        serde_json::from_str::<String>(json)
            .and_then(|text| serde_json::from_slice(&long_numbers_as_text(text.as_bytes())))
    } else {
        serde_json::from_str(json)
    };
    read.map_err(|error| E::custom(InvalidRequest::from(error)))
}
