//! The seller's application as a receiver of events, which behaves as told; and delivery to it in a time of the test's own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use deliver_events::{Courier, Journal, Tried};
use koogallery::Timestamp;
use koogallery_local::keys::{LOCAL_KEY, LOCAL_WEBHOOK_SECRET};
use koogallery_local::schedules::{Pump, Sharing};
use koogallery_runtime::{Clock, Environment, Job, LeaseTerms, Leases, now};
use koogallery_store::{Delivery, EventRecord, Kind};
use koogallery_webhook::{ID, SIGNATURE, TIMESTAMP, WebhookSecret, verify};
use learn_order::{Asked, Learner};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::{KEYS, Seller};

/// What the application does with one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// It takes it and answers nothing.
    Take,
    /// It takes it and answers this.
    Say(String),
    /// It takes it and answers these bytes, with these headers.
    Send(&'static [(&'static str, &'static str)], Vec<u8>),
    /// It answers this status.
    Status(u16),
    /// It answers this status once it is let go.
    Hold(u16),
    /// It never answers.
    Hang,
    /// It takes it, and its answer never comes.
    TakeAndHang,
    /// The connection breaks.
    Cut,
    /// It takes it and answers without an end.
    Huge,
}

/// An event that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// `webhook-id`.
    pub id: String,
    /// The body.
    pub body: Value,
    /// How many had arrived with this id before.
    pub before: usize,
    /// How many had arrived at all.
    pub number: usize,
}

impl Arrived {
    /// Its type.
    #[must_use]
    pub fn name(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }
}

type Rule = Box<dyn Fn(&Arrived) -> Does + Send + Sync>;

/// The application.
pub struct Application {
    address: SocketAddr,
    held: Arc<Held>,
}

struct Held {
    clock: TestClock,
    secrets: Mutex<Vec<WebhookSecret>>,
    rule: Mutex<Rule>,
    arrived: Mutex<Vec<Arrived>>,
    taken: Mutex<Vec<Arrived>>,
    refused: AtomicUsize,
    gate: Semaphore,
}

/// A time that passes when the test says so.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(now().as_millis())))
    }
}

impl TestClock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// It is then, unless it is later already.
    pub fn reach(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::SeqCst);
    }

    /// The same as delivery wants it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

impl Application {
    /// One that takes everything, and checks every signature at the time of `clock`.
    pub async fn start(clock: TestClock) -> Self {
        let held = Arc::new(Held {
            clock,
            secrets: Mutex::new(vec![LOCAL_WEBHOOK_SECRET.parse().unwrap()]),
            rule: Mutex::new(Box::new(|_| Does::Take)),
            arrived: Mutex::default(),
            taken: Mutex::default(),
            refused: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(receive).with_state(Arc::clone(&held));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, held }
    }

    /// Where it receives.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/events?from=koogallery", self.address)
    }

    /// From now on it does as `rule` says.
    pub fn does(&self, rule: impl Fn(&Arrived) -> Does + Send + Sync + 'static) {
        *self.held.rule.lock().unwrap() = Box::new(rule);
    }

    /// From now on it verifies with these secrets.
    pub fn verifies_with(&self, secrets: &[&str]) {
        *self.held.secrets.lock().unwrap() = secrets.iter().map(|secret| secret.parse().unwrap()).collect();
    }

    /// What arrived, taken or not.
    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        self.held.arrived.lock().unwrap().clone()
    }

    /// What it took, repeats among it.
    #[must_use]
    pub fn taken(&self) -> Vec<Arrived> {
        self.held.taken.lock().unwrap().clone()
    }

    /// Answers one event that is held, or will be.
    pub fn let_go(&self) {
        self.held.gate.add_permits(1);
    }

    /// How many had a wrong signature.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.held.refused.load(Ordering::SeqCst)
    }
}

