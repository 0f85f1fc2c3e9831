//! The seller's applications, as clients of the login: in `KOOGALLERY_OIDC_CLIENTS`, or in a document. The members are those of OpenID
//! Connect's registration, where it has one.

use koogallery::AppId;
use serde::Deserialize;
use strum::{EnumString, IntoStaticStr, VariantArray};
use url::Url;

use crate::algorithm::Algorithm;
use crate::safe_address::is_this_machine;

/// A client: one of the seller's applications.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcClient {
    /// Its id, of the seller's choice: 1 to 64 letters, digits, `-`, `_`, `.`.
    pub client_id: String,
    /// SHA-256 of its secret, in hex; several while one follows another. None for a public client, which cannot keep a secret.
    #[serde(default)]
    pub client_secret_sha256: Hashes,
    /// How it proves who it is: only `none` has to be said, by a client without a secret.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The application's credential (应用凭证) in Seller Console: which of a tenant's applications it is.
    pub app_id: AppId,
    /// Its name on pages for users; its id if there is none.
    #[serde(default)]
    pub client_name: Option<String>,
    /// Where codes go. A request must name one of them exactly.
    pub redirect_uris: Vec<String>,
    /// Where browsers go after a logout. A request must name one of them exactly.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Its home page: where users arrive who come from the tenant's workbench.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// Where a login begins that the tenant's workbench started.
    #[serde(default)]
    pub initiate_login_uri: Option<String>,
    /// What signs its ID tokens: RS256 unless it says otherwise.
    #[serde(default)]
    pub id_token_signed_response_alg: Algorithm,
    /// How the tenants' users log in to it: KooGallery's OAuth 2.0, or CAS 3.0 as older applications do.
    #[serde(default)]
    pub identity_protocol: IdentityProtocol,
}

/// One digest, or several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(untagged)]
pub enum Hashes {
    /// Several, or none.
    Several(Vec<String>),
    /// One.
    One(String),
    /// None.
    #[default]
    None,
}

impl Hashes {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(hash) => std::slice::from_ref(hash),
            Self::Several(hashes) => hashes,
        }
    }
}

/// How a client proves who it is at `/token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AuthMethod {
    /// Its secret comes in the header `Authorization`.
    ClientSecretBasic,
    /// Its secret comes in the form.
    ClientSecretPost,
    /// It has no secret.
    None,
}

/// How a tenant's users log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum IdentityProtocol {
    /// OAuth 2.0.
    #[default]
    OAuth2,
    /// CAS 3.0.
    Cas,
}

/// A member of a client, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{member} {problem}")]
pub struct ClientProblem {
    /// Which member.
    pub member: &'static str,
    /// What is wrong with it, to be read after the member's name.
    pub problem: &'static str,
}

impl OidcClient {
    /// Its name on pages.
    #[must_use]
    pub fn name(&self) -> &str {
        self.client_name.as_deref().unwrap_or(&self.client_id)
    }

    /// Its home page: the one that it says, or the root of where its logins begin.
    #[must_use]
    pub fn home(&self) -> Option<String> {
        let root = |uri: &String| Url::parse(uri).ok()?.join("/").ok().map(String::from);
        self.client_uri.clone().or_else(|| root(self.initiate_login_uri.as_ref()?))
    }

