//! A watch that is killed between any two requests to the table: nothing is lost, and nothing is raised twice.

use koogallery_store::{About, Cause, Flow, Subject};
use koogallery_tests::Seller;
use koogallery_tests::faults::{Fault, FaultyDynamoDb};

use super::DAY;
use super::watching::{Watch, events};

/// How a run ends.
const ENDS: [&[Fault]; 2] = [&[Fault::Denied], &[Fault::CutAfter, Fault::Denied]];

#[tokio::test]
async fn a_killed_run_loses_nothing_and_raises_nothing_twice() {
    let database = FaultyDynamoDb::start().await;
    let seller = Seller::at(Some(database.endpoint()), |environment| environment).await;
    let (watch, store) = (Watch::of(&seller), seller.host.store());
    let mut number = 0;
    for end in ENDS {
        let mut point = 0;
        loop {
            number += 1;
            let (order, opened_at) =
                (format!("CS{number}").parse().unwrap(), watch.clock.now().saturating_sub(4 * DAY));
            assert!(store.open_supervision(&order, Flow::Hardware, opened_at, None, opened_at).await.unwrap());
            let passing = std::iter::repeat_n(Fault::None, point);
            database.next(passing.chain(end.iter().copied()).chain([Fault::Denied; 200]));
            let ended = watch.try_run().await;
            database.always(Fault::None);
            watch.try_run().await.unwrap();
            let about = About::from(Subject::Order(order));
            let mut raised = store.warnings().await.unwrap();
            raised.retain(|warning| warning.about == about);
            let mut causes: Vec<Cause> = raised.iter().map(|warning| warning.cause).collect();
            causes.sort();
            assert_eq!(causes, [Cause::SellerStep, Cause::SellerStepUrgent], "{end:?} at {point}");
            for warning in &raised {
                assert_eq!(events(&seller, warning).await, 1, "{end:?} at {point}");
                store.end_warning(&warning.warning_id, watch.clock.now()).await.unwrap();
            }
            if ended.is_ok() {
                break;
            }
            // Before and after that it only reads.
            point += if (12..40).contains(&point) { 1 } else { 8 };
        }
    }
    assert!(number > 40, "{number}");
}
