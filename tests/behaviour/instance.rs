//! The rules of an instance's life, seen from outside: calls in, the item and its events out.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use koogallery::{
    ChangeInstanceCheck, ExpireTime, InstanceStatus, InterfaceType, NewInstance, OrderNotify, QueryInstance,
    RefreshInstance, ReleaseInstance, Request, Scene, TestFlag, Timestamp, UpdateInstanceStatus, UpgradeInstance,
};
use koogallery_local::marketplace::SignedCall;
use koogallery_runtime::now;
use koogallery_store::{Bought, Changed, FreezeCause, Status, ToldOrder};
use koogallery_tests::bodies::{self, with};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::{Item, Seller, text};
use serde_json::Value;

const ID: &str = "b-1";
const HISTORY: &str = "INSTANCE#b-1";
const DAY: Duration = Duration::from_hours(24);

async fn bought() -> Seller {
    let seller = Seller::start().await;
    let reply = seller.succeed(&NewInstance::new("CS1", "CS1-000001", ID).unwrap()).await;
    assert_eq!(reply.instance_id.unwrap().as_str(), ID);
    seller
}

fn days(days: i32) -> ExpireTime {
    let now = now();
    let shift = DAY * days.unsigned_abs();
    let at = if days < 0 {
        Timestamp::from_millis(now.as_millis() - i64::try_from(shift.as_millis()).unwrap())
    } else {
        now.saturating_add(shift)
    };
    ExpireTime::from_timestamp(at).unwrap()
}

fn refresh(order: &str, scene: Scene, expire_time: ExpireTime) -> RefreshInstance {
    RefreshInstance {
        scene,
        order_id: order.parse().unwrap(),
        order_line_id: Some("000001".parse().unwrap()),
        instance_id: ID.parse().unwrap(),
        product_id: None,
        expire_time,
        test_flag: TestFlag::Real,
        further: std::collections::BTreeMap::new(),
    }
}

fn status(status: InstanceStatus) -> UpdateInstanceStatus {
    UpdateInstanceStatus { instance_id: ID.parse().unwrap(), status, test_flag: TestFlag::Real }
}

fn upgrade(order: &str) -> UpgradeInstance {
    UpgradeInstance {
        instance_id: ID.parse().unwrap(),
        order_id: order.parse().unwrap(),
        order_line_id: Some("000001".parse().unwrap()),
        test_flag: TestFlag::Real,
        product_id: None,
        further: std::collections::BTreeMap::new(),
    }
}

fn release() -> ReleaseInstance {
    ReleaseInstance { instance_id: ID.parse().unwrap(), order_id: None, order_line_id: None, test_flag: TestFlag::Real }
}

fn query(ids: &str) -> QueryInstance {
    QueryInstance { instance_ids: ids.parse().unwrap(), test_flag: TestFlag::Real }
}

