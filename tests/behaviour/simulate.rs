//! `koogallery simulate` plays the seller's side too: every call's events arrive, in order, with their orders' details;
//! and what does not arrive is told.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use koogallery::{Callback, Dialect};
use koogallery_local::host::{HostError, LocalHost, Options, TableAt};
use koogallery_local::keys::{LOCAL_WEBHOOK_SECRET, local_rsa_public_key};
use koogallery_local::log::Silent;
use koogallery_local::simulate::open_api;
use koogallery_local::simulate::{
    Deliveries, Delivery, Event, Family, Life, OwnSide, Report, SellerApi, Simulation, Step,
};
use koogallery_runtime::Environment;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Application, Does, TestClock};
use koogallery_tests::lambda::{binaries, build};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// Longer than anything takes that becomes ready.
const PATIENT: Duration = Duration::from_mins(2);

/// A built-in life.
fn life(name: &str) -> Life {
    let lives = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/lives");
    Life::read(&lives.join(name).with_extension("json")).unwrap()
}

fn events(report: &Report) -> Vec<&Event> {
    report.steps.iter().flat_map(|step| &step.events).collect()
}

/// The types of the events that steps of an activity made, one list for each step.
fn made_by<'a>(report: &'a Report, activity: &str) -> Vec<Vec<&'a str>> {
    let steps = report.steps.iter().filter(|step| step.activity == activity);
    steps.map(|step| step.events.iter().map(|event| event.event_type.as_str()).collect()).collect()
}

fn all_delivered(report: &Report) -> bool {
    report.is_right()
        && report.deliveries.is_some_and(|deliveries| {
            deliveries == Deliveries { delivered: events(report).len(), undelivered: 0, wrong: 0 }
        })
}

/// Of every family, against a seller's side of its own.
async fn simulated(environment: Environment) -> Report {
    let own = OwnSide::start(environment, None).await.unwrap();
    let rsa_public_key = Some(local_rsa_public_key().unwrap());
    let report = Simulation { rsa_public_key, patience: PATIENT, ..own.simulation() }.play(|_| {}).await.unwrap();
    own.stop().await.unwrap();
    report
}

#[tokio::test]
async fn every_event_of_every_family_arrives_in_order_with_its_orders_details() {
    let report = simulated(Environment::default()).await;
    assert!(all_delivered(&report), "{report}");
    for event in events(&report) {
        let names_an_order = match event.event_type.as_str() {
            "instance.created" | "instance.refreshed" | "instance.upgraded" | "order.paid" | "license.refreshed" => {
                true
            }
            // A device applies on an instance, License 1.0 on an order.
            "license.requested" => event.order_details.is_some(),
            _ => false,
        };
        assert_eq!(event.order_details, names_an_order.then_some(true), "{event:?}");
    }
    for (dialect, name) in Callback::ALL.into_iter().flat_map(Callback::names) {
        let speaks = |family| match family {
            Family::SaasV1 | Family::LicenseV1 => *dialect == Dialect::BasicV1,
            Family::KitV1 => *dialect == Dialect::KitV1,
            _ => matches!(dialect, Dialect::BasicV2 | Dialect::KitV2),
        };
        let is_played = report.steps.iter().any(|step| speaks(step.family) && step.activity == *name);
        assert!(is_played, "simulate plays no {name} ({dialect:?}): add one to a life of its family in local/lives");
    }
    // A call makes its event once; a debug call and one that is refused make none.
    let bought = made_by(&report, "newInstance");
    assert_eq!(bought[..3], [vec!["instance.created"], vec![], vec![]]);
    let silent = |step: &&Step| {
        step.life.starts_with("debug") || step.life.starts_with("attack") && !step.tried.contains("overheard")
    };
    assert!(report.steps.iter().filter(silent).count() > 15);
    assert!(report.steps.iter().filter(silent).all(|step| step.events.is_empty()));
    assert_eq!(made_by(&report, "orderNotify"), [vec![], vec!["order.paid"], vec![]]);
    assert_eq!(made_by(&report, "expireLicense"), [["license.frozen"]]);
    assert!(report.to_string().contains("delivered, attempt 1, order details with it"), "{report}");
}

