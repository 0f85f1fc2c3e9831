//! Statements that operators import in a browser: the columns are confirmed once, nothing is kept before that, nothing twice, and nothing
//! of a file with a row that cannot be read.

use koogallery_local::api::Api as Command;
use koogallery_statements::Digest;
use koogallery_store::{KeptRow, Place, RowKept, StatementFile};
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::browser::Page;

use super::world::World;

const TITLES: &str = "订单号,账期,账单类型,成交价,结算金额(元),结算时间,客户名称,备注";
const WHY: (&str, &str) = ("reason", "the bill of November");

fn bill(rows: &[&str]) -> String {
    format!("{TITLES}\n{}\n", rows.join("\n"))
}

fn november() -> String {
    bill(&[
        "CS2511000001,2025-11,消费,5.00,4.50,2026-01-05,Some Buyer,note",
        "CS2511000002,2025-11,消费,7.00,6.50,,Some Buyer,",
        "合计,,,12.00,11.00,,,",
    ])
}

async fn world() -> World {
    let world = World::with(|environment| environment.with("KOOGALLERY_API_TOKEN", format!("crm:{TOKEN}"))).await;
    let page = world.open("/").await;
    let fields = [("language", "en"), ("zone", "+00:00")];
    let page = world.browser.submit_to(&page, "/console/settings", &fields).await;
    assert_eq!(world.browser.follow(page).await.status, 200);
    world
}

/// Sends a file from a page, and follows it.
async fn send(world: &World, page: &Page, typed: &[(&str, &str)], file: (&str, &[u8])) -> Page {
    let sent = world.browser.upload(page, "/console/statements", &[&[WHY], typed].concat(), file).await;
    world.browser.follow(sent).await
}

async fn kept(world: &World) -> Vec<StatementFile> {
    world.seller.host.store().statements(Place::default(), 100).await.unwrap().members
}

async fn acted(world: &World) -> Vec<String> {
    world.actions().await.into_iter().map(|action| action.what).collect()
}

#[tokio::test]
async fn the_columns_are_confirmed_once_and_the_same_file_adds_nothing() {
    let world = world().await;
    let (file, money) = (november(), world.open("/money").await);
    let asked = send(&world, &money, &[], ("bill.csv", file.as_bytes())).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    for text in ["value=\"1: 订单号\"", "value=\"4: 成交价\"", "Not understood, and not kept: 备注", "2 rows."]
    {
        assert!(asked.body.contains(text), "{text}: {}", asked.body);
    }
    assert!(asked.body.contains("id=\"agrees\"") && asked.body.contains(">12.00<"), "{}", asked.body);
    assert!(asked.body.len() <= 50 << 10, "{} bytes", asked.body.len());
    assert!(kept(&world).await.is_empty() && acted(&world).await.is_empty(), "nothing is kept before");

    let done = send(&world, &asked, &[], ("bill.csv", file.as_bytes())).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.url.path().starts_with("/console/statements/"), "{}", done.url);
    for text in ["The statement is imported", "bill.csv", "<dd id=\"rows\">2</dd>", "id=\"agrees\""] {
        assert!(done.body.contains(text), "{text}: {}", done.body);
    }
    assert_eq!(acted(&world).await, ["mapping.confirm", "statement.import"]);
    let actions = world.actions().await;
    assert!(actions.iter().all(|action| action.reason.as_ref().unwrap().as_str() == WHY.1), "{actions:?}");

    let again = send(&world, &world.open("/money").await, &[], ("other name.csv", file.as_bytes())).await;
    assert!(again.body.contains("This file was imported before: nothing is added"), "{}", again.body);
    let next = bill(&["CS2512000001,2025-12,消费,8.00,7.50,,,"]);
    let next = send(&world, &world.open("/money").await, &[], ("december.csv", next.as_bytes())).await;
    assert!(next.body.contains("The statement is imported"), "its titles are known: {}", next.body);
    assert!(next.body.contains("The file has no line of totals"), "{}", next.body);
    assert_eq!((kept(&world).await.len(), acted(&world).await.len()), (2, 3));
    let listed = world.open("/money").await;
    assert!(listed.body.contains("december.csv") && listed.body.contains(done.url.path()), "{}", listed.body);

    // The commands and the seller API see the same, and nothing of the customer is there.
    let digest = Digest::of(file.as_bytes());
    let shown = Api::of(&world.seller).get(&format!("/v1/statements/{digest}")).await.expect(200);
    assert_eq!((&shown["totals"][0]["deal"], &shown["totals"][0]["rows"]), (&"12.00".into(), &2.into()));
    assert_eq!((&shown["checks"][0]["stated"], shown["checks"].as_array().unwrap().len()), (&"12.00".into(), 2));
    let api = Command::new(&world.seller.host.seller_api(), TOKEN.to_owned()).unwrap();
    let rows = api.pages(&["statements", &digest.to_string(), "rows"], &[], "rows").await.unwrap();
    assert_eq!((rows.len(), &rows[0]["orderId"]), (2, &"CS2511000001".into()));
    let text = serde_json::to_string(&rows).unwrap();
    assert!(!text.contains("Some Buyer") && !text.contains("note"), "{text}");
}

