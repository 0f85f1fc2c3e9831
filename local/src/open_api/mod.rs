//! A stand-in for KooGallery's open APIs on a loopback port. It checks every signature, knows the test orders and all orders and
//! licenses that it is given, and keeps what it receives for inspection.
//!
//! If the guide does not say what KooGallery answers, a comment says what is answered here.

mod answer;
mod mock_orders;
mod played;
mod usage;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use bytes::Bytes;
use http::Request;
use koogallery::{AccessKeys, EventId, InstanceId, LicenseCode, OrderId, Timestamp};
use koogallery_open_api::{
    BaseUrl, Credentials, LicenseFile, LicenseInfo, LicenseUsage, OrderInfo, UsageRecord, ak_sk,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use mock_orders::mock_orders;
pub use played::{PLAYED_AT, PlayedError, PlayedKooGallery};
pub use usage::{UsageLife, UsageManner, UsageTold};

/// A stand-in that runs.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    held: Arc<Held>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Who may call, and what the stand-in knows.
#[derive(Debug)]
struct Held {
    credentials: Mutex<Vec<Credentials>>,
    access_keys: AccessKeys,
    clock: fn() -> Timestamp,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    orders: HashMap<OrderId, OrderInfo>,
    told_orders: HashSet<OrderId>,
    licenses: Vec<(LicenseCode, LicenseInfo)>,
    license_files: Vec<(EventId, LicenseFile)>,
    license_usage: Vec<LicenseUsage>,
    usage: usage::Books,
}

impl Held {
    /// Whether a request is signed with accepted credentials.
    fn verifies(&self, request: &Request<Bytes>) -> bool {
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.iter().any(|credentials| ak_sk::verify(request, credentials, (self.clock)()).is_ok())
    }

    fn put_order(&self, order: OrderInfo) {
        let mut state = self.state();
        state.told_orders.remove(&order.order_id);
        state.orders.insert(order.order_id.clone(), order);
    }

    fn put_license(&self, code: LicenseCode, info: LicenseInfo) {
        let mut state = self.state();
        state.licenses.retain(|(known, _)| *known != code);
        state.licenses.push((code, info));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StandIn {
    /// Starts a stand-in for one seller: with these credentials, and for usage with these access keys.
    pub async fn start(
        credentials: Credentials,
        access_keys: AccessKeys,
        clock: fn() -> Timestamp,
    ) -> std::io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), credentials, access_keys, clock).await
    }

    /// The same on a given port. The address must be a loopback address, because nothing is encrypted.
    pub async fn start_at(
        listen: SocketAddr,
        credentials: Credentials,
        access_keys: AccessKeys,
        clock: fn() -> Timestamp,
    ) -> std::io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(std::io::Error::other(format!("{listen} is not a loopback address such as 127.0.0.1:9200")));
        }
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let orders = mock_orders(clock()).map(|order| (order.order_id.clone(), order)).collect();
        let state = Mutex::new(State { orders, ..State::default() });
        let credentials = Mutex::new(vec![credentials]);
        let held = Arc::new(Held { credentials, access_keys, clock, state });
        let router = Router::new().fallback(answer::answer).with_state(Arc::clone(&held));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let served = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(shutdown).await });
        Ok(Self { address, held, stop, served })
    }

    /// Its address, for a client.
    #[must_use]
    pub fn endpoint(&self) -> BaseUrl {
        let address = format!("http://{}", self.address);
        address.parse().unwrap_or_else(|_| unreachable!("{address} is a loopback address"))
    }

    /// Accepts only these credentials from now on: a seller may have two of them.
    pub fn set_credentials(&self, credentials: impl IntoIterator<Item = Credentials>) {
        *self.held.credentials.lock().unwrap_or_else(PoisonError::into_inner) = credentials.into_iter().collect();
    }

    /// Adds or changes an order.
    pub fn put_order(&self, order: OrderInfo) {
        self.held.put_order(order);
    }

    /// The same for who plays KooGallery from elsewhere.
    pub fn played(&self) -> Result<PlayedKooGallery, PlayedError> {
        PlayedKooGallery::at(self.endpoint().as_str())
    }

    /// Whether an order was asked for and answered since it was last added or changed.
    #[must_use]
    pub fn has_told(&self, order: &OrderId) -> bool {
        self.held.state().told_orders.contains(order)
    }

    /// Adds or changes a license code. A code with an `activate_time` counts as used.
    pub fn put_license(&self, code: LicenseCode, info: LicenseInfo) {
        self.held.put_license(code, info);
    }

    /// The uploaded licenses, in the order of arrival.
    #[must_use]
    pub fn license_files(&self) -> Vec<(EventId, LicenseFile)> {
        self.held.state().license_files.clone()
    }

    /// The reported use of licenses, in the order of arrival.
    #[must_use]
    pub fn license_usage(&self) -> Vec<LicenseUsage> {
        self.held.state().license_usage.clone()
    }

    /// The usage records that count, in the order of arrival.
    #[must_use]
    pub fn usage_records(&self) -> Vec<UsageRecord> {
        self.held.state().usage.records.clone()
    }

    /// Usage records that KooGallery took and does not count, because another one of the instance has the same beginning and end.
    #[must_use]
    pub fn uncounted_usage(&self) -> Vec<UsageRecord> {
        self.held.state().usage.uncounted.clone()
    }

    /// What is charged for each instance, in ten-thousandths.
    #[must_use]
    pub fn charged(&self) -> BTreeMap<InstanceId, i128> {
        self.held.state().usage.charged.clone()
    }

    /// How many pushes of usage came, with a right signature.
    #[must_use]
    pub fn usage_pushes(&self) -> usize {
        self.held.state().usage.pushes
    }

    /// What happens to the next pushes of usage, one each; after them as usual.
    pub fn next_usage(&self, told: impl IntoIterator<Item = UsageTold>) {
        self.held.state().usage.next = told.into_iter().collect();
    }

    /// How it says what is wrong with usage.
    pub fn set_usage_manner(&self, manner: UsageManner) {
        self.held.state().usage.manner = manner;
    }

    /// Makes a pay-per-use instance known, or changes its life. From the first one on, no other instance is known.
    pub fn put_usage_life(&self, id: InstanceId, life: UsageLife) {
        self.held.state().usage.lives.insert(id, life);
    }

    /// From now on, records of an instance are at fault, with this code of a record such as `009`; or no more.
    pub fn set_usage_fault(&self, id: InstanceId, code: Option<&'static str>) {
        let mut state = self.held.state();
        match code {
            Some(code) => drop(state.usage.faulty.insert(id, code)),
            None => drop(state.usage.faulty.remove(&id)),
        }
    }

    /// Lets running requests finish, then stops.
    pub async fn stop(self) {
        drop(self.stop);
        drop(self.served.await);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use koogallery::InterfaceType;
    use koogallery_open_api::{
        Batch, ChargingMode, Client, Error, LicenseStatus, OrderType, Patience, SoftwareUsage, UsageBatch, UsageFault,
    };

    use super::*;

    const AK: &str = "LOCALTEST";

    fn now() -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000)
    }

    fn keys(basic: &str) -> AccessKeys {
        AccessKeys::from_json(&format!(r#"{{"basic":["{basic}"]}}"#)).unwrap()
    }

    async fn start() -> StandIn {
        StandIn::start(Credentials::new(AK, "sk").unwrap(), keys("basic key"), now).await.unwrap()
    }

    fn client_of(stand_in: &StandIn, secret: &str, clock: fn() -> Timestamp) -> Client {
        let credentials = Credentials::new(AK, secret).unwrap();
        Client::new(stand_in.endpoint(), credentials, clock, Patience::default()).unwrap()
    }

    fn client(stand_in: &StandIn) -> Client {
        client_of(stand_in, "sk", now)
    }

    /// Later than any of these tests takes, unless something hangs.
    fn later() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    fn code_of(error: Error) -> String {
        match error {
            Error::Refused { said, .. } => said.code,
            other => panic!("not refused: {other}"),
        }
    }

    #[tokio::test]
    async fn the_test_orders_are_what_their_names_say() {
        let stand_in = start().await;
        let client = client(&stand_in);
        for (id, order_type, charging_mode, period_type) in [
            ("MOCKPERIODYEARNEW", OrderType::New, ChargingMode::Period, Some("year")),
            ("MOCKONETIMENEW", OrderType::New, ChargingMode::OneTime, None),
            ("MOCKONDEMAND", OrderType::New, ChargingMode::OnDemand, None),
            ("MOCKONDEMANDPKG", OrderType::New, ChargingMode::OnDemandPkg, None),
            ("MOCKPERIODDAYTRIAL", OrderType::Trial, ChargingMode::Period, Some("day")),
            ("MOCKMONTYTRIALTOFORMAL", OrderType::TrialToFormal, ChargingMode::Period, Some("month")),
            ("MOCKMONTYUNSUBSCRIBE", OrderType::Unsubscribe, ChargingMode::Period, Some("month")),
            ("MOCKMONTYRENEW", OrderType::Renew, ChargingMode::Period, Some("month")),
            ("MOCKMONTYCHANGE", OrderType::Change, ChargingMode::Period, Some("month")),
        ] {
            let line_id = format!("{id}-000001").parse().unwrap();
            let order = client.order_query(&id.parse().unwrap(), Some(&line_id), later()).await.unwrap();
            assert_eq!(order.order_type, order_type, "{id}");
            let [line] = &order.order_lines[..] else { panic!("{id} has one line") };
            assert_eq!(line.order_line_id, line_id);
            assert_eq!(line.charging_mode.as_ref(), Some(&charging_mode), "{id}");
            assert_eq!(line.period_type.as_deref(), period_type, "{id}");
            assert_eq!(line.expire_time.is_some(), period_type.is_some(), "{id}");
            assert!(order.buyer_info.is_some());
        }
        stand_in.stop().await;
    }

    #[tokio::test]
    async fn an_order_is_known_once_it_is_put() {
        let stand_in = start().await;
        let client = client(&stand_in);
        let id: OrderId = "CS1".parse().unwrap();
        assert_eq!(code_of(client.order_query(&id, None, later()).await.unwrap_err()), "MKT.0100");

        let order: OrderInfo = serde_json::from_str(
            r#"{"orderId":"CS1","orderType":"NEW","orderLine":[{"orderLineId":"CS1-000001"},{"orderLineId":"CS1-000002"}]}"#,
        )
        .unwrap();
        stand_in.put_order(order.clone());
        assert!(!stand_in.has_told(&id));
        assert_eq!(client.order_query(&id, None, later()).await.unwrap(), order);
        assert!(stand_in.has_told(&id));
        let second = client.order_query(&id, Some(&"CS1-000002".parse().unwrap()), later()).await.unwrap();
        assert_eq!(second.order_lines, order.order_lines[1..]);
        let third = client.order_query(&id, Some(&"CS1-000003".parse().unwrap()), later()).await;
        assert_eq!(code_of(third.unwrap_err()), "MKT.0100");
    }

    #[tokio::test]
    async fn who_plays_koogallery_from_elsewhere_makes_orders_and_licenses_known() {
        let stand_in = start().await;
        let (client, played) = (client(&stand_in), stand_in.played().unwrap());
        played.check().await.unwrap();
        let id: OrderId = "CS1".parse().unwrap();
        let order = r#"{"orderId":"CS1","orderType":"NEW","orderLine":[{"orderLineId":"CS1-000001"}]}"#;
        let order: OrderInfo = serde_json::from_str(order).unwrap();
        played.put_order(&order).await.unwrap();
        assert!(played.told_orders().await.unwrap().is_empty());
        assert_eq!(client.order_query(&id, None, later()).await.unwrap(), order);
        assert!(played.told_orders().await.unwrap().contains(&id));

        let code: LicenseCode = "ABCDE-FGHIJ-KLMNO".parse().unwrap();
        let sold = LicenseInfo { order_id: Some(id), ..LicenseInfo::default() };
        played.put_license(&code, &sold).await.unwrap();
        let active = client.activate_license(&code, None, later()).await.unwrap();
        assert_eq!(active.order_id, sold.order_id);
        stand_in.stop().await;
        let told = played.check().await.unwrap_err().to_string();
        assert!(told.contains("serve --play-koogallery"), "{told}");
    }

    #[tokio::test]
    async fn a_wrong_or_stale_signature_is_refused() {
        let stand_in = start().await;
        let id: OrderId = "MOCKONDEMAND".parse().unwrap();
        let early = || Timestamp::from_millis(1_764_000_000_000 - 901_000);
        let late = || Timestamp::from_millis(1_764_000_000_000 + 901_000);
        for client in
            [client_of(&stand_in, "other", now), client_of(&stand_in, "sk", early), client_of(&stand_in, "sk", late)]
        {
            let error = client.order_query(&id, None, later()).await.unwrap_err();
            assert!(matches!(&error, Error::Status { status: 401, said, .. } if said.code == "APIGW.0301"), "{error}");
        }
        let edge = || Timestamp::from_millis(1_764_000_000_000 - 900_000);
        client_of(&stand_in, "sk", edge).order_query(&id, None, later()).await.unwrap();
    }

    #[tokio::test]
    async fn a_license_is_activated_once_and_then_alive() {
        let stand_in = start().await;
        let client = client(&stand_in);
        let code: LicenseCode = "ABCDE-FGHIJ-KLMNO".parse().unwrap();
        assert_eq!(code_of(client.activate_license(&code, None, later()).await.unwrap_err()), "92020001");
        assert_eq!(code_of(client.license_heartbeat(&code, None, later()).await.unwrap_err()), "92020001");

        let sold = LicenseInfo { order_id: Some("CS1".parse().unwrap()), ..LicenseInfo::default() };
        stand_in.put_license(code.clone(), sold);
        let start = "20251201T000000Z".parse().unwrap();
        let active = client.activate_license(&code, Some(start), later()).await.unwrap();
        assert_eq!(active.status, Some(LicenseStatus::Alive));
        assert_eq!(active.order_id, Some("CS1".parse().unwrap()));
        assert_eq!(client.license_heartbeat(&code, None, later()).await.unwrap(), active);
        assert_eq!(active.activate_time.unwrap().timestamp(), Some(start.timestamp()));
        assert_eq!(code_of(client.activate_license(&code, None, later()).await.unwrap_err()), "92020002");

        let over = LicenseInfo { status: Some(LicenseStatus::Expired), ..LicenseInfo::default() };
        stand_in.put_license(code.clone(), over);
        assert_eq!(code_of(client.activate_license(&code, None, later()).await.unwrap_err()), "92020003");
    }

    #[tokio::test]
    async fn license_files_and_license_usage_are_remembered() {
        let stand_in = start().await;
        let client = client(&stand_in);
        let event: EventId = "event/1".parse().unwrap();
        let text = LicenseFile::Text("a license 许可".to_owned());
        let file = LicenseFile::File(vec![0, 255].into());
        client.upload_license(&event, &text, later()).await.unwrap();
        client.upload_license(&event, &file, later()).await.unwrap();
        assert_eq!(stand_in.license_files(), [(event.clone(), text), (event, file)]);

        let code: LicenseCode = "ABCDE-FGHIJ-KLMNO".parse().unwrap();
        let usage =
            LicenseUsage { license: code.clone(), software_usage_info: vec![SoftwareUsage::Id("u-1".to_owned())] };
        let batch = Batch::try_from(vec![usage.clone()]).unwrap();
        assert_eq!(code_of(client.push_software_usage(&batch, later()).await.unwrap_err()), "92020001");
        stand_in.put_license(code, LicenseInfo::default());
        client.push_software_usage(&batch, later()).await.unwrap();
        assert_eq!(stand_in.license_usage(), [usage]);
    }

    #[tokio::test]
    async fn usage_counts_once_and_only_with_the_key() {
        let stand_in = start().await;
        let client = client(&stand_in);
        let record = UsageRecord {
            instance_id: "i-1".parse().unwrap(),
            record_time: "20251124T160500Z".parse().unwrap(),
            begin_time: "20251124T150000Z".parse().unwrap(),
            end_time: "20251124T160000Z".parse().unwrap(),
            usage_value: "0.25".parse().unwrap(),
            metering_sn: "sn-1".parse().unwrap(),
            relate_pkg_instance: None,
        };
        let same_span = UsageRecord { metering_sn: "sn-2".parse().unwrap(), ..record.clone() };
        let batch = UsageBatch::try_from(vec![record.clone(), same_span]).unwrap();
        let wrong = keys("other key");
        let refused = client.push_usage(&batch, wrong.current(InterfaceType::Basic).unwrap(), later()).await;
        assert_eq!(code_of(refused.unwrap_err()), "MKT.0150");
        assert_eq!(stand_in.usage_records(), []);

        let right = keys("basic key");
        for _ in 0..2 {
            client.push_usage(&batch, right.current(InterfaceType::Basic).unwrap(), later()).await.unwrap();
        }
        assert_eq!(stand_in.usage_records(), std::slice::from_ref(&record));
        assert_eq!(stand_in.uncounted_usage().len(), 1, "KooGallery counts the first of equal spans alone");
        assert_eq!(stand_in.charged(), BTreeMap::from([(record.instance_id, 2500)]));
    }

    #[tokio::test]
    async fn usage_is_answered_as_it_deserves_or_as_told() {
        let stand_in = start().await;
        let (client, keys) = (client(&stand_in), keys("basic key"));
        let key = keys.current(InterfaceType::Basic).unwrap();
        let record = |instance: &str, begin: &str, end: &str| UsageRecord {
            instance_id: instance.parse().unwrap(),
            record_time: "20251124T155500Z".parse().unwrap(),
            begin_time: begin.parse().unwrap(),
            end_time: end.parse().unwrap(),
            usage_value: "0.25".parse().unwrap(),
            metering_sn: format!("{instance}-{begin}").parse().unwrap(),
            relate_pkg_instance: None,
        };
        let push = |records: Vec<UsageRecord>| {
            let client = client.clone();
            async move { client.push_usage(&UsageBatch::try_from(records).unwrap(), key, later()).await }
        };
        let fault = async |records| push(records).await.unwrap_err().usage_fault();
        let good = record("i-1", "20251124T140000Z", "20251124T150000Z");
        let named = |fault: UsageFault| match fault {
            UsageFault::Records(records) => records.into_iter().map(|r| (r.metering_sn, r.said.code)).collect(),
            other => vec![(format!("{other:?}"), String::new())],
        };
        // The clock of these tests says 16:00.
        for (begin, end, code) in [
            ("20251124T150000Z", "20251124T160001Z", "011"),
            ("20251124T150000Z", "20251124T140000Z", "011"),
            ("20251103T155959Z", "20251124T140000Z", "007"),
        ] {
            let bad = record("i-2", begin, end);
            let told = named(fault(vec![good.clone(), bad.clone()]).await);
            assert_eq!(told, [(bad.metering_sn.as_str().to_owned(), code.to_owned())]);
        }
        assert_eq!(stand_in.usage_records(), [], "nothing counts beside a record at fault");
        for (status, code, asks_for) in [
            (500, "MKT.0999", UsageFault::Theirs),
            (500, "94060001", UsageFault::Theirs),
            (406, "MKT.0250", UsageFault::TooOften),
            (500, "MKT.9003", UsageFault::TooMany),
            (401, "94060002", UsageFault::Authority),
            (400, "94060005", UsageFault::Culprit { may_pass: false }),
        ] {
            stand_in.next_usage([UsageTold::Code(status, code)]);
            assert_eq!(fault(vec![good.clone()]).await, asks_for, "{code}");
        }
        stand_in.next_usage([UsageTold::LostBefore]);
        assert_eq!(fault(vec![good.clone()]).await, UsageFault::Theirs);
        assert_eq!(stand_in.usage_records(), []);
        stand_in.next_usage([UsageTold::LostAfter]);
        assert_eq!(fault(vec![good.clone()]).await, UsageFault::Theirs);
        assert_eq!(stand_in.usage_records(), std::slice::from_ref(&good));
        push(vec![good.clone()]).await.unwrap();
        stand_in.set_usage_manner(UsageManner { names_repeats: true, takes_the_rest: true, ..UsageManner::default() });
        let next = record("i-1", "20251124T130000Z", "20251124T140000Z");
        let told = named(fault(vec![good.clone(), next.clone()]).await);
        assert_eq!(told, [(good.metering_sn.as_str().to_owned(), "005".to_owned())]);
        assert_eq!(stand_in.usage_records(), [good, next]);
        assert_eq!(stand_in.charged().into_values().collect::<Vec<_>>(), [5000]);
    }
}
