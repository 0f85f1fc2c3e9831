//! Supervision as people enter it: each flow to its end, refusals with the reason, and repeats.

use koogallery_tests::api::Api;
use serde_json::{Value, json};

use super::{DAY, ago, enter, start};

/// The steps of each flow to its completion, and one that does not follow at the beginning.
const FLOWS: [(&str, &[&str], &str); 6] = [
    (
        "standard",
        &[
            "need-submitted",
            "need-rejected",
            "need-submitted",
            "need-confirmed",
            "delivered",
            "delivery-rejected",
            "delivered",
            "accepted",
            "completed",
        ],
        "delivered",
    ),
    (
        "standard-rechecked",
        &[
            "need-submitted",
            "need-confirmed",
            "delivered",
            "recheck-failed",
            "delivered",
            "recheck-passed",
            "accepted",
            "completed",
        ],
        "accepted",
    ),
    ("license", &["code-taken", "activated", "delivery-rejected", "activated", "accepted", "completed"], "delivered"),
    ("hardware", &["shipped", "delivery-rejected", "shipped", "accepted", "completed"], "need-submitted"),
    ("package", &["accepted", "completed"], "shipped"),
    ("free", &["named", "named", "delivered", "accepted", "completed"], "code-taken"),
];

async fn open(api: &Api, order: &str, flow: &str) -> Value {
    let body = json!({ "flow": flow, "openedAt": ago(20 * DAY).to_rfc_3339() });
    api.post(&format!("/v1/orders/{order}/supervision"), &body).await.expect(200)
}

#[tokio::test]
async fn each_flow_leads_to_completion_and_refuses_what_does_not_follow() {
    let (_seller, api) = start().await;
    for (flow, steps, wrong) in FLOWS {
        let order = format!("CS-{flow}");
        let opened = open(&api, &order, flow).await;
        let refused = enter(&api, &order, wrong, json!({ "at": ago(19 * DAY).to_rfc_3339() })).await.expect(409);
        assert_eq!(refused["type"], "/problems/step-refused");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(wrong) && detail.contains(flow) && detail.contains(steps[0]), "{detail}");
        assert_eq!(api.get(&format!("/v1/orders/{order}")).await.expect(200)["supervision"]["stage"], opened["stage"]);
        let mut stages = Vec::new();
        for (place, step) in (1..).zip(steps) {
            let at = ago((19 - place) * DAY).to_rfc_3339();
            let mut body = json!({ "at": at, "by": "Li" });
            if *step == "named" {
                body["name"] = json!(format!("part {place}"));
                body["waitsFor"] = json!("buyer");
            }
            let standing = enter(&api, &order, step, body.clone()).await.expect(200);
            let again = enter(&api, &order, step, body).await.expect(200);
            assert_eq!(again, standing, "the same once more changes nothing");
            let last = standing["steps"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&last["kind"], &last["at"], &last["by"]), (&json!(step), &json!(at), &json!("seller API: Li")));
            stages.push((standing["stage"].clone(), standing["waitsFor"].clone()));
        }
        assert_eq!(stages.last().unwrap(), &(json!("completed"), Value::Null), "{flow}: {stages:?}");
        let whole = api.get(&format!("/v1/orders/{order}")).await.expect(200);
        assert_eq!((&whole["state"]["state"], &whole["state"]["word"]), (&json!("completed"), &json!("已完成")));
        let acted: Vec<_> =
            whole["actions"].as_array().unwrap().iter().rev().map(|action| action["what"].as_str().unwrap()).collect();
        let mut expected = vec!["supervision.open".to_owned()];
        expected.extend(steps.iter().map(|step| format!("supervision.{step}")));
        assert_eq!(acted, expected, "{flow}: each once");
    }
    let open = api.get("/v1/supervision").await.expect(200);
    assert_eq!(open["orders"], json!([]), "all are over");
}

