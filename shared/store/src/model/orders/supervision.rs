//! The supervision of an order: its steps, and what follows from them.
//!
//! Steps stand in the order of the times when they happened, in whatever order they became known. A told step is a fact: the flow
//! goes to where it leads. A person's step has to follow where it stands, and may not make a later one impossible; otherwise it
//! is refused with the reason. If a told step later makes a person's step impossible, that step stays in the history and does
//! not count. So the state depends on the steps alone.

use std::time::Duration;

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::orders::flow::{Flow, Stage};
use crate::model::orders::party::Party;
use crate::model::orders::step::{Step, StepKind};

/// An order has at most so many steps: one item holds them.
const MOST_STEPS: usize = 200;

/// A person may know the day of a step only.
const DAY: Duration = Duration::from_hours(24);

/// The supervision of an order, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supervision {
    /// Its flow.
    pub flow: Flow,
    /// Since when it is open: when the order was paid.
    pub opened_at: Timestamp,
    /// Its steps, in the order of their times.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Where a supervision stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its stage.
    pub stage: Stage,
    /// Who has to act; none if it is over.
    pub waits_for: Option<Party>,
    /// Since when it is in this stage and waits for this party.
    pub since: Timestamp,
    /// When the seller rejected the need, or the buyer the delivery, each time.
    pub rejections: Vec<Timestamp>,
    /// Since when an appeal is open.
    pub appealed_at: Option<Timestamp>,
    /// 服务实际开通时间, if somebody said so.
    pub service_started_at: Option<Timestamp>,
    /// When the buyer accepted.
    pub accepted_at: Option<Timestamp>,
    /// When the order was completed.
    pub completed_at: Option<Timestamp>,
    /// The places of the steps that do not count, because a told step made them impossible.
    pub overtaken: Vec<usize>,
}

impl Standing {
    /// When the bought period starts: 服务实际开通时间, or else the acceptance.
    #[must_use]
    pub fn period_starts_at(&self) -> Option<Timestamp> {
        self.service_started_at.or(self.accepted_at)
    }
}

/// Why a step cannot be entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It does not follow.
    #[error(
        "`{step}` does not follow here: at that time the order was in the stage `{stage}` of the flow `{flow}`, where {follows}"
    )]
    DoesNotFollow {
        /// The step.
        step: StepKind,
        /// The stage at its time.
        stage: Stage,
        /// The flow.
        flow: Flow,
        /// What follows there, in words.
        follows: String,
    },
    /// A later step would not follow any more.
    #[error("`{step}` at that time makes the later step `{later}` impossible: check the times")]
    BreaksLater {
        /// The step.
        step: StepKind,
        /// The later step.
        later: StepKind,
    },
    /// It is before the order was paid.
    #[error("the order was paid after that time: check the time of the step")]
    BeforeTheOrder,
    /// A free step without a name, or a name without a free step.
    #[error("a step `named` needs a name, and only that step has one")]
    Name,
    /// An appeal by nobody.
    #[error("`appealed` needs `appealedBy`: `buyer` or `seller`")]
    AppealedByNobody,
    /// There are too many.
    #[error("an order has at most {MOST_STEPS} steps")]
    TooMany,
}

impl Supervision {
    /// A supervision whose first stage begins at this time.
    #[must_use]
    pub const fn new(flow: Flow, opened_at: Timestamp) -> Self {
        Self { flow, opened_at, steps: Vec::new() }
    }

    /// Where it stands. `told` are further facts, which other items hold: the acceptance that V1.0 told, a refund.
    #[must_use]
    pub fn standing(&self, told: &[Step]) -> Standing {
        self.with(told).fold()
    }

    /// The same with further facts among its steps, each once.
    #[must_use]
    pub fn with(&self, told: &[Step]) -> Self {
        let mut whole = self.clone();
        for step in told {
            if !whole.steps.iter().any(|known| known.is_same(step)) {
                whole.steps.push(step.clone());
            }
        }
        whole.sort();
        whole
    }

