//! Pushes closed hours, and decides what each answer means for each of them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use koogallery::{AccessKey, Timestamp};
use koogallery_open_api::{Client, Error, UsageBatch, UsageFault, UsageRecord, UsageValue, UtcTime};
use koogallery_runtime::Job;
use koogallery_store::{StoreError, UsageHour};

use crate::gate::{Gate, Stop};
use crate::journal::{Journal, Pushed};

/// The most records of a push. KooGallery takes 1,000; fewer are found sooner if one of them is at fault.
const MOST_RECORDS: usize = 100;
/// What failed often is pushed in small parts, and at last alone: one record may make the whole push fail.
const SMALLER: [(u32, usize); 2] = [(6, 1), (3, 10)];
/// How long one push waits for its answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);
/// A refused record is tried so often before it is parked, if nothing shows that it is at fault itself.
const TRIES: u32 = 3;
/// The same where it may be KooGallery's delay: it may not know an instance that was bought a moment ago.
const TRIES_THAT_MAY_PASS: u32 = 5;
/// The pause after the first failure. Each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_mins(5);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// KooGallery does not count what began more than 21 days ago. A person has a day to see what is parked before.
const GIVEN_UP: Duration = Duration::from_hours(20 * 24);
/// "Asked too often" is waited for so long, so often, in a run.
const TOO_OFTEN_PAUSE: Duration = Duration::from_secs(2);
const TOO_OFTEN: u32 = 3;
/// Why an hour is parked that no push can carry.
const NO_RECORD: &str = "its amount or its times cannot be written as a record of KooGallery";
/// So many results are written side by side.
const WRITES: usize = 16;

/// What became of an hour.
enum Ended {
    Done(String),
    Again(String),
    Parked(String),
}

/// What pushes in one run.
pub(crate) struct Pusher<'a> {
    pub(crate) job: &'a Job<dyn Journal>,
    pub(crate) gate: &'a Gate,
    pub(crate) client: &'a Client,
    pub(crate) key: &'a AccessKey,
    pub(crate) until: Instant,
}

impl Pusher<'_> {
    /// Pushes hours that are closed, in as many pushes as it needs. The gate hears of those that are left.
    pub(crate) async fn push(&self, hours: Vec<UsageHour>) -> Result<(), StoreError> {
        let mut batches = split(hours);
        self.push_all(&mut batches).await?;
        self.gate.left(batches.iter().flatten().map(UsageHour::due_at));
        Ok(())
    }

    /// Pushes batch by batch, until all are gone or nothing more can be pushed.
    async fn push_all(&self, batches: &mut Vec<Vec<UsageHour>>) -> Result<(), StoreError> {
        let mut too_often = 0;
        while self.gate.is_open() && Instant::now() < self.until {
            let Some(batch) = batches.pop() else { return Ok(()) };
            let (batch, sent) = self.written(batch).await?;
            let Ok(sent) = UsageBatch::try_from(sent) else { continue };
            let started = Instant::now();
            let answer = self.client.push_usage(&sent, self.key, Instant::now() + LONGEST_ANSWER).await;
            let records = batch.len();
            let error = answer.as_ref().err();
            self.job.journal.pushed(&Pushed { records, error, duration: started.elapsed() });
            let Err(error) = answer else {
                self.gate.took(records);
                self.end(batch, |_| Ended::Done("MKT.0000".to_owned())).await?;
                continue;
            };
            match error.usage_fault() {
                UsageFault::Records(named) => {
                    let mut named: HashMap<_, _> =
                        named.into_iter().map(|record| (record.metering_sn.clone(), record)).collect();
                    let (named_hours, others): (Vec<_>, Vec<_>) =
                        batch.into_iter().partition(|hour| named.contains_key(serial(hour)));
                    if named_hours.is_empty() {
                        // It names none of these, so which it is has to be found.
                        self.divide(others, &error, false, batches).await?;
                        continue;
                    }
                    let mut endings = Vec::with_capacity(named_hours.len());
                    for hour in named_hours {
                        let Some(record) = named.remove(serial(&hour)) else { continue };
                        let (told, may_pass) = (record.said.to_string(), record.said.code == "001");
                        endings.push(if record.is_there_already() {
                            self.gate.took(1);
                            (hour, Ended::Done(told))
                        } else if may_pass && hour.attempts + 1 < TRIES_THAT_MAY_PASS {
                            (hour, Ended::Again(told))
                        } else {
                            (hour, Ended::Parked(told))
                        });
                    }
                    self.write(endings).await?;
                    if !others.is_empty() {
                        batches.push(others);
                    }
                }
                UsageFault::Culprit { may_pass } => self.divide(batch, &error, may_pass, batches).await?,
                UsageFault::TooMany if records > 1 => halve(batch, batches),
                UsageFault::Authority => {
                    self.gate.stop(Stop::Authority(error.to_string()));
                    batches.push(batch);
                }
                UsageFault::TooOften if too_often < TOO_OFTEN && Instant::now() + TOO_OFTEN_PAUSE < self.until => {
                    too_often += 1;
                    tokio::time::sleep(TOO_OFTEN_PAUSE).await;
                    batches.push(batch);
                }
                UsageFault::TooOften => {
                    self.gate.stop(Stop::Theirs(error.to_string()));
                    batches.push(batch);
                }
                UsageFault::Theirs | UsageFault::TooMany => {
                    self.gate.failed(records, error.to_string());
                    self.end(batch, |_| Ended::Again(error.to_string())).await?;
                }
            }
        }
        Ok(())
    }

    /// Hours with their records. One that cannot be written as a record is parked: it must not pass for one that KooGallery took.
    async fn written(&self, hours: Vec<UsageHour>) -> Result<(Vec<UsageHour>, Vec<UsageRecord>), StoreError> {
        let (mut written, mut records, mut parked) = (Vec::with_capacity(hours.len()), Vec::new(), Vec::new());
        for hour in hours {
            if let Some(record) = record(&hour) {
                records.push(record);
                written.push(hour);
            } else {
                parked.push((hour, Ended::Parked(NO_RECORD.to_owned())));
            }
        }
        self.write(parked).await?;
        Ok((written, records))
    }

    /// Some record of a push is at fault: finds it by halves.
    async fn divide(
        &self,
        mut batch: Vec<UsageHour>,
        error: &Error,
        may_pass: bool,
        batches: &mut Vec<Vec<UsageHour>>,
    ) -> Result<(), StoreError> {
        if batch.len() > 1 {
            halve(batch, batches);
            return Ok(());
        }
        let Some(hour) = batch.pop() else { return Ok(()) };
        self.gate.refused(error.to_string());
        let tries = hour.attempts + 1;
        let is_its_own = if may_pass { tries >= TRIES_THAT_MAY_PASS } else { self.gate.took_some() || tries >= TRIES };
        let told = error.to_string();
        self.write(vec![(hour, if is_its_own { Ended::Parked(told) } else { Ended::Again(told) })]).await
    }

    async fn end(&self, batch: Vec<UsageHour>, ended: impl Fn(&UsageHour) -> Ended) -> Result<(), StoreError> {
        let endings = batch.into_iter().map(|hour| {
            let ended = ended(&hour);
            (hour, ended)
        });
        self.write(endings.collect()).await
    }

    async fn write(&self, endings: Vec<(UsageHour, Ended)>) -> Result<(), StoreError> {
        let (store, now) = (&self.job.store, self.job.now());
        let writes = stream::iter(endings).map(|(hour, ended)| async move {
            match ended {
                Ended::Done(answer) => store.usage_done(&hour, &answer, now).await.map(drop),
                Ended::Again(answer) if is_given_up(&hour, now) => {
                    let answer = format!("KooGallery did not take it for 20 days: {answer}");
                    self.park(&hour, &answer, now).await
                }
                Ended::Again(answer) => {
                    self.gate.left([hour.due_at()]);
                    store.usage_tried(&hour, &answer, now.saturating_add(pause(hour.attempts))).await.map(drop)
                }
                Ended::Parked(answer) => self.park(&hour, &answer, now).await,
            }
        });
        let mut writes = std::pin::pin!(writes.buffer_unordered(WRITES));
        while let Some(written) = writes.next().await {
            written?;
        }
        Ok(())
    }

    async fn park(&self, hour: &UsageHour, answer: &str, now: Timestamp) -> Result<(), StoreError> {
        if self.job.store.usage_refused(hour, answer, now).await? {
            self.gate.parked.fetch_add(1, Ordering::Relaxed);
            self.job.journal.parked(hour, answer);
        }
        Ok(())
    }
}

