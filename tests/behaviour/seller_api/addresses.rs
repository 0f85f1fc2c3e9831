//! What no route is, and what an id may hold.

use http::Method;

use super::{bought, start};

#[tokio::test]
async fn what_is_no_route_or_method_is_told_as_a_problem() {
    let (_seller, api) = start().await;
    for path in ["/v1", "/v1/nothing", "/v1/instances/b-1/app-info/more"] {
        assert_eq!(api.get(path).await.expect(404)["type"], "/problems/no-such-route", "{path}");
    }
    let answer = api.ask(&Method::DELETE, "/v1/instances/b-1", None).await;
    assert!(answer.headers["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(answer.expect(405)["type"], "/problems/method-not-allowed");
    for path in ["/v1/instances/%FF", "/v1/instances/%20", "/v1/instances/b-1/events?cursor=%2b", "/v1/events"] {
        api.get(path).await.expect(400);
    }
    for query in ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=NjQ6", "unknown=1"] {
        api.get(&format!("/v1/instances?status=active&{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn an_id_may_hold_whatever_stands_in_an_address() {
    let (seller, api) = start().await;
    seller.say_all(&[bought("a/b?c#d%e")]).await;
    let shown = api.get("/v1/instances/a%2Fb%3Fc%23d%25e").await.expect(200);
    assert_eq!(shown["instanceId"], "a/b?c#d%e");
    assert_eq!(seller.api_records()[0].subjects, [("instanceId", "a/b?c#d%e".to_owned())]);
    assert_eq!(seller.api_records()[0].route, "/v1/instances/{id}");
}