fn check() -> ChangeInstanceCheck {
    serde_json::from_str(r#"{"instanceId":"b-1","productInfo":{"skuCode":"large","linearValue":20}}"#).unwrap()
}

/// Status, freeze cause and expiry as they stand.
async fn standing(seller: &Seller) -> (Status, Option<FreezeCause>, Option<ExpireTime>) {
    let instance = seller.instance(ID).await.unwrap();
    (instance.life.status, instance.life.freeze_cause, instance.life.expire_time)
}

/// Sends a request as if it had been signed so many seconds from now.
async fn late<R: Request>(seller: &Seller, request: &R, seconds: i64) {
    let call = seller.signed_at(request, Timestamp::from_millis(now().as_millis() + seconds * 1000));
    assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
}

#[tokio::test]
async fn a_whole_life_leaves_one_event_for_each_change() {
    let seller = bought().await;
    seller.succeed(&refresh("R1", Scene::Renewal, days(30))).await;
    seller.succeed(&upgrade("U1")).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    seller.succeed(&status(InstanceStatus::Unfreeze)).await;
    seller.succeed(&refresh("R2", Scene::UnsubscribeRenewalPeriod, days(1))).await;
    seller.succeed(&release()).await;
    assert_eq!(
        seller.events(HISTORY).await,
        [
            "instance.created",
            "instance.refreshed",
            "instance.upgraded",
            "instance.frozen",
            "instance.unfrozen",
            "instance.refreshed",
            "instance.released"
        ]
    );
    let purchase = seller.item("ORDER#CS1", "LINE#CS1-000001").await.unwrap();
    assert_eq!(text(&purchase, "instanceId"), ID);
}

#[tokio::test]
async fn a_repeat_succeeds_and_changes_nothing() {
    let seller = bought().await;
    let renewal = refresh("R1", Scene::Renewal, days(30));
    for _ in 0..3 {
        seller.succeed(&renewal).await;
        seller.succeed(&upgrade("U1")).await;
    }
    // The same order with another expiry is still the same order.
    seller.succeed(&refresh("R1", Scene::Renewal, days(300))).await;
    assert_eq!(standing(&seller).await.2.unwrap(), renewal.expire_time);
    for _ in 0..3 {
        seller.succeed(&status(InstanceStatus::Freeze)).await;
    }
    for _ in 0..3 {
        seller.succeed(&status(InstanceStatus::Unfreeze)).await;
    }
    for _ in 0..3 {
        seller.succeed(&release()).await;
    }
    assert_eq!(
        seller.events(HISTORY).await,
        [
            "instance.created",
            "instance.refreshed",
            "instance.upgraded",
            "instance.frozen",
            "instance.unfrozen",
            "instance.released"
        ]
    );
}

#[tokio::test]
async fn a_renewal_never_moves_the_expiry_back_and_a_refund_does() {
    let seller = bought().await;
    for (order, scene, day, stands) in [
        ("R1", Scene::TrialToFormal, 30, 30),
        ("R2", Scene::Renewal, 10, 30),
        ("R3", Scene::RenewalChange, 60, 60),
        ("F1", Scene::TrialToFormal, 40, 40),
        ("R4", Scene::UnsubscribeRenewalPeriod, 5, 5),
        ("R5", Scene::Renewal, 7, 7),
    ] {
        seller.succeed(&refresh(order, scene, days(day))).await;
        let expiry = standing(&seller).await.2.unwrap().timestamp();
        assert!(expiry.is_within(Duration::from_mins(1), days(stands).timestamp()), "{order}");
    }
}

#[tokio::test]
async fn a_renewal_lifts_a_freeze_that_the_expiry_caused() {
    let seller = bought().await;
    seller.succeed(&refresh("R1", Scene::Renewal, days(-1))).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    assert_eq!(standing(&seller).await.1, Some(FreezeCause::Expired));
    seller.succeed(&refresh("R2", Scene::Renewal, days(30))).await;
    assert_eq!(standing(&seller).await.0, Status::Active);
    assert_eq!(seller.events(HISTORY).await[2..], ["instance.frozen", "instance.refreshed", "instance.unfrozen"]);
}

#[tokio::test]
async fn a_renewal_does_not_lift_a_suspension() {
    let seller = bought().await;
    seller.succeed(&refresh("R1", Scene::Renewal, days(30))).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    seller.succeed(&refresh("R2", Scene::Renewal, days(60))).await;
    let (status_now, cause, expiry) = standing(&seller).await;
    assert_eq!((status_now, cause), (Status::Frozen, Some(FreezeCause::Suspended)));
    assert!(expiry.unwrap() > days(59), "the renewal counts all the same");
    seller.succeed(&status(InstanceStatus::Unfreeze)).await;
    assert_eq!(standing(&seller).await.0, Status::Active);
}

#[tokio::test]
async fn the_call_that_was_signed_last_wins() {
    let seller = bought().await;
    late(&seller, &status(InstanceStatus::Unfreeze), 20).await;
    late(&seller, &status(InstanceStatus::Freeze), 10).await;
    assert_eq!(standing(&seller).await.0, Status::Active);
    late(&seller, &status(InstanceStatus::Freeze), 30).await;
    assert_eq!(standing(&seller).await.0, Status::Frozen);

    // A refund that overtook the renewal it refunds.
    late(&seller, &refresh("F", Scene::UnsubscribeRenewalPeriod, days(1)), 40).await;
    late(&seller, &refresh("R", Scene::Renewal, days(30)), 35).await;
    assert!(standing(&seller).await.2.unwrap() < days(2));
}

#[tokio::test]
async fn released_is_final() {
    let seller = bought().await;
    seller.succeed(&release()).await;
    assert_eq!(seller.code(&refresh("R1", Scene::Renewal, days(30))).await, "000003");
    assert_eq!(seller.code(&status(InstanceStatus::Freeze)).await, "000003");
    assert_eq!(seller.code(&status(InstanceStatus::Unfreeze)).await, "000003");
    assert_eq!(seller.code(&upgrade("U1")).await, "000003");
    assert_eq!(seller.code(&query(ID)).await, "000003");
    assert_eq!(seller.code(&check()).await, "000003");
    seller.succeed(&release()).await;
    assert_eq!(seller.events(HISTORY).await, ["instance.created", "instance.released"]);
}

#[tokio::test]
async fn an_instance_that_never_was_is_000003_and_is_not_made() {
    let seller = Seller::start().await;
    assert_eq!(seller.code(&refresh("R1", Scene::Renewal, days(30))).await, "000003");
    assert_eq!(seller.code(&status(InstanceStatus::Freeze)).await, "000003");
    assert_eq!(seller.code(&upgrade("U1")).await, "000003");
    assert_eq!(seller.code(&release()).await, "000003");
    assert_eq!(seller.code(&query(ID)).await, "000003");
    assert_eq!(seller.code(&check()).await, "000003");
    assert!(seller.items().await.is_empty());
}

#[tokio::test]
async fn a_query_lists_what_the_buyer_can_reach() {
    let seller = bought().await;
    let long = "9".repeat(64);
    seller.succeed(&NewInstance::new("CS2", "CS2-000001", &long).unwrap()).await;
    let unknown: Vec<String> = (0..98).map(|n| format!("{n:064}")).collect();
    let reply = seller.succeed(&query(&format!(" {ID} ,,{long},{}", unknown.join(",")))).await;
    let info = reply.info.unwrap();
    let listed: Vec<&str> = info.iter().map(|info| info.instance_id.as_str()).collect();
    assert_eq!(listed, [ID, long.as_str()]);
    let app_info = info[0].app_info.as_ref().unwrap();
    assert_eq!(app_info.front_end_url.as_str(), "https://example.com/instances/b-1");
}

#[tokio::test]
async fn a_deferred_instance_is_being_processed_until_the_application_says_more() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_PROVISIONING", "deferred")).await;
    let purchase = NewInstance::new("CS1", "CS1-000001", ID).unwrap();
    for _ in 0..2 {
        let reply = seller.ask(&purchase).await;
        assert_eq!((reply.result_code.as_str(), reply.instance_id.unwrap().as_str()), ("000004", ID));
        assert_eq!(seller.code(&query(ID)).await, "000004");
    }
    assert_eq!(standing(&seller).await.0, Status::Provisioning);
    seller.succeed(&refresh("R1", Scene::Renewal, days(30))).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    seller.succeed(&status(InstanceStatus::Unfreeze)).await;
    assert_eq!(standing(&seller).await.0, Status::Provisioning);
    seller.succeed(&release()).await;
    assert_eq!(seller.code(&query(ID)).await, "000003");
}

