//! How keys follow one another. It is pure: what is due follows from the keys' times and from now.

use std::time::Duration;

use koogallery::Timestamp;
use koogallery_store::SigningKey;

/// How keys follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// For how long a key signs.
    pub every: Duration,
    /// For how long applications can read a key before it signs: they keep what they read for a while.
    pub published_before: Duration,
    /// For how long a key that no longer signs can be read: longer than any token is valid.
    pub kept_after: Duration,
}

impl Default for Rotation {
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self { every: 90 * day, published_before: day, kept_after: day }
    }
}

/// What a key is for, at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Phase {
    /// It can be read, and does not sign yet.
    Next,
    /// It signs.
    Active,
    /// It can be read, and signs no more.
    Retired,
}

/// What is to be done with the keys of one algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Due<'a> {
    /// Make a key that signs from this time on.
    pub(crate) make: Option<Timestamp>,
    /// Remove these.
    pub(crate) remove: Vec<&'a SigningKey>,
}

/// The key that signs: of those whose time has come the one whose time came last.
pub(crate) fn active<'a>(keys: impl IntoIterator<Item = &'a SigningKey>, now: Timestamp) -> Option<&'a SigningKey> {
    keys.into_iter().filter(|key| key.signs_from <= now).max_by_key(|key| (key.signs_from, key.number))
}

/// What a key is for, among those of its algorithm.
pub(crate) fn phase<'a>(key: &SigningKey, keys: impl IntoIterator<Item = &'a SigningKey>, now: Timestamp) -> Phase {
    if key.signs_from > now {
        Phase::Next
    } else if active(keys, now).is_some_and(|active| active.number == key.number) {
        Phase::Active
    } else {
        Phase::Retired
    }
}

impl Rotation {
    /// What is due with the keys of one algorithm.
    pub(crate) fn due<'a>(&self, keys: &[&'a SigningKey], now: Timestamp) -> Due<'a> {
        let Some(active) = active(keys.iter().copied(), now) else {
            // A key that only begins to sign later leaves nobody who signs now.
            return Due { make: Some(now), remove: Vec::new() };
        };
        let has_next = keys.iter().any(|key| key.signs_from > now);
        let ends = active.signs_from.saturating_add(self.every);
        let is_time = now >= ends.saturating_sub(self.published_before);
        let make = (is_time && !has_next).then(|| now.saturating_add(self.published_before));
        let over = now.saturating_sub(self.kept_after);
        // A key was replaced when the next one after it began to sign.
        let replaced_at = |key: &SigningKey| {
            let later = keys.iter().filter(|other| (other.signs_from, other.number) > (key.signs_from, key.number));
            later.map(|other| other.signs_from).min()
        };
        let remove = keys.iter().copied().filter(|key| replaced_at(key).is_some_and(|at| at <= over)).collect();
        Due { make, remove }
    }
}

#[cfg(test)]
mod tests {
    use koogallery_store::Sealed;
    use proptest::prelude::*;

    use super::*;

    fn key(number: u32, published_at: Timestamp, signs_from: Timestamp) -> SigningKey {
        SigningKey {
            algorithm: "ES256".to_owned(),
            number,
            key_id: number.to_string(),
            public: String::new(),
            private: Sealed::from_bytes(Vec::new()),
            published_at,
            signs_from,
        }
    }

    proptest! {
        /// However irregularly the schedule runs: one key signs at any time, each was published long enough before, what signed
        /// can be read long enough after, and there are never more than a few.
        #[test]
        fn a_key_signs_at_any_time_and_was_published_before(pauses in prop::collection::vec(1u64..400, 1..60)) {
            let rotation = Rotation::default();
            let (mut now, mut keys) = (Timestamp::from_millis(1_764_000_000_000), Vec::<SigningKey>::new());
            let mut signed: Vec<(u32, Timestamp)> = Vec::new();
            for (step, hours) in pauses.into_iter().enumerate() {
                let borrowed: Vec<&SigningKey> = keys.iter().collect();
                let due = rotation.due(&borrowed, now);
                for removed in &due.remove {
                    let last = signed.iter().rfind(|(number, _)| *number == removed.number).map(|(_, at)| *at);
                    prop_assert!(last.is_none_or(|last| last.saturating_add(rotation.kept_after) <= now));
                }
                let remove: Vec<u32> = due.remove.iter().map(|key| key.number).collect();
                let make = due.make;
                keys.retain(|key| !remove.contains(&key.number));
                if let Some(signs_from) = make {
                    let number = keys.iter().map(|key| key.number).max().unwrap_or_default() + 1;
                    keys.push(key(number, now, signs_from));
                }
                let active = active(&keys, now).expect("one signs");
                prop_assert!(step == 0 || active.number == 1
                    || active.published_at.saturating_add(rotation.published_before) <= now);
                prop_assert!(keys.len() <= 3);
                signed.push((active.number, now));
                let phases = keys.iter().map(|key| phase(key, &keys, now));
                prop_assert_eq!(phases.filter(|phase| *phase == Phase::Active).count(), 1);
                now = now.saturating_add(Duration::from_hours(hours));
                // It signs until just before the next run.
                signed.push((super::active(&keys, now).unwrap().number, now));
            }
        }
    }
}
