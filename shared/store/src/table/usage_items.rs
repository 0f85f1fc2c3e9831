//! How use is written in the table: records, hours, totals, packages.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, Timestamp};
use uuid::Uuid;

use crate::model::usage::hour::{Charge, HourId, HourState, UsageHour};
use crate::model::usage::package::{PackageUse, UsageTotal};
use crate::model::usage::period::{Cycle, GRACE, Period};
use crate::model::usage::quantity::Quantity;
use crate::model::usage::record::{UsageSent, UsageTaken};
use crate::table::change::Change;
use crate::table::client::StoreError;
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::{Item, Key};
use crate::table::schema::{NEXT_TRY_AT, OPEN, OPEN_SINCE, TTL_ATTRIBUTE};
use crate::table::value::Value;

/// A record is kept for so long: much longer than a repeat of it can count.
const RECORD_KEPT: Duration = Duration::from_hours(90 * 24);
/// An hour is kept for so long: longer than a bill can be disputed.
const HOUR_KEPT: Duration = Duration::from_hours(400 * 24);
/// How long the span of a record that the seller made is kept after its beginning: KooGallery counts no record that is 21 days old.
const SPAN_KEPT: Duration = Duration::from_hours(22 * 24);

pub(crate) const STATE: &str = "state";
pub(crate) const AMOUNT: &str = "amount";
pub(crate) const METERING_SN: &str = "meteringSn";
pub(crate) const RESERVED_BY: &str = "reservedBy";
pub(crate) const ATTEMPTS: &str = "attempts";
pub(crate) const LAST_ANSWER: &str = "lastAnswer";
pub(crate) const ENDED_AT: &str = "endedAt";
pub(crate) const THROUGH: &str = "through";
pub(crate) const QUOTA: &str = "quota";
pub(crate) const EXHAUSTED_AT: &str = "exhaustedAt";
const RECORDS: &str = "records";
const INSTANCE_ID: &str = "instanceId";
const PACKAGE: &str = "relatedPackage";
const BEGIN: &str = "begin";
const END: &str = "end";
const PART: &str = "part";
const CYCLE: &str = "cycle";
const CLOSED_AT: &str = "closedAt";
const CHARGE: &str = "charge";
const TOLD_BEGIN: &str = "toldBegin";
const TOLD_END: &str = "toldEnd";
const CARRIED: &str = "carried";
const ID: &str = "id";
const QUANTITY: &str = "quantity";
const COUNTED_IN: &str = "countedIn";
const TAKEN_AT: &str = "takenAt";
const USED: &str = "used";
const COUNTED_AT: &str = "countedAt";
/// The beginning of the names of what each pay-per-use instance used of a package; its id follows in hexadecimal digits.
const USED_BY: &str = "usedBy_";

impl From<HourState> for Value {
    fn from(state: HourState) -> Self {
        state.word().into()
    }
}

