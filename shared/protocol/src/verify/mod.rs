//! Verification: the only way from bytes that anyone could have sent to a [`Verified`] call.
//!
//! The signature is compared before anything else is read. Then come the time window and the form of the nonce. The store
//! says whether a nonce is new.

mod folded;
mod v1;
mod v2;

pub use v1::v1_signer;

use std::borrow::Cow;
use std::time::Duration;

use http::Request as HttpRequest;

use crate::access_key::{AccessKey, AccessKeys, InterfaceType};
use crate::auth_token::body_parameters;
use crate::callbacks::{Callback, Request};
use crate::dialect::Dialect;
use crate::invalid_request::InvalidRequest;
use crate::parameters::Parameters;
use crate::result_code::ResultCode;
use crate::route::Route;
use crate::signature::Payload;
use crate::timestamp::{Timestamp, TimestampError};

/// How far a call's timestamp may be from now, in the past or in the future, unless the seller configures another window.
pub const DEFAULT_TIME_WINDOW: Duration = Duration::from_mins(1);
/// The longest nonce that is accepted, in bytes. The samples have 32 and 64.
pub const MAX_NONCE: usize = 256;

/// A call's nonce: 1 to [`MAX_NONCE`] bytes. V1.0's kit has no nonce, so the digest of its authToken is used: the same call has
/// the same digest, and nobody without a key can make another call that verifies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(String);

impl Nonce {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a call was not verified. The caller gets only [`Refusal::result_code`] and a short text; the log may say all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The call has no signature.
    #[error("signature is missing")]
    MissingSignature,
    /// The signature was made with none of the allowed keys.
    #[error("signature is wrong")]
    WrongSignature,
    /// The call has no timestamp.
    #[error("timestamp is missing")]
    MissingTimestamp,
    /// The call has no nonce.
    #[error("nonce is missing")]
    MissingNonce,
    /// The nonce is longer than `MAX_NONCE`.
    #[error("nonce is longer than {MAX_NONCE} bytes")]
    LongNonce,
    /// The timestamp is not a UNIX time.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// A V1.0 timeStamp does not have the right form.
    #[error("timeStamp must be a time like 20261231160000000")]
    TimeStamp,
    /// The body is not a JSON object, though its members are signed.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// One V1.0 parameter contains another one, so something else may have been signed.
    #[error("a parameter contains another one in its value or its name")]
    Folded,
    /// The timestamp is outside the window.
    #[error("timestamp is {} ms from now, more than the window allows", .signed.as_millis().abs_diff(.now.as_millis()))]
    Stale {
        /// When the call says it was signed.
        signed: Timestamp,
        /// When it arrived.
        now: Timestamp,
    },
}

impl Refusal {
    /// `000001` for the signature, `000002` for the rest, as KooGallery's own sample answers.
    #[must_use]
    pub const fn result_code(&self) -> ResultCode {
        match self {
            Self::MissingSignature | Self::WrongSignature => ResultCode::AuthenticationFailed,
            _ => ResultCode::InvalidParameter,
        }
    }

    /// Whether one of the seller's keys signed the call, so that it is KooGallery's own: only what comes after the signature
    /// was wrong.
    #[must_use]
    pub const fn is_of_a_signed_call(&self) -> bool {
        match self {
            Self::MissingSignature
            | Self::WrongSignature
            | Self::MissingTimestamp
            | Self::MissingNonce
            | Self::NotAnObject => false,
            Self::LongNonce | Self::Timestamp(_) | Self::TimeStamp | Self::Folded | Self::Stale { .. } => true,
        }
    }
}

/// What was verified: a body as it came, its canonical form, or V1.0's parameters.
#[derive(Debug, Clone)]
pub enum Body<'a> {
    /// JSON.
    Json(Cow<'a, [u8]>),
    /// The query of a V1.0 call.
    Parameters(Parameters),
}

/// A call that was signed with one of the seller's access keys, inside the time window.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    request: T,
    route: Route,
    interface_type: InterfaceType,
    access_key: AccessKey,
    nonce: Option<Nonce>,
    signed_at: Timestamp,
    latest_reading: Timestamp,
}

impl<T> Verified<T> {
    /// The request.
    #[must_use]
    pub const fn request(&self) -> &T {
        &self.request
    }

    /// Which callback it is.
    #[must_use]
    pub const fn callback(&self) -> Callback {
        self.route.callback
    }

    /// The form in which it was written and signed. The answer has the same.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.route.dialect
    }

    /// The interface type of the key that signed it.
    #[must_use]
    pub const fn interface_type(&self) -> InterfaceType {
        self.interface_type
    }

    /// The key that signed it. A V1.0 reply is signed and encrypted with the same key.
    #[must_use]
    pub const fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// Its nonce. The store knows whether it is new. V1.0's basic calls have none, because a repeat does no harm there.
    #[must_use]
    pub const fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// When it was signed. Two calls about one thing are ordered by this.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// The latest time that its timestamp can mean. It is later than [`Self::signed_at`] if the timestamp has no time zone and two
    /// zones are accepted. After this time and the time window, the call does not verify any more.
    #[must_use]
    pub const fn latest_reading(&self) -> Timestamp {
        self.latest_reading
    }
}

