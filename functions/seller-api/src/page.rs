//! Pages of a list: how long a page is, and where the next one begins.

use axum::Json;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::IntoParams;

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

/// Which page of a list without filters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Limit,
}

/// The longest JSON of a page, in bytes. Lambda takes 6 MB, in which each quotation mark of the JSON counts twice.
const LONGEST: usize = 3_000_000;

/// A page as JSON. While that is too long for Lambda, it is read again with half the members: a page may be short.
pub(crate) async fn within_limits<P, F>(limit: Limit, read: impl Fn(Limit) -> F) -> Result<Json<Box<RawValue>>, Problem>
where
    P: Serialize,
    F: Future<Output = Result<P, Problem>>,
{
    let mut limit = limit;
    loop {
        let unwritable = |error| Problem::new(Kind::Internal, "the page cannot be written").because(error);
        let json = to_raw_value(&read(limit).await?).map_err(unwritable)?;
        if json.get().len() <= LONGEST {
            return Ok(Json(json));
        }
        if limit.0 == 1 {
            let detail = "a member of the page is longer than an answer can be";
            return Err(Problem::new(Kind::Internal, detail));
        }
        limit = Limit(limit.0 / 2);
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
