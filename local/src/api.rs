//! The seller API, as the commands ask it: where it is, which token opens it, and what it answers in a person's words.
//!
//! So a command needs neither access to the table nor a region of AWS, on this machine and against a deployment alike.

use std::collections::HashMap;
use std::path::PathBuf;
use std::{fmt, fs, io};

use clap::Args;
use koogallery_runtime::Environment;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::keys::LOCAL_API_TOKEN;
use crate::loopback::is_on_this_machine;

/// Where `koogallery serve` has it by default.
pub(crate) const LOCAL: &str = "http://127.0.0.1:9000/seller-api";

/// The most members of a page.
const LARGEST: &str = "200";

/// Which seller API.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which deployment")]
pub struct ApiArguments {
    /// The address of the seller API; `KOOGALLERY_API_TOKEN` opens it [default: that of `koogallery serve`].
    #[arg(long, env = "KOOGALLERY_API_URL", value_name = "URL", global = true)]
    api: Option<String>,
    /// A profile with address and token, of the file `~/.config/koogallery/profiles.json`.
    #[arg(long, env = "KOOGALLERY_PROFILE", value_name = "NAME", conflicts_with = "api", global = true)]
    profile: Option<String>,
}

/// A deployment in the file of profiles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    /// The address of its seller API.
    url: String,
    /// One of its tokens.
    token: String,
}

/// Asks one seller API.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    address: Url,
    token: String,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("address", &self.address.as_str()).finish_non_exhaustive()
    }
}

/// Why it does not tell. No token is in it.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is none, or a token must not be sent there.
    #[error("{0} cannot be a seller API: give an https:// address, or http:// on this machine")]
    Address(String),
    /// The file of profiles cannot be read.
    #[error("the profiles in {} cannot be read: {source}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of profiles has another form.
    #[error("{} is not JSON like {{\"shop\":{{\"url\":\"https://…\",\"token\":\"…\"}}}}: {source}", .file.display())]
    Form {
        /// The file.
        file: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// There is no such profile.
    #[error("{} has no profile {name}; it has: {known}", .file.display())]
    NoProfile {
        /// The name that was given.
        name: String,
        /// The file.
        file: PathBuf,
        /// The names that it has.
        known: String,
    },
    /// Nobody said which token.
    #[error("set KOOGALLERY_API_TOKEN to a token of {0}, or give a --profile")]
    NoToken(String),
    /// It does not answer.
    #[error(
        "the seller API at {address} cannot be reached ({source}): does `koogallery serve` run, or is --api right?"
    )]
    NoAnswer {
        /// Where.
        address: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The token does not open it.
    #[error(
        "the seller API at {0} refuses the token (HTTP 401): set KOOGALLERY_API_TOKEN to one of the deployment's tokens"
    )]
    Unauthorized(String),
    /// It does not know what was asked about.
    #[error("{0}")]
    Unknown(String),
    /// It refuses.
    #[error("{detail} (HTTP {status})")]
    Refused {
        /// Its answer.
        status: StatusCode,
        /// What it says.
        detail: String,
    },
    /// It answers something else.
    #[error("{0} does not answer like a seller API: check the address")]
    Malformed(String),
}

impl ApiArguments {
    /// The API of a profile, beside the one that is asked. Nothing is sent yet.
    pub(crate) fn of_profile(name: &str, environment: &Environment) -> Result<Api, ApiError> {
        let Profile { url, token } = profile(name, environment)?;
        Api::new(&url, token)
    }

    /// The API that they name. Nothing is sent yet.
    pub fn api(&self, environment: &Environment) -> Result<Api, ApiError> {
        if let Some(name) = &self.profile {
            return Self::of_profile(name, environment);
        }
        let address = self.api.as_deref().unwrap_or(LOCAL);
        let token = environment.get("KOOGALLERY_API_TOKEN").and_then(|tokens| tokens.split_whitespace().next());
        let is_local = Url::parse(address).is_ok_and(|url| is_on_this_machine(&url));
        match token.or(is_local.then_some(LOCAL_API_TOKEN)) {
            Some(token) => Api::new(address, token.to_owned()),
            None => Err(ApiError::NoToken(address.to_owned())),
        }
    }
}

