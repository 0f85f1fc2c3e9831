//! What is personal goes a configured time after its instance's release: all of it, nobody else's, whatever interrupts,
//! and nothing brings it back.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use erase_personal_data::{CloudWatchJournal, Eraser, Journal, Run};
use futures_util::StreamExt;
use koogallery::{AccessKeys, AppInfo, InstanceId, InterfaceType, Timestamp, UsageInfo};
use koogallery_local::erasure::{EraseError, erase_instance, erase_license};
use koogallery_local::events;
use koogallery_local::host::{HostError, LocalHost, Options};
use koogallery_local::log::Silent;
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, now};
use koogallery_store::{Gone, Provisioned, StoreError, SubjectKey, ToldBy, UsageKept};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::application::{Post, TestClock};
use koogallery_tests::bodies::{self, CODE, FUTURE, LICENSE, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit::{self, DIALECTS, Dialect, RSA_PRIVATE_KEY, Said};
use koogallery_tests::{Item, KEYS, Seller, text};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

/// A buyer's instance, of which everything is known that can be.
#[derive(Debug, Clone, Copy)]
struct Sold {
    dialect: Dialect,
    id: &'static str,
    order: &'static str,
    renewal: &'static str,
    app: &'static str,
    /// Its users' number, and the end of what else names somebody.
    number: usize,
}

/// Two of one tenant.
fn two(dialect: Dialect) -> [Sold; 2] {
    let sold = |id, order, renewal, app, number| Sold { dialect, id, order, renewal, app, number };
    [
        sold("goes-1", "MOCKPERIODYEARNEW", "MOCKMONTYRENEW", "app-goes", 1),
        sold("stays-2", "MOCKONETIMENEW", "MOCKMONTYCHANGE", "app-stays", 2),
    ]
}

impl Sold {
    fn id(self) -> InstanceId {
        self.id.parse().unwrap()
    }

    fn of(self, body: Value) -> Value {
        with(body, "instanceId", self.id)
    }

    fn release(self) -> Value {
        self.of(bodies::release())
    }

    fn kit(self, (callback, body): Said) -> Said {
        let body = self.of(body);
        (callback, if body["appId"].is_null() { body } else { with(body, "appId", self.app) })
    }

    /// What stands of it in the clear, at most until it is erased.
    fn clear(self) -> Vec<String> {
        let n = self.number;
        let mut clear = vec![
            format!("first-admin-{n}"),
            format!("first-password-{n}"),
            format!("device-{n}"),
            format!("user-{n:05}"),
            format!("org-{n}"),
            format!("dashboard-of-{n}"),
        ];
        clear.extend((self.dialect == Dialect::V1).then(|| format!("contact-{n}")));
        clear
    }

    /// What stands of it sealed only.
    fn hidden(self) -> [String; 5] {
        let n = self.number;
        ["buyer", "phone", "Person ", "s3cret", "person-"].map(|what| format!("{what}{n}"))
    }

    fn is_at(self, place: &str) -> bool {
        [self.id, self.order, self.renewal, self.app].iter().any(|name| place.contains(name))
    }

    /// Everything happens to it but the release.
    async fn live(self, seller: &Seller) {
        let n = self.number;
        let order = |body, id: &str| with(with(body, "orderId", id), "orderLineId", format!("{id}-000001"));
        match self.dialect {
            Dialect::V1 => {
                let (buyer, phone, contact) = (format!("buyer{n}"), format!("phone{n}"), format!("contact-{n}"));
                v1(
                    seller,
                    &[
                        ("activity", "newInstance"),
                        ("customerId", "c-1"),
                        ("businessId", self.id),
                        ("orderId", self.order),
                        ("productId", "p-1"),
                        ("customerName", &buyer),
                        ("mobilePhone", &phone),
                    ],
                )
                .await;
                v1(
                    seller,
                    &[
                        ("activity", "refreshInstance"),
                        ("instanceId", self.id),
                        ("orderId", self.renewal),
                        ("expireTime", "20991231160000"),
                        ("contact", &contact),
                    ],
                )
                .await;
            }
            Dialect::V2 => {
                let renewal = self.of(bodies::renewal(self.renewal, FUTURE));
                seller.say_all(&[with(order(bodies::purchase(), self.order), "businessId", self.id), renewal]).await;
            }
        }
        let way_in = json!({ "frontEndUrl": "https://app.example.com/", "userName": format!("first-admin-{n}"),
            "password": format!("first-password-{n}") });
        let way_in: AppInfo = serde_json::from_value(way_in).unwrap();
        assert_eq!(
            seller.host.store().provisioned(&self.id(), &way_in, ToldBy::SellerApi).await.unwrap(),
            Provisioned::Applied
        );
        let used = json!({ "usageValue": 1, "statisticalTime": "20261231160000000",
            "dashboardUrl": format!("https://app.example.com/dashboard-of-{n}") });
        let used: UsageInfo = serde_json::from_value(used).unwrap();
        assert_eq!(seller.host.store().keep_usage(&self.id(), &[used]).await.unwrap(), UsageKept::Kept);
        // All that could be personal at once: no interface type sells all of it.
        self.sold_by(seller, "license").await;
        let license = self.of(bodies::get_license("e-1", &format!("device-{n}")));
        assert_eq!(seller.say(&license).await, "000004");
        self.sold_by(seller, "basic").await;
        for said in [
            kit::tenant(1),
            kit::application(1, &format!("s3cret{n}"), 1),
            kit::department(1, &format!("org-{n}"), "Sales", 1),
            kit::auth(1, [kit::user(n)], 1),
            kit::auth(2, [with(kit::user(n), "position", "other")], 2),
        ] {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000000");
        }
    }

    async fn sold_by(self, seller: &Seller, interface_type: &str) {
        let store = seller.host.store();
        let update =
            store.client().update_item().table_name(store.table()).update_expression("SET interfaceType = :type");
        let update = update.key("pk", AttributeValue::S(format!("INSTANCE#{}", self.id)));
        let update = update.key("sk", AttributeValue::S("STATE".to_owned()));
        update.expression_attribute_values(":type", AttributeValue::S(interface_type.to_owned())).send().await.unwrap();
    }

    /// What could bring something of it back: late and repeated calls.
    async fn call_late(self, seller: &Seller) {
        let n = self.number;
        for body in [self.of(bodies::renewal("R9", FUTURE)), self.of(bodies::upgrade("U9")), self.of(bodies::freeze())]
        {
            assert_eq!(seller.say(&body).await, "000003", "{body}");
        }
        assert_eq!(seller.say(&self.of(bodies::query())).await, "000003");
        assert_eq!(seller.say(&self.of(bodies::get_license("e-2", "device-late"))).await, "000003");
        if self.dialect == Dialect::V1 {
            let told = [("customerId", "c-1"), ("productId", "p-1"), ("customerName", "buyer-late")];
            let ids = [("activity", "newInstance"), ("businessId", "late"), ("orderId", self.order)];
            assert_eq!(v1(seller, &[&ids[..], &told].concat()).await["instanceId"], self.id);
        }
        let late = |flag| kit::auth(flag, [with(kit::user(n), "userName", "user-late")], 9);
        for said in [late(1), late(2), kit::department(1, "o-9", "Late", 9), kit::tenant(1)] {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000003");
        }
        for said in self.takes_away() {
            assert_eq!(seller.sync_in(self.dialect, &self.kit(said)).await, "000000");
        }
        for body in [self.release(), self.release()] {
            assert_eq!(seller.say(&body).await, "000000");
        }
        let way_in: AppInfo = serde_json::from_value(json!({ "frontEndUrl": "https://late.example.com/" })).unwrap();
        assert_eq!(
            seller.host.store().provisioned(&self.id(), &way_in, ToldBy::SellerApi).await.unwrap(),
            Provisioned::Released
        );
        assert_eq!(seller.host.store().keep_usage(&self.id(), &[]).await.unwrap(), UsageKept::Released);
    }

    fn takes_away(self) -> Vec<Said> {
        let of = |flag, name: &str| kit::auth(flag, [with(kit::user(self.number), "userName", name)], 9);
        let known = format!("user-{:05}", self.number);
        vec![
            of(0, &known),
            of(3, &known),
            of(0, "user-late"),
            of(3, "user-later"),
            kit::department(0, &format!("org-{}", self.number), "", 9),
        ]
    }
}

async fn v1(seller: &Seller, parameters: &[(&str, &str)]) -> Value {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = SignedCall::basic_v1(&seller.key(InterfaceType::Basic), parameters, now());
    let reply: Value = serde_json::from_slice(&seller.marketplace.send(&call).await.unwrap().body).unwrap();
    assert_eq!(reply["resultCode"], "000000", "{reply}");
    reply
}

/// Log lines, as they go out.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl Journal for Lines {
    fn erased(&self, of: &SubjectKey, gone: &Result<Gone, StoreError>) {
        let line = CloudWatchJournal::of(&Environment::default()).erased_line(of, gone);
        self.0.lock().unwrap().push(line.to_string());
    }

    fn ran(&self, run: &Run) {
        self.0.lock().unwrap().push(CloudWatchJournal::of(&Environment::default()).ran_line(run).to_string());
    }
}

