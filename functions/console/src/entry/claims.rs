//! What an ID token says, and whether it is for this console and this sign-in (OpenID Connect Core 1.0, 3.1.3.7).

use koogallery::Timestamp;
use serde_json::Value;

use crate::access::Person;

/// Clocks may be apart by this many seconds.
const APART: i64 = 300;

/// Why an ID token is refused. The error contains nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimsError {
    #[error("the ID token has another issuer")]
    Issuer,
    #[error("the ID token is for another client")]
    Audience,
    #[error("the ID token is over, or from the future")]
    Time,
    #[error("the ID token answers another sign-in: its nonce is another one")]
    Nonce,
    #[error("the ID token names nobody")]
    Nobody,
}

/// Whom the claims of a verified token name.
pub(crate) fn person(
    claims: &Value,
    issuer: &str,
    client: &str,
    nonce: &str,
    now: Timestamp,
) -> Result<Person, ClaimsError> {
    if claims["iss"].as_str() != Some(issuer) {
        return Err(ClaimsError::Issuer);
    }
    let is_ours = match &claims["aud"] {
        Value::String(one) => one == client,
        // With others beside us, the token has to say that it was made for us.
        Value::Array(all) => {
            let ours = all.iter().any(|one| one == client);
            ours && (all.len() == 1 || claims["azp"] == client)
        }
        _ => false,
    };
    if !is_ours || claims.get("azp").is_some_and(|azp| azp != client) {
        return Err(ClaimsError::Audience);
    }
    let (Some(until), Some(from)) = (claims["exp"].as_i64(), claims["iat"].as_i64()) else {
        return Err(ClaimsError::Time);
    };
    if until + APART <= now.as_seconds() || from - APART > now.as_seconds() {
        return Err(ClaimsError::Time);
    }
    if claims["nonce"].as_str() != Some(nonce) {
        return Err(ClaimsError::Nonce);
    }
    let subject = claims["sub"].as_str().filter(|subject| !subject.is_empty()).ok_or(ClaimsError::Nobody)?;
    // Some providers let people write any address: it counts only if the provider has checked it.
    let is_checked = claims["email_verified"] == true || claims["email_verified"] == "true";
    let address = claims["email"].as_str().filter(|_| is_checked).map(str::to_owned);
    let groups = ["groups", "cognito:groups"].iter().filter_map(|name| claims[*name].as_array()).flatten();
    let groups = groups.filter_map(|group| group.as_str().map(str::to_owned)).collect();
    Ok(Person { subject: subject.to_owned(), address, groups })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);

    fn claims(change: &[(&str, Value)]) -> Value {
        let mut claims = json!({
            "iss": "https://i", "aud": "c", "sub": "s", "nonce": "n", "iat": 1_764_000_000, "exp": 1_764_000_600,
            "email": "ann@example.com", "email_verified": true, "cognito:groups": ["support"],
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        claims
    }

    fn read(claims: &Value) -> Result<Person, ClaimsError> {
        person(claims, "https://i", "c", "n", NOW)
    }

    #[test]
    fn a_right_token_names_somebody() {
        let ann = read(&claims(&[])).unwrap();
        assert_eq!((ann.address.as_deref(), &*ann.groups), (Some("ann@example.com"), &["support".to_owned()][..]));
        assert!(read(&claims(&[("aud", json!(["c"]))])).is_ok());
        assert!(read(&claims(&[("aud", json!(["c", "d"])), ("azp", json!("c"))])).is_ok());
    }

    #[test]
    fn an_address_that_nobody_checked_does_not_count() {
        for unchecked in [json!(false), json!("false"), json!(null), json!(1)] {
            assert_eq!(read(&claims(&[("email_verified", unchecked)])).unwrap().address, None);
        }
    }

    #[test]
    fn a_token_for_somebody_else_is_refused() {
        for (name, value, why) in [
            ("iss", json!("https://j"), ClaimsError::Issuer),
            ("aud", json!("d"), ClaimsError::Audience),
            ("aud", json!([]), ClaimsError::Audience),
            ("aud", json!(["c", "d"]), ClaimsError::Audience),
            ("azp", json!("d"), ClaimsError::Audience),
            ("exp", json!(1_763_999_700), ClaimsError::Time),
            ("exp", json!("1764000600"), ClaimsError::Time),
            ("iat", json!(1_764_000_301), ClaimsError::Time),
            ("nonce", json!("m"), ClaimsError::Nonce),
            ("nonce", json!(null), ClaimsError::Nonce),
            ("sub", json!(""), ClaimsError::Nobody),
        ] {
            assert_eq!(read(&claims(&[(name, value.clone())])), Err(why), "{name} {value}");
        }
    }
}
