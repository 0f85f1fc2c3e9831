//! A part of a directory of users or departments, and how syncs merge into it: pure.
//!
//! A bucket is a join: whatever order syncs come in, however often, the same stands. Each name has its newest sync
//! ([`crate::newest`]); a sync that tells all names at once raises a floor, below which nothing counts any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use koogallery::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::StoreError;
use crate::data_key::{DataKey, Sealed};
use crate::newest::{Stamp, wins};

/// What is known of one name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry<T> {
    at: Stamp,
    /// None: gone, or not told yet.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    is: Option<T>,
    /// The newest time that it was revoked: that tells nothing else of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Stamp>,
    /// When the sync came after which there is nothing to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came: Option<Timestamp>,
}

impl<T: PartialEq> PartialEq for Entry<T> {
    /// When it came does not count: a repeat comes later and says the same.
    fn eq(&self, other: &Self) -> bool {
        (self.at, &self.is, self.revoked) == (other.at, &other.is, other.revoked)
    }
}

fn none<T>() -> Option<T> {
    None
}

impl<T: PartialEq + Serialize> Entry<T> {
    /// It is so from this time on.
    pub(crate) const fn is(at: Stamp, is: T) -> Self {
        Self { at, is: Some(is), revoked: None, came: None }
    }

    /// It is gone from this time on.
    pub(crate) const fn gone(at: Stamp, came: Timestamp) -> Self {
        Self { at, is: None, revoked: None, came: Some(came) }
    }

    /// It is revoked from this time on.
    pub(crate) const fn revoked(at: Stamp, came: Timestamp) -> Self {
        Self { at: Stamp::NEVER, is: None, revoked: Some(at), came: Some(came) }
    }

    /// What a reader sees, and whether it is revoked; none where there is nothing to see.
    pub(crate) fn shown(&self) -> Option<(&T, bool)> {
        self.is.as_ref().map(|is| (is, self.revoked >= Some(self.at)))
    }

    fn newest(&self) -> Stamp {
        self.revoked.map_or(self.at, |revoked| revoked.max(self.at))
    }

    /// What of it is not older than a sync that told all; none where nothing is.
    fn since(mut self, floor: Stamp) -> Option<Self> {
        if self.at < floor {
            (self.at, self.is) = (Stamp::NEVER, None);
        }
        self.revoked = self.revoked.filter(|revoked| *revoked >= floor);
        (self.newest() >= floor).then_some(self)
    }

    fn merge(&mut self, other: Self) {
        if wins((other.at, other.is.as_ref()), (self.at, self.is.as_ref())) {
            (self.at, self.is) = (other.at, other.is);
            self.came = other.came;
        }
        if self.revoked < other.revoked {
            self.revoked = other.revoked;
            self.came = other.came;
        }
    }
}

/// The names whose hash leads here.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket<T> {
    /// The newest time that all names were told at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<Timestamp>,
    entries: BTreeMap<String, Entry<T>>,
}

impl<T> Default for Bucket<T> {
    fn default() -> Self {
        Self { floor: None, entries: BTreeMap::new() }
    }
}

impl<T: PartialEq + Serialize> Bucket<T> {
    /// All names were told at this time: what is older counts no more.
    pub(crate) fn raise(&mut self, floor: Timestamp) {
        if self.floor < Some(floor) {
            self.floor = Some(floor);
            let entries = std::mem::take(&mut self.entries).into_iter();
            self.entries =
                entries.filter_map(|(name, entry)| Some((name, entry.since(Stamp::of_all(floor))?))).collect();
        }
    }

    /// A sync told this of a name.
    pub(crate) fn put(&mut self, name: &str, entry: Entry<T>) {
        let Some(entry) = entry.since(self.floor.map_or(Stamp::NEVER, Stamp::of_all)) else { return };
        match self.entries.get_mut(name) {
            Some(standing) => standing.merge(entry),
            None => drop(self.entries.insert(name.to_owned(), entry)),
        }
    }