/// A seller, the events' receiver, KooGallery's open APIs, and what erases, all in one time.
struct World {
    seller: Seller,
    post: Post,
    stand_in: StandIn,
    clock: TestClock,
    lines: Arc<Lines>,
}

impl World {
    async fn at(endpoint: Option<String>) -> Self {
        let seller = Seller::at(endpoint, |environment| {
            environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY).with("KOOGALLERY_API_TOKEN", TOKEN)
        })
        .await;
        let keys = AccessKeys::from_json(KEYS).unwrap();
        let stand_in = StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap();
        let post = Post::of(&seller, |environment| {
            environment
                .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
                .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
                .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
        })
        .await;
        let clock = post.clock.clone();
        Self { seller, post, stand_in, clock, lines: Arc::default() }
    }

    async fn new() -> Self {
        Self::at(koogallery_tests::other_dynamodb()).await
    }

    async fn deliver(&self) {
        let mut pump = self.post.pump(&self.seller).await;
        self.post.deliver(&mut pump).await;
    }

    /// How many events the application had with what KooGallery tells of a buyer.
    fn orders_told(&self) -> usize {
        let taken = self.post.application.taken();
        taken.iter().filter(|event| event.body["data"]["order"]["buyerInfo"]["email"] == "mock@example.com").count()
    }

    fn eraser(&self) -> Eraser {
        let journal = Arc::clone(&self.lines) as Arc<dyn Journal>;
        Eraser::of(&Environment::default(), self.seller.host.store().clone(), self.clock.clock(), journal).unwrap()
    }

    /// One run of the schedule.
    async fn run(&self) -> Result<Run, StoreError> {
        let eraser = self.eraser();
        Ok(eraser.erase(eraser.due().await?, Instant::now() + DAY).await)
    }

    async fn released_at(&self, sold: Sold) -> Timestamp {
        self.seller.instance(sold.id).await.unwrap().life.released_at.unwrap()
    }

    /// Releases one, tells the application, and lets the time pass.
    async fn release(&self, sold: Sold) {
        self.seller.say_all(&[sold.release()]).await;
        self.deliver().await;
        self.clock.reach(self.released_at(sold).await.after(30 * DAY));
    }

    /// Where something is sealed.
    async fn sealed(&self) -> BTreeSet<String> {
        let is_sealed = |item: &Item| item.values().any(|value| matches!(value, AttributeValue::B(_)));
        let items = self.seller.items().await.into_iter();
        let items = items.filter(|item| is_sealed(item) && text(item, "pk") != "DATA_KEY");
        items.map(|item| format!("{} {}", text(&item, "pk"), text(&item, "sk"))).collect()
    }

    /// All that can be read in the table and the logs.
    async fn readable(&self) -> String {
        let items = self.seller.everything().await;
        format!("{items:?} {:?} {:?} {:?}", self.seller.records(), self.seller.api_records(), self.lines)
    }

    async fn assert_gone(&self, sold: Sold, of: &str) {
        let (readable, sealed) = (self.readable().await, self.sealed().await);
        for told in sold.clear().into_iter().chain(sold.hidden()) {
            assert!(!readable.contains(&told), "{told}: {of}");
        }
        let left: Vec<&String> = sealed.iter().filter(|place| sold.is_at(place)).collect();
        assert!(left.is_empty(), "{left:?}: {of}");
        let instance = self.seller.item(&format!("INSTANCE#{}", sold.id), "STATE").await.unwrap();
        assert!(instance.contains_key("erasedAt") && !instance.contains_key("open"), "{of}");
        for kept in ["orderId", "lastOrder", "expireTime", "releasedAt", "listed"] {
            assert!(instance.contains_key(kept), "{kept}: {of}");
        }
    }
}

