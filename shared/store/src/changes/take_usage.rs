//! Takes records of use. Each record is an item of its own, written in one transaction with the hour in which it is counted: so
//! it counts once, whatever is repeated, raced or killed.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use koogallery::{InstanceId, Timestamp};
use tokio::task::JoinSet;

use crate::model::instance::Instance;
use crate::model::usage::hour::HourId;
use crate::model::usage::period::{Cycle, Cycles, Period};
use crate::model::usage::quantity::Quantity;
use crate::model::usage::record::{Taken, UsageSent};
use crate::model::usage::rules::{Booking, refusal};
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::transaction::{Hindered, Pauses, write_all};
use crate::table::usage_items::{count_in, read_record, record_item, use_package};

/// The most writes in one transaction.
const MOST_WRITES: usize = 100;
/// So many transactions of one call run side by side. Those of one instance run one after the other: they write the same hours.
const LANES: usize = 8;

impl Store {
    /// Takes records of use, and says for each what became of it, in their order. One that came before is known again. A record
    /// for an hour that is closed is counted in the open one. After an error, send them all again.
    pub async fn take_usage(
        &self,
        sent: Vec<UsageSent>,
        cycles: &Cycles,
        now: Timestamp,
    ) -> Result<Vec<Taken>, StoreError> {
        let named = sent.iter().flat_map(|one| [Some(&one.instance_id), one.related_package.as_ref()]);
        let named: HashSet<&InstanceId> = named.flatten().collect();
        let named: Vec<InstanceId> = named.into_iter().cloned().collect();
        let instances = self.instances(World::Real, &named).await?;

        let mut taken: Vec<Option<Taken>> = vec![None; sent.len()];
        let (mut first, mut repeats) = (HashMap::new(), Vec::new());
        let mut by_instance: HashMap<&InstanceId, Vec<usize>> = HashMap::new();
        for (place, one) in sent.iter().enumerate() {
            if let Some(first) = first.get(&(&one.instance_id, &one.id)) {
                repeats.push((place, *first));
                continue;
            }
            first.insert((&one.instance_id, &one.id), place);
            match refusal(one, &instances, now) {
                Some(refusal) => taken[place] = Some(Taken::Refused(refusal)),
                None => by_instance.entry(&one.instance_id).or_default().push(place),
            }
        }
        let mut lanes: Vec<Vec<usize>> = vec![Vec::new(); LANES];
        for places in by_instance.into_values() {
            if let Some(shortest) = lanes.iter_mut().min_by_key(|lane| lane.len()) {
                shortest.extend(places);
            }
        }
        let mut running = JoinSet::new();
        for lane in lanes.into_iter().filter(|lane| !lane.is_empty()) {
            let records = lane.into_iter().map(|place| {
                let instance = instances.get(&sent[place].instance_id);
                let life = instance.map(|instance| Life::of(instance, cycles)).unwrap_or_default();
                (place, sent[place].clone(), life)
            });
            let (store, records) = (self.clone(), records.collect());
            running.spawn(async move { store.take_in_turn(records, now).await });
        }
        while let Some(lane) = running.join_next().await {
            for (place, outcome) in lane?? {
                taken[place] = Some(outcome);
            }
        }
        self.know_again(&sent, &mut taken).await?;
        for (place, first) in repeats {
            taken[place] = Some(match taken[first] {
                _ if sent[place] != sent[first] => Taken::Conflict,
                Some(Taken::Counted(_)) | None => Taken::Known,
                Some(outcome) => outcome,
            });
        }
        let packages: HashSet<&InstanceId> = sent.iter().filter_map(|one| one.related_package.as_ref()).collect();
        for package in packages {
            self.look_at_package(package, now).await?;
        }
        Ok(taken.into_iter().map(|taken| taken.unwrap_or(Taken::Known)).collect())
    }

    /// What was counted before is known, although it could not be counted now: who repeats a record after a lost answer asks what
    /// became of it.
    async fn know_again(&self, sent: &[UsageSent], taken: &mut [Option<Taken>]) -> Result<(), StoreError> {
        let may_stand = |taken: &Option<Taken>| matches!(taken, Some(Taken::Refused(why)) if why.came_with_time());
        let refused = sent.iter().zip(&*taken).filter(|(_, taken)| may_stand(taken)).map(|(sent, _)| sent);
        let keys: Vec<_> = refused.map(|sent| Key::usage_record(&sent.instance_id, &sent.id).into_item()).collect();
        for item in self.standing_items(keys).await? {
            let standing = read_record(&item)?.sent;
            let is_it = |sent: &UsageSent| sent.instance_id == standing.instance_id && sent.id == standing.id;
            for (sent, taken) in sent.iter().zip(&mut *taken).filter(|(sent, taken)| is_it(sent) && may_stand(taken)) {
                *taken = Some(if *sent == standing { Taken::Known } else { Taken::Conflict });
            }
        }
        Ok(())
    }

