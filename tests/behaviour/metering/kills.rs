//! A host that is killed between any two requests to the table, while it takes records, closes hours or pushes them: what it did is
//! not done again, and what it did not do is done later.

use koogallery_store::HourState;
use koogallery_tests::faults::Fault;

use super::{HOUR, MINUTE, World, ago, of_package, pass, used};

/// How a host ends.
const ENDS: [&[Fault]; 2] = [&[Fault::Denied], &[Fault::CutAfter, Fault::Denied]];

fn kill(world: &World, point: usize, end: &[Fault]) {
    let passing = std::iter::repeat_n(Fault::None, point);
    world.database().next(passing.chain(end.iter().copied()).chain([Fault::Denied; 200]));
}

#[tokio::test]
async fn killed_while_it_takes_records() {
    let world = World::new().await;
    world.buy("pkg", ago(HOUR)).await;
    let mut number = 0;
    for end in ENDS {
        for point in 0.. {
            number += 1;
            let id = format!("i-{number}");
            world.buy(&id, ago(HOUR)).await;
            let sent = [
                used(&id, "r-1", ago(MINUTE), "1.5"),
                used(&id, "r-2", ago(MINUTE), "-0.5"),
                of_package("pkg", used(&id, "r-3", ago(0), "0.0001")),
            ];
            let before = world.database().seen();
            kill(&world, point, end);
            let ended = world.take(&sent).await;
            let asked = world.database().seen() - before;
            world.database().always(Fault::None);
            world.take(&sent).await.unwrap();
            let amounts: Vec<_> = world.hours(&id).await.iter().map(|hour| hour.amount.to_string()).collect();
            assert_eq!(amounts, ["1", "0.0001"], "{end:?} at {point}");
            if ended.is_ok() {
                assert!(asked >= 3, "reads, writes, and looks at the package");
                break;
            }
        }
    }
    let package = world.store().package_use(&"pkg".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(package.used.ten_thousandths(), i128::from(number));
}

#[tokio::test]
async fn killed_while_it_closes_and_pushes() {
    let world = World::new().await;
    world.buy("pkg", ago(HOUR)).await;
    let mut number = 0;
    for end in ENDS {
        let mut point = 0;
        loop {
            number += 1;
            let id = format!("i-{number}");
            world.buy(&id, ago(HOUR)).await;
            let sent = [used(&id, "r-1", ago(MINUTE), "1.5"), of_package("pkg", used(&id, "r-2", ago(MINUTE), "0.25"))];
            world.take(&sent).await.unwrap();
            pass(HOUR + 3 * MINUTE);
            kill(&world, point, end);
            let ended = world.run().await;
            world.database().always(Fault::None);
            let between: Vec<_> =
                world.hours(&id).await.into_iter().filter_map(|hour| Some(hour.charge?.metering_sn)).collect();
            pass(6 * MINUTE);
            world.run().await.unwrap();
            let hours = world.hours(&id).await;
            assert!(hours.iter().all(|hour| hour.state == HourState::Done), "{end:?} at {point}: {hours:?}");
            assert!(
                between.iter().all(|sn| hours.iter().any(|hour| hour.charge.as_ref().unwrap().metering_sn == *sn)),
                "another serial number: {end:?} at {point}"
            );
            assert_eq!(world.charged(&id), "1.75", "{end:?} at {point}");
            if ended.is_ok() {
                break;
            }
            // Before that it only reads.
            point += if point >= 24 { 1 } else { 8 };
        }
    }
    assert_eq!(world.stand_in.uncounted_usage(), []);
    assert!(number > 32, "{number}");
}
