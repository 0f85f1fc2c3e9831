//! Finds the callback and the dialect of a request. The front door and the local host use the same function.
//!
//! A seller registers one production address. The basic callbacks are POST requests to it, and the body's `activity` says which one
//! it is. V1.0 sends GET requests with `activity` in the query. The joint-operations kit appends a fixed path.

use http::{Method, Request};
use serde::Deserialize;

use crate::auth_token;
use crate::callbacks::Callback;
use crate::dialect::Dialect;

/// The largest body of a basic callback: 1 MiB, thousands of times what the guides' fields need.
pub const MAX_BASIC_BODY: usize = 1024 * 1024;
/// The largest body of a joint-operations callback, whose lists may have thousands of users: the most that Lambda takes.
pub const MAX_KIT_BODY: usize = 6 * 1024 * 1024;

/// The callback whose function refuses requests that are not callbacks: it only reads and changes nothing.
const REFUSES: Callback = Callback::QueryInstance;

/// What a request seems to be, before its signature is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// The callback.
    pub callback: Callback,
    /// The dialect.
    pub dialect: Dialect,
}

/// Why a request is not a callback. The answer is always `000002`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The method is neither POST nor a V1.0 GET.
    #[error("method {0} is not one of KooGallery's: callbacks are POST (V2.0) or GET (V1.0)")]
    Method(Method),
    /// The body is longer than the dialect's limit.
    #[error("the body has {length} bytes, more than the {limit} that a callback can need")]
    TooLarge {
        /// The length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The body is not a JSON object, in UTF-8, with a text `activity`.
    #[error("the body is not a JSON object that names its activity")]
    NoActivity,
    /// A GET request whose query has no `activity`.
    #[error("the query names no activity")]
    NoActivityInQuery,
    /// The activity is unknown. The error does not contain it, because a stranger sent it.
    #[error("the activity is not one of KooGallery's")]
    UnknownActivity,
}

/// Finds the callback of a request. It reads only `activity` of the body.
///
/// The kit's paths are found after any prefix of the production address, in upper or lower case.
pub fn route<B: AsRef<[u8]>>(request: &Request<B>) -> Result<Route, RouteError> {
    let body = request.body().as_ref();
    match *request.method() {
        Method::POST => match kit_route(request.uri().path()) {
            Some(route) => within(MAX_KIT_BODY, body).map(|()| route),
            None => within(MAX_BASIC_BODY, body).and_then(|()| basic_v2_route(body)),
        },
        Method::GET => basic_v1_route(request.uri().query().unwrap_or_default()),
        ref other => Err(RouteError::Method(other.clone())),
    }
}

/// The callback whose function answers a request. For a callback it is the callback itself. A request that is not a callback but has a V1.0 authToken goes to
/// queryInstance's function. It refuses the request with a signed reply, as V1.0 wants it; the front door has no key for that. Any
/// other request is refused by the caller of this function.
pub fn answering_callback<B: AsRef<[u8]>>(request: &Request<B>) -> Result<Callback, RouteError> {
    match route(request) {
        Ok(route) => Ok(route.callback),
        Err(_) if v1_dialect(request).is_some() => Ok(REFUSES),
        Err(error) => Err(error),
    }
}

/// The V1.0 dialect of a request, from the place of its authToken, whatever else it is. Returns none if it has no authToken.
#[must_use]
pub fn v1_dialect<B>(request: &Request<B>) -> Option<Dialect> {
    if request.headers().get(auth_token::NAME).is_some_and(|token| !token.is_empty()) {
        return Some(Dialect::KitV1);
    }
    let mut parameters = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let carries = parameters.any(|(name, value)| name == auth_token::NAME && !value.is_empty());
    carries.then_some(Dialect::BasicV1)
}

fn within(limit: usize, body: &[u8]) -> Result<(), RouteError> {
    if body.len() > limit { Err(RouteError::TooLarge { length: body.len(), limit }) } else { Ok(()) }
}

fn kit_route(path: &str) -> Option<Route> {
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let name = segments.next()?;
    let parent = segments.next()?;
    let dialect = if parent.eq_ignore_ascii_case("produceAPI") {
        Dialect::KitV1
    } else if parent.eq_ignore_ascii_case("v2") && segments.next()?.eq_ignore_ascii_case("produceAPI") {
        Dialect::KitV2
    } else {
        return None;
    };
    Some(Route { callback: Callback::named(dialect, name)?, dialect })
}

fn basic_v2_route(body: &[u8]) -> Result<Route, RouteError> {
    #[derive(Deserialize)]
    struct Named {
        activity: String,
    }
    // It is read as text first, because a JSON reader does not check the characters of members that it skips.
    let body = std::str::from_utf8(body).map_err(|_| RouteError::NoActivity)?;
    let Named { activity } = serde_json::from_str(body).map_err(|_| RouteError::NoActivity)?;
    named(Dialect::BasicV2, &activity)
}

