//! upgradeInstance: specification or quantity grows.

use koogallery::UpgradeInstance;

use crate::changes::decide::Asked;
use crate::model::bought::Bought;
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::lifecycle::{AppliedOrder, Fact, OrderEffect, Status};
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Item;
use crate::table::schema::PARTITION_KEY;

impl Store {
    /// Applies an upgrade order.
    pub async fn upgrade(&self, call: &Call, request: &UpgradeInstance) -> Result<Changed, StoreError> {
        let UpgradeInstance { instance_id: id, product_id, further, .. } = request;
        let order = AppliedOrder {
            order_id: request.order_id.clone(),
            order_line_id: request.order_line_id.clone(),
            signed_at: call.signed_at(),
            effect: OrderEffect::Upgrade { product_id: product_id.clone() },
            bought: Bought::told_by_call(product_id.as_ref(), further).if_any(),
            told: false,
        };

        // The usual case: the instance is not released, the call is the newest, and the order is new.
        let usual = in_order(Change::new(), &order)?
            .only_if(Condition::Exists(PARTITION_KEY))
            .only_if(Condition::IsNot("status", Status::Released.into()));
        let event = Event::ordered(call.now(), &Subject::Instance(id.clone()), &order, None);
        let fact = Fact::Order(Box::new(order));
        self.change::<Instance>(call, id, Asked { fact, further: Some(further), usual, event }).await
    }
}

/// The changes by a later order that was signed after all known facts, as [`crate::Lifecycle::append`] makes them.
pub(crate) fn in_order(change: Change, order: &AppliedOrder) -> Result<Change, StoreError> {
    let mut change = change
        .only_if(Condition::Less("newest", order.signed_at.into()))
        .set("newest", order.signed_at)
        .set("lastOrder", order.key());
    if let Some(product) = order.product() {
        change = change.set("productId", product);
    }
    if let Some(bought) = order.adds() {
        let members: Item = serde_dynamo::to_item(bought)?;
        change = members.into_iter().fold(change, |change, (name, value)| change.set_member("holds", &name, value));
    }
    Ok(change)
}
