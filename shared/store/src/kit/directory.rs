//! A directory: the users of an application or the departments of a tenant, thousands of them.
//!
//! It is kept in a fixed number of buckets, one item each. So a sync of thousands is one transaction, and a sync of one name reads
//! and writes little. The names are personal data, so a bucket is compressed and sealed. A sync reads the buckets that it needs,
//! merges, and writes the changed ones, all or none, under the versions that it read. If another sync was faster, it begins again.
//! A reader of the whole reads all buckets in one transaction, so it never sees half a sync.
//!
//! A transaction takes 4 MB. About 50,000 users with all their data fit, compressed. A bucket that is larger than its share is
//! stored in parts ([`crate::kit::parts`]), which costs a few requests more. The limit is [`MAX_BUCKET`] for a bucket, 100 MB for
//! all users: about a million. More is [`StoreError::TooLarge`].

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, Get, TransactGetItem};
use koogallery::{AppId, InstanceId, TenantId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::kit::bucket::{Became, Bucket, Entry, bucket_of};
use crate::kit::link::{kit_link, parts_link};
use crate::kit::newest::GONE_IS_REMEMBERED;
use crate::kit::parts::{self, MAX_BUCKET, Parts};
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::sealed::Sealed;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::stamp::Stamp;
use crate::table::transaction::{Commit, Pauses, Transaction, version};

/// Identifies a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory<'a> {
    pub(crate) world: World,
    pub(crate) tenant: &'a TenantId,
    pub(crate) instance: Option<&'a InstanceId>,
    /// The application of the users; none for departments, which do not depend on one.
    pub(crate) app: Option<&'a AppId>,
}

/// The content of one sync.
pub(crate) struct Sync<T> {
    /// The stamp of a sync of all names; none for a sync of some.
    pub(crate) all_at: Option<Stamp>,
    /// The names.
    pub(crate) entries: Vec<(String, Entry<T>)>,
}

/// Users have more buckets, because each user has more data and is often synced alone. Departments have fewer, because a sync of
/// all writes every bucket. With nonce, check and event, a transaction has at most 100 writes.
const USER_BUCKETS: usize = 64;
const DEPARTMENT_BUCKETS: usize = 16;

/// DynamoDB's limit, less a reserve for keys and numbers.
const MAX_TRANSACTION: usize = 4 * 1024 * 1024 - 100 * 1024;

const SEALED: &str = "sealed";

impl Directory<'_> {
    const fn buckets(&self) -> usize {
        if self.app.is_some() { USER_BUCKETS } else { DEPARTMENT_BUCKETS }
    }

    /// The keys of all its buckets.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        (0..self.buckets()).map(|bucket| self.key(bucket))
    }

    /// The instance with which it is erased. Debug data expires by itself.
    fn owner(&self) -> Option<&InstanceId> {
        self.instance.filter(|_| self.world == World::Real)
    }

    fn key(&self, bucket: usize) -> Key {
        let Self { world, tenant, instance, app } = *self;
        match app {
            Some(app) => Key::users(world, tenant, instance, app, bucket),
            None => Key::departments(world, tenant, instance, bucket),
        }
    }

    /// The longest bucket in its own item: all of them together fit into a transaction.
    const fn longest_whole(&self) -> usize {
        MAX_TRANSACTION / self.buckets()
    }

    /// The places of parts of buckets.
    fn keys_of(&self, parts: &[(usize, Parts)]) -> Vec<Key> {
        parts.iter().flat_map(|(bucket, parts)| parts.keys(&self.key(*bucket))).collect()
    }

    /// The keys at which the parts with this id can be.
    pub(crate) fn parts(&self, id: Uuid) -> impl Iterator<Item = Key> {
        self.keys().flat_map(move |bucket| (0..parts::MOST).map(move |number| bucket.part(id, number)))
    }
}

/// The names that changed in one of these ways.
pub(crate) fn names_that(changed: &[(String, Became)], became: &[Became]) -> Vec<String> {
    changed.iter().filter(|(_, of)| became.contains(of)).map(|(name, _)| name.clone()).collect()
}