#[tokio::test]
async fn a_step_needs_its_own_members_and_a_time_that_was() {
    let (_seller, api) = start().await;
    open(&api, "CS1", "free").await;
    let tomorrow = koogallery_runtime::now().saturating_add(DAY).to_rfc_3339();
    for (step, body, told) in [
        ("named", json!({}), "needs a name"),
        ("delivered", json!({ "name": "x" }), "only that step has one"),
        ("appealed", json!({}), "appealedBy"),
        ("appealed", json!({ "appealedBy": "koogallery" }), "appealedBy"),
        ("delivered", json!({ "waitsFor": "buyer" }), "waitsFor"),
        ("accepted", json!({ "serviceStartedAt": ago(DAY).to_rfc_3339() }), "serviceStartedAt"),
        ("delivered", json!({ "at": tomorrow }), "future"),
        ("delivered", json!({ "by": "x".repeat(65) }), "by"),
        ("delivered", json!({ "at": null }), "at"),
        ("deliverd", json!({}), "did you mean `delivered`"),
    ] {
        let problem = enter(&api, "CS1", step, body.clone()).await.expect(400);
        assert!(problem["detail"].as_str().unwrap().contains(told), "{step} {body}: {problem}");
    }
    let before = json!({ "at": ago(30 * DAY).to_rfc_3339() });
    assert!(
        enter(&api, "CS1", "delivered", before).await.expect(409)["detail"].as_str().unwrap().contains("paid after")
    );
    let whole = api.get("/v1/orders/CS1").await.expect(200);
    assert_eq!(whole["supervision"]["steps"], json!([]), "nothing of that was kept");

    // Not supervised, and supervised by another flow.
    let unknown = enter(&api, "CS2", "delivered", json!({})).await.expect(404);
    assert!(unknown["detail"].as_str().unwrap().contains("POST /v1/orders/{orderId}/supervision"), "{unknown}");
    api.get("/v1/orders/CS2").await.expect(404);
    open(&api, "CS1", "free").await;
    let other = api.post("/v1/orders/CS1/supervision", &json!({ "flow": "license" })).await.expect(409);
    assert_eq!(other["type"], "/problems/supervision-stands");
}

#[tokio::test]
async fn a_late_step_stands_at_its_time_and_may_not_break_a_later_one() {
    let (_seller, api) = start().await;
    open(&api, "CS1", "standard").await;
    let at = |days: u32| json!({ "at": ago(days * DAY).to_rfc_3339() });
    for (step, days) in [("need-submitted", 19), ("need-confirmed", 15)] {
        enter(&api, "CS1", step, at(days)).await.expect(200);
    }
    let broken = enter(&api, "CS1", "need-rejected", at(17)).await.expect(409);
    assert!(broken["detail"].as_str().unwrap().contains("`need-confirmed` impossible"), "{broken}");
    enter(&api, "CS1", "appealed", json!({ "at": ago(16 * DAY).to_rfc_3339(), "appealedBy": "buyer" }))
        .await
        .expect(200);
    let started = ago(18 * DAY).to_rfc_3339();
    let delivered = json!({ "at": ago(10 * DAY).to_rfc_3339(), "serviceStartedAt": started, "note": "on the site" });
    enter(&api, "CS1", "delivered", delivered).await.expect(200);
    let standing = enter(&api, "CS1", "accepted", at(4)).await.expect(200);
    let kinds: Vec<_> =
        standing["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["need-submitted", "appealed", "need-confirmed", "delivered", "accepted"]);
    assert_eq!((&standing["periodStartsAt"], &standing["stage"]), (&json!(started), &json!("awaits-completion")));
    assert!(standing["appealedAt"].is_string());
    let decided = enter(&api, "CS1", "appeal-decided", at(3)).await.expect(200);
    assert_eq!(decided["appealedAt"], Value::Null);
}

#[tokio::test]
async fn open_orders_are_listed_by_who_has_to_act_and_by_what_is_due() {
    let (_seller, api) = start().await;
    for number in 0..12 {
        let flow = if number % 2 == 0 { "hardware" } else { "package" };
        let body = json!({ "flow": flow, "openedAt": ago(number * DAY).to_rfc_3339() });
        api.post(&format!("/v1/orders/CS{number:02}/supervision"), &body).await.expect(200);
    }
    let listed = async |query: &str| {
        let (mut found, mut next) = (Vec::new(), None::<String>);
        loop {
            let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
            let page = api.get(&format!("/v1/supervision?limit=3{query}{cursor}")).await.expect(200);
            let orders = page["orders"].as_array().unwrap();
            assert!(orders.len() <= 3 && orders.iter().all(|order| order["steps"].is_null()));
            found.extend(orders.iter().map(|order| order["orderId"].as_str().unwrap().to_owned()));
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                found.sort();
                return found;
            }
        }
    };
    let all: Vec<String> = (0..12).map(|number| format!("CS{number:02}")).collect();
    let of = |numbers: &[usize]| numbers.iter().map(|number| all[*number].clone()).collect::<Vec<_>>();
    assert_eq!(listed("").await, all);
    assert_eq!(listed("&waitsFor=seller").await, of(&[0, 2, 4, 6, 8, 10]));
    assert_eq!(listed("&stage=awaits-acceptance").await, of(&[1, 3, 5, 7, 9, 11]));
    let soon = koogallery_runtime::now().saturating_sub(DAY).to_rfc_3339();
    assert_eq!(listed(&format!("&flow=package&dueBefore={soon}")).await, of(&[7, 9, 11]));
    assert_eq!(listed("&waitsFor=koogallery").await, Vec::<String>::new());
}
