//! Verification: the only way from bytes that anyone could have sent to a [`Verified`] call.
//!
//! The signature is compared before anything else is looked at. Then come the time window and the nonce's form; that
//! a nonce is new is for the store to say.

use std::borrow::Cow;
use std::time::Duration;

use http::Request as HttpRequest;

use crate::access_key::{AccessKeys, InterfaceType};
use crate::callbacks::{InvalidRequest, Request};
use crate::canonical::canonical_form;
use crate::result_code::ResultCode;
use crate::route::{Callback, Dialect, Route};
use crate::signature::{self, Payload};
use crate::timestamp::{Timestamp, TimestampError};

/// How far a call's timestamp may be from now, either way, unless the seller says otherwise.
pub const DEFAULT_TIME_WINDOW: Duration = Duration::from_mins(1);
/// The longest nonce that is taken, in bytes: the samples have 32 and 64.
pub const MAX_NONCE: usize = 256;

/// A call's nonce: 1 to [`MAX_NONCE`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(String);

impl Nonce {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a call was not verified. The caller learns only [`Refusal::result_code`] and a word; the log may say it all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The dialect is not spoken yet.
    #[error("this dialect of KooGallery's protocol is not answered here")]
    UnknownDialect,
    /// No signature was sent.
    #[error("signature is missing")]
    MissingSignature,
    /// No allowed key fits the signature.
    #[error("signature is wrong")]
    WrongSignature,
    /// No timestamp was sent.
    #[error("timestamp is missing")]
    MissingTimestamp,
    /// No nonce was sent.
    #[error("nonce is missing")]
    MissingNonce,
    /// The nonce is longer than any of KooGallery's.
    #[error("nonce is longer than {MAX_NONCE} bytes")]
    LongNonce,
    /// The timestamp is no UNIX time.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// The timestamp is outside the window.
    #[error("timestamp is {} ms from now, more than the window allows", .signed.as_millis().abs_diff(.now.as_millis()))]
    Stale {
        /// When the call says it was signed.
        signed: Timestamp,
        /// When it came.
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
}

/// The bytes that were verified: those that came, or their canonical form.
#[derive(Debug, Clone)]
pub struct Body<'a>(Cow<'a, [u8]>);

/// A call that a holder of one of the seller's access keys signed, inside the time window.
#[derive(Debug, Clone)]
pub struct Verified<T> {
    request: T,
    callback: Callback,
    interface_type: InterfaceType,
    nonce: Nonce,
    signed_at: Timestamp,
}

impl<T> Verified<T> {
    /// What is asked.
    #[must_use]
    pub const fn request(&self) -> &T {
        &self.request
    }

    /// Which callback it is.
    #[must_use]
    pub const fn callback(&self) -> Callback {
        self.callback
    }

    /// Whose key signed it.
    #[must_use]
    pub const fn interface_type(&self) -> InterfaceType {
        self.interface_type
    }

    /// Its nonce; the store knows whether it is new.
    #[must_use]
    pub const fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// When it was signed: what orders two calls about one thing.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }
}

impl Verified<Body<'_>> {
    /// Reads the typed request from the very bytes that were verified.
    pub fn parse<R: Request>(self) -> Result<Verified<R>, InvalidRequest> {
        let request = R::from_body(&self.request.0)?;
        let Self { callback, interface_type, nonce, signed_at, .. } = self;
        Ok(Verified { request, callback, interface_type, nonce, signed_at })
    }
}

/// What a dialect's signature is made of, as it came.
struct Signed<'a> {
    signature: Cow<'a, str>,
    timestamp: Cow<'a, str>,
    nonce: Cow<'a, str>,
}

impl<'a> Signed<'a> {
    fn of_query(query: &'a str) -> Result<Self, Refusal> {
        let (mut signature, mut timestamp, mut nonce) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "signature" => signature = Some(value),
                "timestamp" => timestamp = Some(value),
                "nonce" => nonce = Some(value),
                _ => {}
            }
        }
        Self::complete(signature, timestamp, nonce)
    }

    fn of_headers(headers: &'a http::HeaderMap) -> Result<Self, Refusal> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(Cow::Borrowed);
        Self::complete(header("x-sign"), header("x-timestamp"), header("x-nonce"))
    }

    fn complete(
        signature: Option<Cow<'a, str>>,
        timestamp: Option<Cow<'a, str>>,
        nonce: Option<Cow<'a, str>>,
    ) -> Result<Self, Refusal> {
        let given = |value: Option<Cow<'a, str>>| value.filter(|text| !text.is_empty());
        Ok(Self {
            signature: given(signature).ok_or(Refusal::MissingSignature)?,
            timestamp: given(timestamp).ok_or(Refusal::MissingTimestamp)?,
            nonce: given(nonce).ok_or(Refusal::MissingNonce)?,
        })
    }

    /// The interface type of the key that fits, if one does. Every allowed key is tried.
    fn signer(&self, route: Route, payloads: &[Payload], keys: &AccessKeys, body: &[u8]) -> Option<InterfaceType> {
        route.callback.interface_types().iter().copied().find(|interface| {
            keys.of(*interface).iter().any(|key| {
                payloads.iter().any(|payload| {
                    signature::matches(*payload, key.reveal(), &self.nonce, &self.timestamp, body, &self.signature)
                })
            })
        })
    }
}

/// Verifies a routed request against every key that may sign its callback.
///
/// The signature is checked over the raw bytes and, where those do not fit, over their canonical form, so that a
/// proxy that re-serialised the body does not cut the seller off; what was verified is what is parsed.
pub fn verify<'a, B: AsRef<[u8]>>(
    request: &'a HttpRequest<B>,
    route: Route,
    keys: &AccessKeys,
    now: Timestamp,
    window: Duration,
) -> Result<Verified<Body<'a>>, Refusal> {
    let (signed, payloads): (_, &[Payload]) = match route.dialect {
        Dialect::BasicV2 => (Signed::of_query(request.uri().query().unwrap_or_default())?, &[Payload::Digest]),
        Dialect::KitV2 => (Signed::of_headers(request.headers())?, &[Payload::Plain, Payload::Digest]),
        Dialect::BasicV1 | Dialect::KitV1 => return Err(Refusal::UnknownDialect),
    };
    let raw = request.body().as_ref();
    let (interface_type, body) = if let Some(interface) = signed.signer(route, payloads, keys, raw) {
        (interface, Cow::Borrowed(raw))
    } else {
        let canonical = canonical_form(raw).map_err(|_| Refusal::WrongSignature)?.into_bytes();
        let interface = signed.signer(route, payloads, keys, &canonical).ok_or(Refusal::WrongSignature)?;
        (interface, Cow::Owned(canonical))
    };

    let signed_at = Timestamp::parse(&signed.timestamp)?;
    if !signed_at.is_within(window, now) {
        return Err(Refusal::Stale { signed: signed_at, now });
    }
    if signed.nonce.len() > MAX_NONCE {
        return Err(Refusal::LongNonce);
    }
    let nonce = Nonce(signed.nonce.into_owned());
    Ok(Verified { request: Body(body), callback: route.callback, interface_type, nonce, signed_at })
}