impl Store {
    /// Applies a sync completely or not at all. `needs` is the instance that must exist for it. `events` makes the events of the
    /// names that a reader sees changed, by how they changed and not by what the sync asked for.
    ///
    /// A sync that removes needs no instance. But a bucket is only created if its instance exists, so nothing comes back after
    /// the instance is erased.
    pub(crate) async fn sync_directory<T>(
        &self,
        call: &Call,
        directory: Directory<'_>,
        needs: Option<&InstanceId>,
        sync: Sync<T>,
        keys: &impl DataKeys,
        events: impl Fn(&[(String, Became)]) -> Vec<Event>,
    ) -> Result<Changed, StoreError>
    where
        T: Clone + PartialEq + Serialize + DeserializeOwned,
    {
        let Sync { all_at, entries } = sync;
        let mut touched: BTreeMap<usize, Vec<(String, Entry<T>)>> = BTreeMap::new();
        if all_at.is_some() {
            touched.extend((0..directory.buckets()).map(|bucket| (bucket, Vec::new())));
        }
        for (name, entry) in entries {
            touched.entry(bucket_of(&name, directory.buckets())).or_default().push((name, entry));
        }

        let key = keys.current(self).await?;
        let mut pauses = Pauses::new();
        let mut may_make = true;
        loop {
            let (standing, is_linked) = self.buckets(call, directory, touched.keys().copied()).await?;
            let Some(standing) = call.timed(self.whole(directory, standing)).await? else {
                pauses.pause().await?;
                continue;
            };
            let (mut makes, mut changed, mut written) = (false, Vec::new(), Vec::new());
            let (mut replaced, mut apart) = (Vec::new(), Apart { id: Uuid::new_v4(), parts: Vec::new() });
            for (bucket, told) in &touched {
                let (version, before) = match standing.get(bucket) {
                    Some(item) => (version(item), self.open_bucket::<T>(directory, *bucket, item, keys).await?),
                    None if may_make => (0, Bucket::default()),
                    None => continue,
                };
                let mut after = before.clone();
                if let Some(all_at) = all_at {
                    after.raise(all_at);
                }
                for (name, entry) in told {
                    after.put(name, entry.clone());
                }
                if after == before {
                    continue;
                }
                changed.extend(after.changed_since(&before));
                after.forget(call.now().saturating_sub(GONE_IS_REMEMBERED));
                let sealed = after.seal(&key, &directory.key(*bucket).place())?;
                makes |= version == 0;
                replaced.extend(standing.get(bucket).and_then(Parts::of_item).map(|parts| (*bucket, parts)));
                let mut item = directory.key(*bucket).into_item();
                if within(sealed.as_bytes().len())? <= directory.longest_whole() {
                    item.insert(SEALED.to_owned(), sealed.to_attribute());
                } else {
                    apart.parts.extend(Parts::cut(apart.id, &directory.key(*bucket), &sealed, &mut item));
                }
                written.push((item, version));
            }
            call.timed(self.put_apart(call, directory, &apart)).await?;
            let mut transaction = Transaction::new(self, call)?;
            let made_for = directory.owner().filter(|_| makes);
            let stands = needs.or(made_for);
            if let Some(id) = stands {
                transaction = transaction.instance_stands(id)?;
            }
            let nothing = written.is_empty();
            for (item, version) in written {
                transaction = transaction.replace(item, version)?;
            }
            if let Some(id) = made_for.filter(|_| !is_linked) {
                transaction = transaction.keep(kit_link(id, directory.tenant, directory.app))?;
            }
            if !changed.is_empty() {
                changed.sort_by(|(left, _), (right, _)| left.cmp(right));
                transaction = transaction.events(&Subject::Tenant(directory.tenant.clone()), &events(&changed))?;
            }
            let commit = transaction.commit().await?;
            let done = matches!(commit, Commit::Done);
            let unnamed = if done { directory.keys_of(&replaced) } else { apart.keys() };
            call.timed(self.empty(unnamed, call.now())).await?;
            if done && touched.len() == directory.buckets() {
                call.timed(self.retire(call, directory, &replaced)).await?;
            }
            match commit {
                Commit::Done if nothing => return Ok(Changed::Unchanged),
                Commit::Done => return Ok(Changed::Applied),
                Commit::Replayed => return self.replayed(call).await,
                Commit::Refused { place: 0, standing } if needs.is_some() => {
                    return self.no_instance(call, standing).await;
                }
                Commit::Refused { place: 0, .. } if stands.is_some() => may_make = false,
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// The value of one name as a reader sees it, and whether it is revoked.
    pub(crate) async fn in_directory<T>(
        &self,
        directory: Directory<'_>,
        name: &str,
        keys: &impl DataKeys,
    ) -> Result<Option<(T, bool)>, StoreError>
    where
        T: Clone + PartialEq + Serialize + DeserializeOwned,
    {
        let bucket = bucket_of(name, directory.buckets());
        let mut pauses = Pauses::new();
        loop {
            let Some(item) = self.standing_item(directory.key(bucket)).await? else { return Ok(None) };
            if let Some(items) = self.whole(directory, BTreeMap::from([(bucket, item)])).await? {
                let Some(item) = items.get(&bucket) else { return Ok(None) };
                let bucket = self.open_bucket::<T>(directory, bucket, item, keys).await?;
                return Ok(bucket.get(name).map(|(is, revoked)| (is.clone(), revoked)));
            }
            pauses.pause().await?;
        }
    }

    /// What a reader sees of the directory at one moment: up to `limit` names after `after`, in their order.
    pub(crate) async fn directory_page<T>(
        &self,
        directory: Directory<'_>,
        after: Option<&str>,
        limit: usize,
        keys: &impl DataKeys,
    ) -> Result<Vec<(String, T, bool)>, StoreError>
    where
        T: PartialEq + Serialize + DeserializeOwned,
    {
        let mut pauses = Pauses::new();
        let items = loop {
            let items = self.at_one_moment(directory.keys().collect()).await?.into_iter().enumerate();
            let items = items.filter_map(|(bucket, item)| Some((bucket, item?))).collect();
            match self.whole(directory, items).await? {
                Some(items) => break items,
                None => pauses.pause().await?,
            }
        };
        let mut page = Vec::new();
        for (bucket, item) in &items {
            let shown = self.open_bucket::<T>(directory, *bucket, item, keys).await?.into_shown();
            page.extend(shown.filter(|(name, ..)| after.is_none_or(|after| name.as_str() > after)));
        }
        page.sort_by(|(left, ..), (right, ..)| left.cmp(right));
        page.truncate(limit);
        Ok(page)
    }

    /// A bucket, opened with the key that sealed it. A rotation of keys does not change it.
    async fn open_bucket<T: Serialize + DeserializeOwned>(
        &self,
        directory: Directory<'_>,
        bucket: usize,
        item: &Item,
        keys: &impl DataKeys,
    ) -> Result<Bucket<T>, StoreError> {
        let unreadable = || StoreError::Unreadable("a part of a directory".to_owned());
        let sealed = Sealed::of_attribute(item.get(SEALED)).ok_or_else(unreadable)?;
        let key = keys.named(self, sealed.data_key()?).await?;
        Bucket::open(&sealed, &key, &directory.key(bucket).place())
    }

    /// The existing buckets, and whether their instance's partition records that there are some. Each is written under the version
    /// that is read here, so they need not be read at one moment.
    async fn buckets(
        &self,
        call: &Call,
        directory: Directory<'_>,
        buckets: impl Iterator<Item = usize>,
    ) -> Result<(BTreeMap<usize, Item>, bool), StoreError> {
        let buckets: Vec<usize> = buckets.collect();
        let keys: Vec<Item> = buckets.iter().map(|bucket| directory.key(*bucket).into_item()).collect();
        let link = directory.owner().map(|id| Key::kit(id, directory.tenant, directory.app).into_item());
        let items = self.items(call, keys.iter().cloned().chain(link).collect()).await?;
        let all = items.len();
        let at =
            |item: &Item| keys.iter().position(|key| key.iter().all(|(name, value)| item.get(name) == Some(value)));
        let found: BTreeMap<usize, Item> =
            items.into_iter().filter_map(|item| Some((buckets[at(&item)?], item))).collect();
        let is_linked = found.len() < all;
        Ok((found, is_linked))
    }

    /// Buckets together with their parts. Returns none if one of them was replaced meanwhile.
    async fn whole(
        &self,
        directory: Directory<'_>,
        mut items: BTreeMap<usize, Item>,
    ) -> Result<Option<BTreeMap<usize, Item>>, StoreError> {
        let cut = items.iter().filter_map(|(bucket, item)| Some((*bucket, Parts::of_item(item)?)));
        let (buckets, keys): (Vec<usize>, Vec<Vec<Key>>) =
            cut.map(|(bucket, parts)| (bucket, parts.keys(&directory.key(bucket)))).unzip();
        let Some(sealed) = self.put_together(keys).await? else { return Ok(None) };
        for (bucket, sealed) in buckets.into_iter().zip(sealed) {
            items.entry(bucket).or_default().insert(SEALED.to_owned(), sealed.to_attribute());
        }
        Ok(Some(items))
    }

    /// Writes the parts that a transaction will name; before that, the record by which erasing finds them.
    async fn put_apart(&self, call: &Call, directory: Directory<'_>, apart: &Apart) -> Result<(), StoreError> {
        if apart.parts.is_empty() {
            return Ok(());
        }
        if let Some(id) = directory.owner() {
            self.put_all(vec![parts_link(id, directory.tenant, directory.app, apart.id)]).await?;
        }
        self.put_all(apart.parts.iter().map(|part| call.expiring(part.clone())).collect()).await
    }

    /// Removes the records of parts of which none is left, because all buckets were written again.
    async fn retire(
        &self,
        call: &Call,
        directory: Directory<'_>,
        replaced: &[(usize, Parts)],
    ) -> Result<(), StoreError> {
        let Some(owner) = directory.owner() else { return Ok(()) };
        let ids: BTreeSet<Uuid> = replaced.iter().map(|(_, parts)| parts.id).collect();
        let until = AttributeValue::N(call.now().as_seconds().to_string());
        let retired = |id: &Uuid| {
            let mut link = parts_link(owner, directory.tenant, directory.app, *id);
            link.insert(TTL_ATTRIBUTE.to_owned(), until.clone());
            link
        };
        self.put_all(ids.iter().map(retired).collect()).await
    }

    /// Items, all read at one moment, in the order of the keys.
    async fn at_one_moment(&self, keys: Vec<Key>) -> Result<Vec<Option<Item>>, StoreError> {
        let gets = keys.into_iter().map(|key| {
            let get = Get::builder().table_name(&self.table).set_key(Some(key.into_item())).build();
            get.map(|get| TransactGetItem::builder().get(get).build())
        });
        let gets: Vec<_> = gets.collect::<Result<_, _>>()?;
        let mut pauses = Pauses::new();
        loop {
            match self.client.transact_get_items().set_transact_items(Some(gets.clone())).send().await {
                Ok(answer) => {
                    return Ok(answer
                        .responses
                        .unwrap_or_default()
                        .into_iter()
                        .map(|response| response.item)
                        .collect());
                }
                // A sync is being written now.
                Err(SdkError::ServiceError(context)) if context.err().is_transaction_canceled_exception() => {
                    pauses.pause().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What a sync writes outside its transaction.
struct Apart {
    id: Uuid,
    parts: Vec<Item>,
}

impl Apart {
    fn keys(&self) -> Vec<Key> {
        self.parts.iter().filter_map(Key::of_item).collect()
    }
}

fn within(bytes: usize) -> Result<usize, StoreError> {
    if bytes > MAX_BUCKET {
        return Err(StoreError::TooLarge { what: "a part of the directory", bytes, limit: MAX_BUCKET });
    }
    Ok(bytes)
}
