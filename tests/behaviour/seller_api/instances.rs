//! Instances, one by one and by pages of a status.

use std::collections::{BTreeSet, HashSet};

use futures_util::{StreamExt, stream};
use koogallery_store::Status;
use koogallery_tests::api::Api;
use koogallery_tests::bodies::{self, freeze, purchase, release, unfreeze, with};
use serde_json::{Value, json};

use super::{about, app_info, bought, deferred, start};

#[tokio::test]
async fn an_instance_is_shown_as_it_stands() {
    let (seller, api) = start().await;
    api.get("/v1/instances/b-1").await.expect(404);
    seller.say_all(&[purchase()]).await;
    let shown = api.get("/v1/instances/b-1").await.expect(200);
    assert_eq!(
        (&shown["instanceId"], &shown["status"], &shown["orderId"], &shown["interfaceType"], &shown["v1"]),
        (&json!("b-1"), &json!("active"), &json!("CS1"), &json!("basic"), &json!(false))
    );
    assert_eq!(shown["appInfo"], json!({ "frontEndUrl": "https://example.com/instances/b-1" }));
    seller.say_all(&[freeze()]).await;
    let frozen = api.get("/v1/instances/b-1").await.expect(200);
    assert_eq!((&frozen["status"], &frozen["freezeCause"]), (&json!("frozen"), &json!("expired")));
    let renewal = bodies::renewal("R1", bodies::FUTURE);
    seller.say_all(&[unfreeze(), renewal, release()]).await;
    let released = api.get("/v1/instances/b-1").await.expect(200);
    assert_eq!((&released["status"], &released["laterOrders"][0]["orderId"]), (&json!("released"), &json!("R1")));
    assert_eq!(released["expireTime"], "2099-12-31T16:00:00.000Z");
}

#[tokio::test]
async fn a_first_password_is_not_shown_again() {
    let (seller, api) = deferred().await;
    seller.say(&purchase()).await;
    api.put("/v1/instances/b-1/app-info", &app_info()).await.expect(204);
    let shown = api.get("/v1/instances/b-1").await.expect(200);
    assert_eq!(shown["appInfo"], json!({ "frontEndUrl": "https://app.example.com/", "userName": "admin" }));
}

#[tokio::test]
async fn debug_instances_are_not_seen() {
    let (seller, api) = start().await;
    let debug = |body| with(body, "testFlag", "1");
    seller.say_all(&[debug(purchase()), debug(freeze())]).await;
    api.get("/v1/instances/b-1").await.expect(404);
    for status in Status::ALL.iter().copied() {
        let list = api.get(&format!("/v1/instances?status={}", status.as_str())).await.expect(200);
        assert_eq!(list, json!({ "instances": [] }));
    }
    assert!(seller.items().await.iter().all(|item| !item.contains_key("listed")));
}

/// Every page of a status, with something done after each.
async fn listed(api: &Api, status: &str, limit: usize, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut ids, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = api.get(&format!("/v1/instances?status={status}&limit={limit}{cursor}")).await.expect(200);
        let instances = page["instances"].as_array().unwrap();
        assert!(instances.len() <= limit);
        assert!(instances.iter().all(|instance| instance["status"] == status));
        ids.extend(instances.iter().map(|instance| instance["instanceId"].as_str().unwrap().to_owned()));
        between(pages).await;
        pages += 1;
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_lose_and_repeat_nothing_while_states_change() {
    let (seller, api) = deferred().await;
    let (seller, api) = (&seller, &api);
    let ids: Vec<String> = (0..500).map(|n| format!("b-{n}")).collect();
    let each = async |ids: &[String], make: &(dyn Fn(&str) -> Value + Sync)| {
        let said = stream::iter(ids).map(|id| async move { seller.say(&make(id)).await }).buffer_unordered(8);
        assert!(said.all(async |code| matches!(code, "000000" | "000004")).await);
    };
    each(&ids, &bought).await;
    let ready = stream::iter(&ids[100..]).map(|id| async move {
        api.put(&format!("/v1/instances/{id}/app-info"), &app_info()).await.expect(204);
    });
    ready.buffer_unordered(8).collect::<()>().await;
    each(&ids[200..350], &|id| about(freeze(), id)).await;
    each(&ids[350..], &|id| about(release(), id)).await;

    let wanted = |range: std::ops::Range<usize>| ids[range].iter().cloned().collect::<BTreeSet<_>>();
    for (status, range) in
        [("provisioning", 0..100), ("active", 100..200), ("frozen", 200..350), ("released", 350..500)]
    {
        for limit in [7, 50, 200] {
            let listed = listed(api, status, limit, async |_| {}).await;
            assert_eq!(listed.len(), range.len(), "{status} by {limit}");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), wanted(range.clone()), "{status} by {limit}");
        }
    }

    // While the active ones are listed, the second half of them and of the frozen ones come and go.
    let found = listed(api, "active", 7, async |page| {
        let (leaves, comes) = (150 + page % 50, 275 + page % 75);
        seller.say_all(&[about(freeze(), &ids[leaves]), about(unfreeze(), &ids[comes])]).await;
        if page % 3 == 0 {
            seller.say_all(&[about(unfreeze(), &ids[leaves])]).await;
        }
    })
    .await;
    let once: HashSet<_> = found.iter().collect();
    assert_eq!(once.len(), found.len(), "one is listed twice");
    assert!(wanted(100..150).iter().all(|id| once.contains(id)), "one that stayed active is lost");
}