    /// Adds a person's step. Returns false if it is known already.
    pub fn enter(&mut self, step: Step, told: &[Step]) -> Result<bool, StepError> {
        if (step.kind == StepKind::Named) != step.name.is_some() {
            return Err(StepError::Name);
        }
        if step.kind == StepKind::Appealed && step.appealed_by.is_none() {
            return Err(StepError::AppealedByNobody);
        }
        if self.with(told).steps.iter().any(|known| known.is_same(&step)) {
            return Ok(false);
        }
        if step.at.saturating_add(DAY) < self.opened_at {
            return Err(StepError::BeforeTheOrder);
        }
        if self.steps.len() >= MOST_STEPS {
            return Err(StepError::TooMany);
        }
        let before = self.with(told);
        let counted: Vec<Step> = before.counted();
        let mut after = self.clone();
        after.steps.push(step.clone());
        after.sort();
        let whole = after.with(told);
        let counts: Vec<Step> = whole.counted();
        if !counts.contains(&step) {
            let stage = before.up_to(&step).fold().stage;
            let follows = follows(self.flow, stage);
            return Err(StepError::DoesNotFollow { step: step.kind, stage, flow: self.flow, follows });
        }
        if let Some(later) = counted.iter().find(|known| !counts.contains(known)) {
            return Err(StepError::BreaksLater { step: step.kind, later: later.kind });
        }
        *self = after;
        Ok(true)
    }

    /// Adds a fact. Returns false if it is known already.
    pub fn tell(&mut self, step: Step) -> bool {
        let is_new = !self.steps.iter().any(|known| known.is_told() && known.is_same(&step));
        if is_new {
            self.steps.push(step);
            self.sort();
        }
        is_new
    }

    fn sort(&mut self) {
        self.steps.sort_by(|one, other| (one.place(), !one.is_told()).cmp(&(other.place(), !other.is_told())));
    }

    fn up_to(&self, step: &Step) -> Self {
        let earlier = self.steps.iter().filter(|known| known.place() < step.place()).cloned();
        Self { steps: earlier.collect(), ..self.clone() }
    }

    fn counted(&self) -> Vec<Step> {
        let overtaken = self.fold().overtaken;
        let counted = self.steps.iter().enumerate().filter(|(place, _)| !overtaken.contains(place));
        counted.map(|(_, step)| step.clone()).collect()
    }

    fn fold(&self) -> Standing {
        let first = self.flow.first();
        let mut standing = Standing {
            stage: first,
            waits_for: first.waits_for().or(Some(Party::Seller)),
            since: self.opened_at,
            rejections: Vec::new(),
            appealed_at: None,
            service_started_at: None,
            accepted_at: None,
            completed_at: None,
            overtaken: Vec::new(),
        };
        for (place, step) in self.steps.iter().enumerate() {
            if !standing.take(self.flow, step) {
                standing.overtaken.push(place);
            }
        }
        standing
    }
}

impl Standing {
    /// Takes in the next step. Returns false if it does not count.
    fn take(&mut self, flow: Flow, step: &Step) -> bool {
        let before = (self.stage, self.waits_for);
        match step.kind {
            StepKind::Appealed if !self.stage.is_over() && self.appealed_at.is_none() => {
                self.appealed_at = Some(step.at);
                return true;
            }
            StepKind::AppealDecided if self.appealed_at.is_some() => {
                self.appealed_at = None;
                return true;
            }
            StepKind::Refunded if !self.stage.is_over() => self.stage = Stage::Refunded,
            kind => match flow.after(self.stage, kind).or_else(|| self.forced(step)) {
                Some(stage) => self.stage = stage,
                None => return false,
            },
        }
        match step.kind {
            StepKind::NeedRejected | StepKind::DeliveryRejected => self.rejections.push(step.at),
            StepKind::Accepted => self.accepted_at = Some(step.at),
            StepKind::Completed => self.completed_at = Some(step.at),
            StepKind::Activated => self.service_started_at = step.service_started_at.or(Some(step.at)),
            _ => {}
        }
        if step.kind == StepKind::Delivered && step.service_started_at.is_some() {
            self.service_started_at = step.service_started_at;
        }
        self.waits_for = match self.stage {
            Stage::AtWork => step.waits_for.or(Some(Party::Seller)),
            stage => stage.waits_for(),
        };
        if self.stage.is_over() {
            self.appealed_at = None;
        }
        // A free step begins a stage of its own.
        if before != (self.stage, self.waits_for) || step.kind == StepKind::Named {
            self.since = step.at;
        }
        true
    }

