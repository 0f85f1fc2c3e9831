//! Several hosts over one table: a subject is worked on by one of them at a time, and a host that was paused does nothing late.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deliver_events::{Swept, Tried};
use erase_personal_data::Run;
use koogallery::Timestamp;
use koogallery_local::host::{LocalHost, Options, TableAt};
use koogallery_local::keys::LOCAL_WEBHOOK_SECRET;
use koogallery_local::log::{EventJournal, Silent};
use koogallery_local::schedules::Pump;
use koogallery_oidc::{Rotated, SigningKeyError};
use koogallery_runtime::{Environment, Turn, now};
use koogallery_store::{
    DestinationState, Ended, Gone, HostId, Lease, LeaseOf, LeaseTaken, Noted, Open, Store, StoreError, Subject,
};
use koogallery_tests::application::{Does, Post};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::{KEYS, Seller, bodies};
use learn_order::Asked;

const LENGTH: Duration = Duration::from_secs(30);

fn subject(id: &str) -> Subject {
    Subject::Instance(id.parse().unwrap())
}

fn delivery(id: &str) -> LeaseOf {
    LeaseOf::Delivery(subject(id))
}

/// Another host over the table of this one.
async fn beside(seller: &Seller, endpoint: String) -> Seller {
    let table = seller.host.store().table().to_owned();
    Seller::at(Some(endpoint), |environment| environment.with("KOOGALLERY_TABLE", table)).await
}

/// Three sales.
async fn three_events(seller: &Seller) {
    seller.say_all(&[bodies::purchase(), bodies::freeze(), bodies::unfreeze()]).await;
}

async fn taken(store: &Store, holder: HostId, at: Timestamp) -> Lease {
    match store.take_lease(delivery("b-1"), holder, at, LENGTH).await.unwrap() {
        LeaseTaken::Mine(lease) => lease,
        LeaseTaken::Others(until) => panic!("another host has it until {until}"),
    }
}

#[tokio::test]
async fn a_lease_is_of_one_host_until_it_is_given_back_or_over() {
    let seller = Seller::start().await;
    let (store, at) = (seller.host.store(), now());
    let later = |seconds: u64| at.saturating_add(Duration::from_secs(seconds));
    let [one, other] = [HostId::unique(), HostId::unique()];
    let first = taken(store, one, at).await;
    let of_other = async |at| store.take_lease(delivery("b-1"), other, at, LENGTH).await.unwrap();
    assert_eq!(of_other(later(29)).await, LeaseTaken::Others(later(30)));
    assert!(store.extend_lease(&first, later(29), LENGTH).await.unwrap());
    assert_eq!(of_other(later(58)).await, LeaseTaken::Others(later(59)));
    // It is over: the other host takes it, and the first one has lost it.
    let second = taken(store, other, later(59)).await;
    assert_eq!((first.token(), second.token()), (1, 2));
    assert!(!store.extend_lease(&first, later(60), LENGTH).await.unwrap());
    store.give_lease_back(&first, later(60)).await.unwrap();
    assert!(matches!(store.take_lease(delivery("b-1"), one, later(61), LENGTH).await.unwrap(), LeaseTaken::Others(_)));
    // Given back, it is free at once; and a host takes its own anew.
    store.give_lease_back(&second, later(62)).await.unwrap();
    let third = taken(store, one, later(62)).await;
    let fourth = taken(store, one, later(63)).await;
    assert_eq!((third.token(), fourth.token()), (3, 4));
    assert!(!store.extend_lease(&third, later(63), LENGTH).await.unwrap());
    // The table forgets it a day after its end.
    let item = seller.item("LEASE#DELIVERY#INSTANCE#b-1", "LEASE").await.unwrap();
    let forgotten: i64 = item["expiresAt"].as_n().unwrap().parse().unwrap();
    assert_eq!(forgotten, later(63 + 30 + 24 * 60 * 60).as_seconds());
}

#[tokio::test]
async fn who_lost_the_lease_stores_nothing() {
    let seller = Seller::start().await;
    seller.say_all(&[bodies::purchase()]).await;
    let (store, at) = (seller.host.store(), now());
    let [undelivered] = &store.undelivered_events(&subject("b-1")).await.unwrap()[..] else { panic!("one") };
    let lost = taken(store, HostId::unique(), at).await;
    let stands = taken(store, HostId::unique(), at.saturating_add(LENGTH)).await;
    let tried = || {
        let mut state = undelivered.at("webhook");
        state.attempts = 1;
        state
    };
    let delivered = || DestinationState { ended: Some(Ended::Delivered), ..tried() };
    for state in [tried(), delivered()] {
        let noted = store.note_try(undelivered, "webhook", state, &["webhook"], Some(&lost)).await.unwrap();
        assert_eq!(noted, Noted::Superseded);
    }
    assert_eq!(store.undelivered_events(&subject("b-1")).await.unwrap(), std::slice::from_ref(undelivered));
    for state in [tried(), delivered()] {
        let noted = store.note_try(undelivered, "webhook", state, &["webhook"], Some(&stands)).await.unwrap();
        assert_eq!(noted, Noted::Kept);
    }
    assert!(store.undelivered_events(&subject("b-1")).await.unwrap().is_empty());
}

