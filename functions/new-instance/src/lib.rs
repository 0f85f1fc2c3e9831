//! newInstance: an order line was paid, provision it.
//!
//! With `KOOGALLERY_PROVISIONING=instant` the buyer's access follows from a template, so the answer is `000000`. With
//! `deferred` the seller's application makes the customer's space in its own time: the answer is `000004`, and
//! KooGallery asks queryInstance until the application has said how the buyer gets in. Either way the same order line
//! gets the same instance id, however often KooGallery asks.

use koogallery::{InstanceId, NewInstance, Reply, ResultCode, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Provisioning};
use koogallery_store::Created;

/// The function.
#[derive(Debug)]
pub struct Handler {
    provisioning: Provisioning,
}

impl Function for Handler {
    type Request = NewInstance;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { provisioning: Provisioning::of(environment)? })
    }

    async fn answer(&self, call: &Verified<NewInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let app_info =
            |id: &InstanceId| -> Result<_, AnswerError> { Ok(self.provisioning.app_info(context.call.world(), id)?) };
        let created = context.store.new_instance(context.call, call.request(), call.interface_type(), app_info).await?;
        Ok(match created {
            Created::New(id) | Created::Standing(id) => Reply::of(match self.provisioning {
                Provisioning::Instant(_) => ResultCode::Success,
                Provisioning::Deferred { .. } => ResultCode::Processing,
            })
            .with_instance(id),
            Created::Replayed => Reply::of(ResultCode::AuthenticationFailed),
        })
    }
}
