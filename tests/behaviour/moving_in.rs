//! Customers who were there before this deployment: a file brings them, and from then on calls about them are answered.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use koogallery::AccessKeys;
use koogallery_local::import::{Format, Row, read, template};
use koogallery_local::marketplace::Marketplace;
use koogallery_local::shadow::Shadow;
use koogallery_store::{FreezeCause, Status};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};

use crate::commands::{refused, run, told};

/// A file in the folder of temporary files, which goes with it.
struct File(std::path::PathBuf);

impl File {
    fn of(name: &str, text: &str) -> Self {
        let file = std::env::temp_dir().join(format!("{}-{name}", uuid::Uuid::new_v4()));
        std::fs::write(&file, text).unwrap();
        Self(file)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The rows that were refused, as the command wrote them.
    fn refused(&self) -> String {
        std::fs::read_to_string(format!("{}.refused.csv", self.path())).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
        drop(std::fs::remove_file(format!("{}.refused.csv", self.path())));
    }
}

fn of_instance(body: Value, id: &str) -> Value {
    with(body, "instanceId", id)
}

/// Whose seller API has a token.
async fn start() -> Seller {
    Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", TOKEN)).await
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_template_can_be_imported_and_calls_about_its_customers_are_answered() {
    let seller = start().await;
    let file = File::of("customers.csv", &told(&seller, &["import", "--template", "csv"]).await);
    let before = seller.standing().await;
    let dry = told(&seller, &["import", file.path(), "--dry-run"]).await;
    assert!(dry.contains("a dry run") && words(&dry).contains("instances 3 new 0 known 0 refused"), "{dry}");
    assert_eq!(seller.standing().await, before, "a dry run writes nothing");

    let first = told(&seller, &["import", file.path()]).await;
    assert_eq!(dry.lines().take(4).collect::<Vec<_>>(), first.lines().collect::<Vec<_>>(), "it does what it said");
    let there = seller.standing().await;
    let again = told(&seller, &["import", file.path()]).await;
    assert_eq!(words(&again).matches(" 0 new ").count(), 4, "{again}");
    assert_eq!(seller.standing().await, there, "a repeat changes nothing");
    let lines = File::of("customers.jsonl", &template(Format::Jsonl));
    assert_eq!(told(&seller, &["import", lines.path()]).await, again, "both templates say the same");

    let active = seller.instance("i-1001").await.unwrap();
    let frozen = seller.instance("i-1002").await.unwrap();
    assert_eq!((active.life.status, active.v1), (Status::Active, false));
    assert_eq!(
        (frozen.life.status, frozen.life.freeze_cause, frozen.v1),
        (Status::Frozen, Some(FreezeCause::Expired), true)
    );
    assert_eq!(seller.instance("i-0007").await.unwrap().life.status, Status::Released);
    for id in ["i-1001", "i-1002", "i-0007"] {
        assert_eq!(seller.events(&format!("INSTANCE#{id}")).await, Vec::<String>::new(), "the application knows them");
    }

    // KooGallery goes on as if they had been bought here.
    let renewal = bodies::renewal("CS9", "20301226155959000");
    assert_eq!(seller.say(&of_instance(renewal.clone(), "i-1001")).await, "000000");
    assert_eq!(seller.say(&of_instance(bodies::renewal("CS10", "20301001155959000"), "i-1002")).await, "000000");
    assert_eq!(seller.instance("i-1002").await.unwrap().life.status, Status::Active, "a renewal ends the freeze");
    assert_eq!(seller.say(&of_instance(bodies::freeze(), "i-1001")).await, "000000");
    assert_eq!(seller.say(&of_instance(bodies::query(), "i-1001")).await, "000000");
    assert_eq!(seller.say(&of_instance(bodies::release(), "i-1001")).await, "000000");
    assert_eq!(seller.say(&of_instance(renewal, "i-0007")).await, "000003", "what is released stays so");
    let told_events = ["instance.refreshed", "instance.frozen", "instance.released"];
    assert_eq!(seller.events("INSTANCE#i-1001").await, told_events);

    let again = run(&seller, &["import", file.path()], "").await;
    assert_eq!(seller.instance("i-1001").await.unwrap().life.status, Status::Released, "an import takes nothing back");
    assert!(again.out.contains("orders"), "{}{}", again.out, again.errors);
}

#[tokio::test]
async fn a_repeated_purchase_of_an_imported_line_finds_its_instance() {
    let seller = start().await;
    let api = Api::of(&seller);
    let row = json!({ "kind": "instance", "createdAt": "2024-11-26T02:00:00Z", "instanceId": "old-1", "orderId": "CS1",
        "orderLineId": "CS1-000001", "frontEndUrl": "https://app.example.com/", "userName": "admin", "password": "first" });
    let done = api.post("/v1/imports", &json!({ "rows": [row] })).await.expect(200);
    assert_eq!(done["rows"][0], json!({ "row": 0, "outcome": "new" }));
    let purchase = with(with(bodies::purchase(), "orderId", "CS1"), "orderLineId", "CS1-000001");
    let reply = seller.send(&seller.signed(&purchase)).await;
    assert_eq!(reply.instance_id.unwrap().as_str(), "old-1");
    let info = seller.app_info("old-1").await.unwrap();
    assert_eq!(info.front_end_url.as_str(), "https://app.example.com/");
    assert!(seller.everything().await.iter().all(|item| !format!("{item:?}").contains("\"first\"")), "it is sealed");
}

#[tokio::test]
async fn a_row_that_cannot_be_imported_is_told_and_holds_up_no_other() {
    let seller = start().await;
    assert_eq!(seller.say(&bodies::purchase()).await, "000000");
    let bought = seller.instance("b-1").await.unwrap();
    let text = "kind,createdAt,instanceId,orderId,orderLineId,status,cause,changedAt,expireTime,scene,frontEndUrl\n\
        instance,2024-01-01T00:00:00Z,n-1,CS70,CS70-1,,,,,,https://app.example.com/\n\
        instance,2024-01-01T00:00:00Z,b-1,CS71,CS71-1,,,,,,https://app.example.com/\n\
        instance,2024-01-01T00:00:00Z,n-2,CS72,CS72-1,,,,,,\n\
        instance,2024-01-01T00:00:00Z,n-3,CS73,CS73-1,frozen,,,,,https://app.example.com/\n\
        instance,2024-01-01T00:00:00Z,n-4,CS74,CS74-1,frozen,suspended,2025-01-01T00:00:00Z,,,https://app.example.com/\n\
        instance,2999-01-01T00:00:00Z,n-5,CS75,CS75-1,,,,,,https://app.example.com/\n\
        instance,yesterday,n-6,CS76,CS76-1,,,,,,https://app.example.com/\n\
        order,2024-01-01T00:00:00Z,nobody,CS77,,,,,2027-01-01T00:00:00Z,RENEWAL,\n\
        order,2024-01-01T00:00:00Z,n-1,=1+1,CS78-1,,,,2027-01-01T00:00:00Z,RENEWAL,\n";
    let file = File::of("some.csv", text);
    refused(&seller, &["import", file.path(), "--dry-run"], 1).await;
    assert!(seller.instance("n-1").await.is_none());
    refused(&seller, &["import", file.path()], 1).await;
    let told = file.refused();
    for (line, why) in [
        ("3,instance,b-1,", "another line of it, bought this instance"),
        ("4,instance,n-2,", "frontEndUrl is missing"),
        ("5,instance,n-3,", "changedAt: it is missing"),
        ("6,instance,n-4,", "needs an expireTime"),
        ("7,instance,n-5,", "createdAt: it is in the future"),
        ("8,instance,n-6,", "createdAt: give a time like"),
        ("9,order,CS77,", "no such instance"),
    ] {
        assert!(told.lines().any(|told| told.starts_with(line) && told.contains(why)), "{line} {why}: {told}");
    }
    assert_eq!(told.lines().count(), 8, "{told}");
    assert!(seller.instance("n-1").await.is_some());
    assert_eq!(seller.instance("b-1").await.unwrap(), bought, "what KooGallery bought stays as it is");
}

#[tokio::test]
async fn only_a_token_with_the_scope_imports() {
    let (may, may_not) = ("token-that-imports-customers", "token-that-provisions-only");
    let tokens = format!("mover/import:{may} app/read,provision,orders,usage,personal-data:{may_not}");
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    let rows = json!({ "rows": [{}] });
    Api::with_token(&seller, may_not).post("/v1/imports", &rows).await.expect(403);
    let answer = Api::with_token(&seller, may).post("/v1/imports", &rows).await.expect(200);
    assert_eq!(answer["rows"][0]["outcome"], "refused");
    for count in [0, 101] {
        let rows = json!({ "rows": vec![json!({}); count] });
        Api::with_token(&seller, may).post("/v1/imports", &rows).await.expect(400);
    }
}

#[test]
fn rows_come_in_an_order_in_which_they_can_be_imported() {
    let rows = read(template(Format::Csv).as_bytes(), Format::Csv).unwrap();
    let kinds: Vec<_> = rows.iter().map(|row: &Row| row.kind).collect();
    assert!(kinds.is_sorted() && kinds.len() == 7);
}

/// Old code that answers as it is told, and keeps what it was asked.
struct OldCode {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl OldCode {
    async fn answering(answer: &'static str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&asked);
        let router = axum::Router::new().fallback(async move |request: axum::extract::Request| {
            let path = request.uri().to_string();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            kept.lock().unwrap().push(format!("{path} {body}"));
            (
                [("Body-Sign", "sign_type=\"HMAC-SHA256\", signature=\"x\""), ("content-type", "application/json")],
                answer,
            )
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, asked }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[tokio::test]
async fn the_shadow_gives_the_old_reply_and_tells_where_the_new_one_differs() {
    let seller = Seller::start().await;
    let old =
        OldCode::answering(r#"{"resultCode":"000000","resultMsg":"from the old code","instanceId":"old-1"}"#).await;
    let any = "127.0.0.1:0".parse().unwrap();
    let shadow = Shadow::start(any, &old.url(), &seller.host.address(), None).await.unwrap();
    let url = format!("http://{}", shadow.address().unwrap());
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(shadow.run(async { drop(stopped.await) }, move |one| drop(tell.send(one.clone()))));

    // A stock HTTP client in KooGallery's place: the headers count as they are on the wire.
    let call = seller.signed(&bodies::purchase());
    let marketplace = Marketplace::new(&url, AccessKeys::from_json(KEYS).unwrap()).unwrap();
    let reply = marketplace.send(&call).await.unwrap().reply().unwrap();
    assert_eq!((&*reply.result_msg, reply.instance_id.unwrap().as_str()), ("from the old code", "old-1"));
    let compared = told.recv().await.unwrap();
    assert_eq!(compared.callback, "newInstance");
    // KooGallery knows this instance as old-1: under another id it would be of no use.
    assert!(compared.sides[1]["(reply)"].as_str().unwrap().contains("an id of its own"), "{compared:?}");
    assert!(seller.instance("b-1").await.is_none());
    assert!(old.asked.lock().unwrap()[0].contains("\"orderId\":\"CS1\""));

    // What follows is copied all the same.
    marketplace.send(&seller.signed(&bodies::freeze())).await.unwrap();
    let compared = told.recv().await.unwrap();
    assert_eq!(compared.sides[1]["resultCode"], "000003", "the new deployment does not know it before an import");
    // Code that takes KooGallery's own id as the instance's.
    let named = bodies::with(bodies::with(bodies::purchase(), "orderId", "CS2"), "businessId", "old-1");
    let named = bodies::with(named, "orderLineId", "CS2-000001");
    marketplace.send(&seller.signed(&named)).await.unwrap();
    let compared = told.recv().await.unwrap();
    assert_eq!(compared.sides[1]["instanceId"], "old-1", "the copy was signed as the call: the new deployment took it");
    assert!(!compared.differs.contains("instanceId"), "{compared:?}");
    assert!(seller.instance("old-1").await.is_some());
    drop(stop);
    let summary = running.await.unwrap();
    assert!(!summary.agrees() && summary.to_string().contains("updateInstanceStatus"), "{summary}");
}

#[tokio::test]
async fn koogallery_does_not_notice_a_new_deployment_that_is_away() {
    let old = OldCode::answering(r#"{"resultCode":"000000","resultMsg":"success."}"#).await;
    let shadow = Shadow::start("127.0.0.1:0".parse().unwrap(), &old.url(), "http://127.0.0.1:1/", None).await.unwrap();
    let url =
        format!("http://{}/saasproduce?activity=queryInstance&instanceId=a%2Cb&x=%20y", shadow.address().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let running = tokio::spawn(shadow.run(async { drop(stopped.await) }, move |one| drop(tell.send(one.to_json()))));
    let answer = reqwest::get(&url).await.unwrap();
    assert!(answer.status().is_success() && answer.headers().contains_key("body-sign"));
    assert_eq!(told.recv().await.unwrap()["new"]["(reply)"], "none");
    let asked = old.asked.lock().unwrap().join("");
    assert!(asked.contains("instanceId=a%2Cb&x=%20y"), "signed parameters pass as they came: {asked}");
    drop(stop);
    running.await.unwrap();
}

#[tokio::test]
async fn without_old_code_koogallery_is_told_to_come_again() {
    let seller = Seller::start().await;
    let shadow = Shadow::start("127.0.0.1:0".parse().unwrap(), "http://127.0.0.1:1/", &seller.host.address(), None)
        .await
        .unwrap();
    let url = format!("http://{}/", shadow.address().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(shadow.run(async { drop(stopped.await) }, |_| ()));
    assert_eq!(reqwest::get(&url).await.unwrap().status().as_u16(), 502);
    drop(stop);
    running.await.unwrap();
    assert!(Shadow::start("127.0.0.1:0".parse().unwrap(), "ftp://x/", "http://127.0.0.1:1/", None).await.is_err());
}
