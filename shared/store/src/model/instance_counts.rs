//! How many instances there are, and how many came and went by week: counted by the daily walk of the watch, which reads them all
//! anyway. So no callback counts anything, and no page reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use koogallery::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::lifecycle::{Lifecycle, Status};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Beijing is ahead of UTC, and has no summer time.
const AHEAD: i64 = 8 * 60 * 60 * 1000;
/// 1 January 1970 was a Thursday.
const THURSDAY: i64 = 3;
/// So many weeks are counted: this one and those before it.
const WEEKS: u32 = 12;

/// The week of Beijing that a time is in: the beginning of its Monday.
#[must_use]
pub const fn week_of(at: Timestamp) -> Timestamp {
    let day = at.as_millis().saturating_add(AHEAD).div_euclid(DAY);
    let monday = (day + THURSDAY).div_euclid(7) * 7 - THURSDAY;
    Timestamp::from_millis(monday * DAY - AHEAD)
}

/// The beginnings of the weeks that are counted, the first first.
#[must_use]
pub fn counted_weeks(now: Timestamp) -> Vec<Timestamp> {
    let this = week_of(now);
    (0..WEEKS).rev().map(|before| this.saturating_sub(Duration::from_hours(7 * 24) * before)).collect()
}

/// What came and went in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekCounts {
    /// How many instances were bought.
    pub new: u64,
    /// How many were released.
    pub released: u64,
}

/// The instances of a deployment, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceCounts {
    /// How many wait for their provisioning.
    pub provisioning: u64,
    /// How many are in use.
    pub active: u64,
    /// How many are frozen.
    pub frozen: u64,
    /// How many were released.
    pub released: u64,
    /// What came and went, by the beginning of the week in milliseconds.
    pub weeks: BTreeMap<i64, WeekCounts>,
}

impl InstanceCounts {
    /// Counts an instance. `now` says which weeks count.
    pub fn count(&mut self, life: &Lifecycle, now: Timestamp) {
        *match life.status {
            Status::Provisioning => &mut self.provisioning,
            Status::Active => &mut self.active,
            Status::Frozen => &mut self.frozen,
            Status::Released => &mut self.released,
        } += 1;
        let first = counted_weeks(now).first().copied().unwrap_or(now);
        let mut in_week = |at: Timestamp, add: fn(&mut WeekCounts)| {
            if at >= first && at <= now {
                add(self.weeks.entry(week_of(at).as_millis()).or_default());
            }
        };
        in_week(life.created_at, |week| week.new += 1);
        if let Some(at) = life.released_at {
            in_week(at, |week| week.released += 1);
        }
    }

    /// What came and went in the week that begins then.
    #[must_use]
    pub fn week(&self, begin: Timestamp) -> WeekCounts {
        self.weeks.get(&begin.as_millis()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use koogallery::CalendarForm;
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        CalendarForm::SECOND.read(text).unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_in_beijing() {
        for (time, week) in [
            ("20261122155959", "20261115160000"),
            ("20261122160000", "20261122160000"),
            ("20261129155959", "20261122160000"),
            ("19700101000000", "19691228160000"),
        ] {
            assert_eq!(week_of(at(time)), at(week), "{time}");
        }
        let weeks = counted_weeks(at("20261126000000"));
        assert_eq!((weeks.len(), weeks[11]), (12, at("20261122160000")));
        assert!(weeks.iter().all(|week| week_of(*week) == *week) && weeks.is_sorted());
    }

    #[test]
    fn instances_are_counted_where_they_came_and_went() {
        let now = at("20261126000000");
        let life = |status: &str, created: &str, released: Option<&str>| -> Lifecycle {
            serde_json::from_value(json!({ "status": status, "createdAt": at(created), "newest": at(created),
                "releasedAt": released.map(at), "version": 1 }))
            .unwrap()
        };
        let mut counts = InstanceCounts::default();
        for life in [
            life("active", "20261125000000", None),
            life("frozen", "20261118000000", None),
            life("released", "20200101000000", Some("20261125000000")),
            life("released", "20200101000000", Some("20200201000000")),
        ] {
            counts.count(&life, now);
        }
        assert_eq!((counts.active, counts.frozen, counts.released, counts.provisioning), (1, 1, 2, 0));
        assert_eq!(counts.week(week_of(now)), WeekCounts { new: 1, released: 1 });
        assert_eq!(counts.week(week_of(at("20261118000000"))), WeekCounts { new: 1, released: 0 });
        assert_eq!(counts.weeks.len(), 2, "what is older counts in no week");
        let text = serde_json::to_string(&counts).unwrap();
        assert_eq!(serde_json::from_str::<InstanceCounts>(&text).unwrap(), counts);
    }
}