#[tokio::test]
async fn everything_personal_is_gone_when_the_time_is_over_and_nobody_elses() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, stays] = two(dialect);
        for sold in [goes, stays] {
            sold.live(&world.seller).await;
        }
        world.deliver().await;
        assert_eq!(world.orders_told(), 4, "there is something to keep");
        world.release(goes).await;

        let (before, sealed) = (world.seller.standing().await, world.sealed().await);
        let is_of = |sold: Sold| sealed.iter().filter(|place| sold.is_at(place)).count();
        assert!(is_of(goes) >= 5 && is_of(stays) == is_of(goes), "{sealed:?}");
        let readable = world.readable().await;
        for sold in [goes, stays] {
            assert!(sold.clear().iter().all(|told| readable.contains(told)), "{readable}");
            assert!(!sold.hidden().iter().any(|told| readable.contains(told)), "{readable}");
        }

        // A moment too early nothing happens; then everything at once, and never again.
        let eraser = world.eraser();
        let too_early = world.released_at(goes).await.after(30 * DAY).before(Duration::from_millis(1));
        let store = world.seller.host.store();
        assert_eq!(store.to_erase(too_early.before(30 * DAY)).await.unwrap(), []);
        assert_eq!(world.seller.standing().await, before);
        let due = eraser.due().await.unwrap();
        assert_eq!(due.len(), 1);
        let run = world.run().await.unwrap();
        assert_eq!((run.erased, run.failed, run.due, run.overdue), (1, 0, 0, Duration::ZERO));
        world.assert_gone(goes, "after the run").await;
        let after = world.seller.standing().await;
        for again in [world.run().await.unwrap(), eraser.erase(due, Instant::now() + DAY).await] {
            assert_eq!((again.erased, again.failed, again.due), (0, 0, 0));
        }
        assert_eq!(world.seller.standing().await, after);

        let others: BTreeSet<String> = sealed.into_iter().filter(|place| !goes.is_at(place)).collect();
        assert_eq!(world.sealed().await, others);
        let readable = world.readable().await;
        assert!(stays.clear().iter().all(|told| readable.contains(told)), "{readable}");
        assert!(readable.contains(r#"\"subject\":\"INSTANCE#goes-1\""#), "the log names the instance");
        let events = world.seller.events("INSTANCE#goes-1").await;
        assert_eq!(events.first().map(String::as_str), Some("instance.created"), "history stays");

        // Late calls bring nothing back, nor do events that are sent once more.
        goes.call_late(&world.seller).await;
        world.assert_gone(goes, "after late calls").await;
        let before = world.post.application.taken().len();
        for subject in ["INSTANCE#goes-1", "TENANT#t-1"].map(|subject| SubjectKey::from(subject.to_owned())) {
            let all = store.events(&subject).await.unwrap();
            let ids: Vec<_> = all.iter().map(|record| record.event.event_id).collect();
            events::resend(store, &ids, Some(&subject)).await.unwrap();
        }
        world.deliver().await;
        let resent = &world.post.application.taken()[before..];
        let of_it = resent.iter().filter(|event| event.body["data"]["instanceId"] == goes.id);
        assert!(of_it.clone().count() > 5);
        assert!(of_it.clone().all(|event| event.body["data"]["order"].is_null()), "it is not asked for again");
        assert!(of_it.clone().all(|event| event.body["data"]["userNames"].is_null()));
        assert!(of_it.filter(|event| event.name() == "users.granted").all(|event| event.body["data"]["count"] == 1));
        assert_eq!(world.sealed().await, others);
        world.assert_gone(goes, "after events were sent once more").await;
        let items = format!("{:?}", world.seller.items().await);
        for late in ["user-late", "buyer-late", "device-late", "late.example.com", "R9", "U9"] {
            assert!(!items.contains(late), "{late}");
        }

        // The application sees what is left.
        let api = Api::of(&world.seller);
        let shown = api.get("/v1/instances/goes-1").await.expect(200);
        assert_eq!((&shown["status"], &shown["appInfo"]), (&json!("released"), &Value::Null));
        let erased_at = world.seller.instance(goes.id).await.unwrap().life.erased_at.unwrap();
        assert_eq!(shown["erasedAt"], erased_at.to_rfc_3339());
        let details = api.get("/v1/instances/goes-1/purchase-details").await.expect(200);
        assert_eq!(details, json!({ "instanceId": goes.id, "orderId": goes.order }));
        assert_eq!(api.get("/v1/instances/stays-2/purchase-details").await.expect(200)["orderId"], stays.order);
        world.stand_in.stop().await;
    }
}

