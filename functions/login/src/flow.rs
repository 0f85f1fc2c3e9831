//! A flow: one login on its way through a browser, from `/authorize` to the application's code.
//!
//! The table has the flow under the digest of its id. The browser has a cookie for each flow, with a secret: so nobody can begin a
//! login in one browser and end it in another one.

use axum::response::{IntoResponse, Response};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use koogallery_store::HandleDigest;
use serde::{Deserialize, Serialize};

use crate::stop::Stop;
use crate::tenant::TenantApplication;
use koogallery_oidc::random::{self, NoRandomness};

/// How long a user has to log in, in seconds.
pub(crate) const FLOW_SECONDS: u64 = 600;
/// The most flows that one browser has at a time. The oldest one ends when there are more.
const MOST_FLOWS: usize = 5;
/// Cookies of hosts only: no other host of the same domain can set them.
const HOST_PREFIX: &str = "__Host-";
const NAME: &str = "koogallery-login-";

/// What an application asked for, and for which tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    /// The scopes, separated by spaces.
    pub(crate) scope: String,
    pub(crate) code_challenge: Option<String>,
    /// None while the unified login page has still to ask for it.
    pub(crate) tenant: Option<TenantApplication>,
}

/// By which way a browser comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the tenant's OAuth 2.0, with the flow's id as state.
    OAuth2,
    /// From the tenant's CAS, which passes on no state.
    Cas,
    /// From KooGallery's unified login page, which passes on no state.
    Unified,
}

impl Way {
    const fn letter(self) -> char {
        match self {
            Self::OAuth2 => 'o',
            Self::Cas => 'c',
            Self::Unified => 'u',
        }
    }
}

/// A flow's id, and the secret that its browser has.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FlowHandle {
    way: Way,
    /// Twelve hex digits of its time, so that ids sort by it, then random ones: letters and digits only, as a tenant's login demands
    /// of a state.
    id: String,
    secret: String,
}

impl FlowHandle {
    /// Another one than any before. `now` is in milliseconds since the epoch.
    pub(crate) fn new(way: Way, now: i64) -> Result<Self, NoRandomness> {
        let id = format!("{now:012x}{}", random::letters_and_digits()?);
        Ok(Self { way, id, secret: random::secret()? })
    }

    /// The id: what a tenant's login gets as state.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Where the table has it.
    pub(crate) fn digest(&self) -> HandleDigest {
        HandleDigest::of(&self.id)
    }

    /// What the browser has to show.
    pub(crate) fn bound_to(&self) -> HandleDigest {
        HandleDigest::of(&self.secret)
    }

    fn cookie_name(&self, is_local: bool) -> String {
        let prefix = if is_local { "" } else { HOST_PREFIX };
        format!("{prefix}{NAME}{}-{}", self.way.letter(), self.id)
    }
}

/// The flows of one browser, as its cookies tell.
pub(crate) struct BrowserFlows {
    /// From the oldest to the newest.
    flows: Vec<FlowHandle>,
    is_local: bool,
}

impl BrowserFlows {
    /// Reads a request's cookies. Without TLS (`is_local`) a browser takes no cookie of hosts only.
    pub(crate) fn of(headers: &HeaderMap, is_local: bool) -> Self {
        let prefix = if is_local { NAME.to_owned() } else { format!("{HOST_PREFIX}{NAME}") };
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let read = |cookie: &str| {
            let (name, secret) = cookie.trim().split_once('=')?;
            let (way, id) = name.strip_prefix(&prefix)?.split_once('-')?;
            let way =
                [Way::OAuth2, Way::Cas, Way::Unified].into_iter().find(|known| *way == *known.letter().to_string())?;
            Some(FlowHandle { way, id: id.to_owned(), secret: secret.to_owned() })
        };
        let mut flows: Vec<FlowHandle> = cookies.flat_map(|cookies| cookies.split(';')).filter_map(read).collect();
        flows.sort_by(|one, other| one.id.cmp(&other.id));
        Self { flows, is_local }
    }

    /// The flow with this id.
    pub(crate) fn named(&self, id: &str) -> Option<&FlowHandle> {
        self.flows.iter().find(|flow| flow.id == id)
    }

    /// The flow of a browser that comes back without a state: the newest one that waits on this way.
    pub(crate) fn newest(&self, way: Way) -> Option<&FlowHandle> {
        self.flows.iter().rfind(|flow| flow.way == way)
    }