/// The time to live of what is kept so long after a time.
fn expires(after: Timestamp, kept: Duration) -> u64 {
    u64::try_from(after.saturating_add(kept).as_seconds()).unwrap_or_default()
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A record that is taken, with its key.
pub(crate) fn record_item(sent: &UsageSent, counted_in: Timestamp, now: Timestamp) -> Item {
    let mut item = Key::usage_record(&sent.instance_id, &sent.id).into_item();
    item.insert(ID.to_owned(), AttributeValue::S(sent.id.to_string()));
    item.insert(INSTANCE_ID.to_owned(), AttributeValue::S(sent.instance_id.to_string()));
    if let Some(package) = &sent.related_package {
        item.insert(PACKAGE.to_owned(), AttributeValue::S(package.to_string()));
    }
    for (name, at) in [(BEGIN, sent.begin), (END, sent.end), (COUNTED_IN, counted_in), (TAKEN_AT, now)] {
        item.insert(name.to_owned(), number(at));
    }
    item.insert(QUANTITY.to_owned(), number(sent.quantity.ten_thousandths()));
    item.insert(TTL_ATTRIBUTE.to_owned(), number(expires(now, RECORD_KEPT)));
    item
}

/// The update that counts records in an hour, if it is open, and makes it if there is none yet.
pub(crate) fn count_in(id: &HourId, period: Period, cycle: Cycle, amount: Quantity, records: u64) -> Change {
    let due = period.end.saturating_add(GRACE);
    let cycle = if cycle == Cycle::Daily { "daily" } else { "hourly" };
    let is_open = Condition::Any(vec![Condition::NEW, Condition::Is(STATE, HourState::Open.into())]);
    let change = Change::new()
        .set_once(STATE, HourState::Open)
        .set_once(INSTANCE_ID, id.instance_id.as_str())
        .set_once(BEGIN, id.begin)
        .set_once(END, period.end)
        .set_once(PART, u64::from(id.part))
        .set_once(CYCLE, cycle)
        .set_once(OPEN, Kind::Usage.value(id.instance_id.as_str().as_bytes()))
        .set_once(OPEN_SINCE, due)
        .set_once(TTL_ATTRIBUTE, expires(period.end, HOUR_KEPT))
        .add(AMOUNT, amount)
        .add(RECORDS, records)
        .only_if(is_open);
    match &id.related_package {
        Some(package) => change.set_once(PACKAGE, package.as_str()),
        None => change,
    }
}

/// The update that counts use of a package.
pub(crate) fn use_package(instance: &InstanceId, amount: Quantity, now: Timestamp) -> Change {
    let used_by = format!("{USED_BY}{}", hex::encode(instance.as_str()));
    Change::new().add(USED, amount).add(&used_by, amount).set(COUNTED_AT, now)
}

/// The update that closes an hour, if it is open and has this amount.
pub(crate) fn close(hour: &UsageHour) -> Change {
    let change = Change::new()
        .set(STATE, hour.state)
        .set(CARRIED, hour.carried)
        .only_if(Condition::Is(STATE, HourState::Open.into()));
    let change = hour.closed_at.into_iter().fold(change, |change, at| change.set(CLOSED_AT, at));
    let change = match &hour.charge {
        Some(pushed) => change
            .set(CHARGE, pushed.quantity)
            .set(METERING_SN, pushed.metering_sn.as_str())
            .set(TOLD_BEGIN, pushed.begin)
            .set(TOLD_END, pushed.end),
        None => change,
    };
    let change = hour.last_answer.iter().fold(change, |change, answer| change.set(LAST_ANSWER, answer.as_str()));
    let change = change.only_if(Condition::Is(AMOUNT, hour.amount.into()));
    match (hour.state, hour.closed_at) {
        (HourState::Done, Some(at)) => change.set(ENDED_AT, at).remove_all([OPEN, OPEN_SINCE]),
        (HourState::Parked, Some(at)) => parked(change, &hour.id, at),
        _ => change,
    }
}

/// What parks an hour beside its state.
pub(crate) fn parked(change: Change, id: &HourId, at: Timestamp) -> Change {
    let value = Kind::UsageParked.value(id.instance_id.as_str().as_bytes());
    change.set(ENDED_AT, at).set(OPEN, value).set(OPEN_SINCE, at).remove(NEXT_TRY_AT)
}

/// Gives a span to a serial number, and says which call did it first.
pub(crate) fn reserve_span(metering_sn: &str, begin: Timestamp, by: Uuid) -> Change {
    let change = Change::new().set(METERING_SN, metering_sn).set_once(RESERVED_BY, by.to_string());
    change.set(TTL_ATTRIBUTE, expires(begin, SPAN_KEPT))
}

/// Says that a record of an instance begins then.
pub(crate) fn span_item(instance: &InstanceId, begin: Timestamp) -> Item {
    let mut item = Key::usage_span(instance, begin).into_item();
    item.insert(TTL_ATTRIBUTE.to_owned(), number(expires(begin, HOUR_KEPT)));
    item
}

fn of_number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn of_time(item: &Item, name: &str) -> Option<Timestamp> {
    of_number(item, name).map(Timestamp::from_millis)
}

fn of_amount(item: &Item, name: &str) -> Option<Quantity> {
    of_number(item, name).map(Quantity::from_ten_thousandths)
}

fn of_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Reads a record.
pub(crate) fn read_record(item: &Item) -> Result<UsageTaken, StoreError> {
    let read = || {
        let sent = UsageSent {
            id: of_text(item, ID)?.parse().ok()?,
            instance_id: of_text(item, INSTANCE_ID)?.parse().ok()?,
            related_package: of_text(item, PACKAGE).map(str::parse).transpose().ok()?,
            begin: of_time(item, BEGIN)?,
            end: of_time(item, END)?,
            quantity: of_amount(item, QUANTITY)?,
        };
        Some(UsageTaken { sent, counted_in: of_time(item, COUNTED_IN)?, taken_at: of_time(item, TAKEN_AT)? })
    };
    read().ok_or_else(|| StoreError::Unreadable("a record of use".to_owned()))
}

/// Reads an hour.
pub(crate) fn read_hour(item: &Item) -> Result<UsageHour, StoreError> {
    let read = || {
        let id = HourId {
            instance_id: of_text(item, INSTANCE_ID)?.parse().ok()?,
            begin: of_time(item, BEGIN)?,
            related_package: of_text(item, PACKAGE).map(str::parse).transpose().ok()?,
            part: of_number(item, PART)?,
        };
        let charge = || {
            Some(Charge {
                quantity: of_amount(item, CHARGE)?,
                metering_sn: of_text(item, METERING_SN)?.to_owned(),
                begin: of_time(item, TOLD_BEGIN)?,
                end: of_time(item, TOLD_END)?,
            })
        };
        Some(UsageHour {
            id,
            end: of_time(item, END)?,
            cycle: if of_text(item, CYCLE)? == "daily" { Cycle::Daily } else { Cycle::Hourly },
            state: serde_dynamo::from_attribute_value(item.get(STATE)?.clone()).ok()?,
            amount: of_amount(item, AMOUNT)?,
            records: of_number(item, RECORDS)?,
            closed_at: of_time(item, CLOSED_AT),
            charge: charge(),
            carried: of_amount(item, CARRIED).unwrap_or_default(),
            attempts: of_number(item, ATTEMPTS).unwrap_or_default(),
            last_answer: of_text(item, LAST_ANSWER).map(str::to_owned),
            next_try_at: of_time(item, NEXT_TRY_AT),
            ended_at: of_time(item, ENDED_AT),
        })
    };
    read().ok_or_else(|| StoreError::Unreadable("an hour of use".to_owned()))
}

/// Reads a total, with the instance that it is of, and since when the index has it.
pub(crate) fn read_total(item: &Item) -> Option<(UsageTotal, Option<Timestamp>)> {
    let total = UsageTotal { amount: of_amount(item, AMOUNT)?, through: of_time(item, THROUGH)? };
    Some((total, of_time(item, OPEN_SINCE)))
}

/// Reads a package.
pub(crate) fn read_package(item: &Item) -> PackageUse {
    let by = item.keys().filter_map(|name| {
        let id = String::from_utf8(hex::decode(name.strip_prefix(USED_BY)?).ok()?).ok()?;
        Some((id.parse().ok()?, of_amount(item, name)?))
    });
    let mut by: Vec<(InstanceId, Quantity)> = by.collect();
    by.sort();
    PackageUse {
        used: of_amount(item, USED).unwrap_or_default(),
        by,
        quota: of_amount(item, QUOTA),
        counted_at: of_time(item, COUNTED_AT),
        exhausted_at: of_time(item, EXHAUSTED_AT),
    }
}
