//! Verifies V2.0 calls: signature, timestamp and nonce are in the query, or for the kit in headers.

use std::borrow::Cow;

use super::{Body, Check, MAX_NONCE, Nonce, Refusal, Verified};
use crate::access_key::{AccessKey, InterfaceType};
use crate::canonical::canonical_form;
use crate::signature::{self, Payload};
use crate::timestamp::Timestamp;

/// The signature and what it is made of, as they came.
pub(super) struct Signed<'a> {
    signature: Cow<'a, str>,
    timestamp: Cow<'a, str>,
    nonce: Cow<'a, str>,
}

impl<'a> Signed<'a> {
    pub(super) fn of_query(query: &'a str) -> Result<Self, Refusal> {
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

    pub(super) fn of_headers(headers: &'a http::HeaderMap) -> Result<Self, Refusal> {
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

    fn signer<'k>(
        &self,
        payloads: &[Payload],
        body: &[u8],
        check: &Check<'k>,
    ) -> Option<(InterfaceType, &'k AccessKey)> {
        let Self { signature, timestamp, nonce } = self;
        check.signer(|key| {
            let fits =
                |payload: &Payload| signature::matches(*payload, key.reveal(), nonce, timestamp, body, signature);
            payloads.iter().any(fits)
        })
    }

    pub(super) fn verify<'b>(
        self,
        payloads: &[Payload],
        body: &'b [u8],
        check: &Check<'_>,
    ) -> Result<Verified<Body<'b>>, Refusal> {
        let ((interface_type, access_key), body) = if let Some(signer) = self.signer(payloads, body, check) {
            (signer, Cow::Borrowed(body))
        } else {
            let canonical = canonical_form(body).map_err(|_| Refusal::WrongSignature)?.into_bytes();
            (self.signer(payloads, &canonical, check).ok_or(Refusal::WrongSignature)?, Cow::Owned(canonical))
        };

        let signed_at = Timestamp::parse(&self.timestamp)?;
        if !check.is_fresh(signed_at) {
            return Err(Refusal::Stale { signed: signed_at, now: check.now });
        }
        if self.nonce.len() > MAX_NONCE {
            return Err(Refusal::LongNonce);
        }
        Ok(Verified {
            request: Body::Json(body),
            route: check.route,
            interface_type,
            access_key: access_key.clone(),
            nonce: Some(Nonce(self.nonce.into_owned())),
            signed_at,
            latest_reading: signed_at,
        })
    }
}