#[tokio::test]
async fn what_was_released_keeps_nothing_new_while_it_waits() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, _] = two(dialect);
        goes.live(&world.seller).await;
        // Its order is asked about only when it is over: its events have the details with them, which go by themselves.
        world.seller.say_all(&[goes.release()]).await;
        world.deliver().await;
        assert!(!world.post.application.taken().is_empty());
        assert!(world.orders_told() > 0);
        let items = world.seller.items().await;
        let mut details =
            items.iter().filter(|item| text(item, "sk").starts_with("DETAILS") && item.contains_key("details"));
        assert!(details.all(|item| !text(item, "pk").starts_with("ORDER#") || item.contains_key("expiresAt")));
        let (before, sealed) = (world.readable().await, world.sealed().await);
        goes.call_late(&world.seller).await;
        let now = world.sealed().await;
        assert!(now.is_subset(&sealed), "{now:?}");
        assert!(before.contains("user-00001"), "what takes away needs something to take away");
        assert_eq!(world.seller.users_of(goes).await, 0, "and takes it away");
        world.clock.reach(world.released_at(goes).await.after(30 * DAY));
        assert_eq!(world.run().await.unwrap().erased, 1);
        world.assert_gone(goes, "after late calls").await;
        world.stand_in.stop().await;
    }
}

