//! What the application answers to a purchase: how the buyer gets in, or why not.

use std::time::Duration;

use deliver_events::look;
use koogallery::ResultCode;
use koogallery_store::{Delivery, Provisioned, Status};
use koogallery_tests::Seller;
use koogallery_tests::application::{Does, Post};
use koogallery_tests::bodies;
use koogallery_tests::kit::vault;
use serde_json::json;

use super::{deferred, plain, soon, subject};

#[tokio::test]
async fn the_answer_to_a_purchase_provisions_it() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    assert_eq!(seller.say(&bodies::purchase()).await, "000004");
    assert_eq!(seller.say(&bodies::query()).await, "000004");
    let answer = json!({ "appInfo": { "frontEndUrl": "https://app.example.com/b-1", "userName": "admin" } });
    post.application.does(move |_| Does::Say(answer.to_string()));
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;

    let reply = seller.send(&seller.signed(&bodies::query())).await;
    assert_eq!(reply.result_code, ResultCode::Success);
    let app_info = reply.info.unwrap().pop().unwrap().app_info.unwrap();
    assert_eq!(app_info.front_end_url.as_str(), "https://app.example.com/b-1");
    assert_eq!(seller.say(&bodies::purchase_resent()).await, "000000");
    assert_eq!(seller.instance(bodies::ID).await.unwrap().life.status, Status::Active);
    let (swept, _) = look(seller.host.store(), post.clock.now(), soon()).await.unwrap();
    assert_eq!(swept.provisioning_age, Duration::ZERO);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_tried_again_and_the_problem_is_kept() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    post.application.does(|event| {
        Does::Say(match event.before {
            0 => r#"{"appInfo":{"frontEndUrl":"https://app.example.com/","memo":7,"password":"s3cret"}}"#.to_owned(),
            1 => r#"{"appInfo":{"frontEndUrl":"https://app.exam"#.to_owned(),
            2 => "x".repeat(1 << 20),
            _ => r#"{"appInfo":{"frontEndUrl":"https://app.example.com/"}}"#.to_owned(),
        })
    });
    let mut pump = post.pump(&seller).await;
    let problem = async || {
        let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
        (events[0].delivery(), events[0].last_problem.clone().unwrap_or_default())
    };
    post.deliver_for(&mut pump, Duration::ZERO).await;
    let (delivery, kept) = problem().await;
    assert_eq!(delivery, Delivery::Undelivered);
    assert!(kept.contains("appInfo.memo is not a text") && !kept.contains("s3cret"), "{kept}");
    post.deliver_for(&mut pump, Duration::from_secs(5)).await;
    assert!(problem().await.1.contains("broken JSON"));
    // What neither is JSON nor is said to be says nothing of provisioning: the application will tell later.
    post.deliver(&mut pump).await;
    assert_eq!(problem().await, (Delivery::Delivered, String::new()));
    assert_eq!(post.application.taken().len(), 3);
    let (swept, _) = look(seller.host.store(), post.clock.now(), soon()).await.unwrap();
    assert!(swept.provisioning_age > Duration::from_secs(30));
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_packed_and_written() {
    const JSON: &str = r#"{"appInfo":{"frontEndUrl":"https://app.example.com/实例","memo":"","tenant":7}}"#;
    let gzip = || {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, JSON.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let utf_16 = format!("\u{feff}{JSON}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let json: &[(&str, &str)] = &[("content-type", "application/json; charset=utf-8")];
    let packed: &[(&str, &str)] = &[("content-type", "application/json"), ("content-encoding", "gzip")];
    for (name, headers, bytes) in [
        ("a byte order mark", json, format!("\u{feff}{JSON}").into_bytes()),
        ("gzip", packed, gzip()),
        ("UTF-16", &json[..0], utf_16),
    ] {
        let seller = Seller::with(deferred).await;
        let post = Post::of(&seller, plain).await;
        seller.say(&bodies::purchase()).await;
        post.application.does(move |_| Does::Send(headers, bytes.clone()));
        post.deliver(&mut post.pump(&seller).await).await;
        let app_info = seller.app_info(bodies::ID).await.expect(name);
        assert_eq!((app_info.front_end_url.as_str(), app_info.memo), ("https://app.example.com/实例", None), "{name}");
        assert_eq!(post.tries(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_is_said_to_be_json_and_cannot_be_read_is_a_failed_delivery() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    seller.say(&bodies::freeze()).await;
    post.application.does(|event| {
        let headers: &[(&str, &str)] = match event.before {
            0 => &[("content-type", "application/json"), ("content-encoding", "br")],
            1 => &[("content-type", "application/json"), ("content-encoding", "gzip")],
            _ => &[("content-type", "application/json")],
        };
        Does::Send(
            headers,
            if event.before < 3 && event.name() == "instance.created" { b"ok".to_vec() } else { Vec::new() },
        )
    });
    let mut pump = post.pump(&seller).await;
    let kept = async || {
        let events = seller.host.store().events(&subject(bodies::ID)).await.unwrap();
        (events[0].delivery(), events[0].last_problem.clone().unwrap_or_default())
    };
    for (pause, problem) in
        [(0, "neither gzip nor deflate"), (5, "not packed as its Content-Encoding says"), (30, "broken JSON")]
    {
        post.deliver_for(&mut pump, Duration::from_secs(pause)).await;
        let (delivery, kept) = kept().await;
        assert_eq!(delivery, Delivery::Undelivered);
        assert!(kept.contains(problem), "{kept}");
    }
    // An empty one says nothing, and so does what is answered to any other event.
    post.application.does(|event| match event.name() {
        "instance.created" => Does::Send(&[("content-type", "application/json")], Vec::new()),
        _ => Does::Send(&[("content-type", "application/json")], b"ok".to_vec()),
    });
    post.deliver(&mut pump).await;
    assert_eq!(kept().await, (Delivery::Delivered, String::new()));
    assert_eq!(post.account(&seller).await.lost, 0);
}

/// Each way to say how provisioning went, one after the other: what stands then.
#[tokio::test]
async fn what_the_seller_api_said_stands_over_a_late_answer() {
    use koogallery_store::ToldBy::{Answer, SellerApi};
    let app_info = |path: &str| {
        koogallery::AppInfo::read(&json!({ "frontEndUrl": format!("https://app.example.com/{path}") })).unwrap()
    };
    let failure = |message| koogallery_store::ProvisioningFailure::new(ResultCode::SoldOut, Some(message)).unwrap();
    let seller = Seller::with(deferred).await;
    let (store, id) = (seller.host.store(), bodies::ID.parse().unwrap());
    let succeeds = async |way, path: &str| store.provision(&id, &app_info(path), way, &vault()).await.unwrap();
    let fails = async |way, message| store.fail_provisioning(&id, &failure(message), way).await.unwrap();
    let path = async || {
        let url = seller.instance(bodies::ID).await.unwrap().app_info.unwrap().front_end_url;
        url.as_str().rsplit('/').next().unwrap().to_owned()
    };
    let message = async || seller.send(&seller.signed(&bodies::query())).await.result_msg.into_owned();
    seller.say(&bodies::purchase()).await;

    assert_eq!(fails(Answer, "one").await, Provisioned::Applied);
    assert_eq!(fails(Answer, "two").await, Provisioned::Applied, "the later of two answers stands");
    assert_eq!(fails(SellerApi, "three").await, Provisioned::Applied);
    assert_eq!(fails(Answer, "four").await, Provisioned::Outweighed, "the seller API outweighs an answer");
    assert!(message().await.contains("three"));

    assert_eq!(succeeds(Answer, "a").await, Provisioned::Applied, "a success outweighs any failure");
    assert_eq!(fails(SellerApi, "five").await, Provisioned::Outweighed);
    assert_eq!(fails(Answer, "six").await, Provisioned::Outweighed);
    assert_eq!(succeeds(Answer, "b").await, Provisioned::Applied, "the later of two answers stands");
    assert_eq!(succeeds(SellerApi, "c").await, Provisioned::Applied);
    assert_eq!(succeeds(Answer, "d").await, Provisioned::Outweighed);
    assert_eq!(path().await, "c");
    assert_eq!(succeeds(SellerApi, "e").await, Provisioned::Applied);
    assert_eq!(succeeds(Answer, "e").await, Provisioned::Unchanged);
    assert_eq!(path().await, "e");
}

#[tokio::test]
async fn a_late_answer_does_not_replace_what_was_put() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    let put = koogallery::AppInfo::read(&json!({ "frontEndUrl": "https://put.example.com/" })).unwrap();
    let (store, id) = (seller.host.store(), bodies::ID.parse().unwrap());
    store.provision(&id, &put, koogallery_store::ToldBy::SellerApi, &vault()).await.unwrap();
    post.application.does(|_| Does::Say(r#"{"appInfo":{"frontEndUrl":"https://late.example.com/"}}"#.to_owned()));
    post.deliver(&mut post.pump(&seller).await).await;
    assert_eq!(seller.app_info(bodies::ID).await, Some(put));
    assert_eq!(post.account(&seller).await.lost, 0, "the event is delivered all the same");
}

#[tokio::test]
async fn a_purchase_that_cannot_be_provisioned_is_answered_with_its_code_until_it_can() {
    let seller = Seller::with(deferred).await;
    let post = Post::of(&seller, plain).await;
    seller.say(&bodies::purchase()).await;
    post.application.does(|_| Does::Say(r#"{"resultCode":"000105","resultMsg":"one each"}"#.to_owned()));
    let mut pump = post.pump(&seller).await;
    post.deliver(&mut pump).await;
    for body in [bodies::query(), bodies::purchase_resent()] {
        let reply = seller.send(&seller.signed(&body)).await;
        assert_eq!(reply.result_code, ResultCode::BenefitHeld);
        assert!(reply.result_msg.contains("one each"), "{}", reply.result_msg);
    }
    let (swept, _) = look(seller.host.store(), post.clock.now(), soon()).await.unwrap();
    assert_eq!(swept.provisioning_age, Duration::ZERO, "nobody is waited for");

    let store = seller.host.store();
    let (id, app_info) =
        ("b-1".parse().unwrap(), serde_json::from_str(r#"{"frontEndUrl":"https://app.example.com/"}"#));
    let app_info = app_info.unwrap();
    let way = koogallery_store::ToldBy::SellerApi;
    assert_eq!(store.provision(&id, &app_info, way, &vault()).await.unwrap(), Provisioned::Applied);
    assert_eq!(store.provision(&id, &app_info, way, &vault()).await.unwrap(), Provisioned::Unchanged);
    assert_eq!(seller.say(&bodies::query()).await, "000000");
    assert_eq!(seller.say(&bodies::purchase_resent()).await, "000000");
    let failure = koogallery_store::ProvisioningFailure::new(ResultCode::SoldOut, None).unwrap();
    assert_eq!(store.fail_provisioning(&id, &failure, way).await.unwrap(), Provisioned::Outweighed, "a success stands");
    assert_eq!(
        store.provision(&"i-none".parse().unwrap(), &app_info, way, &vault()).await.unwrap(),
        Provisioned::Unknown
    );
    seller.say_all(&[bodies::release()]).await;
    assert_eq!(store.provision(&id, &app_info, way, &vault()).await.unwrap(), Provisioned::Released);
}

#[tokio::test]
async fn what_v1_cannot_send_is_refused() {
    let seller = Seller::with(deferred).await;
    seller.say(&bodies::purchase()).await;
    // As V1.0 bought it.
    let store = seller.host.store();
    let update = store.client().update_item().table_name(store.table()).update_expression("SET v1 = :yes");
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let update = update.key("pk", text(bodies::INSTANCE)).key("sk", text("STATE"));
    let yes = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
    update.expression_attribute_values(":yes", yes).send().await.unwrap();
    let long = json!({ "frontEndUrl": "https://app.example.com/", "password": "p".repeat(120) });
    let long = serde_json::from_value(long).unwrap();
    let (id, way) = (bodies::ID.parse().unwrap(), koogallery_store::ToldBy::SellerApi);
    let kept = store.provision(&id, &long, way, &vault()).await.unwrap();
    assert!(matches!(kept, Provisioned::DoesNotFit(_)), "{kept:?}");
    assert_eq!(seller.say(&bodies::query()).await, "000004");
}
