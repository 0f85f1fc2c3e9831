//! When KooGallery reported orders, from the index of lists alone: so much of each shard, and no item is read. What counts orders by
//! the week needs no more.

use koogallery::Timestamp;

use crate::model::subject::{INSTANCE, LICENSE};
use crate::table::client::{Store, StoreError};
use crate::table::key::Item;
use crate::table::listing::{List, SHARDS};
use crate::table::query::Query;
use crate::table::schema::{LISTED_AS, PARTITION_KEY, SORT_KEY};

/// The times of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTimes {
    /// When lines of purchases were reported.
    pub purchases: Vec<Timestamp>,
    /// When renewals, their refunds, and changes of specification were.
    pub later: Vec<Timestamp>,
    /// Since when these are all.
    pub from: Timestamp,
}

impl Store {
    /// When orders were reported since a time: the newest `most` of each shard.
    pub async fn order_times(&self, since: Timestamp, most: i32) -> Result<OrderTimes, StoreError> {
        let after = format!("{:013}", since.as_millis().max(0));
        let shards = (0..SHARDS).map(|shard| {
            let query = Query::of_listed(List::Orders.partition(shard)).after(after.clone()).to(self);
            query.scan_index_forward(false).limit(most).send()
        });
        let mut times = OrderTimes { purchases: Vec::new(), later: Vec::new(), from: since };
        for answer in futures_util::future::try_join_all(shards).await? {
            let mut oldest = since;
            for item in answer.items() {
                let unreadable = || StoreError::Unreadable("an entry of the index of lists".to_owned());
                let (partition, sort, at) = read(item).ok_or_else(unreadable)?;
                oldest = at;
                if [INSTANCE, LICENSE].iter().any(|of| partition.starts_with(of)) {
                    times.later.push(at);
                } else if !sort.starts_with("NOTICE#") {
                    times.purchases.push(at);
                }
            }
            if answer.last_evaluated_key.is_some() {
                times.from = times.from.max(oldest);
            }
        }
        Ok(times)
    }
}

fn read(item: &Item) -> Option<(&str, &str, Timestamp)> {
    let text = |name: &str| item.get(name)?.as_s().ok().map(String::as_str);
    let at = text(LISTED_AS)?.split_once('#')?.0.parse().ok()?;
    Some((text(PARTITION_KEY)?, text(SORT_KEY)?, Timestamp::from_millis(at)))
}
