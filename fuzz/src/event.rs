//! What the target `http_event` does with the bytes it is given. A file of its own, so that the tests of the crate that
//! reads events can replay the seeds through it.

use koogallery_http_event::{EventError, read};
use percent_encoding::percent_decode_str;
use serde_json::json;

/// The longest path and query together that HTTP's types hold, encoded three bytes for each.
const MAX_ADDRESS: usize = 20_000;

/// A whole event; or `PATH`, `QUERY`, a header's value and a body, a line each, which an event holds as they are: they are
/// a request, and mean the same.
pub fn http_event(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = read(&text);

    let mut parts = text.splitn(4, '\n').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let (path, query, header, body) = (part(), part(), part(), part());
    let event = |is_base64: bool| {
        let (header, body) = (&header, &body);
        let event = json!({ "rawPath": path, "rawQueryString": query, "headers": { "x": header }, "body": body,
            "isBase64Encoded": is_base64, "requestContext": { "http": { "method": "POST" } } });
        read(&event.to_string())
    };
    if path.len() + query.len() < MAX_ADDRESS {
        let request = event(false).unwrap();
        assert_eq!(request.body(), body.as_bytes());
        let same = |sent: &str, read: &str| {
            assert_eq!(percent_decode_str(sent).collect::<Vec<_>>(), percent_decode_str(read).collect::<Vec<_>>());
        };
        same(&query, request.uri().query().unwrap_or_default());
        same(path.trim_start_matches('/'), request.uri().path().trim_start_matches('/'));
    }
    if let Err(error) = event(true) {
        assert!(matches!(error, EventError::Body | EventError::Address));
    }
}
