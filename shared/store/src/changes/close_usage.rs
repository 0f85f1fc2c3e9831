//! Closes hours of use whose time is over, or whose instance is released. One transaction fixes the amount, the serial number and
//! the span under which an hour is pushed, adds to the instance's total, and takes what is left over into the next hour. Records
//! that come at the same time are in the hour or not: then they go to another one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use koogallery::{InstanceId, Timestamp};
use uuid::Uuid;

use crate::model::instance::Instance;
use crate::model::usage::hour::{Charge, HourId, HourState, UsageHour};
use crate::model::usage::package::UsageTotal;
use crate::model::usage::period::Period;
use crate::model::usage::quantity::Quantity;
use crate::model::usage::settle::{Settled, settle};
use crate::model::usage::span::{Limits, span};
use crate::model::world::World;
use crate::queries::usage::UsagePlace;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::schema::{OPEN, OPEN_SINCE};
use crate::table::transaction::{Hindered, Pauses, write_all};
use crate::table::usage_items::{AMOUNT, THROUGH, close, count_in, read_hour, read_total, span_item};

/// The most writes in one transaction; an hour takes up to five.
const MOST_WRITES: usize = 100;
const MOST_WRITES_OF_ONE: usize = 5;
/// How often hours that met others are tried; the rest is for the next run.
const TRIES: usize = 8;
/// The index learns so often at most that an instance's use is reported.
const SEEN_EVERY: Duration = Duration::from_hours(6);

/// An hour on its way to be closed, with what was tried.
struct Closing {
    hour: UsageHour,
    limits: Limits,
    /// The number of the span, and of the hour that takes what is left over.
    slot: u32,
    onward: u32,
}

/// What is known of the instances of some hours.
struct Known {
    instances: HashMap<InstanceId, Instance>,
    totals: HashMap<InstanceId, (UsageTotal, Option<Timestamp>)>,
}

impl Store {
    /// Closes those of the hours at these places (up to 100) that are due, and returns all of them in their current state. One that
    /// is in the way of others stays open until the next run.
    pub async fn close_usage(&self, places: &[UsagePlace], now: Timestamp) -> Result<Vec<UsageHour>, StoreError> {
        let hours = self.usage_at(places).await?;
        let (open, mut others): (Vec<_>, Vec<_>) = hours.into_iter().partition(|hour| hour.state == HourState::Open);
        if open.is_empty() {
            return Ok(others);
        }
        let mut known = self.known_of(&open).await?;
        // Hours of one instance are closed one after the other: each may leave something for the next.
        let mut queues: BTreeMap<InstanceId, Vec<UsageHour>> = BTreeMap::new();
        for hour in open {
            match known.limits(&hour) {
                Some(limits) if is_due(&hour, limits, now) => {
                    queues.entry(hour.id.instance_id.clone()).or_default().push(hour);
                }
                _ => others.push(hour),
            }
        }
        for hours in queues.values_mut() {
            hours.sort_by(|one, other| other.id.cmp(&one.id));
        }
        while !queues.is_empty() {
            let round: Vec<UsageHour> = queues.values_mut().filter_map(Vec::pop).collect();
            queues.retain(|_, hours| !hours.is_empty());
            for part in round.chunks(MOST_WRITES / MOST_WRITES_OF_ONE) {
                others.extend(self.close_apart(part, &mut known, now).await?);
            }
        }
        Ok(others)
    }

    async fn known_of(&self, hours: &[UsageHour]) -> Result<Known, StoreError> {
        let ids: HashSet<&InstanceId> = hours.iter().map(|hour| &hour.id.instance_id).collect();
        let ids: Vec<InstanceId> = ids.into_iter().cloned().collect();
        let totals = ids.iter().map(|id| Key::usage_total(id).into_item()).collect();
        let (instances, totals) = tokio::try_join!(self.instances(World::Real, &ids), self.standing_items(totals))?;
        let mut known = Known { instances, totals: HashMap::new() };
        for id in ids {
            let partition = Key::usage(&id);
            let item = totals.iter().find(|item| Key::of_item(item).is_some_and(|key| key.partition() == partition));
            if let Some(total) = item.and_then(read_total) {
                known.totals.insert(id, total);
            }
        }
        Ok(known)
    }