async fn receive(State(held): State<Arc<Held>>, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    assert_eq!((parts.method.as_str(), parts.uri.query()), ("POST", Some("from=koogallery")));
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let header = |name: &str| parts.headers[name].to_str().unwrap();
    let secrets = held.secrets.lock().unwrap().clone();
    let verified = verify(&secrets, header(ID), header(TIMESTAMP), header(SIGNATURE), &body, held.clock.now());
    if verified.is_err() {
        held.refused.fetch_add(1, Ordering::SeqCst);
        return answer(401, Body::empty());
    }
    let arrived = {
        let mut all = held.arrived.lock().unwrap();
        let id = header(ID).to_owned();
        let before = all.iter().filter(|other| other.id == id).count();
        let arrived = Arrived { id, body: serde_json::from_slice(&body).unwrap(), before, number: all.len() };
        all.push(arrived.clone());
        arrived
    };
    let does = (held.rule.lock().unwrap())(&arrived);
    if matches!(
        does,
        Does::Take | Does::Say(_) | Does::Send(..) | Does::TakeAndHang | Does::Huge | Does::Hold(200..300)
    ) {
        held.taken.lock().unwrap().push(arrived);
    }
    match does {
        Does::Take => answer(204, Body::empty()),
        Does::Say(text) => answer(200, Body::from(text)),
        Does::Send(headers, bytes) => {
            let mut response = answer(200, Body::from(bytes));
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            response.headers_mut().extend(headers.map(|(name, value)| (Some(name), value)).collect::<Vec<_>>());
            response
        }
        Does::Status(status @ 300..400) => {
            let mut response = answer(status, Body::empty());
            response.headers_mut().insert("location", "http://127.0.0.1:1/elsewhere".parse().unwrap());
            response
        }
        Does::Status(status) => answer(status, Body::from("no")),
        Does::Hold(status) => {
            held.gate.acquire().await.unwrap().forget();
            answer(status, Body::empty())
        }
        Does::Hang | Does::TakeAndHang => std::future::pending().await,
        Does::Cut => {
            let broken = futures_util::stream::iter([Err::<bytes::Bytes, _>(std::io::Error::other("cut"))]);
            answer(200, Body::from_stream(broken))
        }
        Does::Huge => {
            let chunk = bytes::Bytes::from(vec![b'x'; 1 << 16]);
            answer(
                200,
                Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()))),
            )
        }
    }
}

fn answer(status: u16, body: Body) -> Response {
    Response::builder().status(status).body(body).unwrap()
}

/// Counts tries, of those to deliver the application's only.
#[derive(Debug, Default)]
pub struct Tries(AtomicUsize);

impl Journal for Tries {
    fn tried(&self, tried: &Tried<'_>) {
        self.0.fetch_add(usize::from(tried.destination == "webhook"), Ordering::SeqCst);
    }
}