#[tokio::test]
async fn a_configured_rule_decides_on_a_change() {
    let moves = r#"{"allow":[{"to":{"skuCode":"large","linearValue":{"max":10}}}]}"#;
    for (rule, code) in [("allow", "000000"), ("refuse", "000002"), (moves, "000002")] {
        let seller = Seller::with(|environment| environment.with("KOOGALLERY_CHANGE_CHECK", rule)).await;
        seller.succeed(&NewInstance::new("CS1", "CS1-000001", ID).unwrap()).await;
        assert_eq!(seller.code(&check()).await, code, "{rule}");
        assert_eq!(seller.events(HISTORY).await, ["instance.created"]);
    }
}

/// The port is somebody else's here: what is told is the mistake in the rule, so it is found before the port opens.
#[tokio::test]
async fn a_mistake_in_the_rule_is_told_before_the_port_opens() {
    use koogallery_local::host::{HostError, LocalHost, Options, TableAt};
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let environment = koogallery_runtime::Environment::default();
    let options = Options::new(
        taken.local_addr().unwrap(),
        TableAt::IN_MEMORY,
        environment.with("KOOGALLERY_CHANGE_CHECK", "alow"),
        std::sync::Arc::new(koogallery_local::log::Console),
        std::sync::Arc::new(koogallery_local::log::Console),
    );
    let error = LocalHost::start(options).await.unwrap_err();
    assert!(matches!(error, HostError::Config(_)), "{error}");
    assert!(error.to_string().contains("KOOGALLERY_CHANGE_CHECK"), "{error}");
}

