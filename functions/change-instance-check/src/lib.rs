//! changeInstanceCheck: says whether a renewal may change the specification.
//!
//! It changes nothing. The settings of the product decide, or else `KOOGALLERY_CHANGE_CHECK`: see [`ChangeRule`]. An unknown or
//! released instance is `000003`.

use koogallery::{ChangeInstanceCheck, ProductInfo, Reply, ResultCode, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};
use koogallery_settings::ChangeRule;
use koogallery_store::{Lifecycle, Read, Status, World};

/// The function.
#[derive(Debug)]
pub struct Handler {
    rule: ChangeRule,
}

impl Function for Handler {
    type Request = ChangeInstanceCheck;

    const ASKS_FOR_SETTINGS: bool = true;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_CHANGE_CHECK";
        let rule = environment.get(NAME).map(|text| text.parse().map_err(|error| ConfigError::refused(NAME, error)));
        Ok(Self { rule: rule.transpose()?.unwrap_or(ChangeRule::Allow) })
    }

    async fn answer(&self, call: &Verified<ChangeInstanceCheck>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let ChangeInstanceCheck { instance_id, product_info, .. } = call.request();
        let read = context.store.read(context.call, std::slice::from_ref(instance_id));
        let (read, settings) = tokio::join!(read, context.settings());
        let settings = settings?;
        let mut found = match read? {
            Read::Found(found) => found,
            Read::Replayed => return Ok(Reply::of(ResultCode::AuthenticationFailed)),
        };
        let instance = found.remove(instance_id).filter(|instance| instance.life.status != Status::Released);
        if instance.is_none() && context.call.world() == World::Real {
            return Ok(Reply::of(ResultCode::InstanceNotFound));
        }
        let present = instance.map(|instance| present(&instance.life)).unwrap_or_default();
        let rule = settings.document.changes(present.product_id.as_ref()).unwrap_or(&self.rule);
        Ok(if rule.allows(&present, product_info) {
            Reply::success()
        } else {
            Reply::refusal(ResultCode::InvalidParameter, "the seller does not offer this change of specification")
        })
    }
}

/// What an instance holds now, if it is known.
fn present(life: &Lifecycle) -> ProductInfo {
    let holds = life.holds();
    ProductInfo {
        product_id: life.product_id.clone().or_else(|| holds?.product_id.clone()),
        sku_code: holds.and_then(|bought| bought.sku_code.clone()),
        linear_value: holds.and_then(|bought| bought.linear_value),
        ..ProductInfo::default()
    }
}