    /// The cookies to set for a new flow: its own, and the ends of the oldest ones if there are too many.
    pub(crate) fn begin(&self, flow: &FlowHandle) -> Vec<(http::HeaderName, HeaderValue)> {
        let too_many = (self.flows.len() + 1).saturating_sub(MOST_FLOWS);
        let ends = self.flows.iter().take(too_many).filter_map(|old| self.end(old));
        ends.chain(self.cookie(flow, &flow.secret, FLOW_SECONDS)).collect()
    }

    /// The cookie that ends a flow.
    pub(crate) fn end(&self, flow: &FlowHandle) -> Option<(http::HeaderName, HeaderValue)> {
        self.cookie(flow, "", 0)
    }

    /// A flow that ends without a login leaves no cookie: else the next browser that comes without a state would be taken for this
    /// flow's. Where this deployment failed, the browser may try the same once more.
    pub(crate) fn without_cookie(&self, flow: &FlowHandle, ended: Result<Response, Stop>) -> Result<Response, Stop> {
        let stop = match ended {
            Err(stop @ (Stop::Page(_) | Stop::Back(..))) => stop,
            other => return other,
        };
        let mut response = stop.into_response();
        if let Some((name, cookie)) = self.end(flow) {
            response.headers_mut().append(name, cookie);
        }
        Ok(response)
    }

    fn cookie(&self, flow: &FlowHandle, value: &str, seconds: u64) -> Option<(http::HeaderName, HeaderValue)> {
        let name = flow.cookie_name(self.is_local);
        let secure = if self.is_local { "" } else { "; Secure" };
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        Some((SET_COOKIE, HeaderValue::from_str(&cookie).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Reason;
    use crate::stop::{Failure, Page};

    fn sent_back(cookies: &[(http::HeaderName, HeaderValue)]) -> HeaderMap {
        let pairs = cookies.iter().filter_map(|(_, cookie)| cookie.to_str().unwrap().split(';').next());
        let pairs: Vec<&str> = pairs.filter(|pair| !pair.ends_with('=')).collect();
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&pairs.join("; ")).unwrap())])
    }

    #[test]
    fn a_browser_shows_again_what_it_was_given() {
        for is_local in [false, true] {
            let flow = FlowHandle::new(Way::Unified, 1_764_000_000_000).unwrap();
            let none = BrowserFlows::of(&HeaderMap::new(), is_local);
            let cookies = none.begin(&flow);
            let text = cookies[0].1.to_str().unwrap();
            assert_eq!(text.starts_with("__Host-"), !is_local);
            assert_eq!(text.contains("; Secure"), !is_local);
            assert!(text.contains("HttpOnly; SameSite=Lax") && text.contains("Path=/;"));
            let shown = BrowserFlows::of(&sent_back(&cookies), is_local);
            assert!(shown.named(flow.id()).unwrap() == &flow);
            assert!(shown.newest(Way::Unified).unwrap() == &flow);
            assert!(shown.newest(Way::Cas).is_none());
            assert!(flow.id().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert!(BrowserFlows::of(&sent_back(&cookies), !is_local).named(flow.id()).is_none());
        }
    }

    #[test]
    fn a_flow_that_ended_leaves_no_cookie_and_one_that_met_a_fault_keeps_it() {
        let flow = FlowHandle::new(Way::Unified, 1_764_000_000_000).unwrap();
        let flows = BrowserFlows::of(&HeaderMap::new(), false);
        let page = flows.without_cookie(&flow, Err(Page::new(Reason::NotGranted).into())).unwrap();
        let cookie = page.headers()[SET_COOKIE].to_str().unwrap();
        assert!(cookie.contains(flow.id()) && cookie.contains("Max-Age=0"), "{cookie}");
        assert!(flows.without_cookie(&flow, Err(Failure::Deadline.into())).is_err());
    }

    #[test]
    fn a_browser_has_at_most_five_and_the_oldest_ends_first() {
        let mut held: Vec<FlowHandle> = Vec::new();
        for second in 0..7 {
            let pairs: Vec<String> =
                held.iter().map(|flow| format!("{}={}", flow.cookie_name(false), flow.secret)).collect();
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&pairs.join("; ")).unwrap())]);
            let flow = FlowHandle::new(Way::OAuth2, 1_764_000_000_000 + second).unwrap();
            let cookies = BrowserFlows::of(&headers, false).begin(&flow);
            let ended = cookies.iter().filter(|(_, cookie)| cookie.to_str().unwrap().contains("Max-Age=0")).count();
            assert_eq!(ended, usize::from(second >= 5), "{second}");
            if ended == 1 {
                assert!(cookies[0].1.to_str().unwrap().contains(held.remove(0).id()));
            }
            held.push(flow);
        }
    }
}
