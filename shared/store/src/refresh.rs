//! refreshInstance: the expiry moves.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{RefreshInstance, Scene};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::instance::{AppliedOrder, OrderEffect};

impl Store {
    /// Applies a renewal, or the refund of one.
    pub async fn refresh(&self, call: &Call, request: &RefreshInstance) -> Result<Changed, StoreError> {
        let RefreshInstance { scene, order_id, order_line_id, instance_id, product_id, expire_time, further, .. } =
            request;
        let order = AppliedOrder {
            order_id: order_id.clone(),
            order_line_id: order_line_id.clone(),
            signed_at: call.signed_at(),
            effect: OrderEffect::Refresh { scene: *scene, expire_time: *expire_time, product_id: product_id.clone() },
            further: further.clone(),
        };

        // Usual: the instance is in use, the call is the newest, the order is new, and a renewal moves the expiry on.
        let mut condition =
            "#status = :active AND #newest < :signedAt AND attribute_not_exists(#orders.#order)".to_owned();
        if *scene != Scene::UnsubscribeRenewalPeriod {
            condition += " AND (attribute_not_exists(#expireTime) OR #expireTime < :expireTime)";
        }
        let mut expression =
            "SET #orders.#order = :order, #expireTime = :expireTime, #newest = :signedAt, #version = #version + :one"
                .to_owned();
        let mut usual = Update::builder();
        if let Some(product_id) = product_id {
            expression += ", productId = :productId";
            usual = usual.expression_attribute_values(":productId", AttributeValue::S(product_id.to_string()));
        }
        let usual = usual
            .condition_expression(condition)
            .update_expression(expression)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#newest", "newest")
            .expression_attribute_names("#orders", "orders")
            .expression_attribute_names("#order", order.key())
            .expression_attribute_names("#expireTime", "expireTime")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":active", AttributeValue::S("active".to_owned()))
            .expression_attribute_values(":signedAt", AttributeValue::N(call.signed_at().to_string()))
            .expression_attribute_values(":expireTime", AttributeValue::S(expire_time.to_string()))
            .expression_attribute_values(":order", serde_dynamo::to_attribute_value(&order)?)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));

        let event = Event::ordered(call, instance_id, &order, Some(*expire_time));
        self.change(call, instance_id, usual, &[event], |instance| instance.apply_order(order.clone())).await
    }
}
