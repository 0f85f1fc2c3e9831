//! `koogallery orders`, `warnings` and `demands`, as a person runs them.

use std::path::PathBuf;

use koogallery_runtime::now;
use koogallery_store::{About, Cause, Raise, Warning};
use serde_json::Value;
use uuid::Uuid;

use super::{DAY, ago, bought, start};
use crate::commands::{refused, run, told};

#[tokio::test]
async fn orders_are_listed_supervised_shown_and_exported() {
    let (seller, _) = start().await;
    assert!(told(&seller, &["orders", "list"]).await.starts_with("no orders"));
    seller.say_all(&[bought("CS1"), bought("CS2")]).await;
    let listed = told(&seller, &["orders", "list", "--state", "completed", "--text", "CS1"]).await;
    assert!(listed.contains("CS1") && listed.contains("completed") && !listed.contains("CS2"), "{listed}");

    let opened = ago(10 * DAY).to_rfc_3339();
    let supervised = told(&seller, &["orders", "supervise", "CS1", "standard", "--opened", &opened]).await;
    assert!(supervised.contains("awaits-need") && supervised.contains("buyer"), "{supervised}");
    let early = refused(&seller, &["orders", "step", "CS1", "completed"], 2).await;
    assert!(early.contains("need-submitted"), "it says what follows: {early}");
    let at = ago(9 * DAY).to_rfc_3339();
    let waits = told(&seller, &["orders", "step", "CS1", "need-submitted", "--at", &at, "--note", "fifty users"]).await;
    assert!(waits.contains("awaits-confirmation") && waits.contains("seller"), "{waits}");
    let listed = told(&seller, &["orders", "list", "--supervised", "--waits-for", "seller"]).await;
    assert!(listed.contains("CS1") && !listed.contains("CS2"), "{listed}");
    assert!(
        told(&seller, &["orders", "list", "--supervised", "--waits-for", "buyer"]).await.starts_with("no supervised")
    );

    let shown = told(&seller, &["orders", "show", "CS1"]).await;
    for part in
        ["CS1: processing (处理中), evidence supervision", "need-submitted by seller API: somebody", "INSTANCE#CS1"]
    {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    let json: Value = serde_json::from_str(&told(&seller, &["orders", "show", "CS1", "--json"]).await).unwrap();
    assert_eq!(json["supervision"]["steps"][0]["note"], "fifty users");
    refused(&seller, &["orders", "show", "CS9"], 1).await;

    let csv = told(&seller, &["orders", "export", "--since", &ago(DAY).to_rfc_3339()]).await;
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.starts_with("order_id,order_line_id,kind,"), "{csv}");
    assert!(csv.contains(",processing,supervision,") && csv.contains(",completed,provisioned,"), "{csv}");
    assert!(told(&seller, &["orders", "summary"]).await.contains("2 new"));
}

