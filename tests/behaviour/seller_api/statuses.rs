//! Every status that the description names is met, and no other.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use koogallery::{AccessKeys, InterfaceType};
use koogallery_local::open_api::StandIn;
use koogallery_open_api::{Credentials, LicenseInfo};
use koogallery_runtime::now;
use koogallery_store::{About, Cause, Raise, Warning};
use koogallery_tests::Seller;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, CODE, purchase, release, with};
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::kit;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::description::paths;
use super::orders::order_info;
use super::settings;
use super::statements;
use super::tenants::OF_APP;
use super::usage::{record, utc};
use super::{
    AK, OPEN_OPERATIONS, SK, about, app_info, at_open_api, bought, code_v1, deferred_with_open_api, say_v1, start,
    with_open_api, with_token,
};

/// Statuses that no request of a test brings about, with why.
fn justified(operation: &str, status: &str) -> bool {
    // Some ask KooGallery, and not the store. KooGallery's guide names no refusal of a license that was made; a heartbeat
    // and an order query are sent again until their time is over, and activation shows the same path without waiting.
    matches!(
        (operation, status),
        ("activateLicense" | "licenseHeartbeat" | "pushUsage", "500")
            | ("putLicense", "409")
            | ("licenseHeartbeat" | "getOrderDetails", "504")
    )
}

/// What a test has seen of the description.
#[derive(Default)]
pub(super) struct Seen(BTreeSet<(String, String)>);

impl Seen {
    pub(super) async fn see(&mut self, api: &Api, operation: &str, path: &str, body: Option<&Value>, status: u16) {
        let method = paths().values().flatten().find(|(_, known)| known["operationId"] == operation).unwrap().0.clone();
        let method: Method = method.to_uppercase().parse().unwrap();
        api.ask(&method, path, body).await.expect(status);
        self.0.insert((operation.to_owned(), status.to_string()));
    }
}