#[tokio::test]
async fn an_order_notice_is_kept_once() {
    let seller = Seller::start().await;
    let notice = OrderNotify {
        order_id: "CS1".parse().unwrap(),
        order_line_id: "CS1-000001".parse().unwrap(),
        test_flag: TestFlag::Real,
    };
    for _ in 0..3 {
        seller.succeed(&notice).await;
    }
    assert_eq!(seller.events("ORDER#CS1").await, ["order.paid"]);
    assert!(seller.item("ORDER#CS1", "NOTICE#CS1-000001").await.is_some());
}

#[tokio::test]
async fn a_product_that_changed_with_the_renewal_is_kept() {
    let seller = bought().await;
    let renewal = |order: &str, product: &str| RefreshInstance {
        product_id: Some(product.parse().unwrap()),
        ..refresh(order, Scene::RenewalChange, days(30))
    };
    late(&seller, &renewal("R2", "yearly"), 20).await;
    late(&seller, &renewal("R1", "monthly"), 10).await;
    assert_eq!(seller.instance(ID).await.unwrap().life.product_id.unwrap().as_str(), "yearly");
}

/// How large an item is, about as DynamoDB counts.
fn bytes(item: &Item) -> usize {
    format!("{item:?}").len()
}

/// What some calls cost: how often each asked the store, how large the instance's item is after them, and how much they
/// added beside it.
async fn cost_of(seller: &Seller, database: &FaultyDynamoDb, tag: &str) -> (Vec<usize>, usize, usize) {
    let own = async || -> Vec<Item> {
        let items = seller.items().await;
        items.into_iter().filter(|item| text(item, "pk") == HISTORY && text(item, "sk") != "STATE").collect()
    };
    let before: usize = own().await.iter().map(bytes).sum();
    let mut requests = Vec::new();
    let (renewal, upgraded) = (format!("R{tag}"), format!("U{tag}"));
    let upgrade = [("activity", "upgrade"), ("orderId", &*upgraded), ("skuCode", "team"), ("productId", "p-1")];
    let calls: [&dyn Fn() -> SignedCall; 6] = [
        &|| seller.signed(&bodies::renewal(&renewal, "20990101000000000")),
        &|| v1(seller, &upgrade),
        &|| seller.signed(&bodies::freeze()),
        &|| seller.signed(&bodies::renewal(&format!("{renewal}-again"), "20990101000000001")),
        &|| seller.signed(&bodies::unfreeze()),
        &|| seller.signed(&bodies::refresh(&format!("F{tag}"), "UNSUBSCRIBE_RENEWAL_PERIOD", "20500101000000000")),
    ];
    for call in calls {
        // Signed now, after the call before it.
        let (call, asked) = (call(), database.seen());
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000000");
        requests.push(database.seen() - asked);
    }
    let state = bytes(&seller.item(HISTORY, "STATE").await.unwrap());
    (requests, state, own().await.iter().map(bytes).sum::<usize>() - before)
}

