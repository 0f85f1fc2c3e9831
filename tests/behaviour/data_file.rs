//! The host's file: what is erased cannot be read from its bytes, and what has expired does not stay in it.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AccessKeys, AppInfo, InstanceId, InterfaceType};
use koogallery_local::keys::LOCAL_TEST_KEYS;
use koogallery_local::marketplace::{Marketplace, SignedCall, new_nonce};
use koogallery_runtime::{Environment, now};
use koogallery_store::{Provisioned, Subject, ToldBy};
use koogallery_tests::bodies::{ID, INSTANCE, purchase, release, with};
use koogallery_tests::kit::{RSA_PRIVATE_KEY, application, auth, department, tenant, user, vault};
use koogallery_tests::{Seller, operator};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use uuid::Uuid;

use crate::simulate::koogallery;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        // With what has a meaning in a URI.
        let path = std::env::temp_dir().join(format!("koogallery data#1 100%?{}", Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("store.db")
    }

    /// The bytes of every file in it.
    fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// Those of these texts that stand somewhere in it.
    fn hold<'t>(&self, texts: &'t [String]) -> Vec<&'t String> {
        let bytes = self.bytes();
        texts.iter().filter(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes())).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn seller(file: &Path) -> Seller {
    let change = |environment: Environment| {
        environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY).with("KOOGALLERY_TABLE", "koogallery")
    };
    Seller::in_file(file, change).await
}

#[tokio::test]
async fn what_is_erased_cannot_be_read_from_the_file() {
    let folder = Folder::new();
    let seller = seller(&folder.file()).await;
    seller.say_all(&[purchase(), with(with(purchase(), "orderId", "CS2"), "businessId", "stays")]).await;
    let way_in: AppInfo = serde_json::from_value(json!({ "frontEndUrl": "https://app.example.com/",
        "userName": "first-admin", "password": "first-password" }))
    .unwrap();
    assert_eq!(
        seller.host.store().provision(&ID.parse().unwrap(), &way_in, ToldBy::SellerApi, &vault()).await.unwrap(),
        Provisioned::Applied
    );
    let (callback, body) = tenant(1);
    seller.sync_all([(callback, with(body, "name", "Enterprise Secret Ltd")), application(1, "s3cret", 1)]).await;
    // Many events, so that pages are split and rewritten, each with a name of its own.
    let mut personal: Vec<String> = vec!["Enterprise Secret Ltd".to_owned()];
    for number in 0..40 {
        let (login, code) = (format!("login-of-{number:03}"), format!("code-of-{number:03}"));
        let person = with(user(number), "userName", login.as_str());
        seller.sync_all([auth(1, [person], 1), department(1, &code, "Sales", 1)]).await;
        personal.extend([login, code]);
    }
    let stays = with(user(1), "userName", "stays-here");
    let (callback, body) = auth(1, [stays], 1);
    seller.sync_all([(callback, with(body, "instanceId", "stays"))]).await;
    assert_eq!(folder.hold(&personal).len(), personal.len(), "it stands there in the clear until it is erased");
    assert_eq!(folder.hold(&["first-admin", "first-password"].map(str::to_owned)), [""; 0], "these never do");

    seller.say_all(&[release()]).await;
    operator::erase(seller.host.store(), INSTANCE).await;
    seller.host.stop().await.unwrap();
    assert_eq!(folder.hold(&personal), [""; 0]);
    let files = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap());
    let mut files: Vec<_> = files.map(|file| (file.file_name(), file.metadata().unwrap().len() > 0)).collect();
    files.sort();
    assert_eq!(files, [("store.db".into(), true), ("store.db.lock".into(), false)], "and nothing beside it");
    assert_eq!(folder.hold(&["stays-here".to_owned()]).len(), 1);
}

