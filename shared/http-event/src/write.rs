//! Writes a response as Lambda takes it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use http::header::HeaderName;
use serde::Serialize;
use serde_json::value::RawValue;

/// A response of payload format 2.0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: &'a str,
    is_base64_encoded: bool,
    /// Always empty. Lambda does not need the member, but emulators do.
    cookies: [&'a str; 0],
}

/// Writes a response. Each header has the name that it has on an HTTP/1.1 connection: `Body-Sign`, `Content-Type`. A body
/// that is not a text is written in base64.
pub fn write(response: &Response<Bytes>) -> Result<Box<RawValue>, serde_json::Error> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in response.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let values = headers.entry(name_on_the_wire(name)).or_default();
        if !values.is_empty() {
            values.push_str(", ");
        }
        values.push_str(&value);
    }
    let text = std::str::from_utf8(response.body());
    let encoded = text.is_err().then(|| STANDARD.encode(response.body()));
    serde_json::value::to_raw_value(&Answer {
        status_code: response.status().as_u16(),
        headers,
        body: encoded.as_deref().or(text.ok()).unwrap_or_default(),
        is_base64_encoded: encoded.is_some(),
        cookies: [],
    })
}

/// The name with each word's first letter in upper case. `http` keeps header names in lower case.
fn name_on_the_wire(name: &HeaderName) -> String {
    let mut first = true;
    let spelled = name.as_str().chars().map(|c| {
        let c = if first { c.to_ascii_uppercase() } else { c };
        first = c == '-';
        c
    });
    spelled.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written(response: &Response<Bytes>) -> Value {
        serde_json::from_str(write(response).unwrap().get()).unwrap()
    }

    #[test]
    fn headers_have_the_names_of_the_wire() {
        let response = Response::builder()
            .header("body-sign", "sign_type=\"HMAC-SHA256\"")
            .header("Content-Type", "application/json")
            .header("allow", "GET")
            .header("allow", "PUT")
            .body(Bytes::from_static(b"{}"))
            .unwrap();
        assert_eq!(
            written(&response),
            json!({
                "statusCode": 200,
                "headers": {
                    "Body-Sign": "sign_type=\"HMAC-SHA256\"",
                    "Content-Type": "application/json",
                    "Allow": "GET, PUT",
                },
                "body": "{}",
                "isBase64Encoded": false,
                "cookies": [],
            })
        );
    }

    #[test]
    fn a_body_that_is_no_text_goes_in_base64() {
        let response = Response::builder().status(404).body(Bytes::from_static(&[0xff, 0x00])).unwrap();
        let written = written(&response);
        assert_eq!((&written["body"], &written["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
        assert_eq!(written["statusCode"], 404);
    }
}
