//! Taking records: what counts once, what is refused, and in which hour it is counted.

use koogallery::Timestamp;
use koogallery_store::{Cycles, HourState, Quantity, Taken, UsageRefusal, UsageSent};

use super::{HOUR, MINUTE, World, ago, clock, of_package, pass, used};

const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn a_record_counts_once_and_its_id_has_one_content() {
    let world = World::new().await;
    world.buy("i-1", ago(DAY)).await;
    world.buy("i-2", ago(DAY)).await;
    let hour = ago(HOUR);
    let one = used("i-1", "r-1", ago(MINUTE), "0.1");
    let counted = Taken::Counted(hour);
    assert_eq!(world.take(std::slice::from_ref(&one)).await.unwrap(), [counted]);
    let other = UsageSent { quantity: "0.2".parse().unwrap(), ..one.clone() };
    let later = UsageSent { begin: ago(2 * MINUTE), ..one.clone() };
    let elsewhere = used("i-2", "r-1", ago(MINUTE), "0.2");
    let call = [one.clone(), other, later, elsewhere.clone(), elsewhere];
    // The first of a call decides for its repeats in the same call.
    let told = world.take(&call).await.unwrap();
    assert_eq!(told, [Taken::Known, Taken::Conflict, Taken::Conflict, counted, Taken::Known]);
    let amounts = |hours: Vec<koogallery_store::UsageHour>| {
        hours.into_iter().map(|hour| (hour.amount.to_string(), hour.records)).collect::<Vec<_>>()
    };
    assert_eq!(amounts(world.hours("i-1").await), [("0.1".to_owned(), 1)]);
    assert_eq!(amounts(world.hours("i-2").await), [("0.2".to_owned(), 1)]);
    let page = world.store().usage_records(&"i-1".parse().unwrap(), (0, None), 10).await.unwrap();
    let kept: Vec<_> = page.records.into_iter().map(|taken| (taken.sent, taken.counted_in)).collect();
    assert_eq!((kept, page.next), (vec![(one, hour)], None));
}

#[tokio::test]
async fn a_thousand_records_are_taken_in_one_call_and_listed_in_pages() {
    let world = World::new().await;
    for number in 0..30 {
        world.buy(&format!("i-{number}"), ago(DAY)).await;
    }
    // Half of them of one instance, the others of thirty.
    let sent: Vec<UsageSent> = (0..1000)
        .map(|number| {
            let instance = if number % 2 == 0 { 0 } else { number % 30 };
            used(&format!("i-{instance}"), &format!("r-{number}"), ago(MINUTE), "0.0001")
        })
        .collect();
    let told = world.take(&sent).await.unwrap();
    assert!(told.iter().all(|told| matches!(told, Taken::Counted(_))));
    let told = world.take(&sent).await.unwrap();
    assert!(told.iter().all(|told| *told == Taken::Known));
    let first = world.hours("i-0").await;
    assert_eq!((first[0].amount.ten_thousandths(), first[0].records), (500, 500));

    let (mut from, mut seen) = (Some((0, None)), std::collections::BTreeSet::new());
    while let Some(place) = from {
        let page = world.store().usage_records(&"i-0".parse().unwrap(), place, 70).await.unwrap();
        assert!(page.records.len() <= 70);
        for taken in page.records {
            assert!(seen.insert(taken.sent.id), "listed twice");
        }
        from = page.next;
    }
    assert_eq!(seen.len(), 500);
}