/// A V1.0 call about the instance, signed now.
fn v1(seller: &Seller, parameters: &[(&str, &str)]) -> SignedCall {
    let parameters = parameters.iter().chain(&[("instanceId", ID)]);
    let parameters = parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    SignedCall::basic_v1(&seller.key(InterfaceType::Basic), parameters, now())
}

#[tokio::test]
async fn a_long_life_costs_what_a_short_one_does_and_can_be_ended() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    seller.say_all(&[bodies::purchase()]).await;
    let short = cost_of(&seller, &database, "0001").await;
    assert_eq!(short.0, [1, 1, 2, 2, 1, 1]);

    for n in 0..2_000 {
        let call = seller.signed(&bodies::renewal(&format!("N{n}"), &(20_500_101_000_001_000_i64 + n).to_string()));
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000000", "renewal {n}");
    }
    let long = "x".repeat(2048);
    for n in 0..200 {
        let order = format!("V{n}");
        let upgrade = [("activity", "upgrade"), ("orderId", &*order), ("skuCode", "team"), ("productId", "p-1")];
        let call = v1(&seller, &[&upgrade[..], &[("saasExtendParams", &*long)]].concat());
        assert_eq!(seller.send(&call).await.result_code.as_str(), "000000", "upgrade {n}");
    }
    for _ in 0..50 {
        seller.say_all(&[bodies::freeze()]).await;
    }
    seller.say_all(&[bodies::unfreeze()]).await;
    let long = cost_of(&seller, &database, "0002").await;
    assert_eq!(long.0, short.0, "as many requests");
    // A number that counts has more digits by now.
    assert!(long.1.abs_diff(short.1) < 16, "the instance's item: {} and {}", long.1, short.1);
    assert!(long.2.abs_diff(short.2) < 16, "what is added: {} and {}", long.2, short.2);
    assert!(short.1 < 4_000, "{} bytes", short.1);

    // The rare path, too, comes to its end: an order that was signed before all others, and an order told of late.
    late(&seller, &refresh("before-all", Scene::Renewal, days(1)), -50).await;
    let told = ToldOrder { bought: Bought { linear_value: Some(7.0), ..Bought::default() }, until: None };
    let (id, order, line) = (ID.parse().unwrap(), "N5".parse().unwrap(), "N5-000001".parse().unwrap());
    let changed = seller.host.store().tell_order(&id, &order, Some(&line), &told, now()).await.unwrap();
    assert_eq!(changed, Changed::Applied);
    assert_eq!(seller.host.store().instance_orders(&id).await.unwrap().len(), 2_209);

    let asked = database.seen();
    seller.say_all(&[bodies::release()]).await;
    assert_eq!(database.seen() - asked, 1);
    assert_eq!(standing(&seller).await.0, Status::Released);
}

