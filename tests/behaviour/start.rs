//! What is told before a host starts: each mistake with its variable and the mend, and no key that everybody knows beside a
//! real one.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use koogallery_local::checks::{self, Reach};
use koogallery_local::database::{DatabaseError, EmbeddedDatabase};
use koogallery_local::keys::{
    LOCAL_ACCESS_KEY_ID, LOCAL_API_TOKEN, LOCAL_KEY, LOCAL_RSA_PRIVATE_KEY, LOCAL_SECRET_ACCESS_KEY, LOCAL_TEST_KEYS,
    LOCAL_WEBHOOK_SECRET,
};
use koogallery_runtime::{Environment, VARIABLES, Vault};
use koogallery_tests::kit::RSA_PRIVATE_KEY;
use koogallery_tests::secrets::Secrets;
use koogallery_tests::template::root;
use koogallery_tests::{KEYS, Seller};
use serde_json::json;
use uuid::Uuid;

use crate::simulate::koogallery;

const OWN_SEAL_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OWN_WEBHOOK_SECRET: &str = "whsec_b3duLXdlYmhvb2stc2VjcmV0LW9mLWEtc2VsbGVy";

fn reach(listen: &str) -> Reach {
    Reach { listen: listen.parse().unwrap(), forgets: false, production: false }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().fold(Environment::default(), |all, (name, value)| all.with(name, *value))
}

/// What is told of these variables, a line for each; none where the host would start.
async fn told_at(reach: Reach, variables: &[(&str, &str)]) -> Vec<String> {
    let told = checks::before_start(&environment(variables), reach).await.map_err(|problems| problems.to_string());
    told.err().unwrap_or_default().lines().skip(1).map(str::to_owned).collect()
}

async fn told(variables: &[(&str, &str)]) -> Vec<String> {
    told_at(reach("127.0.0.1:9000"), variables).await
}

