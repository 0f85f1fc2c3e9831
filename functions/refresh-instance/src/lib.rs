//! refreshInstance: the expiry moved, by a renewal or by the refund of one.
//!
//! A renewal never moves the expiry back and lifts a freeze that only the expiry caused; a refund sets what it says.
//! Each order line counts once.

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
