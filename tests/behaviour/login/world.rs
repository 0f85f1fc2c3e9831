//! A seller with two applications, two tenants with their logins, and browsers.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU16, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use koogallery::AccessKeys;
use koogallery_local::identity::{Callback, IdentityService, Tenant, announce, announcements, demo};
use koogallery_local::marketplace::Marketplace;
use koogallery_oidc::{PublicKey, verified};
use koogallery_runtime::now;
use koogallery_store::HandleDigest;
use koogallery_tests::api::TOKEN;
use koogallery_tests::browser::{Browser, Page};
use koogallery_tests::kit::{RSA_PRIVATE_KEY, RSA_PUBLIC_KEY};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Where the application waits for codes. Nobody listens there: a browser that is sent there has arrived.
pub(crate) const APPLICATION: &str = "http://127.0.0.1:1/callback";
/// The instance of the first tenant.
pub(crate) const INSTANCE: &str = "b-demo-tenant-1-demo-app";
/// Where the application begins logins that a workbench started.
pub(crate) const START: &str = "http://127.0.0.1:1/start";
pub(crate) const SECRET: &str = "a secret of the shop: with signs & more";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(crate) struct World {
    pub(crate) seller: Seller,
    pub(crate) identity: IdentityService,
    pub(crate) browser: Browser,
    pub(crate) http: reqwest::Client,
}