impl Verified<Body<'_>> {
    /// Reads the typed request from exactly the bytes that were verified.
    pub fn parse<R: Request>(self) -> Result<Verified<R>, InvalidRequest> {
        let Self { request, route, interface_type, access_key, nonce, signed_at, latest_reading } = self;
        let request = match request {
            Body::Json(bytes) => R::from_body(&bytes)?,
            Body::Parameters(parameters) => R::from_parameters(&parameters, &access_key)?,
        };
        Ok(Verified { request, route, interface_type, access_key, nonce, signed_at, latest_reading })
    }
}

impl<T> Verified<T> {
    fn about<U>(self, request: U) -> Verified<U> {
        let Self { route, interface_type, access_key, nonce, signed_at, latest_reading, .. } = self;
        Verified { request, route, interface_type, access_key, nonce, signed_at, latest_reading }
    }
}

/// What a signature is checked against.
struct Check<'a> {
    route: Route,
    keys: &'a AccessKeys,
    now: Timestamp,
    window: Duration,
}

impl<'a> Check<'a> {
    /// The key that made the signature, and its interface type. Every key that may sign the callback is tried.
    fn signer(&self, fits: impl Fn(&AccessKey) -> bool) -> Option<(InterfaceType, &'a AccessKey)> {
        self.route
            .callback
            .interface_types()
            .iter()
            .find_map(|interface| self.keys.of(*interface).iter().find(|key| fits(key)).map(|key| (*interface, key)))
    }

    fn is_fresh(&self, signed_at: Timestamp) -> bool {
        signed_at.is_within(self.window, self.now)
    }
}

