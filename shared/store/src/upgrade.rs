//! upgradeInstance: specification or quantity grows.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::UpgradeInstance;

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::{Event, Subject};
use crate::instance::Instance;
use crate::lifecycle::{AppliedOrder, OrderEffect};

impl Store {
    /// Applies an upgrade order.
    pub async fn upgrade(&self, call: &Call, request: &UpgradeInstance) -> Result<Changed, StoreError> {
        let order = AppliedOrder {
            order_id: request.order_id.clone(),
            order_line_id: request.order_line_id.clone(),
            signed_at: call.signed_at(),
            effect: OrderEffect::Upgrade { product_id: request.product_id.clone() },
            bought: None,
            further: request.further.clone(),
        };

        // Usual: the instance stands, the call is the newest, and the order is new.
        let mut expression = "SET #orders.#order = :order, #newest = :signedAt, #version = #version + :one".to_owned();
        let mut usual = Update::builder();
        if let Some(product_id) = &request.product_id {
            expression += ", productId = :productId";
            usual = usual.expression_attribute_values(":productId", AttributeValue::S(product_id.to_string()));
        }
        let usual = usual
            .condition_expression(
                "attribute_exists(pk) AND #status <> :released AND #newest < :signedAt \
                 AND attribute_not_exists(#orders.#order)",
            )
            .update_expression(expression)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#newest", "newest")
            .expression_attribute_names("#orders", "orders")
            .expression_attribute_names("#order", order.key())
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":released", AttributeValue::S("released".to_owned()))
            .expression_attribute_values(":signedAt", AttributeValue::N(call.signed_at().to_string()))
            .expression_attribute_values(":order", serde_dynamo::to_attribute_value(&order)?)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));

        let id = &request.instance_id;
        let event = Event::ordered(call, &Subject::Instance(id), &order, None);
        self.change::<Instance>(call, id, usual, &[event], |life| life.apply_order(order.clone())).await
    }
}
