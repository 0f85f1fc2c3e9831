//! The current secrets of a function: from the environment, from secrets of AWS Secrets Manager, or from a file. Those of Secrets
//! Manager are read again when a signature does not verify, and a file when it changes, so a rotation needs no deployment.
//!
//! A function reads only the secrets that it needs, so what one of them can tell is little. Each secret is JSON with one or more
//! members; a secret with all of them serves every function.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use koogallery::{AccessKeys, AccessKeysError};
use koogallery_aws_error::AwsError;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api_token::{ApiToken, tokens};
use crate::aws::sdk_config;
use crate::config::{ConfigError, Environment, InvalidValue};
use crate::file_stamp::FileStamp;
use crate::secret_text::SecretText;
use crate::webhook_secrets::WebhookSecrets;

/// The shortest time between two reads of the secret: a stranger's wrong signatures must not put load on Secrets Manager.
const REREAD_AFTER: Duration = Duration::from_secs(30);

const KEYS: &str = "KOOGALLERY_KEYS";
const ARN: &str = "KOOGALLERY_SECRET_ARN";
const FILE: &str = "KOOGALLERY_SECRET_FILE";

impl Environment {
    /// The secret that has what the variables of keys would have, if one is named: an ARN of AWS Secrets Manager, or a file.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.get(ARN).or_else(|| self.get(FILE))
    }

    /// The member `localKey` of the file that `KOOGALLERY_SECRET_FILE` names: what `KOOGALLERY_LOCAL_KEY` would have. It is read now,
    /// and not again when the file changes: a store keeps the key that it began with.
    pub fn local_key_in_file(&self) -> Result<Option<SecretText>, SecretError> {
        self.get(FILE).map_or(Ok(None), |path| Ok(file_part(Path::new(path))?.local_key))
    }
}

/// The secrets that a function reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The keys that verify KooGallery's calls: `accessKeys`, or `KOOGALLERY_KEYS`. None for a function that needs none.
    pub access_keys: AccessKeys,
    /// The keys that decrypt the client secrets of the joint-operations kit, in PEM. Several may follow one another, so that an old
    /// and a new one decrypt side by side: `rsaPrivateKey`, or `KOOGALLERY_RSA_PRIVATE_KEY`.
    pub rsa_private_key: Option<SecretText>,
    /// The secrets that sign webhooks; each webhook is signed with all of them: `webhookSecrets`, or `KOOGALLERY_WEBHOOK_SECRET`,
    /// separated by spaces.
    pub webhook_secrets: Vec<SecretText>,
    /// The same of webhooks that have secrets of their own, by the names that the settings of products give: `webhookSecrets` as an
    /// object, whose member `default` has those above; or `name:` before a secret in `KOOGALLERY_WEBHOOK_SECRET`.
    pub named_webhook_secrets: BTreeMap<String, Vec<SecretText>>,
    /// The pair that signs calls to KooGallery's open APIs: `openApi`, or `KOOGALLERY_ACCESS_KEY_ID` and `KOOGALLERY_SECRET_ACCESS_KEY`.
    pub open_api: Option<OpenApiKey>,
    /// The tokens that open the seller API, any of them: `apiTokens`, or `KOOGALLERY_API_TOKEN`, separated by spaces.
    pub api_tokens: Vec<ApiToken>,
    /// What the console shows to its identity provider: `consoleClientSecret`, or `KOOGALLERY_CONSOLE_CLIENT_SECRET`. None for a
    /// public client.
    pub console_client_secret: Option<SecretText>,
    /// What opens the destinations of messages to people, by their names: `notify`, or `KOOGALLERY_NOTIFY_SECRETS`, the same JSON.
    pub notify: BTreeMap<String, NotifySecret>,
}

/// What opens a destination of messages to people. Each kind of destination needs some of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotifySecret {
    /// A robot's address: it has the robot's key in it.
    pub url: Option<SecretText>,
    /// What signs messages to a robot.
    pub secret: Option<SecretText>,
    /// Who sends mail: the name at the mail server.
    pub user: Option<SecretText>,
    /// The password there.
    pub password: Option<SecretText>,
}

/// An AK with its SK.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenApiKey {
    /// The AK.
    pub access_key_id: SecretText,
    /// The SK.
    pub secret_access_key: SecretText,
}