/// Verifies a routed request against every key that may sign its callback.
///
/// A V2.0 signature is checked over the raw bytes. If that fails, it is checked over their canonical form, so that a proxy that
/// re-serialises the body does not break the signature. A `+` in a V1.0 query is read as a space, and if that fails, as itself.
/// What was verified is what is parsed.
pub fn verify<'a, B: AsRef<[u8]>>(
    request: &'a HttpRequest<B>,
    route: Route,
    keys: &AccessKeys,
    now: Timestamp,
    window: Duration,
) -> Result<Verified<Body<'a>>, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    let body = request.body().as_ref();
    let check = Check { route, keys, now, window };
    match route.dialect {
        Dialect::BasicV2 => v2::Signed::of_query(query)?.verify(&[Payload::Digest], body, &check),
        Dialect::KitV2 => {
            v2::Signed::of_headers(request.headers())?.verify(&[Payload::Plain, Payload::Digest], body, &check)
        }
        Dialect::BasicV1 => {
            let basic = |parameters: Parameters| {
                let call = v1::Signed::of_query(&parameters)?.verify(&[v1::UTC], folded::BASIC, &check)?;
                Ok(call.about(Body::Parameters(parameters)))
            };
            match (basic(Parameters::of_query(query)), Parameters::of_query_with_plus(query)) {
                (Err(Refusal::WrongSignature), Some(with_plus)) => basic(with_plus),
                (verified, _) => verified,
            }
        }
        Dialect::KitV1 => {
            let parameters = body_parameters(body).map_err(|_| Refusal::NotAnObject)?;
            let signed = v1::Signed::of_headers(request.headers(), &parameters)?;
            let nonce = signed.nonce();
            let call = signed.verify(&[v1::UTC_PLUS_8, v1::UTC], folded::KIT, &check)?;
            Ok(Verified { nonce: Some(nonce), ..call.about(Body::Json(Cow::Borrowed(body))) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::route;
    use crate::{auth_token, signature};

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    fn checked(request: &HttpRequest<Vec<u8>>, now: Timestamp) -> Result<Verified<Body<'_>>, Refusal> {
        let keys = AccessKeys::from_json(r#"{"basic":["k"],"kit":["kit-key"]}"#).unwrap();
        verify(request, route(request).unwrap(), &keys, now, DEFAULT_TIME_WINDOW)
    }

    fn v2(nonce: &str) -> HttpRequest<Vec<u8>> {
        let (body, timestamp) = (br#"{"activity":"newInstance"}"#.to_vec(), NOW.to_string());
        let signature = signature::basic("k", nonce, &timestamp, &body);
        let query = format!("/?signature={signature}&timestamp={timestamp}&nonce={nonce}");
        HttpRequest::post(query).body(body).unwrap()
    }

    /// V1.0: a release, signed now.
    fn v1() -> HttpRequest<Vec<u8>> {
        let told = [("activity", "releaseInstance"), ("instanceId", "i"), ("timeStamp", "20251124160000000")];
        let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let token = ("authToken".to_owned(), auth_token::sign("k", "20251124160000000", &told));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(told.iter().chain([&token])).finish();
        HttpRequest::get(format!("/?{query}")).body(Vec::new()).unwrap()
    }

    /// The kit's V1.0: of a tenant, signed now if its timeStamp is UTC.
    fn kit_v1(tenant: &str) -> HttpRequest<Vec<u8>> {
        let body = format!(r#"{{"flag":1,"tenantId":"{tenant}","timeStamp":"20251124160000000"}}"#).into_bytes();
        let token = auth_token::sign_without_blanks("kit-key", "20251124160000000", &body_parameters(&body).unwrap());
        HttpRequest::post("/produceAPI/tenantSync").header("authToken", token).body(body).unwrap()
    }

    /// The guide names no length. The samples' are far below the longest that is taken, which is [`MAX_NONCE`] itself.
    #[test]
    fn the_longest_nonce_is_taken_and_a_longer_one_is_not() {
        for length in [1, MAX_NONCE] {
            let nonce = "n".repeat(length);
            assert_eq!(checked(&v2(&nonce), NOW).unwrap().nonce().map(Nonce::as_str), Some(nonce.as_str()));
        }
        for length in [MAX_NONCE + 1, 2 * MAX_NONCE] {
            assert_eq!(checked(&v2(&"n".repeat(length)), NOW).unwrap_err(), Refusal::LongNonce);
        }
    }

    /// KooGallery's sample refuses what is *more* than 60 s from now: the edge itself is inside, either way.
    #[test]
    fn a_call_at_the_edge_of_the_window_is_fresh() {
        let beyond = DEFAULT_TIME_WINDOW + Duration::from_millis(1);
        for request in [v2("n"), v1()] {
            for now in [NOW.saturating_sub(DEFAULT_TIME_WINDOW), NOW, NOW.saturating_add(DEFAULT_TIME_WINDOW)] {
                let call = checked(&request, now).unwrap();
                assert_eq!((call.signed_at(), call.latest_reading()), (NOW, NOW), "at {now}");
            }
            for now in [NOW.saturating_sub(beyond), NOW.saturating_add(beyond)] {
                assert_eq!(checked(&request, now).unwrap_err(), Refusal::Stale { signed: NOW, now });
            }
        }
    }

    /// An alarm tells KooGallery's own calls from a stranger's by this.
    #[test]
    fn what_is_wrong_after_the_signature_is_of_a_signed_call() {
        let late = NOW.saturating_add(DEFAULT_TIME_WINDOW * 2);
        for request in [v2("n"), v1(), kit_v1("t")] {
            assert!(checked(&request, late).unwrap_err().is_of_a_signed_call());
        }
        let other = AccessKeys::from_json(r#"{"basic":["x"],"kit":["another-key"]}"#).unwrap();
        for request in [v2("n"), v1(), kit_v1("t")] {
            let refused = verify(&request, route(&request).unwrap(), &other, late, DEFAULT_TIME_WINDOW).unwrap_err();
            assert!(!refused.is_of_a_signed_call(), "{refused}");
        }
    }

    /// A timeStamp that may be of either zone verifies again eight hours later: only its nonce then tells that it is a replay.
    #[test]
    fn a_call_of_v1s_kit_has_its_token_for_a_nonce() {
        let nonce = |request: &HttpRequest<Vec<u8>>, now| checked(request, now).unwrap().nonce().unwrap().clone();
        let eight_hours_before = NOW.saturating_sub(Duration::from_hours(8));
        let tenants = (1..).map(|number| kit_v1(&format!("t-{number}")));
        let has_plus = |request: &HttpRequest<Vec<u8>>| request.headers()["authToken"].to_str().unwrap().contains('+');
        let sent = tenants.clone().find(has_plus).unwrap();
        let of_it = nonce(&sent, NOW);
        assert!(of_it.as_str().starts_with("authToken "), "no nonce of V2.0 is like it");
        assert_eq!(nonce(&sent, eight_hours_before), of_it, "whichever zone is read");
        let mut by_proxy = sent.clone();
        let token = sent.headers()["authToken"].to_str().unwrap().replace('+', " ");
        by_proxy.headers_mut().insert("authToken", token.parse().unwrap());
        assert_eq!(nonce(&by_proxy, NOW), of_it, "a plus that was read as a space");
        let another = tenants.clone().find(|request| !has_plus(request)).unwrap();
        assert_ne!(nonce(&another, NOW), of_it);

        let call = checked(&sent, eight_hours_before).unwrap();
        assert_eq!((call.signed_at(), call.latest_reading()), (eight_hours_before, NOW));
        assert!(checked(&v1(), NOW).unwrap().nonce().is_none(), "a basic call that comes twice does no harm");
    }
}
