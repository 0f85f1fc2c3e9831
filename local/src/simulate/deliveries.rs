//! What became of the events that the calls made: asked of the seller's API, and held against what the seller's
//! application received where that is played here as well.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use deliver_events::type_name;
use koogallery::OrderId;
use koogallery_store::EventType;

use super::application::Receipts;
use super::seller_api::{Delivery, KnownEvent, SellerApi, Subject};
use super::step::{Event, Step, Told};
use crate::api::ApiError;

/// How often the seller's API is asked.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// How long nothing is tried before nothing more is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// The same where nothing at all was tried on this machine: there may be nobody to deliver to.
pub(super) const PATIENCE_FOR_NOBODY: Duration = Duration::from_secs(3);

/// What an application cannot refuse to hear: nobody else tells it what it has to do for what was paid.
const NEEDED: [&str; 5] =
    ["instance.created", "instance.upgraded", "instance.frozen", "instance.unfrozen", "instance.released"];

type Histories = BTreeMap<Subject, Vec<KnownEvent>>;

/// Waits until each event was delivered, or tried in vain; no longer than there is hope, and for a first try no longer than
/// `untried`. `progress` hears of each.
pub(super) async fn watch(
    api: &SellerApi,
    told: &[Told],
    untried: Duration,
    progress: impl Fn(&KnownEvent),
) -> Result<Histories, ApiError> {
    let subjects: BTreeSet<&Subject> = told.iter().map(|told| &told.subject).collect();
    let (mut histories, mut tries, mut moved) = (Histories::new(), 0, Instant::now());
    loop {
        for subject in &subjects {
            let before = histories.get(*subject);
            if before.is_some_and(|events| is_settled(events)) {
                continue;
            }
            let events = api.events(subject).await?;
            let known = before.map_or(0, |events| events.iter().filter(|event| event.attempts > 0).count());
            events.iter().filter(|event| event.attempts > 0).skip(known).for_each(&progress);
            histories.insert((*subject).clone(), events);
        }
        let tries_now: u32 = histories.values().flatten().map(|event| event.attempts).sum();
        if tries_now > tries {
            (tries, moved) = (tries_now, Instant::now());
        }
        let patience = if tries == 0 { untried } else { PATIENCE };
        if histories.values().all(|events| is_settled(events)) || moved.elapsed() > patience {
            return Ok(histories);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The first that is still on its way was tried in vain; the later ones wait for it.
fn is_settled(events: &[KnownEvent]) -> bool {
    events.iter().find(|event| event.delivery == Delivery::Undelivered).is_none_or(|event| event.attempts > 0)
}

/// What deliveries are held against.
pub(super) struct Judge<'a> {
    /// What the application received, where it is played here: then everything must arrive.
    pub(super) receipts: Option<&'a Receipts>,
    /// The orders that the open APIs told, where they are played here.
    pub(super) told_orders: Option<&'a BTreeSet<OrderId>>,
}

impl Judge<'_> {
    /// Puts each event to the call that made it.
    pub(super) fn attach(&self, steps: &mut [Step], told: &[Told], histories: &Histories) {
        for (subject, events) in histories {
            let (mut left, mut before, mut last) = (&events[..], None, 0);
            for told in told.iter().filter(|told| told.subject == *subject) {
                last = told.step;
                let name = type_name(told.event_type);
                let Some(place) = left.iter().position(|event| event.event_type == name) else {
                    steps[last].events.push(missing(name));
                    continue;
                };
                let (unplayed, rest) = left.split_at(place);
                steps[last].events.extend(unplayed.iter().map(|event| unexpected(self.event(event, &mut before))));
                if let Some((event, rest)) = rest.split_first() {
                    steps[last].events.push(self.event(event, &mut before));
                    left = rest;
                }
            }
            steps[last].events.extend(left.iter().map(|event| unexpected(self.event(event, &mut before))));
        }
    }

    /// What became of an event; `before` is when the one before was delivered.
    fn event(&self, known: &KnownEvent, before: &mut Option<Moment>) -> Event {
        let receipt = self.receipts.and_then(|receipts| receipts.first(&known.event_id));
        let order_details = known.order().and_then(|order| match (&receipt, self.told_orders) {
            (Some((_, receipt)), _) => Some(receipt.details_of.as_deref() == Some(order)),
            (None, Some(told)) => Some(order.parse().is_ok_and(|order: OrderId| told.contains(&order))),
            (None, None) => None,
        });
        let moment = Moment { place: receipt.as_ref().map(|(place, _)| *place), at: known.delivered_at.clone() };
        let overtaken = known.delivery == Delivery::Delivered && before.as_ref().is_some_and(|before| moment < *before);
        let problem = match known.delivery {
            Delivery::Delivered if self.receipts.is_some() && receipt.is_none() => {
                Some("the application has not got it")
            }
            _ if overtaken => Some("delivered before an earlier event of the same subject"),
            Delivery::Delivered
                if receipt.as_ref().is_some_and(|(_, receipt)| receipt.event_type != known.event_type) =>
            {
                Some("the application got another type")
            }
            Delivery::Delivered if receipt.is_some() && self.told_orders.is_some() && order_details == Some(false) => {
                Some("its order's details are missing")
            }
            Delivery::Stopped if NEEDED.contains(&known.event_type.as_str()) => {
                Some("your application refuses it for good, and what was bought depends on it: answer 2xx, and do it")
            }
            Delivery::Delivered | Delivery::Stopped => None,
            Delivery::Undelivered if known.attempts == 0 && self.receipts.is_none() => None,
            Delivery::Undelivered | Delivery::Parked | Delivery::Discarded => Some("not delivered"),
        };
        if known.delivery == Delivery::Delivered {
            *before = Some(moment);
        }
        Event {
            event_type: known.event_type.clone(),
            event_id: Some(known.event_id.clone()),
            delivery: Some(known.delivery),
            attempts: known.attempts,
            order_details,
            last_problem: known.last_problem.clone(),
            problem,
        }
    }
}

/// When an event arrived: by its place among the receipts, or by what the seller's API tells.
#[derive(Debug, PartialEq, PartialOrd)]
struct Moment {
    place: Option<usize>,
    at: Option<String>,
}

fn missing(event_type: String) -> Event {
    Event {
        event_type,
        event_id: None,
        delivery: None,
        attempts: 0,
        order_details: None,
        last_problem: None,
        problem: Some("the call made no such event"),
    }
}

/// Made by no call that was played; but what the order query tells may come between any two.
fn unexpected(event: Event) -> Event {
    if [EventType::Changed, EventType::LicenseChanged].map(type_name).contains(&event.event_type) {
        return event;
    }
    Event { problem: Some("no call that was played makes this event here"), ..event }
}

#[cfg(test)]
mod tests {
    use koogallery::ResultCode;
    use serde_json::{Value, json};

    use super::*;
    use crate::listen::Heard;
    use crate::simulate::Family;

    fn known(id: &str, event_type: &str, delivery: &str, at: &str) -> KnownEvent {
        serde_json::from_value(json!({
            "eventId": id, "type": event_type, "delivery": delivery, "attempts": u8::from(delivery != "undelivered"),
            "deliveredAt": (delivery == "delivered").then_some(at), "data": { "instanceId": "b-1" },
        }))
        .unwrap()
    }

    fn received(events: &[(&str, &str)]) -> Receipts {
        let receipts = Receipts::default();
        for (id, event_type) in events {
            let body = json!({ "type": event_type, "data": { "instanceId": "b-1" } });
            receipts.hear(&Heard::Event { id, body: &body });
        }
        receipts
    }

    /// Bought, frozen, unfrozen: what became of that, held against what came.
    fn judged(events: Vec<KnownEvent>, receipts: Option<&Receipts>) -> Vec<Step> {
        let step = |activity: &str| Step {
            family: Family::Saas,
            life: String::new(),
            activity: activity.to_owned(),
            tried: String::new(),
            ids: BTreeMap::new(),
            request: Value::Null,
            reply: Value::Null,
            result_code: Some(ResultCode::Success),
            result_msg: String::new(),
            sent: 1,
            milliseconds: 1.0,
            problem: None,
            events: Vec::new(),
        };
        let subject = Subject::Instance("b-1".to_owned());
        let told = [EventType::Created, EventType::Frozen, EventType::Unfrozen];
        let told = told.into_iter().enumerate();
        let told: Vec<Told> =
            told.map(|(step, event_type)| Told { step, subject: subject.clone(), event_type }).collect();
        let mut steps = ["newInstance", "freeze", "unfreeze"].map(step).to_vec();
        Judge { receipts, told_orders: None }.attach(&mut steps, &told, &Histories::from([(subject, events)]));
        steps
    }

    fn problems(steps: &[Step]) -> Vec<Vec<Option<&'static str>>> {
        steps.iter().map(|step| step.events.iter().map(|event| event.problem).collect()).collect()
    }

    const CREATED: (&str, &str) = ("e-1", "instance.created");
    const FROZEN: (&str, &str) = ("e-2", "instance.frozen");
    const UNFROZEN: (&str, &str) = ("e-3", "instance.unfrozen");

    fn all_delivered() -> Vec<KnownEvent> {
        [CREATED, FROZEN, UNFROZEN].map(|(id, name)| known(id, name, "delivered", id)).to_vec()
    }

    #[test]
    fn what_arrived_in_order_is_right() {
        let right = vec![vec![None]; 3];
        assert_eq!(problems(&judged(all_delivered(), None)), right);
        let again = received(&[CREATED, FROZEN, CREATED, UNFROZEN]);
        assert_eq!(problems(&judged(all_delivered(), Some(&again))), right);
    }

    #[test]
    fn what_was_overtaken_lost_or_changed_is_wrong() {
        let early = "delivered before an earlier event of the same subject";
        let overtaken = received(&[FROZEN, CREATED, UNFROZEN]);
        assert_eq!(problems(&judged(all_delivered(), Some(&overtaken)))[1], [Some(early)]);
        let mut events = all_delivered();
        events[2].delivered_at = Some("e-1".to_owned());
        assert_eq!(problems(&judged(events, None))[2], [Some(early)]);

        let lost = received(&[CREATED, UNFROZEN]);
        assert_eq!(problems(&judged(all_delivered(), Some(&lost)))[1], [Some("the application has not got it")]);
        let changed = received(&[CREATED, ("e-2", "instance.released"), UNFROZEN]);
        assert_eq!(problems(&judged(all_delivered(), Some(&changed)))[1], [Some("the application got another type")]);
    }

    #[test]
    fn each_event_is_the_one_that_its_call_makes() {
        let mut events = all_delivered();
        events.remove(1);
        assert_eq!(
            problems(&judged(events, None)),
            [vec![None], vec![Some("the call made no such event")], vec![None]]
        );
        let mut events = all_delivered();
        events.insert(1, known("e-1b", "instance.upgraded", "delivered", "e-1b"));
        events.push(known("e-4", "instance.released", "delivered", "e-4"));
        events.insert(2, known("e-1c", "instance.changed", "delivered", "e-1c"));
        let nobodys = Some("no call that was played makes this event here");
        assert_eq!(problems(&judged(events, None)), [vec![None], vec![nobodys, None, None], vec![None, nobodys]]);
    }

    #[test]
    fn what_nobody_tried_is_wrong_only_where_an_application_is_played_and_what_is_refused_always() {
        let events = || {
            let mut events = all_delivered();
            events[1] = known("e-2", "instance.frozen", "stopped", "");
            events[2] = known("e-3", "instance.unfrozen", "undelivered", "");
            events
        };
        let judged_alone = problems(&judged(events(), None));
        assert_eq!((&judged_alone[0], &judged_alone[2]), (&vec![None], &vec![None]));
        assert!(judged_alone[1][0].is_some_and(|problem| problem.contains("refuses it for good")));
        let receipts = received(&[CREATED, FROZEN]);
        assert_eq!(problems(&judged(events(), Some(&receipts)))[2], [Some("not delivered")]);
        let mut failed = events();
        failed[2].attempts = 1;
        assert_eq!(problems(&judged(failed, None))[2], [Some("not delivered")]);
    }
}