/// The secrets, and where they come from.
#[derive(Debug)]
pub struct SecretSource {
    place: Place,
    needs_access_keys: bool,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
enum Place {
    Environment(Arc<Secrets>),
    Manager { client: aws_sdk_secretsmanager::Client, arns: Vec<String> },
    File(PathBuf),
}

#[derive(Debug, Clone)]
struct Held {
    secrets: Arc<Secrets>,
    read_at: Instant,
    /// Of the file that they were read from.
    stamp: Option<FileStamp>,
}

/// Why there are no secrets. The error contains nothing of their values.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager did not return the secret.
    #[error("the secret {arn} cannot be read: {source}")]
    Unavailable {
        /// The secret.
        arn: String,
        /// Why.
        source: AwsError,
    },
    /// The secret has no value yet: a new deployment's has none.
    #[error(
        "the secret {arn} has no value yet: put JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}} there ({source})"
    )]
    NoValue {
        /// The secret.
        arn: String,
        /// What Secrets Manager says.
        source: AwsError,
    },
    /// The file cannot be read.
    #[error("the file of secrets {} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The secret has no text.
    #[error("the secret {0} has no text: put JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}} there")]
    Empty(String),
    /// The secret does not have the expected form.
    #[error("the secret {0} is not JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}}")]
    Malformed(String),
    /// No secret of a function that verifies calls has access keys.
    #[error("no accessKeys in {0}: put JSON like {{\"accessKeys\":{{\"basic\":[\"…\"]}}}} there")]
    NoAccessKeys(String),
    /// Its access keys cannot be used.
    #[error("the secret {arn} cannot be used: {source}")]
    Keys {
        /// The secret.
        arn: String,
        /// Why.
        source: AccessKeysError,
    },
}