#[tokio::test]
async fn what_has_expired_is_swept_out_of_the_file() {
    let folder = Folder::new();
    let first = seller(&folder.file()).await;
    let put = async |sort: &str, expires_at: i64| {
        let store = first.host.store();
        let put = store.client().put_item().table_name(store.table());
        let put = put.item("pk", AttributeValue::S("TEST#INSTANCE#debug".to_owned()));
        let put =
            put.item("sk", AttributeValue::S(sort.to_owned())).item("who", AttributeValue::S(format!("who-{sort}")));
        put.item("expiresAt", AttributeValue::N(expires_at.to_string())).send().await.unwrap();
    };
    put("expired", now().as_seconds() - 10).await;
    put("stands", now().as_seconds() + 1_000).await;
    first.host.stop().await.unwrap();

    let again = seller(&folder.file()).await;
    while again.item("TEST#INSTANCE#debug", "expired").await.is_some() {
        tokio::task::yield_now().await;
    }
    assert!(again.item("TEST#INSTANCE#debug", "stands").await.is_some());
    again.host.stop().await.unwrap();
    assert_eq!(folder.hold(&["who-expired".to_owned(), "who-stands".to_owned()]), ["who-stands"]);
}

#[tokio::test]
async fn a_file_grows_no_further_with_calls_that_leave_nothing() {
    let folder = Folder::new();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let seller = seller(&folder.file()).await;
        if sizes.is_empty() {
            seller.say_all(&[purchase()]).await;
        }
        for _ in 0..100 {
            assert_eq!(seller.say(&with(purchase(), "businessId", "again")).await, "000000");
        }
        // As if their minute were over.
        let store = seller.host.store();
        for item in seller.everything().await.into_iter().filter(|item| item["sk"].as_s().unwrap() == "NONCE") {
            let update = store.client().update_item().table_name(store.table());
            let update = update.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
            let update = update.update_expression("SET expiresAt = :past");
            update.expression_attribute_values(":past", AttributeValue::N("1".to_owned())).send().await.unwrap();
        }
        seller.host.stop().await.unwrap();
        sizes.push(std::fs::metadata(folder.file()).unwrap().len());
    }
    assert!(sizes[2] <= sizes[1] + sizes[1] / 10, "{sizes:?}");
}

/// Calls as many times as the disk has room, and until it is full.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_is_answered_000005_and_leaves_nothing_half_written() {
    const MOST: usize = 2000;
    let folder = Folder::new();
    // A file may not grow beyond this: the system refuses the write, as a full disk does.
    let limited = "trap '' XFSZ; ulimit -f 1500; exec \"$@\"";
    let program = koogallery(&[]);
    let mut serve = Command::new("bash");
    serve.args(["-c", limited, "bash"]).arg(program.as_std().get_program());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.file());
    let mut serve = serve.env_clear().kill_on_drop(true).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(serve.stderr.take().unwrap()).lines();
    let address = loop {
        let line = said.next_line().await.unwrap().unwrap();
        if let Some(address) = line.strip_prefix("production address") {
            break address.split_whitespace().next().unwrap().to_owned();
        }
    };
    // What it writes there has to be read, or it waits for that.
    tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    let keys = AccessKeys::from_json(LOCAL_TEST_KEYS).unwrap();
    let marketplace = Marketplace::new(&address, keys.clone()).unwrap();
    let code = async |number: usize| {
        let body = with(purchase(), "businessId", id(number));
        let body = with(with(body, "orderId", format!("CS-{number}")), "orderLineId", format!("CS-{number}-1"));
        let key = keys.current(InterfaceType::Basic).unwrap();
        let call = SignedCall::basic(key, body.to_string(), now(), &new_nonce());
        marketplace.send(&call).await.unwrap().reply().unwrap().result_code.to_string()
    };
    let mut full = 0;
    while full < MOST {
        match code(full).await.as_str() {
            "000000" => full += 1,
            other => {
                assert_eq!(other, "000005");
                break;
            }
        }
    }
    assert!((1..MOST).contains(&full), "{full} calls were answered");
    serve.kill().await.unwrap();

    let seller = seller(&folder.file()).await;
    for number in 0..=full {
        let id: InstanceId = id(number).parse().unwrap();
        let stands = seller.host.store().instance(&id).await.unwrap().is_some();
        let events = seller.host.store().events(&Subject::Instance(id)).await.unwrap().len();
        assert_eq!((stands, events), (number < full, usize::from(number < full)), "{number} of {full}");
    }
    seller.host.stop().await.unwrap();
}

fn id(number: usize) -> String {
    format!("instance-{number}")
}
