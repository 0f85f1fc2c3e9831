//! refreshInstance, refreshLicenseCode: the expiry moves.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{ExpireTime, OrderId, OrderLineId, ProductId, RefreshInstance, RefreshLicenseCode, Scene};

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::instance::Instance;
use crate::license::License;
use crate::lifecycle::{AppliedOrder, Living, OrderEffect};

/// What either call tells of the order.
struct Refresh<'a> {
    scene: Scene,
    order_id: &'a OrderId,
    order_line_id: Option<&'a OrderLineId>,
    product_id: Option<&'a ProductId>,
    expire_time: ExpireTime,
    further: &'a BTreeMap<String, String>,
}

impl Store {
    /// Applies a renewal of an instance, or the refund of one.
    pub async fn refresh(&self, call: &Call, request: &RefreshInstance) -> Result<Changed, StoreError> {
        let refresh = Refresh {
            scene: request.scene,
            order_id: &request.order_id,
            order_line_id: request.order_line_id.as_ref(),
            product_id: request.product_id.as_ref(),
            expire_time: request.expire_time,
            further: &request.further,
        };
        self.refreshed::<Instance>(call, &request.instance_id, refresh).await
    }

    /// Applies a renewal of a license code, or the refund of one.
    pub async fn refresh_license(&self, call: &Call, request: &RefreshLicenseCode) -> Result<Changed, StoreError> {
        let refresh = Refresh {
            scene: request.scene,
            order_id: &request.order_id,
            order_line_id: request.order_line_id.as_ref(),
            product_id: request.product_id.as_ref(),
            expire_time: request.expire_time,
            further: &request.further,
        };
        self.refreshed::<License>(call, &request.license, refresh).await
    }

    async fn refreshed<L: Living>(&self, call: &Call, id: &L::Id, refresh: Refresh<'_>) -> Result<Changed, StoreError> {
        let Refresh { scene, order_id, order_line_id, product_id, expire_time, further } = refresh;
        let order = AppliedOrder {
            order_id: order_id.clone(),
            order_line_id: order_line_id.cloned(),
            signed_at: call.signed_at(),
            effect: OrderEffect::Refresh { scene, expire_time, product_id: product_id.cloned() },
            bought: None,
            further: further.clone(),
        };

        // Usual: it is in use, the call is the newest, the order is new, and a renewal moves the expiry on.
        let mut condition =
            "#status = :active AND #newest < :signedAt AND attribute_not_exists(#orders.#order)".to_owned();
        if scene != Scene::UnsubscribeRenewalPeriod {
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

        let event = Event::ordered(call, &L::subject(id), &order, Some(expire_time));
        self.change::<L>(call, id, usual, &[event], |life| life.apply_order(order.clone())).await
    }
}