/// Lets hosts deliver in turn until nothing is left.
async fn deliver_all(post: &Post, pumps: &mut [Pump]) {
    loop {
        for pump in &mut *pumps {
            post.deliver(pump).await;
            // What another host left is late at some time.
            pump.sweep().await.unwrap();
        }
        if pumps.iter().all(|pump| pump.next_due().is_none()) {
            return;
        }
    }
}

#[tokio::test]
async fn three_hosts_deliver_what_each_of_them_was_called_for() {
    let first = Seller::start().await;
    let [second, third] =
        [beside(&first, first.dynamodb_endpoint()).await, beside(&first, first.dynamodb_endpoint()).await];
    let sellers = [&first, &second, &third];
    let post = Post::of(&first, |environment| environment).await;
    let mut pumps = Vec::new();
    for seller in sellers {
        pumps.push(post.sharing_pump(seller).await);
    }
    // Each subject's calls come to all of them.
    for number in 0..6 {
        let id = format!("i-{number}");
        let of = |body| bodies::with(body, "instanceId", id.as_str());
        let bought = bodies::with(bodies::purchase(), "businessId", id.as_str());
        let bought = bodies::with(bodies::with(bought, "orderId", id.as_str()), "orderLineId", format!("{id}-1"));
        for (place, body) in
            [bought, of(bodies::freeze()), of(bodies::unfreeze()), of(bodies::release())].iter().enumerate()
        {
            sellers[(number + place) % 3].say_all(std::slice::from_ref(body)).await;
        }
    }
    let turns = pumps.iter_mut().map(|pump| post.deliver(pump));
    futures_util::future::join_all(turns).await;
    deliver_all(&post, &mut pumps).await;
    let account = post.account(&first).await;
    // Whoever waits lets the clock of all jump, which ends the lease of one that sends just now: so there may be repeats.
    assert_eq!((account.events, account.lost, account.out_of_order), (24, 0, 0));
}

#[tokio::test]
async fn what_a_killed_host_leaves_another_one_delivers_when_its_lease_is_over() {
    let seller = Seller::start().await;
    let other = beside(&seller, seller.dynamodb_endpoint()).await;
    let post = Post::of(&seller, |environment| environment).await;
    three_events(&seller).await;
    post.learn(&seller).await;
    post.application.does(|event| if event.before == 0 { Does::TakeAndHang } else { Does::Take });
    post.clock.reach(now().saturating_add(Duration::from_secs(1)));
    let mut killed = post.sharing_pump(&seller).await;
    killed.begin();
    while post.application.taken().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(killed);
    post.application.does(|_| Does::Take);
    let Turn::Others(again) = post.leases(&other).take(delivery("b-1")).await.unwrap() else { panic!("it is free") };
    assert!(again > post.clock.now());
    post.clock.reach(post.clock.now().saturating_add(post.leases(&other).terms().length()));
    let mut pump = post.sharing_pump(&other).await;
    post.deliver(&mut pump).await;
    let account = post.account(&seller).await;
    assert_eq!((account.events, account.lost, account.out_of_order, account.repeated), (3, 0, 0, 1));
}

/// A turn of a host, as its pump has it. False if another host has the lease, or the table does not answer.
async fn turn(post: &Post, seller: &Seller) -> bool {
    let Ok(Turn::Mine(held)) = post.leases(seller).take(delivery("b-1")).await else { return false };
    let until = Instant::now() + Duration::from_mins(5);
    let worked = post.courier(seller).deliver_under(&subject("b-1"), until, Some(&held)).await;
    held.give_back().await.is_ok() && worked.is_ok()
}