#[tokio::test]
async fn each_mistake_is_told_with_its_variable_and_the_mend() {
    let public_key = include_str!("../../shared/protocol/tests/rsa_public.txt");
    let own = [("KOOGALLERY_KEYS", KEYS), ("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY)];
    assert_eq!(told(&own).await, [""; 0]);
    for (name, value, mend) in [
        ("KOOGALLERY_PROVISONING", "deferred", "did you mean KOOGALLERY_PROVISIONING?"),
        ("KOOGALLERY_KEYS", r#"{"bsic":["k"]}"#, "access keys must be JSON like"),
        ("KOOGALLERY_API_TOKEN", "a-token-of-the-application short", "token 2 has 5 characters"),
        ("KOOGALLERY_API_TOKEN", "a-long-name-of-it:short", "token 1 has 5 characters"),
        ("KOOGALLERY_API_TOKEN", "crm/raed:a-token-of-the-application", "`raed` is not one of read, provision"),
        ("KOOGALLERY_RSA_PRIVATE_KEY", public_key, "public key"),
        ("KOOGALLERY_WEBHOOK_SECRET", "whsec_short", "24 to 64 random bytes"),
        ("KOOGALLERY_WEBHOOK_URL", "app.example.com/events", "write https:// before it"),
        ("KOOGALLERY_OPEN_API_URL", "mkt.example.com", "write https:// before it"),
        ("DYNAMODB_ENDPOINT", "localhost:8000", "write https:// before it"),
        ("KOOGALLERY_ACCESS_KEY_ID", "AK", "KOOGALLERY_SECRET_ACCESS_KEY is not set"),
    ] {
        let variables: Vec<_> =
            own.iter().copied().filter(|(known, _)| *known != name).chain([(name, value)]).collect();
        let told = told(&variables).await;
        assert!(told.iter().any(|line| line.contains(name) || line.contains(mend)), "{name}: {told:?}");
        assert!(told.iter().any(|line| line.contains(mend)), "{name}: {told:?}");
        assert!(told.iter().all(|line| !line.contains("whsec_short")), "{told:?}");
    }
    // What leaves this machine needs a secret of the seller's.
    for (name, value, missing) in [
        ("KOOGALLERY_WEBHOOK_URL", "https://app.example.com/", "KOOGALLERY_WEBHOOK_SECRET is not set"),
        ("KOOGALLERY_OPEN_API_URL", "international", "KOOGALLERY_ACCESS_KEY_ID is not set"),
    ] {
        for beside in [&own[..], &[]] {
            let variables: Vec<_> = beside.iter().copied().chain([(name, value)]).collect();
            let told = told(&variables).await;
            assert!(told.len() == 1 && told[0].contains(missing), "{told:?}");
        }
    }
    // All at once, and nothing of a secret.
    let told = told(&[("KOOGALLERY_API_TOKEN", "s3cret"), ("KOOGALLERY_TABEL", "t")]).await.join("\n");
    assert!(told.contains("KOOGALLERY_API_TOKEN: token 1") && told.contains("KOOGALLERY_TABLE?"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn a_first_run_needs_nothing() {
    assert_eq!(told(&[]).await, [""; 0]);
    let played =
        [("KOOGALLERY_WEBHOOK_URL", "http://127.0.0.1:9100/"), ("KOOGALLERY_OPEN_API_URL", "http://127.0.0.1:9200/")];
    assert_eq!(told(&played).await, [""; 0]);
    assert_eq!(told(&[("KOOGALLERY_KEYS", LOCAL_TEST_KEYS), ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)]).await, [""; 0]);
}

/// Each variable that holds a key: what everybody knows, and one of the seller's own.
const KEYS_OF_BOTH_KINDS: [(&str, &str, &str); 7] = [
    ("KOOGALLERY_KEYS", LOCAL_TEST_KEYS, KEYS),
    ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY, OWN_SEAL_KEY),
    ("KOOGALLERY_RSA_PRIVATE_KEY", LOCAL_RSA_PRIVATE_KEY, RSA_PRIVATE_KEY),
    ("KOOGALLERY_API_TOKEN", LOCAL_API_TOKEN, "a-token-of-the-application"),
    ("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET, OWN_WEBHOOK_SECRET),
    ("KOOGALLERY_ACCESS_KEY_ID", LOCAL_ACCESS_KEY_ID, "OWNACCESSKEY"),
    ("KOOGALLERY_SECRET_ACCESS_KEY", LOCAL_SECRET_ACCESS_KEY, "own-secret-access-key"),
];

fn told_of<'t>(told: &'t [String], name: &str) -> Vec<&'t String> {
    told.iter().filter(|line| line.starts_with(&format!("- {name} "))).collect()
}

#[tokio::test]
async fn a_key_that_everybody_knows_is_refused_beside_any_real_one() {
    for (known, value, _) in KEYS_OF_BOTH_KINDS {
        for (own, _, real) in KEYS_OF_BOTH_KINDS.into_iter().filter(|(own, ..)| *own != known) {
            let all = [(known, value), (own, real)];
            let told = told(&all).await;
            let of_known = told_of(&told, known);
            assert!(
                of_known.len() == 1 && of_known[0].contains(own) && of_known[0].contains(": set "),
                "{known} beside {own}: {told:?}"
            );
            assert_eq!(told_of(&told, own), [""; 0]);
        }
    }
    // Its name does not make a token the seller's own.
    let named = format!("my-application:{LOCAL_API_TOKEN}");
    let told_named = told(&[("KOOGALLERY_KEYS", KEYS), ("KOOGALLERY_API_TOKEN", &named)]).await;
    assert_eq!(told_of(&told_named, "KOOGALLERY_API_TOKEN").len(), 1, "{told_named:?}");
    // One of several in the same variable.
    let both = format!("{OWN_WEBHOOK_SECRET} {LOCAL_WEBHOOK_SECRET}");
    assert_eq!(told_of(&told(&[("KOOGALLERY_WEBHOOK_SECRET", &both)]).await, "KOOGALLERY_WEBHOOK_SECRET").len(), 1);
}

#[tokio::test]
async fn a_default_that_everybody_knows_is_refused_beside_any_real_key() {
    let defaults = [
        ("KOOGALLERY_WEBHOOK_URL", "http://127.0.0.1:9100/", vec!["KOOGALLERY_WEBHOOK_SECRET"]),
        (
            "KOOGALLERY_OPEN_API_URL",
            "http://127.0.0.1:9200/",
            vec!["KOOGALLERY_ACCESS_KEY_ID", "KOOGALLERY_SECRET_ACCESS_KEY"],
        ),
        ("KOOGALLERY_TABLE", "koogallery", vec!["KOOGALLERY_KEYS", "KOOGALLERY_LOCAL_KEY"]),
    ];
    for (name, value, missing) in defaults {
        for (own, _, real) in KEYS_OF_BOTH_KINDS {
            // An AK and its SK are of one pair.
            if name == "KOOGALLERY_OPEN_API_URL" && missing.contains(&own) {
                continue;
            }
            let told = told(&[(name, value), (own, real)]).await;
            for missing in missing.iter().filter(|missing| **missing != own) {
                let told = told_of(&told, missing);
                assert!(
                    told.len() == 1 && told[0].contains("is not set") && told[0].contains(own),
                    "{missing}: {told:?}"
                );
            }
        }
    }
    let arn = ("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery");
    let told = told(&[arn, ("AWS_REGION", "eu-west-1")]).await;
    assert_eq!(told_of(&told, "KOOGALLERY_LOCAL_KEY").len(), 1, "{told:?}");
    assert_eq!(told.len(), 1, "the other keys are the secret's: {told:?}");
}

#[tokio::test]
async fn a_key_that_everybody_knows_stays_on_this_machine() {
    for address in ["0.0.0.0:9000", "[::]:9000", "192.0.2.1:9000"] {
        let told = told_at(reach(address), &[]).await;
        for name in ["KOOGALLERY_KEYS", "KOOGALLERY_LOCAL_KEY"] {
            assert!(told_of(&told, name)[0].contains(address), "{told:?}");
        }
        for (name, value, _) in KEYS_OF_BOTH_KINDS {
            assert_eq!(told_of(&told_at(reach(address), &[(name, value)]).await, name).len(), 1, "{name}");
        }
        let own: Vec<_> = KEYS_OF_BOTH_KINDS.into_iter().map(|(name, _, real)| (name, real)).collect();
        assert_eq!(told_at(reach(address), &own).await, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_kept_in_memory_is_sealed_with_a_key_that_nobody_knows() {
    let forgets = Reach { forgets: true, ..reach("127.0.0.1:9000") };
    assert_eq!(told_at(forgets, &[("KOOGALLERY_KEYS", KEYS)]).await, [""; 0]);
    let made = || {
        let environment = checks::with_own_seal_key(environment(&[("KOOGALLERY_KEYS", KEYS)]), forgets);
        environment.get("KOOGALLERY_LOCAL_KEY").unwrap().to_owned()
    };
    let (one, other) = (made(), made());
    assert!(one.len() == 64 && one != other && one != LOCAL_KEY);
    let set = environment(&[("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY)]);
    assert_eq!(checks::with_own_seal_key(set, forgets).get("KOOGALLERY_LOCAL_KEY"), Some(OWN_SEAL_KEY));
    let kept = checks::with_own_seal_key(Environment::default(), reach("127.0.0.1:9000"));
    assert_eq!(kept.get("KOOGALLERY_LOCAL_KEY"), None);
}

#[tokio::test]
async fn what_can_be_mended_while_it_runs_is_told_and_no_reason_not_to_start() {
    let notices = async |variables: &[(&str, &str)]| checks::notices(&environment(variables)).await.join("\n");
    assert_eq!(notices(&[]).await, "");
    let text = notices(&[("KOOGALLERY_KEYS", r#"{"kit":["k"]}"#)]).await;
    assert!(text.contains("calls of basic, license, order are refused with 000001: KOOGALLERY_KEYS"), "{text}");
    assert!(text.contains("KOOGALLERY_RSA_PRIVATE_KEY is not set"), "{text}");

    let secret = json!({ "accessKeys": { "basic": ["k"], "license": ["l"], "order": ["o"], "kit": ["j"] },
        "rsaPrivateKey": "no key", "apiTokens": ["short"], "webhookSecrets": [] });
    let secrets = Secrets::start(&secret.to_string()).await;
    let endpoint = secrets.endpoint();
    let variables = [
        ("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.as_str()),
        ("KOOGALLERY_WEBHOOK_URL", "https://app.example.com/"),
        ("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY),
    ];
    assert_eq!(told(&variables).await, [""; 0]);
    let text = notices(&variables).await;
    for part in
        ["apiTokens of the secret arn:", "webhookSecrets of the secret arn:", "rsaPrivateKey of the secret arn:"]
    {
        assert!(text.contains(part), "{text}");
    }
    secrets.put("no secret");
    assert!(notices(&variables).await.contains("is not JSON"));
}

#[tokio::test]
async fn a_file_has_one_host() {
    let folder = std::env::temp_dir().join(Uuid::new_v4().to_string());
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("store.db");
    let first = EmbeddedDatabase::start(Some(&file)).unwrap();
    let second = EmbeddedDatabase::start(Some(&file)).unwrap_err();
    assert!(matches!(second, DatabaseError::InUse { .. }) && second.to_string().contains("--data"), "{second}");
    first.stop().await;
    EmbeddedDatabase::start(Some(&file)).unwrap().stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

// ------------------------------------------------------------------------------------------------ The list of variables

fn known() -> BTreeSet<String> {
    VARIABLES.iter().map(|variable| variable.name.to_owned()).collect()
}

/// Names of ours in a text.
fn named(text: &str) -> BTreeSet<String> {
    let part = |rest: &str| -> String {
        rest.chars()
            .take_while(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || *letter == '_')
            .collect()
    };
    text.match_indices("KOOGALLERY_").map(|(at, _)| part(&text[at..])).filter(|name| !name.ends_with('_')).collect()
}

#[test]
fn the_documentation_has_every_variable_with_its_meaning() {
    let text = std::fs::read_to_string(root().join("docs/configure.md")).unwrap();
    let rows: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("| `KOOGALLERY_")?.split_once("` | ")).collect();
    let names: Vec<_> = rows.iter().map(|(name, _)| format!("KOOGALLERY_{name}")).collect();
    assert_eq!(names, VARIABLES.map(|variable| variable.name), "in this order");
    for (variable, (_, told)) in VARIABLES.iter().zip(rows) {
        assert!(told.starts_with(variable.meaning), "{}: {told}", variable.name);
    }
}

#[test]
fn the_template_sets_only_what_is_known() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    assert_eq!(named(&template).difference(&known()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_code_reads_what_is_known_and_nothing_else() {
    fn read(folder: &Path, of: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, of);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("runtime/src/variables.rs") {
                of.extend(named(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut names = BTreeSet::new();
    for folder in ["shared", "functions", "local"] {
        read(&root().join(folder), &mut names);
    }
    assert_eq!(names, known(), "one that is new belongs into VARIABLES of shared/runtime/src/variables.rs");
}

// ------------------------------------------------------------------------------------------------ The command

#[tokio::test]
async fn serve_does_not_start_on_a_mistake_and_says_all_of_them() {
    let variables = [("KOOGALLERY_KEYS", KEYS), ("KOOGALLERY_PROVISONING", "deferred")];
    let file = std::env::temp_dir().join(Uuid::new_v4().to_string());
    let mut serve = koogallery(&variables);
    let serve = serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&file).output().await.unwrap();
    assert_eq!(serve.status.code(), Some(2));
    let told = String::from_utf8(serve.stderr).unwrap();
    assert!(told.contains("did you mean KOOGALLERY_PROVISIONING?"), "{told}");
    assert!(told.contains("- KOOGALLERY_LOCAL_KEY is not set") && told.contains("openssl rand -hex 32"), "{told}");
    assert!(!file.exists(), "nothing was begun");
}

#[tokio::test]
async fn open_apis_that_serve_plays_are_not_opened_by_a_key_that_everybody_knows_beside_a_real_one() {
    let mut serve = koogallery(&[("KOOGALLERY_KEYS", KEYS)]);
    let serve =
        serve.args(["serve", "--listen", "127.0.0.1:0", "--play-koogallery", "127.0.0.1:0"]).output().await.unwrap();
    let told = String::from_utf8(serve.stderr).unwrap();
    assert_eq!(serve.status.code(), Some(2), "{told}");
    assert!(told.contains("- KOOGALLERY_ACCESS_KEY_ID is not set"), "{told}");
}

#[tokio::test]
async fn other_commands_tell_a_slip_of_the_pen_and_go_on() {
    let mut call = koogallery(&[("KOOGALLERY_KEY", KEYS)]);
    let call =
        call.args(["call", "queryInstance", "instanceId=b-1", "--to", "http://127.0.0.1:1/"]).output().await.unwrap();
    let told = String::from_utf8(call.stderr).unwrap();
    assert!(told.contains("did you mean KOOGALLERY_KEYS?") && told.contains("no answer from"), "{told}");
}

#[tokio::test]
async fn the_command_tells_its_version_and_completes() {
    let version = koogallery(&[]).arg("--version").output().await.unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    assert!(version.starts_with(concat!("koogallery ", env!("CARGO_PKG_VERSION"))), "{version}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let completions = koogallery(&[]).args(["completions", shell]).output().await.unwrap();
        let completions = String::from_utf8(completions.stdout).unwrap();
        assert!(completions.contains("simulate") && completions.contains("rsa-public-key"), "{shell}");
    }
}

/// A file of secrets with this text, until it is dropped.
struct SecretFile(std::path::PathBuf);

impl SecretFile {
    fn with(text: &serde_json::Value) -> Self {
        let path = std::env::temp_dir().join(format!("koogallery-secret-{}.json", Uuid::new_v4()));
        std::fs::write(&path, text.to_string()).unwrap();
        Self(path)
    }

    fn variables(&self) -> [(&str, &str); 2] {
        [("KOOGALLERY_SECRET_FILE", self.0.to_str().unwrap()), ("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY)]
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[tokio::test]
async fn the_key_that_seals_may_stand_in_the_file_of_secrets() {
    let file = SecretFile::with(&json!({ "accessKeys": { "basic": ["k"] }, "localKey": OWN_SEAL_KEY }));
    let [named, set] = file.variables();
    let vault = |variables: &[(&str, &str)]| Vault::of(&environment(variables));
    let seller = Seller::with(|_| environment(&[named])).await;
    let store = seller.host.store();
    let key = vault(&[named]).unwrap().current(store).await.unwrap().id();
    assert_eq!(vault(&[set]).unwrap().current(store).await.unwrap().id(), key, "the same key opens it");
    let default = vault(&[("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)]).unwrap();
    assert!(default.current(store).await.is_err(), "the host did not use the one that everybody knows");

    let twice = vault(&[named, set]).unwrap_err().to_string();
    assert!(twice.contains("localKey in the file of KOOGALLERY_SECRET_FILE is set as well"), "{twice}");
    let short = SecretFile::with(&json!({ "accessKeys": { "basic": ["k"] }, "localKey": "0123" }));
    let [named, _] = short.variables();
    let told = vault(&[named]).unwrap_err().to_string();
    assert!(
        told.contains("localKey in the file") && told.contains("64 hex digits") && !told.contains("0123"),
        "{told}"
    );
}

#[tokio::test]
async fn a_production_host_has_keys_of_its_own_wherever_it_listens() {
    let production = Reach { production: true, ..reach("127.0.0.1:9000") };
    let lines = told_at(production, &[]).await;
    assert!(lines.iter().any(|line| line.contains("KOOGALLERY_KEYS is not set") && line.contains("production host")));
    assert!(lines.iter().any(|line| line.contains("KOOGALLERY_LOCAL_KEY")), "{lines:?}");
    let own = [("KOOGALLERY_KEYS", KEYS), ("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY)];
    assert_eq!(told_at(production, &own).await, [""; 0]);
}

#[tokio::test]
async fn what_is_wrong_in_a_file_of_secrets_is_told_without_them() {
    let own = json!({ "accessKeys": { "basic": ["a-key-of-the-seller-itself"] } });
    let good = SecretFile::with(&own);
    assert_eq!(told(&good.variables()).await, [""; 0]);
    let mut twice = good.variables().to_vec();
    twice.push(("KOOGALLERY_KEYS", KEYS));
    assert!(told(&twice).await.iter().any(|line| line.contains("KOOGALLERY_SECRET_FILE is set as well")));
    for (name, value, expected) in [
        ("accessKeys", json!({ "basic": ["koogallery-local-test-key-basic"] }), "everybody knows in the file"),
        ("accessKeys", json!({ "bsic": ["a-key-of-the-seller-itself"] }), "access keys must be JSON like"),
        ("apiTokens", json!([{ "name": "crm", "token": koogallery_local::keys::LOCAL_API_TOKEN }]), "everybody knows"),
        ("apiTokens", json!(["short"]), "token 1 has 5 characters"),
        ("webhookSecrets", json!([koogallery_local::keys::LOCAL_WEBHOOK_SECRET]), "everybody knows"),
    ] {
        let mut text = own.clone();
        text[name] = value;
        let file = SecretFile::with(&text);
        let lines = told(&file.variables()).await;
        assert!(lines.iter().any(|line| line.contains(expected)), "{name}: {lines:?}");
        assert!(lines.iter().all(|line| !line.contains("of-the-seller-itself")), "{lines:?}");
    }
    // The key that seals may stand there as well, and is then held to the same.
    let file = |key: &str| {
        let mut text = own.clone();
        text["localKey"] = json!(key);
        SecretFile::with(&text)
    };
    let whole = file(OWN_SEAL_KEY);
    let [named, _] = whole.variables();
    let production = Reach { production: true, ..reach("127.0.0.1:9000") };
    assert_eq!(told_at(production, &[named]).await, [""; 0]);
    let known = file(LOCAL_KEY);
    let [named, _] = known.variables();
    let lines = told_at(production, &[named]).await;
    assert!(lines.len() == 1 && lines[0].contains("KOOGALLERY_LOCAL_KEY has a key that everybody knows"), "{lines:?}");
    let gone = [("KOOGALLERY_SECRET_FILE", "/nowhere/secret.json"), ("KOOGALLERY_LOCAL_KEY", OWN_SEAL_KEY)];
    let lines = told(&gone).await;
    assert!(lines.len() == 1 && lines[0].contains("/nowhere/secret.json cannot be read"), "{lines:?}");
}