#[tokio::test]
async fn a_trial_that_turned_into_a_shorter_formal_period_ends_with_that() {
    let seller = bought().await;
    seller.succeed(&refresh("T", Scene::Renewal, days(90))).await;
    seller.succeed(&refresh("F", Scene::TrialToFormal, days(30))).await;
    assert!(standing(&seller).await.2.unwrap() < days(31));
    // Signed before the conversion, it comes after it: the conversion stands.
    late(&seller, &refresh("L", Scene::Renewal, days(80)), -20).await;
    assert!(standing(&seller).await.2.unwrap() < days(31));
    seller.succeed(&refresh("R", Scene::Renewal, days(20))).await;
    assert!(standing(&seller).await.2.unwrap() > days(29), "a renewal moves it on only");

    let seller = bought().await;
    seller.succeed(&refresh("T", Scene::Renewal, days(90))).await;
    seller.succeed(&refresh("F", Scene::TrialToFormal, days(-1))).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    assert_eq!(standing(&seller).await.1, Some(FreezeCause::Expired), "the formal period is over");
    seller.succeed(&refresh("R", Scene::Renewal, days(20))).await;
    assert_eq!(standing(&seller).await.0, Status::Active);
}

#[tokio::test]
async fn a_freeze_whose_cause_changes_is_told_again() {
    let seller = bought().await;
    seller.succeed(&refresh("R1", Scene::Renewal, days(-1))).await;
    seller.succeed(&status(InstanceStatus::Freeze)).await;
    // A renewal that ends in time to be running when it froze, and was signed before.
    late(&seller, &refresh("R2", Scene::Renewal, days(30)), -30).await;
    let told: Vec<_> =
        seller.whole_events(HISTORY).await.into_iter().map(|event| event.data["cause"].clone()).collect();
    let told: Vec<_> = told.iter().filter_map(|cause| cause.as_str()).collect();
    assert_eq!(told, ["expired", "suspended"]);
    assert_eq!(standing(&seller).await.1, Some(FreezeCause::Suspended));
}

#[tokio::test]
async fn what_another_familys_key_bought_is_unknown() {
    for (family, other, made_by) in [("basic-key", "license-key", "basic"), ("license-key", "basic-key", "license")] {
        let seller = Seller::start().await;
        let say = async |key: &str, body: &Value| seller.send(&seller.signed_with(key, body, now())).await;
        assert_eq!(say(family, &bodies::purchase()).await.result_code.as_str(), "000000");
        let before = seller.standing().await;
        for body in [bodies::renewal("R1", bodies::FUTURE), bodies::freeze(), bodies::unfreeze(), bodies::release()] {
            assert_eq!(say(other, &body).await.result_code.as_str(), "000003", "{made_by}: {body}");
        }
        assert_eq!(seller.standing().await, before, "{made_by}");

        // The same order line is another thing to another family: it makes an instance of its own, once.
        let first = say(other, &bodies::purchase_resent()).await;
        assert_eq!(first.result_code.as_str(), "000000");
        let again = say(other, &with(bodies::purchase(), "businessId", "b-1-once-more")).await;
        assert_eq!(again.instance_id, first.instance_id);
        assert_ne!(first.instance_id.unwrap().as_str(), ID, "{made_by}");
        assert_eq!(say(family, &bodies::purchase_resent()).await.instance_id.unwrap().as_str(), ID);

        for body in [bodies::renewal("R1", bodies::FUTURE), bodies::freeze(), bodies::unfreeze(), bodies::release()] {
            assert_eq!(say(family, &body).await.result_code.as_str(), "000000", "{made_by}: {body}");
        }
        for body in [bodies::release(), bodies::freeze()] {
            assert_eq!(say(other, &body).await.result_code.as_str(), "000003", "{made_by}: {body}");
        }
    }
}

#[tokio::test]
async fn calls_of_one_family_only_do_not_reach_the_others_instances() {
    let seller = Seller::start().await;
    let entitlement = seller.signed_with("license-key", &bodies::purchase(), now());
    assert_eq!(seller.send(&entitlement).await.result_code.as_str(), "000000");
    for body in [bodies::query(), bodies::change_check(), bodies::upgrade("U1")] {
        assert_eq!(seller.say(&body).await, "000003", "{body}");
    }
    let seller = bought().await;
    assert_eq!(seller.say(&bodies::get_license("e-1", "f-1")).await, "000003");
    assert_eq!(seller.instance(ID).await.unwrap().licenses, None);
}
