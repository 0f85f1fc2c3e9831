//! The audit has everything that people did, and is filtered and paged.

use koogallery::{Text, Timestamp};
use koogallery_runtime::now;
use koogallery_store::{About, Action, Actor, Via};
use koogallery_tests::bodies;
use std::time::Duration;

use super::world::World;

async fn act(world: &World, by: &str, what: &str, at: Timestamp) {
    let text = |text: &str| Text::try_from(text.to_owned()).unwrap();
    let actor = Actor { by: text(by), via: Via::Command, reason: Some(Text::try_from("because".to_owned()).unwrap()) };
    let action = Action::new(&actor, what, About::Deployment, at);
    world.seller.host.store().keep_action(&action).await.unwrap();
}

#[tokio::test]
async fn it_is_filtered_by_time_and_text() {
    let world = World::start().await;
    let at = now();
    act(&world, "ann", "event.resent", at).await;
    act(&world, "ben", "personalData.shown", at).await;
    act(&world, "old", "event.resent", at.saturating_sub(Duration::from_hours(24 * 30))).await;
    let page = world.open("/audit").await;
    assert!(page.body.contains("ann") && page.body.contains("ben") && !page.body.contains(">old<"));
    let page = world.open("/audit?text=ann").await;
    assert!(page.body.contains(">ann<") && !page.body.contains(">ben<"));
    let csv = world.open("/audit.csv?text=because&from=&to=").await;
    assert!(csv.body.contains(",ann,command,event.resent,") && csv.body.contains(",ben,"), "{}", csv.body);
    for bad in ["from=x", "from=2020-01-01&to=2026-01-01", "before=x"] {
        assert_eq!(world.browser.open(&world.at(&format!("/audit?{bad}"))).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn its_pages_have_each_action_once() {
    let world = World::start().await;
    let at = now().saturating_sub(Duration::from_hours(1));
    for number in 0..230_u32 {
        // Several have the same time.
        let at = at.saturating_add(Duration::from_secs(u64::from(number / 7)));
        act(&world, &format!("person-{number:03}."), "event.resent", at).await;
    }
    let mut page = world.open("/audit?text=person").await;
    let mut seen = Vec::new();
    loop {
        seen.extend(page.body.split(">person-").skip(1).map(|part| part[..3].to_owned()));
        assert!(page.body.len() < 100 << 10, "{}", page.body.len());
        let Some((_, link)) = page.body.split_once("rel=\"next\" href=\"") else { break };
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        page = world.browser.open(page.url.join(&link).unwrap().as_str()).await;
    }
    assert_eq!(seen.len(), 230);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 230);
}

#[tokio::test]
async fn what_the_seller_api_does_is_in_it_too() {
    use koogallery_tests::api::{Api, TOKEN};
    let world = World::with(|environment| environment.with("KOOGALLERY_API_TOKEN", format!("crm:{TOKEN}"))).await;
    world.seller.say_all(&[bodies::purchase()]).await;
    let event = world.seller.whole_events(bodies::INSTANCE).await[0].event_id;
    let api = Api::of(&world.seller);
    api.post("/v1/events/resend", &serde_json::json!({ "eventIds": [event] })).await.expect(202);
    let done = world.done_to(bodies::INSTANCE).await;
    assert_eq!((done[0].by.as_str(), done[0].via, done.len()), ("crm", Via::SellerApi, 1));
    assert!(world.open("/audit").await.body.contains(">crm<"));
}
