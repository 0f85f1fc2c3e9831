//! `SDK-HMAC-SHA256`, the AK/SK signature of Huawei Cloud's APIs: the caller makes it, the called side checks it.
//!
//! ```text
//! CanonicalRequest = METHOD \n CanonicalURI \n CanonicalQuery \n CanonicalHeaders \n SignedHeaders \n hex(SHA256(body))
//! StringToSign     = "SDK-HMAC-SHA256" \n X-Sdk-Date \n hex(SHA256(CanonicalRequest))
//! Authorization:     SDK-HMAC-SHA256 Access={AK}, SignedHeaders={…}, Signature={hex(HMAC-SHA256(SK, StringToSign))}
//! ```
//!
//! Both sides work on a whole [`http::Request`], so what is signed is exactly what is sent.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, HeaderValue, Request};
use koogallery::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::utc::UtcTime;

const ALGORITHM: &str = "SDK-HMAC-SHA256";
/// The header with the time when a request was signed.
pub const X_SDK_DATE: HeaderName = HeaderName::from_static("x-sdk-date");
/// How far `X-Sdk-Date` may be from now, in the past or in the future.
pub const TIME_WINDOW: Duration = Duration::from_mins(15);

/// The characters to encode: all but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An SK. Its `Debug` output does not contain it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretAccessKey(String);

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(…)")
    }
}

/// An AK with its SK: of an account, or of an IAM user with programmatic access. Its `Debug` output contains neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: String,
    secret: SecretAccessKey,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Why an AK/SK pair cannot be used. The error contains neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The AK is wrong.
    #[error("the AK must be letters and digits: give it as My Credentials > Access Keys shows it")]
    AccessKeyId,
    /// The SK is wrong.
    #[error("the SK is empty: give the one that was downloaded with the AK")]
    Secret,
}

impl Credentials {
    /// Reads the two texts. Blanks around them, which copying often adds, are removed.
    pub fn new(access_key_id: &str, secret: &str) -> Result<Self, CredentialsError> {
        let (access_key_id, secret) = (access_key_id.trim(), secret.trim());
        if access_key_id.is_empty() || !access_key_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(CredentialsError::AccessKeyId);
        }
        if secret.is_empty() {
            return Err(CredentialsError::Secret);
        }
        Ok(Self { access_key_id: access_key_id.to_owned(), secret: SecretAccessKey(secret.to_owned()) })
    }

    /// A text with the AK and the SK replaced, if it contains them.
    pub(crate) fn blotted_from(&self, text: &str) -> String {
        text.replace(&self.secret.0, "…").replace(&self.access_key_id, "…")
    }

    /// The MAC that `Signature` holds.
    #[allow(clippy::expect_used)]
    fn mac(&self, date: &str, canonical_request: &[u8]) -> Hmac<Sha256> {
        let digest = hex::encode(Sha256::digest(canonical_request));
        Hmac::<Sha256>::new_from_slice(self.secret.0.as_bytes())
            .expect("HMAC takes a key of any length")
            .chain_update(format!("{ALGORITHM}\n{date}\n{digest}"))
    }
}

/// The request cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only a request to an absolute address, at a time up to the year 9999, can be signed")]
pub struct Unsignable;

/// Why a signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `Authorization` is missing, has another form, or does not sign `host` and `x-sdk-date`.
    #[error("no Authorization of the form {ALGORITHM} that covers host and x-sdk-date")]
    Malformed,
    /// The AK is not the expected one.
    #[error("the AK is unknown")]
    UnknownAccessKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The request was signed too long ago, or in the future.
    #[error("X-Sdk-Date is more than 15 minutes from now")]
    Stale,
}

/// A query string, RFC 3986-encoded and sorted by name. It is signed and sent in this form.
#[must_use]
pub fn query_string(parameters: &[(&str, &str)]) -> String {
    joined(parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect())
}

