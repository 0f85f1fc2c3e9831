//! Lists of instances, orders, license codes, tenants and open requests for licenses, in pages. They are found by an index, so a
//! page costs what it shows.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, OrderId, OrderLineId, ProductId, Scene, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::kit::tenant::BoundTenant;
use crate::model::about::About;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::license_request::LicenseRequest;
use crate::model::lifecycle::Status;
use crate::model::orders::reported::{ListedOrder, OrderKind};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::queries::parts::{Part, read_parts};
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::listing::{List, Place, SHARDS, partition};
use crate::table::query::Query;
use crate::table::schema::{LISTED, LISTED_AS, PARTITION_KEY, SORT_KEY};

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The members, in their current state.
    pub members: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<Place>,
}

/// An entry of the index.
struct Entry {
    key: Item,
    about: About,
    sort: String,
    listed_as: String,
}

impl Store {
    /// Up to `limit` instances from a place on: of one status, or of all statuses in turn.
    ///
    /// An instance that is in the status all the time is listed once, whatever happens to others. One that leaves it is left out,
    /// so a page may have fewer.
    pub async fn instances_in(
        &self,
        status: Option<Status>,
        from: Place,
        limit: usize,
    ) -> Result<Page<Instance>, StoreError> {
        let all = [Status::Provisioning, Status::Active, Status::Frozen, Status::Released];
        let statuses = all.into_iter().filter(|known| status.is_none_or(|wanted| *known == wanted));
        let partitions: Vec<_> =
            statuses.flat_map(|status| (0..SHARDS).map(move |shard| partition(status, shard))).collect();
        let mut page: Page<Instance> = self.listed(&partitions, from, limit, |_, item| Ok(Some(whole(item)?))).await?;
        page.members.retain(|instance| status.is_none_or(|wanted| instance.life.status == wanted));
        Ok(page)
    }

    /// Up to `limit` license codes.
    pub async fn licenses(&self, from: Place, limit: usize) -> Result<Page<License>, StoreError> {
        self.listed(&partitions(List::Licenses), from, limit, |_, item| Ok(Some(whole(item)?))).await
    }

    /// Up to `limit` tenants, each as one instance knows it.
    pub async fn bound_tenants(&self, from: Place, limit: usize) -> Result<Page<BoundTenant>, StoreError> {
        // What was removed a moment ago has no ids any more.
        let read = |_: &Entry, item: Item| item.contains_key("tenantId").then(|| whole(item)).transpose();
        self.listed(&partitions(List::Tenants), from, limit, read).await
    }

    /// Up to `limit` requests whose license has not been handed in yet.
    pub async fn open_license_requests(&self, from: Place, limit: usize) -> Result<Page<LicenseRequest>, StoreError> {
        let read = |_: &Entry, item: Item| {
            let request: LicenseRequest = whole(item)?;
            Ok(Some(request).filter(|request| request.handed_in_at.is_none()))
        };
        self.listed(&partitions(List::LicenseRequests), from, limit, read).await
    }

