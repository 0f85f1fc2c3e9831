//! One order: all that callbacks, the order query and people said about it, read together.

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
        for id in instances {
            let Some(instance) = self.instance(&id).await? else { continue };
            if !record.reports.iter().any(|report| report.instance_id.as_ref() == Some(&id)) {
                self.later(&mut record, &Instance::key(World::Real, &id), Some(&id), None).await?;
            }
            record.instances.push(instance);
        }
        for code in licenses {
            let Some(license) = self.license(&code).await? else { continue };
            self.later(&mut record, &License::key(World::Real, &code), None, Some(&code)).await?;
            record.licenses.push(license);
        }
        record.reports.sort_by_key(|report| report.signed_at);
        Ok(record)
    }

    /// Adds what the order did to an instance or a license code that another order bought.
    async fn later(
        &self,
        record: &mut OrderRecord,
        state: &Key,
        instance: Option<&InstanceId>,
        license: Option<&LicenseCode>,
    ) -> Result<(), StoreError> {
        let facts = self.facts(state).await?;
        for order in facts.orders.into_iter().filter(|order| order.order_id == record.order_id) {
            let kind = match &order.effect {
                OrderEffect::Refresh { scene, .. } => OrderKind::Refresh(*scene),
                OrderEffect::Upgrade { .. } => OrderKind::Upgrade,
            };
            record.reports.push(ListedOrder {
                order_id: order.order_id.clone(),
                order_line_id: order.order_line_id.clone(),
                kind,
                product_id: order.product().cloned(),
                instance_id: instance.cloned(),
                license: license.cloned(),
                signed_at: order.signed_at,
            });
        }
        Ok(())
    }
}