impl learn_order::Journal for Tries {
    fn asked(&self, _: &Asked<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Delivery of a seller's events to an application.
pub struct Post {
    /// The time.
    pub clock: TestClock,
    /// The receiver.
    pub application: Application,
    environment: Environment,
    tries: Arc<Tries>,
    askings: Arc<Tries>,
}

impl Post {
    /// Delivers nothing yet.
    pub async fn of(seller: &Seller, change: impl FnOnce(Environment) -> Environment) -> Self {
        let clock = TestClock::default();
        let application = Application::start(clock.clone()).await;
        let environment = Environment::default()
            .with("KOOGALLERY_KEYS", KEYS)
            .with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY)
            .with("KOOGALLERY_WEBHOOK_SECRET", LOCAL_WEBHOOK_SECRET)
            .with("KOOGALLERY_WEBHOOK_URL", application.url())
            .with("KOOGALLERY_WEBHOOK_TIMEOUT_SECONDS", "1")
            .with("DYNAMODB_ENDPOINT", seller.dynamodb_endpoint())
            .with("KOOGALLERY_TABLE", seller.host.store().table());
        Self { clock, application, environment: change(environment), tries: Arc::default(), askings: Arc::default() }
    }

    /// What delivers.
    #[must_use]
    pub fn courier(&self, seller: &Seller) -> Arc<Courier> {
        let journal = Arc::clone(&self.tries) as Arc<dyn Journal>;
        let store = seller.host.store().clone();
        Arc::new(Courier::of(&self.environment, Job::new(store, self.clock.clock(), journal)).unwrap().unwrap())
    }

    /// What asks about orders.
    #[must_use]
    pub fn learner(&self, seller: &Seller) -> Arc<Learner> {
        let journal = Arc::clone(&self.askings) as Arc<dyn learn_order::Journal>;
        let store = seller.host.store().clone();
        Arc::new(Learner::of(&self.environment, Job::new(store, self.clock.clock(), journal)).unwrap())
    }

    /// Asks about every order that is still to be asked about, in the order of its subject's events.
    pub async fn learn(&self, seller: &Seller) {
        let learner = self.learner(seller);
        let mut unlearnt = seller.host.store().open(Kind::Unlearnt).await.unwrap();
        unlearnt.sort_by_key(|open| (open.subject.clone(), open.event_id()));
        for open in unlearnt {
            learner.learn(&open.subject, open.event_id().unwrap()).await.unwrap();
        }
    }

    /// A process that delivers and learns; another one is started where this one is dropped.
    pub async fn pump(&self, seller: &Seller) -> Pump {
        let heard = seller.host.wake_ups().hear();
        Pump::start(Some(self.courier(seller)), self.learner(seller), heard, None).await.unwrap()
    }

    /// The same of a host that shares the table with others: it is another host than any before.
    pub async fn sharing_pump(&self, seller: &Seller) -> Pump {
        let heard = seller.host.wake_ups().hear();
        let sharing = Some(Sharing::by(self.leases(seller)));
        Pump::start(Some(self.courier(seller)), self.learner(seller), heard, sharing).await.unwrap()
    }

    /// What takes leases for a host that is another one than any before. They are as long as they are by default.
    #[must_use]
    pub fn leases(&self, seller: &Seller) -> Leases {
        let terms = LeaseTerms::of(&Environment::default(), self.courier(seller).longest_send()).unwrap();
        Leases::new(seller.host.store().clone(), self.clock.clock(), terms)
    }

    /// Delivers until nothing is left to be tried, however long that takes on the clock. What is not learnt by then of
    /// orders stays to be asked about.
    pub async fn deliver(&self, pump: &mut Pump) {
        self.drive(pump, None).await;
    }

    /// Delivers and learns for so long on the clock.
    pub async fn deliver_for(&self, pump: &mut Pump, time: Duration) {
        let end = self.clock.now().saturating_add(time);
        self.drive(pump, Some(end)).await;
        self.clock.reach(end);
    }

    async fn drive(&self, pump: &mut Pump, end: Option<Timestamp>) {
        loop {
            // A delivery may itself make an event.
            let mut busy = pump.hear() > 0;
            pump.begin();
            while pump.finish_one().await {
                busy = true;
                pump.begin();
            }
            match pump.next_due() {
                Some(due) if due <= self.clock.now() => {}
                _ if busy => {}
                Some(due) if end.map_or(pump.is_delivering(), |end| due <= end) => self.clock.reach(due),
                Some(_) | None => return,
            }
        }
    }

    /// How often an order was asked about.
    #[must_use]
    pub fn askings(&self) -> usize {
        self.askings.0.load(Ordering::SeqCst)
    }

    /// How many tries to deliver to the application there were.
    #[must_use]
    pub fn tries(&self) -> usize {
        self.tries.0.load(Ordering::SeqCst)
    }

    /// What became of all events of a seller.
    pub async fn account(&self, seller: &Seller) -> Account {
        let mut events: Vec<EventRecord> = Vec::new();
        let items = seller.items().await;
        let of_events = items.iter().filter(|item| crate::text(item, "sk").starts_with("EVENT#"));
        let subjects: BTreeSet<String> = of_events.map(|item| crate::text(item, "pk")).collect();
        for subject in subjects {
            events.extend(seller.host.store().events(&subject.parse().unwrap()).await.unwrap());
        }
        events.sort_by_key(|record| record.event.event_id);
        let taken = self.application.taken();
        let had: BTreeSet<&str> = taken.iter().map(|arrived| arrived.id.as_str()).collect();
        let lost = events
            .iter()
            .filter(|record| {
                record.delivery() == Delivery::Delivered && !had.contains(record.event.event_id.to_string().as_str())
                    || matches!(record.delivery(), Delivery::Undelivered | Delivery::Parked)
            })
            .count();
        let stopped = events.iter().filter(|record| record.delivery() == Delivery::Stopped).count();

        let place: BTreeMap<String, (String, usize)> = events
            .iter()
            .enumerate()
            .map(|(place, record)| (record.event.event_id.to_string(), (record.subject.partition(), place)))
            .collect();
        let (mut seen, mut newest, mut out_of_order) = (BTreeSet::new(), BTreeMap::new(), 0);
        for arrived in &taken {
            let (subject, place) = &place[&arrived.id];
            if seen.insert(&arrived.id) && newest.insert(subject, place).is_some_and(|before| before > place) {
                out_of_order += 1;
            }
        }
        Account {
            events: events.len(),
            tries: self.tries(),
            repeated: taken.len() - seen.len(),
            stopped,
            lost,
            out_of_order,
        }
    }
}

/// What became of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// How many there are.
    pub events: usize,
    /// How often one was tried.
    pub tries: usize,
    /// How often the application got one that it had.
    pub repeated: usize,
    /// How many the application does not want.
    pub stopped: usize,
    /// How many the application does not have.
    pub lost: usize,
    /// How many came after a later one of their subject.
    pub out_of_order: usize,
}
