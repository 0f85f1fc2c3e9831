//! A fault of the store at every point of every call: nothing is half done, KooGallery hears in time, and what it sends
//! again ends in the same state as if nothing had happened.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use koogallery::ResultCode;
use koogallery_store::{Instance, Lifecycle};
use koogallery_tests::bodies::{
    FUTURE, ID, PAST, change_check, freeze, freeze_code, get_license, order_notice, purchase, purchase_resent, query,
    refresh, refresh_code, release, release_code, renew_code, renewal, unfreeze, unfreeze_code, upgrade, with,
};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::{Item, Seller, other_dynamodb, text};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A call with what was said before it, and its answer where nothing fails.
#[derive(Debug, Clone)]
struct Scene {
    before: Vec<Value>,
    call: Value,
    code: &'static str,
}

/// Every way that a call takes through the store.
fn scenes() -> Vec<Scene> {
    let scene = |before: &[Value], call, code| Scene { before: before.to_vec(), call, code };
    let expired = [purchase(), renewal("R0", PAST), freeze()];
    let suspended = [purchase(), renewal("R0", FUTURE), freeze()];
    vec![
        scene(&[], purchase(), "000000"),
        scene(&[purchase()], purchase_resent(), "000000"),
        scene(&[purchase()], with(purchase(), "orderId", "CS2"), "000000"),
        scene(&[], with(purchase(), "productId", "p1"), "000000"),
        scene(&[purchase()], renewal("R1", FUTURE), "000000"),
        scene(&[purchase()], refresh("F", "TRIAL_TO_FORMAL", FUTURE), "000000"),
        scene(&[purchase(), renewal("R1", FUTURE)], renewal("R1", FUTURE), "000000"),
        scene(&[purchase(), renewal("R1", FUTURE)], renewal("R2", PAST), "000000"),
        scene(&[purchase(), renewal("R1", FUTURE)], refresh("F", "UNSUBSCRIBE_RENEWAL_PERIOD", PAST), "000000"),
        scene(&expired, renewal("R1", FUTURE), "000000"),
        scene(&suspended, renewal("R1", FUTURE), "000000"),
        scene(&[], renewal("R1", FUTURE), "000003"),
        scene(&[purchase()], freeze(), "000000"),
        scene(&[purchase(), renewal("R1", FUTURE)], freeze(), "000000"),
        scene(&expired, freeze(), "000000"),
        scene(&suspended, unfreeze(), "000000"),
        scene(&[purchase()], unfreeze(), "000000"),
        scene(&[purchase()], upgrade("U1"), "000000"),
        scene(&[purchase(), upgrade("U1")], upgrade("U1"), "000000"),
        scene(&[purchase()], release(), "000000"),
        scene(&[purchase(), release()], release(), "000000"),
        scene(&[purchase(), release()], upgrade("U1"), "000003"),
        scene(&[], order_notice(), "000000"),
        scene(&[order_notice()], order_notice(), "000000"),
        scene(&[purchase()], query(), "000000"),
        scene(&[purchase()], change_check(), "000000"),
        scene(&[], renew_code("R1", FUTURE), "000000"),
        scene(&[], freeze_code(), "000000"),
        scene(&[], release_code(), "000000"),
        scene(&[renew_code("R1", FUTURE)], renew_code("R1", FUTURE), "000000"),
        scene(&[renew_code("R1", FUTURE)], renew_code("R2", FUTURE), "000000"),
        scene(&[freeze_code()], refresh_code("F", "UNSUBSCRIBE_RENEWAL_PERIOD", PAST), "000000"),
        scene(&[freeze_code()], unfreeze_code(), "000000"),
        scene(&[freeze_code()], release_code(), "000000"),
        scene(&[release_code()], renew_code("R1", FUTURE), "000003"),
        scene(&[purchase()], get_license("e-1", "f-1"), "000004"),
        scene(&[purchase(), get_license("e-1", "f-1")], get_license("e-1", "f-1"), "000004"),
        scene(&[purchase(), get_license("e-1", "f-1")], get_license("e-1", "f-2"), "000004"),
        scene(&[purchase(), freeze()], get_license("e-1", "f-1"), "000901"),
        scene(&[], get_license("e-1", "f-1"), "000003"),
    ]
}

