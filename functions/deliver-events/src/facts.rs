//! What an application needs to know beside what happened, so that it does not have to ask: the order, the product, the quantity, the
//! expiry, and the buyer's name.
//!
//! These facts are the current ones when the event is sent. So an event that is sent once more, or late, never takes an
//! application back.

use koogallery::{ExpireTime, InstanceId, LicenseCode, OrderId, OrderLineId, ProductId, SkuCode, Timestamp};
use koogallery_open_api::OrderInfo;
use koogallery_orders::{KeptOrders, OrdersError, told};
use koogallery_runtime::Vault;
use koogallery_store::{
    Bought, Event, EventType, Instance, Lifecycle, Store, StoreError, World, purchase_details_place,
};
use serde_json::{Map, Value, json};

/// What an event is about, in its current state.
pub(crate) enum Standing {
    /// An instance.
    Instance(Box<Instance>),
    /// A license code: its life.
    Code(Box<Lifecycle>),
    /// An order, or a tenant: nothing of it is kept here.
    Other,
}

/// The facts, as members of an event's data.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Those that replace what the event itself has.
    current: Map<String, Value>,
    /// Those that only fill in what the event does not have.
    further: Map<String, Value>,
}

impl Facts {
    /// Adds them to an event's data.
    pub(crate) fn add_to(self, data: &mut Map<String, Value>) {
        data.extend(self.current);
        for (name, value) in self.further {
            data.entry(name).or_insert(value);
        }
    }
}

impl Standing {
    /// Reads what an event is about.
    pub(crate) async fn of(event: &Event, store: &Store) -> Result<Self, StoreError> {
        let text = |name: &str| event.data[name].as_str();
        let instance: Option<InstanceId> = text("instanceId").and_then(|id| id.parse().ok());
        let code: Option<LicenseCode> = text("license").and_then(|code| code.parse().ok());
        Ok(match (event.event_type, instance, code) {
            (
                EventType::Created
                | EventType::Refreshed
                | EventType::Upgraded
                | EventType::Frozen
                | EventType::Unfrozen
                | EventType::Released
                | EventType::Accepted
                | EventType::Changed
                | EventType::PackageExhausted
                | EventType::LicenseRequested,
                Some(id),
                _,
            ) => store.instance(&id).await?.map_or(Self::Other, |instance| Self::Instance(Box::new(instance))),
            (
                EventType::LicenseRefreshed
                | EventType::LicenseFrozen
                | EventType::LicenseUnfrozen
                | EventType::LicenseReleased
                | EventType::LicenseChanged,
                _,
                Some(code),
            ) => store.license(&code).await?.map_or(Self::Other, |license| Self::Code(Box::new(license.life))),
            _ => Self::Other,
        })
    }

    /// The product that an event is about, if it is known.
    pub(crate) fn product(&self, event: &Event, order: Option<&OrderInfo>) -> Option<ProductId> {
        let own = match self {
            Self::Instance(instance) => instance.life.product_id.clone(),
            Self::Code(life) => life.product_id.clone(),
            Self::Other => None,
        };
        let said = || event.data["productId"].as_str()?.parse().ok();
        let line = || event.data["orderLineId"].as_str()?.parse().ok();
        let bought = || told(order?, line().as_ref(), None)?.bought.product_id;
        own.or_else(said).or_else(bought)
    }

    /// The facts of an event, with its order's details if they are known.
    pub(crate) fn facts(&self, event: &Event, order: Option<&OrderInfo>) -> Facts {
        let mut facts = Facts::default();
        match self {
            Self::Instance(instance) if event.event_type == EventType::LicenseRequested => {
                // The event's own members are about the license; only what they leave open is the instance's.
                let Instance { order_id, order_line_id, life, .. } = &**instance;
                name_order(&mut facts.further, order_id, order_line_id.as_ref());
                say(&mut facts.further, life.product_id.as_ref(), life.holds(), None);
            }
            Self::Instance(instance) => {
                let Instance { order_id, order_line_id, life, .. } = &**instance;
                if !event.data["orderId"].is_string() {
                    name_order(&mut facts.further, order_id, order_line_id.as_ref());
                }
                say(&mut facts.current, life.product_id.as_ref(), life.holds(), life.expire_time);
            }
            Self::Code(life) => say(&mut facts.current, life.product_id.as_ref(), life.holds(), life.expire_time),
            Self::Other => {}
        }
        // What an order bought counts if nothing else says so: of a product without an instance, or a license code.
        let line = event.data["orderLineId"].as_str().and_then(|line| line.parse().ok());
        if let Some(told) = order.and_then(|order| told(order, line.as_ref(), None)) {
            let until = told.until.filter(|_| event.event_type == EventType::OrderPaid);
            say(&mut facts.further, told.bought.product_id.as_ref(), Some(&told.bought), until);
        }
        // License 1.0 calls the quantity so, and writes it as a text.
        let amount = event.data["amount"].as_str().and_then(|amount| amount.trim().parse::<u32>().ok());
        facts.further.extend(amount.map(|amount| ("quantity".to_owned(), json!(amount))));
        facts
    }