#[tokio::test]
async fn what_can_never_be_charged_is_refused_and_the_others_count() {
    let world = World::new().await;
    world.buy("i-1", ago(HOUR)).await;
    world.buy("i-old", ago(30 * DAY)).await;
    world.buy("i-gone", ago(DAY)).await;
    world.release("i-gone").await;
    pass(MINUTE);
    let refused = |refusal| Taken::Refused(refusal);
    let spans = |instance, id, begin, end| UsageSent { begin, end, ..used(instance, id, end, "1") };
    let cases = [
        (used("i-none", "r-1", ago(0), "1"), refused(UsageRefusal::NoInstance)),
        (of_package("p-none", used("i-1", "r-2", ago(0), "1")), refused(UsageRefusal::NoPackage)),
        (used("i-1", "r-3", ago(2 * HOUR), "1"), refused(UsageRefusal::BeforePurchase)),
        (used("i-gone", "r-4", ago(0), "1"), refused(UsageRefusal::AfterRelease)),
        (used("i-old", "r-5", ago(21 * DAY + 1), "1"), refused(UsageRefusal::TooOld)),
        (used("i-1", "r-6", ago(-121_000), "1"), refused(UsageRefusal::Future)),
        (spans("i-1", "r-7", ago(0), ago(MINUTE)), refused(UsageRefusal::Backwards)),
        (spans("i-old", "r-8", ago(DAY + 1), ago(0)), refused(UsageRefusal::TooLong)),
        (used("i-old", "r-9", ago(21 * DAY), "1"), Taken::Counted(ago(MINUTE))),
        (used("i-1", "r-10", ago(-MINUTE), "1"), Taken::Counted(ago(MINUTE))),
    ];
    let call: Vec<UsageSent> = cases.iter().map(|(sent, _)| sent.clone()).collect();
    let told = world.take(&call).await.unwrap();
    for ((sent, expected), told) in cases.iter().zip(told) {
        assert_eq!(told, *expected, "{sent:?}");
    }
}

/// Who got no answer sends again, and must not hear that nothing was counted.
#[tokio::test]
async fn what_was_counted_is_known_although_it_could_not_be_counted_any_more() {
    let world = World::new().await;
    world.buy("i-1", ago(30 * DAY)).await;
    let more = |sent: &UsageSent| UsageSent { quantity: "7".parse().unwrap(), ..sent.clone() };
    let (old, ahead) = (used("i-1", "r-old", ago(20 * DAY), "3"), used("i-1", "r-ahead", ago(-MINUTE), "1"));
    let back = used("i-1", "r-back", ago(0), "-1");
    let call = [old.clone(), ahead.clone(), back.clone()];
    assert!(world.take(&call).await.unwrap().iter().all(|taken| matches!(taken, Taken::Counted(_))));
    world.release("i-1").await;
    pass(2 * DAY);
    world.run().await.unwrap();

    assert_eq!(world.take(&call).await.unwrap(), [Taken::Known; 3]);
    let others = [more(&old), more(&ahead), more(&old)];
    assert_eq!(world.take(&others).await.unwrap(), [Taken::Conflict; 3]);
    let never = [used("i-1", "r-never", old.end, "3"), used("i-1", "r-late", clock(), "1")];
    let refused = [UsageRefusal::TooOld, UsageRefusal::AfterRelease].map(Taken::Refused);
    assert_eq!(world.take(&never).await.unwrap(), refused);
    let counted: Quantity = world.hours("i-1").await.into_iter().map(|hour| hour.amount).sum();
    assert_eq!(counted, "3".parse().unwrap());
}

#[tokio::test]
async fn late_records_are_counted_in_the_hour_that_is_open_with_their_true_time() {
    let world = World::new().await;
    world.buy("i-1", ago(DAY)).await;
    let hour = clock();
    pass(10 * MINUTE);
    let moment = clock();
    world.take(&[used("i-1", "r-1", moment, "1")]).await.unwrap();
    pass(53 * MINUTE);
    // Within the grace it is still in time.
    pass(-2 * MINUTE);
    world.run().await.unwrap();
    assert_eq!(world.take(&[used("i-1", "r-2", moment, "2")]).await.unwrap(), [Taken::Counted(hour)]);
    pass(2 * MINUTE);
    world.run().await.unwrap();
    assert_eq!(world.charged("i-1"), "3");
    let next = Timestamp::from_millis(hour.as_millis() + HOUR);
    assert_eq!(world.take(&[used("i-1", "r-3", moment, "4")]).await.unwrap(), [Taken::Counted(next)]);
    // A correction is taken from what is still to come.
    assert_eq!(world.take(&[used("i-1", "r-4", moment, "-5")]).await.unwrap(), [Taken::Counted(next)]);
    let page = world.store().usage_records(&"i-1".parse().unwrap(), (0, None), 10).await.unwrap();
    assert!(page.records.iter().all(|taken| taken.sent.begin == moment));
    pass(HOUR);
    let run = world.run().await.unwrap();
    assert_eq!((run.pushed, world.charged("i-1").as_str()), (0, "3"), "below zero nothing is pushed");
    world.take(&[used("i-1", "r-5", clock(), "1.5")]).await.unwrap();
    pass(HOUR);
    world.run().await.unwrap();
    assert_eq!(world.charged("i-1"), "3.5");
    assert_eq!(world.stand_in.uncounted_usage(), []);
}

