//! Lets only requests pass that a page of the console sent: a browser says so itself, so no form needs a token.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method};
use std::sync::Arc;

use crate::Console;
use crate::stop::Stop;

/// Refuses what another site's page sent, and what came by another host name where the console is on this machine: a page whose name
/// leads here as well (DNS rebinding) would be of the same origin.
pub(crate) async fn same_site(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if console.url.is_local() && host(&request).is_none_or(|host| host != console.authority()) {
        return Stop::WrongHost(console.url.as_str().to_owned()).into_response();
    }
    if *request.method() == Method::POST && !is_own(headers, &console.origin()) {
        return Stop::CrossSite.into_response();
    }
    next.run(request).await
}

fn host(request: &Request) -> Option<String> {
    let told = request.headers().get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    told.or_else(|| request.uri().authority().map(ToString::to_string))
}

/// Whether a browser says that a page of this origin sent the request. Old browsers name the origin only. Where a browser says both, what
/// it says of the site counts: an extension or a policy may make the origin `null`.
fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(told)) => told == origin,
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_consoles_own_pages_may_post() {
        let own = "https://console.example.com";
        for (site, origin, is) in [
            (Some("same-origin"), Some(own), true),
            (Some("same-origin"), None, true),
            (None, Some(own), true),
            (Some("same-site"), Some("https://evil.example.com"), false),
            (Some("cross-site"), None, false),
            (Some("none"), None, false),
            (Some("same-origin"), Some("null"), true),
            (None, Some("null"), false),
            (None, Some("https://console.example.com.evil.org"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(http::HeaderName::from_static(name), value.parse().unwrap());
                }
            }
            assert_eq!(is_own(&headers, own), is, "{site:?} {origin:?}");
        }
    }
}
