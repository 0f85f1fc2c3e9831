//! The law: any interleaving of records, repeats, lost answers, crashes, clocks that differ and late records charges each unit
//! once. Generated sequences, one for each instance, against a model that only adds up what was accepted, and against the charge
//! that the simulated KooGallery keeps for itself.

use std::collections::{HashMap, HashSet};

use koogallery::{InstanceId, Timestamp};
use koogallery_local::open_api::{UsageManner, UsageTold};
use koogallery_store::{HourState, Quantity, RecordId, Taken, UsageSent};
use koogallery_tests::faults::Fault;

use super::{HOUR, MINUTE, World, ago, clock, of_package, pass, used};

/// Numbers that follow from a seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()].clone()
    }

    fn signed(&mut self, limit: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(limit).unwrap())).unwrap()
    }
}

type RecordKey = (InstanceId, RecordId);

/// What the application knows: what it sent, what was accepted, and what it has to send again.
#[derive(Default)]
struct Application {
    sent: Vec<UsageSent>,
    accepted: HashMap<RecordKey, UsageSent>,
    unsure: HashSet<RecordKey>,
    released: HashSet<InstanceId>,
    next: u64,
}

fn key(sent: &UsageSent) -> RecordKey {
    (sent.instance_id.clone(), sent.id.clone())
}

impl Application {
    /// Takes in the answers to one call; `told` is where and with which seed.
    fn hears(&mut self, call: &[UsageSent], answers: Option<Vec<Taken>>, told: &str) {
        let Some(answers) = answers else {
            self.unsure.extend(call.iter().map(key).filter(|key| !self.accepted.contains_key(key)));
            return;
        };
        for (sent, answer) in call.iter().zip(answers) {
            let key = key(sent);
            match answer {
                Taken::Counted(_) => {
                    assert!(
                        self.accepted.insert(key.clone(), sent.clone()).is_none(),
                        "counted twice: {sent:?}, {told}"
                    );
                    self.unsure.remove(&key);
                }
                Taken::Known => {
                    let is_known = self.accepted.get(&key) == Some(sent) || self.unsure.contains(&key);
                    assert!(is_known, "never counted: {sent:?}, {told}");
                    self.accepted.insert(key.clone(), sent.clone());
                    self.unsure.remove(&key);
                }
                Taken::Conflict => {
                    assert!(
                        self.accepted.get(&key).is_some_and(|known| known != sent),
                        "no conflict: {sent:?}, {told}"
                    );
                }
                Taken::Refused(refusal) => {
                    let unknown = !self.accepted.contains_key(&key);
                    let is_released = self.released.contains(&sent.instance_id);
                    assert!(unknown && is_released, "refused: {refusal}, {sent:?}, {told}");
                    self.unsure.remove(&key);
                }
            }
        }
    }

    /// Takes in the answers to two calls that were under way at once, and have records in common. Which of them counts such a record
    /// is open, so none is sure of the other's.
    fn hears_both(&mut self, calls: [(&[UsageSent], Option<Vec<Taken>>); 2], told: &str) {
        for (call, answers) in calls {
            // A busy machine may let a request take too long.
            let Some(answers) = answers else {
                self.hears(call, None, told);
                continue;
            };
            let is_counted = |answer: &Taken| matches!(answer, Taken::Counted(_));
            for (sent, _) in call.iter().zip(&answers).filter(|(_, answer)| **answer == Taken::Known) {
                if !self.accepted.contains_key(&key(sent)) {
                    self.unsure.insert(key(sent));
                }
            }
            let (counted, others): (Vec<_>, Vec<_>) =
                call.iter().cloned().zip(answers).partition(|(_, answer)| is_counted(answer));
            for (sent, answer) in counted {
                // The other call may have heard that it is known before this one hears that it counts.
                if self.accepted.get(&key(&sent)) == Some(&sent) {
                    continue;
                }
                self.hears(&[sent], Some(vec![answer]), told);
            }
            for (sent, answer) in others {
                self.hears(&[sent], Some(vec![answer]), told);
            }
        }
    }

    /// Sends a call again and again, until it is answered.
    async fn sends(&mut self, world: &World, call: &[UsageSent], told: &str) {
        for _ in 0..10 {
            let answers = world.take(call).await.ok();
            let is_answered = answers.is_some();
            self.hears(call, answers, told);
            if is_answered {
                return;
            }
        }
        panic!("ten calls in a row were not answered: {told}");
    }

