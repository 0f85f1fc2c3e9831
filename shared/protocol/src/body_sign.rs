//! `Body-Sign`: the signature of a V1.0 reply (topic 0070649057). A seller makes it, KooGallery checks it.
//!
//! It covers the exact bytes of the reply. If anything rewrites the signed body, KooGallery drops the reply.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use crate::signature::keyed;

/// The name of the header.
pub const HEADER: &str = "Body-Sign";

const SIGN_TYPE: &str = "HMAC-SHA256";

/// Makes the header's value for a reply.
#[must_use]
pub fn value(access_key: &str, body: &[u8]) -> String {
    let signature = STANDARD.encode(keyed(access_key).chain_update(body).finalize().into_bytes());
    format!(r#"sign_type="{SIGN_TYPE}", signature="{signature}""#)
}

/// The marketplace's side: whether a header's value is right for the reply. Spaces around `=` and `,` are ignored, because
/// live sellers send them.
#[must_use]
pub fn matches(access_key: &str, value: &str, body: &[u8]) -> bool {
    let member = |name: &str| {
        value.split(',').find_map(|member| {
            let (given, text) = member.split_once('=')?;
            (given.trim() == name).then(|| text.trim().trim_matches('"'))
        })
    };
    member("sign_type") == Some(SIGN_TYPE)
        && member("signature")
            .and_then(|signature| STANDARD.decode(signature).ok())
            .is_some_and(|signature| keyed(access_key).chain_update(body).verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_matches_however_it_is_spaced() {
        let sent = value("k", b"{}");
        for spaced in [sent.clone(), sent.replace("signature=", "signature= "), sent.replace(", ", " ,\t")] {
            assert!(matches("k", &spaced, b"{}"), "{spaced}");
        }
    }

    #[test]
    fn anything_else_does_not() {
        let sent = value("k", b"{}");
        assert!(!matches("other", &sent, b"{}"));
        assert!(!matches("k", &sent, b"{ }"));
        assert!(!matches("k", &sent.replace("SHA256", "SHA1"), b"{}"));
        for wrong in ["", "signature", r#"sign_type="HMAC-SHA256""#, r#"sign_type="HMAC-SHA256", signature="""#] {
            assert!(!matches("k", wrong, b"{}"), "{wrong}");
        }
    }
}
