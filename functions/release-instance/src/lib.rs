//! releaseInstance: ends an instance for good. A repeat succeeds; any other call about it gets `000003` from then on.

use koogallery::{ReleaseInstance, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = ReleaseInstance;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<ReleaseInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.release(context.call, &call.request().instance_id).await?.reply())
    }
}
