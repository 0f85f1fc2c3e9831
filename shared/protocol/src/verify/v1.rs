//! Verifies V1.0 calls: an authToken over every parameter, in the query or, for the kit, in a header. There is no nonce. The basic
//! calls need none. The kit's calls are accepted in two time zones, so their authToken is used as a nonce.

use std::time::Duration;

use http::Request as HttpRequest;
use sha2::{Digest, Sha256};

use super::{Check, Nonce, Refusal, Verified, folded};
use crate::access_key::{AccessKey, AccessKeys};
use crate::auth_token;
use crate::auth_token::body_parameters;
use crate::dialect::Dialect;
use crate::expire_time::ExpireTime;
use crate::parameters::Parameters;
use crate::route::v1_dialect;

/// How far a clock is ahead of UTC.
pub(super) type Zone = Duration;
/// The time zone of the basic callbacks.
pub(super) const UTC: Zone = Duration::ZERO;
/// The time zone of the kit, as its guide says.
pub(super) const UTC_PLUS_8: Zone = Duration::from_hours(8);

/// The authToken and what it is made of, as they came.
pub(super) struct Signed<'a> {
    auth_token: &'a str,
    time_stamp: &'a str,
    parameters: &'a [(String, String)],
}

impl<'a> Signed<'a> {
    pub(super) fn of_query(parameters: &'a Parameters) -> Result<Self, Refusal> {
        Self::complete(parameters.get("authToken"), parameters.as_slice())
    }

    /// Of the kit: `parameters` are the body's members.
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

    fn fits(&self, key: &AccessKey) -> bool {
        auth_token::matches(key.reveal(), self.time_stamp, self.parameters, self.auth_token)
    }

    /// A nonce that is the same when the same call comes again, however its token was encoded on the way.
    pub(super) fn nonce(&self) -> Nonce {
        let token = self.auth_token.replace(' ', "+");
        Nonce(format!("authToken {}", hex::encode(Sha256::digest(token))))
    }

    /// Verifies the call. A timeStamp has no time zone: it is fresh if it is fresh in one of `zones`, the most likely first. No
    /// parameter may contain another one of `names`.
    pub(super) fn verify(self, zones: &[Zone], names: &[&str], check: &Check<'_>) -> Result<Verified<()>, Refusal> {
        let (interface_type, access_key) = check.signer(|key| self.fits(key)).ok_or(Refusal::WrongSignature)?;
        if folded::hold_another(self.parameters, names) {
            return Err(Refusal::Folded);
        }

        let shown = ExpireTime::of_digits(self.time_stamp.trim()).map_err(|_| Refusal::TimeStamp)?.timestamp();
        let readings = || zones.iter().map(|zone| shown.saturating_sub(*zone));
        let Some(signed_at) = readings().find(|signed_at| check.is_fresh(*signed_at)) else {
            let signed = readings().min_by_key(|signed_at| signed_at.as_millis().abs_diff(check.now.as_millis()));
            return Err(Refusal::Stale { signed: signed.unwrap_or(shown), now: check.now });
        };
        let (access_key, latest_reading) = (access_key.clone(), readings().max().unwrap_or(signed_at));
        let route = check.route;
        Ok(Verified { request: (), route, interface_type, access_key, nonce: None, signed_at, latest_reading })
    }
}

/// The key that made the authToken of a V1.0 request, whatever the request is: V1.0 wants refusals signed too, also of a request
/// that is not a callback. Returns none if no key made it, or if the request is not V1.0.
#[must_use]
pub fn v1_signer<'k, B: AsRef<[u8]>>(request: &HttpRequest<B>, keys: &'k AccessKeys) -> Option<&'k AccessKey> {
    let signer = |signed: &Signed<'_>| keys.all().find(|key| signed.fits(key));
    if v1_dialect(request)? == Dialect::KitV1 {
        let members = body_parameters(request.body().as_ref()).ok()?;
        return signer(&Signed::of_headers(request.headers(), &members).ok()?);
    }
    let query = request.uri().query().unwrap_or_default();
    let readings = [Some(Parameters::of_query(query)), Parameters::of_query_with_plus(query)];
    readings.iter().flatten().find_map(|parameters| signer(&Signed::of_query(parameters).ok()?))
}