#[tokio::test]
async fn a_deferred_provisioning_is_waited_for() {
    let report = simulated(Environment::default().with("KOOGALLERY_PROVISIONING", "deferred")).await;
    assert!(all_delivered(&report), "{report}");
    let code = |tried: &str| -> Vec<&str> {
        let steps = report.steps.iter().filter(|step| step.tried == tried);
        steps.map(|step| step.result_code.unwrap().as_str()).collect()
    };
    assert_eq!(code("a buyer pays"), ["000004", "000004"]);
    assert_eq!(code("what shall the buyer see?"), ["000000"; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_provisions_later_is_waited_for() {
    let application = Application::start(TestClock::default()).await;
    let environment = Environment::default()
        .with("KOOGALLERY_PROVISIONING", "deferred")
        .with("KOOGALLERY_API_TOKEN", TOKEN)
        .with("KOOGALLERY_WEBHOOK_URL", application.url());
    let own = OwnSide::start(environment, None).await.unwrap();
    let api = Api::at(own.host().seller_api(), TOKEN);
    let provisions = async {
        while application.taken().is_empty() {
            tokio::task::yield_now().await;
        }
        let id = application.taken()[0].body["data"]["instanceId"].as_str().unwrap().to_owned();
        let app_info = json!({ "frontEndUrl": "https://app.example.com/" });
        api.put(&format!("/v1/instances/{id}/app-info"), &app_info).await.expect(204);
    };
    let (families, lives) = (Vec::new(), vec![life("saas")]);
    let simulation = Simulation { families, lives, patience: PATIENT, ..own.simulation() };
    let (report, ()) = tokio::join!(simulation.play(|_| {}), provisions);
    let report = report.unwrap();
    assert!(all_delivered(&report), "{report}");
    let asked = report.steps.iter().find(|step| step.activity == "queryInstance").unwrap();
    assert_eq!(asked.result_code.unwrap().as_str(), "000000");
    let proven = &report.families[0].findings.proven;
    assert!(proven.iter().any(|what| what.contains("000004 becomes 000000")), "{report}");
    own.stop().await.unwrap();
}

#[tokio::test]
async fn an_application_that_refuses_is_shown_and_one_that_wants_nothing_is_right() {
    let application = Application::start(TestClock::default()).await;
    application.does(|event| match event.name() {
        "order.paid" => Does::Status(410),
        "license.refreshed" => Does::Status(500),
        _ => Does::Take,
    });
    let own =
        OwnSide::start(Environment::default().with("KOOGALLERY_WEBHOOK_URL", application.url()), None).await.unwrap();
    let of = async |family| Simulation { families: vec![family], ..own.simulation() }.play(|_| {}).await.unwrap();

    let report = of(Family::OrderNotice).await;
    assert_eq!(events(&report).iter().map(|event| event.delivery).collect::<Vec<_>>(), [Some(Delivery::Stopped)]);
    assert!(report.is_right(), "{report}");

    // The first that fails holds up the later ones of its code.
    let report = of(Family::License).await;
    let events = events(&report);
    assert_eq!(report.deliveries, Some(Deliveries { delivered: 0, undelivered: 5, wrong: 1 }), "{report}");
    assert!(!report.is_right() && report.failed == 0);
    let problem = events[0].last_problem.as_deref().unwrap();
    assert!(events[0].attempts > 0 && problem.contains("HTTP 500"), "{problem}");
    assert!(report.to_string().contains("not delivered, attempt "), "{report}");
    own.stop().await.unwrap();
}

#[tokio::test]
async fn a_host_elsewhere_is_asked_through_its_seller_api() {
    let environment = Environment::default().with("KOOGALLERY_KEYS", KEYS);
    let stand_in = open_api(&environment, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let played = stand_in.played().unwrap();
    let application = Application::start(TestClock::default()).await;
    let seller = Seller::with(|environment| {
        environment
            .with("KOOGALLERY_API_TOKEN", TOKEN)
            .with("KOOGALLERY_WEBHOOK_URL", application.url())
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().as_str())
    })
    .await;
    let seller_api = SellerApi::new(&seller.host.seller_api(), TOKEN).unwrap();
    seller_api.check().await.unwrap();
    // This application makes no licenses.
    let families =
        Family::ALL.into_iter().filter(|family| !matches!(family, Family::OnlineLicense | Family::LicenseV1));
    let families: Vec<Family> = families.collect();
    let simulation = || Simulation { families: families.clone(), ..Simulation::new(seller.marketplace.clone()) };
    let whole = Simulation { open_api: Some(&played), seller_api: Some(&seller_api), ..simulation() };
    let report = whole.play(|_| {}).await.unwrap();
    assert!(all_delivered(&report), "{report}");
    assert!(events(&report).iter().all(|event| event.order_details != Some(false)), "{report}");
    assert_eq!(application.taken().len(), events(&report).len());

    // Nobody is asked: that is no failure, and no word of it.
    let families = vec![Family::OrderNotice];
    let report = Simulation { families, ..simulation() }.play(|_| {}).await.unwrap();
    assert!(report.is_right() && report.deliveries.is_none() && events(&report).is_empty());
    assert!(report.to_string().contains("not proven: that events reach an application: no seller API was asked"));

    // Nobody answers: that is no failure either, and is said.
    let stranger = SellerApi::new(&seller.host.seller_api(), "another token of sixteen").unwrap();
    let problem = stranger.check().await.unwrap_err().to_string();
    assert!(problem.contains("401") && problem.contains("KOOGALLERY_API_TOKEN"), "{problem}");
    let families = vec![Family::OrderNotice];
    let report = Simulation { families, seller_api: Some(&stranger), ..simulation() }.play(|_| {}).await.unwrap();
    assert!(report.is_right() && report.deliveries.is_none());
    assert!(report.to_string().contains(&problem), "{report}");
}

#[tokio::test]
async fn a_webhook_that_nothing_can_sign_is_told_at_start() {
    let start = async |url: &str, secret: &str| {
        let environment =
            Environment::default().with("KOOGALLERY_WEBHOOK_URL", url).with("KOOGALLERY_WEBHOOK_SECRET", secret);
        let (log, journal) = (std::sync::Arc::new(Silent), std::sync::Arc::new(Silent));
        let listen = "127.0.0.1:0".parse().unwrap();
        LocalHost::start(Options::new(listen, TableAt::IN_MEMORY, environment, log, journal)).await
    };
    for (secret, told) in [("", "is not set"), ("whsec_short", "cannot be used")] {
        let error = start("https://app.example.com/events", secret).await.unwrap_err();
        assert!(matches!(error, HostError::Config(_)));
        let error = error.to_string();
        assert!(error.contains("KOOGALLERY_WEBHOOK_SECRET") && error.contains(told), "{error}");
    }
    assert!(start("https://app.example.com/events", LOCAL_WEBHOOK_SECRET).await.unwrap().delivers());
    assert!(start("http://127.0.0.1:9100/", "").await.unwrap().delivers());
}

/// The command, built once, with nothing of this process's environment.
pub(crate) fn koogallery(variables: &[(&str, &str)]) -> Command {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| build(["--bin", "koogallery"]));
    let mut command = Command::new(binaries().join("koogallery"));
    command.env_clear().envs(variables.iter().copied()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_whole_life_runs_over_two_processes() {
    let application = Application::start(TestClock::default()).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (webhook, open_api) = (application.url(), format!("http://{port}/"));
    let variables = [("KOOGALLERY_WEBHOOK_URL", webhook.as_str()), ("KOOGALLERY_OPEN_API_URL", open_api.as_str())];
    let mut serve = koogallery(&variables);
    let mut serve = serve.args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(serve.stderr.take().unwrap()).lines();
    let (mut lines, mut last) = (Vec::new(), String::new());
    while !last.starts_with("Ctrl-C") {
        last = said.next_line().await.unwrap().unwrap();
        lines.push(last.clone());
    }
    let after = |start: &str| lines.iter().find_map(|line| line.strip_prefix(start)).unwrap().trim();
    let address = after("production address").split_whitespace().next().unwrap();
    assert!(after("webhook secret").starts_with(LOCAL_WEBHOOK_SECRET));
    assert!(after("order details").contains("local test AK and SK"));
    tokio::spawn(async move { while said.next_line().await.is_ok_and(|line| line.is_some()) {} });

    let mut simulate = koogallery(&[]);
    simulate.args(["simulate", "--json", "--to", address, "--open-api", &port.to_string()]);
    // This application makes no licenses.
    simulate
        .args(["saas", "order-notice", "kit", "license", "saas-v1", "kit-v1"].map(|name| format!("--family={name}")));
    let output = simulate.output().await.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report:#}");
    let taken = application.taken();
    assert_eq!((&report["failed"], &report["deliveries"]["delivered"]), (&0.into(), &taken.len().into()));
    assert!(taken.len() > 50);
    // What an order made has its details with it; other events name the order that they are of.
    let made_by_an_order =
        ["instance.created", "instance.refreshed", "instance.upgraded", "license.refreshed", "order.paid"];
    assert!(taken.iter().all(|event| {
        let (kind, data) = (event.body["type"].as_str().unwrap(), &event.body["data"]);
        let details = &data["order"];
        if details.is_null() { !made_by_an_order.contains(&kind) } else { details["orderId"] == data["orderId"] }
    }));
}

#[tokio::test]
async fn an_event_that_is_not_taken_ends_with_1() {
    let application = Application::start(TestClock::default()).await;
    application.does(|_| Does::Status(500));
    let mut simulate = koogallery(&[("KOOGALLERY_WEBHOOK_URL", &application.url())]);
    let output = simulate.args(["simulate", "--family", "order-notice"]).output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("HTTP 500") && told.contains("2 answers right, 0 wrong; 0 events delivered in order, 1 not"),
        "{told}"
    );
}