#[tokio::test]
async fn a_wrong_command_says_what_would_be_right() {
    let (seller, _) = start().await;
    let wrong: [(&[&str], &str); 12] = [
        (&["orders", "supervise", "CS1", "quick"], "there are: standard"),
        (&["orders", "step", "CS1", "done"], "need-submitted"),
        (&["orders", "list", "--waits-for", "buyer"], "--supervised"),
        (&["orders", "list", "--state", "paid"], "awaiting-payment"),
        (&["orders", "match", "--month", "October"], "yyyy-MM"),
        (&["orders", "explain", "1", "--note", "x"], "64"),
        (&["orders", "import"], "<FILE>"),
        (&["orders", "import", "/nowhere/bill.xlsx"], "/nowhere/bill.xlsx cannot be read"),
        (&["orders", "match", "--calendar", "/nowhere/days.json"], "/nowhere/days.json cannot be read"),
        (&["warnings", "acknowledge", "1", "--reason", "x"], "32 digits"),
        (&["warnings", "snooze", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "--until", "2099-01-01"], "--reason"),
        (&["demands", "change", "019adb6c-2f00-7c11-8d5e-0123456789ab", "sold"], "there are: waiting"),
    ];
    for (arguments, says) in wrong {
        let told = refused(&seller, arguments, 2).await;
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
    let helps: [(&[&str], &str); 6] = [
        (&["orders", "--help"], "koogallery orders match --month 2026-10"),
        (&["orders", "import", "--help"], "--mapping <FILE>"),
        (&["orders", "match", "--help"], "Ends with 1"),
        (&["orders", "explain", "--help"], "--note <TEXT>"),
        (&["warnings", "--help"], "koogallery warnings snooze"),
        (&["demands", "--help"], "koogallery demands enter"),
    ];
    for (arguments, has) in helps {
        let help = told(&seller, arguments).await;
        assert!(help.contains(has), "{arguments:?}: {help}");
    }
}

#[tokio::test]
async fn warnings_are_listed_acknowledged_and_snoozed() {
    let (seller, _) = start().await;
    assert!(told(&seller, &["warnings", "list"]).await.starts_with("no warnings"));
    let raise = async |cause: Cause, about: &str| {
        let about: About = about.parse().unwrap();
        let raise = Raise { cause, since: ago(DAY), at: now(), due_at: Some(now().saturating_add(DAY)) };
        let warning = Warning::new(about, &raise, now());
        assert!(seller.host.store().raise(&warning).await.unwrap());
        warning.warning_id.to_string()
    };
    let [late, next] = [raise(Cause::SellerStep, "ORDER#CS1").await, raise(Cause::BuyerSilent, "ORDER#CS2").await];
    let listed = told(&seller, &["warnings", "list"]).await;
    for part in [late.as_str(), next.as_str(), "seller-step", "buyer-silent", "ORDER#CS1"] {
        assert!(listed.contains(part), "{part} in\n{listed}");
    }
    assert!(told(&seller, &["warnings", "list", "--due-before", "2020-01-01"]).await.starts_with("no warnings"));
    let json = told(&seller, &["warnings", "list", "--json"]).await;
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);

    let ended = told(&seller, &["warnings", "acknowledge", &late, "--reason", "known", "--by", "Li"]).await;
    assert!(ended.contains("it has ended"), "{ended}");
    let again = refused(&seller, &["warnings", "acknowledge", &late, "--reason", "known"], 2).await;
    assert!(again.contains("ended"), "{again}");
    let snoozed =
        told(&seller, &["warnings", "snooze", &next, "--until", "2099-01-01", "--reason", "on Tuesday"]).await;
    assert!(snoozed.contains("2098-12-31T16:00:00"), "midnight in Beijing: {snoozed}");
    let past = refused(&seller, &["warnings", "snooze", &next, "--until", "2020-01-01", "--reason", "x"], 2).await;
    assert!(past.contains("until"), "{past}");
    let unknown = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    refused(&seller, &["warnings", "acknowledge", unknown, "--reason", "x"], 1).await;
    let listed = told(&seller, &["warnings", "list"]).await;
    assert!(!listed.contains(&late) && listed.contains("2098-12-31"), "{listed}");
}

#[tokio::test]
async fn a_demand_goes_from_waiting_to_won() {
    let (seller, _) = start().await;
    seller.say_all(&[bought("CS1")]).await;
    assert!(told(&seller, &["demands", "list"]).await.starts_with("no demands"));
    let entered = told(&seller, &["demands", "enter", "--number", "XQ-4711", "--submitted", "2026-11-26"]).await;
    assert!(entered.contains("waiting") && entered.contains("XQ-4711"), "{entered}");
    let id = entered.split_whitespace().find(|word| word.parse::<Uuid>().is_ok()).unwrap().to_owned();
    let early = refused(&seller, &["demands", "change", &id, "won", "--order", "CS1"], 2).await;
    assert!(early.contains("`won` does not follow `waiting`"), "{early}");
    told(&seller, &["demands", "change", &id, "converting"]).await;
    let offered =
        told(&seller, &["demands", "change", &id, "offered", "--offer", "fifty users", "--price", "8800.00"]).await;
    assert!(offered.contains("fifty users") && offered.contains("8800.00"), "{offered}");
    let won = told(&seller, &["demands", "change", &id, "won", "--order", "CS1"]).await;
    assert!(won.contains("won") && won.contains("CS1"), "{won}");
    assert!(told(&seller, &["demands", "list", "--state", "won"]).await.contains("XQ-4711"));
    assert!(told(&seller, &["demands", "list", "--state", "waiting"]).await.starts_with("no demands"));
    let unknown = Uuid::new_v4().to_string();
    refused(&seller, &["demands", "change", &unknown, "lost"], 1).await;
}