    /// Lets go of names of which there is nothing to see, where that came before this time.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        self.entries.retain(|_, entry| entry.is.is_some() || entry.came >= Some(before));
    }

    /// What is known of a name.
    pub(crate) fn get(&self, name: &str) -> Option<(&T, bool)> {
        self.entries.get(name).and_then(Entry::shown)
    }

    /// The names that a reader sees otherwise than in `before`.
    pub(crate) fn changed_since(&self, before: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = before.entries.keys().chain(self.entries.keys()).collect();
        names.into_iter().filter(|name| self.get(name) != before.get(name)).cloned().collect()
    }

    /// All that a reader sees, and whether it is revoked.
    pub(crate) fn into_shown(self) -> impl Iterator<Item = (String, T, bool)> {
        self.entries.into_iter().filter_map(|(name, entry)| {
            let revoked = entry.shown()?.1;
            Some((name, entry.is?, revoked))
        })
    }
}

impl<T: Serialize + DeserializeOwned> Bucket<T> {
    /// The bucket for the table: JSON, deflated, sealed.
    pub(crate) fn seal(&self, key: &DataKey, place: &str) -> Result<Sealed, StoreError> {
        let json = serde_json::to_vec(self).map_err(|error| StoreError::Refused(error.to_string()))?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
        let deflated = deflated.write_all(&json).and_then(|()| deflated.finish());
        let deflated = deflated.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(key.seal(place, &deflated)?)
    }

    /// The bucket as it stood in the table.
    pub(crate) fn open(sealed: &Sealed, key: &DataKey, place: &str) -> Result<Self, StoreError> {
        // What a reader of JSON says of a fault could repeat what stands there.
        let unreadable = || StoreError::Unreadable("a part of a directory".to_owned());
        let mut json = Vec::new();
        DeflateDecoder::new(key.open(place, sealed)?.as_slice()).read_to_end(&mut json).map_err(|_| unreadable())?;
        serde_json::from_slice(&json).map_err(|_| unreadable())
    }
}