trait UsersOf {
    async fn users_of(&self, sold: Sold) -> usize;
}

impl UsersOf for Seller {
    async fn users_of(&self, sold: Sold) -> usize {
        let mut of = kit::users_of();
        (of.instance_id, of.app_id) = (sold.id(), sold.app.parse().unwrap());
        let key = kit::data_key(self).await;
        let users = self.host.store().users(koogallery_store::World::Real, &of, None, usize::MAX, &key).await.unwrap();
        users.iter().filter(|known| !known.revoked).count()
    }
}

/// What stands, but for what another run may make different.
async fn names(world: &World) -> Vec<String> {
    let name = |item: &Item| {
        let sort = text(item, "sk");
        let sort = match sort.split_once('#') {
            Some(("EVENT", _)) => text(item, "type"),
            Some(("OUTBOX", _)) => "to be delivered".to_owned(),
            _ => sort,
        };
        format!("{} {sort} {}", text(item, "pk"), item.contains_key("open"))
    };
    let items = world.seller.items().await;
    let mut names: Vec<String> = items.iter().filter(|item| text(item, "pk") != "DATA_KEY").map(name).collect();
    names.sort();
    names
}

/// With one instance that is due.
async fn due(database: &FaultyDynamoDb) -> (World, Sold) {
    let (world, [goes, _]) = (World::at(Some(database.endpoint())).await, two(Dialect::V1));
    goes.live(&world.seller).await;
    world.post.learn(&world.seller).await;
    assert!(world.sealed().await.contains("ORDER#MOCKPERIODYEARNEW DETAILS"));
    world.seller.say_all(&[goes.release()]).await;
    world.clock.reach(world.released_at(goes).await.after(30 * DAY));
    (world, goes)
}

