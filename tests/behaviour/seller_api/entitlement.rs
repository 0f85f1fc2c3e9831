//! What an instance entitles its users to, and how long an answer is good.

use koogallery_tests::Seller;
use koogallery_tests::api::{Answer, Api};
use koogallery_tests::bodies::{freeze, purchase, release, renewal, unfreeze};
use koogallery_tests::faults::FaultyDynamoDb;
use serde_json::json;

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
