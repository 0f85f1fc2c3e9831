//! Reads an event as a request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::request_id::RequestId;
use crate::source_address::SourceAddress;

/// The characters that a query cannot contain unencoded. `%` is not one of them: what is encoded stays encoded.
const IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// The same for a path, with the characters that would end it.
const IN_PATH: &AsciiSet = &IN_QUERY.add(b'?');

/// Base64 as gateways write it, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why an event is not a request. It contains no value from the event, because strangers send events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The event is not an object of the expected form.
    #[error("the event is not an HTTP request of payload format 2.0")]
    Form,
    /// The method is not an HTTP method.
    #[error("the request names no HTTP method")]
    Method,
    /// The path or the query is not a text, or is longer than HTTP allows.
    #[error("the request's path or query cannot be read")]
    Address,
    /// The body is not a text, or claims to be base64 and is not.
    #[error("the request's body cannot be read")]
    Body,
}

/// An event's members, not parsed yet: so a wrong member does not spoil the others.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    request_context: Context<'a>,
    #[serde(borrow)]
    raw_path: Option<&'a RawValue>,
    #[serde(borrow)]
    raw_query_string: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    is_base64_encoded: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    #[serde(borrow)]
    http: Http<'a>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    source_ip: Option<&'a RawValue>,
}

/// Reads an event (JSON) as a request.
///
/// Characters that a request cannot hold are encoded if that keeps their meaning; a blank in a query stays a blank. Invalid
/// headers are left out. A GET has no body. The request's extensions hold the event's id as a [`RequestId`], and
/// where it came from as a [`SourceAddress`].
pub fn read(event: &str) -> Result<Request<Bytes>, EventError> {
    let event: Event<'_> = serde_json::from_str(event).map_err(|_| EventError::Form)?;
    let method = text(event.request_context.http.method).map_err(|()| EventError::Method)?;
    let method = Method::from_str(&method).map_err(|_| EventError::Method)?;
    let body = if method == Method::GET { Bytes::new() } else { body(event.body, event.is_base64_encoded)? };

    let mut request = Request::new(body);
    *request.uri_mut() = address(event.raw_path, event.raw_query_string)?;
    *request.headers_mut() = headers(event.headers);
    *request.method_mut() = method;
    let id = text(event.request_context.request_id).ok().and_then(|id| RequestId::new(&id));
    if let Some(id) = id {
        request.extensions_mut().insert(id);
    }
    let source = text(event.request_context.http.source_ip).ok().and_then(|source| SourceAddress::read(&source));
    if let Some(source) = source {
        request.extensions_mut().insert(source);
    }
    Ok(request)
}

/// A member that is a text. An absent or null member is an empty text.
fn text(member: Option<&RawValue>) -> Result<Cow<'_, str>, ()> {
    let Some(json) = member.map(RawValue::get).filter(|json| *json != "null") else { return Ok(Cow::Borrowed("")) };
    serde_json::from_str::<String>(json).map(Cow::Owned).map_err(|_| ())
}

fn address(path: Option<&RawValue>, query: Option<&RawValue>) -> Result<Uri, EventError> {
    let of = |member| text(member).map_err(|()| EventError::Address);
    let (path, query) = (of(path)?, of(query)?);
    let mut address = String::with_capacity(path.len() + query.len() + 2);
    if !path.starts_with('/') {
        address.push('/');
    }
    address.extend(utf8_percent_encode(&path, IN_PATH));
    if !query.is_empty() {
        address.push('?');
        address.extend(utf8_percent_encode(&query, IN_QUERY));
    }
    PathAndQuery::from_str(&address).map(Uri::from).map_err(|_| EventError::Address)
}

fn headers(members: Option<&RawValue>) -> HeaderMap {
    let members: BTreeMap<String, &RawValue> =
        members.and_then(|members| serde_json::from_str(members.get()).ok()).unwrap_or_default();
    let mut headers = HeaderMap::new();
    for (name, value) in members {
        let name = HeaderName::from_str(&name).ok();
        let value = text(Some(value)).ok().and_then(|value| HeaderValue::from_str(&value).ok());
        let (Some(name), Some(value)) = (name, value) else { continue };
        // Headers beyond what a map can hold are ignored.
        if headers.try_insert(name, value).is_err() {
            break;
        }
    }
    headers
}