#[tokio::test]
async fn a_host_that_is_paused_at_any_step_for_longer_than_its_lease_sends_nothing_late() {
    let (mut paused, mut repeated) = (0, 0);
    for step in 0.. {
        let direct = Seller::start().await;
        let database = FaultyDynamoDb::in_front_of(direct.dynamodb_endpoint()).await;
        let seller = beside(&direct, database.endpoint()).await;
        let post = Post::of(&direct, |environment| environment).await;
        three_events(&direct).await;
        post.learn(&direct).await;
        let (before, is_over) = (database.seen(), AtomicBool::new(false));
        database.after(step, Fault::Held);
        let of_the_paused = async {
            turn(&post, &seller).await;
            is_over.store(true, SeqCst);
        };
        let of_the_other = async {
            while database.seen() - before <= step {
                if is_over.load(SeqCst) {
                    return None;
                }
                tokio::task::yield_now().await;
            }
            // The clock goes on, and the other host does everything.
            post.clock.reach(post.clock.now().saturating_add(post.leases(&direct).terms().length()));
            while !turn(&post, &direct).await {}
            let sent = post.application.arrived().len();
            database.always(Fault::None);
            database.let_go().await;
            Some(sent)
        };
        let ((), sent) = tokio::join!(of_the_paused, of_the_other);
        let account = post.account(&direct).await;
        assert_eq!((account.events, account.lost, account.out_of_order), (3, 0, 0), "at step {step}");
        let Some(sent) = sent else { break };
        assert_eq!(post.application.arrived().len(), sent, "the paused host sent something late, at step {step}");
        // The event whose answer the paused host could not note.
        assert!(account.repeated <= 1, "at step {step}: {account:?}");
        paused += 1;
        repeated += account.repeated;
    }
    println!("paused {paused} times, {repeated} events sent again");
    assert!(paused > 10);
}

/// What a host tells of its work.
#[derive(Default)]
struct Told {
    measured: Mutex<Vec<Swept>>,
    has_erased: AtomicBool,
}

impl deliver_events::Journal for Told {
    fn tried(&self, _: &Tried<'_>) {}
}

impl learn_order::Journal for Told {
    fn asked(&self, _: &Asked<'_>) {}
}

impl erase_personal_data::Journal for Told {
    fn erased(&self, _: &Subject, _: &Result<Gone, StoreError>) {}

    fn ran(&self, _: &Run) {
        self.has_erased.store(true, SeqCst);
    }
}

impl rotate_signing_keys::Journal for Told {
    fn rotated(&self, _: &Result<Rotated, SigningKeyError>) {}
}

impl report_usage::Journal for Told {
    fn pushed(&self, _: &report_usage::Pushed<'_>) {}

    fn parked(&self, _: &koogallery_store::UsageHour, _: &str) {}

    fn ran(&self, _: &report_usage::Run) {}
}

impl watch::Journal for Told {
    fn raised(&self, _: &koogallery_store::Warning) {}

    fn ran(&self, _: &watch::Run) {}
}

impl notify::Journal for Told {
    fn told(&self, _: &notify::Told<'_>) {}

    fn ran(&self, _: &notify::Run) {}
}

impl EventJournal for Told {
    fn measured(&self, swept: &Swept, _: &[Open]) {
        self.measured.lock().unwrap().push(swept.clone());
    }
}

#[tokio::test]
async fn a_host_does_all_that_is_due_when_it_is_asked_and_tells_what_is_still_to_be_done() {
    let called = Seller::start().await;
    let post = Post::of(&called, |environment| environment).await;
    // Events that no host heard of which delivers, as after a kill.
    three_events(&called).await;
    let (table, url) = (called.host.store().table().to_owned(), post.application.url());
    let environment = Environment::default()
        .with("KOOGALLERY_KEYS", KEYS)
        .with("KOOGALLERY_TABLE", table)
        .with("KOOGALLERY_WEBHOOK_URL", url)
        .with("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET);
    let (log, told) = (Arc::new(Silent), Arc::new(Told::default()));
    let (listen, table) = ("127.0.0.1:0".parse().unwrap(), TableAt::Endpoint(called.dynamodb_endpoint()));
    let options = Options::new(listen, table, environment, log, Arc::clone(&told) as _);
    let worker = LocalHost::start(options).await.unwrap();
    let at_work = worker.at_work();
    assert_eq!(*told.measured.lock().unwrap(), [], "nothing is measured yet");
    // The worker may have begun by itself. What is written now, nobody tells it.
    called.say_all(&[bodies::freeze(), bodies::unfreeze()]).await;
    at_work.work_until(Instant::now() + Duration::from_mins(5)).await.unwrap();
    let done = at_work.done();
    assert_eq!((done.delivered, done.failed, done.learnt), (5, 0, 1));
    let measured = told.measured.lock().unwrap().last().cloned().unwrap();
    assert!((measured.undelivered, measured.parked) == (0, 0) && measured.is_whole);
    assert!(told.has_erased.load(SeqCst));

    // After its time, nothing begins.
    called.say_all(&[bodies::release()]).await;
    at_work.work_until(Instant::now()).await.unwrap();
    worker.stop().await.unwrap();
    assert!(post.application.taken().len() <= 6);
}
