//! refreshInstance: a renewal or the refund of one moves the expiry.
//!
//! A renewal extends the expiry. A trial turned formal and a refund set it, also to an earlier time. An expiry in the future
//! ends a freeze that only the expiry caused. Each order line counts once.

use koogallery::{RefreshInstance, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = RefreshInstance;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<RefreshInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.refresh(context.call, call.request()).await?.reply())
    }
}
