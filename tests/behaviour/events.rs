//! Events as they are documented: every one that is really sent keeps to its schema, and the example receivers take them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use deliver_events::type_name;
use koogallery::{AccessKeys, InterfaceType, Timestamp};
use koogallery_local::keys::LOCAL_WEBHOOK_SECRET;
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::now;
use koogallery_store::{
    About, Cause, Cycles, Delivery, EventRecord, EventType, HandleDigest, LoginStep, LoginUse, Raise, Sealed, SignedIn,
    Subject, UsageSent, Warning,
};
use koogallery_tests::application::Post;
use koogallery_tests::bodies::{self, with};
use koogallery_tests::lambda::{binaries, build};
use koogallery_tests::{KEYS, Seller, kit};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn schema(name: &str) -> Value {
    let file = root().join(format!("docs/events/{name}.schema.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap()
}

/// The kit's calls that make every type of event of a tenant.
fn all_syncs() -> Vec<kit::Said> {
    let tree = |at| kit::departments([("o-2".to_owned(), "Research")], at);
    vec![
        kit::tenant(1),
        renamed(kit::tenant(2)),
        kit::application(1, "s3cret", 1),
        kit::application(2, "other", 2),
        kit::department(1, "o-1", "Sales", 1),
        kit::department(2, "o-1", "Sales and service", 2),
        kit::auth(1, (0..3).map(kit::user), 1),
        kit::auth(2, [with(kit::user(1), "name", "Another Name")], 2),
        kit::auth(3, [kit::user(1)], 3),
        kit::auth(0, [kit::user(2)], 4),
        kit::department(0, "o-1", "Sales and service", 4),
        tree(5),
        kit::application(0, "other", 6),
        kit::tenant(0),
    ]
}

fn renamed((callback, body): kit::Said) -> kit::Said {
    (callback, with(body, "name", "Example Group"))
}

/// Calls that make every other type of event, with and without an order line.
fn all_calls() -> Vec<Value> {
    let order = |body, id: &str| with(with(body, "orderId", id), "orderLineId", format!("{id}-000001"));
    vec![
        order(bodies::purchase(), "MOCKPERIODYEARNEW"),
        order(bodies::renewal("R", bodies::FUTURE), "MOCKMONTYRENEW"),
        bodies::refresh("R2", "UNSUBSCRIBE_RENEWAL_PERIOD", bodies::PAST),
        bodies::freeze(),
        bodies::unfreeze(),
        order(bodies::upgrade("U"), "MOCKMONTYCHANGE"),
        order(bodies::order_notice(), "MOCKONETIMENEW"),
        order(bodies::renew_code("R", bodies::FUTURE), "MOCKMONTYRENEW"),
        bodies::freeze_code(),
        bodies::unfreeze_code(),
        bodies::release_code(),
        bodies::release(),
    ]
}

/// refreshLicenseCode of a code of its own.
fn code(order: &str, scene: &str, expire_time: &str) -> Value {
    with(bodies::refresh_code(order, scene, expire_time), "license", "OTHER-CODE")
}

#[tokio::test]
async fn every_event_keeps_to_its_schema_and_every_member_is_documented() {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
    let seller = Seller::of_kit().await;
    let post = Post::of(&seller, |environment| {
        environment
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    })
    .await;
    let calls = all_calls();
    let (release, others) = calls.split_last().unwrap();
    seller.say_all(others).await;
    // A device's license belongs to an instance that the license key bought.
    let entitlement = with(with(bodies::purchase(), "orderId", "CS9"), "businessId", "b-9");
    let entitlement = seller.signed_with("license-key", &entitlement, now());
    assert_eq!(seller.send(&entitlement).await.result_code.as_str(), "000000");
    let license = with(bodies::get_license("e-1", "fingerprint"), "instanceId", "b-9");
    assert_eq!(seller.say(&license).await, "000004");
    // A package that is used up.
    let (package, store) = (bodies::ID.parse().unwrap(), seller.host.store());
    assert!(store.set_quota(&package, "1".parse().unwrap(), now()).await.unwrap());
    let used = UsageSent {
        id: "r-1".parse().unwrap(),
        instance_id: "b-9".parse().unwrap(),
        related_package: Some(package),
        begin: now(),
        end: now(),
        quantity: "1.5".parse().unwrap(),
    };
    store.take_usage(vec![used], &Cycles::default(), now()).await.unwrap();
    // A deadline that comes near.
    let order = About::Subject(Subject::Order("CS9".parse().unwrap()));
    let raise = Raise { cause: Cause::SellerStep, since: now(), at: now(), due_at: Some(now()) };
    assert!(store.raise(&Warning::new(order, &raise, now()).with_detail("a test")).await.unwrap());
    // An order of a code that turns out to be signed before the refund that counted before it.
    let at = |second: i64| Timestamp::from_millis(now().as_millis() + second * 1000);
    for (body, second) in [
        (code("R1", "RENEWAL", bodies::FUTURE), 3),
        (code("R2", "UNSUBSCRIBE_RENEWAL_PERIOD", bodies::PAST), 2),
        (code("R1", "RENEWAL", bodies::FUTURE), 1),
    ] {
        assert_eq!(seller.send(&seller.signed_body_at(&body, at(second))).await.result_code.as_str(), "000000");
    }
    let accepted = [
        ("activity", "newInstance"),
        ("customerId", "c-1"),
        ("businessId", "b-8"),
        ("orderId", "CS8"),
        ("productId", "p-1"),
        ("amount", "10"),
        ("provisionType", "1"),
        ("acceptanceTime", "20251126080000"),
    ];
    let accepted = accepted.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let accepted = SignedCall::basic_v1(&seller.key(InterfaceType::Basic), accepted, now());
    assert_eq!(seller.send(&accepted).await.result_code.as_str(), "000000");
    let license = [
        ("activity", "getLicense"),
        ("orderId", "MOCKONETIMENEW"),
        ("productId", "p-1"),
        ("customerName", "Example Buyer"),
        ("expireTime", "20991231160000"),
        ("amount", "25"),
        ("skuCode", "s-1"),
        ("chargingMode", "1"),
        ("periodType", "year"),
        ("periodNumber", "1"),
        ("trialFlag", "0"),
        ("provisionType", "3"),
    ];
    let parameters = license.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let call = SignedCall::basic_v1(&seller.key(InterfaceType::License), parameters, now());
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000004");
    seller.sync_all(all_syncs()).await;
    a_user_logs_in(&seller).await;
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    seller.say_all(std::slice::from_ref(release)).await;
    post.deliver(&mut pump).await;

    let taken = post.application.taken();
    let page = std::fs::read_to_string(root().join("docs/events.md")).unwrap();
    for event_type in EventType::ALL.iter().copied() {
        let name = type_name(event_type);
        assert!(page.contains(&format!("[{name}](events/{name}.schema.json)")), "{name} is not on the page");
        let schema = schema(&name);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let events: Vec<&Value> =
            taken.iter().map(|event| &event.body).filter(|body| body["type"] == name.as_str()).collect();
        assert!(!events.is_empty(), "no {name} was sent");
        for event in events {
            let problems: Vec<String> = validator.iter_errors(event).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}\n{event:#}");
            assert_eq!(compact_times(&event["data"]), Vec::<String>::new(), "{name}: times are RFC 3339");
            assert!(!name.starts_with("instance.") || event["data"]["orderId"].is_string(), "{event}");
            for member in event["data"].as_object().unwrap().keys() {
                assert!(schema["properties"]["data"]["properties"][member].is_object(), "{name}: {member}");
            }
        }
        // The schema says something: without a member that it requires, an event does not pass.
        let mut broken = json!({ "type": name, "timestamp": "2025-12-01T00:00:00.000Z", "data": {} });
        assert!(!validator.is_valid(&broken), "{name}");
        broken["type"] = "something.else".into();
        assert!(!validator.is_valid(&broken), "{name}");
    }
}

/// As the login keeps its code where events of logins are switched on.
async fn a_user_logs_in(seller: &Seller) {
    let (tenant, instance, app) = ("t-1".parse().unwrap(), bodies::ID.parse().unwrap(), "app-1".parse().unwrap());
    let user = SignedIn { tenant: &tenant, instance: &instance, app: &app, name: "user-00001" };
    let (code, client, at) = (HandleDigest::of("code"), HandleDigest::of("shop"), now());
    let until = at.saturating_add(Duration::from_mins(1));
    let kept = Sealed::from_bytes(vec![1]);
    seller.host.store().keep_code_and_tell(code, client, &kept, until, &user, at).await.unwrap();
    let first = seller.host.store().use_login(LoginStep::Code, code, client, at).await.unwrap();
    assert_eq!(first, LoginUse::First(kept));
}

/// The texts of 14 or 17 digits in a value, except in what a purchase says in KooGallery's own form.
fn compact_times(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "purchase").flat_map(|(_, value)| compact_times(value)).collect()
        }
        Value::Array(members) => members.iter().flat_map(compact_times).collect(),
        Value::String(text) if matches!(text.len(), 14 | 17) && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            vec![text.clone()]
        }
        _ => Vec::new(),
    }
}

