//! What an instance entitles its users to, and how long an answer is good.

use koogallery_tests::Seller;
use koogallery_tests::api::{Answer, Api};
use koogallery_tests::bodies::{freeze, purchase, release, renewal, unfreeze, with};
use koogallery_tests::faults::FaultyDynamoDb;
use koogallery_tests::kit;
use serde_json::json;

use super::tenants::OF_APP;
use super::{app_info, deferred, with_token};

const PATH: &str = "/v1/instances/b-1/entitlement";

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_is_good_until_something_changes() {
    let (seller, api) = deferred().await;
    api.get(PATH).await.expect(404);
    seller.send(&seller.signed(&purchase())).await;
    let mut seen = Vec::new();
    for (change, access) in [
        (None, "preparing"),
        (Some(json!("app info")), "granted"),
        // Until when it is paid is not known yet.
        (Some(freeze()), "expired"),
        (Some(renewal("R-1", "20991231160000000")), "granted"),
        (Some(freeze()), "suspended"),
        (Some(unfreeze()), "granted"),
        (Some(release()), "ended"),
    ] {
        match change {
            None => {}
            Some(body) if body.is_string() => {
                drop(api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204));
            }
            Some(body) => seller.say_all(&[body]).await,
        }
        let answer = api.get(PATH).await;
        let tag = tag(&answer);
        let entitlement = answer.expect(200);
        assert_eq!((&entitlement["access"], &entitlement["instanceId"]), (&json!(access), &json!("b-1")));
        assert_eq!(entitlement["notice"]["zh"].is_string(), access != "granted", "{entitlement}");
        assert!(!seen.contains(&tag), "{access}: the answer changed, and {tag} did not");

        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let again = Api::of(&seller).knowing(&known).get(PATH).await;
            assert_eq!((again.status.as_u16(), &*self::tag(&again)), (304, &*tag), "{known}");
        }
        for old in seen.iter().map(String::as_str).chain(["\"x\"", "no tag", ""]) {
            assert_eq!(Api::of(&seller).knowing(old).get(PATH).await.expect(200), entitlement, "{old}");
        }
        seen.push(tag);
    }
}

#[tokio::test]
async fn a_user_of_the_kit_needs_an_assignment_too() {
    let seller = Seller::of_kit().await;
    seller.say_all(&[purchase()]).await;
    seller.sync_all([kit::tenant(1), kit::auth(1, [kit::user(1), with(kit::user(2), "enable", "false")], 1)]).await;
    let api = Api::of(&seller);
    let of = |user: &str| format!("/v1/tenants/t-1/users/{user}/entitlement?{OF_APP}");
    let mut tags = Vec::new();
    for (user, access) in [("user-00001", "granted"), ("user-00002", "unassigned"), ("nobody", "unassigned")] {
        let answer = api.get(&of(user)).await;
        tags.push(tag(&answer));
        let entitlement = answer.expect(200);
        assert_eq!((&entitlement["access"], &entitlement["instanceId"]), (&json!(access), &json!("b-1")), "{user}");
        assert_eq!(entitlement["notice"]["en"].is_string(), access != "granted");
    }
    assert_ne!(tags[0], tags[1]);
    // What was good for the user is not once they are revoked; what ended for the instance ended for them.
    seller.sync_all([kit::auth(3, [kit::user(1)], 2)]).await;
    let known = Api::of(&seller).knowing(&tags[0]);
    assert_eq!(known.get(&of("user-00001")).await.expect(200)["access"], "unassigned");
    seller.say_all(&[release()]).await;
    assert_eq!(api.get(&of("user-00001")).await.expect(200)["access"], "ended");
    let elsewhere = "/v1/tenants/t-1/users/user-00001/entitlement?instanceId=nobody&appId=a-1";
    api.get(elsewhere).await.expect(404);
}

#[tokio::test]
async fn it_costs_one_read_whatever_happened_to_the_instance() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), with_token).await;
    seller.say_all(&[purchase(), renewal("R-1", "20991231160000000"), freeze(), unfreeze()]).await;
    let api = Api::of(&seller);
    for api in [Api::of(&seller), Api::of(&seller).knowing(&tag(&api.get(PATH).await))] {
        let (before, _) = (database.seen(), database.reads());
        api.get(PATH).await;
        assert_eq!((database.seen() - before, database.reads().requests), (1, 1));
    }
}