    /// The buyer's name: personal data. It is opened for this event and kept nowhere else. None if nobody said it, and once it
    /// is erased.
    pub(crate) async fn customer_name(
        &self,
        event: &Event,
        order: Option<&OrderInfo>,
        purchase: Option<&Value>,
        kept: KeptOrders<'_>,
        at: Timestamp,
    ) -> Result<Option<String>, OrdersError> {
        let erased = match self {
            Self::Instance(instance) => instance.life.erased_at,
            Self::Code(life) => life.erased_at,
            Self::Other => None,
        };
        if erased.is_some() {
            return Ok(None);
        }
        let told = purchase.and_then(|purchase| purchase["customerName"].as_str().map(str::to_owned));
        if let Some(name) = order.and_then(named).or(told) {
            return Ok(Some(name));
        }
        let Self::Instance(instance) = self else { return Ok(None) };
        if event.event_type == EventType::Changed {
            let line = (&instance.order_id, instance.order_line_id.as_ref());
            if let Some(name) = kept.details(line, at).await?.and_then(|(order, _)| named(&order)) {
                return Ok(Some(name));
            }
        }
        match event.event_type {
            EventType::Created | EventType::Changed if instance.v1 => {
                named_by_v1(instance, kept.store, kept.vault).await
            }
            _ => Ok(None),
        }
    }
}

/// The buyer's name in an order's details.
fn named(order: &OrderInfo) -> Option<String> {
    Some(order.buyer_info.as_ref()?.customer_name.as_ref()?.reveal().to_owned())
}

/// The buyer's name as V1.0's newInstance said it.
async fn named_by_v1(instance: &Instance, store: &Store, vault: &Vault) -> Result<Option<String>, OrdersError> {
    let Some(sealed) = store.purchase_details(World::Real, &instance.instance_id).await? else { return Ok(None) };
    let place = purchase_details_place(&instance.order_id);
    let opened = vault.open(store, &place, &sealed).await?;
    let said: Value = serde_json::from_slice(&opened).map_err(|_| OrdersError::Malformed(place))?;
    Ok(said["customerName"].as_str().map(str::to_owned).filter(|name| !name.trim().is_empty()))
}

fn name_order(members: &mut Map<String, Value>, order: &OrderId, line: Option<&OrderLineId>) {
    members.insert("orderId".to_owned(), json!(order));
    members.extend(line.map(|line| ("orderLineId".to_owned(), json!(line))));
}

fn say(
    members: &mut Map<String, Value>,
    product: Option<&ProductId>,
    bought: Option<&Bought>,
    until: Option<ExpireTime>,
) {
    let sku: Option<&SkuCode> = bought.and_then(|bought| bought.sku_code.as_ref());
    members.extend(product.map(|product| ("productId".to_owned(), json!(product))));
    members.extend(sku.map(|sku| ("skuCode".to_owned(), json!(sku))));
    members.extend(bought.and_then(Bought::quantity).map(|quantity| ("quantity".to_owned(), number(quantity))));
    members.extend(until.map(|until| ("expireTime".to_owned(), json!(until.timestamp().to_rfc_3339()))));
}

/// A quantity as JSON: without decimals if it has none, since some languages have another type for those.
fn number(quantity: f64) -> Value {
    let written = quantity.to_string();
    written.parse::<u64>().map_or_else(|_| json!(quantity), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_has_decimals_only_if_it_needs_them() {
        let written = [0.0, 5.0, 2.5, 1e12].map(|quantity| number(quantity).to_string());
        assert_eq!(written, ["0", "5", "2.5", "1000000000000"]);
    }

    #[test]
    fn current_facts_replace_what_an_event_has_and_further_ones_do_not() {
        let members = |value: Value| value.as_object().unwrap().clone();
        let facts = Facts { current: members(json!({ "a": 2 })), further: members(json!({ "b": 2, "c": 2 })) };
        let mut data = members(json!({ "a": 1, "b": 1 }));
        facts.add_to(&mut data);
        assert_eq!(Value::Object(data), json!({ "a": 2, "b": 1, "c": 2 }));
    }
}