/// One path segment or query part, RFC 3986-encoded.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Adds `Host`, `X-Sdk-Date` and `Authorization`. Every header of the request is signed.
pub fn sign<B: AsRef<[u8]>>(
    request: &mut Request<B>,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), Unsignable> {
    let authority = request.uri().authority().ok_or(Unsignable)?.as_str();
    let host = HeaderValue::from_str(authority).map_err(|_| Unsignable)?;
    let date = UtcTime::from_timestamp(now).ok_or(Unsignable)?.to_string();
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(X_SDK_DATE, HeaderValue::from_str(&date).map_err(|_| Unsignable)?);

    let mut signed: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
    signed.sort_unstable();
    let signature = hex::encode(credentials.mac(&date, &canonical(request, &signed)).finalize().into_bytes());
    let (ak, signed) = (&credentials.access_key_id, signed.join(";"));
    let authorization = format!("{ALGORITHM} Access={ak}, SignedHeaders={signed}, Signature={signature}");
    let mut authorization = HeaderValue::from_str(&authorization).map_err(|_| Unsignable)?;
    authorization.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, authorization);
    Ok(())
}

/// Checks a request. The signature is compared first, in constant time; then the date is checked.
pub fn verify<B: AsRef<[u8]>>(request: &Request<B>, credentials: &Credentials, now: Timestamp) -> Result<(), Refusal> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).ok_or(Refusal::Malformed);
    let authorization = header(AUTHORIZATION)?.strip_prefix(ALGORITHM).ok_or(Refusal::Malformed)?;
    let part = |name| {
        authorization
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .ok_or(Refusal::Malformed)
    };
    let signed: Vec<_> = part("SignedHeaders")?.split(';').collect();
    if !signed.contains(&HOST.as_str()) || !signed.contains(&X_SDK_DATE.as_str()) {
        return Err(Refusal::Malformed);
    }
    if part("Access")? != credentials.access_key_id {
        return Err(Refusal::UnknownAccessKey);
    }
    let date = header(X_SDK_DATE)?;
    let mut signature = [0; 32];
    hex::decode_to_slice(part("Signature")?, &mut signature).map_err(|_| Refusal::WrongSignature)?;
    let mac = credentials.mac(date, &canonical(request, &signed));
    mac.verify_slice(&signature).map_err(|_| Refusal::WrongSignature)?;
    let signed_at = date.parse::<UtcTime>().map_err(|_| Refusal::Stale)?.timestamp();
    if signed_at.is_within(TIME_WINDOW, now) { Ok(()) } else { Err(Refusal::Stale) }
}

/// Encoded pairs as one query string.
fn joined(mut pairs: Vec<(String, String)>) -> String {
    pairs.sort();
    pairs.into_iter().map(|(name, value)| name + "=" + &value).collect::<Vec<_>>().join("&")
}