fn profile(name: &str, environment: &Environment) -> Result<Profile, ApiError> {
    let home =
        || environment.get("HOME").or(environment.get("USERPROFILE")).map(|home| PathBuf::from(home).join(".config"));
    let folder = environment.get("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home).unwrap_or_default();
    let file = folder.join("koogallery").join("profiles.json");
    let text = fs::read(&file).map_err(|source| ApiError::File { file: file.clone(), source })?;
    let profiles: HashMap<String, Profile> =
        serde_json::from_slice(&text).map_err(|source| ApiError::Form { file: file.clone(), source })?;
    let mut known: Vec<String> = profiles.keys().cloned().collect();
    known.sort();
    let found = profiles.into_iter().find_map(|(known, profile)| (known == name).then_some(profile));
    found.ok_or_else(|| ApiError::NoProfile { name: name.to_owned(), file, known: known.join(", ") })
}

impl Api {
    /// One at an address, which `token` opens. Nothing is sent yet.
    pub fn new(address: &str, token: String) -> Result<Self, ApiError> {
        let is_safe = |url: &Url| {
            url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_on_this_machine(url)))
        };
        let wrong = || ApiError::Address(address.to_owned());
        Self::anywhere(Url::parse(address).ok().filter(is_safe).ok_or_else(wrong)?, token)
    }

    /// One at an address that somebody vouches for, also in the clear on another machine. Nothing is sent yet.
    pub(crate) fn anywhere(address: Url, token: String) -> Result<Self, ApiError> {
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if address.scheme() == "http" {
            // Nothing is encrypted: no certificates need to be read.
            http = http.tls_certs_only([]);
        }
        if is_on_this_machine(&address) {
            http = http.no_proxy();
        }
        let no_client = |source| ApiError::NoAnswer { address: address.to_string(), source };
        Ok(Self { http: http.build().map_err(no_client)?, address, token })
    }

    /// Where it is.
    pub(crate) const fn address(&self) -> &Url {
        &self.address
    }

    /// Asks for what a path names; each part of it is escaped.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ApiError> {
        self.ask(Method::GET, path, query, None).await
    }

    /// Which version runs there, with its commit if that is known.
    pub(crate) async fn version(&self) -> Result<String, ApiError> {
        let health = self.ask_at(Method::GET, &["healthz"], &[], None).await?;
        let version = health["version"].as_str().ok_or_else(|| ApiError::Malformed(self.at()))?;
        Ok(match health["commit"].as_str() {
            Some(commit) => format!("{version} ({commit})"),
            None => version.to_owned(),
        })
    }

    /// Posts a body of JSON; none is an empty one.
    pub async fn post(&self, path: &[&str], body: Option<&Value>) -> Result<Value, ApiError> {
        self.ask(Method::POST, path, &[], body).await
    }

    /// Puts a body of JSON.
    pub async fn put(&self, path: &[&str], body: &Value) -> Result<Value, ApiError> {
        self.ask(Method::PUT, path, &[], Some(body)).await
    }

    /// Changes what a path names, by a body of JSON.
    pub async fn patch(&self, path: &[&str], body: &Value) -> Result<Value, ApiError> {
        self.ask(Method::PATCH, path, &[], Some(body)).await
    }

    /// The members of all pages of a list; `name` is the one that has them.
    pub async fn pages(&self, path: &[&str], query: &[(&str, &str)], name: &str) -> Result<Vec<Value>, ApiError> {
        let (mut members, mut next) = (Vec::new(), None::<String>);
        loop {
            let mut query = query.to_vec();
            query.push(("limit", LARGEST));
            query.extend(next.as_deref().map(|next| ("cursor", next)));
            let mut page = self.get(path, &query).await?;
            if let Value::Array(found) = page[name].take() {
                members.extend(found);
            }
            match page["next"].as_str() {
                Some(cursor) => next = Some(cursor.to_owned()),
                None => return Ok(members),
            }
        }
    }

    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let path: Vec<&str> = std::iter::once("v1").chain(path.iter().copied()).collect();
        self.ask_at(method, &path, query, body).await
    }

    async fn ask_at(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let mut url = self.address.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = self.http.request(method, url).query(query).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let no_answer =
            |source: reqwest::Error| ApiError::NoAnswer { address: self.at(), source: source.without_url() };
        let answer = request.send().await.map_err(no_answer)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(no_answer)?;
        let body: Option<Value> =
            if bytes.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&bytes).ok() };
        if status == StatusCode::UNAUTHORIZED {
            return Err(ApiError::Unauthorized(self.at()));
        }
        let body = body.ok_or_else(|| ApiError::Malformed(self.at()))?;
        // The production address answers HTTP 200 to everything.
        if status.is_success() && body.get("resultCode").is_none() {
            return Ok(body);
        }
        let detail = body["detail"].as_str().map(str::to_owned);
        match (status, detail) {
            (_, None) => Err(ApiError::Malformed(self.at())),
            (StatusCode::NOT_FOUND, Some(detail)) if body["type"] == "/problems/not-found" => {
                Err(ApiError::Unknown(detail))
            }
            (status, Some(detail)) => Err(ApiError::Refused { status, detail }),
        }
    }

    fn at(&self) -> String {
        self.address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(api: Option<&str>, profile: Option<&str>) -> ApiArguments {
        ApiArguments { api: api.map(str::to_owned), profile: profile.map(str::to_owned) }
    }

    #[test]
    fn a_token_goes_to_https_or_to_this_machine_only() {
        for (address, is_taken) in [
            ("https://api.example.com/", true),
            ("http://127.0.0.1:9000/seller-api", true),
            ("http://localhost:9000/seller-api", true),
            ("http://api.example.com/", false),
            ("ftp://127.0.0.1/", false),
            ("127.0.0.1:9000", false),
        ] {
            assert_eq!(Api::new(address, "token".to_owned()).is_ok(), is_taken, "{address}");
        }
    }

    #[test]
    fn the_public_test_token_is_for_this_machine_only() {
        let nothing = Environment::default();
        assert_eq!(arguments(None, None).api(&nothing).unwrap().token, LOCAL_API_TOKEN);
        let elsewhere = arguments(Some("https://api.example.com/"), None);
        assert!(matches!(elsewhere.api(&nothing), Err(ApiError::NoToken(_))));
        let environment = nothing.with("KOOGALLERY_API_TOKEN", "one two");
        assert_eq!(elsewhere.api(&environment).unwrap().token, "one");
    }

    #[test]
    fn a_profile_has_an_address_and_a_token() {
        let folder = std::env::temp_dir().join(format!("koogallery-profiles-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(folder.join("koogallery")).unwrap();
        let environment = Environment::default().with("XDG_CONFIG_HOME", folder.to_str().unwrap());
        let asked = |name| arguments(None, Some(name)).api(&environment);
        assert!(matches!(asked("shop"), Err(ApiError::File { .. })));
        let file = folder.join("koogallery").join("profiles.json");
        fs::write(&file, "{").unwrap();
        assert!(matches!(asked("shop"), Err(ApiError::Form { .. })));
        fs::write(&file, r#"{"shop":{"url":"https://api.example.com/","token":"its-token"}}"#).unwrap();
        assert_eq!(asked("shop").unwrap().token, "its-token");
        let problem = asked("shops").unwrap_err().to_string();
        assert!(problem.contains("no profile shops") && problem.ends_with("it has: shop"), "{problem}");
        fs::remove_dir_all(folder).unwrap();
    }
}
