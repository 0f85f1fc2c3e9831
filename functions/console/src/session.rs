//! Sessions: a browser shows a secret, and the table has its digest. What its person may do is decided anew for each request, so a
//! change of who may enter counts at once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use koogallery::Text;
use koogallery_oidc::random;
use koogallery_store::{About, Action, Actor, ConsoleSession, HandleDigest, Via};

use crate::Console;
use crate::access::{Person, Role};
use crate::entry::Way;
use crate::stop::{Failure, Stop};
use crate::texts::Entry;
use crate::view::{Operator, View, cookie};

/// How long a session lasts: a working day.
const LENGTH: Duration = Duration::from_hours(8);
/// Cookies of hosts only: no other host of the same domain can set them.
const HOST_PREFIX: &str = "__Host-";
const NAME: &str = "koogallery-console";

impl Console {
    fn cookie_name(&self) -> String {
        let prefix = if self.url.is_local() { "" } else { HOST_PREFIX };
        format!("{prefix}{NAME}")
    }

    /// A cookie that only this host gets. `Lax`, because the identity provider leads back by a link.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, seconds: u64) -> Option<(HeaderName, HeaderValue)> {
        let secure = if self.url.is_local() { "" } else { "; Secure" };
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        Some((SET_COOKIE, HeaderValue::from_str(&cookie).ok()?))
    }

    /// Begins a session. Its secret is new, whatever the browser showed before. The cookie to set.
    pub(crate) async fn begin(
        &self,
        person: &Person,
        by_link: bool,
    ) -> Result<Option<(HeaderName, HeaderValue)>, Stop> {
        let (now, secret) = (self.now(), random::secret()?);
        let by = person.address.clone().unwrap_or_else(|| person.subject.clone());
        let by = Text::try_from(by.chars().take(128).collect::<String>()).map_err(|_| Failure::Content)?;
        let session = ConsoleSession {
            by: by.clone(),
            subject: person.subject.clone(),
            address: person.address.clone(),
            groups: person.groups.clone(),
            by_link,
            origin: self.origin(),
            began_at: now,
            until: now.saturating_add(LENGTH),
        };
        let actor = Actor { by, via: Via::Console, reason: None };
        let action = Action::new(&actor, Action::SESSION_BEGUN, About::Deployment, now);
        self.store.begin_session(HandleDigest::of(&secret), &session, &action).await?;
        Ok(self.set_cookie(&self.cookie_name(), &secret, LENGTH.as_secs()))
    }

    /// The cookie that ends a session in its browser.
    pub(crate) fn end_cookie(&self) -> Option<(HeaderName, HeaderValue)> {
        self.set_cookie(&self.cookie_name(), "", 0)
    }

    /// Who shows a session that lasts, and may still enter.
    async fn operator(&self, headers: &HeaderMap) -> Result<Option<Operator>, Stop> {
        let Some(secret) = cookie(headers, &self.cookie_name()).filter(|secret| !secret.is_empty()) else {
            return Ok(None);
        };
        let session = HandleDigest::of(secret);
        let Some(known) = self.store.session(session, self.now()).await? else { return Ok(None) };
        if known.origin != self.origin() {
            return Ok(None);
        }
        let role = match &self.way {
            Way::Link(_) => known.by_link.then_some(Role::Administrator),
            Way::Provider(provider) if !known.by_link => {
                let ConsoleSession { subject, address, groups, .. } = known;
                provider.access.role_of(&Person { subject, address, groups })
            }
            Way::Provider(_) => None,
        };
        Ok(role.map(|role| Operator { by: known.by, role, session }))
    }
}

/// Lets only those pass who are signed in with this role. Others are sent to sign in, and then back.
pub(crate) async fn require(
    State((console, role)): State<(Arc<Console>, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(mut view) = request.extensions().get::<View>().cloned() else {
        return Stop::from(Failure::NoOperator).into_response();
    };
    let operator = match console.operator(request.headers()).await {
        Ok(Some(operator)) => operator,
        Ok(None) => return sign_in(&console, &view, request.method()),
        Err(stop) => return stop.into_response(),
    };
    let mut response = if operator.role < role {
        Stop::Role(role).into_response()
    } else {
        view.operator = Some(operator.clone());
        request.extensions_mut().insert(view);
        next.run(request).await
    };
    response.extensions_mut().insert(operator);
    response
}

fn sign_in(console: &Console, view: &View, method: &Method) -> Response {
    match &console.way {
        Way::Link(_) => Stop::Entry(Entry::NeedLink, Entry::NeedLinkHelp, None).into_response(),
        Way::Provider(_) if *method == Method::GET => {
            let to = form_urlencoded::Serializer::new(String::new()).append_pair("to", &view.here).finish();
            Redirect::to(&view.at(format_args!("/sign-in?{to}"))).into_response()
        }
        Way::Provider(_) => Stop::Entry(Entry::SignIn, Entry::SignInHelp, None).into_response(),
    }
}
