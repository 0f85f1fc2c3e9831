//! What a callback costs on AWS: its requests are counted here, and docs/cost.md has the prices. The page is compared with the count,
//! and written anew with `KOOGALLERY_TEST_WRITE=1`.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use koogallery::{Callback, canonical_form};
use koogallery_local::marketplace::{SignedCall, new_nonce};
use koogallery_runtime::now;
use koogallery_tests::bodies::{self, FUTURE, with};
use koogallery_tests::counted::Counted;
use koogallery_tests::deployment::Deployment;
use koogallery_tests::kit::{self, Dialect};
use serde_json::{Value, json};

/// Set to write the page instead of comparing it.
const WRITE: &str = "KOOGALLERY_TEST_WRITE";
/// The lines of the page that are made here.
const BEGIN: &str = "<!-- counted -->\n";
const END: &str = "<!-- end -->\n";

/// What each callback's call took, in the order of an instance's life.
async fn count() -> Vec<(Callback, Counted)> {
    let deployment = Deployment::start(|environment| environment).await;
    // The first life makes the data key, and meets what a function meets only once.
    play(&deployment, "1").await;
    play(&deployment, "2").await
}

async fn play(deployment: &Deployment, life: &str) -> Vec<(Callback, Counted)> {
    let mut counted = Vec::new();
    for call in calls(deployment, life) {
        let (callback, call) = call;
        let before = deployment.counted(callback.function());
        let code = deployment.send(&call).await;
        assert!(["000000", "000004"].contains(&code), "{callback:?} {code}");
        counted.push((callback, deployment.counted(callback.function()) - before));
    }
    counted
}

fn calls(deployment: &Deployment, life: &str) -> Vec<(Callback, SignedCall)> {
    let (id, code) = (format!("i-{life}"), format!("CODE-{life}"));
    let order = |name: &str| format!("{name}-{life}");
    let of = |body: Value| with(body, "instanceId", &*id);
    let of_code = |body: Value| with(body, "license", &*code);
    let order_line = format!("{}-000001", order("N"));
    let bought =
        json!({ "activity": "newInstance", "orderId": order("N"), "orderLineId": order_line, "businessId": id });
    let notice = with(with(bodies::order_notice(), "orderId", order("N")), "orderLineId", order_line.as_str());
    let basic = [
        (Callback::NewInstance, bought),
        (Callback::QueryInstance, of(bodies::query())),
        (Callback::ChangeInstanceCheck, of(bodies::change_check())),
        (Callback::RefreshInstance, of(bodies::renewal(&order("R"), FUTURE))),
        (Callback::UpdateInstanceStatus, of(bodies::freeze())),
        (Callback::UpdateInstanceStatus, of(bodies::unfreeze())),
        (Callback::UpgradeInstance, of(bodies::upgrade(&order("U")))),
        (Callback::OrderNotify, notice),
        (Callback::RefreshLicenseCode, of_code(bodies::renew_code(&order("L"), FUTURE))),
        (Callback::UpdateLicenseCodeStatus, of_code(bodies::freeze_code())),
        (Callback::ReleaseLicenseCode, of_code(bodies::release_code())),
    ];
    // Each is signed after the one before, as KooGallery does: what was signed in the same millisecond takes more requests.
    let mut signed_at = now();
    let mut next = || {
        signed_at = signed_at.saturating_add(Duration::from_millis(5));
        signed_at
    };
    let sign = |body: Value, key, at| {
        let body = canonical_form(body.to_string().as_bytes()).unwrap();
        SignedCall::basic(key, body, at, &new_nonce())
    };
    let key = |callback: Callback| deployment.marketplace.key(callback.interface_types()[0]).unwrap();
    let mut calls: Vec<_> =
        basic.into_iter().map(|(callback, body)| (callback, sign(body, key(callback), next()))).collect();
    for (callback, body) in kit::one_of_each() {
        let said = (callback, with(with(body, "tenantId", format!("t-{life}")), "instanceId", &*id));
        calls.push((callback, kit::signed_at(deployment.kit_key(), Dialect::V2, &said, next())));
    }
    let licensed = format!("l-{life}");
    let bought = json!({ "activity": "newInstance", "orderId": order("K"), "orderLineId": format!("{}-000001", order("K")), "businessId": licensed });
    let license = deployment.marketplace.key(koogallery::InterfaceType::License).unwrap();
    calls.push((Callback::NewInstance, sign(bought, license, next())));
    let asked = with(bodies::get_license(&format!("e-{life}"), "device-1"), "instanceId", licensed);
    calls.push((Callback::GetLicenseAsync, sign(asked, license, next())));
    calls.push((Callback::ReleaseInstance, sign(of(bodies::release()), key(Callback::ReleaseInstance), next())));
    calls
}

/// The prices in the page, in US dollars, by the names in its table.
fn prices(page: &str) -> BTreeMap<&str, f64> {
    let table = page.split("## Prices").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.filter_map(|(name, price)| Some((name, price.trim().parse().ok()?))).collect()
}

fn rows(counted: &[(Callback, Counted)], prices: &BTreeMap<&str, f64>) -> String {
    let price = |name: &str| *prices.get(name).unwrap_or_else(|| panic!("docs/cost.md has no price of: {name}"));
    let mut rows = String::from(
        "| a call | requests to DynamoDB | read units | write units | DynamoDB $ | Lambda $ | logs $ | $ for a million |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let lambda = 2.0 * price("a million invocations")
        + price("billed milliseconds of a call, both functions together") * 1e3 * 0.25 * price("a GB-second, arm64");
    let logs = price("bytes of log of a call") * 1e6 / 1e9 * price("a GB of logs, taken in");
    for (callback, counted) in counted {
        let Counted { requests, read_units, write_units } = counted;
        let store = read_units * price("a million read units") + write_units * price("a million write units");
        let all = store + lambda + logs;
        writeln!(
            rows,
            "| {} | {requests} | {read_units} | {write_units} | {store:.2} | {lambda:.2} | {logs:.2} | {all:.2} |",
            callback.function()
        )
        .unwrap();
    }
    rows
}

#[tokio::test]
async fn the_page_about_cost_has_what_is_counted() {
    // Capacity is counted by the store; another one than the embedded may round differently.
    if koogallery_tests::other_dynamodb().is_some() {
        return;
    }
    let mut counted = count().await;
    // The same callback twice: the first stands for both.
    let mut seen = BTreeSet::new();
    counted.retain(|(callback, _)| seen.insert(callback.function()));
    assert_eq!(counted.len(), Callback::ALL.len(), "`count` in this file sends a call of each callback");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cost.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (told, after) = rest.split_once(END).unwrap();
    let rows = rows(&counted, &prices(&page));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{rows}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(told, rows, "docs/cost.md is stale: {WRITE}=1 cargo test --workspace --test behaviour -- cost::");
}
