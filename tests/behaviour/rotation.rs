//! Rotation: each key of the secret is changed while calls run, as docs/deploy.md tells, and nothing is refused.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use getrandom::SysRng;
use http::Method;
use koogallery::{AccessKey, AccessKeys, ClientSecret, InterfaceType, OaepHashes, RsaPrivateKey, RsaPublicKey};
use koogallery_local::keys::LOCAL_RSA_PRIVATE_KEY;
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_local::open_api::StandIn;
use koogallery_local::v1_reply::{app_infos, decrypted, genuine};
use koogallery_open_api::{Credentials, LicenseInfo, LicenseStatus, OrderInfo};
use koogallery_runtime::now;
use koogallery_store::Kind;
use koogallery_tests::api::Api;
use koogallery_tests::application::{Application, TestClock};
use koogallery_tests::bodies::{CODE, with};
use koogallery_tests::kit::{self, Dialect, RSA_PRIVATE_KEY};
use koogallery_tests::secrets::Secrets;
use koogallery_tests::{Seller, bodies};
use serde_json::{Value, json};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

/// One key of each kind.
struct Ring {
    access_keys: AccessKeys,
    rsa: &'static str,
    rsa_public: RsaPublicKey,
    webhook: &'static str,
    credentials: Credentials,
    ak: String,
    token: String,
}

impl Ring {
    fn new(name: &str, rsa: &'static str, webhook: &'static str) -> Self {
        let key = |kind: &str| json!([format!("{name}-{kind}-key")]);
        let keys =
            json!({ "basic": key("basic"), "kit": key("kit"), "license": key("license"), "order": key("order") });
        let ak = format!("{}AK", name.to_uppercase());
        Self {
            access_keys: AccessKeys::from_json(&keys.to_string()).unwrap(),
            rsa,
            rsa_public: RsaPrivateKey::from_pem(rsa).unwrap().public_key(),
            webhook,
            credentials: Credentials::new(&ak, &format!("{ak}-sk")).unwrap(),
            ak,
            token: format!("{name}-token-of-some-length"),
        }
    }

    fn key(&self, interface: InterfaceType) -> &AccessKey {
        self.access_keys.current(interface).unwrap()
    }
}

/// The secret that holds these rings side by side. It has one AK and SK: the first ring's.
fn holding(rings: &[&Ring]) -> String {
    let keys = |interface| rings.iter().map(|ring| ring.key(interface).reveal().to_owned()).collect::<Vec<_>>();
    let first = rings[0];
    json!({
        "accessKeys": {
            "basic": keys(InterfaceType::Basic), "kit": keys(InterfaceType::Kit),
            "license": keys(InterfaceType::License), "order": keys(InterfaceType::Order),
        },
        "rsaPrivateKey": rings.iter().map(|ring| ring.rsa).collect::<String>(),
        "webhookSecrets": rings.iter().map(|ring| ring.webhook).collect::<Vec<_>>(),
        "openApi": { "accessKeyId": first.ak, "secretAccessKey": format!("{}-sk", first.ak) },
        "apiTokens": rings.iter().map(|ring| &ring.token).collect::<Vec<_>>(),
    })
    .to_string()
}

/// Who calls: each caller goes on and on, with the ring of the moment.
struct Load {
    seller: Seller,
    ring: Mutex<Arc<Ring>>,
    /// Held by each call: whoever writes waits for those that run.
    running: RwLock<()>,
    done: [AtomicUsize; CALLERS.len()],
    stop: AtomicBool,
}

/// One caller for each way that a key is used.
const CALLERS: [Caller; 8] = [
    Caller::Basic,
    Caller::BasicV1,
    Caller::Kit(Dialect::V2),
    Caller::Kit(Dialect::V1),
    Caller::License,
    Caller::Order,
    Caller::SellerApi,
    Caller::Stranger,
];

#[derive(Debug, Clone, Copy)]
enum Caller {
    Basic,
    BasicV1,
    Kit(Dialect),
    License,
    Order,
    /// A request that makes the function call KooGallery's open APIs.
    SellerApi,
    /// Whose signatures are wrong, and cost a look at the secret at the worst of times.
    Stranger,
}