    /// The orders that calls of a span of time reported, whose end is not part of it: the oldest first.
    pub async fn orders_between(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ListedOrder>, StoreError> {
        let items = self.listed_between(List::Orders, from, to).await?;
        let orders = items.into_iter().filter_map(|item| listed_order(item).transpose());
        let mut orders: Vec<ListedOrder> = orders.collect::<Result<_, _>>()?;
        orders.sort_by(|one, other| (one.signed_at, &one.order_id).cmp(&(other.signed_at, &other.order_id)));
        Ok(orders)
    }

    /// Up to `limit` orders: purchases, order notices, and later orders of instances and license codes.
    pub async fn orders(&self, from: Place, limit: usize) -> Result<Page<ListedOrder>, StoreError> {
        let page =
            self.listed(&partitions(List::Orders), from, limit, |entry, item| order(entry, item).map(Some)).await?;
        Ok(Page { members: self.told_more(page.members).await?, next: page.next })
    }

    /// These orders, each purchase with the line and the product that its instance knows.
    pub(crate) async fn told_more(&self, mut orders: Vec<ListedOrder>) -> Result<Vec<ListedOrder>, StoreError> {
        let wanted: BTreeSet<InstanceId> = orders.iter().filter_map(ListedOrder::told_more_by).cloned().collect();
        let wanted: Vec<InstanceId> = wanted.into_iter().collect();
        let instances = self.instances(World::Real, &wanted).await?;
        ListedOrder::take_in_all(&mut orders, &instances);
        Ok(orders)
    }

    /// Up to `limit` members of a list, each as its item has it.
    pub(crate) async fn members_of<T: DeserializeOwned>(
        &self,
        list: List,
        from: Place,
        limit: usize,
    ) -> Result<Page<T>, StoreError> {
        self.listed(&partitions(list), from, limit, |_, item| Ok(Some(whole(item)?))).await
    }

    /// Up to `limit` items of a list.
    pub(crate) async fn items_of(&self, list: List, from: Place, limit: usize) -> Result<Page<Item>, StoreError> {
        self.listed(&partitions(list), from, limit, |_, item| Ok(Some(item))).await
    }

    /// The items of a list that exist since a time in a span of time, whose end is not part of it.
    pub(crate) async fn listed_between(
        &self,
        list: List,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Item>, StoreError> {
        let at = |time: Timestamp| format!("{:013}", time.as_millis().max(0));
        let reads = partitions(list).into_iter().map(|partition| {
            let query = Query::of_listed(partition).between(at(from), at(to)).to(self);
            query.into_paginator().items().send().collect::<Result<Vec<Item>, _>>()
        });
        let items = futures_util::future::try_join_all(reads).await?;
        let entries = items.iter().flatten().map(entry).collect::<Result<Vec<_>, _>>()?;
        self.standing_items(distinct(&entries)).await
    }

    /// Reads a list's entries, and then the items themselves, which are newer than the index.
    async fn listed<T>(
        &self,
        partitions: &[String],
        from: Place,
        limit: usize,
        read: impl Fn(&Entry, Item) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let Place { partition: number, after } = from;
        let query = |Part { number, after }: Part<String>, limit| {
            let name = partitions.get(usize::from(number)).map_or("", String::as_str);
            self.entries(name, after, limit)
        };
        let count = u8::try_from(partitions.len()).unwrap_or(u8::MAX);
        let (entries, next) =
            read_parts(count, Part { number, after }, limit, query, |entry: &Entry| entry.listed_as.clone()).await?;
        let items = self.standing_items(distinct(&entries)).await?;
        let mut items: HashMap<_, _> =
            items.into_iter().filter_map(|item| Some((Key::of_item(&item)?.place(), item))).collect();
        let mut members = Vec::with_capacity(entries.len());
        for entry in &entries {
            let item = Key::of_item(&entry.key).and_then(|key| items.remove(&key.place()));
            members.extend(item.map(|item| read(entry, item)).transpose()?.flatten());
        }
        Ok(Page { members, next: next.map(|Part { number: partition, after }| Place { partition, after }) })
    }

    /// What one query of a partition finds, and the last place if there may be more.
    async fn entries(
        &self,
        partition: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let mut query = Query::of_listed(partition);
        if let Some(after) = after {
            query = query.after(after);
        }
        let answer = query.to(self).limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await?;
        let entries = answer.items().iter().map(entry).collect::<Result<_, _>>()?;
        let last = answer.last_evaluated_key().map(entry).transpose()?;
        Ok((entries, last.map(|last| last.listed_as)))
    }
}

fn partitions(list: List) -> Vec<String> {
    (0..SHARDS).map(|shard| list.partition(shard)).collect()
}

fn whole<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    Ok(serde_dynamo::from_item(item)?)
}

/// The keys, each once: while a status changes, the index may have an instance twice.
fn distinct(entries: &[Entry]) -> Vec<Item> {
    let mut keys: Vec<Item> = Vec::with_capacity(entries.len());
    let mut seen = std::collections::HashSet::new();
    for Entry { key, about, sort, .. } in entries {
        if seen.insert((about, sort)) {
            keys.push(key.clone());
        }
    }
    keys
}

fn entry(item: &Item) -> Result<Entry, StoreError> {
    let text = |name: &str| item.get(name).and_then(|text| text.as_s().ok()).cloned();
    let unreadable = || StoreError::Unreadable("an entry of the index of lists".to_owned());
    let (Some(partition), Some(sort), Some(listed_as)) = (text(PARTITION_KEY), text(SORT_KEY), text(LISTED_AS)) else {
        return Err(unreadable());
    };
    let about = partition.parse().map_err(|_| unreadable())?;
    let key = Item::from([
        (PARTITION_KEY.to_owned(), AttributeValue::S(partition)),
        (SORT_KEY.to_owned(), AttributeValue::S(sort.clone())),
    ]);
    Ok(Entry { key, about, sort, listed_as })
}

/// An order from the item that records it, if that is in the list of orders.
pub(crate) fn listed_order(item: Item) -> Result<Option<ListedOrder>, StoreError> {
    let of_list = |item: &Item| Some(item.get(LISTED)?.as_s().ok()?.starts_with(&List::Orders.prefix()));
    if !of_list(&item).unwrap_or_default() {
        return Ok(None);
    }
    order(&entry(&item)?, item).map(Some)
}

/// An order from the item that records it: below the order itself, or below what it changed.
fn order(entry: &Entry, item: Item) -> Result<ListedOrder, StoreError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Recorded {
        order_id: Option<OrderId>,
        order_line_id: Option<OrderLineId>,
        product_id: Option<ProductId>,
        instance_id: Option<InstanceId>,
        scene: Option<Scene>,
    }
    let unreadable = || StoreError::Unreadable(format!("an order of {}", entry.about));
    let About::Subject(subject) = &entry.about else { return Err(unreadable()) };
    let Recorded { order_id, order_line_id, product_id, instance_id, scene } = whole(item)?;
    let at = entry.listed_as.split_once('#').and_then(|(at, _)| at.parse().ok()).map(Timestamp::from_millis);
    let signed_at = at.ok_or_else(unreadable)?;
    let (order_id, instance_id, license) = match subject {
        Subject::Order(id) => (Some(id.clone()), instance_id, None),
        Subject::Instance(id) => (order_id, Some(id.clone()), None),
        Subject::License(code) => (order_id, None, Some(code.clone())),
        Subject::Tenant(_) | Subject::Warning(_) => (None, None, None),
    };
    let order_id = order_id.ok_or_else(unreadable)?;
    let (name, of) = entry.sort.strip_prefix("ENTITLEMENT#").unwrap_or(&entry.sort).split_once('#').unwrap_or_default();
    let (kind, order_line_id, product_id) = match (name, subject) {
        ("NOTICE", _) => (OrderKind::Notice, of.parse().ok(), product_id),
        ("LINE", _) => (OrderKind::Purchase, of.parse().ok(), product_id),
        ("PRODUCT", _) => (OrderKind::Purchase, order_line_id, of.parse().ok()),
        (_, Subject::Order(_)) => (OrderKind::Purchase, order_line_id, product_id),
        _ => (scene.map_or(OrderKind::Upgrade, OrderKind::Refresh), order_line_id, product_id),
    };
    Ok(ListedOrder { order_id, order_line_id, kind, product_id, instance_id, license, signed_at })
}
