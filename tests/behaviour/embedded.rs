//! The embedded DynamoDB is nobody else's: no port unless it is asked for, none for web pages, and a file of its owner's only.
//! Its file can be copied while a host works on it.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use koogallery_local::database::{BackupError, EmbeddedDatabase, Listen, back_up};
use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::log::Silent;
use koogallery_runtime::{Environment, dynamodb_client};
use koogallery_store::schema;
use koogallery_tests::Seller;
use koogallery_tests::bodies::{self, purchase, with};
use serde_json::{Value, json};
use uuid::Uuid;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("koogallery-embedded-{}", Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const ANY: &str = "127.0.0.1:0";

fn any() -> SocketAddr {
    ANY.parse().unwrap()
}

#[tokio::test]
async fn nobody_else_reaches_the_table_unless_a_port_is_asked_for() {
    let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
    let environment = Environment::default();
    let options = Options::new(any(), TableAt::IN_MEMORY, environment, log, journal);
    let host = LocalHost::start(options).await.unwrap();
    assert_eq!(host.dynamodb_endpoint(), None);
    // The SDK reaches it all the same, and no address is behind what it says.
    let store = host.store();
    assert!(store.client().describe_table().table_name(store.table()).send().await.is_ok());
    host.stop().await.unwrap();
}

#[tokio::test]
async fn a_port_answers_whoever_has_its_credential_and_no_web_page() {
    let mut database = EmbeddedDatabase::start(None).unwrap();
    let listen = Listen::with_random_key(any()).unwrap();
    let key = listen.access_key_id.reveal().to_owned();
    assert_ne!(key, Listen::with_random_key(any()).unwrap().access_key_id.reveal());
    assert!(!format!("{listen:?}").contains(&key));
    let endpoint = database.listen(listen).await.unwrap();
    let client = |id: &str| {
        let environment = Environment::default().with("DYNAMODB_ENDPOINT", &endpoint);
        let environment = environment.with("AWS_ACCESS_KEY_ID", id).with("AWS_SECRET_ACCESS_KEY", "any");
        dynamodb_client(&environment).unwrap()
    };
    schema::create(&client(&key), "a-table").await.unwrap();
    assert!(client("another").list_tables().send().await.is_err());

    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let ask = async |name: &str, value: &str, key: &str| {
        let signed = format!("AWS4-HMAC-SHA256 Credential={key}/20260101/any/dynamodb/aws4_request, Signature=0");
        let request = http.post(&endpoint).header("authorization", signed).header(name, value).body("{}");
        let request = request.header("x-amz-target", "DynamoDB_20120810.ListTables");
        let answer = request.send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    };
    assert_eq!(ask("x-any", "any", &key).await, (200, json!({ "TableNames": ["a-table"] })));
    assert_eq!(ask("origin", "https://example.com", &key).await.0, 403);
    assert_eq!(ask("host", "pages.example.com:8000", &key).await.0, 403);
    assert_eq!(ask("host", "localhost:8000", &key).await.0, 200);
    let (status, body) = ask("x-any", "any", "").await;
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().contains("AWS_ACCESS_KEY_ID") && !body.to_string().contains(&key));
    assert_eq!(http.get(&endpoint).send().await.unwrap().status(), 405);
    database.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_its_owner_s_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.file("store.db");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let seller = Seller::in_file(&file, |environment| environment).await;
    seller.say_all(&[purchase()]).await;
    let mut seen = 0;
    for beside in std::fs::read_dir(&folder.0).unwrap() {
        let beside = beside.unwrap();
        assert_eq!(beside.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", beside.file_name());
        seen += 1;
    }
    assert!(seen >= 3, "the file, its log and its lock");
    seller.host.stop().await.unwrap();
}

#[tokio::test]
async fn a_copy_made_while_calls_run_is_whole_and_starts_a_host() {
    let folder = Folder::new();
    let (file, copy) = (folder.file("store.db"), folder.file("copy.db"));
    let table = "restored";
    let named = |environment: Environment| environment.with("KOOGALLERY_TABLE", table);
    let seller = Seller::in_file(&file, named).await;
    seller.say_all(&[purchase()]).await;
    let bought =
        |number: usize| with(with(purchase(), "businessId", format!("i-{number}")), "orderId", format!("O-{number}"));
    let calls = async {
        for number in 0..40 {
            assert_eq!(seller.say(&bought(number)).await, "000000");
        }
    };
    let copied = async {
        let (file, copy) = (file.clone(), copy.clone());
        tokio::task::spawn_blocking(move || back_up(&file, &copy)).await.unwrap().unwrap();
    };
    tokio::join!(calls, copied);
    let again = back_up(&file, &copy).unwrap_err();
    assert!(matches!(again, BackupError::Target { .. }), "a copy is never written over: {again}");
    let nothing = back_up(&folder.file("none.db"), &folder.file("other.db")).unwrap_err();
    assert!(matches!(nothing, BackupError::Source { .. }), "{nothing}");
    assert!(!folder.file("other.db").exists());
    seller.host.stop().await.unwrap();

    let restored = Seller::in_file(&copy, named).await;
    assert!(restored.instance(bodies::ID).await.is_some());
    // A moment: each purchase is there with its event, or not at all.
    for number in 0..40 {
        let events = restored.events(&format!("INSTANCE#i-{number}")).await;
        assert_eq!(restored.instance(&format!("i-{number}")).await.is_some(), !events.is_empty(), "{number}");
    }
    assert_eq!(restored.say(&bought(99)).await, "000000");
    restored.host.stop().await.unwrap();
}