impl Load {
    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.lock().unwrap())
    }

    async fn code(&self, key: &AccessKey, body: &Value) -> &'static str {
        let call = SignedCall::basic(
            key,
            koogallery::canonical_form(body.to_string().as_bytes()).unwrap(),
            now(),
            &new_nonce(),
        );
        self.seller.send(&call).await.result_code.as_str()
    }

    async fn call(&self, caller: Caller, number: usize) {
        let ring = self.ring();
        let code = match caller {
            Caller::Basic => {
                let body = if number.is_multiple_of(2) { bodies::freeze() } else { bodies::unfreeze() };
                self.code(ring.key(InterfaceType::Basic), &body).await
            }
            Caller::License => {
                let body = if number.is_multiple_of(2) { bodies::freeze_code() } else { bodies::unfreeze_code() };
                self.code(ring.key(InterfaceType::License), &body).await
            }
            Caller::Order => self.code(ring.key(InterfaceType::Order), &bodies::order_notice()).await,
            Caller::BasicV1 => self.query_v1(ring.key(InterfaceType::Basic)).await,
            Caller::Kit(dialect) => {
                let mut said = kit::application(1, "", number.try_into().unwrap());
                let secret = ClientSecret::from(format!("secret-{number}"));
                said.1["clientSecret"] =
                    ring.rsa_public.encrypt(&mut SysRng, OaepHashes::Sha256, &secret).unwrap().into();
                let call = kit::signed_with(ring.key(InterfaceType::Kit).reveal(), dialect, &said);
                self.seller.send(&call).await.result_code.as_str()
            }
            Caller::SellerApi => {
                let api = Api::with_token(&self.seller, &ring.token);
                let beat = api.ask(&Method::POST, &format!("/v1/licenses/{CODE}/heartbeat"), None).await;
                assert_eq!(beat.body["status"], "ALIVE", "{:?}", self.seller.api_records().last());
                "000000"
            }
            Caller::Stranger => {
                let keys = AccessKeys::from_json(r#"{"basic":["a stranger's"]}"#).unwrap();
                let code = self.code(keys.current(InterfaceType::Basic).unwrap(), &bodies::query()).await;
                assert_eq!(code, "000001");
                "000000"
            }
        };
        assert_eq!(code, "000000", "{caller:?} {number} {:?}", self.seller.records().last());
    }

    /// The reply must be signed and encrypted with the key that the caller knows.
    async fn query_v1(&self, key: &AccessKey) -> &'static str {
        let parameters = [("activity", "queryInstance"), ("instanceId", "v1-1")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let exchange = self.seller.marketplace.send(&SignedCall::basic_v1(key, parameters, now())).await.unwrap();
        genuine(&exchange, key, false).unwrap();
        let reply = decrypted(serde_json::from_slice(&exchange.body).unwrap(), key).unwrap();
        assert_eq!(app_infos(&reply).next().unwrap()["userName"], "admin");
        exchange.reply().unwrap().result_code.as_str()
    }

    async fn run(self: Arc<Self>, index: usize) {
        for number in 1.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let running = self.running.read().await;
            self.call(CALLERS[index], number).await;
            drop(running);
            self.done[index].fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits until each caller was answered a few times more.
    async fn go_on(&self) {
        const MORE: usize = 5;
        let targets = self.done.each_ref().map(|done| done.load(Ordering::SeqCst) + MORE);
        while self.done.iter().zip(targets).any(|(done, target)| done.load(Ordering::SeqCst) < target) {
            tokio::task::yield_now().await;
        }
    }

    /// Half a minute passes, between two calls: one that runs would be timed out by the clock that jumps.
    async fn half_a_minute(&self) {
        let _none_runs = self.running.write().await;
        for kind in [Kind::Unlearnt, Kind::Undelivered] {
            while !self.seller.host.store().open(kind).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(31)).await;
        tokio::time::resume();
    }
}

fn order(id: &str) -> OrderInfo {
    let line = json!({ "orderLineId": format!("{id}-000001") });
    serde_json::from_value(json!({ "orderId": id, "orderType": "NEW", "orderLine": [line] })).unwrap()
}

#[tokio::test]
async fn every_kind_of_key_is_changed_while_calls_run_and_none_is_refused() {
    let old = Arc::new(Ring::new("old", RSA_PRIVATE_KEY, "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"));
    let new = Arc::new(Ring::new("new", LOCAL_RSA_PRIVATE_KEY, "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"));
    let secrets = Secrets::start(&holding(&[&old])).await;
    let stand_in = StandIn::start(old.credentials.clone(), old.access_keys.clone(), now).await.unwrap();
    let alive = LicenseInfo { status: Some(LicenseStatus::Alive), ..LicenseInfo::default() };
    stand_in.put_license(CODE.parse().unwrap(), alive);
    for id in ["CS1", "CS2"] {
        stand_in.put_order(order(id));
    }
    let application = Application::start(TestClock::default()).await;
    application.verifies_with(&[old.webhook]);
    let seller = Seller::with(|environment| {
        environment
            .with("KOOGALLERY_KEYS", "")
            .with("KOOGALLERY_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:koogallery")
            .with("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint())
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
            .with("KOOGALLERY_WEBHOOK_URL", application.url())
            .with("KOOGALLERY_APP_INFO", r#"{"frontEndUrl":"https://app.example.com/","userName":"admin"}"#)
    })
    .await;
    let load = Arc::new(Load {
        seller,
        ring: Mutex::new(Arc::clone(&old)),
        running: RwLock::default(),
        done: Default::default(),
        stop: AtomicBool::new(false),
    });
    let basic = old.key(InterfaceType::Basic);
    assert_eq!(load.code(basic, &bodies::purchase()).await, "000000");
    let v1 = [
        ("activity", "newInstance"),
        ("businessId", "v1-1"),
        ("orderId", "CS2"),
        ("productId", "p-1"),
        ("customerId", "c-1"),
    ];
    let v1 = v1.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let bought = load.seller.marketplace.send(&SignedCall::basic_v1(basic, v1, now())).await.unwrap();
    assert_eq!(bought.reply().unwrap().result_code.as_str(), "000000");

    let mut callers: JoinSet<()> = (0..CALLERS.len()).map(|index| Arc::clone(&load).run(index)).collect();
    let driven = async {
        load.go_on().await;
        // The new keys beside the old ones; both AKs are valid.
        stand_in.set_credentials([old.credentials.clone(), new.credentials.clone()]);
        secrets.put(&holding(&[&new, &old]));
        load.go_on().await;
        load.half_a_minute().await;
        load.go_on().await;
        // KooGallery and the application change.
        application.verifies_with(&[new.webhook]);
        *load.ring.lock().unwrap() = Arc::clone(&new);
        load.go_on().await;
        // The old ones go.
        stand_in.set_credentials([new.credentials.clone()]);
        secrets.put(&holding(&[&new]));
        load.half_a_minute().await;
        load.go_on().await;
        load.stop.store(true, Ordering::SeqCst);
    };
    tokio::select! {
        () = driven => {}
        // A caller ends before that only by failing.
        Some(failed) = callers.join_next() => failed.unwrap(),
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    load.half_a_minute().await;
    assert_eq!(application.refused(), 0);
    assert_eq!(application.arrived().len(), application.taken().len());
    let calls: usize = load.done.iter().map(|done| done.load(Ordering::SeqCst)).sum();
    println!("{calls} calls, {} events, {} reads of the secret", application.taken().len(), secrets.reads());

    // The old keys are worth nothing by now.
    let purchase = with(bodies::purchase(), "orderId", "CS3");
    assert_eq!(load.code(old.key(InterfaceType::Basic), &purchase).await, "000001");
    Api::with_token(&load.seller, &old.token).get("/v1/instances/b-1").await.expect(401);
    assert_eq!(load.code(new.key(InterfaceType::Basic), &bodies::query()).await, "000000");
}
