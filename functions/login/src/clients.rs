//! The seller's applications, as clients of the login. The members are those of OpenID Connect's registration, where it has one.

use koogallery::AppId;
use koogallery_oidc::{Algorithm, is_loopback};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use url::Url;

/// A client: one of the seller's applications.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
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

/// How a client proves who it is at `/token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Its secret comes in the header `Authorization`.
    ClientSecretBasic,
    /// Its secret comes in the form.
    ClientSecretPost,
    /// It has no secret.
    None,
}

/// How a tenant's users log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProtocol {
    /// OAuth 2.0.
    #[default]
    OAuth2,
    /// CAS 3.0.
    Cas,
}

/// Why the clients cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// They are no JSON of this form. The JSON has no secrets, only their digests.
    #[error("it is not a JSON list of clients: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Two have one id.
    #[error("two clients have the client_id {0}")]
    Twice(String),
    /// A client's member.
    #[error("the client {client}: {member} {problem}")]
    Member {
        /// Which client.
        client: String,
        /// Which member.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// All clients.
#[derive(Debug, Clone, Default)]
pub struct Clients(Vec<Client>);

impl Clients {
    /// Reads `KOOGALLERY_OIDC_CLIENTS`: a JSON list.
    pub fn from_json(json: &str) -> Result<Self, ClientsError> {
        let clients: Vec<Client> = serde_json::from_str(json)?;
        for (place, client) in clients.iter().enumerate() {
            client.check()?;
            if clients[..place].iter().any(|other| other.client_id == client.client_id) {
                return Err(ClientsError::Twice(client.client_id.clone()));
            }
        }
        Ok(Self(clients))
    }

    /// The one with this id.
    pub(crate) fn named(&self, id: &str) -> Option<&Client> {
        self.0.iter().find(|client| client.client_id == id)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.0.iter()
    }
}

impl Client {
    /// Its name on pages.
    pub(crate) fn name(&self) -> &str {
        self.client_name.as_deref().unwrap_or(&self.client_id)
    }

    /// Its home page: the one that it says, or the root of where its logins begin.
    pub(crate) fn home(&self) -> Option<String> {
        let root = |uri: &String| Url::parse(uri).ok()?.join("/").ok().map(String::from);
        self.client_uri.clone().or_else(|| root(self.initiate_login_uri.as_ref()?))
    }

    /// Whether it cannot keep a secret.
    pub(crate) fn is_public(&self) -> bool {
        self.hashes().is_empty()
    }

    /// Whether this is its secret. All digests are compared, each in constant time.
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        let digest = hex::encode(Sha256::digest(secret));
        let fits = |hash: &String| hash.as_bytes().ct_eq(digest.as_bytes());
        self.hashes().iter().fold(Choice::from(0), |any, hash| any | fits(hash)).into()
    }

    fn hashes(&self) -> &[String] {
        match &self.client_secret_sha256 {
            Hashes::None => &[],
            Hashes::One(hash) => std::slice::from_ref(hash),
            Hashes::Several(hashes) => hashes,
        }
    }

    fn check(&self) -> Result<(), ClientsError> {
        let wrong = |member, problem| ClientsError::Member { client: self.client_id.clone(), member, problem };
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=64).contains(&self.client_id.len()) || !self.client_id.bytes().all(is_id) {
            return Err(wrong("client_id", "must be 1 to 64 letters, digits, -, _ and ."));
        }
        let is_digest =
            |hash: &String| hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !self.hashes().iter().all(is_digest) {
            return Err(wrong(
                "client_secret_sha256",
                "must be 64 lower-case hex digits: `koogallery login client` makes a secret and its digest",
            ));
        }
        let says_public = self.token_endpoint_auth_method == Some(AuthMethod::None);
        if says_public != self.is_public() {
            let problem =
                "must be there, or token_endpoint_auth_method must be none: a client without a secret says so";
            return Err(wrong("client_secret_sha256", problem));
        }
        if self.redirect_uris.is_empty() {
            return Err(wrong("redirect_uris", "must name at least one address"));
        }
        let lists = [
            ("redirect_uris", self.redirect_uris.iter().collect::<Vec<_>>()),
            ("post_logout_redirect_uris", self.post_logout_redirect_uris.iter().collect()),
            ("initiate_login_uri", self.initiate_login_uri.iter().collect()),
            ("client_uri", self.client_uri.iter().collect()),
        ];
        for (member, uris) in lists {
            if !uris.into_iter().all(|uri| is_safe(uri)) {
                let problem = "must be https:// addresses without fragment; http:// only on the user's own machine";
                return Err(wrong(member, problem));
            }
        }
        Ok(())
    }
}

fn is_safe(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn clients(changes: &str) -> Result<Clients, ClientsError> {
        let mut client = serde_json::json!({
            "client_id": "shop", "client_secret_sha256": HASH, "app_id": "app-1",
            "redirect_uris": ["https://shop.example.com/callback"],
        });
        let changes: serde_json::Map<_, _> = serde_json::from_str(changes).unwrap();
        client.as_object_mut().unwrap().extend(changes);
        Clients::from_json(&serde_json::json!([client]).to_string())
    }

    #[test]
    fn a_secret_is_known_by_its_digest() {
        let clients = clients("{}").unwrap();
        let client = clients.named("shop").unwrap();
        assert!(client.has_secret("test") && !client.has_secret("Test") && !client.has_secret(HASH));
        assert!(!client.is_public());
        assert_eq!((client.name(), client.identity_protocol), ("shop", IdentityProtocol::OAuth2));
        let both =
            super::tests::clients(&format!(r#"{{"client_secret_sha256":["{}","{HASH}"]}}"#, "0".repeat(64))).unwrap();
        assert!(both.named("shop").unwrap().has_secret("test"));
        let public =
            super::tests::clients(r#"{"client_secret_sha256":[],"token_endpoint_auth_method":"none"}"#).unwrap();
        let public = public.named("shop").unwrap();
        assert!(public.is_public() && !public.has_secret(""));
    }

    #[test]
    fn a_mistake_names_the_client_and_the_member() {
        for (change, member) in [
            (r#"{"client_id":"a b"}"#, "client_id"),
            (r#"{"client_secret_sha256":"test"}"#, "client_secret_sha256"),
            (r#"{"client_secret_sha256":[]}"#, "client_secret_sha256"),
            (r#"{"token_endpoint_auth_method":"none"}"#, "client_secret_sha256"),
            (r#"{"redirect_uris":[]}"#, "redirect_uris"),
            (r#"{"redirect_uris":["http://shop.example.com/"]}"#, "redirect_uris"),
            (r#"{"post_logout_redirect_uris":["/relative"]}"#, "post_logout_redirect_uris"),
            (r#"{"initiate_login_uri":"https://shop.example.com/#a"}"#, "initiate_login_uri"),
            (r#"{"id_token_signed_response_alg":"none"}"#, "none"),
            (r#"{"client_secret":"clear"}"#, "client_secret"),
        ] {
            let error = clients(change).unwrap_err().to_string();
            assert!(error.contains(member), "{change}: {error}");
        }
        let twice = r#"[{"client_id":"a","token_endpoint_auth_method":"none","app_id":"x","redirect_uris":["https://a.com/"]},
                        {"client_id":"a","token_endpoint_auth_method":"none","app_id":"y","redirect_uris":["https://a.com/"]}]"#;
        assert!(matches!(Clients::from_json(twice), Err(ClientsError::Twice(_))));
    }
}
