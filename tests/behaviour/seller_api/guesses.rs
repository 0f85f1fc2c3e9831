//! Who guesses tokens is slowed down, and the log says from where.

use http::Method;
use koogallery_tests::api::{Api, TOKEN};
use koogallery_tests::{Seller, api};

use super::start;

const WRONG: &str = "a-wrong-token-of-some-length";

async fn guess(api: &Api, times: usize) {
    for _ in 0..times {
        let _ = api.send(&Method::GET, "/v1/orders", &format!("Bearer {WRONG}"), None).await.expect(401);
    }
}

#[tokio::test]
async fn after_many_wrong_tokens_an_address_waits_and_no_other_one_does() {
    let (seller, api) = start().await;
    let at = |address: &str| api::Api::of(&seller).from_address(address);
    let guesser = at("192.0.2.7");
    guess(&guesser, 20).await;
    let refused = guesser.send(&Method::GET, "/v1/orders", &format!("Bearer {WRONG}"), None).await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    assert_eq!(refused.expect(429)["type"], "/problems/too-many-wrong-tokens");
    // A right one too, as it was not right before from there.
    guesser.get("/v1/orders").await.expect(429);
    assert_eq!(guesser.send(&Method::GET, "/v1/orders", "", None).await.status, 401, "no token is no guess");
    for other in [at("192.0.2.8"), api] {
        other.get("/v1/orders").await.expect(200);
    }
    let records = seller.api_records();
    let from: Vec<_> = records.iter().map(|record| record.refused_from.map(|from| from.to_string())).collect();
    assert!(from[..23].iter().all(|from| from.as_deref() == Some("192.0.2.7")), "{from:?}");
    assert_eq!(from[23..], [None, None], "of a request with a right token the log has no address");
    let line = records[20].line("KooGallery");
    assert_eq!((&line["ApiGuessesRefused"], &line["ApiUnauthorized"]), (&1.into(), &0.into()));
    assert_eq!((&line["refusedFrom"], &line["level"]), (&"192.0.2.7".into(), &"WARN".into()));
    assert!(!format!("{records:?}").contains(WRONG));
}

#[tokio::test]
async fn an_application_that_was_let_in_before_works_on_beside_one_with_an_old_token() {
    let seller = Seller::with(|environment| environment.with("KOOGALLERY_API_TOKEN", format!("crm:{TOKEN}"))).await;
    let api = Api::of(&seller).from_address("192.0.2.7");
    api.get("/v1/orders").await.expect(200);
    guess(&api, 20).await;
    api.send(&Method::GET, "/v1/orders", &format!("Bearer {WRONG}"), None).await.expect(429);
    api.get("/v1/orders").await.expect(200);
}
