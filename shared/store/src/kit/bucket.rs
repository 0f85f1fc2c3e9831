//! A bucket of a directory of users or departments, and how syncs merge into it. Pure.
//!
//! Syncs may arrive in any order and any number of times: the bucket ends in the same state. Each name has its newest sync
//! ([`crate::kit::newest`]). A sync of all names sets a floor: older syncs do not count any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use koogallery::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kit::newest::wins;
use crate::model::sealed::Sealed;
use crate::table::client::StoreError;
use crate::table::seal::DataKey;
use crate::table::stamp::Stamp;

/// What is known about one name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry<T> {
    /// The stamp of the newest sync of it, or of its removal.
    at: Stamp,
    /// None: it was removed, or no sync named it yet.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    is: Option<T>,
    /// The newest sync after which an older revocation does not count: a grant or a deletion, but not a change. None: the same
    /// as `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifted: Option<Stamp>,
    /// The newest sync that revoked it. It says nothing else about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Stamp>,
    /// When the sync arrived that removed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came: Option<Timestamp>,
}

impl<T: PartialEq> PartialEq for Entry<T> {
    /// The time of arrival does not count: a repeat arrives later and says the same.
    fn eq(&self, other: &Self) -> bool {
        (self.at, &self.is, self.lifted(), self.revoked) == (other.at, &other.is, other.lifted(), other.revoked)
    }
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Entry<T> {
    fn lifted(&self) -> Stamp {
        self.lifted.unwrap_or(self.at)
    }

    fn lift(&mut self, lifted: Stamp) {
        self.lifted = (lifted != self.at).then_some(lifted);
    }
}

impl<T: PartialEq + Serialize> Entry<T> {
    /// It has this value from this time on, revoked before or not.
    pub(crate) const fn is(at: Stamp, is: T) -> Self {
        Self { at, is: Some(is), lifted: None, revoked: None, came: None }
    }

    /// It has this value from this time on; if it was revoked, it stays revoked.
    pub(crate) const fn changed(at: Stamp, is: T) -> Self {
        Self { at, is: Some(is), lifted: Some(Stamp::NEVER), revoked: None, came: None }
    }

    /// It is removed from this time on.
    pub(crate) const fn gone(at: Stamp, came: Timestamp) -> Self {
        Self { at, is: None, lifted: None, revoked: None, came: Some(came) }
    }

    /// It is revoked from this time on.
    pub(crate) const fn revoked(at: Stamp, came: Timestamp) -> Self {
        Self { at: Stamp::NEVER, is: None, lifted: None, revoked: Some(at), came: Some(came) }
    }

    /// The value that a reader sees, and whether it is revoked. Returns none if there is nothing to see.
    pub(crate) fn shown(&self) -> Option<(&T, bool)> {
        self.is.as_ref().map(|is| (is, self.revoked >= Some(self.lifted())))
    }

    fn newest(&self) -> Stamp {
        self.revoked.map_or(self.at, |revoked| revoked.max(self.at))
    }

    /// The part that is not older than a sync of all names. Returns none if there is none.
    fn since(mut self, floor: Stamp) -> Option<Self> {
        let lifted = self.lifted();
        if self.at < floor {
            (self.at, self.is) = (Stamp::NEVER, None);
        }
        self.lift(if lifted < floor { Stamp::NEVER } else { lifted });
        self.revoked = self.revoked.filter(|revoked| *revoked >= floor);
        (self.newest() >= floor).then_some(self)
    }

    fn merge(&mut self, other: Self) {
        let lifted = self.lifted().max(other.lifted());
        if wins((other.at, other.is.as_ref()), (self.at, self.is.as_ref())) {
            (self.at, self.is) = (other.at, other.is);
            self.came = other.came;
        }
        self.lift(lifted);
        if self.revoked < other.revoked {
            self.revoked = other.revoked;
            self.came = other.came;
        }
    }
}

/// How a name changed, as a reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// It exists now and did not before, or was revoked before.
    Given,
    /// It existed before and has another value now.
    Changed,
    /// It is revoked now; or it was revoked before and has another value now.
    Revoked,
    /// It does not exist any more.
    Gone,
}

/// The names with a hash of this bucket.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket<T> {
    /// The newest sync of all names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    floor: Option<Stamp>,
    entries: BTreeMap<String, Entry<T>>,
}

impl<T> Default for Bucket<T> {
    fn default() -> Self {
        Self { floor: None, entries: BTreeMap::new() }
    }
}