#[tokio::test]
async fn a_release_closes_at_once_and_what_comes_after_it_is_charged_apart() {
    let world = World::new().await;
    world.buy("i-1", ago(DAY)).await;
    pass(10 * MINUTE);
    let moment = clock();
    world.take(&[used("i-1", "r-1", moment, "1")]).await.unwrap();
    pass(MINUTE);
    world.release("i-1").await;
    pass(5 * MINUTE);
    world.run().await.unwrap();
    assert_eq!(world.charged("i-1"), "1");
    for (id, quantity) in [("r-2", "0.5"), ("r-3", "0.25")] {
        world.take(&[used("i-1", id, moment, quantity)]).await.unwrap();
        world.run().await.unwrap();
    }
    let told = world.take(&[used("i-1", "r-4", moment, "-1"), used("i-1", "r-2", moment, "0.5")]).await.unwrap();
    assert_eq!(told, [Taken::Refused(UsageRefusal::NothingToCome), Taken::Known]);
    assert_eq!(world.charged("i-1"), "1.75");
    assert_eq!(world.stand_in.uncounted_usage(), []);
}

#[tokio::test]
async fn products_billed_by_the_day_are_added_up_from_midnight_to_midnight_in_beijing() {
    let world = World::new().await;
    world.buy("i-1", ago(3 * DAY)).await;
    let store = world.store();
    let product = AttributeProduct::set(&world, "i-1").await;
    let cycles = Cycles::daily([product.parse().unwrap()]);
    let take = async |id: &str, at: Timestamp| {
        store.take_usage(vec![used("i-1", id, at, "1")], &cycles, clock()).await.unwrap()[0]
    };
    let midnight = |at: Timestamp| (at.as_millis() + 8 * HOUR).div_euclid(DAY) * DAY - 8 * HOUR;
    let today = Timestamp::from_millis(midnight(clock()));
    assert_eq!(take("r-1", clock()).await, Taken::Counted(today));
    pass(midnight(clock()) + DAY - clock().as_millis());
    assert_eq!(take("r-2", ago(1)).await, Taken::Counted(today));
    pass(MINUTE);
    assert_eq!(world.run().await.unwrap().pushed, 0);
    pass(MINUTE);
    assert_eq!(world.run().await.unwrap().pushed, 1);
    let [record] = &world.stand_in.usage_records()[..] else { panic!("one record") };
    let told = (record.begin_time.timestamp(), record.end_time.timestamp(), record.usage_value.to_string());
    assert_eq!(told, (today, Timestamp::from_millis(today.as_millis() + DAY), "2".to_owned()));
    assert_eq!(world.hours("i-1").await[0].state, HourState::Done);
}

/// A product of an instance.
struct AttributeProduct;

impl AttributeProduct {
    async fn set(world: &World, id: &str) -> &'static str {
        use aws_sdk_dynamodb::types::AttributeValue;
        let store = world.store();
        let set = store.client().update_item().table_name(store.table());
        set.key("pk", AttributeValue::S(format!("INSTANCE#{id}")))
            .key("sk", AttributeValue::S("STATE".to_owned()))
            .update_expression("SET productId = :product")
            .expression_attribute_values(":product", AttributeValue::S("daily-product".to_owned()))
            .send()
            .await
            .unwrap();
        "daily-product"
    }
}
