//! Pages of a list: how long a page is, and where the next one begins.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::problem::{Kind, Problem};

/// The most members of a page: 1 to 200, by default 50.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(pub(crate) usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = u16::deserialize(deserializer).map_err(|_| D::Error::custom("give 1 to 200"))?;
        if (1..=200).contains(&limit) { Ok(Self(limit.into())) } else { Err(D::Error::custom("give 1 to 200")) }
    }
}

/// A place in a list, in a form that callers do not read.
pub(crate) fn cursor(place: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(place)
}

/// The cursor after a page; none after a page that is not full, as nothing follows it.
pub(crate) fn next<T>(page: &[T], limit: usize, place: impl FnOnce(&T) -> &str) -> Option<String> {
    page.last().filter(|_| page.len() == limit).map(|last| cursor(place(last)))
}

/// The place that a cursor means. Without a cursor it is the beginning.
pub(crate) fn place<T: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = decoded.and_then(|text| text.parse().ok());
    place
        .map(Some)
        .ok_or_else(|| Problem::new(Kind::Invalid, "the cursor: give `next` of the page before, without a change"))
}