/// An operation, its path, its body, and the status of its answer.
pub(super) type GoodRequest = (&'static str, String, Option<Value>, u16);

fn resend(event: uuid::Uuid) -> Value {
    json!({ "instanceId": "b-1", "eventIds": [event] })
}

fn discard(event: uuid::Uuid) -> Value {
    json!({ "instanceId": "b-2", "eventIds": [event], "reason": "nobody needs it" })
}

/// A license code that is released.
const RELEASED: &str = "RELEASED-CODE";

const ORDER_DETAILS: &str = "/v1/orders/CS1/details?orderLineId=CS1-000001";

/// A record of use, as the application sends it.
fn metered(id: &str, quantity: &str) -> Value {
    let record = json!({ "id": id, "instanceId": "b-1", "at": utc(0), "quantity": quantity });
    json!({ "records": [record] })
}

/// The hour that [`closed_hour`] makes.
const CLOSED_HOUR: &str = "2025-12-01T00:00:00Z";

fn hour(begin: &str) -> Value {
    json!({ "instanceId": "b-1", "begin": begin })
}

fn parked_hour(begin: &str) -> Value {
    with(hour(begin), "reason", "009")
}

/// An hour of long ago that was pushed.
async fn closed_hour(seller: &Seller) {
    let begin = 1_764_547_200_000_u64;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u64| AttributeValue::N(number.to_string());
    let store = seller.host.store();
    let put = store.client().put_item().table_name(store.table()).item("pk", text("USAGE#b-1"));
    let put = put.item("sk", text(&format!("HOUR#{begin:013}##0"))).item("instanceId", text("b-1"));
    let put = put.item("begin", number(begin)).item("end", number(begin + 3_600_000)).item("part", number(0));
    let put = put.item("cycle", text("hourly")).item("state", text("done")).item("amount", number(5000));
    let put = put.item("records", number(1)).item("charge", number(5000)).item("meteringSn", text("sn-1"));
    let put = put.item("toldBegin", number(begin)).item("toldEnd", number(begin + 3_600_000));
    put.item("closedAt", number(begin + 3_720_000)).send().await.unwrap();
}

/// Hours that do not exist or are in another state, records that cannot be counted.
async fn no_such_use(api: &Api, seen: &mut Seen) {
    let (records, park, resend) = ("/v1/usage/records", "/v1/usage/hours/park", "/v1/usage/hours/resend");
    seen.see(api, "takeUsageRecords", records, Some(&metered("r-1", "0.26")), 409).await;
    seen.see(api, "takeUsageRecords", records, Some(&metered("r-2", "0.00001")), 422).await;
    let nowhere = "2025-12-02T00:00:00Z";
    seen.see(api, "parkUsageHour", park, Some(&parked_hour(nowhere)), 404).await;
    seen.see(api, "resendUsageHour", resend, Some(&hour(nowhere)), 404).await;
    seen.see(api, "resendUsageHour", resend, Some(&hour(CLOSED_HOUR)), 409).await;
    seen.see(api, "parkUsageHour", park, Some(&parked_hour(CLOSED_HOUR)), 204).await;
    seen.see(api, "parkUsageHour", park, Some(&parked_hour(CLOSED_HOUR)), 409).await;
    seen.see(api, "putPackageQuota", "/v1/instances/b-1/package", Some(&json!({ "quota": 0 })), 422).await;
}

/// What people entered about orders: two warnings and a demand.
struct Entered {
    warning: String,
    snoozed: String,
    demand: String,
}

impl Entered {
    async fn of(seller: &Seller, api: &Api) -> Self {
        let store = seller.host.store();
        let raise = async |cause| {
            let about = About::Subject("ORDER#CS1".parse().unwrap());
            let warning = Warning::new(about, &Raise { cause, since: now(), at: now(), due_at: None }, now());
            assert!(store.raise(&warning).await.unwrap());
            warning.warning_id.to_string()
        };
        let demand = api.post("/v1/demands", &json!({ "number": "XQ-1" })).await.expect(201);
        Self {
            warning: raise(Cause::SellerStep).await,
            snoozed: raise(Cause::BuyerSilent).await,
            demand: demand["demandId"].as_str().unwrap().to_owned(),
        }
    }

    fn good_requests(&self) -> Vec<GoodRequest> {
        let Self { warning, snoozed, demand } = self;
        let acknowledged = json!({ "reason": "it is known", "by": "Li" });
        let snooze = json!({ "reason": "on Friday", "until": "2098-12-05T01:00:00Z" });
        let received = json!({ "state": "converting" });
        vec![
            ("getOrder", "/v1/orders/CS1".to_owned(), None, 200),
            ("getOrderSummary", "/v1/orders/summary?month=2025-12".to_owned(), None, 200),
            ("listSupervisedOrders", "/v1/supervision".to_owned(), None, 200),
            ("openSupervision", SUPERVISION.to_owned(), Some(json!({ "flow": "standard" })), 200),
            ("enterStep", format!("{SUPERVISION}/need-submitted"), Some(json!({ "by": "Li" })), 200),
            ("listWarnings", "/v1/warnings".to_owned(), None, 200),
            ("getWarning", format!("/v1/warnings/{warning}"), None, 200),
            ("listWarningEvents", format!("/v1/warnings/{warning}/events"), None, 200),
            ("acknowledgeWarning", format!("/v1/warnings/{warning}/acknowledge"), Some(acknowledged), 200),
            ("snoozeWarning", format!("/v1/warnings/{snoozed}/snooze"), Some(snooze), 200),
            ("listDemands", "/v1/demands?state=waiting".to_owned(), None, 200),
            ("enterDemand", "/v1/demands".to_owned(), Some(json!({ "number": "XQ-2" })), 201),
            ("getDemand", format!("/v1/demands/{demand}"), None, 200),
            ("changeDemand", format!("/v1/demands/{demand}"), Some(received), 200),
            ("listActions", "/v1/actions".to_owned(), None, 200),
        ]
    }

    /// What does not exist, what does not follow, and what has ended.
    async fn refused(&self, api: &Api, seen: &mut Seen) {
        let Self { warning, snoozed, demand } = self;
        seen.see(api, "getOrder", "/v1/orders/CS3", None, 404).await;
        seen.see(api, "openSupervision", SUPERVISION, Some(&json!({ "flow": "hardware" })), 409).await;
        seen.see(api, "enterStep", &format!("{SUPERVISION}/accepted"), None, 409).await;
        seen.see(api, "enterStep", "/v1/orders/CS3/supervision/accepted", None, 404).await;
        let won = json!({ "state": "rejected" });
        seen.see(api, "changeDemand", &format!("/v1/demands/{demand}"), Some(&won), 409).await;
        let nobody = uuid::Uuid::now_v7();
        seen.see(api, "changeDemand", &format!("/v1/demands/{nobody}"), Some(&won), 404).await;
        seen.see(api, "getDemand", &format!("/v1/demands/{nobody}"), None, 404).await;
        let unknown = "0".repeat(32);
        seen.see(api, "getWarning", &format!("/v1/warnings/{unknown}"), None, 404).await;
        let ended = api.post(&format!("/v1/warnings/{snoozed}/acknowledge"), &json!({ "reason": "done" })).await;
        let _ = ended.expect(200);
        for (operation, path, body, _) in self.good_requests() {
            if matches!(operation, "acknowledgeWarning" | "snoozeWarning") {
                seen.see(api, operation, &path, body.as_ref(), 409).await;
                let path = path.replace(warning, &unknown).replace(snoozed, &unknown);
                seen.see(api, operation, &path, body.as_ref(), 404).await;
            }
        }
    }
}

const SUPERVISION: &str = "/v1/orders/CS1/supervision";

/// A request of each operation that succeeds.
fn good_requests(event: uuid::Uuid, parked: uuid::Uuid) -> Vec<GoodRequest> {
    let (activate, heartbeat) = (format!("/v1/licenses/{CODE}/activate"), format!("/v1/licenses/{CODE}/heartbeat"));
    let failure = json!({ "resultCode": "000100" });
    let usage_info = json!({ "usageInfo": [] });
    let license = json!({ "deviceFingerprint": "device-1", "text": "a license" });
    let usage = json!({ "usage_records": [record("sn-1")] });
    let imported = json!({ "kind": "license", "createdAt": "2025-01-01T00:00:00Z", "license": "IMPORTED-0001" });
    let imported = json!({ "rows": [imported] });
    let (resend, discard) = (resend(event), discard(parked));
    vec![
        ("listInstances", "/v1/instances?status=active".to_owned(), None, 200),
        ("listOrders", "/v1/orders".to_owned(), None, 200),
        ("listLicenses", "/v1/licenses".to_owned(), None, 200),
        ("listLicenseRequests", "/v1/license-requests".to_owned(), None, 200),
        ("listTenants", "/v1/tenants".to_owned(), None, 200),
        ("listEvents", "/v1/events?state=undelivered".to_owned(), None, 200),
        ("getInstance", "/v1/instances/b-1".to_owned(), None, 200),
        ("getEntitlement", "/v1/instances/b-1/entitlement".to_owned(), None, 200),
        ("putProvisioningFailure", "/v1/instances/b-1/provisioning-failure".to_owned(), Some(failure), 204),
        ("putAppInfo", "/v1/instances/b-1/app-info".to_owned(), Some(app_info()), 204),
        ("getUsageInfo", "/v1/instances/b-1/usage-info".to_owned(), None, 200),
        ("putUsageInfo", "/v1/instances/b-1/usage-info".to_owned(), Some(usage_info), 204),
        ("getPurchaseDetails", "/v1/instances/b-1/purchase-details".to_owned(), None, 200),
        ("getOrderDetails", ORDER_DETAILS.to_owned(), None, 200),
        ("listInstanceEvents", "/v1/instances/b-1/events".to_owned(), None, 200),
        ("listOrderEvents", "/v1/orders/CS1/events".to_owned(), None, 200),
        ("listLicenseEvents", format!("/v1/licenses/{CODE}/events"), None, 200),
        ("listTenantEvents", "/v1/tenants/t-1/events".to_owned(), None, 200),
        ("resendEvents", "/v1/events/resend".to_owned(), Some(resend), 202),
        ("discardEvents", "/v1/events/discard".to_owned(), Some(discard), 200),
        ("getTenant", "/v1/tenants/t-1".to_owned(), None, 200),
        ("getApplication", "/v1/tenants/t-1/applications/a-1".to_owned(), None, 200),
        ("tellClientSecret", "/v1/tenants/t-1/applications/a-1/client-secret".to_owned(), None, 200),
        ("listUsers", format!("/v1/tenants/t-1/users?{OF_APP}"), None, 200),
        ("getUser", format!("/v1/tenants/t-1/users/user-00001?{OF_APP}"), None, 200),
        ("getUserEntitlement", format!("/v1/tenants/t-1/users/user-00001/entitlement?{OF_APP}"), None, 200),
        ("importRows", "/v1/imports".to_owned(), Some(imported), 200),
        ("listDepartments", "/v1/tenants/t-1/departments?instanceId=b-1".to_owned(), None, 200),
        ("getLicense", format!("/v1/licenses/{CODE}"), None, 200),
        ("trace", "/v1/trace/CS1".to_owned(), None, 200),
        ("listProbes", "/v1/probes".to_owned(), None, 200),
        ("eraseInstance", "/v1/instances/b-2/erase".to_owned(), None, 200),
        ("eraseLicense", format!("/v1/licenses/{RELEASED}/erase"), None, 200),
        ("putLicense", "/v1/instances/b-9/licenses/e-1".to_owned(), Some(license), 204),
        ("putOrderLicense", "/v1/orders/CS1/license".to_owned(), Some(json!({ "text": "a license" })), 204),
        ("activateLicense", activate, None, 200),
        ("licenseHeartbeat", heartbeat, None, 200),
        ("pushUsage", "/v1/usage".to_owned(), Some(usage), 202),
        ("takeUsageRecords", "/v1/usage/records".to_owned(), Some(metered("r-1", "0.25")), 200),
        ("listUsageRecords", "/v1/usage/records?instanceId=b-1".to_owned(), None, 200),
        ("listUsageHours", "/v1/usage/hours?instanceId=b-1".to_owned(), None, 200),
        ("parkUsageHour", "/v1/usage/hours/park".to_owned(), Some(parked_hour(CLOSED_HOUR)), 204),
        ("resendUsageHour", "/v1/usage/hours/resend".to_owned(), Some(hour(CLOSED_HOUR)), 204),
        ("putPackageQuota", "/v1/instances/b-1/package".to_owned(), Some(json!({ "quota": "1000.5" })), 204),
        ("getPackageUse", "/v1/instances/b-1/package".to_owned(), None, 200),
        ("getDescription", "/v1/openapi.json".to_owned(), None, 200),
        ("getHealth", "/healthz".to_owned(), None, 200),
    ]
}

/// The same request with something in its path or query that no route takes; empty where there is nothing to spoil.
fn bad_path(path: &str) -> String {
    if let Some(bad) = settings::bad_path(path) {
        return bad;
    }
    match path {
        "/v1/instances?status=active" => "/v1/instances?status=gone".to_owned(),
        "/v1/events?state=undelivered" => "/v1/events?state=gone".to_owned(),
        "/v1/probes" => "/v1/probes?failed=perhaps".to_owned(),
        "/v1/demands?state=waiting" => "/v1/demands?state=gone".to_owned(),
        "/v1/orders/summary?month=2025-12" => "/v1/orders/summary?month=2025-13".to_owned(),
        "/v1/findings?month=2025-11" => "/v1/findings?month=2025-13".to_owned(),
        "/v1/supervision"
        | "/v1/statements"
        | "/v1/mappings"
        | "/v1/explanations"
        | "/v1/warnings"
        | "/v1/actions"
        | "/v1/orders"
        | "/v1/licenses"
        | "/v1/license-requests"
        | "/v1/tenants" => format!("{path}?limit=0"),
        "/healthz"
        | "/v1/openapi.json"
        | "/v1/usage"
        | "/v1/demands"
        | "/v1/findings"
        | "/v1/events/resend"
        | "/v1/events/discard"
        | "/v1/imports"
        | "/v1/usage/records"
        | "/v1/usage/hours/park"
        | "/v1/usage/hours/resend" => String::new(),
        path if path.starts_with("/v1/statements/") || path.starts_with("/v1/mappings/") => {
            path.replace(&statements::FILE.repeat(64), "x")
        }
        path if path.starts_with("/v1/findings/") => path.replace(&statements::FILE.repeat(64), "x"),
        path if path.starts_with("/v1/warnings/") || path.starts_with("/v1/demands/") => {
            let parts: Vec<&str> = path.split('/').collect();
            path.replace(parts[3], "x")
        }
        path => ["b-1", "b-2", "b-9", "t-1", "CS1", CODE, RELEASED]
            .iter()
            .fold(path.to_owned(), |path, id| path.replace(id, &"x".repeat(65))),
    }
}

/// Not there, gone, refused.
async fn not_there(api: &Api, good: &[GoodRequest], seen: &mut Seen) {
    for (operation, path, body, _) in good {
        if path.starts_with("/v1/instances/b-") {
            let unknown = ["b-1", "b-2", "b-9"].iter().fold(path.clone(), |path, id| path.replace(id, "b-3"));
            seen.see(api, operation, &unknown, body.as_ref(), 404).await;
        }
        if matches!(*operation, "getTenant" | "getApplication" | "tellClientSecret" | "getUser") {
            seen.see(api, operation, &path.replace("t-1", "t-2"), None, 404).await;
        }
        if *operation == "getUserEntitlement" {
            seen.see(api, operation, &path.replace("b-1", "b-3"), None, 404).await;
        }
        if matches!(*operation, "putAppInfo" | "putProvisioningFailure" | "putUsageInfo") {
            seen.see(api, operation, &path.replace("b-1", "b-2"), body.as_ref(), 409).await;
        }
    }
}

#[tokio::test]
async fn every_documented_status_is_met() {
    let mut seen = Seen::default();
    let (seller, api, stand_in) = deferred_with_open_api().await;
    for body in [purchase(), bought("b-2")] {
        assert_eq!(seller.say(&body).await, "000004");
    }
    seller.say_all(&[about(release(), "b-2")]).await;
    seller.sync_all(kit::one_of_each()).await;
    let code_of = |body: Value| with(body, "license", RELEASED);
    seller.say_all(&[bodies::freeze_code(), code_of(bodies::freeze_code()), code_of(bodies::release_code())]).await;
    seller.sell_licenses();
    assert_eq!(seller.say(&bought("b-9")).await, "000004");
    assert_eq!(seller.say(&about(bodies::get_license("e-1", "device-1"), "b-9")).await, "000004");
    stand_in.put_license(CODE.parse().unwrap(), LicenseInfo::default());
    let asked = [("activity", "getLicense"), ("orderId", "CS1")];
    assert_eq!(code_v1(&seller, InterfaceType::License, &asked).await, "000004");
    stand_in.put_order(order_info("CS1"));
    let event = seller.host.store().events(&"INSTANCE#b-1".parse().unwrap()).await.unwrap().remove(0);
    // An event that is resent has its order asked about anew.
    seller.host.store().resend(&event, now()).await.unwrap();
    while seller.instance("b-1").await.unwrap().life.bought.is_none() {
        tokio::task::yield_now().await;
    }
    closed_hour(&seller).await;
    let entered = Entered::of(&seller, &api).await;
    let mut good = good_requests(event.event.event_id, seller.park("INSTANCE#b-2", 0).await);
    good.extend(entered.good_requests());
    good.extend(statements::good_requests());
    good.extend(settings::good_requests());
    for (operation, path, body, status) in &good {
        seen.see(&api, operation, path, body.as_ref(), *status).await;
    }

    not_there(&api, &good, &mut seen).await;
    no_such_events(&api, &good, &mut seen).await;
    no_such_use(&api, &mut seen).await;
    entered.refused(&api, &mut seen).await;
    statements::refused(&api, &mut seen).await;
    settings::refused(&api, &mut seen).await;
    seen.see(&api, "getLicense", "/v1/licenses/ANOTHER-CODE", None, 404).await;
    seen.see(&api, "trace", "/v1/trace/CS2", None, 404).await;
    not_erased(&api, &mut seen).await;
    seen.see(&api, "getOrderDetails", "/v1/orders/CS2/details", None, 404).await;
    let another = json!({ "text": "another license" });
    seen.see(&api, "putOrderLicense", "/v1/orders/CS2/license", Some(&another), 404).await;
    seen.see(&api, "putOrderLicense", "/v1/orders/CS1/license", Some(&another), 409).await;
    seen.see(&api, "activateLicense", &format!("/v1/licenses/{CODE}/activate"), None, 409).await;
    seen.see(&api, "licenseHeartbeat", "/v1/licenses/ANOTHER-CODE/heartbeat", None, 409).await;
    v1_limit(&seller, &api, &mut seen).await;

    // What no route takes.
    let operations: BTreeMap<String, (String, Value)> = paths()
        .into_values()
        .flatten()
        .map(|(method, operation)| (operation["operationId"].as_str().unwrap().to_owned(), (method, operation)))
        .collect();
    for (operation, path, body, _) in &good {
        let (method, description) = &operations[*operation];
        let method: Method = method.to_uppercase().parse().unwrap();
        if !OPEN_OPERATIONS.contains(operation) {
            api.send(&method, path, "", None).await.expect(401);
            seen.0.insert(((*operation).to_owned(), "401".to_owned()));
        }
        let bad = bad_path(path);
        if !bad.is_empty() {
            seen.see(&api, operation, &bad, body.as_ref(), 400).await;
        }
        if description["requestBody"].is_object() {
            let huge = format!("\"{}\"", "x".repeat(4 << 20));
            for (content_type, body, status) in [
                ("application/json", "{".to_owned(), 400),
                ("text/plain", "{}".to_owned(), 415),
                ("application/json", huge, 413),
            ] {
                api.ask_with(&method, path, content_type, body).await.expect(status);
                seen.0.insert(((*operation).to_owned(), status.to_string()));
            }
        }
    }

    let knowing = Api::of(&seller).knowing("*");
    seen.see(&knowing, "getEntitlement", "/v1/instances/b-1/entitlement", None, 304).await;
    let of_user = format!("/v1/tenants/t-1/users/user-00001/entitlement?{OF_APP}");
    seen.see(&knowing, "getUserEntitlement", &of_user, None, 304).await;
    not_let_in(&good, &operations, &mut seen).await;
    tampered(&seller, &api, &mut seen).await;
    troubled(&good, &mut seen).await;

    let documented: BTreeSet<(String, String)> = operations
        .iter()
        .flat_map(|(id, (_, operation))| {
            operation["responses"].as_object().unwrap().keys().map(|status| (id.clone(), status.clone()))
        })
        .collect();
    let missing: Vec<_> =
        documented.difference(&seen.0).filter(|(operation, status)| !justified(operation, status)).collect();
    assert!(missing.is_empty(), "documented and never met: {missing:?}");
    let undocumented: Vec<_> = seen.0.difference(&documented).collect();
    assert!(undocumented.is_empty(), "met and not documented: {undocumented:?}");
}

/// What is not released keeps its data.
async fn not_erased(api: &Api, seen: &mut Seen) {
    seen.see(api, "eraseInstance", "/v1/instances/b-1/erase", None, 409).await;
    seen.see(api, "eraseLicense", "/v1/licenses/ANOTHER-CODE/erase", None, 404).await;
    seen.see(api, "eraseLicense", &format!("/v1/licenses/{CODE}/erase"), None, 409).await;
}

async fn v1_limit(seller: &Seller, api: &Api, seen: &mut Seen) {
    let told = [
        ("activity", "newInstance"),
        ("customerId", "c-1"),
        ("businessId", "b-4"),
        ("orderId", "CS4"),
        ("productId", "p-1"),
    ];
    say_v1(seller, &told).await;
    let too_long = with(app_info(), "password", "x".repeat(80));
    seen.see(api, "putAppInfo", "/v1/instances/b-4/app-info", Some(&too_long), 422).await;
}

/// Events that do not exist, and one that is not parked any more.
async fn no_such_events(api: &Api, good: &[GoodRequest], seen: &mut Seen) {
    let unknown = uuid::Uuid::now_v7();
    seen.see(api, "resendEvents", "/v1/events/resend", Some(&resend(unknown)), 404).await;
    for (operation, path, body, _) in good.iter().filter(|(operation, ..)| *operation == "discardEvents") {
        seen.see(api, operation, path, Some(&discard(unknown)), 404).await;
        seen.see(api, operation, path, body.as_ref(), 409).await;
    }
}

/// Wrong tokens, and tokens without the scope.
async fn not_let_in(good: &[GoodRequest], operations: &BTreeMap<String, (String, Value)>, seen: &mut Seen) {
    guessed(good, operations, seen).await;
    unscoped(good, operations, seen).await;
}

/// Tokens that lack the one scope that the description names.
async fn unscoped(good: &[GoodRequest], operations: &BTreeMap<String, (String, Value)>, seen: &mut Seen) {
    let (reads, others) = ("token-that-reads-only", "token-that-does-the-rest");
    let tokens = format!("a/read:{reads} b/provision,orders,usage,personal-data:{others}");
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", tokens)).await;
    for (operation, path, ..) in good.iter().filter(|(operation, ..)| !OPEN_OPERATIONS.contains(operation)) {
        let (method, description) = &operations[*operation];
        let needed = description["security"][0]["token"][0].as_str().unwrap();
        let token = if needed == "read" { others } else { reads };
        let method: Method = method.to_uppercase().parse().unwrap();
        Api::with_token(&seller, token).ask(&method, path, None).await.expect(403);
        seen.0.insert(((*operation).to_owned(), "403".to_owned()));
    }
}

/// Wrong tokens, until no more are looked at.
async fn guessed(good: &[GoodRequest], operations: &BTreeMap<String, (String, Value)>, seen: &mut Seen) {
    let (_seller, api) = start().await;
    let wrong = "Bearer a-wrong-token-of-some-length";
    for _ in 0..20 {
        api.send(&Method::GET, "/v1/orders", wrong, None).await.expect(401);
    }
    for (operation, path, ..) in good.iter().filter(|(operation, ..)| !OPEN_OPERATIONS.contains(operation)) {
        let method: Method = operations[*operation].0.to_uppercase().parse().unwrap();
        api.send(&method, path, wrong, None).await.expect(429);
        seen.0.insert(((*operation).to_owned(), "429".to_owned()));
    }
}

/// What is sealed at rest and was changed does not open.
async fn tampered(seller: &Seller, api: &Api, seen: &mut Seen) {
    let store = seller.host.store();
    for (partition, sort, name) in [
        ("INSTANCE#b-4", "DETAILS", "details"),
        ("ORDER#CS1", "DETAILS#CS1-000001", "details"),
        ("TENANT#t-1", "APPLICATION#a-1#b-1", "clientSecret"),
    ] {
        let update = store.client().update_item().table_name(store.table()).update_expression("SET #name = :bad");
        let update = update.key("pk", AttributeValue::S(partition.to_owned()));
        let update = update.key("sk", AttributeValue::S(sort.to_owned())).expression_attribute_names("#name", name);
        let bad = AttributeValue::B(Blob::new([0; 8]));
        update.expression_attribute_values(":bad", bad).send().await.unwrap();
    }
    seen.see(api, "tellClientSecret", "/v1/tenants/t-1/applications/a-1/client-secret", None, 500).await;
    seen.see(api, "getOrderDetails", ORDER_DETAILS, None, 500).await;
    seen.see(api, "getPurchaseDetails", "/v1/instances/b-4/purchase-details", None, 500).await;
    assert!(seller.api_records().last().unwrap().reason.is_some(), "the log says why");
}

/// The store down or closed to us, no AK and SK, a wrong SK, other access keys, and a KooGallery that hangs up.
async fn troubled(good: &[GoodRequest], seen: &mut Seen) {
    let faulty = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(faulty.endpoint()), with_token).await;
    let nobody = "http://127.0.0.1:9/";
    let closed = Seller::at(Some(faulty.endpoint()), |ours| at_open_api(with_token(ours), nobody, SK)).await;
    faulty.always(Fault::InternalError);
    for (operation, path, body, _) in good.iter().filter(|(operation, ..)| !OPEN_OPERATIONS.contains(operation)) {
        seen.see(&Api::of(&seller), operation, path, body.as_ref(), 503).await;
    }
    // What stays so until somebody mends it is not told as "try again".
    faulty.always(Fault::Denied);
    for (operation, path, body, _) in good.iter().filter(|(operation, ..)| {
        !matches!(*operation, "getDescription" | "getHealth" | "activateLicense" | "licenseHeartbeat" | "pushUsage")
    }) {
        seen.see(&Api::of(&closed), operation, path, body.as_ref(), 500).await;
    }
    let reason = |operation: &str| {
        let record = seller.api_records().into_iter().find(|record| record.route.contains(operation)).unwrap();
        record.reason.unwrap_or_default()
    };
    assert!(reason("app-info").contains("store"), "{}", reason("app-info"));

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hung_up = format!("http://{}", gone.local_addr().unwrap());
    tokio::spawn(async move { while gone.accept().await.is_ok() {} });
    let (misled, wrong, _stand_in) = with_open_api("another secret key").await;
    let broken = Seller::with(|environment| at_open_api(with_token(environment), &hung_up, SK)).await;
    for seller in [&misled, &broken] {
        seller.say_all(&[purchase()]).await;
        seller.sell_licenses();
        seller.say_all(&[bought("b-9")]).await;
        assert_eq!(seller.say(&about(bodies::get_license("e-1", "device-1"), "b-9")).await, "000004");
    }
    let to_koogallery = good.iter().filter(|(operation, ..)| {
        matches!(*operation, "activateLicense" | "licenseHeartbeat" | "pushUsage" | "putLicense" | "getOrderDetails")
    });
    for (operation, path, body, _) in to_koogallery {
        seen.see(&wrong, operation, path, body.as_ref(), 502).await;
        if !matches!(*operation, "licenseHeartbeat" | "getOrderDetails") {
            seen.see(&Api::of(&broken), operation, path, body.as_ref(), 504).await;
        }
    }

    let other = AccessKeys::from_json(r#"{"basic":["another-key"]}"#).unwrap();
    let stand_in = StandIn::start(Credentials::new(AK, SK).unwrap(), other, now).await.unwrap();
    let endpoint = stand_in.endpoint().to_string();
    let seller = Seller::with(|environment| at_open_api(with_token(environment), &endpoint, SK)).await;
    let usage = json!({ "usage_records": [record("sn-1")] });
    seen.see(&Api::of(&seller), "pushUsage", "/v1/usage", Some(&usage), 422).await;
}