    /// Whether it cannot keep a secret.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.client_secret_sha256.all().is_empty()
    }

    /// What is wrong with it first, although each member has its form.
    pub fn check(&self) -> Result<(), ClientProblem> {
        let all_are_safe = |uris: &[String]| uris.iter().all(|uri| is_safe(uri));
        let is_safe_if_there = |uri: &Option<String>| uri.as_deref().is_none_or(is_safe);
        for (member, is_right, problem) in [
            ("client_id", is_client_id(&self.client_id), NO_ID),
            ("client_secret_sha256", self.client_secret_sha256.all().iter().all(|hash| is_digest(hash)), NO_DIGEST),
            ("client_secret_sha256", self.says_whether_it_is_public(), NO_SECRET),
            ("redirect_uris", !self.redirect_uris.is_empty(), NO_ADDRESS),
            ("redirect_uris", all_are_safe(&self.redirect_uris), UNSAFE),
            ("post_logout_redirect_uris", all_are_safe(&self.post_logout_redirect_uris), UNSAFE),
            ("initiate_login_uri", is_safe_if_there(&self.initiate_login_uri), UNSAFE),
            ("client_uri", is_safe_if_there(&self.client_uri), UNSAFE),
        ] {
            if !is_right {
                return Err(ClientProblem { member, problem });
            }
        }
        Ok(())
    }

    fn says_whether_it_is_public(&self) -> bool {
        (self.token_endpoint_auth_method == Some(AuthMethod::None)) == self.is_public()
    }
}

pub(crate) const NO_ID: &str = "must be 1 to 64 letters, digits, -, _ and .";
pub(crate) const NO_DIGEST: &str =
    "must be 64 lower-case hex digits: `koogallery login client` makes a secret and its digest";
pub(crate) const NO_SECRET: &str =
    "must be there, or token_endpoint_auth_method must be none: a client without a secret says so";
pub(crate) const NO_ADDRESS: &str = "must name at least one address";
pub(crate) const UNSAFE: &str = "must be https:// addresses without fragment; http:// only on the user's own machine";

pub(crate) fn is_client_id(id: &str) -> bool {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(is_right)
}

pub(crate) fn is_digest(hash: &str) -> bool {
    hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn is_safe(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        let is_here = || url.host_str().is_some_and(|host| is_this_machine(host.trim_matches(['[', ']'])));
        url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && is_here()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn client(changes: &Value) -> OidcClient {
        let mut client = json!({
            "client_id": "shop", "client_secret_sha256": "0".repeat(64), "app_id": "app-1",
            "redirect_uris": ["https://shop.example.com/callback"],
        });
        client.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(client).unwrap()
    }

    #[test]
    fn a_client_without_a_name_or_a_home_page_has_others() {
        let usual = client(&json!({}));
        assert_eq!((usual.name(), usual.home(), usual.is_public()), ("shop", None, false));
        assert_eq!(usual.identity_protocol, IdentityProtocol::OAuth2);
        let more = client(&json!({ "client_name": "Shop", "initiate_login_uri": "https://shop.example.com/a/start" }));
        assert_eq!((more.name(), more.home().as_deref()), ("Shop", Some("https://shop.example.com/")));
        assert!(client(&json!({ "client_secret_sha256": [], "token_endpoint_auth_method": "none" })).is_public());
    }

    #[test]
    fn a_mistake_names_its_member() {
        let member = |changes: Value| client(&changes).check().map_err(|problem| problem.member);
        assert_eq!(member(json!({})), Ok(()));
        for (changes, wrong) in [
            (json!({ "client_id": "a b" }), "client_id"),
            (json!({ "client_secret_sha256": "test" }), "client_secret_sha256"),
            (json!({ "client_secret_sha256": ["0".repeat(64), "A".repeat(64)] }), "client_secret_sha256"),
            (json!({ "token_endpoint_auth_method": "none" }), "client_secret_sha256"),
            (json!({ "redirect_uris": [] }), "redirect_uris"),
            (json!({ "redirect_uris": ["http://localhost.example.com/"] }), "redirect_uris"),
            (json!({ "post_logout_redirect_uris": ["/relative"] }), "post_logout_redirect_uris"),
            (json!({ "initiate_login_uri": "https://a.example.com/#a" }), "initiate_login_uri"),
            (json!({ "client_uri": "ftp://a.example.com/" }), "client_uri"),
        ] {
            assert_eq!(member(changes), Err(wrong));
        }
        let here = json!({ "redirect_uris": ["http://127.0.0.1:1/", "http://[::1]/", "http://localhost/"] });
        assert_eq!(member(here), Ok(()));
    }
}
