//! A page is never longer than Lambda can answer, whatever is stored.

use koogallery_tests::bodies::{purchase, with};
use koogallery_tests::kit;
use serde_json::Value;

use super::start;
use super::tenants::OF_APP;

/// Lambda takes 6 MB, in which each quotation mark of a body counts twice.
const LONGEST: usize = 3_000_000;

fn user(number: usize, bytes: usize) -> Value {
    // Quotation marks, which become longer on their way.
    with(kit::user(number), "hobbies", "\"".repeat(bytes / 2))
}

#[tokio::test]
async fn a_page_of_users_with_long_data_is_short_and_none_is_lost() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    for first in [0, 40, 80] {
        seller.sync_all([kit::auth(1, (first..first + 40).map(|number| user(number, 60_000)), 1)]).await;
    }
    let (mut names, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = api.get(&format!("/v1/tenants/t-1/users?{OF_APP}&limit=200{cursor}")).await.expect(200);
        assert!(page.to_string().len() <= LONGEST, "{}", page.to_string().len());
        let users = page["users"].as_array().unwrap();
        assert!(users.iter().all(|user| user["other"]["hobbies"].as_str().unwrap().len() == 30_000));
        names.extend(users.iter().map(|user| user["userName"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, (0..120).map(|number| format!("user-{number:05}")).collect::<Vec<_>>());
    assert!(pages > 2, "{pages}");
}

#[tokio::test]
async fn what_no_answer_has_room_for_is_left_out_and_named() {
    let (seller, api) = start().await;
    seller.say_all(&[purchase()]).await;
    let long = with(with(user(1, 70_000), "position", "p".repeat(5000)), "email", "e".repeat(4096));
    seller.sync_all([kit::auth(1, [long, kit::user(2)], 1)]).await;
    let page = api.get(&format!("/v1/tenants/t-1/users?{OF_APP}")).await.expect(200);
    let one = api.get(&format!("/v1/tenants/t-1/users/user-00001?{OF_APP}")).await.expect(200);
    assert_eq!(page["users"][0], one);
    assert_eq!(one["leftOut"], serde_json::json!(["position", "other"]));
    assert_eq!((&one["position"], &one["other"]), (&Value::Null, &Value::Null));
    assert_eq!(one["email"].as_str().unwrap().len(), 4096);
    assert_eq!(page["users"][1]["leftOut"], Value::Null);
}
