//! What KooGallery does with usage: it checks each push, counts each record once, and keeps what it charges, independently of
//! whoever pushed. It can be told to answer any code, to lose an answer, and which instances it knows.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use koogallery::{InstanceId, InterfaceType, Timestamp};
use koogallery_open_api::{UsageRecord, UtcTime, usage_signature_fits};
use serde_json::{Value, json};

use super::Held;

/// The most records of one push.
const MOST_RECORDS: usize = 1000;
/// KooGallery does not count older use.
const OLDEST: Duration = Duration::from_hours(21 * 24);
const MEMBERS: [&str; 7] =
    ["begin_time", "end_time", "instance_id", "metering_sn", "record_time", "relate_pkg_instance", "usage_value"];

/// What happens to one push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageTold {
    /// What the records deserve.
    AsUsual,
    /// Nothing is counted, and this is answered.
    Code(u16, &'static str),
    /// It is counted as usual, and the answer is lost.
    LostAfter,
    /// Nothing is counted, and there is no answer.
    LostBefore,
}

/// How KooGallery says what is wrong: the guide has several texts side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageManner {
    /// The answer 94060999 names the records that are at fault. Else one code speaks for the whole push, as in the older table.
    pub names_records: bool,
    /// Beside records at fault, the others of the push count.
    pub takes_the_rest: bool,
    /// A serial number that is known is a fault as well, 005. Else it is answered as a success.
    pub names_repeats: bool,
    /// The most records that it takes in a push.
    pub most: usize,
}

impl Default for UsageManner {
    fn default() -> Self {
        Self { names_records: true, takes_the_rest: false, names_repeats: false, most: MOST_RECORDS }
    }
}

/// Since when a pay-per-use instance is used, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageLife {
    /// The start of the resource.
    pub start: Timestamp,
    /// Its release.
    pub release: Option<Timestamp>,
}

/// What KooGallery keeps of usage.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// What counts, in the order of arrival.
    pub(super) records: Vec<UsageRecord>,
    /// Records that KooGallery took and does not count: another one of the instance has the same beginning and end.
    pub(super) uncounted: Vec<UsageRecord>,
    serials: HashSet<String>,
    spans: HashSet<(InstanceId, UtcTime, UtcTime)>,
    /// What is charged, in ten-thousandths.
    pub(super) charged: BTreeMap<InstanceId, i128>,
    pub(super) next: VecDeque<UsageTold>,
    pub(super) manner: UsageManner,
    /// If this is empty, every instance is known.
    pub(super) lives: HashMap<InstanceId, UsageLife>,
    /// Records of these instances are at fault, with this code of a record.
    pub(super) faulty: HashMap<InstanceId, &'static str>,
    pub(super) pushes: usize,
}

/// What is answered; none where the answer is lost.
pub(super) type Told = Option<(StatusCode, Value)>;

fn coded(status: StatusCode, code: &str, message: &str) -> (StatusCode, Value) {
    (status, json!({ "error_code": code, "error_msg": message }))
}

pub(super) fn answer(held: &Held, request: &Request<Bytes>) -> Told {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (ts, nonce, signature) = (header("ts"), header("nonce"), header("signature"));
    let mut keys = held.access_keys.of(InterfaceType::Basic).iter();
    if !keys.any(|key| usage_signature_fits(key, ts, nonce, request.body(), signature)) {
        // The guide lists the codes for refused parameters and signatures, but does not say which is which.
        return Some(coded(StatusCode::OK, "MKT.0150", "signature is wrong"));
    }
    let mut state = held.state();
    state.usage.pushes += 1;
    let told = state.usage.next.pop_front().unwrap_or(UsageTold::AsUsual);
    match told {
        UsageTold::AsUsual => Some(state.usage.judge(request.body(), (held.clock)())),
        UsageTold::Code(status, code) => {
            Some(coded(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), code, "as it was told to answer"))
        }
        UsageTold::LostBefore => None,
        UsageTold::LostAfter => {
            state.usage.judge(request.body(), (held.clock)());
            None
        }
    }
}

