//! Statements: imported with a mapping that is confirmed once, kept as they are, and compared with orders. All that differs is found,
//! and nothing else.

use std::cell::Cell;
use std::collections::BTreeSet;

use koogallery_local::api::Api as Command;
use koogallery_local::simulate::StatementMonth;
use koogallery_local::statements::{Compare, Compared, Import, ImportError, Imported, explain, keep, write_csv};
use koogallery_statements::{Calendar, Digest, Names, Settings, Subject};
use koogallery_tests::Seller;
use koogallery_tests::api::TOKEN;
use koogallery_tests::bodies::{self, with};
use serde_json::{Value, json};

use super::start;

const TITLES: &str =
    "订单号,订单行号,原订单号,账期,账单类型,订单类型,计费模式,商品名称,成交价,结算金额(元),结算时间,客户名称,备注";

fn line(id: &str, amount: &str, settled_on: &str) -> String {
    format!("{id},{id}-000001,,2025-11,消费,新订,包周期,p,{amount},{amount},{settled_on},Some Buyer,=1+1")
}

/// A bill of November: two orders, a refund and an adjustment.
fn bill() -> String {
    let refund = "CS2511900001,,CS2511000001,2025-11,退款,退订,包周期,p,-5.00,-5.00,2026-01-05,,";
    let adjustment = ",,,2025-11,调账,费用调账,,p,-1.10,-1.10,2026-01-05,,";
    let orders = ["CS2511000001", "CS2511000002"].map(|id| line(id, "5.00", "2026-01-05"));
    format!("{TITLES}\n{}\n{refund}\n{adjustment}\n", orders.join("\n"))
}

fn command(seller: &Seller) -> Command {
    Command::new(&seller.host.seller_api(), TOKEN.to_owned()).unwrap()
}

async fn import(api: &Command, name: &str, file: &str, confirmed: &Cell<usize>) -> Result<Imported, ImportError> {
    let names = Names::known().unwrap();
    let import = Import { api, names: &names, written: &[], is_part: false, by: Some("Li") };
    let confirm = |_: &_, _: &_| {
        confirmed.set(confirmed.get() + 1);
        true
    };
    import.file(name, file.as_bytes(), confirm, |_, _| ()).await
}

async fn compare(api: &Command) -> Compared {
    let (calendar, settings) = (Calendar::china().unwrap(), Settings::default());
    let month = Some("2025-11".parse().unwrap());
    let compare =
        Compare { api, month, calendar: &calendar, settings: &settings, today: "2026-02-20".parse().unwrap() };
    compare.run(|_| ()).await.unwrap()
}

fn found(compared: &Compared) -> BTreeSet<(String, String)> {
    let open = compared.matched.findings.iter().filter(|finding| finding.is_open());
    open.map(|finding| {
        let about = match &finding.subject {
            Subject::Order(order) => order.clone(),
            _ => finding.evidence.stated.unwrap().to_string(),
        };
        (finding.kind.code().to_owned(), about)
    })
    .collect()
}

async fn a_month_of(orders: u32, planted: u32) {
    let report = StatementMonth { orders, planted, folder: None }.play(|_| ()).await.unwrap();
    assert!(report.is_right(), "{report}");
    assert_eq!((report.orders, report.files), (orders as usize, 3));
    assert_eq!(report.planted.len(), planted as usize, "each is another one: {report}");
    let kinds: BTreeSet<&str> = report.found.iter().map(|(kind, _)| kind.as_str()).collect();
    let all = [
        "active-but-unpaid",
        "amount-differs",
        "duplicate",
        "in-statement-only",
        "overdue:bill",
        "overdue:payment",
        "overdue:refund",
        "refunded-but-active",
        "released-but-billed",
        "usage-differs",
    ];
    assert_eq!(kinds, all.into());
}

#[tokio::test]
async fn a_month_with_discrepancies_of_every_kind() {
    a_month_of(150, 30).await;
}

#[tokio::test]
#[ignore = "it takes minutes; it is the size that the command is made for"]
async fn a_month_of_5000_orders_with_200_discrepancies() {
    a_month_of(5000, 200).await;
}

