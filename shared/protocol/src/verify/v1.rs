//! V1.0: an authToken over every parameter, in the query or, for the kit, in a header. There is no nonce.

use std::time::Duration;

use super::{Check, Refusal, Verified};
use crate::auth_token;
use crate::expire_time::ExpireTime;
use crate::parameters::Parameters;

/// What a clock that shows a timeStamp is ahead of UTC.
pub(super) type Zone = Duration;
/// Basic callbacks.
pub(super) const UTC: Zone = Duration::ZERO;
/// The kit, as its guide says.
pub(super) const UTC_PLUS_8: Zone = Duration::from_hours(8);

/// What the authToken is made of, as it came.
pub(super) struct Signed<'a> {
    auth_token: &'a str,
    time_stamp: &'a str,
    parameters: &'a [(String, String)],
}

impl<'a> Signed<'a> {
    pub(super) fn of_query(parameters: &'a Parameters) -> Result<Self, Refusal> {
        Self::complete(parameters.get("authToken"), parameters.as_slice())
    }

    /// The kit: `parameters` are the body's members.
    pub(super) fn of_headers(
        headers: &'a http::HeaderMap,
        parameters: &'a [(String, String)],
    ) -> Result<Self, Refusal> {
        Self::complete(headers.get("authToken").and_then(|value| value.to_str().ok()), parameters)
    }

    fn complete(auth_token: Option<&'a str>, parameters: &'a [(String, String)]) -> Result<Self, Refusal> {
        let auth_token = auth_token.filter(|text| !text.is_empty()).ok_or(Refusal::MissingSignature)?;
        let time_stamp = parameters.iter().find(|(name, value)| name == "timeStamp" && !value.is_empty());
        let time_stamp = time_stamp.map(|(_, value)| value.as_str()).ok_or(Refusal::MissingTimestamp)?;
        Ok(Self { auth_token, time_stamp, parameters })
    }

    /// A timeStamp names no zone: it is fresh if it is in one of `zones`, the likeliest first.
    pub(super) fn verify(self, zones: &[Zone], check: &Check<'_>) -> Result<Verified<()>, Refusal> {
        let Self { auth_token, time_stamp, parameters } = self;
        let (interface_type, access_key) = check
            .signer(|key| auth_token::matches(key.reveal(), time_stamp, parameters, auth_token))
            .ok_or(Refusal::WrongSignature)?;

        let shown = time_stamp.trim().parse::<ExpireTime>().map_err(|_| Refusal::TimeStamp)?.timestamp();
        let readings = || zones.iter().map(|zone| shown.before(*zone));
        let Some(signed_at) = readings().find(|signed_at| check.is_fresh(*signed_at)) else {
            let signed = readings().min_by_key(|signed_at| signed_at.as_millis().abs_diff(check.now.as_millis()));
            return Err(Refusal::Stale { signed: signed.unwrap_or(shown), now: check.now });
        };
        let access_key = access_key.clone();
        Ok(Verified { request: (), route: check.route, interface_type, access_key, nonce: None, signed_at })
    }
}
