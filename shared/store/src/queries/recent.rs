//! What was reported last, from the indexes: so much of each shard, and no more. It is for searches that no key leads to; who
//! searches says how far that is.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use koogallery::{AppId, InstanceId, TenantId, Timestamp};

use crate::kit::link::APP_ID;
use crate::model::kept_call::KeptCall;
use crate::model::orders::reported::ListedOrder;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::queries::lists::listed_order;
use crate::queries::open_place::First;
use crate::table::client::{Store, StoreError};
use crate::table::index::Kind;
use crate::table::key::{Item, Key};
use crate::table::listing::{List, SHARDS};
use crate::table::query::Query;
use crate::table::schema::{PARTITION_KEY, SORT_KEY};

/// Calls of the newest orders of each shard, and of the newest calls that failed, are looked through.
const ORDERS_OF_SHARD: i32 = 4;
const FAILED_OF_SHARD: i32 = 4;
/// So many calls of one thing.
const CALLS_OF_ONE: i32 = 50;
/// So many things are asked about side by side.
const SIDE_BY_SIDE: usize = 32;

/// Where a call was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCall {
    /// What it was about.
    pub subject: Subject,
    /// Its record.
    pub call: KeptCall,
}

impl Store {
    /// The orders that were reported last: up to `most` of each of 16 parts, the newest first.
    pub async fn newest_orders(&self, most: i32) -> Result<Vec<ListedOrder>, StoreError> {
        let shards = (0..SHARDS).map(|shard| {
            let query = Query::of_listed(List::Orders.partition(shard)).to(self);
            query.scan_index_forward(false).limit(most).send()
        });
        let answers = try_join_all(shards).await?;
        let keys = answers.into_iter().flat_map(|answer| answer.items.unwrap_or_default()).map(key).collect();
        let items = self.standing_items(keys).await?;
        let orders = items.into_iter().filter_map(|item| listed_order(item).transpose());
        let mut orders: Vec<ListedOrder> = orders.collect::<Result<_, _>>()?;
        orders = self.told_more(orders).await?;
        orders.sort_by(|one, other| (other.signed_at, &one.order_id).cmp(&(one.signed_at, &other.order_id)));
        Ok(orders)
    }

    /// The calls with this request id, among those about the orders that were reported last and about what failed last.
    pub async fn recent_calls_with(&self, request_id: &str) -> Result<Vec<FoundCall>, StoreError> {
        let until = Timestamp::from_millis(i64::MAX);
        let (orders, (failed, _)) = tokio::try_join!(
            self.newest_orders(ORDERS_OF_SHARD),
            self.some_of(Kind::FailedCall, until, First::Newest, FAILED_OF_SHARD)
        )?;
        let mut subjects = BTreeSet::new();
        for order in orders {
            subjects.insert(Subject::Order(order.order_id));
            subjects.extend(order.instance_id.map(Subject::Instance));
            subjects.extend(order.license.map(Subject::License));
        }
        let partition = |item: &Item| item.get(PARTITION_KEY)?.as_s().ok()?.parse().ok();
        subjects.extend(failed.iter().filter_map(partition));
        let subjects: Vec<Subject> = subjects.into_iter().collect();
        let mut found = Vec::new();
        for together in subjects.chunks(SIDE_BY_SIDE) {
            let calls = try_join_all(together.iter().map(|subject| self.newest_calls(subject))).await?;
            for (subject, calls) in together.iter().zip(calls) {
                let wanted = calls.into_iter().filter(|kept| kept.call.request_id.as_deref() == Some(request_id));
                found.extend(wanted.map(|call| FoundCall { subject: subject.clone(), call }));
            }
        }
        Ok(found)
    }

    async fn newest_calls(&self, subject: &Subject) -> Result<Vec<KeptCall>, StoreError> {
        let partition = Key::call(World::Real, subject, "");
        let query = Query::of_partition(partition.partition().to_owned()).beginning_with(Key::CALL).to(self);
        let answer = query.scan_index_forward(false).limit(CALLS_OF_ONE).send().await?;
        Ok(serde_dynamo::from_items(answer.items.unwrap_or_default())?)
    }

    /// The applications of a tenant whose users an instance got.
    pub async fn applications_used(&self, instance: &InstanceId, tenant: &TenantId) -> Result<Vec<AppId>, StoreError> {
        let links = self.under(Key::kit(instance, tenant, None), &Key::kit_of(tenant)).await?;
        let apps = links.iter().filter_map(|link| link.get(APP_ID)?.as_s().ok()?.parse().ok());
        Ok(apps.collect::<BTreeSet<AppId>>().into_iter().collect())
    }
}

/// The key of the item behind an entry of the index.
fn key(mut entry: Item) -> Item {
    entry.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
    entry
}