    /// The records of one call: new ones, repeats, and now and then another record under a known id.
    fn call(&mut self, dice: &mut Dice, ids: &[String]) -> Vec<UsageSent> {
        let mut call: Vec<UsageSent> = Vec::new();
        for _ in 0..=dice.below(7) {
            let repeat = (!self.sent.is_empty()).then(|| dice.of(&self.sent));
            let sent = match (dice.below(10), repeat) {
                (0 | 1, Some(repeat)) => repeat,
                (2, Some(repeat)) if self.accepted.contains_key(&key(&repeat)) => {
                    UsageSent { quantity: repeat.quantity + Quantity::from_ten_thousandths(1), ..repeat }
                }
                _ => self.new_record(dice, ids),
            };
            if call.iter().all(|known| key(known) != key(&sent)) {
                call.push(sent);
            }
        }
        call
    }

    fn new_record(&mut self, dice: &mut Dice, ids: &[String]) -> UsageSent {
        self.next += 1;
        let id = dice.of(ids);
        // Mostly of this hour; some late, some by a clock that is ahead.
        let ago_millis = match dice.below(8) {
            0 => dice.signed(30 * HOUR),
            1 => -dice.signed(100_000),
            2 => 0,
            _ => dice.signed(70 * MINUTE),
        };
        let quantity = match dice.below(60) {
            0..=4 => format!("-{}.{:04}", dice.below(3), dice.below(10_000)),
            5 if dice.below(4) == 0 => "99999999.9999".to_owned(),
            _ => format!("{}.{:04}", dice.below(50), dice.below(10_000)),
        };
        let mut sent = used(&id, &format!("r-{}", self.next), ago(ago_millis), &quantity);
        if dice.below(4) == 0 {
            sent.begin = Timestamp::from_millis(sent.end.as_millis() - dice.signed(HOUR));
        }
        if dice.below(6) == 0 {
            sent = of_package(dice.of(&["pkg-1", "pkg-2"]), sent);
        }
        self.sent.push(sent.clone());
        sent
    }
}

/// Requests that pass, then one whose answer is lost, then nothing more reaches the table: as a host that is killed.
fn killed(world: &World, dice: &mut Dice, within: u64) {
    let passing = usize::try_from(dice.below(within)).unwrap();
    let last = dice.of(&[Fault::Denied, Fault::CutAfter, Fault::CutBefore, Fault::None]);
    world.database().after(passing, Fault::Denied);
    if last != Fault::Denied {
        // The SDK sends a request again whose answer is lost; that one is refused.
        world.database().next(std::iter::repeat_n(Fault::None, passing).chain([last]).chain([Fault::Denied; 64]));
    }
}

