//! Least privilege: what each function's role in `template.yaml` grants is what the function is seen to call, when
//! everything is asked of it that there is.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use deliver_events::{Batch, Courier, Queue, Tried, deliver, look};
use erase_personal_data::{Eraser, Run};
use front_door::FrontDoor;
use http::Method;
use koogallery::{AccessKeys, Callback, InterfaceType, Timestamp, canonical_form};
use koogallery_local::conform::{Conform, Corpus, Profile};
use koogallery_local::log::Silent;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_queue::{DelayQueue, Delayed};
use koogallery_runtime::{Environment, Job, now};
use koogallery_store::{Flow, Gone, StoreError, Subject, UsageHour, Warning};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Application, Does, TestClock};
use koogallery_tests::bodies::{self, CODE, FUTURE, with};
use koogallery_tests::deployment::{Calls, Deployment, OPEN_API_KEY};
use koogallery_tests::kit::{self, Dialect};
use koogallery_tests::template::Template;
use koogallery_tests::{KEYS, lambda};
use learn_order::{Asked, Learner, Learnt};
use notify::Notifier;
use report_usage::{Pushed, Reporter};
use serde_json::{Value, json};
use watch::Watcher;

use crate::buyer_pages::{buyers_look, the_pages_reach_no_more_than_they_need};
use crate::console::deployed::operators_work;
use crate::login::deployed::users_log_in;

/// What Lambda itself calls with a function's role, to hand over the messages of its queue.
const LAMBDA_POLLS: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

/// The same, to hand over the changes of a stream.
const LAMBDA_FOLLOWS: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// A journal of nothing.
struct Nobody;

impl deliver_events::Journal for Nobody {
    fn tried(&self, _: &Tried<'_>) {}
}

impl learn_order::Journal for Nobody {
    fn asked(&self, _: &Asked<'_>) {}
}

impl erase_personal_data::Journal for Nobody {
    fn erased(&self, of: &Subject, gone: &Result<Gone, StoreError>) {
        assert!(gone.is_ok(), "{of:?} {gone:?}");
    }

    fn ran(&self, _: &Run) {}
}

impl watch::Journal for Nobody {
    fn raised(&self, _: &Warning) {}

    fn ran(&self, _: &watch::Run) {}
}

impl notify::Journal for Nobody {
    fn told(&self, told: &notify::Told<'_>) {
        assert!((told.destination == "people") == told.error.is_none(), "{told:?}");
    }