fn basic_v1_route(query: &str) -> Result<Route, RouteError> {
    let activity = form_urlencoded::parse(query.as_bytes())
        .find_map(|(name, value)| (name == "activity").then_some(value))
        .ok_or(RouteError::NoActivityInQuery)?;
    named(Dialect::BasicV1, &activity)
}

fn named(dialect: Dialect, activity: &str) -> Result<Route, RouteError> {
    let callback = Callback::named(dialect, activity).ok_or(RouteError::UnknownActivity)?;
    Ok(Route { callback, dialect })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: &str, uri: &str, body: &str) -> Result<Route, RouteError> {
        route(&Request::builder().method(method).uri(uri).body(body.to_owned()).unwrap())
    }

    #[test]
    fn basic_callbacks_are_told_apart_by_activity_whatever_the_path() {
        for callback in Callback::ALL.into_iter().filter(|callback| !callback.is_kit()) {
            let body = format!(r#"{{"activity":"{}","x":[1]}}"#, callback.activity());
            let expected = Ok(Route { callback, dialect: Dialect::BasicV2 });
            assert_eq!(routed("POST", "/", &body), expected);
            assert_eq!(routed("POST", "/any/prefix?signature=x", &body), expected);
        }
    }

    #[test]
    fn kit_callbacks_are_told_apart_by_the_end_of_the_path() {
        for callback in Callback::ALL.into_iter().filter(|callback| callback.is_kit()) {
            for prefix in ["", "/shop/a", "/produceAPI"] {
                let v2 = format!("{prefix}/produceAPI/v2/{}", callback.activity());
                assert_eq!(routed("POST", &v2, ""), Ok(Route { callback, dialect: Dialect::KitV2 }));
                let v1 = format!("{prefix}/PRODUCEapi/{}/", callback.activity().to_uppercase());
                assert_eq!(routed("POST", &v1, ""), Ok(Route { callback, dialect: Dialect::KitV1 }));
            }
        }
    }

    #[test]
    fn v1_activities_go_to_the_callback_that_means_the_same() {
        for callback in Callback::ALL {
            for (_, activity) in callback.names().iter().filter(|(dialect, _)| *dialect == Dialect::BasicV1) {
                let expected = Ok(Route { callback, dialect: Dialect::BasicV1 });
                assert_eq!(routed("GET", &format!("/p?a=1&activity={activity}"), ""), expected);
            }
        }
        for activity in ["expireInstance", "instanceStatus"] {
            let routed = routed("GET", &format!("/?activity={activity}"), "").unwrap();
            assert_eq!(routed.callback, Callback::UpdateInstanceStatus);
        }
    }

    #[test]
    fn what_carries_an_auth_token_is_refused_by_a_function() {
        let to = |method: &str, uri: &str, body: &str| {
            answering_callback(&Request::builder().method(method).uri(uri).body(body.to_owned()).unwrap())
        };
        assert_eq!(to("GET", "/?activity=upgrade&authToken=x", ""), Ok(Callback::UpgradeInstance));
        for uri in ["/?activity=giveInstance&authToken=x", "/?authToken=x", "/produceAPI/giveSync?authToken=x"] {
            assert_eq!(to("GET", uri, ""), Ok(REFUSES), "{uri}");
        }
        assert_eq!(to("GET", "/?activity=giveInstance", ""), Err(RouteError::UnknownActivity));
        assert_eq!(to("POST", "/", "{}"), Err(RouteError::NoActivity));
        let kit = Request::post("/produceAPI/giveSync").header("authToken", "x").body("{}").unwrap();
        assert_eq!(answering_callback(&kit), Ok(REFUSES));
    }

    #[test]
    fn anything_else_says_why_not() {
        assert_eq!(routed("PUT", "/", "{}"), Err(RouteError::Method(Method::PUT)));
        assert_eq!(routed("GET", "/", ""), Err(RouteError::NoActivityInQuery));
        assert_eq!(routed("GET", "/?activity=upgradeInstance", ""), Err(RouteError::UnknownActivity));
        for body in ["", "x", "[]", "{}", r#"{"activity":1}"#, r#"{"activity":"newInstance","activity":"x"}"#] {
            assert_eq!(routed("POST", "/", body), Err(RouteError::NoActivity), "{body}");
        }
        assert_eq!(routed("POST", "/", r#"{"activity":"tenantSync"}"#), Err(RouteError::UnknownActivity));
        let not_text = Request::post("/").body(b"{\"activity\":\"newInstance\",\"x\":\"\xff\"}").unwrap();
        assert_eq!(route(&not_text), Err(RouteError::NoActivity));
        let huge = " ".repeat(MAX_BASIC_BODY + 1);
        assert!(matches!(routed("POST", "/", &huge), Err(RouteError::TooLarge { .. })));
    }
}
