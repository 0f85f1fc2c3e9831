//! Keys that everybody knows, since they stand in this source: for a first run on one machine, and for nothing else.
//!
//! As soon as one key is the seller's own, or other machines can reach the host, each of them is refused: what it protects
//! would be open to whoever reads this file.

use std::fmt;
use std::fs;
use std::net::SocketAddr;

use koogallery::{AccessKeys, InterfaceType, RsaPrivateKey};
use koogallery_runtime::{ApiToken, Environment, written_webhook_secrets};
use serde_json::Value;

use crate::keys::{
    LOCAL_ACCESS_KEY_ID, LOCAL_API_TOKEN, LOCAL_KEY, LOCAL_SECRET_ACCESS_KEY, LOCAL_TEST_KEYS, LOCAL_WEBHOOK_SECRET,
    local_rsa_public_key,
};

/// Who can reach a host, and what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its store is in memory, and gone at its end.
    pub forgets: bool,
    /// It was said to be a production host, such as one behind a proxy on the same machine.
    pub production: bool,
}

impl Reach {
    /// Whether it is a production host: one that was said to be, or that other machines can reach.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.production || !self.listen.ip().is_loopback()
    }
}

/// A key that everybody knows, where it protects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {how}, and {because}: {mend}")]
pub struct WellKnown {
    /// The variable to set.
    pub name: &'static str,
    how: &'static str,
    because: Because,
    mend: &'static str,
}

/// Why keys that everybody knows are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Because {
    /// This variable holds a key of the seller's own.
    Own(&'static str),
    /// Other machines reach this address.
    Reached(SocketAddr),
    /// Somebody said so.
    Production,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(name) => write!(f, "{name} holds a key of your own"),
            Self::Reached(address) => write!(f, "other machines can reach {address}"),
            Self::Production => f.write_str("this is a production host"),
        }
    }
}

/// What a variable's value consists of.
#[derive(Debug, Clone, Copy, Default)]
struct Holds {
    well_known: bool,
    own: bool,
}

impl FromIterator<bool> for Holds {
    /// Of each key, whether everybody knows it.
    fn from_iter<I: IntoIterator<Item = bool>>(keys: I) -> Self {
        keys.into_iter().fold(Self::default(), |holds, known| Self {
            well_known: holds.well_known || known,
            own: holds.own || !known,
        })
    }
}

/// A variable with a key, what to set it to, and how its value is judged.
struct Key {
    name: &'static str,
    mend: &'static str,
    holds: fn(&str) -> Holds,
}

const KEYS: Key = Key {
    name: "KOOGALLERY_KEYS",
    mend: "set the access keys that Seller Console > Application Tools > Key Management shows, as JSON like \
           {\"basic\":[\"…\"]}",
    holds: |json| match (AccessKeys::from_json(json), AccessKeys::from_json(LOCAL_TEST_KEYS)) {
        (Ok(given), Ok(known)) => {
            let all = [InterfaceType::Basic, InterfaceType::Kit, InterfaceType::License, InterfaceType::Order];
            let is_known = |key| all.iter().any(|interface| known.of(*interface).contains(key));
            all.iter().flat_map(|interface| given.of(*interface)).map(is_known).collect()
        }
        // It cannot be read, which is told apart from this: it is nothing that everybody knows.
        _ => Holds { well_known: false, own: true },
    },
};
const SEAL_KEY: Key = Key {
    name: "KOOGALLERY_LOCAL_KEY",
    mend: "set 64 hex digits, such as `openssl rand -hex 32` makes, and keep them as long as the table",
    holds: |key| [key.trim().eq_ignore_ascii_case(LOCAL_KEY)].into_iter().collect(),
};
const OTHERS: [Key; 5] = [
    Key {
        name: "KOOGALLERY_RSA_PRIVATE_KEY",
        mend: "set a private key that `koogallery keygen` makes",
        holds: |text| {
            let known = local_rsa_public_key().ok();
            let (keys, problem) = RsaPrivateKey::readable_from_text(text);
            let unreadable = problem.map(|_| false);
            keys.iter().map(|key| Some(key.public_key()) == known).chain(unreadable).collect()
        },
    },
    Key {
        name: "KOOGALLERY_API_TOKEN",
        mend: "set a token that `openssl rand -hex 16` makes, and give it to your application",
        holds: |tokens| {
            let is_known = |token: &str| ApiToken::read(token).is_ok_and(|read| read.token.reveal() == LOCAL_API_TOKEN);
            tokens.split_whitespace().map(is_known).collect()
        },
    },
    Key {
        name: "KOOGALLERY_WEBHOOK_SECRET",
        mend: "set a secret that `echo whsec_$(openssl rand -base64 32)` makes, and give it to your application",
        holds: |secrets| written_webhook_secrets(secrets).map(|secret| secret == LOCAL_WEBHOOK_SECRET).collect(),
    },
    Key {
        name: "KOOGALLERY_ACCESS_KEY_ID",
        mend: "set the AK of My Credentials > Access Keys",
        holds: |key| [key.trim() == LOCAL_ACCESS_KEY_ID].into_iter().collect(),
    },
    Key {
        name: "KOOGALLERY_SECRET_ACCESS_KEY",
        mend: "set the SK of My Credentials > Access Keys",
        holds: |key| [key.trim() == LOCAL_SECRET_ACCESS_KEY].into_iter().collect(),
    },
];
/// What names a key of the seller's in AWS.
const ELSEWHERE: [&str; 2] = ["KOOGALLERY_SECRET_ARN", "KOOGALLERY_KMS_KEY_ARN"];
/// What names a file with keys.
const FILE: &str = "KOOGALLERY_SECRET_FILE";

