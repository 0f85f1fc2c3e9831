//! Money: what the comparison of statements with orders found is shown, and explained with a record.

use koogallery_runtime::now;
use koogallery_store::{Comparison, MonthMoney};
use koogallery_tests::bodies;
use serde_json::json;
use uuid::Uuid;

use super::world::World;

#[tokio::test]
async fn findings_wait_until_somebody_explains_them() {
    let world = World::start().await;
    let page = world.open("/").await;
    let page = world.browser.submit_to(&page, "/console/settings", &[("language", "en"), ("zone", "+08:00")]).await;
    assert_eq!(world.browser.follow(page).await.status, 200);
    world.seller.say_all(&[bodies::purchase()]).await;
    assert!(world.open("/money").await.body.contains("This month was not compared"));

    let store = world.seller.host.store();
    let month: String = world.open("/money").await.body.split("value=\"2").nth(1).unwrap().chars().take(6).collect();
    let month = format!("2{month}");
    let finding = |digit: &str, kind: &str, order: &str| {
        let evidence = json!({ "known": "8800.00", "stated": "8900.00", "currency": "CNY" });
        json!({ "id": digit.repeat(64), "kind": kind, "subject": { "order": order }, "evidence": evidence }).to_string()
    };
    let of_amounts = |digit: &str, [known, stated]: [&str; 2], currency: &str| {
        let evidence = json!({ "known": known, "stated": stated, "currency": currency });
        let subject = json!({ "order": format!("CS-{digit}") });
        json!({ "id": digit.repeat(64), "kind": "amountDiffers", "subject": subject, "evidence": evidence }).to_string()
    };
    let by = "Li".to_owned().try_into().unwrap();
    let month_text = month.clone().try_into().unwrap();
    // The order query names no currency; the bills do.
    let amount = |text: &str| koogallery::Text::try_from(text.to_owned()).unwrap();
    let nothing = MonthMoney {
        currency: None,
        sold: amount("0"),
        refunded: amount("0"),
        billed: amount("0"),
        paid: amount("0"),
        open: amount("0"),
    };
    let sold = MonthMoney { sold: amount("8800.00"), refunded: amount("800.50"), ..nothing.clone() };
    let currency = Some(koogallery::Text::try_from("CNY".to_owned()).unwrap());
    let billed = MonthMoney { currency, billed: amount("7000"), paid: amount("5000"), ..nothing };
    let comparison =
        Comparison { month: month_text, run: Uuid::now_v7(), at: now(), by, findings: 6, money: vec![sold, billed] };
    let hostile = "<script>alert(1)</script>";
    let found = vec![
        finding("a", "amountDiffers", "CS1"),
        finding("b", "matched", "CS2"),
        finding("c", "inStatementOnly", hostile),
        of_amounts("d", ["500.00", "300.00"], "USD"),
        of_amounts("e", ["20.50", "20.00"], "USD"),
        of_amounts("f", ["9.00", "8.99"], "CNY"),
    ];
    store.keep_findings(&comparison, 0, found).await.unwrap();
    store.keep_comparison(&comparison).await.unwrap();

    let figures = world.open("/figures").await;
    let told = format!("{month}: sold, without refunds 7999.50, billed 7,000, paid out 5,000");
    assert!(figures.body.contains("Sold and paid out, by month (CNY)"), "{}", figures.body);
    assert!(figures.body.contains(&told), "{}", figures.body);
    let home = world.open("/").await;
    assert!(home.body.contains(&format!("Statements of {month}: the amount differs (CS1)")), "{}", home.body);
    let listed = world.open(&format!("/money?month={month}")).await;
    for text in ["Li compared it on", "/console/orders/CS1", "8800.00 CNY", "8900.00 CNY", "&lt;script&gt;"] {
        assert!(listed.body.contains(text), "{text}: {}", listed.body);
    }
    assert!(!listed.body.contains("CS2") && !listed.body.contains("<script"), "{}", listed.body);
    assert!(world.open(&format!("/money?month={month}&all=true")).await.body.contains("CS2"));

    assert!(listed.body.contains("100.00 more") && listed.body.contains("200.00 less"), "{}", listed.body);
    let less = world.open(&format!("/money?month={month}&less=true")).await;
    for text in ["0.01 CNY in 1 findings", "200.50 USD in 2 findings", "/console/orders/CS-e"] {
        assert!(less.body.contains(text), "{text}: {}", less.body);
    }
    assert!(!less.body.contains("/console/orders/CS1") && !less.body.contains("&lt;script"), "{}", less.body);
    let order = world.open("/orders/CS1").await;
    for text in ["Beside the statements", &format!("/console/money?month={month}"), "100.00 more"] {
        assert!(order.body.contains(text), "{text}: {}", order.body);
    }

    let explain = format!("/findings/{}/explain", "a".repeat(64));
    let why = [("reason", "settled by hand")];
    let page = world.send(&format!("/money?month={month}"), &explain, &why).await;
    assert!(page.body.contains("settled by hand") && page.body.contains("The explanation is kept"), "{}", page.body);
    assert!(!world.open("/").await.body.contains("(CS1)"), "nobody has to look at it any more");
    let actions = world.actions().await;
    assert_eq!((actions.len(), actions[0].what.as_str()), (1, "finding.explain"));
    for bad in ["/money?month=13", "/money?from=x", "/money?from=0:y"] {
        assert_eq!(world.browser.open(&world.at(bad)).await.status, 400, "{bad}");
    }
}