#[tokio::test]
async fn a_person_may_say_that_a_column_is_another_one() {
    let world = world().await;
    let file = "Ref,When,How much\nCS2511000001,2025-11,5.00\n";
    let asked = send(&world, &world.open("/money").await, &[], ("a.csv", file.as_bytes())).await;
    assert!(asked.body.contains("id=\"problem\""), "nothing says how much: {}", asked.body);
    let wrong = [("0.dealAmount", "9: nothing")];
    let wrong = send(&world, &asked, &wrong, ("a.csv", file.as_bytes())).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let right = [("0.kind", "bill"), ("0.month", "2"), ("0.dealAmount", "3: How much"), ("0.amountsIn", "usd")];
    let done = send(&world, &asked, &right, ("a.csv", file.as_bytes())).await;
    assert!(done.body.contains("The statement is imported") && done.body.contains(">USD<"), "{}", done.body);
    let again = "Ref,When,How much\nCS2511000002,2025-11,6.00\n";
    let again = send(&world, &world.open("/money").await, &[], ("b.csv", again.as_bytes())).await;
    assert!(again.body.contains(">6.00<") && again.body.contains(">USD<"), "{}", again.body);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_its_row_and_nothing_of_it_is_kept() {
    let world = world().await;
    let money = world.open("/money").await;
    let asked = send(&world, &money, &[], ("a.csv", november().as_bytes())).await;
    let wrong = bill(&["CS2511000001,2025-11,消费,5.00,4.50,,,", "CS2511000002,2025-11,消费,five,6.50,,,"]);
    let proposed = send(&world, &money, &[], ("wrong.csv", wrong.as_bytes())).await;
    assert!(proposed.body.contains("row 3, column “成交价”"), "{}", proposed.body);
    let refused = send(&world, &asked, &[], ("wrong.csv", wrong.as_bytes())).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert!(refused.body.contains("row 3, column “成交价”: this is no amount"), "{}", refused.body);
    let large = vec![b'x'; (4 << 20) + 1];
    for (name, file, says) in [
        ("a.xls", &[0xd0, 0xcf, 0x11, 0xe0, 0][..], "this is an old .xls workbook"),
        ("a.csv", &b"nothing"[..], "no row has titles"),
        ("a.csv", &b""[..], "Choose a file"),
        ("a.csv", &large[..], "larger than 4 MB"),
        ("a.xlsx", &b"PK\x03\x04"[..], "not imported"),
    ] {
        let page = send(&world, &money, &[], (name, file)).await;
        assert_eq!(page.status, 400, "{name}: {}", page.body);
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    let unsaid = world.browser.upload(&money, "/console/statements", &[("reason", " ")], ("a.csv", b"x")).await;
    assert_eq!(unsaid.status, 400, "nobody said why");
    assert!(kept(&world).await.is_empty() && acted(&world).await.is_empty());
}

#[tokio::test]
async fn totals_of_the_file_that_are_not_the_sums_of_its_rows_are_told() {
    let world = world().await;
    let file = bill(&["CS2511000001,2025-11,消费,5.00,4.50,,,", "合计,,,6.00,4.50,,,"]);
    let asked = send(&world, &world.open("/money").await, &[], ("a.csv", file.as_bytes())).await;
    let differs = "row 3, “Amount of the deal”: the file says 6.00, and its rows add up to 5.00";
    assert!(asked.body.contains(differs), "{}", asked.body);
    let done = send(&world, &asked, &[], ("a.csv", file.as_bytes())).await;
    assert!(done.body.contains(differs) && done.body.contains("The statement is imported"), "{}", done.body);
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on_and_rows_do_not_change() {
    let world = world().await;
    let store = world.seller.host.store();
    let file = november();
    let asked = send(&world, &world.open("/money").await, &[], ("a.csv", file.as_bytes())).await;
    drop(send(&world, &asked, &[], ("a.csv", file.as_bytes())).await);
    // Another file with the same titles, whose import broke off after its first row.
    let other = bill(&["CS2511000003,2025-11,消费,5.00,4.50,,,", "CS2511000004,2025-11,消费,5.00,4.50,,,"]);
    let like = &kept(&world).await[0];
    let digest = koogallery::Text::try_from(Digest::of(other.as_bytes()).to_string()).unwrap();
    let begun = StatementFile { file: digest.clone(), finished_at: None, ..like.clone() };
    store.begin_statement(&begun).await.unwrap();
    let refused = send(&world, &world.open("/money").await, &[], ("b.csv", other.as_bytes())).await;
    assert_eq!(refused.status, 409, "it began with other sums: {}", refused.body);

    let third = bill(&["CS2511000005,2025-11,消费,5.00,4.50,,,"]);
    let digest = koogallery::Text::try_from(Digest::of(third.as_bytes()).to_string()).unwrap();
    let row = KeptRow { place: "00000#0000000002".parse().unwrap(), row: "{}".to_owned() };
    assert_eq!(store.keep_row(&digest, &row).await.unwrap(), RowKept::New);
    let refused = send(&world, &world.open("/money").await, &[], ("c.csv", third.as_bytes())).await;
    assert_eq!(refused.status, 409, "another row is there: {}", refused.body);
    let page = world.open(&format!("/statements/{}", digest.as_str())).await;
    assert!(page.body.contains("Not finished: choose the same file again"), "{}", page.body);

    let fourth = bill(&["CS2511000006,2025-11,消费,5.00,4.50,,,", "CS2511000007,2025-11,消费,5.00,4.50,,,"]);
    let before = send(&world, &world.open("/money").await, &[], ("d.csv", fourth.as_bytes())).await;
    assert!(before.body.contains("The statement is imported"), "{}", before.body);
    assert_eq!(world.browser.open(&world.at(&format!("/statements/{}", "0".repeat(64)))).await.status, 404);
    assert_eq!(world.browser.open(&world.at("/statements/none")).await.status, 404);
}

#[tokio::test]
async fn no_title_and_no_name_of_a_file_is_a_tag() {
    let world = world().await;
    let bad = "<script>alert(1)</script>";
    let file = format!("订单号,成交价,\"{bad}\"\nCS2511000001,5.00,\"{bad}\"\n");
    let name = "'><img src=x onerror=alert(1)>.csv";
    let asked = send(&world, &world.open("/money").await, &[], (name, file.as_bytes())).await;
    assert!(asked.body.contains("&lt;script&gt;"), "the title is shown: {}", asked.body);
    let done = send(&world, &asked, &[], (name, file.as_bytes())).await;
    for page in [asked, done, world.open("/money").await] {
        assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}: {}", page.url, page.body);
    }
}
