//! Who is logged in, and what was handed out for it: sessions of browsers, codes, tokens and tickets. No HTTP here.

use std::collections::HashMap;
use std::time::Duration;

use koogallery::{ClientId, TenantId, Timestamp, UserName};
use uuid::Uuid;

use super::tenants::{Application, RefreshTokens};

/// How long a code or a ticket waits for its use. The guide does not say.
const CODE: Duration = Duration::from_mins(5);
/// How long an access token opens userinfo.
pub(super) const ACCESS_TOKEN: Duration = Duration::from_hours(2);
const REFRESH_TOKEN: Duration = Duration::from_hours(30 * 24);

/// A user of an enterprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) tenant: TenantId,
    pub(super) user: UserName,
}

/// A user who lets an application know who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) who: Who,
    pub(super) client: ClientId,
}

/// What a browser's cookie stands for.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) who: Who,
    /// The password was typed, and no application has been told so yet.
    pub(super) is_new: bool,
}

#[derive(Debug)]
struct Kept<T> {
    value: T,
    until: Timestamp,
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    /// The one that authorize was called with, or the registered one where nobody called it.
    redirect_uri: String,
}

/// A ticket of CAS.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) who: Who,
    pub(super) service: String,
    pub(super) from_new_login: bool,
    pub(super) at: Timestamp,
}

/// What a token request returns.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
}

/// Why a token request is refused: the error and its description, as the guide has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("Invalid authorization code")]
    Code,
    #[error("Invalid refresh token")]
    RefreshToken,
    #[error("Client ID mismatch")]
    OtherClient,
    #[error("Bad client credentials")]
    Client,
    /// The guide says that it must be the same, and not what is answered otherwise: this is Spring Security OAuth's answer, whose
    /// words the others are.
    #[error("Redirect URI mismatch.")]
    RedirectUri,
}

impl Refusal {
    /// The `error` beside the description.
    pub(super) const fn error(self) -> &'static str {
        match self {
            Self::Code | Self::RefreshToken | Self::RedirectUri => "invalid_grant",
            Self::OtherClient | Self::Client => "invalid_client",
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Logins {
    sessions: HashMap<String, Session>,
    codes: HashMap<String, Kept<Code>>,
    access_tokens: HashMap<String, Kept<Grant>>,
    refresh_tokens: HashMap<String, Kept<Grant>>,
    tickets: HashMap<String, Kept<Ticket>>,
}

/// Letters and digits that nobody can guess.
fn unguessable() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

impl<T> Kept<T> {
    fn if_in_time(self, now: Timestamp) -> Option<T> {
        (now <= self.until).then_some(self.value)
    }
}

impl Logins {
    /// A user typed the password. Returns what the cookie holds.
    pub(super) fn begin(&mut self, who: Who) -> String {
        let id = unguessable();
        self.sessions.insert(id.clone(), Session { who, is_new: true });
        id
    }

    pub(super) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// A user logs out: every application of the enterprise asks for the password again.
    pub(super) fn end(&mut self, id: &str) {
        self.sessions.remove(id);
    }

    /// A code, which works once.
    pub(super) fn code(&mut self, grant: Grant, redirect_uri: &str, now: Timestamp) -> String {
        let code = unguessable();
        let value = Code { grant, redirect_uri: redirect_uri.to_owned() };
        self.codes.insert(code.clone(), Kept { value, until: now.saturating_add(CODE) });
        code
    }

    /// Redeems a code, whoever presents it: it is gone then.
    pub(super) fn redeem(
        &mut self,
        application: &Application,
        tenant: &TenantId,
        code: &str,
        redirect_uri: Option<&str>,
        now: Timestamp,
    ) -> Result<Tokens, Refusal> {
        let kept = self.codes.remove(code).and_then(|code| code.if_in_time(now)).ok_or(Refusal::Code)?;
        if kept.grant.who.tenant != *tenant {
            return Err(Refusal::Code);
        }
        if kept.grant.client != application.client_id {
            return Err(Refusal::OtherClient);
        }
        if redirect_uri.is_some_and(|sent| sent != kept.redirect_uri) {
            return Err(Refusal::RedirectUri);
        }
        let refresh = (application.refresh_tokens != RefreshTokens::None).then(|| self.refresh_token(&kept.grant, now));
        Ok(Tokens { access: self.access_token(kept.grant, now), refresh })
    }

    /// Renews the tokens of a grant.
    pub(super) fn refresh(
        &mut self,
        application: &Application,
        tenant: &TenantId,
        token: &str,
        now: Timestamp,
    ) -> Result<Tokens, Refusal> {
        let kept = self.refresh_tokens.get(token).filter(|kept| now <= kept.until && kept.value.who.tenant == *tenant);
        let grant = kept.map(|kept| kept.value.clone()).ok_or(Refusal::RefreshToken)?;
        if grant.client != application.client_id {
            return Err(Refusal::OtherClient);
        }
        let refresh = (application.refresh_tokens == RefreshTokens::Renewed).then(|| {
            self.refresh_tokens.remove(token);
            self.refresh_token(&grant, now)
        });
        Ok(Tokens { access: self.access_token(grant, now), refresh })
    }

    fn access_token(&mut self, value: Grant, now: Timestamp) -> String {
        let token = unguessable();
        self.access_tokens.insert(token.clone(), Kept { value, until: now.saturating_add(ACCESS_TOKEN) });
        token
    }

    fn refresh_token(&mut self, grant: &Grant, now: Timestamp) -> String {
        let token = unguessable();
        let until = now.saturating_add(REFRESH_TOKEN);
        self.refresh_tokens.insert(token.clone(), Kept { value: grant.clone(), until });
        token
    }

    /// Whose an access token is.
    pub(super) fn bearer(&self, token: &str, now: Timestamp) -> Option<&Grant> {
        self.access_tokens.get(token).filter(|kept| now <= kept.until).map(|kept| &kept.value)
    }

    /// A ticket of CAS, which works once.
    pub(super) fn ticket(&mut self, session: &str, service: &str, now: Timestamp) -> Option<String> {
        let session = self.sessions.get_mut(session)?;
        let from_new_login = std::mem::take(&mut session.is_new);
        let value = Ticket { who: session.who.clone(), service: service.to_owned(), from_new_login, at: now };
        let ticket = format!("ST-{}", unguessable());
        self.tickets.insert(ticket.clone(), Kept { value, until: now.saturating_add(CODE) });
        Some(ticket)
    }

    /// Validates a ticket, whoever presents it: it is gone then.
    pub(super) fn validate(&mut self, ticket: &str, tenant: &TenantId, now: Timestamp) -> Option<Ticket> {
        let ticket = self.tickets.remove(ticket).and_then(|ticket| ticket.if_in_time(now));
        ticket.filter(|ticket| ticket.who.tenant == *tenant)
    }
}
