//! What happens in the month, hour by hour: all of it follows from a seed.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery::InstanceId;
use koogallery_store::Quantity;
use report_usage::Reporter;
use serde_json::{Value, json};

use super::{HOUR, clock};
use crate::api::{Api, ApiError};
use crate::open_api::{StandIn, UsageManner, UsageTold};

/// The most records of a call.
const MOST_OF_A_CALL: usize = 1000;
/// So many calls of the application are under way at the same time.
const CALLS: usize = 4;

/// Numbers that follow from a seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// What happened so far.
pub(super) struct Played {
    dice: Dice,
    /// Records that were made, and how many were sent, each at least once.
    pub(super) made: usize,
    pub(super) sent: usize,
    /// How many the seller API counted.
    pub(super) counted: usize,
    pub(super) kills: usize,
    pub(super) left: usize,
    pub(super) used: BTreeMap<InstanceId, Quantity>,
    /// Records that are sent once more or late.
    again: Vec<Value>,
}

impl Played {
    pub(super) fn from_seed(seed: u64) -> Self {
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self { dice, made: 0, sent: 0, counted: 0, kills: 0, left: 0, used: BTreeMap::new(), again: Vec::new() }
    }

    /// Each instance uses something in the hour that is over; some of it is sent twice, some later. At the end of a day, and of all
    /// (`is_last`), nothing is kept back.
    pub(super) async fn use_something(
        &mut self,
        api: &Api,
        ids: &[InstanceId],
        hour: u64,
        is_last: bool,
    ) -> Result<(), ApiError> {
        let mut records = Vec::new();
        for id in ids {
            for number in 0..self.dice.below(4) {
                let at = clock().saturating_sub(Duration::from_secs(self.dice.below(3500)));
                let quantity = Quantity::from_ten_thousandths(i128::from(self.dice.below(200_000)));
                let record = json!({
                    "id": format!("{hour}-{number}"), "instanceId": id, "at": at.to_rfc_3339(), "quantity": quantity.to_string(),
                });
                self.made += 1;
                *self.used.entry(id.clone()).or_default() += quantity;
                if self.dice.one_in(5) {
                    self.again.push(record.clone());
                }
                // One in ten is late by up to a day, the others come at once.
                if self.dice.one_in(10) { self.again.push(record) } else { records.push(record) }
            }
        }
        let due = if hour % 24 == 23 || is_last { u64::MAX } else { self.dice.below(2 * ids.len() as u64) };
        let due = usize::try_from(due).unwrap_or(usize::MAX).min(self.again.len());
        records.extend(self.again.drain(..due));
        self.sent += records.len();
        let calls = records.chunks(MOST_OF_A_CALL).map(|records| json!({ "records": records }));
        let calls: Vec<Value> = calls.collect();
        let calls = stream::iter(&calls).map(|body| api.post(&["usage", "records"], Some(body)));
        let answers: Vec<Value> = calls.buffer_unordered(CALLS).try_collect().await?;
        let counted = answers.iter().filter_map(|answer| usize::try_from(answer["counted"].as_u64()?).ok());
        self.counted += counted.sum::<usize>();
        Ok(())
    }

    /// Reports once, now and then twice, with whatever goes wrong.
    pub(super) async fn report(&mut self, reporter: &Reporter, koogallery: &StandIn, is_away: bool) {
        let runs = if self.dice.one_in(8) { 2 } else { 1 };
        for _ in 0..runs {
            let told = if is_away { vec![UsageTold::LostBefore; 8] } else { (0..2).map(|_| self.told()).collect() };
            koogallery.next_usage(told);
            koogallery.set_usage_manner(UsageManner {
                takes_the_rest: self.dice.one_in(2),
                names_repeats: self.dice.one_in(2),
                ..UsageManner::default()
            });
            let run = reporter.run(Instant::now() + HOUR);
            // What fails is tried again with the next run.
            if self.dice.one_in(6) {
                let wait = self.dice.below(60 + self.used.len() as u64 / 4);
                self.kills += usize::from(killed_at(wait, run).await);
            } else {
                drop(run.await);
            }
        }
    }

    fn told(&mut self) -> UsageTold {
        match self.dice.below(10) {
            0 => UsageTold::LostAfter,
            1 => UsageTold::LostBefore,
            2 => UsageTold::Code(500, "94060001"),
            3 => UsageTold::Code(500, "MKT.9003"),
            _ => UsageTold::AsUsual,
        }
    }
}

/// Drops something at its n-th wait, wherever that is: a request that is under way then is done, and nobody hears the answer. False if
/// it ended before.
async fn killed_at(wait: u64, work: impl Future) -> bool {
    let (mut work, mut left) = (pin!(work), wait);
    std::future::poll_fn(|context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(false);
        }
        if left == 0 {
            return Poll::Ready(true);
        }
        left -= 1;
        Poll::Pending
    })
    .await
}