/// Which of a directory's buckets a name belongs to: the same for ever, so not the standard library's hash. FNV-1a, and
/// then mixed as `MurmurHash3` ends, since names that differ in their last digits would stay together.
pub(crate) fn bucket_of(name: &str, buckets: usize) -> usize {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mix = |hash: u64, factor: u64| (hash ^ (hash >> 33)).wrapping_mul(factor);
    let hash = mix(mix(hash, 0xff51_afd7_ed55_8ccd), 0xc4ce_b9fe_1a85_ec53);
    usize::try_from((hash >> 33) % buckets as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    type Told = (u8, Option<u8>, i64);

    /// One sync: of one name, a revocation, or of all.
    #[derive(Debug, Clone)]
    enum Sync {
        One(Told),
        Revoke(u8, i64),
        All(BTreeMap<u8, u8>, i64),
    }

    fn sync() -> impl Strategy<Value = Sync> {
        prop_oneof![
            4 => (0u8..4, prop::option::of(0u8..3), 0i64..6).prop_map(Sync::One),
            1 => (0u8..4, 0i64..6).prop_map(|(name, time)| Sync::Revoke(name, time)),
            1 => (prop::collection::btree_map(0u8..4, 0u8..3, 0..4), 0i64..6).prop_map(|(all, time)| Sync::All(all, time)),
        ]
    }

    fn apply(bucket: &mut Bucket<u8>, sync: &Sync) {
        match sync {
            Sync::One((name, is, time)) => {
                let (at, came) = (Stamp::of_one(Timestamp::from_millis(*time)), Timestamp::from_millis(*time));
                bucket.put(&name.to_string(), is.map_or(Entry::gone(at, came), |is| Entry::is(at, is)));
            }
            Sync::Revoke(name, time) => {
                let came = Timestamp::from_millis(*time);
                bucket.put(&name.to_string(), Entry::revoked(Stamp::of_one(came), came));
            }
            Sync::All(all, time) => {
                let time = Timestamp::from_millis(*time);
                bucket.raise(time);
                for (name, is) in all {
                    bucket.put(&name.to_string(), Entry::is(Stamp::of_all(time), *is));
                }
            }
        }
    }

    fn after<'a>(syncs: impl IntoIterator<Item = &'a Sync>) -> Bucket<u8> {
        let mut bucket = Bucket::default();
        syncs.into_iter().for_each(|sync| apply(&mut bucket, sync));
        bucket
    }

    proptest! {
        #[test]
        fn any_order_and_any_repeats_end_alike(
            syncs in prop::collection::vec(sync(), 0..8),
            again in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            seed: u64,
        ) {
            let mut arriving = syncs.clone();
            if !syncs.is_empty() {
                arriving.extend(again.iter().map(|index| index.get(&syncs).clone()));
            }
            // A shuffle that needs no more than a number.
            let mut state = seed;
            for at in (1..arriving.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                arriving.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
            }
            prop_assert!(after(&arriving) == after(&syncs));
        }

        #[test]
        fn in_the_order_of_their_times_syncs_mean_what_they_say(syncs in prop::collection::vec(sync(), 0..8)) {
            let timed = syncs.into_iter().zip(1..).map(|(sync, time)| match sync {
                Sync::One((name, is, _)) => Sync::One((name, is, time)),
                Sync::Revoke(name, _) => Sync::Revoke(name, time),
                Sync::All(all, _) => Sync::All(all, time),
            });
            let timed: Vec<Sync> = timed.collect();
            let mut model: BTreeMap<String, (u8, bool)> = BTreeMap::new();
            for sync in &timed {
                match sync {
                    Sync::One((name, Some(is), _)) => drop(model.insert(name.to_string(), (*is, false))),
                    Sync::One((name, None, _)) => drop(model.remove(&name.to_string())),
                    Sync::Revoke(name, _) => {
                        if let Some(known) = model.get_mut(&name.to_string()) {
                            known.1 = true;
                        }
                    }
                    Sync::All(all, _) => model = all.iter().map(|(name, is)| (name.to_string(), (*is, false))).collect(),
                }
            }
            let shown: BTreeMap<_, _> = after(&timed).into_shown().map(|(name, is, revoked)| (name, (is, revoked))).collect();
            prop_assert_eq!(shown, model);
        }

        #[test]
        fn sealed_and_opened_it_is_the_same(syncs in prop::collection::vec(sync(), 0..8)) {
            let (key, bucket) = (DataKey::new(Uuid::nil(), &[7; 32]), after(&syncs));
            let sealed = bucket.seal(&key, "here").unwrap();
            prop_assert!(Bucket::open(&sealed, &key, "here").unwrap() == bucket);
            prop_assert!(Bucket::<u8>::open(&sealed, &key, "there").is_err());
        }
    }

    #[test]
    fn what_went_long_ago_is_forgotten_and_what_stands_is_not() {
        let mut bucket = after(&[Sync::One((1, None, 1)), Sync::One((2, Some(2), 1)), Sync::One((3, None, 5))]);
        bucket.forget(Timestamp::from_millis(3));
        assert!(bucket == after(&[Sync::One((2, Some(2), 1)), Sync::One((3, None, 5))]));
    }

    #[test]
    fn names_spread_over_the_buckets_and_stay_where_they_are() {
        assert_eq!([bucket_of("", 64), bucket_of("zhang.san", 64), bucket_of("张三", 16)], [48, 12, 15]);
        let mut filled = [0; 64];
        for number in 0..6400 {
            filled[bucket_of(&format!("user-{number}"), 64)] += 1;
        }
        assert!(filled.iter().all(|names| (50..200).contains(names)), "{filled:?}");
    }
}