    fn ran(&self, _: &notify::Run) {}
}

impl report_usage::Journal for Nobody {
    fn pushed(&self, _: &Pushed<'_>) {}

    fn parked(&self, _: &UsageHour, _: &str) {}

    fn ran(&self, _: &report_usage::Run) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_grants_what_its_function_calls_and_nothing_else() {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let credentials = Credentials::new(OPEN_API_KEY.0, OPEN_API_KEY.1).unwrap();
    let open_api = StandIn::start(credentials, keys, now).await.unwrap();
    let at = open_api.endpoint().to_string();
    let deployment = Deployment::start(|environment| environment.with("KOOGALLERY_OPEN_API_URL", &at)).await;

    the_debug_page_calls(&deployment).await;
    koogallery_calls(&deployment).await;
    an_application_asks(&deployment, &open_api).await;
    use_is_reported(&deployment, &at).await;
    deadlines_are_watched(&deployment).await;
    orders_are_learnt(&deployment, &at).await;
    events_are_delivered(&deployment).await;
    users_log_in(&deployment).await;
    buyers_look(&deployment).await;
    operators_work(&deployment).await;
    people_are_told(&deployment).await;
    the_console_writes_no_more_than_it_needs(&deployment);
    a_login_reaches_no_more_than_it_needs(&deployment);
    the_pages_reach_no_more_than_they_need(&deployment);
    personal_data_is_erased(&deployment).await;
    let template = Template::read();
    the_front_door_hands_over(&deployment, &template).await;

    let mut wrong = Vec::new();
    for binary in template.functions().keys() {
        let mut called = deployment.called(binary);
        let polled: &[&str] = match *binary {
            "deliver-events" => &["GetAtt EventQueue.Arn", "GetAtt DeliverEventsDelays.Arn"],
            "learn-order" => &["GetAtt LearnOrderDelays.Arn"],
            _ => &[],
        };
        for queue in polled {
            called.extend(LAMBDA_POLLS.map(|action| (action.to_owned(), (*queue).to_owned())));
        }
        if *binary == "learn-order" {
            called.extend(LAMBDA_FOLLOWS.map(|action| (action.to_owned(), "GetAtt Table.StreamArn".to_owned())));
        }
        let granted = template.granted(binary);
        let of = |calls: &Calls, without: &Calls| calls.difference(without).cloned().collect::<Vec<_>>();
        let (lacks, idle) = (of(&called, &granted), of(&granted, &called));
        if !(lacks.is_empty() && idle.is_empty()) {
            wrong.push(format!(
                "{binary} calls what its role does not grant: {lacks:?}; is granted and never calls: {idle:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the console's debug page sends in V2.0: a call of each callback, and what it needs before it.
async fn the_debug_page_calls(deployment: &Deployment) {
    let v2 = ["V2".to_owned(), "kit V2".to_owned()];
    let corpus = Corpus::embedded().unwrap().of_profile(Profile::Console).only(&v2);
    let conform = Conform::new(deployment.marketplace.clone(), Some(kit::RSA_PUBLIC_KEY.parse().unwrap()));
    let report = conform.run(&corpus, |_| ()).await.unwrap();
    assert_eq!(report.failed, 0, "{report}");
}

/// Each callback: for the first time, again, with something new, and of what nobody knows.
async fn koogallery_calls(deployment: &Deployment) {
    let v1 = [
        ("activity", "newInstance"),
        ("businessId", "b-9"),
        ("orderId", "CS9"),
        ("productId", "p-1"),
        ("customerId", "c-1"),
        ("email", "buyer@example.com"),
        ("mobilePhone", "00861380000"),
    ];
    let v1 = v1.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let accepted = [&v1[..], &[("acceptanceTime".to_owned(), "20251126080000".to_owned())]].concat();
    let key = deployment.marketplace.key(InterfaceType::Basic).unwrap();
    for call in [&v1, &v1, &accepted] {
        assert_eq!(deployment.send(&SignedCall::basic_v1(key, call.clone(), now())).await, "000000");
    }
    let life = [
        bodies::purchase(),
        bodies::purchase_resent(),
        with(bodies::purchase(), "orderId", "CS2"),
        bodies::query(),
        bodies::change_check(),
        bodies::renewal("R1", FUTURE),
        bodies::renewal("R1", FUTURE),
        bodies::renewal("R2", FUTURE),
        bodies::freeze(),
        bodies::freeze(),
        bodies::unfreeze(),
        bodies::upgrade("U1"),
        bodies::upgrade("U1"),
        bodies::upgrade("U2"),
        bodies::order_notice(),
        bodies::order_notice(),
        bodies::renew_code("R1", FUTURE),
        bodies::renew_code("R1", FUTURE),
        bodies::renew_code("R2", FUTURE),
        bodies::freeze_code(),
        bodies::freeze_code(),
        bodies::unfreeze_code(),
    ];
    for body in &life {
        assert_eq!(deployment.say(body).await, "000000", "{body}");
    }
    // Signed before what they come after.
    let late = Timestamp::from_millis(now().as_millis() - 30_000);
    for body in [
        bodies::renewal("R0", FUTURE),
        bodies::upgrade("U0"),
        bodies::freeze(),
        bodies::renew_code("R0", FUTURE),
        bodies::freeze_code(),
    ] {
        assert_eq!(deployment.say_at(&body, late).await, "000000", "{body}");
    }
    // Frozen again before that unfreeze came to count, so that all of it is looked at anew.
    for (body, unfreeze) in [(bodies::freeze(), bodies::unfreeze()), (bodies::freeze_code(), bodies::unfreeze_code())] {
        let soon = |second: i64| Timestamp::from_millis(now().as_millis() + second * 1000);
        for (body, at) in [(&body, soon(20)), (&body, soon(10)), (&unfreeze, soon(30))] {
            assert_eq!(deployment.say_at(body, at).await, "000000", "{body}");
        }
    }
    let license_key = deployment.marketplace.key(InterfaceType::License).unwrap();
    let entitlement = canonical_form(bought(ENTITLEMENT).to_string().as_bytes()).unwrap();
    let entitlement = SignedCall::basic(license_key, entitlement, now(), &new_nonce());
    assert_eq!(deployment.send(&entitlement).await, "000000");
    for device in ["device-1", "device-1", "device-2"] {
        let asked = of(bodies::get_license(&format!("e-{device}"), device), ENTITLEMENT);
        assert_eq!(deployment.say(&asked).await, "000004");
    }
    for id in ["b-1", "nobody's"] {
        for body in [
            bodies::query(),
            bodies::change_check(),
            bodies::freeze(),
            bodies::renewal("R3", FUTURE),
            bodies::upgrade("U3"),
        ] {
            let code = deployment.say(&of(body, id)).await;
            assert_eq!(code == "000000", id == "b-1");
        }
    }
    for _ in 0..2 {
        assert_eq!(deployment.say(&bodies::release_code()).await, "000000");
    }
    for dialect in [Dialect::V2, Dialect::V1] {
        let later = [
            kit::auth(2, [kit::user(1)], 3),
            kit::auth(3, [kit::user(1)], 4),
            kit::department(2, "o-2", "Sales", 3),
            kit::tenant(2),
        ];
        for said in kit::one_of_each().into_iter().chain(later) {
            let call = kit::signed_with(deployment.kit_key(), dialect, &said);
            assert_eq!(deployment.send(&call).await, "000000", "{said:?}");
            if dialect == Dialect::V2 {
                assert_eq!(deployment.send(&call).await, "000001", "its nonce is used: {said:?}");
            }
        }
    }
}

/// What the license key bought: devices apply for its licenses.
const ENTITLEMENT: &str = "LICENSED";

fn of(body: Value, id: &str) -> Value {
    with(body, "instanceId", id)
}

fn bought(id: &str) -> Value {
    let line = format!("{id}-000001");
    json!({ "activity": "newInstance", "orderId": id, "orderLineId": line, "businessId": id })
}

/// One request of each route that reads or writes.
async fn an_application_asks(deployment: &Deployment, open_api: &StandIn) {
    for id in ["CS1", "i-1"] {
        let line = json!({ "orderLineId": format!("{id}-000001"), "chargingMode": "PERIOD" });
        let order = json!({ "orderId": id, "orderType": "NEW", "orderLine": [line] });
        open_api.put_order(serde_json::from_value(order).unwrap());
    }

    let api = Api::at(deployment.seller_api(), TOKEN);
    let asked = [("activity", "getLicense"), ("orderId", "CS1")];
    let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let key = deployment.marketplace.key(InterfaceType::License).unwrap();
    let asks = || SignedCall::basic_v1(key, asked.clone(), now());
    assert_eq!(deployment.send(&asks()).await, "000004");
    let _ = api.put("/v1/orders/CS1/license", &json!({ "text": "a license" })).await.expect(204);
    assert_eq!(deployment.send(&asks()).await, "000000");
    let app = "instanceId=b-1&appId=a-1";
    for path in [
        "/v1/instances?status=active".to_owned(),
        "/v1/events?state=undelivered".to_owned(),
        "/v1/orders".to_owned(),
        "/v1/instances/b-1".to_owned(),
        "/v1/instances/b-1/usage-info".to_owned(),
        "/v1/instances/b-1/purchase-details".to_owned(),
        "/v1/instances/b-1/events".to_owned(),
        "/v1/orders/CS1/details?orderLineId=CS1-000001".to_owned(),
        "/v1/tenants/t-1".to_owned(),
        "/v1/tenants/t-1/applications/a-1".to_owned(),
        format!("/v1/tenants/t-1/users?{app}"),
        "/v1/tenants/t-1/departments?instanceId=b-1".to_owned(),
        format!("/v1/licenses/{CODE}"),
        "/v1/trace/R1".to_owned(),
        "/v1/orders/CS1".to_owned(),
        "/v1/orders/summary".to_owned(),
        "/v1/orders/facts?ids=CS1".to_owned(),
        "/v1/statements".to_owned(),
        "/v1/mappings".to_owned(),
        "/v1/explanations".to_owned(),
        "/v1/findings".to_owned(),
        "/v1/orders?state=completed".to_owned(),
        "/v1/supervision".to_owned(),
        "/v1/warnings".to_owned(),
        "/v1/demands".to_owned(),
        "/v1/actions".to_owned(),
    ] {
        let _ = api.get(&path).await.expect(200);
    }
    let _ = api.post("/v1/orders/CS1/supervision", &json!({ "flow": "standard" })).await.expect(200);
    let _ = api.ask(&Method::POST, "/v1/orders/CS1/supervision/need-submitted", None).await.expect(200);
    let demand = api.post("/v1/demands", &json!({})).await.expect(201)["demandId"].as_str().unwrap().to_owned();
    let change = json!({ "state": "rejected" });
    let _ = api.ask(&Method::PATCH, &format!("/v1/demands/{demand}"), Some(&change)).await.expect(200);
    let secret = "/v1/tenants/t-1/applications/a-1/client-secret";
    let _ = api.ask(&Method::POST, secret, None).await.expect(200);
    let app_info = json!({ "frontEndUrl": "https://app.example.com/", "password": "first-password" });
    let license = json!({ "deviceFingerprint": "device-1", "text": "a license" });
    for (path, body) in [
        ("/v1/instances/b-1/app-info", app_info),
        ("/v1/instances/b-1/usage-info", json!({ "usageInfo": [] })),
        ("/v1/instances/LICENSED/licenses/e-device-1", license),
    ] {
        let _ = api.put(path, &body).await.expect(204);
    }
    let event = api.get("/v1/instances/b-1/events").await.expect(200)["events"][0]["eventId"].clone();
    let discard = json!({ "instanceId": "b-1", "eventIds": [event], "reason": "a test" });
    let _ = api.post("/v1/events/discard", &discard).await.expect(409);
    let resend = json!({ "instanceId": "b-1", "eventIds": [event] });
    let _ = api.post("/v1/events/resend", &resend).await.expect(202);
    assert_eq!(deployment.say(&bought("i-9")).await, "000000");
    let (callback, body) = kit::auth(0, [kit::user(9)], 5);
    let granted = kit::signed_with(deployment.kit_key(), Dialect::V2, &(callback, with(body, "instanceId", "i-9")));
    assert_eq!(deployment.send(&granted).await, "000000");
    assert_eq!(deployment.say(&with(bodies::release(), "instanceId", "i-9")).await, "000000");
    let _ = api.ask(&Method::POST, "/v1/instances/i-9/erase", None).await.expect(200);
}

/// Use of an instance and of a package, which the application reports and which is asked for; a day later nothing more.
async fn use_is_reported(deployment: &Deployment, open_api: &str) {
    let api = Api::at(deployment.seller_api(), TOKEN);
    assert_eq!(deployment.say(&bought("i-8")).await, "000000");
    let quota = json!({ "quota": 1 });
    let _ = api.put("/v1/instances/b-1/package", &quota).await.expect(204);
    let record = |id: &str| json!({ "id": id, "instanceId": "i-8", "at": now().to_rfc_3339(), "quantity": 1 });
    let of_package = with(record("r-2"), "relatedPackage", "b-1");
    let _ = api.post("/v1/usage/records", &json!({ "records": [record("r-1"), of_package] })).await.expect(200);
    for path in ["/v1/usage/records?instanceId=i-8", "/v1/usage/hours?state=unpushed", "/v1/instances/b-1/package"] {
        let _ = api.get(path).await.expect(200);
    }
    let environment = deployment.environment("report-usage").with("KOOGALLERY_OPEN_API_URL", open_api);
    let clock = TestClock::default();
    let job = Job::new(deployment.store("report-usage"), clock.clock(), Arc::new(Nobody) as _);
    let reporter = Reporter::of(&environment, job).unwrap();
    // One that was released a moment ago is looked at at once.
    assert_eq!(deployment.say(&bought("i-7")).await, "000000");
    assert_eq!(deployment.say(&of(bodies::release(), "i-7")).await, "000000");
    for (hours, expected) in [(0, (0, 0)), (2, (2, 0)), (30, (0, 1))] {
        clock.reach(now().saturating_add(Duration::from_hours(hours)));
        let run = reporter.run(Instant::now() + Duration::from_mins(5)).await.unwrap();
        // KooGallery's clock says that these hours are still to come.
        assert_eq!((run.newly_parked, run.silent.len()), expected, "{run:?}");
    }
    assert_eq!(deployment.say(&of(bodies::query(), "i-8")).await, "000000");
}

/// Deadlines that come near, of everything that has some; a day later they are gone.
async fn deadlines_are_watched(deployment: &Deployment) {
    let environment = deployment.environment("watch");
    let clock = TestClock::default();
    let store = deployment.store("watch");
    let watcher = Watcher::of(&environment, Job::new(store.clone(), clock.clock(), Arc::new(Nobody) as _)).unwrap();
    // A purchase that was refused, and came well later; a call that was refused and did not.
    let refused = with(with(bought("i-6"), "orderId", "CS6"), "orderLineId", "");
    assert_ne!(deployment.say(&refused).await, "000000");
    assert_ne!(deployment.say(&of(bodies::freeze(), "unknown")).await, "000000");
    assert_eq!(deployment.say(&with(bought("i-6"), "orderId", "CS6")).await, "000000");
    let order = "CS6".parse().unwrap();
    assert!(store.open_supervision(&order, Flow::Hardware, now(), None, now()).await.unwrap());
    for days in [0, 4, 5] {
        clock.reach(now().saturating_add(Duration::from_hours(days * 24)));
        watcher.run(Instant::now() + Duration::from_mins(5)).await.unwrap();
    }
    assert!(!store.warnings().await.unwrap().is_empty());
}

/// What waits, by SNS and by a robot that there is not; of a destination that was configured before, nothing is kept.
async fn people_are_told(deployment: &Deployment) {
    let told = json!([
        { "name": "people", "to": "sns", "topic": "arn:aws:sns:eu-west-1:123456789012:people" },
        { "name": "robot", "to": "wecom" },
    ]);
    let environment = deployment.environment("notify");
    let store = deployment.store("notify");
    for settings in [told.clone(), json!([told[0]])] {
        let environment = environment.clone().with("KOOGALLERY_NOTIFY", settings.to_string());
        let later = now().saturating_add(Duration::from_hours(5 * 24));
        let job = Job::new(store.clone(), Arc::new(move || later), Arc::new(Nobody) as _);
        Notifier::of(&environment, job).unwrap().unwrap().run().await.unwrap();
    }
    assert_eq!(deployment.services.asked("Publish").len(), 1);
}

/// Orders of instances, of a license code, and of neither; known ones and others.
async fn orders_are_learnt(deployment: &Deployment, open_api: &str) {
    assert_eq!(deployment.say(&bought("i-1")).await, "000000");
    let environment = deployment
        .environment("learn-order")
        .with("KOOGALLERY_OPEN_API_URL", open_api)
        .with("KOOGALLERY_DELAY_QUEUE_URL", "http://127.0.0.1/123456789012/learn-order-delays");
    let clock = TestClock::default();
    let store = deployment.store("learn-order");
    let learner = Learner::of(&environment, Job::new(store.clone(), clock.clock(), Arc::new(Nobody) as _)).unwrap();
    clock.reach(now().saturating_add(Duration::from_mins(20)));
    let (mut learnt, queue) = (Vec::new(), DelayQueue::of(&environment).unwrap());
    for open in learner.stalled(Instant::now() + Duration::from_mins(5)).await.unwrap() {
        learnt.push(learner.learn(&open.subject, open.event_id().unwrap()).await.unwrap());
    }
    assert!(learnt.contains(&Learnt::Done));
    let again = learnt.into_iter().find_map(|learnt| match learnt {
        Learnt::Again(due) => Some(due),
        Learnt::Done | Learnt::Waits(_) => None,
    });
    queue.send(&Delayed { wake_up: "INSTANCE#b-1", due: again.unwrap() }, clock.now()).await.unwrap();
}

/// Events of a life that are taken, and some that are not.
async fn events_are_delivered(deployment: &Deployment) {
    let clock = TestClock::default();
    let application = Application::start(clock.clone()).await;
    application.does(|event| {
        if event.before == 0 {
            Does::Status(500)
        } else {
            let way_in = json!({ "frontEndUrl": "https://app.example.com/", "password": "second-password" });
            Does::Say(json!({ "appInfo": way_in }).to_string())
        }
    });
    let environment = deployment
        .environment("deliver-events")
        .with("KOOGALLERY_DELAY_QUEUE_URL", "http://127.0.0.1/123456789012/deliver-events-delays")
        .with("KOOGALLERY_WEBHOOK_URL", application.url())
        .with("KOOGALLERY_EVENT_BUS", "sales")
        .with("KOOGALLERY_EVENT_QUEUE_URL", "http://127.0.0.1/123456789012/events.fifo");
    let store = deployment.store("deliver-events");
    let job = Job::new(store.clone(), clock.clock(), Arc::new(Nobody) as _);
    let courier = Courier::of(&environment, job).unwrap().unwrap();
    let (courier, queue) = (Arc::new(courier), Queue::of(&environment).unwrap());
    clock.reach(now().saturating_add(Duration::from_mins(20)));
    let (_, stalled) = look(&store, clock.now(), Instant::now() + Duration::from_mins(5)).await.unwrap();
    assert!(!stalled.is_empty());
    queue.wake(stalled.first().unwrap()).await.unwrap();
    for time in [Duration::from_mins(5), Duration::ZERO, Duration::from_mins(5)] {
        let batch: Batch = batch(["INSTANCE#i-1", "INSTANCE#b-1", "TENANT#t-1"]);
        drop(deliver(&courier, &queue, batch, Instant::now() + time).await);
        clock.reach(clock.now().saturating_add(Duration::from_hours(1)));
    }
    assert!(!application.taken().is_empty());
    assert!(!deployment.services.asked("PutEvents").is_empty());
}

fn batch(subjects: [&str; 3]) -> Batch {
    let message = |subject: &&str| json!({ "messageId": subject, "receiptHandle": subject, "body": json!({ "subject": subject }).to_string() });
    serde_json::from_value(json!({ "Records": subjects.iter().map(message).collect::<Vec<_>>() })).unwrap()
}

/// The role of the login denies what is in other partitions, and nothing that it was seen to reach.
fn a_login_reaches_no_more_than_it_needs(deployment: &Deployment) {
    let (template, reached) = (Template::read(), deployment.reached("login"));
    let is_denied = |action: &str, partition: &str| template.is_denied("LoginRecordsPolicy", action, partition);
    for (action, partition) in &reached {
        assert!(!is_denied(action, partition), "{action} {partition}");
    }
    for kind in ["LOGIN#", "TENANT#", "TEST#TENANT#", "INSTANCE#", "SIGNING_KEYS", "DATA_KEY", "SETTINGS"] {
        assert!(reached.iter().any(|(_, partition)| partition.starts_with(kind)), "{kind}: {reached:?}");
    }
    for other in ["ORDER#CS1", "LICENSE#A", "NONCE#n", "EVENTS", "USAGE#i-1", "TEST#ORDER#CS1", "LEASE#SWEEP"] {
        assert!(is_denied("dynamodb:GetItem", other) && is_denied("dynamodb:PutItem", other), "{other}");
    }
    for read in ["INSTANCE#b-1", "SETTINGS"] {
        assert!(is_denied("dynamodb:UpdateItem", read) && is_denied("dynamodb:PutItem", read), "{read}");
        assert!(!is_denied("dynamodb:GetItem", read), "{read}");
    }
}

/// The role of the console denies writes of what none of its acts changes, and nothing that it was seen to write.
fn the_console_writes_no_more_than_it_needs(deployment: &Deployment) {
    let (template, reached) = (Template::read(), deployment.reached("console"));
    let is_denied = |action: &str, partition: &str| template.is_denied("ConsoleRecordsPolicy", action, partition);
    for (action, partition) in &reached {
        assert!(!is_denied(action, partition), "{action} {partition}");
    }
    let kinds = ["SESSIONS", "LOGIN#", "JOBS", "INSTANCE#", "ORDER#", "DEMAND#", "WARNING#", "EXPLANATIONS", "TEST#"];
    for kind in kinds.into_iter().chain(["SIGNING_KEYS", "DEPLOYMENT", "MAPPINGS", "STATEMENT#", "SETTINGS"]) {
        assert!(reached.iter().any(|(_, partition)| partition.starts_with(kind)), "{kind}: {reached:?}");
    }
    for other in ["NONCE#n", "LEASE#SWEEP", "USAGE#i-1", "WALK", "FINDINGS#2025-11", "EVENT#e"] {
        assert!(is_denied("dynamodb:PutItem", other) && !is_denied("dynamodb:GetItem", other), "{other}");
    }
}

/// Of four instances and a license code.
async fn personal_data_is_erased(deployment: &Deployment) {
    for id in ["b-1", "b-1", "i-1", "b-9"] {
        assert_eq!(deployment.say(&of(bodies::release(), id)).await, "000000");
    }
    let environment = Environment::default().with("KOOGALLERY_PERSONAL_DATA_DAYS", "0");
    let store = deployment.store("erase-personal-data");
    let later = now().saturating_add(Duration::from_hours(48));
    let eraser = Eraser::of(&environment, Job::new(store, Arc::new(move || later), Arc::new(Nobody) as _)).unwrap();
    let run = eraser.erase(eraser.due().await.unwrap(), Instant::now() + Duration::from_mins(5)).await;
    assert!(run.erased == 5 && run.failed == 0, "{run:?}");
}

/// One event for each callback.
async fn the_front_door_hands_over(deployment: &Deployment, template: &Template) {
    let functions = template.functions();
    let known: Value =
        Callback::ALL.iter().map(|callback| (callback.function(), functions[callback.function()].0)).collect();
    let environment = deployment.environment("front-door").with("KOOGALLERY_FUNCTIONS", known.to_string());
    let door = FrontDoor::configured(&environment, Arc::new(Silent)).unwrap();
    for callback in Callback::ALL {
        let path = if callback.is_kit() { format!("/produceAPI/v2/{}", callback.activity()) } else { "/".to_owned() };
        let (parts, ()) = http::Request::post(&path).body(()).unwrap().into_parts();
        let body = json!({ "activity": callback.activity() }).to_string();
        let event = serde_json::value::to_raw_value(&lambda::event(&parts, &path, &body.into())).unwrap();
        drop(door.answer(&event).await.unwrap());
    }
}