impl SecretSource {
    /// Reads them from the environment (`KOOGALLERY_KEYS` and the others), from `KOOGALLERY_SECRET_ARN`: the secrets that have them,
    /// separated by spaces, or from `KOOGALLERY_SECRET_FILE`: a file with the same JSON.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let place = match (environment.get(KEYS), environment.get(ARN), environment.get(FILE)) {
            (Some(_), Some(_), _) => return Err(ConfigError::invalid(KEYS, InvalidValue::SetTwice(ARN))),
            (Some(_), _, Some(_)) => return Err(ConfigError::invalid(KEYS, InvalidValue::SetTwice(FILE))),
            (_, Some(_), Some(_)) => return Err(ConfigError::invalid(ARN, InvalidValue::SetTwice(FILE))),
            (Some(json), None, None) => {
                let access_keys = AccessKeys::from_json(json).map_err(|error| ConfigError::refused(KEYS, error))?;
                let rsa_private_key = environment.get("KOOGALLERY_RSA_PRIVATE_KEY").map(SecretText::from);
                let webhook = WebhookSecrets::written(environment.get("KOOGALLERY_WEBHOOK_SECRET").unwrap_or_default());
                Place::Environment(Arc::new(Secrets {
                    access_keys,
                    rsa_private_key,
                    webhook_secrets: webhook.default,
                    named_webhook_secrets: webhook.named,
                    open_api: open_api_key(environment)?,
                    api_tokens: api_tokens(environment)?,
                    console_client_secret: environment.get("KOOGALLERY_CONSOLE_CLIENT_SECRET").map(SecretText::from),
                    notify: notify_secrets(environment)?,
                }))
            }
            (None, None, Some(path)) => Place::File(PathBuf::from(path)),
            (None, Some(named), None) => {
                let config = sdk_config(environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER")?;
                let mut arns: Vec<String> = Vec::new();
                for arn in named.split_whitespace() {
                    if !arns.iter().any(|known| known == arn) {
                        arns.push(arn.to_owned());
                    }
                }
                Place::Manager { client: aws_sdk_secretsmanager::Client::new(&config), arns }
            }
            (None, None, None) => {
                return Err(ConfigError::Missing {
                    name: KEYS,
                    meaning: "the access keys as JSON, or KOOGALLERY_SECRET_ARN or KOOGALLERY_SECRET_FILE, the secret that has them",
                });
            }
        };
        Ok(Self { place, needs_access_keys: false, held: Mutex::new(None) })
    }

    /// The same for a function that verifies calls: without access keys it cannot work.
    #[must_use]
    pub fn with_access_keys(self) -> Self {
        Self { needs_access_keys: true, ..self }
    }

    /// The secrets. The first call reads them.
    pub async fn current(&self) -> Result<Arc<Secrets>, SecretError> {
        if let Place::Environment(secrets) = &self.place {
            return Ok(Arc::clone(secrets));
        }
        let mut held = self.held.lock().await;
        if let Place::File(path) = &self.place {
            return self.of_file(path, &mut held).await;
        }
        if let Some(held) = &*held {
            return Ok(Arc::clone(&held.secrets));
        }
        let secrets = self.read().await?;
        *held = Some(Held::now(&secrets));
        Ok(secrets)
    }

    /// Whether they can be read now, also where older ones are held: for whoever wants to know before these are needed.
    pub async fn check(&self) -> Result<(), SecretError> {
        match &self.place {
            Place::File(_) => self.read().await.map(|_| ()),
            Place::Environment(_) | Place::Manager { .. } => self.current().await.map(|_| ()),
        }
    }

    /// Those of a file, which is read if it changed. While it cannot be read, the held ones are used.
    async fn of_file(&self, path: &Path, held: &mut Option<Held>) -> Result<Arc<Secrets>, SecretError> {
        let stamp = FileStamp::of(path).ok();
        if let Some(held) = held.as_ref().filter(|held| held.stamp == stamp && stamp.is_some()) {
            return Ok(Arc::clone(&held.secrets));
        }
        // The stamp is older than what is read: a file that changes just now is read once more.
        match (self.read().await, held.as_ref()) {
            (Ok(secrets), _) => {
                *held = Some(Held { stamp, ..Held::now(&secrets) });
                Ok(secrets)
            }
            (Err(_), Some(held)) => Ok(Arc::clone(&held.secrets)),
            (Err(error), None) => Err(error),
        }
    }

    /// The secrets, read at most 30 s ago. They are for sending, because nothing says when the receiver expects another key. While
    /// Secrets Manager fails, the held ones are used.
    pub async fn fresh(&self) -> Result<Arc<Secrets>, SecretError> {
        if let Place::Environment(_) | Place::File(_) = &self.place {
            return self.current().await;
        }
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.read_at.elapsed() < REREAD_AFTER) {
            return Ok(Arc::clone(&held.secrets));
        }
        let secrets = match (self.read().await, held.as_ref()) {
            (Ok(secrets), _) => secrets,
            (Err(_), Some(held)) => Arc::clone(&held.secrets),
            (Err(error), None) => return Err(error),
        };
        *held = Some(Held::now(&secrets));
        Ok(secrets)
    }

    /// The secrets, read again for a signature that `tried` did not verify. Returns none if they are the same, or were read less
    /// than 30 s ago.
    pub async fn renewed(&self, tried: &Secrets) -> Result<Option<Arc<Secrets>>, SecretError> {
        match &self.place {
            Place::Environment(_) => return Ok(None),
            Place::File(_) => {
                let secrets = self.current().await?;
                return Ok((*secrets != *tried).then_some(secrets));
            }
            Place::Manager { .. } => {}
        }
        let mut held = self.held.lock().await;
        if let Some(held) = &mut *held {
            if *held.secrets != *tried {
                return Ok(Some(Arc::clone(&held.secrets)));
            }
            if held.read_at.elapsed() < REREAD_AFTER {
                return Ok(None);
            }
            // The time counts from the try, so that a failing Secrets Manager is not asked more often either.
            held.read_at = Instant::now();
        }
        let secrets = self.read().await?;
        *held = Some(Held::now(&secrets));
        Ok((*secrets != *tried).then_some(secrets))
    }

    /// Reads all of them.
    async fn read(&self) -> Result<Arc<Secrets>, SecretError> {
        let mut parts = Vec::new();
        match &self.place {
            Place::Environment(secrets) => return Ok(Arc::clone(secrets)),
            // It is small and on this machine, so that reading it holds up nothing.
            Place::File(path) => parts.push(file_part(path)?),
            Place::Manager { client, arns } => {
                for arn in arns {
                    parts.push(read(client, arn).await?);
                }
            }
        }
        self.parts(parts)
    }

    /// Puts together what several secrets have. What is there twice counts of the first; of tokens and webhook secrets, all count.
    fn parts(&self, parts: Vec<Part>) -> Result<Arc<Secrets>, SecretError> {
        let (mut access_keys, mut all) = (None, Part::default());
        for part in parts {
            let Part { access_keys: keys, rsa_private_key, webhook_secrets, open_api, api_tokens, .. } = part;
            access_keys = access_keys.or(keys);
            all.rsa_private_key = all.rsa_private_key.or(rsa_private_key);
            all.webhook_secrets.add(webhook_secrets);
            all.open_api = all.open_api.or(open_api);
            all.api_tokens.extend(api_tokens);
            all.console_client_secret = all.console_client_secret.or(part.console_client_secret);
            for (name, secret) in part.notify {
                all.notify.entry(name).or_insert(secret);
            }
        }
        if access_keys.is_none() && self.needs_access_keys {
            return Err(SecretError::NoAccessKeys(self.place.name()));
        }
        let Part { rsa_private_key, webhook_secrets, open_api, api_tokens, console_client_secret, notify, .. } = all;
        let access_keys = access_keys.unwrap_or_default();
        Ok(Arc::new(Secrets {
            access_keys,
            rsa_private_key,
            webhook_secrets: webhook_secrets.default,
            named_webhook_secrets: webhook_secrets.named,
            open_api,
            api_tokens,
            console_client_secret,
            notify,
        }))
    }
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Environment(_) => KEYS.to_owned(),
            Self::Manager { arns, .. } => arns.join(", "),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl Held {
    fn now(secrets: &Arc<Secrets>) -> Self {
        Self { secrets: Arc::clone(secrets), read_at: Instant::now(), stamp: None }
    }
}