/// A file of a test, which goes when the test ends.
struct Written(PathBuf);

impl Written {
    fn new(ending: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("koogallery-orders-{}{ending}", Uuid::new_v4()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[tokio::test]
async fn a_bill_is_imported_compared_and_explained() {
    let (seller, _) = start().await;
    let titles = "订单号,账期,账单类型,成交价,结算金额(元),结算时间,客户名称,备注";
    let row = "CS2511000001,2025-11,消费,5.00,4.50,2026-01-05,Some Buyer,=1+1";
    let bill = Written::new(".csv", &format!("{titles}\n{row}\n合计,,,5.00,4.50,,,\n"));
    let asked = run(&seller, &["orders", "import", bill.path()], "").await;
    assert!(asked.code == 2 && asked.errors.contains("not confirmed"), "nobody can answer: {}", asked.errors);
    assert!(asked.out.contains("订单号") && asked.out.contains("not understood, and not kept: 备注"), "{}", asked.out);
    let imported = told(&seller, &["orders", "import", bill.path(), "--confirm"]).await;
    assert!(imported.contains("is imported; 1 rows") && imported.contains("settlement 4.50"), "{imported}");
    let again = told(&seller, &["orders", "import", bill.path()]).await;
    assert!(again.contains("nothing is added"), "{again}");

    let wrong = Written::new(".csv", &format!("{titles}\n{row}\n合计,,,6.00,4.50,,,\n"));
    let differs = run(&seller, &["orders", "import", wrong.path()], "").await;
    assert!(differs.code == 1 && differs.out.contains("says 6.00") && differs.out.contains("5.00"), "{}", differs.out);
    let broken = Written::new(".csv", &format!("{titles}\n{}\n", row.replace("5.00", "much")));
    let told_of_row = refused(&seller, &["orders", "import", broken.path()], 2).await;
    assert!(told_of_row.contains("row 2") && told_of_row.contains("成交价"), "{told_of_row}");
    let names = Written::new(".json", r#"{"columns":{"orderId":["Number"],"dealAmount":["Sum"],"month":["When"]}}"#);
    let own = Written::new(".csv", "Number,When,Sum\nCS2511000002,2025-11,7.00\n");
    let by_names = ["orders", "import", own.path(), "--names", names.path(), "--confirm", "--part"];
    assert!(told(&seller, &by_names).await.contains("1 rows"));

    let compared = run(&seller, &["orders", "match", "--month", "2025-11"], "").await;
    assert_eq!(compared.code, 1, "{}{}", compared.out, compared.errors);
    assert!(compared.out.contains("2 to look at") && compared.out.contains("in-statement-only"), "{}", compared.out);
    let json = run(&seller, &["orders", "match", "--json"], "").await;
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let findings: Vec<&str> =
        json["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert_eq!(findings.len(), 2);
    for finding in findings {
        let explained = told(&seller, &["orders", "explain", finding, "--note", "=sold by hand", "--by", "Li"]).await;
        assert!(explained.contains("is explained by seller API: Li"), "{explained}");
    }
    let csv = told(&seller, &["orders", "match", "--csv"]).await;
    assert!(csv.lines().count() == 3 && csv.contains(",'=sold by hand,seller API: Li"), "{csv}");
    assert!(told(&seller, &["orders", "match"]).await.contains("0 to look at"));
}
