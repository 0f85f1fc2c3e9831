//! Verifies a token that the login itself signed, when it comes back: the hint of a logout.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::public_key::PublicKey;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 8 << 10;

/// Why a token is not one of the login's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not a signed token.
    #[error("it is not a signed token")]
    Malformed,
    /// None of the keys that may have signed it did.
    #[error("none of the published keys signed it")]
    NotOurs,
}

/// The claims of a token that one of these keys signed. The key says which algorithm; what the token says of itself is not asked.
pub fn verified<'a>(token: &str, keys: impl IntoIterator<Item = &'a PublicKey>) -> Result<Value, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Malformed);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (_, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
    let decoded = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
    let signature = decoded(signature)?;
    if !keys.into_iter().any(|key| key.verifies(message.as_bytes(), &signature)) {
        return Err(TokenError::NotOurs);
    }
    serde_json::from_slice(&decoded(claims)?).map_err(|_| TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::private_key::PrivateKey;
    use koogallery_settings::Algorithm;

    fn key() -> PrivateKey {
        PrivateKey::read(Algorithm::Es256, &PrivateKey::generate(Algorithm::Es256).unwrap()).unwrap()
    }

    #[test]
    fn a_token_without_signature_or_of_another_algorithm_is_not_ours() {
        let key = key();
        let token = key.sign(&json!({ "sub": "s" })).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let (claims, _) = rest.split_once('.').unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(verified(&format!("{none}.{claims}."), [key.public()]), Err(TokenError::NotOurs));
        // The public key as the secret of an HMAC.
        let hs256 = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        assert!(verified(&format!("{hs256}.{claims}.AAAA"), [key.public()]).is_err());
        assert_eq!(verified(&token, []), Err(TokenError::NotOurs));
    }

    proptest! {
        #[test]
        fn a_changed_token_never_verifies(at: prop::sample::Index, with in "[A-Za-z0-9_-]") {
            let key = key();
            let token = key.sign(&json!({ "sub": "s", "aud": "a" })).unwrap();
            let at = at.index(token.len());
            prop_assume!(token.as_bytes()[at] != b'.' && token[at..=at] != with);
            let mut changed = token.clone();
            changed.replace_range(at..=at, &with);
            prop_assert!(verified(&changed, [key.public()]).is_err());
        }

        #[test]
        fn whatever_comes_never_panics(token in ".{0,200}") {
            let _ = verified(&token, []);
        }
    }
}
