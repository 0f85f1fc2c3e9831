//! An instance: what an order line bought. Its life follows the rules of [`Lifecycle`].

use koogallery::{AppInfo, InstanceId, InterfaceType, OrderId, OrderLineId};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::event::Subject;
use crate::key::{Key, World};
use crate::lifecycle::{Lifecycle, Living, Status};

/// One instance, as it stands in the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// Its id, named in the reply to newInstance.
    pub instance_id: InstanceId,
    /// The order that bought it.
    pub order_id: OrderId,
    /// The order line that bought it; V1.0 names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_line_id: Option<OrderLineId>,
    /// Whose key bought it: a SaaS instance (`basic`) or a license entitlement (`license`).
    pub interface_type: InterfaceType,
    /// How the buyer reaches it; absent while it is provisioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_info: Option<AppInfo>,
    /// Whether V1.0 bought it, whose replies limit what an appInfo can hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub v1: bool,
    /// Online License: how many licenses were applied for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<u32>,
    /// What became of it.
    #[serde(flatten)]
    pub life: Lifecycle,
}

impl Living for Instance {
    type Id = InstanceId;

    const USABLE: &'static str = " AND attribute_exists(appInfo)";

    fn key(world: World, id: &InstanceId) -> Key {
        Key::instance(world, id)
    }

    fn subject(id: &InstanceId) -> Subject<'_> {
        Subject::Instance(id)
    }

    /// An instance is bought first.
    fn unheard_of(_: &Call, _: &InstanceId) -> Option<Self> {
        None
    }

    fn life(&self) -> &Lifecycle {
        &self.life
    }

    fn life_mut(&mut self) -> &mut Lifecycle {
        &mut self.life
    }

    fn settle(&mut self) {
        self.life.settle(if self.app_info.is_some() { Status::Active } else { Status::Provisioning });
    }
}