async fn play(seed: u64, instances: usize, steps: usize) -> usize {
    let told = &format!("seed {seed}");
    let (world, mut dice) = (World::new().await, Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
    let start = ago(40 * HOUR);
    for package in ["pkg-1", "pkg-2"] {
        world.buy(package, start).await;
    }
    let ids: Vec<String> = (0..instances).map(|number| format!("i-{number}")).collect();
    for id in &ids {
        world.buy(id, start).await;
    }
    let mut application = Application::default();
    for _ in 0..steps {
        match dice.below(12) {
            0..=5 => {
                let call = application.call(&mut dice, &ids);
                if dice.below(4) == 0 {
                    killed(&world, &mut dice, 6);
                }
                // The host's clock may be off.
                let now = ago(dice.signed(180_000) - 90_000);
                let now = now.max(call.iter().map(|sent| sent.end).max().unwrap_or(now));
                let answers = world.take_at(&call, now).await;
                world.database().always(Fault::None);
                application.hears(&call, answers.ok(), told);
            }
            6 => {
                // Two hosts at once, each with some of the other's records.
                let (one, mut other) = (application.call(&mut dice, &ids), application.call(&mut dice, &ids));
                other.extend(
                    one.iter()
                        .filter(|sent| other.iter().all(|known| key(known) != key(sent)))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                let (first, second) = tokio::join!(world.take(&one), world.take(&other));
                application.hears_both([(&one, first.ok()), (&other, second.ok())], told);
            }
            7 | 8 => {
                if dice.below(2) == 0 {
                    killed(&world, &mut dice, 90);
                }
                let lost = [
                    UsageTold::AsUsual,
                    UsageTold::LostAfter,
                    UsageTold::LostBefore,
                    UsageTold::Code(500, "MKT.0999"),
                    UsageTold::Code(500, "94060001"),
                    UsageTold::Code(500, "MKT.9003"),
                    UsageTold::Code(401, "94060002"),
                ];
                world.stand_in.next_usage([dice.of(&lost), dice.of(&lost)]);
                let manner = UsageManner {
                    names_records: true,
                    takes_the_rest: dice.below(2) == 0,
                    names_repeats: dice.below(2) == 0,
                    most: dice.of(&[1000, 3]),
                };
                world.stand_in.set_usage_manner(manner);
                if dice.below(2) == 0 {
                    let call = application.call(&mut dice, &ids);
                    let (_, answers) = tokio::join!(world.run(), world.take(&call));
                    world.database().always(Fault::None);
                    application.hears(&call, answers.ok(), told);
                } else {
                    drop(world.run().await);
                    world.database().always(Fault::None);
                }
                world.stand_in.next_usage([]);
            }
            9 if dice.below(3) == 0 => {
                let id = dice.of(&ids);
                if application.released.insert(id.parse().unwrap()) {
                    world.release(&id).await;
                }
            }
            _ => pass(dice.signed(50 * MINUTE)),
        }
    }
    settle(&world, &mut application, &ids, told).await;
    check(&world, &application, &ids, told).await;
    application.accepted.len()
}

/// What the application is unsure of is sent again, and what was taken back more than used is used up.
async fn settle(world: &World, application: &mut Application, ids: &[String], told: &str) {
    pass(3 * MINUTE);
    let again: Vec<UsageSent> =
        application.sent.iter().filter(|sent| application.unsure.contains(&key(sent))).cloned().collect();
    for call in again.chunks(20) {
        application.sends(world, call, told).await;
    }
    let mut open = Vec::new();
    for round in 0..100 {
        pass(HOUR + 3 * MINUTE);
        // What a busy machine lets take too long is left to the next run.
        let Ok(run) = world.run().await else { continue };
        assert_eq!((run.backlog, run.failed), (0, 0), "{told}: {:?}", run.stopped);
        open.clear();
        for id in ids {
            open.extend(world.hours(id).await.into_iter().filter(|hour| hour.state == HourState::Open));
        }
        if open.is_empty() {
            return;
        }
        // What was taken back needs something from which it can be taken.
        for hour in open.iter().filter(|hour| hour.amount.is_negative()) {
            let mut more = used(hour.id.instance_id.as_str(), &format!("last-{round}"), clock(), "9999");
            if let Some(package) = &hour.id.related_package {
                more.id = format!("last-{round}-{package}").parse().unwrap();
                more = of_package(package.as_str(), more);
            }
            application.sends(world, &[more], told).await;
        }
    }
    panic!("hours stay open at {}: {told}: {open:#?}", clock().to_rfc_3339());
}

async fn check(world: &World, application: &Application, ids: &[String], told: &str) {
    assert_eq!(world.stand_in.uncounted_usage(), [], "KooGallery does not count equal spans: {told}");
    for id in ids {
        let instance: InstanceId = id.parse().unwrap();
        let of_it = application.accepted.values().filter(|sent| sent.instance_id == instance);
        let accepted: Quantity = of_it.map(|sent| sent.quantity).sum();
        let hours = world.hours(id).await;
        let parked = hours.iter().filter(|hour| hour.state == HourState::Parked);
        let is_expected = |released: bool| released && hours.iter().all(|hour| hour.state != HourState::Open);
        for hour in parked.clone() {
            let no_push = hour.charge.is_none() && is_expected(application.released.contains(&instance));
            assert!(no_push, "parked: {hour:?}, {told}");
        }
        let never_pushed: Quantity = parked.map(|hour| hour.amount).sum();
        let charged = world.stand_in.charged().get(&instance).copied().unwrap_or_default();
        let charged = Quantity::from_ten_thousandths(charged);
        assert_eq!(charged, accepted - never_pushed, "{id}, {told}: {hours:#?}");
        let total = world.store().usage_total(&instance).await.unwrap().map(|total| total.amount);
        assert_eq!(total.unwrap_or_default(), charged, "the total of {id}, {told}");
    }
}

/// So many instances are in a world, each with a sequence of its own.
const INSTANCES: usize = 25;
const STEPS: usize = 100;
/// A sample for each test run.
const FEW: usize = 8;

#[tokio::test]
async fn each_unit_is_charged_once_whatever_happens() {
    assert!(play(1, FEW, STEPS / 2).await > 50);
}

/// 10,000 sequences. `KOOGALLERY_TEST_METERING_SEED` begins with another seed, `KOOGALLERY_TEST_METERING_WORLDS` plays so many worlds.
#[tokio::test]
#[ignore = "takes an hour: docs/metering.md has the command"]
#[allow(clippy::print_stderr)] // who waits an hour wants to know how far it is
async fn each_unit_is_charged_once_in_ten_thousand_sequences() {
    let first = std::env::var("KOOGALLERY_TEST_METERING_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2);
    let worlds = std::env::var("KOOGALLERY_TEST_METERING_WORLDS").ok().and_then(|worlds| worlds.parse().ok());
    let mut records = 0;
    let worlds = worlds.unwrap_or(400_u64);
    for seed in first..first + worlds {
        records += play(seed, INSTANCES, STEPS).await;
        let played = seed - first + 1;
        if played.is_multiple_of(10) || played == worlds {
            eprintln!("seed {seed}: {played} of {worlds} worlds, {records} records counted");
        }
    }
    assert!(records > 0);
}