async fn interrupted(fault: Fault, step: usize, undisturbed: &[String]) {
    let told = format!("{fault:?} at step {step}");
    let database = FaultyDynamoDb::start().await;
    let (world, goes) = due(&database).await;
    let before = database.seen();
    database.after(step, fault);
    if fault == Fault::Denied {
        match world.run().await {
            Ok(run) => assert_eq!((run.erased, run.failed, run.due), (0, 1, 1), "{told}"),
            Err(_) => assert!(step < SHARDS, "{told}: only the index may fail so"),
        }
    } else {
        tokio::select! {
            _ = world.run() => panic!("nothing hung: {told}"),
            () = async {
                while database.seen() - before <= step {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
    }
    database.always(Fault::None);
    let run = world.run().await.unwrap();
    assert_eq!((run.failed, run.due), (0, 0), "{told}");
    world.assert_gone(goes, &told).await;
    assert_eq!(names(&world).await, undisturbed, "{told}");
}

/// The index is asked first, shard by shard.
const SHARDS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_anywhere_it_ends_alike() {
    let database = FaultyDynamoDb::start().await;
    let (world, _) = due(&database).await;
    let before = database.seen();
    assert_eq!(world.run().await.unwrap().erased, 1);
    let steps = database.seen() - before;
    let undisturbed = names(&world).await;
    assert!(steps > SHARDS + 10, "{steps}");
    let cases = [Fault::Denied, Fault::HangAfter]
        .into_iter()
        .flat_map(|fault| (SHARDS - 1..steps).map(move |step| (fault, step)));
    let interrupted = |(fault, step)| interrupted(fault, step, &undisturbed);
    futures_util::stream::iter(cases.map(interrupted)).buffer_unordered(4).collect::<()>().await;
}

#[tokio::test]
async fn two_at_once_and_syncs_meanwhile_leave_nothing() {
    for dialect in DIALECTS {
        let world = World::new().await;
        let [goes, stays] = two(dialect);
        for sold in [goes, stays] {
            sold.live(&world.seller).await;
        }
        let many = |flag| goes.kit(kit::auth(flag, (100..160).map(kit::user), 3));
        assert_eq!(world.seller.sync_in(dialect, &many(1)).await, "000000");
        world.release(goes).await;
        let away = async {
            for number in 100..160 {
                let said = goes.kit(kit::auth(0, [kit::user(number)], 9));
                assert_eq!(world.seller.sync_in(dialect, &said).await, "000000");
            }
        };
        let (one, other, ()) = tokio::join!(world.run(), world.run(), away);
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.erased + other.erased, one.failed + other.failed), (1, 0));
        world.assert_gone(goes, "two at once").await;
        assert!(!world.readable().await.contains("user-001"));
        world.stand_in.stop().await;
    }
}

#[tokio::test]
async fn what_two_instances_share_goes_with_the_last() {
    let world = World::new().await;
    // V1.0 names an order's products, so that the order's details are both instances'.
    for (id, product) in [("one", "p-1"), ("other", "p-2")] {
        v1(
            &world.seller,
            &[
                ("activity", "newInstance"),
                ("customerId", "c-1"),
                ("businessId", id),
                ("orderId", "MOCKPERIODYEARNEW"),
                ("productId", product),
            ],
        )
        .await;
    }
    world.deliver().await;
    let shared = "ORDER#MOCKPERIODYEARNEW DETAILS";
    assert!(world.sealed().await.contains(shared));
    for (id, left) in [("one", 1), ("other", 0)] {
        world.seller.say_all(&[with(bodies::release(), "instanceId", id)]).await;
        world.clock.reach(now().after(31 * DAY));
        assert_eq!(world.run().await.unwrap().erased, 1, "{id}");
        assert_eq!(world.sealed().await.iter().filter(|place| *place == shared).count(), left, "{id}");
        let details = Api::of(&world.seller).get(&format!("/v1/instances/{id}/purchase-details")).await.expect(200);
        assert_eq!(details, json!({ "instanceId": id, "orderId": "MOCKPERIODYEARNEW" }));
    }
    assert_eq!(world.sealed().await, BTreeSet::new());
}

#[tokio::test]
async fn an_enterprise_without_directories_goes_as_well_and_another_instance_s_application_stays() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        let purchase = with(with(bodies::purchase(), "orderId", sold.order), "businessId", sold.id);
        world.seller.say_all(&[purchase]).await;
        world.seller.sync_all([sold.kit(kit::tenant(1)), sold.kit(kit::application(1, "s3cret", 1))]).await;
    }
    // Both know both applications.
    let known = |app: Sold, to: Sold| {
        let (callback, body) = kit::application(2, "s3cret", 2);
        (callback, with(to.of(body), "appId", app.app))
    };
    world.seller.sync_all([known(goes, stays), known(stays, goes)]).await;
    world.seller.say_all(&[goes.release(), stays.release()]).await;
    let store = world.seller.host.store();
    let left = async || -> Vec<String> {
        let items = world.seller.items().await.into_iter();
        items.filter(|item| text(item, "pk") == "TENANT#t-1").map(|item| text(&item, "sk")).collect()
    };
    let of_event = |sort: &str| sort.starts_with("EVENT#") || sort.starts_with("OUTBOX#");
    erase_instance(store, &goes.id()).await.unwrap();
    let mut of_stays = left().await;
    of_stays.retain(|sort| !of_event(sort));
    of_stays.sort();
    assert_eq!(of_stays, ["APPLICATION#app-goes#stays-2", "APPLICATION#app-stays#stays-2", "INSTANCE#stays-2"]);
    erase_instance(store, &stays.id()).await.unwrap();
    assert!(left().await.iter().all(|sort| of_event(sort)), "{:?}", left().await);
}

