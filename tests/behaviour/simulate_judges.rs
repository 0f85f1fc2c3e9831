//! `koogallery simulate` judges the application: one that does not serve what was bought is caught, with a sentence that
//! says what to mend.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path as PathOf, State};
use axum::routing::get;
use koogallery_local::simulate::{Family, Goods, Life, Look, OwnSide, Report, Simulation};
use koogallery_runtime::Environment;
use koogallery_tests::application::{Application, Arrived, Does, TestClock};
use serde_json::{Value, json};

const READY: &str = r#"{"appInfo":{"frontEndUrl":"https://app.example.com/"}}"#;

fn life(name: &str) -> Life {
    let lives = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/lives");
    Life::read(&lives.join(name).with_extension("json")).unwrap()
}

/// How an application of this rule is judged over a life.
async fn judged(name: &str, rule: impl Fn(&Arrived) -> Does + Send + Sync + 'static) -> Report {
    judged_with(Duration::from_secs(2), name, rule, None).await
}

/// The same with another patience, and a look at its customers.
async fn judged_with(
    patience: Duration,
    name: &str,
    rule: impl Fn(&Arrived) -> Does + Send + Sync + 'static,
    look: Option<Look>,
) -> Report {
    let application = Application::start(TestClock::default()).await;
    application.does(rule);
    let environment = Environment::default()
        .with("KOOGALLERY_WEBHOOK_URL", application.url())
        .with("KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS", "3");
    let own = OwnSide::start(environment, None).await.unwrap();
    let (families, lives) = (Vec::new(), vec![life(name)]);
    let report = Simulation { families, lives, patience, look, ..own.simulation() }.play(|_| {}).await.unwrap();
    own.stop().await.unwrap();
    report
}

/// The one problem of a report's answers.
fn problem(report: &Report) -> &str {
    let problems: Vec<&str> = report.steps.iter().filter_map(|step| step.problem.as_deref()).collect();
    let [problem] = problems[..] else { panic!("not one problem: {report}") };
    assert!(!report.is_right());
    assert!(report.to_string().contains(problem), "{report}");
    problem
}

/// What it answers to a purchase; all else it takes.
fn to_a_purchase(does: Does) -> impl Fn(&Arrived) -> Does + Send + Sync {
    move |event| if event.name() == "instance.created" { does.clone() } else { Does::Take }
}

