//! updateInstanceStatus: freeze or unfreeze. V1.0: expireInstance and instanceStatus.
//!
//! The call that was signed last counts. An older call that arrives later succeeds and changes nothing.

use koogallery::{Reply, UpdateInstanceStatus, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = UpdateInstanceStatus;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<UpdateInstanceStatus>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let UpdateInstanceStatus { instance_id, status, .. } = call.request();
        Ok(context.store.set_status(context.call, instance_id, *status).await?.reply())
    }
}
