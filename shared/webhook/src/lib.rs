//! Signs and verifies webhooks by the [Standard Webhooks](https://www.standardwebhooks.com) specification.
//!
//! ```text
//! webhook-id:        the event's id, the same on every try
//! webhook-timestamp: seconds since the epoch, of this try
//! webhook-signature: "v1," + base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}")), one for each secret, separated by spaces
//! ```
//!
//! A secret is `whsec_` and base64. With several secrets, a message carries several signatures, and a receiver that has one
//! of the secrets can verify it. So a secret can be rotated without losing an event. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use koogallery::Timestamp;
use sha2::Sha256;

/// The header with the message's id.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since the epoch.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";
/// How far a message's time may be from now, in the past or in the future.
pub const TIME_WINDOW: Duration = Duration::from_mins(5);

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
/// The lengths of a secret that the specification allows, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that signs webhooks. Its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The text is not a webhook secret. The error does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret must be whsec_ and the base64 of 24 to 64 random bytes")]
pub struct WebhookSecretError;

impl FromStr for WebhookSecret {
    type Err = WebhookSecretError;
    fn from_str(text: &str) -> Result<Self, WebhookSecretError> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        bytes.filter(|bytes| LENGTHS.contains(&bytes.len())).map(Self).ok_or(WebhookSecretError)
    }
}

impl WebhookSecret {
    fn mac(&self, id: &str, seconds: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes any length"));
        for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

/// The value of `webhook-signature`: one signature by each secret.
#[must_use]
pub fn sign(secrets: &[WebhookSecret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_seconds().to_string();
    let signature = |secret: &WebhookSecret| {
        format!("{VERSION}{}", STANDARD.encode(secret.mac(id, &seconds, body).finalize().into_bytes()))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// Why a message was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `webhook-timestamp` is not a number.
    #[error("webhook-timestamp is not a number of seconds")]
    Malformed,
    /// The message is too old, or from the future.
    #[error("webhook-timestamp is more than {} s from now", TIME_WINDOW.as_secs())]
    Stale,
    /// No signature was made with one of the secrets.
    #[error("no signature is right: the message was changed, or signed with another secret")]
    WrongSignature,
}

/// Verifies a message by its three headers. Each signature is compared in constant time.
pub fn verify(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    let seconds: i64 = timestamp.parse().map_err(|_| Refusal::Malformed)?;
    let sent = Timestamp::from_millis(seconds.checked_mul(1000).ok_or(Refusal::Malformed)?);
    let fits =
        |signature: &[u8]| secrets.iter().any(|secret| secret.mac(id, timestamp, body).verify_slice(signature).is_ok());
    let mut given = signatures.split(' ').filter_map(|text| STANDARD.decode(text.strip_prefix(VERSION)?).ok());
    if !given.any(|signature| fits(&signature)) {
        return Err(Refusal::WrongSignature);
    }
    if sent.is_within(TIME_WINDOW, now) { Ok(()) } else { Err(Refusal::Stale) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn secret(text: &str) -> WebhookSecret {
        text.parse().unwrap()
    }

    /// The vectors of the specification's own libraries, and of its text.
    #[test]
    fn golden_vectors() {
        let signed = sign(&[secret(SECRET)], ID, at(1_614_265_330), BODY);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let signed = sign(
            &[secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            at(1_649_367_553),
            br#"{"email":"test@example.com","username":"test_user"}"#,
        );
        assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn another_implementation_verifies_what_is_signed_here() {
        let body = r#"{"type":"instance.created","data":{"实例":1}}"#;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let signed = sign(&[secret(SECRET)], ID, at(now.try_into().unwrap()), body.as_bytes());
        let theirs = standardwebhooks::Webhook::new(SECRET).unwrap();
        assert_eq!(theirs.sign(ID, now.try_into().unwrap(), body.as_bytes()).unwrap(), signed);
    }

    #[test]
    fn the_window_holds_both_ways() {
        let secrets = [secret(SECRET)];
        let signed = sign(&secrets, ID, at(1_614_265_330), BODY);
        let verified = |now| verify(&secrets, ID, "1614265330", &signed, BODY, at(now));
        for (now, outcome) in [(300, Ok(())), (-300, Ok(())), (301, Err(Refusal::Stale)), (-301, Err(Refusal::Stale))] {
            assert_eq!(verified(1_614_265_330 + now), outcome, "{now}");
        }
        assert_eq!(verify(&secrets, ID, "soon", &signed, BODY, at(0)), Err(Refusal::Malformed));
        assert_eq!(verify(&secrets, ID, &i64::MAX.to_string(), &signed, BODY, at(0)), Err(Refusal::Malformed));
    }

    #[test]
    fn a_secret_is_read_strictly_and_not_shown() {
        assert!(!format!("{:?}", secret(SECRET)).contains("MfKQ"));
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 at all, no"] {
            assert_eq!(bad.parse::<WebhookSecret>(), Err(WebhookSecretError), "{bad}");
        }
    }

    fn any_secret() -> impl Strategy<Value = WebhookSecret> {
        prop::collection::vec(any::<u8>(), 24..=64).prop_map(WebhookSecret)
    }

    proptest! {
        #[test]
        fn any_of_several_secrets_verifies_and_no_change_does(
            secrets in prop::collection::vec(any_secret(), 1..4),
            held in any::<prop::sample::Index>(),
            stranger in any_secret(),
            id in "[a-z0-9-]{1,40}",
            seconds in 0i64..4_000_000_000,
            body in prop::collection::vec(any::<u8>(), 0..200),
            changed in 0u8..3,
        ) {
            prop_assume!(!secrets.contains(&stranger));
            let (signed, now) = (sign(&secrets, &id, at(seconds), &body), at(seconds));
            let holds = [held.get(&secrets).clone()];
            let text = seconds.to_string();
            prop_assert_eq!(verify(&holds, &id, &text, &signed, &body, now), Ok(()));
            prop_assert_eq!(verify(&[stranger], &id, &text, &signed, &body, now), Err(Refusal::WrongSignature));
            let refused = match changed {
                0 => verify(&holds, &format!("{id}x"), &text, &signed, &body, now),
                1 => verify(&holds, &id, &(seconds + 1).to_string(), &signed, &body, now),
                _ => verify(&holds, &id, &text, &signed, &[&body[..], b" "].concat(), now),
            };
            prop_assert_eq!(refused, Err(Refusal::WrongSignature));
        }

        #[test]
        fn no_header_makes_it_panic(id in "\\PC{0,20}", timestamp in "\\PC{0,20}", signatures in "(v1,)?\\PC{0,60}") {
            prop_assert!(verify(&[secret(SECRET)], &id, &timestamp, &signatures, BODY, at(0)).is_err());
        }
    }
}