fn body(member: Option<&RawValue>, is_base64_encoded: Option<&RawValue>) -> Result<Bytes, EventError> {
    let body = text(member).map_err(|()| EventError::Body)?;
    if is_base64_encoded.map(RawValue::get) != Some("true") {
        return Ok(Bytes::from(body.into_owned()));
    }
    let base64: String = body.split_ascii_whitespace().collect();
    BASE64.decode(base64).map(Bytes::from).map_err(|_| EventError::Body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn event(changes: Value) -> String {
        let mut event = json!({
            "version": "2.0",
            "rawPath": "/",
            "rawQueryString": "",
            "headers": { "content-type": "application/json" },
            "requestContext": { "http": { "method": "POST", "path": "/" } },
            "body": "{}",
            "isBase64Encoded": false,
        });
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        event.to_string()
    }

    fn request(changes: Value) -> Request<Bytes> {
        read(&event(changes)).unwrap()
    }

    fn get(changes: Value) -> Request<Bytes> {
        let mut all = json!({ "requestContext": { "http": { "method": "GET" } } });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        request(all)
    }

    #[test]
    fn a_request_is_as_it_was_sent() {
        let request = request(json!({
            "rawPath": "/shop/produceAPI/v2/authSync",
            "rawQueryString": "signature=AB&timestamp=1&nonce=%2B",
            "headers": { "X-Sign": "ab", "x-nonce": "n" },
            "body": "{\"a\":\"云\"}",
        }));
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "/shop/produceAPI/v2/authSync?signature=AB&timestamp=1&nonce=%2B");
        assert_eq!(request.headers()["x-sign"], "ab");
        assert_eq!(request.body(), "{\"a\":\"云\"}".as_bytes());
    }

    #[test]
    fn what_no_request_can_hold_is_encoded_and_means_the_same() {
        for (sent, read) in [
            ("customerName=A B", "customerName=A%20B"),
            ("a=\"x\"&b=<>", "a=%22x%22&b=%3C%3E"),
            ("a=云#b", "a=%E4%BA%91%23b"),
            ("a=\u{0}\n\u{7f}", "a=%00%0A%7F"),
            ("a=%zz&b=+?", "a=%zz&b=+?"),
            ("a={b|c}^`\\", "a=%7Bb%7Cc%7D%5E%60%5C"),
        ] {
            assert_eq!(get(json!({ "rawQueryString": sent })).uri().query(), Some(read), "{sent}");
        }
        let odd = get(json!({ "rawPath": "a b?c#d" }));
        assert_eq!((odd.uri().path(), odd.uri().query()), ("/a%20b%3Fc%23d", None));
        let hosts = get(json!({ "rawPath": "//example.com/x" }));
        assert_eq!(hosts.uri().path(), "//example.com/x");
    }

    #[test]
    fn a_body_is_text_or_base64() {
        for (body, is_base64, read) in [
            (json!("{} "), json!(false), "{} "),
            (json!("e30="), json!(true), "{}"),
            (json!("e30"), json!(true), "{}"),
            (json!("e3\n0= "), json!(true), "{}"),
            (json!("e30="), json!(null), "e30="),
            (Value::Null, json!(true), ""),
        ] {
            let request = request(json!({ "body": body, "isBase64Encoded": is_base64 }));
            assert_eq!(request.body(), read, "{body} {is_base64}");
        }
        for body in ["e30=x", "§", "{}", "e"] {
            let broken = json!({ "body": body, "isBase64Encoded": true });
            assert_eq!(read(&event(broken.clone())).unwrap_err(), EventError::Body, "{body}");
            assert!(get(broken).body().is_empty());
        }
        for body in [json!({}), json!(1), json!([])] {
            assert_eq!(read(&event(json!({ "body": body }))).unwrap_err(), EventError::Body);
        }
    }

    #[test]
    fn an_odd_header_is_left_out() {
        let odd = json!({ "x-sign": "ab", "x nonce": "n", "": "x", "a": "\n", "b": 1, "c": null, "d": "云" });
        let names: Vec<String> = request(json!({ "headers": odd })).headers().keys().map(ToString::to_string).collect();
        assert_eq!(names, ["c", "d", "x-sign"]);
        for none in [Value::Null, json!([]), json!("x")] {
            assert!(request(json!({ "headers": none })).headers().is_empty());
        }
        let many: serde_json::Map<_, _> = (0..40_000).map(|n| (format!("h{n}"), json!("x"))).collect();
        assert!(request(json!({ "headers": many })).headers().len() > 20_000);
    }

    #[test]
    fn what_is_no_request_says_so() {
        for odd in ["", "null", "[]", "{}", "{", r#"{"Records":[]}"#, r#"{"requestContext":{"http":[]}}"#] {
            assert_eq!(read(odd).unwrap_err(), EventError::Form, "{odd}");
        }
        for method in [json!(""), json!("G ET"), json!(1), Value::Null] {
            let odd = json!({ "requestContext": { "http": { "method": method } } });
            assert_eq!(read(&event(odd)).unwrap_err(), EventError::Method, "{method}");
        }
        let lone_surrogate = event(json!({ "rawQueryString": "QUERY" })).replace("QUERY", r"\ud800");
        assert_eq!(read(&lone_surrogate).unwrap_err(), EventError::Address);
        let long = event(json!({ "rawQueryString": "x".repeat(70_000) }));
        assert_eq!(read(&long).unwrap_err(), EventError::Address);
    }

    proptest! {
        #[test]
        fn whatever_stands_in_path_query_and_headers_is_a_request(
            path in ".{0,40}", query in ".{0,60}", name in ".{0,8}", value in ".{0,20}", body in ".{0,40}",
        ) {
            let read = request(json!({
                "rawPath": path, "rawQueryString": query, "headers": { name: value }, "body": body,
            }));
            prop_assert_eq!(read.body(), body.as_bytes());
            let decoded = percent_encoding::percent_decode_str(read.uri().query().unwrap_or_default());
            let sent = percent_encoding::percent_decode_str(&query);
            prop_assert_eq!(decoded.decode_utf8_lossy(), sent.decode_utf8_lossy());
        }

        #[test]
        fn never_panics(event in ".{0,80}") {
            let _ = read(&event);
        }
    }
}
