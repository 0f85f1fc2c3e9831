//! changeInstanceCheck: says whether a renewal may change the specification.
//!
//! It changes nothing. `KOOGALLERY_CHANGE_CHECK` decides: see [`Rule`]. An unknown or released instance is `000003`.

mod rule;

use koogallery::{ChangeInstanceCheck, ProductInfo, Reply, ResultCode, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, ProductSettings};
use koogallery_store::{Lifecycle, Read, Status, World};

pub use rule::{Move, Rule, RuleError};

/// The function.
#[derive(Debug)]
pub struct Handler {
    rule: ProductSettings<Rule>,
}

impl Function for Handler {
    type Request = ChangeInstanceCheck;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        const NAME: &str = "KOOGALLERY_CHANGE_CHECK";
        let rule = environment.get(NAME).map(|text| text.parse().map_err(|error| ConfigError::refused(NAME, error)));
        Ok(Self { rule: ProductSettings::shared(rule.transpose()?.unwrap_or(Rule::Allow)) })
    }

    async fn answer(&self, call: &Verified<ChangeInstanceCheck>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let ChangeInstanceCheck { instance_id, product_info, .. } = call.request();
        let mut found = match context.store.read(context.call, std::slice::from_ref(instance_id)).await? {
            Read::Found(found) => found,
            Read::Replayed => return Ok(Reply::of(ResultCode::AuthenticationFailed)),
        };
        let instance = found.remove(instance_id).filter(|instance| instance.life.status != Status::Released);
        if instance.is_none() && context.call.world() == World::Real {
            return Ok(Reply::of(ResultCode::InstanceNotFound));
        }
        let present = instance.map(|instance| present(&instance.life)).unwrap_or_default();
        let rule = self.rule.of(present.product_id.as_ref());
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