    async fn take_in_turn(
        &self,
        mut left: Vec<(usize, UsageSent, Life)>,
        now: Timestamp,
    ) -> Result<Vec<(usize, Taken)>, StoreError> {
        let (mut done, mut closed) = (Vec::with_capacity(left.len()), HashSet::new());
        let mut pauses = Pauses::new();
        while !left.is_empty() {
            let batch = Batch::of(&left, &closed, now);
            let hindered =
                if batch.records.is_empty() { None } else { write_all(batch.request(self, now)?).await?.err() };
            let mut ended: HashMap<usize, Taken> = batch.refused.iter().copied().collect();
            match hindered {
                None => {
                    pauses = Pauses::new();
                    let counted = batch.records.iter().map(|(place, _, hour)| (*place, Taken::Counted(hour.begin)));
                    ended.extend(counted);
                }
                Some(hindered) => {
                    let mut only_conflicts = true;
                    for (write, hindered) in hindered.into_iter().enumerate() {
                        let Hindered::Refused(standing) = hindered else { continue };
                        only_conflicts = false;
                        if let Some((place, sent, _)) = batch.records.get(write) {
                            let standing = standing.as_ref().map(read_record).transpose()?;
                            let is_same = standing.is_none_or(|standing| standing.sent == **sent);
                            ended.insert(*place, if is_same { Taken::Known } else { Taken::Conflict });
                        } else if let Some((hour, _)) = batch.hours.get(write - batch.records.len()) {
                            closed.insert(hour.clone());
                        }
                    }
                    if only_conflicts {
                        pauses.pause().await?;
                    }
                }
            }
            left.retain(|(place, ..)| !ended.contains_key(place));
            done.extend(ended);
        }
        Ok(done)
    }
}

/// What of an instance decides where its use is counted.
#[derive(Debug, Clone, Copy)]
struct Life {
    cycle: Cycle,
    released: Option<Timestamp>,
}

impl Default for Life {
    fn default() -> Self {
        Self { cycle: Cycle::Hourly, released: None }
    }
}

impl Life {
    fn of(instance: &Instance, cycles: &Cycles) -> Self {
        Self { cycle: cycles.of(instance.life.product_id.as_ref()), released: instance.life.released_at }
    }
}

/// What is counted in an hour.
struct Counted {
    period: Period,
    cycle: Cycle,
    amount: Quantity,
    records: u64,
}

/// The records of one transaction. Its writes are in this order.
struct Batch<'a> {
    records: Vec<(usize, &'a UsageSent, HourId)>,
    hours: Vec<(HourId, Counted)>,
    packages: Vec<(&'a InstanceId, &'a InstanceId, Quantity)>,
    /// For these no hour is left.
    refused: Vec<(usize, Taken)>,
}

impl<'a> Batch<'a> {
    fn of(left: &'a [(usize, UsageSent, Life)], closed: &HashSet<HourId>, now: Timestamp) -> Self {
        let mut batch = Self { records: Vec::new(), hours: Vec::new(), packages: Vec::new(), refused: Vec::new() };
        for (place, sent, life) in left {
            let booking = Booking { cycle: life.cycle, released: life.released, now };
            let (hour, period) = match booking.hour(sent, closed) {
                Ok(found) => found,
                Err(refusal) => {
                    batch.refused.push((*place, Taken::Refused(refusal)));
                    continue;
                }
            };
            let known = batch.hours.iter().position(|(known, _)| *known == hour);
            let pair = sent.related_package.as_ref().map(|package| (package, &sent.instance_id));
            let used = pair.map(|pair| batch.packages.iter().position(|(of, by, _)| (*of, *by) == pair));
            // A package is one item, whichever instance uses it.
            let other_user = pair.is_some_and(|(package, by)| {
                batch.packages.iter().any(|(of, known, _)| *of == package && *known != by)
            });
            let more = 1 + usize::from(known.is_none()) + usize::from(used == Some(None));
            if batch.writes() + more > MOST_WRITES || other_user {
                break;
            }
            if let Some(known) = known {
                let counted = &mut batch.hours[known].1;
                counted.amount += sent.quantity;
                counted.records += 1;
            } else {
                let counted = Counted { period, cycle: life.cycle, amount: sent.quantity, records: 1 };
                batch.hours.push((hour.clone(), counted));
            }
            match (pair, used.flatten()) {
                (Some((package, by)), None) => batch.packages.push((package, by, sent.quantity)),
                (Some(_), Some(known)) => batch.packages[known].2 += sent.quantity,
                (None, _) => {}
            }
            batch.records.push((*place, sent, hour));
        }
        batch
    }

    const fn writes(&self) -> usize {
        self.records.len() + self.hours.len() + self.packages.len()
    }

    fn request(&self, store: &Store, now: Timestamp) -> Result<TransactWriteItemsFluentBuilder, StoreError> {
        let (mut writes, told) = (Vec::with_capacity(self.writes()), ReturnValuesOnConditionCheckFailure::AllOld);
        for (_, sent, hour) in &self.records {
            let put = Change::new().only_if(Condition::NEW).put(record_item(sent, hour.begin, now));
            let put = put.table_name(&store.table).return_values_on_condition_check_failure(told.clone()).build()?;
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let hours = self.hours.iter().map(|(hour, counted)| {
            let Counted { period, cycle, amount, records } = counted;
            count_in(hour, *period, *cycle, *amount, *records).of(Key::usage_hour(hour))
        });
        let packages = self
            .packages
            .iter()
            .map(|(package, by, amount)| use_package(by, *amount, now).of(Key::usage_package(package)));
        for update in hours.chain(packages) {
            let update = update.table_name(&store.table).build()?;
            writes.push(TransactWriteItem::builder().update(update).build());
        }
        Ok(store.client.transact_write_items().set_transact_items(Some(writes)))
    }
}
