//! refreshInstance, refreshLicenseCode: the expiry moves.

use std::collections::BTreeMap;

use koogallery::{ExpireTime, OrderId, OrderLineId, ProductId, RefreshInstance, RefreshLicenseCode, Scene};

use crate::changes::decide::Asked;
use crate::changes::upgrade::in_order;
use crate::model::bought::Bought;
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{AppliedOrder, Fact, OrderEffect, Status, sets_expiry};
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::living::Living;

/// What either call says about the order.
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
            bought: Bought::told_by_call(product_id, further).if_any(),
            told: false,
        };

        // The usual case: it is in use, the call is the newest, the order is new, and a renewal extends the expiry.
        let mut usual = in_order(Change::new(), &order)?
            .only_if(Condition::Is("status", Status::Active.into()))
            .set("expireTime", expire_time);
        if !sets_expiry(scene) {
            let moves_on = Condition::Less("expireTime", expire_time.into());
            usual = usual.only_if(Condition::Any(vec![Condition::Absent("expireTime"), moves_on]));
        }
        let event = Event::ordered(call.now(), &L::subject(id), &order, Some(expire_time));
        let fact = Fact::Order(Box::new(order));
        self.change::<L>(call, id, Asked { fact, further: Some(further), usual, event }).await
    }
}