#[tokio::test]
async fn a_license_code_s_orders_go_with_it_and_those_of_nothing_go_by_themselves() {
    let world = World::new().await;
    let line = |body: Value, order: &str| with(with(body, "orderId", order), "orderLineId", format!("{order}-000001"));
    world
        .seller
        .say_all(&[bodies::renew_code("MOCKMONTYRENEW", FUTURE), line(bodies::order_notice(), "MOCKONETIMENEW")])
        .await;
    world.deliver().await;
    let taken = world.post.application.taken();
    assert!(taken.iter().all(|event| event.body["data"]["order"]["buyerInfo"].is_object()), "{taken:?}");
    let (kept, of_nothing) =
        ("ORDER#MOCKMONTYRENEW DETAILS#MOCKMONTYRENEW-000001", "ORDER#MOCKONETIMENEW DETAILS#MOCKONETIMENEW-000001");
    assert_eq!(world.sealed().await, BTreeSet::from([kept, of_nothing].map(str::to_owned)));
    let until = |item: &Item| item.get("expiresAt").and_then(|until| until.as_n().ok()?.parse::<i64>().ok());
    let place = |place: &'static str| place.split_once(' ').unwrap();
    let item = async |(partition, sort)| world.seller.item(partition, sort).await.unwrap();
    assert_eq!(until(&item(place(kept)).await), None);
    let until = until(&item(place(of_nothing)).await).unwrap();
    assert!((now().as_seconds()..=world.clock.now().after(4 * DAY).as_seconds()).contains(&until), "{until}");

    let store = world.seller.host.store();
    let code = CODE.parse().unwrap();
    let refused = erase_license(store, &code).await.unwrap_err();
    assert!(matches!(refused, EraseError::NotReleased(_)) && !refused.to_string().contains(CODE), "{refused}");
    world.seller.say_all(&[bodies::release_code()]).await;
    world.clock.reach(now().after(31 * DAY));
    assert_eq!(world.run().await.unwrap().erased, 1);
    assert_eq!(world.sealed().await, BTreeSet::from([of_nothing.to_owned()]), "DynamoDB deletes it");
    let (order, line) = ("MOCKONETIMENEW".parse().unwrap(), "MOCKONETIMENEW-000001".parse().unwrap());
    let gone = world.seller.host.store().order_details(&order, Some(&line), world.clock.now()).await.unwrap();
    assert_eq!(gone, None, "and late as it may, nobody reads it");
    let item = world.seller.item(LICENSE, "STATE").await.unwrap();
    assert!(item.contains_key("erasedAt") && !item.contains_key("open"));
    assert!(!format!("{:?}", world.lines).contains(CODE), "a log shows a code's end only");
    assert_eq!(erase_license(store, &code).await.unwrap(), None);
    assert_eq!(world.seller.say(&bodies::release_code()).await, "000000");
    assert_eq!(world.seller.say(&bodies::renew_code("R2", FUTURE)).await, "000003");
}

#[tokio::test]
async fn an_operator_erases_at_once_what_is_released_and_nothing_else() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        sold.live(&world.seller).await;
    }
    let store = world.seller.host.store();
    let before = world.seller.standing().await;
    let refused = erase_instance(store, &goes.id()).await.unwrap_err().to_string();
    assert!(refused.contains("goes-1 is not released"), "{refused}");
    assert!(matches!(erase_instance(store, &"nobody".parse().unwrap()).await, Err(EraseError::Unknown(_))));
    assert_eq!(world.seller.standing().await, before);
    world.seller.say_all(&[goes.release()]).await;
    let gone = erase_instance(store, &goes.id()).await.unwrap().unwrap();
    assert!(gone.items >= 4 && gone.events == 4, "{gone:?}");
    world.assert_gone(goes, "at once").await;
    assert_eq!(erase_instance(store, &goes.id()).await.unwrap(), None);
}

#[tokio::test]
async fn every_way_to_a_release_leads_to_the_erasure_and_debug_calls_to_none() {
    let database = FaultyDynamoDb::start().await;
    let seller =
        Seller::at(Some(database.endpoint()), |environment| environment.with("KOOGALLERY_PROVISIONING", "deferred"))
            .await;
    let to_erase = async || seller.host.store().to_erase(now().after(DAY)).await.unwrap().len();
    let sold = |id: &str| with(with(bodies::purchase(), "businessId", id), "orderId", id);
    let released = |id: &str| with(bodies::release(), "instanceId", id);
    for (place, id) in ["usual", "overtaken", "frozen"].into_iter().enumerate() {
        assert_eq!(seller.say(&sold(id)).await, "000004");
        if id == "frozen" {
            seller.say_all(&[with(bodies::freeze(), "instanceId", id)]).await;
        }
        if id == "overtaken" {
            database.next([Fault::Conflict]);
        }
        seller.say_all(&[released(id), released(id)]).await;
        assert_eq!(to_erase().await, place + 1, "{id}");
        assert_eq!(seller.say(&sold(id)).await, "000000", "what is released waits for nobody");
    }
    for (place, body) in
        [bodies::release_code(), with(bodies::release_code(), "license", "OTHER-CODE1-OTHER")].iter().enumerate()
    {
        if place == 1 {
            seller.say_all(&[with(bodies::freeze_code(), "license", "OTHER-CODE1-OTHER")]).await;
        }
        seller.say_all(std::slice::from_ref(body)).await;
        assert_eq!(to_erase().await, 4 + place, "{body}");
    }
    for body in [sold("debug"), released("debug"), bodies::release_code()] {
        seller.say(&with(body, "testFlag", "1")).await;
    }
    assert_eq!(to_erase().await, 5);
    let debug: Vec<Item> =
        seller.items().await.into_iter().filter(|item| text(item, "pk").starts_with("TEST#")).collect();
    assert!(!debug.is_empty() && debug.iter().all(|item| !item.contains_key("open")));
}