    /// Closes hours of different instances, in transactions with several of them.
    async fn close_apart(
        &self,
        hours: &[UsageHour],
        known: &mut Known,
        now: Timestamp,
    ) -> Result<Vec<UsageHour>, StoreError> {
        let mut left: Vec<Closing> = Vec::with_capacity(hours.len());
        for hour in hours {
            let Some(limits) = known.limits(hour) else { continue };
            left.push(Closing { hour: hour.clone(), limits, slot: first_slot(&hour.id), onward: 0 });
        }
        let (mut done, mut pauses) = (Vec::with_capacity(left.len()), Pauses::new());
        for _ in 0..TRIES {
            if left.is_empty() {
                break;
            }
            let closed: Vec<UsageHour> = left.iter().map(|closing| closing.closed(now)).collect();
            let (mut writes, mut owners) = (Vec::new(), Vec::new());
            for (place, (closing, closed)) in left.iter().zip(&closed).enumerate() {
                for (part, write) in self.writes(closing, closed, known, now)? {
                    writes.push(write);
                    owners.push((place, part));
                }
            }
            let request = self.client.transact_write_items().set_transact_items(Some(writes));
            let Err(hindered) = write_all(request).await? else {
                for hour in closed {
                    known.add(&hour);
                    done.push(hour);
                }
                return Ok(done);
            };
            let mut stale = HashSet::new();
            for ((place, part), hindered) in owners.into_iter().zip(hindered) {
                match (hindered, part) {
                    (Hindered::Not | Hindered::Conflict, _) => {}
                    (Hindered::Refused(_), Part::Span) => left[place].slot += 1,
                    (Hindered::Refused(_), Part::Onward) => left[place].onward += 1,
                    (Hindered::Refused(_), Part::Hour | Part::Total | Part::Instance) => {
                        stale.insert(place);
                    }
                }
            }
            pauses.pause().await?;
            // Read anew what changed meanwhile. What another run closed is done.
            let keys = stale.iter().map(|place| Key::usage_hour(&left[*place].hour.id).into_item()).collect();
            let read = self.standing_items(keys).await?;
            let read = read.iter().map(|item| read_hour(item).map(|hour| (hour.id.clone(), hour)));
            let mut read: HashMap<HourId, UsageHour> = read.collect::<Result<_, _>>()?;
            let mut fresh = Vec::with_capacity(left.len());
            for (place, mut closing) in left.into_iter().enumerate() {
                if stale.contains(&place) {
                    let Some(hour) = read.remove(&closing.hour.id) else { continue };
                    if hour.state != HourState::Open {
                        done.push(hour);
                        continue;
                    }
                    closing.hour = hour;
                }
                fresh.push(closing);
            }
            left = fresh;
        }
        done.extend(left.into_iter().map(|closing| closing.hour));
        Ok(done)
    }

    fn writes(
        &self,
        closing: &Closing,
        closed: &UsageHour,
        known: &Known,
        now: Timestamp,
    ) -> Result<Vec<(Part, TransactWriteItem)>, StoreError> {
        let id = &closed.id;
        let mut changes = vec![(Part::Hour, close(closed).of(Key::usage_hour(id)))];
        let mut writes = Vec::new();
        if let Some(charge) = &closed.charge {
            let total = known.totals.get(&id.instance_id);
            changes.push((Part::Total, known.count(closed, charge.quantity).of(Key::usage_total(&id.instance_id))));
            if total.is_none() {
                let metered = Change::new().set("metered", true).only_if(Condition::STANDS);
                changes.push((Part::Instance, metered.of(Key::instance(World::Real, &id.instance_id))));
            }
            if !id.is_plain() {
                let put = Change::new().only_if(Condition::NEW).put(span_item(&id.instance_id, charge.begin));
                let put = put.table_name(&self.table).build()?;
                writes.push((Part::Span, TransactWriteItem::builder().put(put).build()));
            }
        }
        if closed.carried != Quantity::ZERO && closed.state != HourState::Parked {
            let (onward, period) = closing.onward(now);
            let change = count_in(&onward, period, closed.cycle, closed.carried, 0);
            changes.push((Part::Onward, change.of(Key::usage_hour(&onward))));
        }
        for (part, change) in changes {
            let update = change.table_name(&self.table).build()?;
            writes.push((part, TransactWriteItem::builder().update(update).build()));
        }
        Ok(writes)
    }
}