#[tokio::test]
async fn an_application_that_never_provisions_is_told_what_to_answer() {
    let html = Does::Send(&[("content-type", "text/html")], b"<html>welcome</html>".to_vec());
    for does in [html, Does::Say(r#"{"app_info":{"frontEndUrl":"https://x.example.com/"}}"#.to_owned()), Does::Take] {
        let report = judged("saas-one-time", to_a_purchase(does)).await;
        let problem = problem(&report);
        assert!(problem.starts_with("still 000004 after 2 s: your application answered instance.created"), "{problem}");
        assert!(problem.contains("without appInfo, and put none: answer {\"appInfo\""), "{problem}");
        assert!(problem.ends_with("KooGallery refunds the buyer"), "{problem}");
        // What is refunded is released, and nothing else of its life is played.
        let tried: Vec<&str> = report.steps.iter().map(|step| step.tried.as_str()).collect();
        assert_eq!(tried, ["a buyer pays once", "what shall the buyer see?", "the purchase refunded"]);
        assert!(report.steps[1].sent > 1);
    }
}

#[tokio::test]
async fn an_application_that_refuses_a_purchase_is_told_so() {
    let report = judged("saas-one-time", to_a_purchase(Does::Status(410))).await;
    let told = problem(&report);
    assert!(told.contains("your application refuses instance.created (the receiver answered HTTP 410"), "{told}");
    let report = judged("saas-one-time", to_a_purchase(Does::Status(500))).await;
    let told = problem(&report);
    assert!(told.contains("did not take instance.created (attempt ") && told.contains("HTTP 500"), "{told}");
}

#[tokio::test]
async fn an_application_that_provisions_wrongly_is_told_what_is_wrong() {
    let bare = Does::Say(r#"{"appInfo":{"frontEndUrl":"app.example.com"}}"#.to_owned());
    let report = judged("saas-one-time", to_a_purchase(bare)).await;
    let told = problem(&report);
    assert!(told.contains("appInfo.frontEndUrl must begin with https://"), "{told}");
    let failure = Does::Say(r#"{"resultCode":"000105","resultMsg":"one each"}"#.to_owned());
    let report = judged("saas-one-time", to_a_purchase(failure)).await;
    let told = problem(&report);
    assert!(told.contains("your application says that it cannot be provisioned: 000105"), "{told}");
}

#[tokio::test]
async fn an_application_that_answers_slowly_is_told_how_long_it_has() {
    let report = judged("saas-one-time", to_a_purchase(Does::Hang)).await;
    let told = problem(&report);
    assert!(told.contains("did not take instance.created (attempt "), "{told}");
    assert!(told.ends_with("Answer 2xx at once, and provision afterwards. KooGallery refunds the buyer"), "{told}");
}

#[tokio::test]
async fn an_application_that_refuses_upgrades_for_good_is_wrong() {
    let rule = |event: &Arrived| match event.name() {
        "instance.created" => Does::Say(READY.to_owned()),
        "instance.upgraded" => Does::Status(410),
        _ => Does::Take,
    };
    let report = judged("saas", rule).await;
    assert!(!report.is_right() && report.failed == 0, "{report}");
    let upgrade = report.steps.iter().find(|step| step.activity == "upgradeInstance").unwrap();
    // What the order query told of the purchase may have made an event before it.
    let refused = upgrade.events.iter().find(|event| event.event_type == "instance.upgraded").unwrap();
    assert!(refused.problem.unwrap().contains("answer 2xx, and do it"));
    // What nobody can see is not proven.
    let not_proven = &report.families[0].findings.not_proven;
    assert!(not_proven.iter().any(|what| what.contains("--look-at")), "{report}");
}

#[tokio::test]
async fn an_application_that_ignores_upgrades_is_seen_by_a_look_at_its_customers() {
    for ignores in [true, false] {
        let customers: Arc<Mutex<Value>> = Arc::default();
        let look = shown(Arc::clone(&customers)).await;
        let rule = move |event: &Arrived| {
            let (data, mut customers) = (&event.body["data"], customers.lock().unwrap());
            let id = data["instanceId"].as_str().unwrap();
            let bought = &data["order"]["orderLine"][0]["productInfo"][0];
            match event.name() {
                "instance.upgraded" if ignores => {}
                "instance.created" | "instance.upgraded" | "instance.refreshed" => {
                    customers[id]["status"] = "active".into();
                    customers[id]["skuCode"] = bought["skuCode"].clone();
                    customers[id]["quantity"] = bought["linearValue"].clone();
                }
                "instance.frozen" => customers[id]["status"] = "frozen".into(),
                "instance.unfrozen" => customers[id]["status"] = "active".into(),
                "instance.released" => customers[id]["status"] = "released".into(),
                _ => {}
            }
            if event.name() == "instance.created" { Does::Say(READY.to_owned()) } else { Does::Take }
        };
        // Only one that never shows it is waited for to the end.
        let patience = Duration::from_secs(if ignores { 20 } else { 120 });
        let report = judged_with(patience, "saas", rule, Some(look)).await;
        if ignores {
            let told = problem(&report);
            assert!(told.starts_with("your application shows quantity 10.0 of "), "{told}");
            assert!(told.contains("instead of 20"), "{told}");
        } else {
            assert!(report.is_right(), "{report}");
            let proven = &report.families[0].findings.proven;
            assert!(proven.iter().any(|what| what.contains("customers are as they were bought")), "{report}");
        }
    }
}

/// Where an application shows its customers.
async fn shown(customers: Arc<Mutex<Value>>) -> Look {
    let show = async |State(customers): State<Arc<Mutex<Value>>>, PathOf(id): PathOf<String>| {
        customers.lock().unwrap()[&id].to_string()
    };
    let router = Router::new().route("/customers/{id}", get(show)).with_state(customers);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Look::new(&format!("http://{address}/customers/{{instanceId}}")).unwrap()
}

#[tokio::test]
async fn an_application_that_makes_no_licenses_is_told_where_to_hand_them_in() {
    let rule = to_a_purchase(Does::Say(READY.to_owned()));
    let report = judged("license-v1", rule).await;
    let told = problem(&report);
    assert!(told.contains("answered license.requested with 2xx and handed no license in: PUT /v1/orders/CS"), "{told}");
}

#[tokio::test]
async fn what_is_bought_is_what_is_asked_for() {
    let own = OwnSide::start(Environment::default(), None).await.unwrap();
    let goods = Goods {
        product: "p-1".into(),
        sku: "small".into(),
        upgraded_sku: "large".into(),
        quantity: 5,
        upgraded_quantity: 50,
    };
    let (families, lives) = (Vec::new(), vec![life("saas-v1"), life("saas-two-lines")]);
    let report = Simulation { families, lives, goods, patience: Duration::from_mins(2), ..own.simulation() }
        .play(|_| {})
        .await
        .unwrap();
    assert!(report.is_right(), "{report}");
    let request = |activity: &str| &report.steps.iter().find(|step| step.activity == activity).unwrap().request;
    assert_eq!((&request("newInstance")["productId"], &request("newInstance")["amount"]), (&json!("p-1"), &json!(5)));
    assert_eq!((&request("upgrade")["skuCode"], &request("upgrade")["amount"]), (&json!("large"), &json!(50)));
    let of_families: Vec<Family> = report.families.iter().map(|family| family.family).collect();
    assert_eq!(of_families, [Family::Saas, Family::SaasV1]);
    // Two lines are two instances; each step tells its ids and bodies.
    let of_lines: Vec<&str> = report
        .steps
        .iter()
        .filter(|step| step.tried.ends_with(" line"))
        .map(|step| step.ids["instanceId"].as_str())
        .collect();
    assert!(of_lines.len() == 2 && of_lines[0] != of_lines[1]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&json["steps"][0]["family"], &json["steps"][0]["reply"]["resultCode"]),
        (&json!("saas-v1"), &json!("000004"))
    );
    own.stop().await.unwrap();
}