impl<T: PartialEq + Serialize> Bucket<T> {
    /// Takes in a sync of all names: older ones do not count any more.
    pub(crate) fn raise(&mut self, floor: Stamp) {
        if self.floor < Some(floor) {
            self.floor = Some(floor);
            let entries = std::mem::take(&mut self.entries).into_iter();
            self.entries = entries.filter_map(|(name, entry)| Some((name, entry.since(floor)?))).collect();
        }
    }

    /// Takes in what a sync says about a name.
    pub(crate) fn put(&mut self, name: &str, entry: Entry<T>) {
        let Some(entry) = entry.since(self.floor.unwrap_or(Stamp::NEVER)) else { return };
        match self.entries.get_mut(name) {
            Some(standing) => standing.merge(entry),
            None => drop(self.entries.insert(name.to_owned(), entry)),
        }
    }

    /// Removes names of which there is nothing to see since this time or longer.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        self.entries.retain(|_, entry| entry.is.is_some() || entry.came >= Some(before));
    }

    /// What is known about a name.
    pub(crate) fn get(&self, name: &str) -> Option<(&T, bool)> {
        self.entries.get(name).and_then(Entry::shown)
    }

    /// The names that changed since `before`, as a reader sees it, and how.
    pub(crate) fn changed_since(&self, before: &Self) -> Vec<(String, Became)> {
        let names: BTreeSet<&String> = before.entries.keys().chain(self.entries.keys()).collect();
        let became = |name: &String| match (before.get(name), self.get(name)) {
            (before, after) if before == after => None,
            (_, None) => Some(Became::Gone),
            (_, Some((_, true))) => Some(Became::Revoked),
            (Some((_, false)), Some((_, false))) => Some(Became::Changed),
            (_, Some((_, false))) => Some(Became::Given),
        };
        names.into_iter().filter_map(|name| Some((name.clone(), became(name)?))).collect()
    }

    /// All names that a reader sees, and whether each is revoked.
    pub(crate) fn into_shown(self) -> impl Iterator<Item = (String, T, bool)> {
        self.entries.into_iter().filter_map(|(name, entry)| {
            let revoked = entry.shown()?.1;
            Some((name, entry.is?, revoked))
        })
    }
}

impl<T: Serialize + DeserializeOwned> Bucket<T> {
    /// The bucket for the table: JSON, compressed, sealed.
    pub(crate) fn seal(&self, key: &DataKey, place: &str) -> Result<Sealed, StoreError> {
        let unwritable = || StoreError::Unwritable("a part of a directory");
        let json = serde_json::to_vec(self).map_err(|_| unwritable())?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
        let deflated = deflated.write_all(&json).and_then(|()| deflated.finish());
        Ok(key.seal(place, &deflated.map_err(|_| unwritable())?)?)
    }

    /// Reads a bucket from the table.
    pub(crate) fn open(sealed: &Sealed, key: &DataKey, place: &str) -> Result<Self, StoreError> {
        // The JSON library's message could repeat the content.
        let unreadable = || StoreError::Unreadable("a part of a directory".to_owned());
        let mut json = Vec::new();
        DeflateDecoder::new(key.open(place, sealed)?.as_slice()).read_to_end(&mut json).map_err(|_| unreadable())?;
        serde_json::from_slice(&json).map_err(|_| unreadable())
    }
}

