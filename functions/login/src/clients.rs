//! `KOOGALLERY_OIDC_CLIENTS`: the clients that the environment has.

use koogallery_settings::{ClientProblem, OidcClient};

/// The clients of the environment.
#[derive(Debug, Clone, Default)]
pub struct Clients(Vec<OidcClient>);

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
    #[error("the client {client}: {problem}")]
    Member {
        /// Which client.
        client: String,
        /// What is wrong with it.
        problem: ClientProblem,
    },
}

impl Clients {
    /// Reads `KOOGALLERY_OIDC_CLIENTS`: a JSON list.
    pub fn from_json(json: &str) -> Result<Self, ClientsError> {
        let clients: Vec<OidcClient> = serde_json::from_str(json)?;
        for (place, client) in clients.iter().enumerate() {
            client.check().map_err(|problem| ClientsError::Member { client: client.client_id.clone(), problem })?;
            if clients[..place].iter().any(|other| other.client_id == client.client_id) {
                return Err(ClientsError::Twice(client.client_id.clone()));
            }
        }
        Ok(Self(clients))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &OidcClient> {
        self.0.iter()
    }
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
    fn a_mistake_names_the_client_and_the_member() {
        for (change, member) in [
            (r#"{"client_id":"a b"}"#, "the client a b: client_id must be"),
            (r#"{"client_secret_sha256":"test"}"#, "the client shop: client_secret_sha256 must be 64"),
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
        assert_eq!(clients("{}").unwrap().iter().count(), 1);
        let twice = r#"[{"client_id":"a","token_endpoint_auth_method":"none","app_id":"x","redirect_uris":["https://a.com/"]},
                        {"client_id":"a","token_endpoint_auth_method":"none","app_id":"y","redirect_uris":["https://a.com/"]}]"#;
        assert!(matches!(Clients::from_json(twice), Err(ClientsError::Twice(_))));
    }
}
