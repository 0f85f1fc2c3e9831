//! What each answer of KooGallery leads to.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_local::open_api::{UsageManner, UsageTold};
use koogallery_store::{HourChanged, HourState};
use report_usage::Stop;

use super::{HOUR, MINUTE, World, ago, clock, pass, used};

const DAY: i64 = 24 * HOUR;

/// Instances that used 1 each, in an hour that is over.
async fn used_by(world: &World, ids: &[&str]) {
    for id in ids {
        world.buy(id, ago(DAY)).await;
        world.take(&[used(id, "r-1", clock(), "1")]).await.unwrap();
    }
    pass(HOUR + 3 * MINUTE);
}

async fn state(world: &World, id: &str) -> HourState {
    world.hours(id).await[0].state
}

#[tokio::test]
async fn what_koogallery_cannot_take_now_is_pushed_again_unchanged() {
    for told in [
        UsageTold::Code(500, "MKT.0999"),
        UsageTold::Code(500, "94060001"),
        UsageTold::Code(503, ""),
        UsageTold::LostBefore,
        UsageTold::LostAfter,
    ] {
        let world = World::new().await;
        used_by(&world, &["i-1"]).await;
        world.stand_in.next_usage([told.clone()]);
        let run = world.run().await.unwrap();
        assert_eq!((run.failed, run.backlog, run.stopped), (1, 1, None), "{told:?}");
        let before = world.hours("i-1").await.remove(0);
        assert_eq!(before.state, HourState::Pushing);
        // Not before its pause is over.
        assert_eq!(world.run().await.unwrap().pushed, 0);
        pass(5 * MINUTE);
        assert_eq!(world.run().await.unwrap().pushed, 1, "{told:?}");
        let after = world.hours("i-1").await.remove(0);
        assert_eq!((after.state, &after.charge), (HourState::Done, &before.charge));
        assert_eq!(world.charged("i-1"), "1");
    }
}

#[tokio::test]
async fn what_cannot_be_written_as_a_record_is_parked_and_never_passes_for_taken() {
    let world = World::new().await;
    used_by(&world, &["i-1"]).await;
    world.stand_in.next_usage([UsageTold::Code(500, "MKT.0999")]);
    assert_eq!(world.run().await.unwrap().failed, 1);
    let serial = world.hours("i-1").await.remove(0).charge.unwrap().metering_sn;
    let store = world.seller.host.store();
    for mut item in world.seller.items().await {
        if item.get("meteringSn") == Some(&AttributeValue::S(serial.clone())) {
            // Longer than KooGallery takes it.
            item.insert("meteringSn".to_owned(), AttributeValue::S("x".repeat(65)));
            store.client().put_item().table_name(store.table()).set_item(Some(item)).send().await.unwrap();
        }
    }
    pass(5 * MINUTE);
    let run = world.run().await.unwrap();
    assert_eq!((run.pushed, run.newly_parked, run.parked), (0, 1, 1));
    assert_eq!(state(&world, "i-1").await, HourState::Parked);
    assert_eq!(world.stand_in.usage_pushes(), 1, "nothing was sent for it");
}

#[tokio::test]
async fn it_waits_where_it_asked_too_often() {
    let world = World::new().await;
    used_by(&world, &["i-1"]).await;
    world.stand_in.next_usage([UsageTold::Code(406, "MKT.0250")]);
    assert_eq!(world.run().await.unwrap().pushed, 1);
    assert_eq!(world.stand_in.usage_pushes(), 2);
}