/// Reads tokens that are separated by spaces.
fn api_tokens(environment: &Environment) -> Result<Vec<ApiToken>, ConfigError> {
    const NAME: &str = "KOOGALLERY_API_TOKEN";
    let written = environment.get(NAME).unwrap_or_default().split_whitespace();
    written.map(|written| ApiToken::read(written).map_err(|error| ConfigError::refused(NAME, error))).collect()
}

fn open_api_key(environment: &Environment) -> Result<Option<OpenApiKey>, ConfigError> {
    const AK: &str = "KOOGALLERY_ACCESS_KEY_ID";
    const SK: &str = "KOOGALLERY_SECRET_ACCESS_KEY";
    match (environment.get(AK), environment.get(SK)) {
        (None, None) => Ok(None),
        (Some(ak), Some(sk)) => Ok(Some(OpenApiKey { access_key_id: ak.into(), secret_access_key: sk.into() })),
        (None, Some(_)) => Err(ConfigError::Missing { name: AK, meaning: "the AK of the SK that is set" }),
        (Some(_), None) => Err(ConfigError::Missing { name: SK, meaning: "the SK of the AK that is set" }),
    }
}

fn notify_secrets(environment: &Environment) -> Result<BTreeMap<String, NotifySecret>, ConfigError> {
    const NAME: &str = "KOOGALLERY_NOTIFY_SECRETS";
    let expected =
        "JSON like {\"on-call\":{\"url\":\"https://…\",\"secret\":\"…\"}}; members: url, secret, user, password";
    // The error of serde may contain a value.
    let read =
        |text| serde_json::from_str(text).map_err(|_| ConfigError::invalid(NAME, InvalidValue::Unexpected(expected)));
    environment.get(NAME).map_or_else(|| Ok(BTreeMap::new()), read)
}

/// What one secret has.
#[derive(Default)]
struct Part {
    access_keys: Option<AccessKeys>,
    rsa_private_key: Option<SecretText>,
    webhook_secrets: WebhookSecrets,
    open_api: Option<OpenApiKey>,
    api_tokens: Vec<ApiToken>,
    console_client_secret: Option<SecretText>,
    notify: BTreeMap<String, NotifySecret>,
    /// Of a file only: on AWS, KMS has the key.
    local_key: Option<SecretText>,
}

/// Secrets Manager's word for a secret without a value, and for one that does not exist.
const NOT_FOUND: &str = "ResourceNotFoundException";

fn not_read(arn: &str, source: AwsError) -> SecretError {
    let arn = arn.to_owned();
    if source.code() == Some(NOT_FOUND) {
        SecretError::NoValue { arn, source }
    } else {
        SecretError::Unavailable { arn, source }
    }
}

async fn read(client: &aws_sdk_secretsmanager::Client, arn: &str) -> Result<Part, SecretError> {
    let answer = client.get_secret_value().secret_id(arn).send().await.map_err(|error| not_read(arn, error.into()))?;
    part(arn, answer.secret_string().ok_or_else(|| SecretError::Empty(arn.to_owned()))?)
}

fn file_part(path: &Path) -> Result<Part, SecretError> {
    let text = fs::read_to_string(path).map_err(|source| SecretError::File { path: path.to_owned(), source })?;
    part(&path.display().to_string(), &text)
}

/// Reads the JSON of one secret.
fn part(arn: &str, text: &str) -> Result<Part, SecretError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire<'a> {
        #[serde(borrow)]
        access_keys: Option<&'a RawValue>,
        rsa_private_key: Option<SecretText>,
        #[serde(default)]
        webhook_secrets: WebhookSecrets,
        open_api: Option<OpenApiKey>,
        #[serde(default, deserialize_with = "tokens")]
        api_tokens: Vec<ApiToken>,
        console_client_secret: Option<SecretText>,
        #[serde(default)]
        notify: BTreeMap<String, NotifySecret>,
        local_key: Option<SecretText>,
    }
    let Wire {
        access_keys,
        rsa_private_key,
        webhook_secrets,
        open_api,
        api_tokens,
        console_client_secret,
        notify,
        local_key,
    } = serde_json::from_str(text).map_err(|_| SecretError::Malformed(arn.to_owned()))?;
    let access_keys = access_keys.map(|keys| AccessKeys::from_json(keys.get())).transpose();
    let access_keys = access_keys.map_err(|source| SecretError::Keys { arn: arn.to_owned(), source })?;
    Ok(Part {
        access_keys,
        rsa_private_key,
        webhook_secrets,
        open_api,
        api_tokens,
        console_client_secret,
        notify,
        local_key,
    })
}