/// What stands, but for what another try may make different: times, versions, event ids, an id made up.
async fn meaning(seller: &Seller) -> Vec<String> {
    let mut meaning: Vec<String> = seller.items().await.iter().map(of_item).collect();
    meaning.sort();
    meaning.dedup_by(|other, one| other == one && one.ends_with(": freeze"));
    meaning
}

fn of_item(item: &Item) -> String {
    let made_up = |text: String| if is_made_up(&text) { MADE_UP.to_owned() } else { text };
    let partition = match text(item, "pk").split_once("INSTANCE#") {
        Some((_, id)) => format!("INSTANCE#{}", made_up(id.to_owned())),
        None => text(item, "pk"),
    };
    let (sort, kind) = (text(item, "sk"), text(item, "type"));
    match sort.as_str() {
        "STATE" => {
            let life: Lifecycle = serde_dynamo::from_item(item.clone()).unwrap();
            let Lifecycle { status, freeze_cause, expire_time, last_order, .. } = &life;
            let life = format!("{partition}: {status:?} {freeze_cause:?} {expire_time:?} {last_order:?}");
            if !partition.starts_with("INSTANCE#") {
                return life;
            }
            let instance: Instance = serde_dynamo::from_item(item.clone()).unwrap();
            let Instance { order_id, app_info, licenses, .. } = &instance;
            // Sealed again, it is another value each time.
            let url = app_info.as_ref().map(|info| info.front_end_url.as_str());
            format!("{life} {order_id} {url:?} {licenses:?}")
                .replace(instance.instance_id.as_str(), &made_up(instance.instance_id.to_string()))
        }
        event if event.starts_with("EVENT#") => format!("{partition}: {kind}"),
        // One for each time that it was signed: sent again, it may be there twice.
        freeze if freeze.starts_with("FACT#FREEZE#") => format!("{partition}: freeze"),
        outbox if outbox.starts_with("OUTBOX#") => format!("{partition}: to be delivered"),
        other => format!("{partition}: {other} {}", made_up(text(item, "instanceId"))),
    }
}

/// The businessId of a purchase that is sent again.
const AGAIN: &str = "b-again";
const MADE_UP: &str = "made up";

fn renamed(meaning: &[String], id: &str) -> Vec<String> {
    let mut renamed: Vec<String> = meaning.iter().map(|line| line.replace(AGAIN, id)).collect();
    renamed.sort();
    renamed
}

fn is_made_up(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How often a fault comes, from a point on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Once,
    ForEver,
}