/// The keys that everybody knows and that protect nothing here: those that are set, and those that a host would use for want
/// of the seller's own.
#[must_use]
pub fn well_known(environment: &Environment, reach: Reach) -> Vec<WellKnown> {
    let in_file = environment.get(FILE).map(in_file).unwrap_or_default();
    let Some(because) = because(environment, &in_file, reach) else { return Vec::new() };
    let set = |name| environment.get(name).is_some();
    let mut refused = Vec::new();
    let mut refuse = |key: &Key, how| refused.push(WellKnown { name: key.name, how, because, mend: key.mend });
    for key in [&KEYS, &SEAL_KEY].into_iter().chain(&OTHERS) {
        if environment.get(key.name).is_some_and(|value| (key.holds)(value).well_known) {
            refuse(key, "holds a key that everybody knows");
        }
        if in_file.get(key.name).is_some_and(|value| (key.holds)(value).well_known) {
            refuse(key, "has a key that everybody knows in the file of KOOGALLERY_SECRET_FILE");
        }
    }
    let default = "is not set, so that its default would be used, which everybody knows";
    if !set(KEYS.name) && environment.secret().is_none() {
        refuse(&KEYS, default);
    }
    let seals = set(SEAL_KEY.name) || set("KOOGALLERY_KMS_KEY_ARN") || in_file.get(SEAL_KEY.name).is_some();
    if !seals && !reach.forgets {
        refuse(&SEAL_KEY, default);
    }
    // What stays on this machine has a default as well, unless the secret is to hold it.
    let stays = |name| environment.get(name).is_some_and(|url| url.trim().starts_with("http://"));
    let [_, _, webhook_secret, access_key_id, secret_access_key] = &OTHERS;
    if environment.secret().is_none() {
        if stays("KOOGALLERY_WEBHOOK_URL") && !set(webhook_secret.name) {
            refuse(webhook_secret, default);
        }
        if stays("KOOGALLERY_OPEN_API_URL") && !set(access_key_id.name) && !set(secret_access_key.name) {
            refuse(access_key_id, default);
            refuse(secret_access_key, default);
        }
    }
    refused
}

fn because(environment: &Environment, in_file: &Environment, reach: Reach) -> Option<Because> {
    let own = |key: &&Key| {
        let told = environment.get(key.name).into_iter().chain(in_file.get(key.name));
        told.into_iter().any(|value| (key.holds)(value).own)
    };
    let keys = [&KEYS, &SEAL_KEY].into_iter().chain(&OTHERS).filter(own).map(|key| key.name);
    let elsewhere = ELSEWHERE.into_iter().filter(|name| environment.get(name).is_some());
    let reached = reach.is_production().then_some(if reach.production {
        Because::Production
    } else {
        Because::Reached(reach.listen)
    });
    elsewhere.chain(keys).next().map(Because::Own).or(reached)
}

/// What a file of secrets holds, as the variables would. What cannot be read of it is told elsewhere.
fn in_file(path: &str) -> Environment {
    let text = fs::read_to_string(path).unwrap_or_default();
    let held: Value = serde_json::from_str(&text).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = |value: &Value, one: &dyn Fn(&Value) -> String| {
        value.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(" ")
    };
    let token = |token: &Value| token.get("token").map_or_else(|| text(token), text);
    let [rsa_key, api_token, webhook_secret, access_key_id, secret_access_key] = &OTHERS;
    [
        (KEYS.name, held.get("accessKeys").map(Value::to_string).unwrap_or_default()),
        (SEAL_KEY.name, text(&held["localKey"])),
        (rsa_key.name, text(&held["rsaPrivateKey"])),
        (api_token.name, all(&held["apiTokens"], &token)),
        (webhook_secret.name, all(&held["webhookSecrets"], &text)),
        (access_key_id.name, text(&held["openApi"]["accessKeyId"])),
        (secret_access_key.name, text(&held["openApi"]["secretAccessKey"])),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

/// With a key to seal with, made now and told to nobody, where the host keeps nothing and none is set: what is sealed is
/// gone at its end, and so is the key. Without randomness the variables stay as they are.
#[must_use]
pub fn with_own_seal_key(environment: Environment, reach: Reach) -> Environment {
    let set = |name| environment.get(name).is_some();
    let has_one = set(SEAL_KEY.name) || set("KOOGALLERY_KMS_KEY_ARN");
    if !reach.forgets || has_one || !matches!(environment.local_key_in_file(), Ok(None)) {
        return environment;
    }
    let mut key = [0; 32];
    match getrandom::fill(&mut key) {
        Ok(()) => environment.with(SEAL_KEY.name, hex::encode(key)),
        Err(_) => environment,
    }
}