/// The records of a body, or why it is none.
fn records(body: &[u8]) -> Result<Vec<UsageRecord>, String> {
    let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // A map of this library is sorted by name.
    if json.to_string().as_bytes() != body {
        return Err("the members are not in ascending order, or there are blanks: the signature may not fit".to_owned());
    }
    let members = json.as_object().filter(|members| members.len() == 1);
    let records = members.and_then(|members| members.get("usage_records")?.as_array());
    let records = records.ok_or("give usage_records alone")?;
    let mut read = Vec::with_capacity(records.len());
    for record in records {
        let members = record.as_object().ok_or("a record is no object")?;
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("a record has {unknown}"));
        }
        if !record["usage_value"].is_string() {
            return Err("usage_value is not a text".to_owned());
        }
        read.push(serde_json::from_value::<UsageRecord>(record.clone()).map_err(|error| error.to_string())?);
    }
    Ok(read)
}

impl Books {
    fn judge(&mut self, body: &[u8], now: Timestamp) -> (StatusCode, Value) {
        let records = match records(body) {
            Ok(records) if records.is_empty() => return coded(StatusCode::BAD_REQUEST, "94060004", "no record"),
            Ok(records) if records.len() > self.manner.most => {
                return coded(StatusCode::INTERNAL_SERVER_ERROR, "MKT.9003", "too many records");
            }
            Ok(records) => records,
            Err(problem) => return coded(StatusCode::BAD_REQUEST, "94060004", &problem),
        };
        let faults: Vec<_> = records.iter().map(|record| self.fault(record, now)).collect();
        if faults.iter().all(Option::is_none) || self.manner.takes_the_rest {
            let good = records.iter().zip(&faults).filter(|(_, fault)| fault.is_none());
            good.for_each(|(record, _)| self.take(record));
        }
        let Some(first) = faults.iter().flatten().next() else { return coded(StatusCode::OK, "MKT.0000", "success") };
        if !self.manner.names_records {
            let code = match *first {
                "001" | "009" | "012" => "MKT.9001",
                "007" => "MKT.9004",
                "003" => "MKT.9002",
                _ => "MKT.0100",
            };
            return coded(StatusCode::INTERNAL_SERVER_ERROR, code, "a record is at fault");
        }
        let named = records.iter().zip(faults).filter_map(|(record, fault)| {
            Some(json!({ "metering_sn": record.metering_sn, "error_code": fault?, "error_msg": "this record is at fault" }))
        });
        let named: Vec<_> = named.collect();
        let answer = json!({ "error_code": "94060999", "error_msg": "Failed", "abnormal_usage_data": named });
        (StatusCode::OK, answer)
    }

    /// The code of a record that is at fault.
    fn fault(&self, record: &UsageRecord, now: Timestamp) -> Option<&'static str> {
        let (begin, end) = (record.begin_time.timestamp(), record.end_time.timestamp());
        if let Some(code) = self.faulty.get(&record.instance_id) {
            return Some(code);
        }
        if self.manner.names_repeats && self.serials.contains(record.metering_sn.as_str()) {
            return Some("005");
        }
        let life = self.lives.get(&record.instance_id);
        if !self.lives.is_empty() && life.is_none() {
            return Some("001");
        }
        // The times of a record are whole seconds.
        let second = |at: Timestamp| Timestamp::from_millis(at.as_seconds() * 1000);
        let outside =
            |life: &UsageLife| begin < second(life.start) || life.release.is_some_and(|release| end > release);
        if begin > end || end > now || life.is_some_and(outside) {
            return Some("011");
        }
        (begin.saturating_add(OLDEST) < now).then_some("007")
    }

    fn take(&mut self, record: &UsageRecord) {
        if !self.serials.insert(record.metering_sn.as_str().to_owned()) {
            return;
        }
        if !self.spans.insert((record.instance_id.clone(), record.begin_time, record.end_time)) {
            self.uncounted.push(record.clone());
            return;
        }
        *self.charged.entry(record.instance_id.clone()).or_default() +=
            i128::from(record.usage_value.ten_thousandths());
        self.records.push(record.clone());
    }
}
