//! A stand-in for an identity provider: it says at once who it is, and checks what a provider has to check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use koogallery_oidc::{Algorithm, PrivateKey};
use koogallery_runtime::now;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use uuid::Uuid;

/// The provider.
pub(crate) struct Provider(Arc<Shared>);

struct Shared {
    issuer: String,
    now: Mutex<Now>,
}

/// What it does just now.
struct Now {
    key: PrivateKey,
    /// Whether its list of keys has that key.
    publishes: bool,
    /// What it says of who signs in.
    claims: Value,
    /// The secret that it wants to see; none for a public client.
    secret: Option<String>,
    /// What its tokens say instead of what is right.
    wrong: HashMap<&'static str, Value>,
    /// An error that it answers with instead of a code.
    error: Option<&'static str>,
    /// What was asked for, by code.
    asked: HashMap<String, HashMap<String, String>>,
}

fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::read(algorithm, &PrivateKey::generate(algorithm).unwrap()).unwrap()
}

impl Provider {
    /// One that signs with ES256.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let now = Now {
            key: key(Algorithm::Es256),
            publishes: true,
            claims: json!({}),
            secret: None,
            wrong: HashMap::new(),
            error: None,
            asked: HashMap::new(),
        };
        let shared = Arc::new(Shared { issuer, now: Mutex::new(now) });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(shared)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Who signs in from now on.
    pub(crate) fn is(&self, address: &str, groups: &[&str]) {
        self.claims(
            json!({ "sub": format!("s-{address}"), "email": address, "email_verified": true, "groups": groups }),
        );
    }

    /// The same in its own words.
    pub(crate) fn claims(&self, claims: Value) {
        self.0.now.lock().unwrap().claims = claims;
    }

    /// Signs with another key from now on.
    pub(crate) fn rotate(&self, algorithm: Algorithm) {
        self.0.now.lock().unwrap().key = key(algorithm);
    }

    /// Whether it publishes the key that it signs with.
    pub(crate) fn publishes(&self, publishes: bool) {
        self.0.now.lock().unwrap().publishes = publishes;
    }

    /// Wants to see this secret from now on.
    pub(crate) fn wants(&self, secret: &str) {
        self.0.now.lock().unwrap().secret = Some(secret.to_owned());
    }

    /// Lets tokens say something wrong; nothing, with null.
    pub(crate) fn lies(&self, name: &'static str, value: Value) {
        let mut now = self.0.now.lock().unwrap();
        if value.is_null() { drop(now.wrong.remove(name)) } else { drop(now.wrong.insert(name, value)) }
    }

    /// Answers with an error instead of a code.
    pub(crate) fn refuses(&self, error: Option<&'static str>) {
        self.0.now.lock().unwrap().error = error;
    }
}

async fn configuration(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", shared.issuer);
    Json(json!({ "issuer": shared.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys") }))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let now = shared.now.lock().unwrap();
    let other = json!({ "kty": "oct", "k": "AAAA" });
    let own = now.publishes.then(|| now.key.public().to_jwk());
    let keys: Vec<Value> = [other].into_iter().chain(own).collect();
    Json(json!({ "keys": keys }))
}

async fn authorize(State(shared): State<Arc<Shared>>, Query(asked): Query<HashMap<String, String>>) -> Response {
    let mut now = shared.now.lock().unwrap();
    for needed in ["state", "nonce", "code_challenge"] {
        assert!(asked[needed].len() >= 43, "{needed}");
    }
    assert_eq!((asked["code_challenge_method"].as_str(), asked["response_type"].as_str()), ("S256", "code"));
    let mut back: reqwest::Url = asked["redirect_uri"].parse().unwrap();
    let code = Uuid::new_v4().to_string();
    match now.error {
        Some(error) => back.query_pairs_mut().append_pair("error", error),
        None => back.query_pairs_mut().append_pair("code", &code),
    };
    back.query_pairs_mut().append_pair("state", &asked["state"]);
    now.asked.insert(code, asked);
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let mut now_ = shared.now.lock().unwrap();
    let form: HashMap<String, String> =
        reqwest::Url::parse(&format!("http://form/?{body}")).unwrap().query_pairs().into_owned().collect();
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let Some(asked) = now_.asked.remove(&form["code"]) else { return refused("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    if challenge != asked["code_challenge"] || form["redirect_uri"] != asked["redirect_uri"] {
        return refused("invalid_grant");
    }
    let is_client = match &now_.secret {
        None => form.get("client_id").map(String::as_str) == Some(super::world::CLIENT),
        Some(secret) => {
            let escaped = |text: &str| {
                let mut url = reqwest::Url::parse("http://form/").unwrap();
                url.query_pairs_mut().append_key_only(text);
                url.query().unwrap().replace('+', "%20")
            };
            let pair = STANDARD.encode(format!("{}:{}", escaped(super::world::CLIENT), escaped(secret)));
            headers.get("authorization").is_some_and(|told| told.to_str().unwrap() == format!("Basic {pair}"))
        }
    };
    if !is_client {
        return refused("invalid_client");
    }
    let seconds = now().as_seconds();
    let mut claims = json!({ "iss": shared.issuer, "aud": asked["client_id"], "nonce": asked["nonce"], "iat": seconds,
        "exp": seconds + 600 });
    for (name, value) in now_.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    for (name, value) in &now_.wrong {
        claims[*name] = value.clone();
    }
    Json(json!({ "id_token": now_.key.sign(&claims).unwrap(), "access_token": "a", "token_type": "Bearer" }))
        .into_response()
}