    /// Where a fact leads that does not follow from the steps before: nobody entered some of them.
    fn forced(&self, step: &Step) -> Option<Stage> {
        if !step.is_told() || self.stage.is_over() {
            return None;
        }
        match step.kind {
            StepKind::Accepted if self.stage != Stage::AwaitsCompletion => Some(Stage::AwaitsCompletion),
            StepKind::Activated if !matches!(self.stage, Stage::AwaitsCompletion | Stage::AwaitsAcceptance) => {
                Some(Stage::AwaitsAcceptance)
            }
            StepKind::Completed => Some(Stage::Completed),
            _ => None,
        }
    }
}

/// What follows in a stage, for a person who tried something else.
fn follows(flow: Flow, stage: Stage) -> String {
    if stage.is_over() {
        return "nothing follows".to_owned();
    }
    let steps = StepKind::ALL.iter().filter(|step| flow.after(stage, **step).is_some());
    let mut words: Vec<String> = steps.map(|step| format!("`{step}`")).collect();
    words.extend(["`refunded`".to_owned(), "`appealed`".to_owned()]);
    format!("these follow: {}", words.join(", "))
}

/// A step that a person entered.
#[cfg(test)]
pub(crate) fn entered(kind: StepKind, at: i64) -> Step {
    let at = Timestamp::from_millis(at);
    let by = "somebody".to_owned().try_into().unwrap();
    Step::new(kind, at, crate::model::orders::step::StepSource::Entered { by, at })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn of(flow: Flow, steps: &[(StepKind, i64)]) -> Supervision {
        let mut supervision = Supervision::new(flow, at(0));
        for (kind, at) in steps {
            assert_eq!(supervision.enter(entered(*kind, *at), &[]), Ok(true), "{kind}");
        }
        supervision
    }

    #[test]
    fn each_flow_leads_to_completion() {
        use StepKind::{
            Accepted, Activated, CodeTaken, Completed, Delivered, DeliveryRejected, NeedConfirmed, NeedRejected,
            NeedSubmitted, RecheckFailed, RecheckPassed, Shipped,
        };
        let flows: [(Flow, &[StepKind]); 6] = [
            (
                Flow::Standard,
                &[NeedSubmitted, NeedRejected, NeedSubmitted, NeedConfirmed, Delivered, DeliveryRejected, Delivered],
            ),
            (
                Flow::StandardRechecked,
                &[NeedSubmitted, NeedConfirmed, Delivered, RecheckFailed, Delivered, RecheckPassed],
            ),
            (Flow::License, &[CodeTaken, Activated]),
            (Flow::Hardware, &[Shipped]),
            (Flow::Package, &[]),
            (Flow::Free, &[Delivered]),
        ];
        for (flow, steps) in flows {
            let steps = steps.iter().chain([&Accepted, &Completed]).zip(1..).map(|(kind, at)| (*kind, at));
            let standing = of(flow, &steps.collect::<Vec<_>>()).standing(&[]);
            assert_eq!((standing.stage, standing.waits_for), (Stage::Completed, None), "{flow}");
            assert_eq!(
                standing.period_starts_at(),
                if flow == Flow::License { Some(at(2)) } else { standing.accepted_at }
            );
        }
    }

    #[test]
    fn a_step_that_does_not_follow_is_refused_with_what_does() {
        let mut supervision = of(Flow::Standard, &[(StepKind::NeedSubmitted, 1), (StepKind::NeedConfirmed, 3)]);
        let error = supervision.enter(entered(StepKind::Accepted, 4), &[]).unwrap_err().to_string();
        assert!(error.contains("awaits-delivery") && error.contains("`delivered`"), "{error}");
        assert_eq!(
            supervision.enter(entered(StepKind::NeedRejected, 2), &[]),
            Err(StepError::BreaksLater { step: StepKind::NeedRejected, later: StepKind::NeedConfirmed })
        );
        assert_eq!(supervision.enter(entered(StepKind::NeedConfirmed, 3), &[]), Ok(false), "the same once more");
        assert_eq!(supervision.enter(entered(StepKind::Named, 5), &[]), Err(StepError::Name));
        assert_eq!(supervision.enter(entered(StepKind::Appealed, 5), &[]), Err(StepError::AppealedByNobody));
        assert_eq!(
            supervision.enter(entered(StepKind::Delivered, -2 * 86_400_000), &[]),
            Err(StepError::BeforeTheOrder)
        );
        let standing = supervision.standing(&[]);
        assert_eq!((standing.stage, standing.since, standing.rejections.len()), (Stage::AwaitsDelivery, at(3), 0));
    }

    #[test]
    fn a_fact_leads_on_whatever_nobody_entered() {
        let mut supervision = of(Flow::Standard, &[(StepKind::NeedSubmitted, 1)]);
        let accepted = [Step::told(StepKind::Accepted, at(9))];
        assert_eq!(supervision.standing(&accepted).stage, Stage::AwaitsCompletion);
        assert!(supervision.enter(entered(StepKind::NeedConfirmed, 10), &accepted).is_err(), "it is too late");
        assert_eq!(supervision.enter(entered(StepKind::NeedConfirmed, 5), &accepted), Ok(true), "it was before");
        assert_eq!(supervision.enter(entered(StepKind::Completed, 11), &accepted), Ok(true));
        // A refund that becomes known later, and was earlier.
        let told = [accepted[0].clone(), Step::told(StepKind::Refunded, at(8))];
        let standing = supervision.standing(&told);
        assert_eq!((standing.stage, standing.since), (Stage::Refunded, at(8)));
        assert_eq!(standing.overtaken.len(), 2);
    }

    #[test]
    fn the_period_starts_when_the_service_really_started() {
        let mut supervision = of(Flow::Standard, &[(StepKind::NeedSubmitted, 1), (StepKind::NeedConfirmed, 2)]);
        let delivered = Step { service_started_at: Some(at(-7)), ..entered(StepKind::Delivered, 3) };
        supervision.enter(delivered, &[]).unwrap();
        supervision.enter(entered(StepKind::Accepted, 4), &[]).unwrap();
        let standing = supervision.standing(&[]);
        assert_eq!((standing.period_starts_at(), standing.accepted_at), (Some(at(-7)), Some(at(4))));
    }

    fn kind() -> impl Strategy<Value = StepKind> {
        proptest::sample::select(StepKind::ALL)
    }

    fn step() -> impl Strategy<Value = Step> {
        (kind(), 0_i64..12, any::<bool>()).prop_map(|(kind, when, is_told)| {
            let facts = [StepKind::Accepted, StepKind::Activated, StepKind::Refunded, StepKind::Completed];
            if is_told && facts.contains(&kind) {
                return Step::told(kind, at(when));
            }
            let step = entered(kind, when);
            Step {
                name: (kind == StepKind::Named).then(|| "a step".to_owned().try_into().unwrap()),
                appealed_by: (kind == StepKind::Appealed).then_some(Party::Seller),
                ..step
            }
        })
    }

    proptest! {
        #[test]
        fn the_state_depends_on_the_steps_alone(
            flow in proptest::sample::select(Flow::ALL),
            steps in proptest::collection::vec(step(), 0..24),
            seed in any::<u64>(),
        ) {
            let mut supervision = Supervision::new(flow, at(0));
            for step in steps {
                if step.is_told() {
                    supervision.tell(step);
                } else {
                    let before = supervision.clone();
                    // Whatever counted, counts: a person's step takes nothing back.
                    if supervision.enter(step, &[]) == Ok(true) {
                        for known in before.counted() {
                            prop_assert!(supervision.counted().contains(&known));
                        }
                    } else {
                        prop_assert_eq!(&before, &supervision);
                    }
                }
            }
            let mut shuffled = supervision.clone();
            let length = shuffled.steps.len().max(1);
            for place in 0..shuffled.steps.len() {
                let other = usize::try_from(seed.rotate_left(u32::try_from(place % 64).unwrap()) % length as u64).unwrap();
                shuffled.steps.swap(place, other);
            }
            prop_assert_eq!(shuffled.standing(&[]), supervision.standing(&[]));
            // Facts that stand elsewhere count the same.
            let (told, entered): (Vec<Step>, Vec<Step>) = supervision.steps.iter().cloned().partition(Step::is_told);
            let apart = Supervision { steps: entered, ..supervision.clone() };
            prop_assert_eq!(apart.standing(&told).stage, supervision.standing(&[]).stage);
        }
    }
}