/// A receiver of `examples/` as a process.
struct Example {
    _process: Child,
    output: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Example {
    async fn start(command: &mut Command) -> Self {
        command.env("PORT", "0").env("WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET);
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = output.next_line().await.unwrap().unwrap();
        let url = first.strip_prefix("listening on ").unwrap().to_owned();
        Self { _process: process, output, url }
    }

    async fn takes_a_whole_life(mut self) {
        let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
        let url = self.url.clone();
        let post = Post::of(&seller, |environment| {
            environment.with("KOOGALLERY_WEBHOOK_URL", url.clone()).with("KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS", "15")
        })
        .await;
        assert_eq!(seller.say(&bodies::purchase()).await, "000004");
        let mut pump = post.pump(&seller).await;
        post.deliver(&mut pump).await;
        assert_eq!(seller.say(&bodies::query()).await, "000000", "the answer provisioned it");
        let renewal = bodies::renewal("R", bodies::FUTURE);
        let calls = [renewal, bodies::upgrade("U"), bodies::freeze(), bodies::unfreeze(), bodies::release()];
        seller.say_all(&calls).await;
        post.deliver(&mut pump).await;

        let subject = bodies::INSTANCE.parse::<Subject>().unwrap();
        let store = seller.host.store();
        let events = || async { store.events(&subject).await.unwrap() };
        let delivered = |events: &[EventRecord]| {
            events.iter().all(|record| (record.delivery(), record.attempts) == (Delivery::Delivered, 1))
        };
        let first = events().await;
        assert!(first.len() == 6 && delivered(&first), "{first:?}");
        store.resend(&first[1], post.clock.now()).await.unwrap();
        post.deliver(&mut pump).await;
        assert!(delivered(&events().await));

        // What another secret signed is refused.
        let stranger = Post::of(&seller, |environment| {
            environment
                .with("KOOGALLERY_WEBHOOK_URL", url)
                .with("KOOGALLERY_WEBHOOK_SECRET", "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy")
        })
        .await;
        store.resend(&first[2], post.clock.now()).await.unwrap();
        let mut pump = stranger.pump(&seller).await;
        stranger.deliver_for(&mut pump, std::time::Duration::ZERO).await;
        let problem = events().await[2].last_problem.clone();
        assert!(problem.as_deref().is_some_and(|problem| problem.contains("HTTP 401")), "{problem:?}");

        // It worked on each once.
        for told in ["provisioned", "renewed (RENEWAL)", "upgraded", "frozen", "unfrozen", "released"] {
            let line = self.output.next_line().await.unwrap().unwrap();
            assert_eq!(line, format!("customer {} {told}", bodies::ID));
        }
    }
}

#[tokio::test]
async fn the_example_in_rust_takes_a_whole_life() {
    build([]);
    let receiver = binaries().join("examples/receiver");
    Example::start(&mut Command::new(receiver)).await.takes_a_whole_life().await;
}

#[tokio::test]
#[ignore = "needs Python with `pip install standardwebhooks`: .ci/run has it and runs this"]
async fn the_example_in_python_takes_a_whole_life() {
    // Where .ci/run installs it, or the system's.
    let own = root().join("target/ci/venv/bin/python");
    let python = if own.exists() { own } else { PathBuf::from("python3") };
    Example::start(Command::new(&python).arg(root().join("examples/receiver.py"))).await.takes_a_whole_life().await;
}

#[tokio::test]
#[ignore = "needs Node with `npm install standardwebhooks`: .ci/run has it and runs this"]
async fn the_example_in_node_takes_a_whole_life() {
    let mut node = Command::new("node");
    node.env("NODE_PATH", root().join("target/ci/node_modules")).arg(root().join("examples/receiver.cjs"));
    Example::start(&mut node).await.takes_a_whole_life().await;
}