#[tokio::test]
async fn what_was_found_is_kept_for_others() {
    let (seller, api) = start().await;
    let (command, confirmed) = (command(&seller), Cell::new(0));
    let strangers: Vec<String> = (0..120).map(|number| line(&format!("CS2511{number:06}"), "5.00", "")).collect();
    let file = format!("{TITLES}\n{}\n", strangers.join("\n"));
    import(&command, "bill.csv", &file, &confirmed).await.unwrap();
    let compared = compare(&command).await;
    assert!(!compared.is_settled());
    keep(&command, &compared, Some("Li")).await.unwrap();
    let (mut kept, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = api.get(&format!("/v1/findings?month=2025-11{cursor}")).await.expect(200);
        assert_eq!((&page["total"], &page["by"]), (&json!(120), &json!("seller API: Li")));
        let findings = page["findings"].as_array().unwrap().iter();
        kept.extend(findings.map(|kept| kept["finding"]["subject"]["order"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(kept.len(), 120);
}

#[tokio::test]
async fn the_same_file_twice_adds_nothing_and_a_mapping_is_confirmed_once() {
    let (seller, api) = start().await;
    let (command, confirmed) = (command(&seller), Cell::new(0));
    let first = import(&command, "bill.csv", &bill(), &confirmed).await.unwrap();
    let rows = first.statement["rows"].as_u64().unwrap();
    assert_eq!((rows, confirmed.get()), (4, 1));
    assert_eq!(first.statement["by"], "seller API: Li");
    let again = import(&command, "other name.csv", &bill(), &confirmed).await.unwrap();
    assert!(again.was_known, "{again}");
    assert_eq!((&again.statement, confirmed.get()), (&first.statement, 1));

    // Another file with the same titles needs no question, and is another statement.
    let more = format!("{TITLES}\n{}\n", line("CS2511999999", "5.00", ""));
    import(&command, "more.csv", &more, &confirmed).await.unwrap();
    assert_eq!(confirmed.get(), 1);
    let listed = api.get("/v1/statements").await.expect(200)["statements"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let mappings = api.get("/v1/mappings").await.expect(200)["mappings"].clone();
    assert_eq!((mappings.as_array().unwrap().len(), &mappings[0]["by"]), (1, &json!("seller API: Li")));

    // The sums of the file are kept beside it, and no customer.
    let file = first.statement["file"].as_str().unwrap();
    let statement = api.get(&format!("/v1/statements/{file}")).await.expect(200);
    assert_eq!(
        statement["totals"].as_array().unwrap().len(),
        6,
        "of three kinds, with and without a currency: {statement}"
    );
    let kept = api.get(&format!("/v1/statements/{file}/rows?limit=200")).await.expect(200);
    assert_eq!(kept["rows"].as_array().unwrap().len() as u64, rows);
    assert!(!kept.to_string().contains("Some Buyer"), "{kept}");
    let actions = api.get(&format!("/v1/actions?about=STATEMENT%23{file}")).await.expect(200)["actions"].clone();
    let what: Vec<&Value> = actions.as_array().unwrap().iter().map(|action| &action["what"]).collect();
    assert_eq!(what, ["statement.import"]);
}

#[tokio::test]
async fn rows_do_not_change_and_an_import_that_broke_off_goes_on() {
    let (seller, api) = start().await;
    let (command, confirmed) = (command(&seller), Cell::new(0));
    let file = format!("{TITLES}\n{}\n", line("CS2511000001", "5.00", ""));
    let digest = Digest::of(file.as_bytes()).to_string();
    let begin = json!({ "name": "bill.csv", "rows": 1, "totals": [{ "billKind": "consumption", "currency": "CNY", "rows": 1,
        "list": "0", "customer": "0", "deal": "0", "settlement": "5.00", "fee": "0" }, { "billKind": "consumption", "rows": 1,
        "list": "0", "customer": "0", "deal": "5.00", "settlement": "0", "fee": "0" }] });
    let at = format!("/v1/statements/{digest}");
    api.put(&at, &begin).await.expect(201);
    api.put(&at, &begin).await.expect(200);
    let told = api.post(&format!("{at}/finish"), &json!({})).await.expect(409);
    assert!(told["detail"].as_str().unwrap().contains("0 of 1 rows"), "{told}");
    let row = |order: &str, file: &str| {
        json!({ "rows": [{ "place": { "file": file, "sheet": 0, "row": 2 }, "kind": "bill",
        "orderId": order, "amounts": {}, "saysSettledOn": true, "other": [] }] })
    };
    let wrong = api.post(&format!("{at}/rows"), &row("CS1", &"0".repeat(64))).await.expect(400);
    assert!(wrong["detail"].as_str().unwrap().contains("place.file"), "{wrong}");
    let kept = api.post(&format!("{at}/rows"), &row("CS1", &digest)).await.expect(200);
    assert_eq!(kept, json!({ "new": 1, "known": 0 }));
    let kept = api.post(&format!("{at}/rows"), &row("CS1", &digest)).await.expect(200);
    assert_eq!(kept, json!({ "new": 0, "known": 1 }));
    let stands = api.post(&format!("{at}/rows"), &row("CS2", &digest)).await.expect(409);
    assert_eq!(stands["type"], "/problems/statement-stands");
    let other = api.post(&format!("{at}/finish"), &json!({})).await.expect(409);
    assert!(other["detail"].as_str().unwrap().contains("do not add up"), "{other}");
    // What was not finished is not compared.
    assert!(compare(&command).await.matched.findings.is_empty());

    // A file of which some rows came before the import broke off.
    let digest = Digest::of(bill().as_bytes()).to_string();
    let imported = import(&command, "whole.csv", &bill(), &confirmed).await.unwrap();
    assert_eq!(imported.statement["file"], digest);
    let at = format!("/v1/statements/{digest}");
    let closed = api.post(&format!("{at}/rows"), &row("CS1", &digest)).await.expect(409);
    assert!(closed["detail"].as_str().unwrap().contains("finished"), "{closed}");
    api.post(&format!("{at}/finish"), &json!({})).await.expect(200);
    api.get(&format!("/v1/statements/{}", "1".repeat(64))).await.expect(404);
    api.get("/v1/statements/1").await.expect(400);
}

#[tokio::test]
async fn an_explanation_stands_and_no_cell_is_a_formula() {
    let (seller, api) = start().await;
    let (command, confirmed) = (command(&seller), Cell::new(0));
    let file = format!("{TITLES}\n{}\n", line("=HYPERLINK(1)", "5.00", "2026-01-05"));
    import(&command, "bill.csv", &file, &confirmed).await.unwrap();
    let before = compare(&command).await;
    assert_eq!(found(&before), [("in-statement-only".to_owned(), "=HYPERLINK(1)".to_owned())].into());
    let id: Digest = before.matched.findings[0].id.to_string().parse().unwrap();
    explain(&command, &id, "=settled by hand", Some("Li")).await.unwrap();
    let after = compare(&command).await;
    assert!(after.is_settled(), "{after}");
    let explained = after.matched.findings[0].explained.clone().unwrap();
    assert_eq!((explained.note.as_str(), explained.who.as_str()), ("=settled by hand", "seller API: Li"));
    let mut csv = Vec::new();
    write_csv(&after, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.contains(",'=HYPERLINK(1),") && csv.contains(",'=settled by hand,"), "{csv}");
    keep(&command, &after, None).await.unwrap();
    let kept = api.get("/v1/findings?month=2025-11").await.expect(200);
    assert_eq!(kept["findings"][0]["explanation"]["note"], "=settled by hand");
    let empty = api.get("/v1/findings?month=2024-11").await.expect(200);
    assert_eq!((&empty["findings"], &empty["total"]), (&json!([]), &Value::Null));
    let actions = api.get("/v1/actions").await.expect(200).to_string();
    assert!(actions.contains("finding.explain") && actions.contains("mapping.confirm"), "{actions}");
}

#[tokio::test]
async fn what_calls_said_of_orders_is_told_for_the_comparison() {
    let (seller, api) = start().await;
    seller.say_all(&[super::bought("b-1")]).await;
    let facts = api.get("/v1/orders/facts?ids=b-1,unknown").await.expect(200);
    let orders = facts["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "{facts}");
    let expected = json!({ "id": "b-1", "status": "active", "releasedOn": null });
    assert_eq!((&orders[0]["kind"], &orders[0]["instance"]["id"]), (&json!("purchase"), &expected["id"]));
    assert_eq!((&orders[0]["supervised"], &orders[0]["lines"]), (&json!("no"), &json!(1)));

    // A renewal is in effect when the period before it ends; a refund names what it takes back.
    let refresh = |order: &str, scene: &str| {
        let refresh = with(bodies::refresh(order, scene, bodies::FUTURE), "orderLineId", format!("{order}-000001"));
        with(refresh, "instanceId", "b-1")
    };
    seller.say_all(&[refresh("R1", "RENEWAL"), refresh("R2", "RENEWAL")]).await;
    seller.say_all(&[refresh("X1", "UNSUBSCRIBE_RENEWAL_PERIOD")]).await;
    let facts = api.get("/v1/orders/facts?ids=R1,R2,X1").await.expect(200);
    let of = |number: usize, name: &str| facts["orders"][number][name].clone();
    assert_eq!(
        (of(0, "kind"), of(0, "original"), of(0, "inEffectFrom")),
        (json!("renewal"), json!("b-1"), Value::Null)
    );
    assert_eq!(of(1, "inEffectFrom"), "2100-01-01", "in Beijing");
    assert_eq!((of(2, "kind"), of(2, "refundOf")), (json!("refund"), json!("R2")));
    let day = koogallery_runtime::now().to_rfc_3339();
    let week = super::ago(7 * super::DAY).to_rfc_3339();
    let listed = api.get(&format!("/v1/orders/facts?from={week}&to={day}")).await.expect(200);
    let ids: Vec<&str> =
        listed["orders"].as_array().unwrap().iter().map(|order| order["orderId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["R1", "R2", "X1", "b-1"]);
    for bad in ["", "?ids=b-1&from=2025-12-01T00:00:00Z", "?from=2025-12-01T00:00:00Z&to=2026-02-01T00:00:00Z"] {
        api.get(&format!("/v1/orders/facts{bad}")).await.expect(400);
    }
}