/// The canonical request, over the headers with these names.
fn canonical<B: AsRef<[u8]>>(request: &Request<B>, signed: &[&str]) -> Vec<u8> {
    let again = |text: &str| percent_encode(&percent_decode_str(text).collect::<Vec<_>>(), RESERVED).to_string();
    let mut path = request.uri().path().split('/').map(again).collect::<Vec<_>>().join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query = joined(pairs.map(|(name, value)| (again(name), again(value))).collect());

    let mut canonical = format!("{}\n{path}\n{query}\n", request.method()).into_bytes();
    for name in signed {
        for value in request.headers().get_all(*name) {
            canonical.extend([name.as_bytes(), b":", value.as_bytes().trim_ascii(), b"\n"].concat());
        }
    }
    let digest = hex::encode(Sha256::digest(request.body()));
    canonical.extend(format!("\n{}\n{digest}", signed.join(";")).into_bytes());
    canonical
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AK: &str = "QTWAOYTTINDUT2QVKYUC";
    const SK: &str = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";
    const ORDER_QUERY: &str = "https://mkt.myhuaweicloud.com/api/mkp-openapi-public/global/v1/order/query";

    fn at(date: &str) -> Timestamp {
        date.parse::<UtcTime>().unwrap().timestamp()
    }

    /// The signed headers and the signature that a request gets.
    fn signed(method: &str, address: &str, headers: &[(&str, &str)], secret: &str, date: &str) -> (String, String) {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body("").unwrap();
        sign(&mut request, &Credentials::new(AK, secret).unwrap(), at(date)).unwrap();
        let authorization = request.headers()[AUTHORIZATION].to_str().unwrap();
        let after = |name| authorization.split_once(name).unwrap().1.split(',').next().unwrap().to_owned();
        (after("SignedHeaders="), after("Signature="))
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");

    #[test]
    fn golden_a_service_with_query() {
        let address = "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs\
                       ?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0";
        let (headers, signature) = signed("GET", address, &[JSON], SK, "20191115T033655Z");
        assert_eq!(headers, "content-type;host;x-sdk-date");
        assert_eq!(signature, "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe");
    }

    #[test]
    fn golden_order_query() {
        let address = format!("{ORDER_QUERY}?orderId=MOCKPERIODYEARNEW&orderLineId=MOCKPERIODYEARNEW-000001");
        let (headers, signature) = signed("GET", &address, &[], SK, "20251201T000000Z");
        assert_eq!(headers, "host;x-sdk-date");
        assert_eq!(signature, "2c94f7f77f1c8d4de061834b17c09a87444e64f6f08d34b630c4ff9a358ce043");
        let (headers, signature) = signed("GET", &address, &[JSON], SK, "20251201T000000Z");
        assert_eq!(headers, "content-type;host;x-sdk-date");
        assert_eq!(signature, "3d6822388fe94a05224404c326f53dca2319d3d279ce51c7b3ce5e134c575d35");
    }

    #[test]
    fn golden_license_activation() {
        let address = "https://mkt.myhuaweicloud.com/api/mkp-openapi-public/global/v1/license/activate";
        let (headers, signature) = signed("POST", address, &[JSON, ("x-stage", "RELEASE")], "123", "20240317T144237Z");
        assert_eq!(headers, "content-type;host;x-sdk-date;x-stage");
        assert_eq!(signature, "77595ad624b6e4e49990b8c4e84bf1c287457fca61069c4e60b9b6765b52053d");
    }

    #[test]
    fn golden_query_of_odd_characters() {
        let query = query_string(&[("orderId", "a b+c~/d=é"), ("z", ""), ("A", "1")]);
        assert_eq!(query, "A=1&orderId=a%20b%2Bc~%2Fd%3D%C3%A9&z=");
        let (_, signature) = signed("GET", &format!("{ORDER_QUERY}?{query}"), &[], SK, "20251201T000000Z");
        assert_eq!(signature, "687bf6f42c7cc59beb824aef64ef69875d02ac4f66fa60fec486fd6fe714d001");
    }

    #[test]
    fn query_is_the_same_in_any_order_and_encoding() {
        let of = |query: &str| signed("GET", &format!("{ORDER_QUERY}?{query}"), &[], SK, "20251201T000000Z");
        assert_eq!(of("z&orderId=a%20b%2bc%7E%2Fd%3D%c3%a9&A=1"), of("A=1&orderId=a%20b%2Bc~%2Fd%3D%C3%A9&z="));
    }

    #[test]
    fn window_includes_its_edge_both_ways() {
        let credentials = Credentials::new(AK, SK).unwrap();
        let signed_at = at("20251201T000000Z");
        let mut request = Request::get(ORDER_QUERY).body("").unwrap();
        sign(&mut request, &credentials, signed_at).unwrap();
        for (minutes_and_millis, outcome) in [(900_000, Ok(())), (900_001, Err(Refusal::Stale))] {
            for way in [1, -1] {
                let now = Timestamp::from_millis(signed_at.as_millis() + way * minutes_and_millis);
                assert_eq!(verify(&request, &credentials, now), outcome);
            }
        }
    }

    #[test]
    fn what_covers_too_little_is_refused() {
        let credentials = Credentials::new(AK, SK).unwrap();
        let now = at("20251201T000000Z");
        let mut signed = Request::get(ORDER_QUERY).body("").unwrap();
        assert_eq!(verify(&signed, &credentials, now), Err(Refusal::Malformed));
        sign(&mut signed, &credentials, now).unwrap();
        let authorization = signed.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
        for (from, to, refusal) in [
            ("host;x-sdk-date", "x-sdk-date", Refusal::Malformed),
            ("host;x-sdk-date", "host", Refusal::Malformed),
            ("SDK-HMAC-SHA256", "HMAC", Refusal::Malformed),
            (AK, "ANOTHER", Refusal::UnknownAccessKey),
            ("Signature=", "Signature=0", Refusal::WrongSignature),
        ] {
            let changed = authorization.replace(from, to).parse().unwrap();
            signed.headers_mut().insert(AUTHORIZATION, changed);
            assert_eq!(verify(&signed, &credentials, now), Err(refusal), "{to}");
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        let credentials = Credentials::new(AK, SK).unwrap();
        let shown = format!("{credentials:?} {:?}", credentials.secret);
        assert!(!shown.contains(AK) && !shown.contains(SK), "{shown}");
        assert_eq!(Credentials::new(" ", SK), Err(CredentialsError::AccessKeyId));
        assert_eq!(Credentials::new("A\nB", SK), Err(CredentialsError::AccessKeyId));
        assert_eq!(Credentials::new(AK, " "), Err(CredentialsError::Secret));
    }

    prop_compose! {
        fn request()(
            segments in prop::collection::vec("\\PC{0,8}", 0..4),
            query in prop::collection::vec(("\\PC{1,8}", "\\PC{0,8}"), 0..4),
            header in "[!-~]{0,16}",
            body in prop::collection::vec(any::<u8>(), 0..64),
        ) -> Request<Vec<u8>> {
            let path = [""].into_iter().map(str::to_owned).chain(segments.iter().map(|segment| encode(segment)));
            let path = path.collect::<Vec<_>>().join("/");
            let query: Vec<_> = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let address = format!("https://mkt.example.com{path}/?{}", query_string(&query));
            Request::post(address).header("x-note", header).body(body).unwrap()
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_no_change_does(request in request(), which in 0usize..7, byte in any::<u8>()) {
            let credentials = Credentials::new(AK, SK).unwrap();
            let now = at("20251201T000000Z");
            let mut request = request;
            sign(&mut request, &credentials, now).unwrap();
            prop_assert_eq!(verify(&request, &credentials, now), Ok(()));

            let address = request.uri().to_string();
            match which {
                0 => request.body_mut().push(byte),
                1 => *request.method_mut() = http::Method::PUT,
                2 => *request.uri_mut() = format!("{address}&more=1").parse().unwrap(),
                3 => *request.uri_mut() = address.replacen("/?", "/more/?", 1).parse().unwrap(),
                4 => drop(request.headers_mut().insert("x-note", HeaderValue::from_static("another note, longer"))),
                5 => drop(request.headers_mut().insert(HOST, HeaderValue::from_static("other.example.com"))),
                _ => drop(request.headers_mut().insert(X_SDK_DATE, HeaderValue::from_static("20251201T000001Z"))),
            }
            prop_assert_eq!(verify(&request, &credentials, now), Err(Refusal::WrongSignature));
        }

        #[test]
        fn another_secret_signs_differently(secret in "[!-~]{1,40}") {
            prop_assume!(secret != SK);
            let now = at("20251201T000000Z");
            let mut request = Request::get(ORDER_QUERY).body("").unwrap();
            sign(&mut request, &Credentials::new(AK, &secret).unwrap(), now).unwrap();
            let refused = verify(&request, &Credentials::new(AK, SK).unwrap(), now);
            prop_assert_eq!(refused, Err(Refusal::WrongSignature));
        }

        #[test]
        fn no_authorization_makes_it_panic(text in "SDK-HMAC-SHA256 [ -~]{0,80}") {
            let mut request = Request::get(ORDER_QUERY).body("").unwrap();
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&text).unwrap());
            prop_assert!(verify(&request, &Credentials::new(AK, SK).unwrap(), at("20251201T000000Z")).is_err());
        }
    }
}