#[tokio::test]
async fn one_that_fails_holds_up_no_other() {
    let world = World::new().await;
    let [goes, stays] = two(Dialect::V2);
    for sold in [goes, stays] {
        sold.live(&world.seller).await;
        world.seller.say_all(&[sold.release()]).await;
    }
    // What stands there is not what this version writes.
    let store = world.seller.host.store();
    let update = store.client().update_item().table_name(store.table());
    let update = update.key("pk", AttributeValue::S("INSTANCE#goes-1".to_owned()));
    let update = update.key("sk", AttributeValue::S("STATE".to_owned())).update_expression("SET holds = :bad");
    update.expression_attribute_values(":bad", AttributeValue::S(String::new())).send().await.unwrap();
    world.clock.reach(world.released_at(stays).await.after(33 * DAY));
    let eraser = world.eraser();
    let run = eraser.erase(eraser.due().await.unwrap(), Instant::now()).await;
    assert_eq!((run.erased, run.failed, run.due), (0, 1, 2), "there is time for the first only");
    let run = world.run().await.unwrap();
    assert_eq!((run.erased, run.failed, run.due), (1, 1, 1));
    assert!(run.overdue >= 3 * DAY && run.overdue < 4 * DAY, "{run:?}");
    world.assert_gone(stays, "beside one that fails").await;
}

#[tokio::test]
async fn the_local_host_erases_when_it_starts_and_tells_a_mistake() {
    let world = World::new().await;
    let [goes, _] = two(Dialect::V2);
    goes.live(&world.seller).await;
    world.seller.say_all(&[goes.release()]).await;
    let host = async |days: &str| {
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_TABLE", world.seller.host.store().table())
            .with("KOOGALLERY_PERSONAL_DATA_DAYS", days);
        let dynamodb_endpoint = Some(world.seller.host.dynamodb_endpoint().to_owned());
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let (log, journal) = (Arc::new(Silent), Arc::new(Silent));
        LocalHost::start(Options { listen, data: None, dynamodb_endpoint, environment, log, journal }).await
    };
    let mistake = host("3651").await.unwrap_err();
    assert!(
        matches!(&mistake, HostError::Config(error) if error.to_string().contains("KOOGALLERY_PERSONAL_DATA_DAYS"))
    );
    host("30").await.unwrap().stop().await.unwrap();
    assert!(world.seller.instance(goes.id).await.unwrap().life.erased_at.is_none());
    let host = host("0").await.unwrap();
    while world.seller.instance(goes.id).await.unwrap().life.erased_at.is_none() {
        tokio::task::yield_now().await;
    }
    host.stop().await.unwrap();
    world.assert_gone(goes, "by the host").await;
}

#[tokio::test]
async fn a_sync_that_takes_away_from_nobody_keeps_no_name() {
    let seller = Seller::of_kit().await;
    for dialect in DIALECTS {
        for flag in [0, 3] {
            assert_eq!(seller.sync_in(dialect, &kit::auth(flag, [kit::user(1)], 1)).await, "000000");
        }
    }
    let left = seller.items().await.into_iter().filter(|item| text(item, "pk") != "DATA_KEY").count();
    assert_eq!(left, 0);
    // Where its instance stands it is remembered, so that an older grant does not bring the user back.
    seller.say_all(&[bodies::purchase()]).await;
    assert_eq!(seller.sync(&kit::auth(0, [kit::user(1)], 5)).await, "000000");
    assert_eq!(seller.sync(&kit::auth(1, [kit::user(1)], 4)).await, "000000");
    assert_eq!(seller.users().await.len(), 0);
    // It is found though nobody told of its tenant or application.
    seller.sync_all([kit::department(1, "o-1", "Sales", 1)]).await;
    seller.say_all(&[bodies::release()]).await;
    let gone = erase_instance(seller.host.store(), &bodies::ID.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(gone, Gone { items: 2, events: 1 });
    assert!(seller.items().await.iter().all(|item| !text(item, "pk").starts_with("TENANT#t-1#")));
}