/// What a write of the transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Hour,
    Total,
    Instance,
    Span,
    Onward,
}

/// Whether an hour is to be closed: its time is over and so is the grace, or its instance is released.
fn is_due(hour: &UsageHour, limits: Limits, now: Timestamp) -> bool {
    hour.due_at() <= now || limits.released.is_some_and(|released| released <= now)
}

/// The number of the span that is tried first: different packages begin at different ones.
fn first_slot(id: &HourId) -> u32 {
    if id.is_plain() {
        return 0;
    }
    let name = id.related_package.as_ref().map_or("", InstanceId::as_str);
    let spread = name.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 60);
    1 + spread + id.part
}

impl Known {
    fn limits(&self, hour: &UsageHour) -> Option<Limits> {
        let life = &self.instances.get(&hour.id.instance_id)?.life;
        Some(Limits { bought: life.created_at, released: life.released_at })
    }

    /// The update of the total. The index learns now and then that the instance's use is reported.
    fn count(&self, hour: &UsageHour, amount: Quantity) -> Change {
        let id = &hour.id.instance_id;
        let standing = self.totals.get(id);
        let through = standing.map_or(hour.end, |(total, _)| total.through.max(hour.end));
        let change = Change::new().add(AMOUNT, amount).set(THROUGH, through);
        if self.instances.get(id).is_none_or(|instance| instance.life.released_at.is_some()) {
            return change.remove_all([OPEN, OPEN_SINCE]);
        }
        let seen = standing.and_then(|(_, seen)| *seen);
        if seen.is_some_and(|seen| through.since(seen) < SEEN_EVERY) {
            return change;
        }
        change.set(OPEN, Kind::Metering.value(id.as_str().as_bytes())).set(OPEN_SINCE, through)
    }

    /// What the total is from now on.
    fn add(&mut self, hour: &UsageHour) {
        let Some(charge) = &hour.charge else { return };
        let standing = self.totals.get(&hour.id.instance_id).copied();
        let (total, seen) = standing.unwrap_or((UsageTotal { amount: Quantity::ZERO, through: hour.end }, None));
        let total = UsageTotal { amount: total.amount + charge.quantity, through: total.through.max(hour.end) };
        let seen = seen.filter(|seen| total.through.since(*seen) < SEEN_EVERY).or(Some(total.through));
        self.totals.insert(hour.id.instance_id.clone(), (total, seen));
    }
}

impl Closing {
    /// The hour as it is closed.
    fn closed(&self, now: Timestamp) -> UsageHour {
        let Settled { charge, carried } = settle(self.hour.amount);
        let mut closed = UsageHour { closed_at: Some(now), carried, state: HourState::Closed, ..self.hour.clone() };
        if charge == Quantity::ZERO {
            closed.state = HourState::Done;
        } else if let Some((begin, end)) = span(self.hour.id.begin, self.hour.end, self.limits, self.slot) {
            let metering_sn = Uuid::new_v4().simple().to_string();
            closed.charge = Some(Charge { quantity: charge, metering_sn, begin, end });
        } else {
            closed.state = HourState::Parked;
            closed.last_answer = Some(NO_SPAN.to_owned());
        }
        if self.limits.released.is_some() && carried.is_negative() {
            closed.state = HourState::Parked;
            closed.last_answer = Some(TAKEN_BACK.to_owned());
        }
        closed
    }

    /// The hour that takes what is left over: the next one, or the one that goes on now; of a released instance a further part.
    fn onward(&self, now: Timestamp) -> (HourId, Period) {
        let UsageHour { id, end, cycle, .. } = &self.hour;
        if self.limits.released.is_some() {
            let part = id.part + 1 + self.onward;
            return (HourId { part, ..id.clone() }, Period { begin: id.begin, end: *end });
        }
        let mut period = cycle.after(*end).max(cycle.around(now));
        for _ in 0..self.onward {
            period = cycle.after(period.end);
        }
        (HourId { begin: period.begin, part: 0, ..id.clone() }, period)
    }
}

const NO_SPAN: &str = "the instance is released, and no span of time is left under which KooGallery would count this";
const TAKEN_BACK: &str =
    "more was taken back than used, and the instance is released: nothing is to come from which it could be taken";