fn serial(hour: &UsageHour) -> &str {
    hour.charge.as_ref().map_or("", |charge| charge.metering_sn.as_str())
}

/// The record of an hour: the same each time.
fn record(hour: &UsageHour) -> Option<UsageRecord> {
    let charge = hour.charge.as_ref()?;
    Some(UsageRecord {
        begin_time: UtcTime::from_timestamp(charge.begin)?,
        end_time: UtcTime::from_timestamp(charge.end)?,
        instance_id: hour.id.instance_id.clone(),
        metering_sn: charge.metering_sn.parse().ok()?,
        record_time: UtcTime::from_timestamp(hour.closed_at?)?,
        relate_pkg_instance: hour.id.related_package.clone(),
        usage_value: UsageValue::from_ten_thousandths(u64::try_from(charge.quantity.ten_thousandths()).ok()?).ok()?,
    })
}

/// Batches of hours: smaller ones of those that failed more often.
fn split(hours: Vec<UsageHour>) -> Vec<Vec<UsageHour>> {
    let most = |hour: &UsageHour| {
        SMALLER.iter().find(|(attempts, _)| hour.attempts >= *attempts).map_or(MOST_RECORDS, |(_, most)| *most)
    };
    let mut by_most: HashMap<usize, Vec<UsageHour>> = HashMap::new();
    for hour in hours {
        by_most.entry(most(&hour)).or_default().push(hour);
    }
    let mut by_most: Vec<_> = by_most.into_iter().collect();
    // The last is pushed first: what never failed.
    by_most.sort_by_key(|(most, _)| *most);
    by_most.iter().flat_map(|(most, hours)| hours.chunks(*most).map(<[UsageHour]>::to_vec)).collect()
}

fn halve(mut batch: Vec<UsageHour>, batches: &mut Vec<Vec<UsageHour>>) {
    let second = batch.split_off(batch.len() / 2);
    batches.extend([second, batch]);
}

fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.min(8)).min(LONGEST_PAUSE)
}

fn is_given_up(hour: &UsageHour, now: Timestamp) -> bool {
    hour.charge.as_ref().is_some_and(|charge| charge.begin.saturating_add(GIVEN_UP) < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let pauses: Vec<u64> = (0..6).map(|attempts| pause(attempts).as_secs() / 60).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
