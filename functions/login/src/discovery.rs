//! What applications read before anything else: the configuration of the provider, and its keys.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use koogallery_oidc::{Algorithm, PublicKey, SigningKeyError};
use serde_json::{Value, json};

use crate::Login;
use crate::identity::SCOPES;
use crate::registry::Registry;
use crate::stop::Stop;

/// An hour: a new key is published a day before it signs.
const CACHED: &str = "public, max-age=3600";

/// OpenID Connect Discovery, section 4.
pub(crate) async fn configuration(State(login): State<Arc<Login>>) -> Response {
    public(Json(document(&login)).into_response())
}

fn document(login: &Login) -> Value {
    let at = |route| login.issuer.at(route);
    json!({
        "issuer": login.issuer.as_str(),
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks.json"),
        "end_session_endpoint": at("/logout"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "preferred_username", "email",
            "phone_number", "tenant_id", "instance_id", "app_id", "role", "org_code", "test",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": ["zh-CN", "en"],
    })
}

/// The keys that verify ID tokens (RFC 7517, section 5). The keys of all algorithms that clients use are made by the first question.
pub(crate) async fn keys(
    State(login): State<Arc<Login>>,
    Extension(registry): Extension<Registry>,
) -> Result<Response, Stop> {
    login.make_keys(&registry).await?;
    let keys = login.keys.published(login.store()).await?;
    let keys: Vec<Value> = keys.iter().map(PublicKey::to_jwk).collect();
    Ok(public(Json(json!({ "keys": keys })).into_response()))
}

impl Login {
    /// Makes the first keys of the algorithms that clients use, where there are none.
    pub(crate) async fn make_keys(&self, registry: &Registry) -> Result<(), SigningKeyError> {
        let used =
            |algorithm: &Algorithm| registry.iter().any(|of| of.client.id_token_signed_response_alg == *algorithm);
        for algorithm in Algorithm::ALL.iter().copied().filter(used) {
            self.keys.signer(algorithm, self.store(), &self.vault, self.now()).await?;
        }
        Ok(())
    }
}

fn public(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static(CACHED));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, http::HeaderValue::from_static("*"));
    response
}
