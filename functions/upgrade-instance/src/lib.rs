//! upgradeInstance: specification or quantity grows. The instance id stays; each order line counts once.

use koogallery::{Reply, UpgradeInstance, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = UpgradeInstance;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<UpgradeInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.upgrade(context.call, call.request()).await?.reply())
    }
}
