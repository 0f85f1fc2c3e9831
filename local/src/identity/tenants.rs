//! What the identity service is configured with: enterprises, their applications and their users.

use std::fmt;

use koogallery::{AppId, ClientId, OrgCode, PersonName, Role, TenantCode, TenantId, TenantName, UserName};
use koogallery_runtime::SecretText;
use reqwest::Url;
use serde::Deserialize;

/// An enterprise. Its login domain is below the service's own address.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// The id that tenantSync names.
    pub tenant_id: TenantId,
    /// The code that tenantSync names.
    pub tenant_code: TenantCode,
    /// The enterprise's name.
    pub name: TenantName,
    /// The seller's applications that it has bound.
    pub applications: Vec<Application>,
    /// Who may log in.
    pub users: Vec<User>,
}

/// A seller's application, as an enterprise has bound it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Application {
    /// The id of the seller's credential: the same for all enterprises.
    pub app_id: AppId,
    /// Its name at the workbench.
    pub name: String,
    /// The OAuth client of this enterprise's application.
    pub client_id: ClientId,
    /// That client's secret, in the clear.
    pub client_secret: SecretText,
    /// The registered redirect address.
    pub callback: Callback,
    /// The registered callback of CAS; without one the application does not speak CAS.
    #[serde(default)]
    pub cas_callback: Option<Callback>,
    /// Whether tokens come with a refresh token.
    #[serde(default)]
    pub refresh_tokens: RefreshTokens,
}

/// What becomes of refresh tokens. The guide does not say whether a refresh returns another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefreshTokens {
    /// A refresh returns another one, and the old one ends.
    #[default]
    Renewed,
    /// A refresh returns none, and the old one goes on.
    Kept,
    /// There are none: the application's settings have no lifetime for them.
    None,
}

/// A user of an enterprise: for tests, so the password stands in the clear.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The login name, as authSync has it.
    pub user_name: UserName,
    /// What the login page asks for.
    pub password: SecretText,
    /// The person's name.
    pub name: PersonName,
    /// What the user may do.
    pub role: Role,
    /// The code of the department, as authSync's `orgCode`.
    pub organization_code: OrgCode,
    /// A mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// A telephone number.
    #[serde(default)]
    pub mobile: Option<String>,
    /// How much userinfo and CAS tell.
    #[serde(default)]
    pub tells: Tells,
}

/// How much is told of a user: every member but `userName` is optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tells {
    /// All members that the guide names.
    #[default]
    All,
    /// Those of the guide's sample: `id`, `name`, `userName`, `mobile`, `email`.
    Sample,
    /// `userName` alone.
    UserName,
}

/// An address of the seller's to which a browser is sent.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Callback(Url);

/// The text is no address that a browser could be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no callback: give a whole address, such as http://127.0.0.1:9000/login/callback")]
pub struct CallbackError(String);

impl TryFrom<String> for Callback {
    type Error = CallbackError;
    fn try_from(text: String) -> Result<Self, CallbackError> {
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        url.filter(|url| url.fragment().is_none()).map(Self).ok_or(CallbackError(text))
    }
}

impl std::str::FromStr for Callback {
    type Err = CallbackError;
    fn from_str(text: &str) -> Result<Self, CallbackError> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callback").field(&self.as_str()).finish()
    }
}

impl Callback {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address with these parameters behind its own ones.
    pub(super) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }

    /// Whether another address is this one, or one on its domain.
    pub(super) fn covers(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| url.origin() == self.0.origin() && url.fragment().is_none())
    }

    /// Whether another address is this one, however it is written.
    pub(super) fn is(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| url == self.0)
    }
}

impl Tenant {
    /// The user with this login name and password.
    pub(super) fn user_with(&self, account: &str, password: &str) -> Option<&User> {
        self.users.iter().find(|user| user.user_name.as_str() == account && user.password.reveal() == password)
    }

    /// A user by login name, with the place among all.
    pub(super) fn user(&self, name: &UserName) -> Option<(usize, &User)> {
        self.users.iter().enumerate().find(|(_, user)| user.user_name == *name)
    }

    /// The application with this id.
    pub(super) fn application(&self, id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.app_id.as_str() == id)
    }

    /// The application of this OAuth client.
    pub(super) fn client(&self, id: &str) -> Option<&Application> {
        self.applications.iter().find(|application| application.client_id.as_str() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_whole_address() {
        for bad in ["", "/login/callback", "app.example.com", "ftp://example.com/", "https://example.com/#part"] {
            assert!(bad.parse::<Callback>().is_err(), "{bad}");
        }
        let callback: Callback = "https://app.example.com/login?from=koogallery".parse().unwrap();
        assert_eq!(
            callback.with(&[("code", "a b"), ("state", "1")]),
            "https://app.example.com/login?from=koogallery&code=a+b&state=1"
        );
        assert!(callback.covers("https://app.example.com/elsewhere") && !callback.is("https://app.example.com/"));
        for other in ["http://app.example.com/login", "https://app.example.com:8443/", "https://example.com/", "x"] {
            assert!(!callback.covers(other), "{other}");
        }
    }
}