/// Plays one scene with one fault at one point.
async fn play(scene: &Scene, undisturbed: &[String], point: usize, fault: Fault, lasting: Lasting) {
    let told = format!("{fault:?} {lasting:?} at point {point} of {} after {:?}", scene.call, scene.before);
    let (database, seller) = seller().await;
    prepare(&seller, scene).await;
    let before = meaning(&seller).await;

    match lasting {
        Lasting::Once => database.next(std::iter::repeat_n(Fault::None, point).chain([fault])),
        Lasting::ForEver => database.after(point, fault),
    }
    let call = seller.signed(&scene.call);
    let reply = seller.send(&call).await;
    database.always(Fault::None);
    let failed = reply.result_code == ResultCode::InternalError;
    assert!(failed || reply.result_code.as_str() == scene.code, "{}: {told}", reply.result_code);
    let reason = seller.records().pop().and_then(|record| record.reason).unwrap_or_default();
    assert!(
        !failed || lasting == Lasting::ForEver || !is_overcome(fault),
        "{reason} though one more try helps: {told}"
    );
    let between = meaning(&seller).await;

    // KooGallery sends again what failed, with another nonce; a purchase with another businessId as well.
    let is_purchase = scene.call["activity"] == "newInstance";
    let again = if is_purchase { with(scene.call.clone(), "businessId", AGAIN) } else { scene.call.clone() };
    let repeated = seller.send(&seller.signed(&again)).await;
    assert_eq!(repeated.result_code.as_str(), scene.code, "sent again: {told}");
    assert!(failed || repeated.instance_id == reply.instance_id, "another instance: {told}");
    let after = meaning(&seller).await;
    assert!(between == after || failed && between == before, "half done: {told}\n{between:#?}");
    let is_undisturbed = [ID, MADE_UP].iter().any(|id| renamed(&after, id) == undisturbed);
    assert!(is_undisturbed, "{told}:\n{after:#?}\nnot\n{undisturbed:#?}");

    // An attacker who overheard the call that failed gets nothing done with it either.
    let replayed = seller.send(&call).await.result_code;
    assert!(failed || replayed == ResultCode::AuthenticationFailed, "replayed, {replayed}: {told}");
    assert_eq!(meaning(&seller).await, after, "replayed: {told}");

    for reason in seller.records().into_iter().filter_map(|record| record.reason) {
        let secrets = call.query.iter().filter(|(name, _)| name != "timestamp");
        assert!(!secrets.into_iter().any(|(_, secret)| reason.contains(secret)), "{reason}");
    }
}

/// Says what was said before the call.
async fn prepare(seller: &Seller, scene: &Scene) {
    if scene.call["activity"] == "getLicenseAsync" {
        seller.sell_licenses();
    }
    for body in &scene.before {
        let code = seller.say(body).await;
        assert!(["000000", "000004"].contains(&code), "{code}: {body}");
    }
}

async fn seller() -> (FaultyDynamoDb, Seller) {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    (database, seller)
}

/// A fault that one more try of the same request overcomes.
fn is_overcome(fault: Fault) -> bool {
    !matches!(fault, Fault::Denied | Fault::Nonsense | Fault::Conflict)
}

/// What stands after a scene in which nothing fails, and how often its call asked the store.
async fn undisturbed(scene: &Scene) -> (Vec<String>, usize) {
    let (database, seller) = seller().await;
    prepare(&seller, scene).await;
    let before = database.seen();
    assert_eq!(seller.say(&scene.call).await, scene.code, "{scene:?}");
    let points = database.seen() - before;
    (meaning(&seller).await, points)
}

/// Plays many at once: most of the time they wait. Another DynamoDB may be a JVM on the same cores, which with many tables
/// at work takes longer than a request may.
async fn play_all(faults: &'static [Fault], lasting: Lasting) {
    let at_once = if other_dynamodb().is_some() { 2 } else { 12 };
    let (at_once, mut playing) = (Arc::new(Semaphore::new(at_once)), JoinSet::new());
    for scene in scenes() {
        let at_once = Arc::clone(&at_once);
        playing.spawn(async move {
            let _turn = at_once.acquire().await.unwrap();
            let (undisturbed, points) = undisturbed(&scene).await;
            for point in 0..points {
                for fault in faults {
                    play(&scene, &undisturbed, point, *fault, lasting).await;
                }
            }
        });
    }
    playing.join_all().await;
}

#[tokio::test]
async fn a_lost_request_is_sent_again_and_a_lost_answer_is_no_replay() {
    play_all(&[Fault::CutBefore, Fault::CutAfter], Lasting::Once).await;
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_a_refusal_told() {
    play_all(&[Fault::Conflict, Fault::Denied], Lasting::Once).await;
}

#[tokio::test]
async fn a_store_that_breaks_down_in_the_middle_of_a_call_leaves_nothing_half_done() {
    play_all(&[Fault::CutAfter], Lasting::ForEver).await;
}
