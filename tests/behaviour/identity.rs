//! The identity service that a developer logs in with: as the guide has KooGallery's, and as it may fail.

#![allow(clippy::unwrap_used)]

use std::process::Stdio;
use std::time::{Duration, Instant};

use http::StatusCode;
use koogallery::{AccessKeys, AppId, TenantId, Timestamp, UserName};
use koogallery_local::identity::{
    Announced, Callback, DEMO_APP, Endpoint, Fault, IdentityService, Tenant, announce, announcements, demo,
};
use koogallery_local::marketplace::Marketplace;
use koogallery_runtime::now;
use koogallery_store::{ApplicationUsers, World as StoreWorld};
use koogallery_tests::browser::{Browser, Page};
use koogallery_tests::kit::{RSA_PRIVATE_KEY, RSA_PUBLIC_KEY, vault};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::simulate::koogallery;

/// Nobody listens there: a browser that is sent there has arrived.
const CALLBACK: &str = "http://127.0.0.1:1/login/callback";
const CAS_CALLBACK: &str = "http://127.0.0.1:1/login/callback/cas";

struct World {
    service: IdentityService,
    browser: Browser,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        Self::at(now).await
    }

    async fn at(clock: fn() -> Timestamp) -> Self {
        let (callback, cas): (Callback, Callback) = (CALLBACK.parse().unwrap(), CAS_CALLBACK.parse().unwrap());
        let tenants = demo(&callback, &cas).unwrap();
        let service = IdentityService::start_at("127.0.0.1:0".parse().unwrap(), tenants, clock).await.unwrap();
        let browser = Browser::default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]).build();
        Self { service, browser, http: http.unwrap() }
    }

    fn tenant(&self, number: usize) -> &Tenant {
        &self.service.tenants()[number - 1]
    }

    fn at_domain(&self, number: usize, path: &str) -> String {
        format!("{}{path}", self.service.domain(self.tenant(number)))
    }

    fn authorize(&self, number: usize, more: &str) -> String {
        let client = &self.tenant(number).applications[0].client_id;
        let query = format!("client_id={client}&redirect_uri={CALLBACK}&response_type=code&scope=get_user_info{more}");
        self.at_domain(number, &format!("/api/v1/oauth2/authorize?{query}"))
    }

    /// Types account and password where a browser was sent, and follows it to the application.
    async fn log_in(&self, page: &Page, account: &str, password: &str) -> Page {
        let sent = self.browser.submit(page, &[("account", account), ("password", password)]).await;
        self.arrive(sent).await
    }

    /// Follows a browser up to the application's address, which is not opened.
    async fn arrive(&self, page: Page) -> Page {
        self.browser.follow_until(page, |to| to.as_str().starts_with(CALLBACK)).await
    }

    async fn token(&self, number: usize, change: &[(&str, &str)]) -> (u16, Value) {
        let application = &self.tenant(number).applications[0];
        let mut form = vec![
            ("client_id", application.client_id.as_str()),
            ("client_secret", application.client_secret.reveal()),
            ("grant_type", "authorization_code"),
        ];
        form.retain(|(name, _)| change.iter().all(|(changed, _)| changed != name));
        form.extend(change);
        let mut body = reqwest::Url::parse("http://form/").unwrap();
        body.query_pairs_mut().extend_pairs(form);
        let request = self.http.post(self.at_domain(number, "/api/v1/oauth2/token"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        json_of(request.body(body.query().unwrap().to_owned())).await
    }

    async fn userinfo(&self, number: usize, token: &str) -> (u16, Value) {
        let request = self.http.get(self.at_domain(number, "/api/v1/oauth2/userinfo")).bearer_auth(token);
        json_of(request.header("accept", "application/json")).await
    }

    async fn validation(&self, number: usize, ticket: &str, more: &str) -> String {
        let query = format!("/api/v1/cas/p3/serviceValidate?service={CAS_CALLBACK}&ticket={ticket}{more}");
        let answer = self.http.get(self.at_domain(number, &query)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "also of a failure");
        answer.text().await.unwrap()
    }
}

async fn json_of(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

fn refused(error: &str, description: &str) -> Value {
    json!({ "error": error, "error_description": description })
}

#[tokio::test]
async fn a_browser_logs_in_at_its_enterprise_and_is_then_known_to_every_application() {
    let world = World::start().await;
    let asks = world.browser.go(&world.authorize(1, "&state=abc123")).await;
    assert_eq!(asks.status, StatusCode::OK, "{}", asks.body);
    assert!(asks.body.contains("账号 / Account") && asks.body.contains("密码 / Password"), "{}", asks.body);
    let wrong = world.browser.submit(&asks, &[("account", "admin"), ("password", "admin-2")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let arrived = world.log_in(&wrong, "admin", "admin-1").await;
    assert_eq!(arrived.given("state").as_deref(), Some("abc123"));

    let code = arrived.given("code").unwrap();
    let (status, tokens) = world.token(1, &[("code", &code), ("redirect_uri", CALLBACK)]).await;
    assert_eq!((status, &tokens["token_type"], &tokens["expires_in"]), (200, &json!("Bearer"), &json!(7200)));
    let (status, told) = world.userinfo(1, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    for (name, value) in [
        ("userName", "admin"),
        ("role", "admin"),
        ("tenant", "demo-tenant-1"),
        ("projectName", "Demo Enterprise 1 示例企业"),
        ("organizationCode", "o-1"),
    ] {
        assert_eq!(told[name], value, "{told}");
    }
    assert_eq!(world.token(1, &[("code", &code)]).await, (400, refused("invalid_grant", "Invalid authorization code")));

    // The session is there: no page comes any more.
    let again = world.browser.open(&world.authorize(1, "")).await;
    assert!(again.given("code").is_some() && again.given("state").is_none(), "{again:?}");
    // At another enterprise it is not.
    assert_eq!(world.browser.go(&world.authorize(2, "")).await.status, StatusCode::OK);
    let out = world.at_domain(1, "/api/v1/logout?redirect_url=http%3A%2F%2F127.0.0.1%3A1%2Fbye");
    let out = world.browser.open(&out).await;
    assert_eq!(out.leads_to().unwrap().as_str(), "http://127.0.0.1:1/bye");
    let asks = world.browser.go(&world.authorize(1, "")).await;
    assert!(asks.body.contains("<form"), "the password is asked for again: {}", asks.body);
}

#[tokio::test]
async fn what_authorize_does_not_take_goes_to_nobody() {
    let world = World::start().await;
    let good = world.authorize(1, "");
    for (bad, said) in [
        (good.clone() + "&state=a-b", "state"),
        (good.replace("demo-tenant-1-client", "demo-tenant-2-client"), "client_id"),
        (good.replace("127.0.0.1:1/", "127.0.0.1:2/"), "redirect_uri"),
        (good.replace("&redirect_uri", "&redirect"), "redirect_uri"),
        (good.replace("type=code", "type=token"), "response_type"),
        (good.replace("get_user_info", "all"), "scope"),
    ] {
        let page = world.browser.open(&bad).await;
        let told: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!((page.status, page.leads_to()), (StatusCode::BAD_REQUEST, None), "{bad}");
        assert!(told["error_description"].as_str().unwrap().contains(said), "{told}");
    }
}

#[tokio::test]
async fn a_code_is_for_its_client_its_enterprise_and_its_address() {
    let world = World::start().await;
    let asks = world.browser.go(&world.authorize(1, "")).await;
    let first = world.log_in(&asks, "admin", "admin-1").await.given("code").unwrap();
    let code = async || world.browser.open(&world.authorize(1, "")).await.given("code").unwrap();
    let bad_client = (400, refused("invalid_client", "Bad client credentials"));
    assert_eq!(world.token(1, &[("code", &first), ("client_secret", "x")]).await, bad_client);
    assert_eq!(world.token(1, &[("code", &first), ("client_id", "demo-tenant-2-client")]).await, bad_client);
    assert_eq!(world.token(1, &[("code", &first)]).await.0, 200, "who is not the client uses up nothing");
    let elsewhere = (400, refused("invalid_grant", "Invalid authorization code"));
    assert_eq!(world.token(2, &[("code", &code().await)]).await, elsewhere);
    let other_address = world.token(1, &[("code", &code().await), ("redirect_uri", "http://127.0.0.1:1/")]).await;
    assert_eq!((other_address.0, &other_address.1["error"]), (400, &json!("invalid_grant")));
    assert_eq!(world.token(1, &[("code", "made-up")]).await, elsewhere);
    let other = world.token(1, &[("code", &code().await), ("grant_type", "password")]).await;
    assert_eq!((other.0, &other.1["error"]), (400, &json!("unsupported_grant_type")));
    assert_eq!(world.userinfo(1, "made-up").await.0, 401);
}

#[tokio::test]
async fn tokens_are_renewed_where_the_application_has_refresh_tokens() {
    let world = World::start().await;
    let asks = world.browser.go(&world.authorize(1, "")).await;
    let code = world.log_in(&asks, "user", "user-1").await.given("code").unwrap();
    let (_, tokens) = world.token(1, &[("code", &code)]).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let refresh =
        async |token: &str| world.token(1, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    let (status, renewed) = refresh(first).await;
    assert_eq!(status, 200);
    assert_ne!(renewed["refresh_token"], tokens["refresh_token"]);
    assert_eq!(refresh(first).await, (400, refused("invalid_grant", "Invalid refresh token")));
    let (status, told) = world.userinfo(1, renewed["access_token"].as_str().unwrap()).await;
    assert_eq!((status, told), (200, json!({ "userName": "user" })), "every other member is optional");

    let asks = world.browser.go(&world.authorize(2, "")).await;
    let code = world.log_in(&asks, "admin", "admin-2").await.given("code").unwrap();
    assert_eq!(world.token(2, &[("code", &code)]).await.1.get("refresh_token"), None);
}

#[tokio::test]
async fn what_is_handed_out_ends_after_its_time() {
    use std::sync::atomic::{AtomicI64, Ordering};
    static NOW: AtomicI64 = AtomicI64::new(1_764_000_000_000);
    let world = World::at(|| Timestamp::from_millis(NOW.load(Ordering::SeqCst))).await;
    let passes = |time: Duration| NOW.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    let asks = world.browser.go(&world.authorize(1, "")).await;
    let late = world.log_in(&asks, "admin", "admin-1").await.given("code").unwrap();
    passes(Duration::from_mins(6));
    assert_eq!(world.token(1, &[("code", &late)]).await.1["error_description"], "Invalid authorization code");
    let code = world.browser.open(&world.authorize(1, "")).await.given("code").unwrap();
    let (_, tokens) = world.token(1, &[("code", &code)]).await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    passes(Duration::from_hours(2));
    assert_eq!(world.userinfo(1, access).await.0, 200);
    passes(Duration::from_millis(1));
    let told = "Full authentication is required to access this resource";
    assert_eq!(world.userinfo(1, access).await, (401, refused("unauthorized", told)));
    passes(Duration::from_hours(30 * 24));
    let refreshed = world.token(1, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(refreshed.1["error_description"], "Invalid refresh token");
}

#[tokio::test]
async fn the_unified_login_page_and_the_workbench_send_a_code_that_nobody_asked_for() {
    let world = World::start().await;
    let unified = world.service.unified_login(&world.tenant(1).applications[0]);
    assert!(unified.ends_with(&format!("/unified-login/#/portal-login?ind=UNOP&appId={DEMO_APP}")), "{unified}");
    let asks = world.browser.unified_login(&unified).await;
    let arrived = world.log_in(&asks, "admin", "admin-2").await;
    let parameters = ["tenant", "state"].map(|name| arrived.given(name));
    assert_eq!(parameters, [Some("demo-tenant-2".to_owned()), None]);
    let (status, tokens) = world.token(2, &[("code", &arrived.given("code").unwrap())]).await;
    assert_eq!(status, 200);
    assert_eq!(world.userinfo(2, tokens["access_token"].as_str().unwrap()).await.1["userName"], "admin");

    // An account that two enterprises know has to choose.
    let asks = world.browser.unified_login(&unified).await;
    let choose = world.browser.submit(&asks, &[("account", "both"), ("password", "both")]).await;
    assert_eq!(choose.form().fields.last().unwrap(), &("tenant".to_owned(), "demo-tenant-1".to_owned()));
    let typed = [("account", "both"), ("password", "both"), ("tenant", "demo-tenant-2")];
    let chosen = world.browser.submit(&choose, &typed).await;
    assert_eq!(chosen.given("tenant").as_deref(), Some("demo-tenant-2"));
    // Without a script, the page asks for the application.
    let without = world.browser.open(&unified).await;
    let asks = world.browser.submit(&without, &[("appId", DEMO_APP)]).await;
    assert!(asks.body.contains("密码"), "{}", asks.body);
    for bad in ["ind=UNOP&appId=other", &*format!("ind=unop&appId={DEMO_APP}")] {
        let page = world.browser.open(&format!("{}/unified-login/login?{bad}", world.service.address())).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }

    let workbench = world.browser.go(&world.service.workbench()).await;
    let inside = world.browser.submit(&workbench, &[("account", "user"), ("password", "user-1")]).await;
    let inside = world.browser.follow(inside).await;
    let arrived = world.browser.open(inside.link("Demo application").as_str()).await;
    assert_eq!(arrived.given("tenant").as_deref(), Some("demo-tenant-1"));
    assert_eq!(world.token(1, &[("code", &arrived.given("code").unwrap())]).await.0, 200);
    let by_cas = world.browser.open(inside.link("CAS").as_str()).await;
    let ticket = by_cas.given("ticket").unwrap();
    assert!(world.validation(1, &ticket, "").await.contains("<cas:user>user</cas:user>"));
    // Who is logged in at the workbench is so at the enterprise.
    assert!(world.browser.open(&world.authorize(1, "")).await.given("code").is_some());
}

#[tokio::test]
async fn a_ticket_of_cas_works_once_and_for_its_service() {
    let world = World::start().await;
    let login = world.at_domain(1, &format!("/api/v1/cas/login?service={CAS_CALLBACK}"));
    let asks = world.browser.go(&login).await;
    let ticket = world.log_in(&asks, "admin", "admin-1").await.given("ticket").unwrap();
    assert!(ticket.starts_with("ST-"), "{ticket}");
    let told = world.validation(1, &ticket, "").await;
    for part in [
        "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">",
        "<cas:user>admin</cas:user>",
        "<cas:userName>admin</cas:userName>",
        "<cas:tenant>demo-tenant-1</cas:tenant>",
        "<cas:role>admin</cas:role>",
        "<cas:isFromNewLogin>true</cas:isFromNewLogin>",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(world.validation(1, &ticket, "").await.contains("authenticationFailure code=\"INVALID_TICKET\""));

    let ticket = async || world.browser.open(&login).await.given("ticket").unwrap();
    let told: Value = serde_json::from_str(&world.validation(1, &ticket().await, "&format=JSON").await).unwrap();
    let success = &told["serviceResponse"]["authenticationSuccess"];
    assert_eq!((&success["user"], &success["attributes"]["isFromNewLogin"]), (&json!("admin"), &json!("false")));
    let told: Value = serde_json::from_str(&world.validation(2, &ticket().await, "&format=JSON").await).unwrap();
    assert_eq!(told["serviceResponse"]["authenticationFailure"]["code"], "INVALID_TICKET", "of another enterprise");
    let other = format!("/api/v1/cas/p3/serviceValidate?service={CALLBACK}&ticket={}", ticket().await);
    let other = world.http.get(world.at_domain(1, &other)).send().await.unwrap().text().await.unwrap();
    assert!(other.contains("INVALID_SERVICE"), "{other}");
    let v2 = format!("/api/v1/cas/serviceValidate?service={CAS_CALLBACK}&ticket={}", ticket().await);
    let v2 = world.http.get(world.at_domain(1, &v2)).send().await.unwrap().text().await.unwrap();
    assert!(v2.contains("<cas:user>admin") && !v2.contains("attributes"), "{v2}");

    let stranger = world.browser.open(&login.replace("callback/cas", "elsewhere")).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let renew = world.browser.go(&format!("{login}&renew=true")).await;
    assert!(renew.body.contains("<form"), "{}", renew.body);
    assert!(world.log_in(&renew, "user", "user-1").await.given("ticket").is_some());
    let out = world.browser.open(&world.at_domain(1, &format!("/api/v1/cas/logout?service={CAS_CALLBACK}"))).await;
    assert_eq!(out.leads_to().unwrap().as_str(), CAS_CALLBACK);
    assert!(world.browser.go(&login).await.body.contains("<form"));
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let world = World::start().await;
    let asks = world.browser.go(&world.authorize(1, "")).await;
    let code = world.log_in(&asks, "admin", "admin-1").await.given("code").unwrap();
    let (_, tokens) = world.token(1, &[("code", &code)]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let address = world.at_domain(1, "/api/v1/oauth2/userinfo");
    let ask = async || {
        let request = world.http.get(&address).bearer_auth(token).header("accept", "application/json");
        let answer = request.send().await.unwrap();
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location, kind) = (answer.status().as_u16(), header("location"), header("content-type").unwrap());
        (status, location, kind, answer.bytes().await.unwrap())
    };
    let fail = |fault| world.service.fail(Endpoint::Userinfo, Some(fault));

    fail(Fault::OfTenant("demo-tenant-2".parse::<TenantId>().unwrap()));
    assert_eq!(serde_json::from_slice::<Value>(&ask().await.3).unwrap()["tenant"], "demo-tenant-2");
    fail(Fault::Html);
    assert!(ask().await.2.starts_with("text/html"));
    fail(Fault::Redirect("http://127.0.0.1:1/".to_owned()));
    assert_eq!((ask().await.0, ask().await.1.as_deref()), (302, Some("http://127.0.0.1:1/")));
    fail(Fault::Long(70_000));
    let long = ask().await.3;
    assert!(long.len() == 70_000 && serde_json::from_slice::<Value>(&long).is_ok());
    fail(Fault::HalfAnswer);
    assert!(serde_json::from_slice::<Value>(&ask().await.3).is_err());
    fail(Fault::Refuses(503, "busy".to_owned(), "later".to_owned()));
    assert_eq!(ask().await.0, 503);
    fail(Fault::Slow(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(ask().await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(50), "it was slow on purpose");
    world.service.fail(Endpoint::Userinfo, None);
    assert_eq!((ask().await.0, world.service.asked(Endpoint::Userinfo)), (200, 9));

    world.service.fail(Endpoint::Validation, Some(Fault::CasFailure("INTERNAL_ERROR".to_owned())));
    assert!(world.validation(1, "ST-1", "").await.contains("code=\"INTERNAL_ERROR\""));
    world.service.fail(Endpoint::Validation, Some(Fault::Doctype));
    assert!(world.validation(1, "ST-1", "").await.contains("<!DOCTYPE"));
}

#[tokio::test]
async fn a_page_elsewhere_does_not_reach_it_by_a_name_of_its_own() {
    let world = World::start().await;
    let request = world.http.get(world.service.workbench()).header("host", "attacker.example.com");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let beyond = IdentityService::start_at("0.0.0.0:0".parse().unwrap(), Vec::new(), now).await;
    assert!(beyond.unwrap_err().to_string().contains("not a loopback address"));
}

/// `serve` learns of the enterprises by signed calls, so that it can find client and secret by the tenant of a code.
#[tokio::test]
async fn a_host_learns_of_the_enterprises() {
    let world = World::start().await;
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)).await;
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let marketplace = Marketplace::new(&seller.host.address(), keys).unwrap();
    let key = RSA_PUBLIC_KEY.parse().unwrap();
    // A second start tells the same once more. A client secret that does not open is answered 000101.
    for _ in 0..2 {
        for tenant in world.service.tenants() {
            let calls = announcements(tenant, &world.service.domain(tenant), Some(&key), now()).unwrap();
            assert_eq!(calls.len(), 5);
            let told = |told: &Announced| assert_eq!(told.result_code.as_str(), "000000", "{told:?}");
            announce(&marketplace, calls, now, told).await.unwrap();
        }
    }
    let app: AppId = DEMO_APP.parse().unwrap();
    for tenant in world.service.tenants() {
        let instance_id = format!("b-{}-{app}", tenant.tenant_id).parse().unwrap();
        let of = ApplicationUsers { tenant_id: tenant.tenant_id.clone(), instance_id, app_id: app.clone() };
        let users = seller.host.store().users(StoreWorld::Real, &of, None, usize::MAX, &vault()).await.unwrap();
        let names: Vec<&UserName> = users.iter().map(|user| &user.user.user_name).collect();
        let mut known: Vec<&UserName> = tenant.users.iter().map(|user| &user.user_name).collect();
        known.sort();
        assert_eq!(names, known);
    }
}

/// What the command tells until it waits for the end.
async fn told_by(identity: &mut Command) -> (Child, Vec<String>) {
    let mut running = identity.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut told = Vec::new();
    while let Some(line) = said.next_line().await.unwrap() {
        if line.starts_with("Ctrl-C") {
            return (running, told);
        }
        told.push(line);
    }
    panic!("it ended: {told:?}");
}

/// The two commands of docs/identity.md: after them a code that comes without having been asked for can be redeemed with what `serve`
/// was told.
#[tokio::test]
async fn the_command_plays_it_and_tells_a_host() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)).await;
    let address = seller.host.address();
    let variables = [("KOOGALLERY_KEYS", KEYS), ("KOOGALLERY_RSA_PUBLIC_KEY", RSA_PUBLIC_KEY)];
    let alone = ["identity", "--listen", "127.0.0.1:0"];
    let (_running, told) = told_by(koogallery(&variables).args(alone).args(["--to", &address])).await;
    let answered: Vec<&String> = told.iter().filter(|line| line.starts_with("told ")).collect();
    assert!(answered.len() == 10 && answered.iter().all(|line| line.ends_with(": 000000")), "{told:#?}");

    let unified = told.iter().find_map(|line| line.strip_prefix("unified login page   ")).unwrap();
    let browser = Browser::default();
    let asks = browser.unified_login(unified).await;
    let sent = browser.submit(&asks, &[("account", "admin"), ("password", "admin-1")]).await;
    assert!(sent.leads_to().unwrap().as_str().starts_with("http://127.0.0.1:9000/login/callback?code="), "{sent:?}");

    // What Seller Console tells of a test account's enterprise is debug data, and touches nothing else.
    let (_running, told) = told_by(koogallery(&variables).args(alone).args(["--debug", "--to", &address])).await;
    let answered: Vec<&String> = told.iter().filter(|line| line.starts_with("told ")).collect();
    assert!(answered.len() == 6 && answered.iter().all(|line| line.ends_with(": 000000")), "{told:#?}");
    let tenants = async |world| seller.host.store().tenants(world, &"demo-tenant-1".parse().unwrap()).await.unwrap();
    assert_eq!((tenants(StoreWorld::Test).await.len(), tenants(StoreWorld::Real).await.len()), (1, 1));

    // Without a host to tell, it prints calls that a shell takes as they stand.
    let (_running, told) = told_by(koogallery(&variables).args(alone)).await;
    let calls: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix("  koogallery call ")).collect();
    assert_eq!(calls.len(), 10, "{told:#?}");
    let binary = koogallery(&[]).as_std().get_program().to_owned();
    for call in calls {
        let mut shell = Command::new("sh");
        shell.env_clear().envs(variables).env("KOOGALLERY", &binary);
        let done =
            shell.args(["-c", &format!("exec \"$KOOGALLERY\" call {call} --to {address}")]).output().await.unwrap();
        assert!(done.status.success(), "{call}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[tokio::test]
async fn the_command_tells_what_is_wrong_with_its_enterprises() {
    let file = std::env::temp_dir().join(format!("koogallery-tenants-{}.json", uuid::Uuid::new_v4()));
    for (text, said) in [
        ("[]", "has no enterprise"),
        (r#"[{"tenantId":"t-1","tenantCod":"acme"}]"#, "unknown field `tenantCod`"),
        (r#"[{"tenantId":""}]"#, "tenantId"),
    ] {
        std::fs::write(&file, text).unwrap();
        let identity = koogallery(&[]).args(["identity", "--tenants"]).arg(&file).output().await.unwrap();
        let told = String::from_utf8(identity.stderr).unwrap();
        assert!(identity.status.code() == Some(2) && told.contains(said), "{told}");
    }
    std::fs::remove_file(&file).unwrap();
    let callback = koogallery(&[]).args(["identity", "--callback", "/login/callback"]).output().await.unwrap();
    let told = String::from_utf8(callback.stderr).unwrap();
    assert!(told.contains("give a whole address, such as http://127.0.0.1:9000/login/callback"), "{told}");
}
