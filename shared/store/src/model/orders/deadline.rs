//! When the seller is warned of a supervised order or a customer demand, before a deadline passes.
//!
//! Five days are the threshold after which the other side may appeal, or after which KooGallery closes a demand.

use std::time::Duration;

use koogallery::Timestamp;

use crate::model::orders::flow::Stage;
use crate::model::orders::party::Party;
use crate::model::orders::supervision::Standing;
use crate::model::warning::{Cause, Raise};

const DAY: Duration = Duration::from_hours(24);
/// After so long the other side may appeal.
const PATIENCE: Duration = Duration::from_hours(5 * 24);
/// KooGallery completes an accepted order within so long.
const COMPLETION: Duration = Duration::from_hours(3);
/// The second rejection is told: at the fourth one, the other side may appeal.
const REJECTIONS: usize = 2;

impl Standing {
    /// What is to be raised, and when, as long as nothing more happens. The first comes first.
    #[must_use]
    pub fn warnings(&self) -> Vec<Raise> {
        let raise = |cause, after: Duration, due: Duration| Raise {
            cause,
            since: self.since,
            at: self.since.saturating_add(after),
            due_at: Some(self.since.saturating_add(due)),
        };
        let mut all = Vec::new();
        if !self.stage.is_over()
            && let Some(second) = self.rejections.get(REJECTIONS - 1)
        {
            all.push(Raise { cause: Cause::SecondRejection, since: *second, at: *second, due_at: None });
        }
        match (self.stage, self.waits_for) {
            (stage, _) if stage.is_over() => {}
            (Stage::AwaitsCompletion, _) => all.push(raise(Cause::NotCompleted, COMPLETION, COMPLETION)),
            (Stage::AwaitsAcceptance | Stage::AwaitsReceipt, _) => {
                all.push(raise(Cause::BuyerSilent, 3 * DAY, PATIENCE));
            }
            (_, Some(Party::Seller)) => {
                all.push(raise(Cause::SellerStep, 3 * DAY, PATIENCE));
                all.push(raise(Cause::SellerStepUrgent, 4 * DAY, PATIENCE));
            }
            _ => {}
        }
        all.sort_by_key(|raise| raise.at);
        all
    }

    /// When it is too late for what it waits for, if that is known.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        self.warnings().into_iter().filter_map(|raise| raise.due_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::orders::flow::Flow;
    use crate::model::orders::step::StepKind;
    use crate::model::orders::supervision::{Supervision, entered};

    const DAYS: i64 = 24 * 3_600_000;

    fn raised(steps: &[(StepKind, i64)]) -> Vec<(Cause, i64, Option<i64>)> {
        let mut supervision = Supervision::new(Flow::Standard, Timestamp::from_millis(0));
        for (kind, at) in steps {
            supervision.enter(entered(*kind, *at), &[]).unwrap();
        }
        let day = |at: Timestamp| at.as_millis() / DAYS;
        let warnings = supervision.standing(&[]).warnings();
        warnings.into_iter().map(|raise| (raise.cause, day(raise.at), raise.due_at.map(day))).collect()
    }

    #[test]
    fn the_seller_is_warned_on_the_third_and_fourth_day_of_five() {
        use StepKind::{Accepted, Completed, Delivered, DeliveryRejected, NeedConfirmed, NeedSubmitted};
        assert_eq!(raised(&[]), [], "the buyer has to act");
        let mut steps = vec![(NeedSubmitted, DAYS)];
        assert_eq!(raised(&steps), [(Cause::SellerStep, 4, Some(6)), (Cause::SellerStepUrgent, 5, Some(6))]);
        steps.push((NeedConfirmed, 2 * DAYS));
        assert_eq!(raised(&steps), [(Cause::SellerStep, 5, Some(7)), (Cause::SellerStepUrgent, 6, Some(7))]);
        steps.push((Delivered, 3 * DAYS));
        assert_eq!(raised(&steps), [(Cause::BuyerSilent, 6, Some(8))]);
        steps.extend([(DeliveryRejected, 4 * DAYS), (Delivered, 5 * DAYS), (DeliveryRejected, 6 * DAYS)]);
        let seller = [(Cause::SellerStep, 9, Some(11)), (Cause::SellerStepUrgent, 10, Some(11))];
        assert_eq!(raised(&steps), [[(Cause::SecondRejection, 6, None)].as_slice(), &seller].concat());
        steps.extend([(Delivered, 7 * DAYS), (Accepted, 8 * DAYS)]);
        let last = raised(&steps);
        assert_eq!(last, [(Cause::SecondRejection, 6, None), (Cause::NotCompleted, 8, Some(8))]);
        steps.push((Completed, 8 * DAYS + 1));
        assert_eq!(raised(&steps), []);
    }
}
