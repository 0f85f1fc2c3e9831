//! What a run asks the table for, and what it tells of what is left.

use koogallery_local::open_api::UsageTold;

use super::{HOUR, MINUTE, World, ago, clock, pass, used};

#[tokio::test]
async fn a_run_with_nothing_to_do_asks_for_little() {
    let world = World::new().await;
    world.run().await.unwrap();
    let before = world.database().seen();
    world.run().await.unwrap();
    // Sixteen parts of the index for what is due, as many for what was released, then what is parked and what is silent.
    assert_eq!(world.database().seen() - before, 34);
}

#[tokio::test]
async fn what_is_left_is_counted_whatever_it_waits_for() {
    let world = World::new().await;
    for id in ["i-1", "i-2", "i-3"] {
        world.buy(id, ago(HOUR)).await;
    }
    world.take(&[used("i-1", "r-1", clock(), "1")]).await.unwrap();
    pass(HOUR + 3 * MINUTE);
    world.stand_in.next_usage([UsageTold::Code(500, "MKT.0999")]);
    let run = world.run().await.unwrap();
    assert_eq!((run.failed, run.backlog, run.oldest.as_secs()), (1, 1, 180));
    // The first one waits for its next try; the keys do not let the second one pass.
    world.take(&[used("i-2", "r-1", ago(4 * MINUTE), "1")]).await.unwrap();
    world.stand_in.next_usage([UsageTold::Code(401, "94060002")]);
    let run = world.run().await.unwrap();
    assert_eq!((run.failed, run.backlog, run.oldest.as_secs()), (0, 2, 180));
    // What goes on now is not late.
    world.take(&[used("i-3", "r-1", clock(), "1")]).await.unwrap();
    pass(6 * MINUTE);
    let run = world.run().await.unwrap();
    assert_eq!((run.pushed, run.backlog, run.oldest.as_secs()), (2, 0, 0));
}
