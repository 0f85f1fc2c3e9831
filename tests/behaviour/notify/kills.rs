//! A notifier that is killed between any two requests to the table, while robots fail: each thing is told at least once, and no
//! destination gets more messages than its limit allows.

use koogallery_store::Cause;
use koogallery_tests::Seller;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};
use koogallery_tests::people::Takes;
use notify::PACE;

use super::{HOUR, Notify, raise};

/// How a run ends.
const ENDS: [&[Fault]; 2] = [&[Fault::Denied], &[Fault::CutAfter, Fault::Denied]];
/// What a run reads before it first writes.
const READS: usize = 100;

#[tokio::test]
async fn a_killed_run_loses_nothing_and_keeps_the_limits() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    let notify = Notify::of(&seller).await;
    let before = database.seen();
    notify.after(HOUR).await.unwrap();
    let reads = database.seen() - before;
    assert!(reads > READS, "{reads}");
    let mut number = 0;
    for end in ENDS {
        // Of the reads, some; of the writes after them, each.
        for point in [0, READS / 2].into_iter().chain(reads - 1..reads + 11) {
            number += 1;
            let order = format!("CS{number}");
            let warning = raise(&seller, &notify.clock, &order, Cause::PurchaseRefused, 2 * HOUR).await;
            notify.people.take("feishu", if number % 3 == 0 { Takes::Not(11232) } else { Takes::Well });
            notify.people.take("dingtalk", if number % 2 == 0 { Takes::AndCuts } else { Takes::Well });
            let passing = std::iter::repeat_n(Fault::None, point);
            database.next(passing.chain(end.iter().copied()).chain([Fault::Denied; 400]));
            drop(notify.after(PACE).await);
            database.always(Fault::None);
            for at in ["feishu", "dingtalk"] {
                notify.people.take(at, Takes::Well);
            }
            for _ in 0..2 {
                notify.after(12 * super::MINUTE).await.unwrap();
            }
            for at in super::ALL {
                let told = notify.people.taken(at).iter().filter(|told| told.contains(&order)).count();
                assert!(told >= 1, "{end:?} at {point}: {at} was not told of {order}");
            }
            seller.host.store().end_warning(&warning, notify.clock.now()).await.unwrap();
        }
    }
    for at in ["feishu", "dingtalk", "wecom", "mail"] {
        let times: Vec<_> = notify.people.arrived(at).iter().map(|arrived| arrived.when).collect();
        assert!(times.windows(2).all(|two| two[1].since(two[0]) >= PACE), "{at}");
    }
}