/// A port that nobody has just now: the seller has to know the unified login page before it is there.
fn free_port() -> u16 {
    static LAST: AtomicU16 = AtomicU16::new(0);
    loop {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if LAST.swap(port, Ordering::SeqCst) != port {
            return port;
        }
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::selling(&[]).await
    }

    /// The same, where the instances of the tenants are of these products.
    pub(crate) async fn selling(products: &[&str]) -> Self {
        let port = free_port();
        let clients = json!([
            { "client_id": "shop", "client_secret_sha256": hex(SECRET), "app_id": "demo-app", "client_name": "The shop",
              "redirect_uris": [APPLICATION], "post_logout_redirect_uris": ["http://127.0.0.1:1/bye"],
              "initiate_login_uri": START },
            { "client_id": "phone", "token_endpoint_auth_method": "none", "app_id": "demo-app",
              "redirect_uris": [APPLICATION], "id_token_signed_response_alg": "ES256" },
            { "client_id": "old", "client_secret_sha256": hex(SECRET), "app_id": "demo-app",
              "redirect_uris": [APPLICATION], "identity_protocol": "cas" },
        ]);
        let seller = Seller::with(|environment| {
            environment
                .with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
                .with("KOOGALLERY_API_TOKEN", TOKEN)
                .with("KOOGALLERY_OIDC_CLIENTS", clients.to_string())
                .with("KOOGALLERY_UNIFIED_LOGIN_URL", format!("http://127.0.0.1:{port}/unified-login/#/portal-login"))
        })
        .await;
        let issuer = format!("{}login", seller.host.address());
        let callback = |path: &str| -> Callback { format!("{issuer}{path}").parse().unwrap() };
        let tenants = demo(&callback("/callback"), &callback("/callback/cas")).unwrap();
        let listen = ([127, 0, 0, 1], port).into();
        let identity = IdentityService::start_at(listen, tenants, now).await.unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]);
        let world = Self { seller, identity, browser: Browser::default(), http: http.build().unwrap() };
        for (number, tenant) in world.identity.tenants().iter().enumerate() {
            world.tell(tenant, products.get(number).copied()).await;
        }
        world
    }

    /// Tells the seller all of a tenant, as KooGallery does.
    async fn tell(&self, tenant: &Tenant, product: Option<&str>) {
        let key = RSA_PUBLIC_KEY.parse().unwrap();
        let mut calls = announcements(tenant, &self.identity.domain(tenant), Some(&key), now()).unwrap();
        for call in calls.iter_mut().filter(|call| call.callback == koogallery::Callback::NewInstance) {
            call.body.extend(product.map(|product| ("productId".to_owned(), product.into())));
        }
        announce(&self.marketplace(), calls, now, |told| assert_eq!(told.result_code.as_str(), "000000", "{told:?}"))
            .await
            .unwrap();
    }

    fn marketplace(&self) -> Marketplace {
        Marketplace::new(&self.seller.host.address(), AccessKeys::from_json(KEYS).unwrap()).unwrap()
    }

    /// Tells one thing more of the first tenant: a call of its own that this changes.
    pub(crate) async fn tell_changed(&self, activity: koogallery::Callback, change: &Value) {
        let tenant = &self.identity.tenants()[0];
        let key = RSA_PUBLIC_KEY.parse().unwrap();
        let later = now().saturating_add(std::time::Duration::from_secs(2));
        let mut calls = announcements(tenant, &self.identity.domain(tenant), Some(&key), later).unwrap();
        calls.retain(|call| call.callback == activity);
        for call in &mut calls {
            call.body.extend(change.as_object().unwrap().clone());
            call.body.insert("instanceId".to_owned(), INSTANCE.into());
        }
        announce(&self.marketplace(), calls, now, |told| assert_eq!(told.result_code.as_str(), "000000", "{told:?}"))
            .await
            .unwrap();
    }

    pub(crate) fn at(&self, route: &str) -> String {
        format!("{}login{route}", self.seller.host.address())
    }

    /// The address where a client asks for a login.
    pub(crate) fn authorize(&self, client: &str, more: &[(&str, &str)]) -> String {
        let mut url: reqwest::Url = self.at("/authorize").parse().unwrap();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let usual = [
            ("client_id", client),
            ("redirect_uri", APPLICATION),
            ("response_type", "code"),
            ("scope", "openid profile email phone"),
            ("state", "the state & more"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let given = |name: &str| more.iter().any(|(other, _)| *other == name);
        let all = usual.into_iter().filter(|(name, _)| !given(name)).chain(more.iter().copied());
        url.query_pairs_mut().extend_pairs(all.filter(|(_, value)| !value.is_empty()));
        url.into()
    }

    /// Follows a browser up to the application, or to a page.
    pub(crate) async fn arrive(&self, page: Page) -> Page {
        self.browser.follow_until(page, |to| to.as_str().starts_with("http://127.0.0.1:1/")).await
    }

    /// Opens an address, and types account and password, unless a session makes it silent.
    pub(crate) async fn log_in(&self, address: &str, account: &str, password: &str) -> Page {
        let page = self.arrive(self.browser.open(address).await).await;
        if page.leads_to().is_some() {
            return page;
        }
        let sent = self.browser.submit(&page, &[("account", account), ("password", password)]).await;
        self.arrive(sent).await
    }

    /// A user of the first tenant logs in to the shop.
    pub(crate) async fn code(&self) -> String {
        let address = self.authorize("shop", &[("login_hint", "demo-tenant-1")]);
        self.log_in(&address, "admin", "admin-1").await.given("code").unwrap()
    }

    /// Redeems a code for the shop, with changes to the form.
    pub(crate) async fn token(&self, code: &str, change: &[(&str, &str)]) -> (u16, Value) {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", APPLICATION),
            ("client_id", "shop"),
            ("client_secret", SECRET),
            ("code_verifier", VERIFIER),
        ];
        let given = |name: &str| change.iter().any(|(other, _)| *other == name);
        let all = usual.into_iter().filter(|(name, _)| !given(name)).chain(change.iter().copied());
        let mut form = reqwest::Url::parse("http://form/").unwrap();
        form.query_pairs_mut().extend_pairs(all.filter(|(_, value)| !value.is_empty()));
        let request = self.http.post(self.at("/token"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        json_of(request.body(form.query().unwrap_or_default().to_owned())).await
    }

    pub(crate) async fn userinfo(&self, token: &str) -> (u16, Value) {
        json_of(self.http.get(self.at("/userinfo")).bearer_auth(token)).await
    }

    /// The claims of an ID token, if one of the published keys signed it.
    pub(crate) async fn claims(&self, token: &Value) -> Value {
        let (status, published) = json_of(self.http.get(self.at("/jwks.json"))).await;
        assert_eq!(status, 200);
        let keys = published["keys"].as_array().unwrap();
        let keys: Vec<PublicKey> = keys.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect();
        verified(token["id_token"].as_str().unwrap(), &keys).unwrap()
    }
}

async fn json_of(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

pub(crate) fn hex(secret: &str) -> String {
    HandleDigest::of(secret).to_hex()
}

/// Why a page says that a login does not go on.
pub(crate) fn reason(page: &Page) -> &str {
    let (_, rest) = page.body.split_once("data-reason=\"").unwrap_or_else(|| panic!("{page:?}"));
    rest.split_once('"').unwrap().0
}
