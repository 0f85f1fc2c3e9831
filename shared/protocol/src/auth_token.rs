//! `authToken`: the signature of a V1.0 callback (topics 0070649057, 0070649111). KooGallery makes it, a seller checks it.
//!
//! ```text
//! authToken = base64(HMAC-SHA256(accessKey + timeStamp, "name=value&name=value…"))
//! ```
//!
//! The parameters are those of the query, URL-decoded; for the joint-operations kit they are the body's members. All but
//! `authToken` itself are signed, sorted by name. The guide's sample for the kit leaves blank values out, the sample for the
//! basic callbacks keeps `name=`: both are accepted. Nothing marks the end of a value. So the token is the same for a `&`
//! inside a value and for a `&` between two parameters. Parameters must therefore be read from the same text that was signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use crate::canonical::{Members, NotAnObject, name_order, push_compact};
use crate::signature::{HmacSha256, keyed};

/// The query parameter, and the kit's header, that contains the token.
pub const NAME: &str = "authToken";

/// Signs parameters as the basic callbacks do: with blank values.
#[must_use]
pub fn sign(access_key: &str, time_stamp: &str, parameters: &[(String, String)]) -> String {
    encode(mac(access_key, time_stamp, parameters.iter()))
}

/// Signs parameters as the joint-operations kit does: without blank values.
#[must_use]
pub fn sign_without_blanks(access_key: &str, time_stamp: &str, parameters: &[(String, String)]) -> String {
    encode(mac(access_key, time_stamp, without_blanks(parameters)))
}

/// Whether `auth_token` is right for the parameters, with or without blank values. A space in the token is read as the `+`
/// that URL decoding made it from. The time is the same for every wrong token of 44 base64 characters.
#[must_use]
pub fn matches(access_key: &str, time_stamp: &str, parameters: &[(String, String)], auth_token: &str) -> bool {
    let Ok(given) = STANDARD.decode(auth_token.replace(' ', "+")) else { return false };
    mac(access_key, time_stamp, parameters.iter()).verify_slice(&given).is_ok()
        || mac(access_key, time_stamp, without_blanks(parameters)).verify_slice(&given).is_ok()
}

/// The parameters of a V1.0 joint-operations callback: the top-level members of its body as text, in the order of the body.
/// Strings are unescaped, numbers and booleans unchanged; nested values are compact JSON, null is blank.
pub fn body_parameters(body: &[u8]) -> Result<Vec<(String, String)>, NotAnObject> {
    let Members(members) = serde_json::from_slice(body).map_err(|_| NotAnObject)?;
    members.into_iter().map(|(name, value)| Ok((name, text(value.get())?))).collect()
}

fn text(json: &str) -> Result<String, NotAnObject> {
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map_err(|_| NotAnObject),
        Some(b'{' | b'[') => {
            let mut compact = String::with_capacity(json.len());
            push_compact(&mut compact, json)?;
            Ok(compact)
        }
        _ if json == "null" => Ok(String::new()),
        _ => Ok(json.to_owned()),
    }
}

fn without_blanks(parameters: &[(String, String)]) -> impl Iterator<Item = &(String, String)> {
    parameters.iter().filter(|(_, value)| !value.trim().is_empty())
}

fn mac<'a>(access_key: &str, time_stamp: &str, parameters: impl Iterator<Item = &'a (String, String)>) -> HmacSha256 {
    let mut parameters: Vec<_> = parameters.filter(|(name, _)| name != NAME).collect();
    parameters.sort_by(|(left, _), (right, _)| name_order(left, right));
    let mut mac = keyed(&[access_key, time_stamp].concat());
    for (index, (name, value)) in parameters.into_iter().enumerate() {
        if index > 0 {
            mac.update(b"&");
        }
        for part in [name, "=", value] {
            mac.update(part.as_bytes());
        }
    }
    mac
}

fn encode(mac: HmacSha256) -> String {
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn order_of_arrival_and_the_token_itself_do_not_count() {
        let signed = sign("k", "1", &owned(&[("a", "1"), ("B", "2"), ("a1", "3")]));
        let arrived = owned(&[("a1", "3"), ("authToken", &signed), ("a", "1"), ("B", "2")]);
        assert!(matches("k", "1", &arrived, &signed));
        assert!(!matches("k", "2", &arrived, &signed));
        assert!(!matches("k", "1", &arrived[..3], &signed));
    }

    #[test]
    fn a_name_counts_as_often_as_it_came() {
        let once = owned(&[("a", "1")]);
        let signed = sign("k", "1", &once);
        assert!(!matches("k", "1", &owned(&[("a", "1"), ("a", "2")]), &signed));
        assert!(!matches("k", "1", &owned(&[("a", "1"), ("a", "1")]), &signed));
    }

    #[test]
    fn members_become_text() {
        let body =
            r#" { "s" : "\u5b9e\n\"", "n" : 1.50, "t" : true, "z" : null, "o" : { "b" : [ 1 , "\u0041" ] }, "s":"" } "#;
        let expected =
            owned(&[("s", "实\n\""), ("n", "1.50"), ("t", "true"), ("z", ""), ("o", r#"{"b":[1,"A"]}"#), ("s", "")]);
        assert_eq!(body_parameters(body.as_bytes()), Ok(expected));
        assert_eq!(body_parameters(b"[]"), Err(NotAnObject));
        assert_eq!(body_parameters(br#"{"a":"\ud800"}"#), Err(NotAnObject));
    }
}
