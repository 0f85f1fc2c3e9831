//! One order: all that callbacks, the order query and people said about it, read together.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use koogallery::{InstanceId, LicenseCode, OrderId};

use crate::model::failed_call::FailedCall;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::OrderEffect;
use crate::model::orders::amount::OrderAmount;
use crate::model::orders::record::OrderRecord;
use crate::model::orders::reported::{ListedOrder, OrderKind};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::queries::lists::listed_order;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::living::Living;
use crate::table::query::Query;
use crate::table::schema::SORT_KEY;
use crate::table::watched_items::KeptSupervision;

impl Store {
    /// All that is known of an order. It is empty if nothing is.
    pub async fn order_record(&self, order: &OrderId) -> Result<OrderRecord, StoreError> {
        let partition = Subject::Order(order.clone()).partition();
        let items = Query::of_partition(partition).to(self).into_paginator().items().send();
        let items: Vec<Item> = items.collect::<Result<_, _>>().await?;
        let mut record = OrderRecord::of(order.clone());
        let (mut instances, mut licenses): (Vec<InstanceId>, Vec<LicenseCode>) = (Vec::new(), Vec::new());
        for item in items {
            let sort = item.get(SORT_KEY).and_then(|sort| sort.as_s().ok()).cloned().unwrap_or_default();
            if sort == Key::SUPERVISION {
                record.supervision = Some(KeptSupervision::of(item)?.supervision);
            } else if sort.starts_with(Key::AMOUNT) {
                record.amounts.push(serde_dynamo::from_item::<_, OrderAmount>(item)?);
            } else if sort.starts_with(Key::FAILED_CALL) {
                record.failed_calls.push(serde_dynamo::from_item::<_, FailedCall>(item)?);
            } else if let Some(belongs) = sort.strip_prefix(Key::BELONGS) {
                match belongs.parse() {
                    Ok(Subject::Instance(id)) => instances.push(id),
                    Ok(Subject::License(code)) => licenses.push(code),
                    _ => {}
                }
            } else if let Some(reported) = listed_order(item)? {
                instances.extend(reported.instance_id.clone());
                record.reports.push(reported);
            }
        }
        instances.sort();
        instances.dedup();
        let reported: BTreeSet<InstanceId> =
            record.reports.iter().filter_map(|report| report.instance_id.clone()).collect();
        let reported = &reported;
        let instances = instances.iter().map(|id| async move {
            let key = Instance::key(World::Real, id);
            let later = self.later_if(!reported.contains(id), order, &key, Some(id), None);
            tokio::try_join!(self.instance(id), later)
        });
        let licenses = licenses.iter().map(|code| async move {
            let key = License::key(World::Real, code);
            tokio::try_join!(self.license(code), self.later_if(true, order, &key, None, Some(code)))
        });
        let (instances, licenses) = tokio::try_join!(try_join_all(instances), try_join_all(licenses))?;
        for (instance, later) in instances {
            let Some(instance) = instance else { continue };
            record.instances.push(instance);
            record.reports.extend(later);
        }
        for report in &mut record.reports {
            let instance =
                record.instances.iter().find(|instance| report.told_more_by() == Some(&instance.instance_id));
            if let Some(instance) = instance {
                report.take_in(instance);
            }
        }
        for (license, later) in licenses {
            let Some(license) = license else { continue };
            record.licenses.push(license);
            record.reports.extend(later);
        }
        record.reports.sort_by_key(|report| report.signed_at);
        Ok(record)
    }

    /// What the order did to an instance or a license code that another order bought; nothing where that is known already.
    async fn later_if(
        &self,
        is_wanted: bool,
        order: &OrderId,
        state: &Key,
        instance: Option<&InstanceId>,
        license: Option<&LicenseCode>,
    ) -> Result<Vec<ListedOrder>, StoreError> {
        if !is_wanted {
            return Ok(Vec::new());
        }
        let own = self.facts(state).await?.orders.into_iter().filter(|applied| applied.order_id == *order);
        let listed = own.map(|applied| {
            let kind = match &applied.effect {
                OrderEffect::Refresh { scene, .. } => OrderKind::Refresh(*scene),
                OrderEffect::Upgrade { .. } => OrderKind::Upgrade,
            };
            ListedOrder {
                order_id: applied.order_id.clone(),
                order_line_id: applied.order_line_id.clone(),
                kind,
                product_id: applied.product().cloned(),
                instance_id: instance.cloned(),
                license: license.cloned(),
                signed_at: applied.signed_at,
            }
        });
        Ok(listed.collect())
    }
}
