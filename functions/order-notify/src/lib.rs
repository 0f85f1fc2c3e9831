//! orderNotify: an order is paid. The notice is kept once, and the seller's application gets `order.paid`. The call is signed
//! with the key of order notices.

use koogallery::{OrderNotify, Reply, ResultCode, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};
use koogallery_store::Noticed;

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = OrderNotify;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<OrderNotify>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(match context.store.note_order(context.call, call.request()).await? {
            Noticed::New | Noticed::Standing => Reply::success(),
            Noticed::Replayed => Reply::of(ResultCode::AuthenticationFailed),
        })
    }
}