#[tokio::test]
async fn the_one_at_fault_is_found_among_the_others_and_parked() {
    let ids: Vec<String> = (0..20).map(|number| format!("i-{number:02}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for names_records in [true, false] {
        let world = World::new().await;
        used_by(&world, &ids).await;
        world.stand_in.set_usage_manner(UsageManner { names_records, ..UsageManner::default() });
        world.stand_in.set_usage_fault("i-07".parse().unwrap(), Some("003"));
        // The older table does not name it. What is found before any other was taken is tried once more.
        for _ in 0..3 {
            world.run().await.unwrap();
            pass(11 * MINUTE);
        }
        let run = world.run().await.unwrap();
        assert_eq!((run.backlog, run.parked), (0, 1), "{names_records}");
        for id in &ids {
            let expected = if *id == "i-07" { HourState::Parked } else { HourState::Done };
            assert_eq!(state(&world, id).await, expected, "{id}");
            assert_eq!(world.charged(id), if *id == "i-07" { "0" } else { "1" });
        }
        let parked = world.hours("i-07").await.remove(0);
        let answer = parked.last_answer.clone().unwrap();
        assert!(answer.contains("003") || answer.contains("MKT.9002"), "{answer}");
        assert!(world.lines.0.lock().unwrap().iter().any(|line| line.contains("\"instance\":\"i-07\"")));

        // A person has it mended, and lets it be pushed again.
        world.stand_in.set_usage_fault("i-07".parse().unwrap(), None);
        assert_eq!(world.store().resend_usage(&parked.id, false).await.unwrap(), HourChanged::Done);
        world.run().await.unwrap();
        assert_eq!(world.charged("i-07"), "1");
    }
}

#[tokio::test]
async fn an_instance_that_koogallery_does_not_know_yet_is_tried_for_a_while() {
    let world = World::new().await;
    used_by(&world, &["i-1", "i-2"]).await;
    world.stand_in.set_usage_manner(UsageManner { names_records: false, ..UsageManner::default() });
    world.stand_in.set_usage_fault("i-1".parse().unwrap(), Some("001"));
    for _ in 0..4 {
        world.run().await.unwrap();
        assert_eq!(state(&world, "i-1").await, HourState::Pushing);
        pass(61 * MINUTE);
    }
    world.run().await.unwrap();
    assert_eq!((state(&world, "i-1").await, state(&world, "i-2").await), (HourState::Parked, HourState::Done));
}

#[tokio::test]
async fn a_record_that_koogallery_has_already_is_done() {
    for code in ["005", "010"] {
        let world = World::new().await;
        used_by(&world, &["i-1", "i-2"]).await;
        world.stand_in.set_usage_fault("i-1".parse().unwrap(), Some(code));
        assert_eq!(world.run().await.unwrap().pushed, 2);
        assert_eq!((state(&world, "i-1").await, state(&world, "i-2").await), (HourState::Done, HourState::Done));
    }
}

#[tokio::test]
async fn too_many_are_halved_and_never_parked() {
    let world = World::new().await;
    let ids: Vec<String> = (0..10).map(|number| format!("i-{number}")).collect();
    used_by(&world, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.stand_in.set_usage_manner(UsageManner { most: 3, ..UsageManner::default() });
    let run = world.run().await.unwrap();
    assert_eq!((run.pushed, run.backlog, run.parked), (10, 0, 0));
}

#[tokio::test]
async fn keys_at_fault_stop_all_and_cost_no_try() {
    for code in ["94060002", "MKT.0102", "MKT.0150", "MKT.0151", "MKT.0154"] {
        let world = World::new().await;
        used_by(&world, &["i-1", "i-2"]).await;
        world.stand_in.next_usage([UsageTold::Code(401, code)]);
        let run = world.run().await.unwrap();
        assert!(matches!(&run.stopped, Some(stop @ Stop::Authority(_)) if stop.needs_a_person()), "{:?}", run.stopped);
        assert!(world.last_line().contains("\"UsageStopped\":1"), "{}", world.last_line());
        assert_eq!(world.hours("i-1").await[0].attempts, 0);
        assert_eq!(world.run().await.unwrap().pushed, 2);
    }
}

#[tokio::test]
async fn if_koogallery_refuses_everything_nothing_is_parked_at_once() {
    let world = World::new().await;
    let ids: Vec<String> = (0..20).map(|number| format!("i-{number}")).collect();
    used_by(&world, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.stand_in.next_usage(std::iter::repeat_n(UsageTold::Code(400, "94060004"), 60));
    let run = world.run().await.unwrap();
    assert!(matches!(run.stopped, Some(Stop::RefusesAll(_))), "{:?}", run.stopped);
    assert_eq!(run.parked, 0);
    world.stand_in.next_usage([]);
    for _ in 0..2 {
        pass(6 * MINUTE);
        world.run().await.unwrap();
    }
    for id in &ids {
        assert_eq!(world.charged(id), "1", "{id}");
    }
}

#[tokio::test]
async fn an_outage_of_two_days_loses_nothing_and_one_of_twenty_is_given_to_a_person() {
    let world = World::new().await;
    world.buy("i-1", ago(HOUR)).await;
    let dead = || world.stand_in.next_usage(std::iter::repeat_n(UsageTold::LostBefore, 4));
    for hour in 0..48 {
        dead();
        world.take(&[used("i-1", &format!("r-{hour}"), clock(), "0.5")]).await.unwrap();
        pass(HOUR);
        let run = world.run().await.unwrap();
        assert!(run.pushed == 0 && run.backlog >= hour, "{run:?}");
    }
    world.stand_in.next_usage([]);
    pass(HOUR);
    world.run().await.unwrap();
    assert_eq!(world.charged("i-1"), "24");

    world.take(&[used("i-1", "r-last", clock(), "1")]).await.unwrap();
    pass(HOUR + 3 * MINUTE);
    dead();
    world.run().await.unwrap();
    pass(20 * DAY);
    dead();
    let run = world.run().await.unwrap();
    assert_eq!((run.parked, run.backlog), (1, 0));
    let parked = world.hours("i-1").await.pop().unwrap();
    assert!(parked.last_answer.unwrap().contains("20 days"));
}

#[tokio::test]
async fn a_reporting_instance_that_falls_silent_is_told_until_it_is_released() {
    let world = World::new().await;
    used_by(&world, &["i-1"]).await;
    assert_eq!(world.run().await.unwrap().silent, []);
    pass(20 * HOUR);
    assert_eq!(world.run().await.unwrap().silent, []);
    pass(6 * HOUR);
    assert_eq!(world.run().await.unwrap().silent, ["i-1".parse().unwrap()]);
    assert!(world.last_line().contains("\"UsageSilent\":1"));
    world.release("i-1").await;
    assert_eq!(world.run().await.unwrap().silent, []);
}

#[tokio::test]
async fn a_person_parks_what_koogallery_does_not_count_and_resends_it_under_another_number() {
    let world = World::new().await;
    used_by(&world, &["i-1"]).await;
    let open = world.hours("i-1").await.remove(0);
    assert_eq!(
        world.store().park_usage(&open.id, "not yet", clock()).await.unwrap(),
        HourChanged::State(HourState::Open)
    );
    world.run().await.unwrap();
    let done = world.hours("i-1").await.remove(0);
    assert_eq!(world.store().resend_usage(&done.id, true).await.unwrap(), HourChanged::State(HourState::Done));
    assert_eq!(world.store().park_usage(&done.id, "009 in Seller Console", clock()).await.unwrap(), HourChanged::Done);
    assert_eq!(world.run().await.unwrap().parked, 1);
    assert_eq!(world.store().resend_usage(&done.id, true).await.unwrap(), HourChanged::Done);
    assert_eq!(world.run().await.unwrap().pushed, 1);
    let again = world.hours("i-1").await.remove(0);
    assert_ne!(again.charge.unwrap().metering_sn, done.charge.unwrap().metering_sn);
    // KooGallery had counted it all the same: the equal span keeps it from being charged twice.
    assert_eq!(world.charged("i-1"), "1");
}