/// The bucket of a name. It must be the same for ever, so it is not the standard library's hash. It is FNV-1a, mixed with the last
/// step of `MurmurHash3`, because names that differ only in their last digits would otherwise be in the same bucket.
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

    /// One sync: of one name, a revocation, or of all. Each of a time, and signed at one.
    #[derive(Debug, Clone)]
    enum Sync {
        Is(u8, u8),
        Changed(u8, u8),
        Gone(u8),
        Revoked(u8),
        All(BTreeMap<u8, u8>),
    }

    type Timed = (Sync, i64, i64);

    fn sync() -> impl Strategy<Value = Sync> {
        prop_oneof![
            3 => (0u8..4, 0u8..3).prop_map(|(name, is)| Sync::Is(name, is)),
            2 => (0u8..4, 0u8..3).prop_map(|(name, is)| Sync::Changed(name, is)),
            1 => (0u8..4).prop_map(Sync::Gone),
            2 => (0u8..4).prop_map(Sync::Revoked),
            1 => prop::collection::btree_map(0u8..4, 0u8..3, 0..4).prop_map(Sync::All),
        ]
    }

    fn timed() -> impl Strategy<Value = Timed> {
        (sync(), 0i64..6, 0i64..3)
    }

    fn apply(bucket: &mut Bucket<u8>, (sync, time, signed): &Timed) {
        let (time, signed) = (Timestamp::from_millis(*time), Timestamp::from_millis(*signed));
        let at = Stamp::of_one(time, signed);
        match sync {
            Sync::Is(name, is) => bucket.put(&name.to_string(), Entry::is(at, *is)),
            Sync::Changed(name, is) => bucket.put(&name.to_string(), Entry::changed(at, *is)),
            Sync::Gone(name) => bucket.put(&name.to_string(), Entry::gone(at, time)),
            Sync::Revoked(name) => bucket.put(&name.to_string(), Entry::revoked(at, time)),
            Sync::All(all) => {
                let at = Stamp::of_all(time, signed);
                bucket.raise(at);
                for (name, is) in all {
                    bucket.put(&name.to_string(), Entry::is(at, *is));
                }
            }
        }
    }

    fn after<'a>(syncs: impl IntoIterator<Item = &'a Timed>) -> Bucket<u8> {
        let mut bucket = Bucket::default();
        syncs.into_iter().for_each(|sync| apply(&mut bucket, sync));
        bucket
    }

    proptest! {
        #[test]
        fn any_order_and_any_repeats_end_alike(
            syncs in prop::collection::vec(timed(), 0..8),
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
        fn in_the_order_of_their_times_syncs_mean_what_they_say(
            syncs in prop::collection::vec(sync(), 0..8),
            of_one_time: bool,
        ) {
            // In the order of their times, or of one time in the order of their signing.
            let timed = syncs.into_iter().zip(1..).map(|(sync, at)| (sync, if of_one_time { 0 } else { at }, at));
            let timed: Vec<Timed> = timed.collect();
            let mut model: BTreeMap<String, (Option<u8>, bool)> = BTreeMap::new();
            for (sync, ..) in &timed {
                match sync {
                    Sync::Is(name, is) => drop(model.insert(name.to_string(), (Some(*is), false))),
                    Sync::Changed(name, is) => model.entry(name.to_string()).or_insert((None, false)).0 = Some(*is),
                    Sync::Gone(name) => drop(model.remove(&name.to_string())),
                    Sync::Revoked(name) => model.entry(name.to_string()).or_insert((None, false)).1 = true,
                    Sync::All(all) => {
                        model = all.iter().map(|(name, is)| (name.to_string(), (Some(*is), false))).collect();
                    }
                }
            }
            let model: BTreeMap<_, _> =
                model.into_iter().filter_map(|(name, (is, revoked))| Some((name, (is?, revoked)))).collect();
            let shown: BTreeMap<_, _> = after(&timed).into_shown().map(|(name, is, revoked)| (name, (is, revoked))).collect();
            prop_assert_eq!(shown, model);
        }

        #[test]
        fn who_follows_what_became_of_names_sees_what_a_reader_sees(syncs in prop::collection::vec(timed(), 0..12)) {
            let (mut bucket, mut followed) = (Bucket::default(), BTreeMap::new());
            for sync in &syncs {
                let before = bucket.clone();
                apply(&mut bucket, sync);
                for (name, became) in bucket.changed_since(&before) {
                    match became {
                        Became::Gone => drop(followed.remove(&name)),
                        Became::Revoked => drop(followed.insert(name.clone(), (*bucket.get(&name).unwrap().0, true))),
                        Became::Given | Became::Changed => {
                            followed.insert(name.clone(), (*bucket.get(&name).unwrap().0, false));
                        }
                    }
                }
            }
            let shown: BTreeMap<_, _> = bucket.into_shown().map(|(name, is, revoked)| (name, (is, revoked))).collect();
            prop_assert_eq!(followed, shown);
        }

        #[test]
        fn sealed_and_opened_it_is_the_same(syncs in prop::collection::vec(timed(), 0..8)) {
            let (key, bucket) = (DataKey::new(Uuid::nil(), &[7; 32]), after(&syncs));
            let sealed = bucket.seal(&key, "here").unwrap();
            prop_assert!(Bucket::open(&sealed, &key, "here").unwrap() == bucket);
            prop_assert!(Bucket::<u8>::open(&sealed, &key, "there").is_err());
        }
    }

    #[test]
    fn what_went_long_ago_is_forgotten_and_what_stands_is_not() {
        let syncs = [(Sync::Gone(1), 1, 1), (Sync::Is(2, 2), 1, 1), (Sync::Gone(3), 5, 5)];
        let mut bucket = after(&syncs);
        bucket.forget(Timestamp::from_millis(3));
        assert!(bucket == after(&syncs[1..]));
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
