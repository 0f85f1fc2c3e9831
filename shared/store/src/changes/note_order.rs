//! orderNotify: an order was paid.

use koogallery::OrderNotify;

use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::listing::List;
use crate::table::nonce::NonceUse;
use crate::table::transaction::{Commit, Pauses, Transaction};

/// The result of an order notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noticed {
    /// It is kept, with its event.
    New,
    /// It was kept before.
    Standing,
    /// The nonce was used before.
    Replayed,
}

impl Store {
    /// Keeps an order notice.
    pub async fn note_order(&self, call: &Call, request: &OrderNotify) -> Result<Noticed, StoreError> {
        let OrderNotify { order_id, order_line_id, .. } = request;
        let key = || Key::notice(call.world(), order_id, order_line_id);
        let mut pauses = Pauses::new();
        loop {
            let mut item = List::Orders.entry(call.world(), order_id.as_str(), call.signed_at(), &key());
            item.extend(key().into_item());
            let commit = Transaction::new(self, call)?
                .create(item)?
                .events(&Subject::Order(order_id.clone()), &[Event::order_paid(call.now(), order_id, order_line_id)])?
                .commit()
                .await?;
            let stands = match commit {
                Commit::Done => return Ok(Noticed::New),
                Commit::Replayed => return Ok(Noticed::Replayed),
                Commit::Refused { .. } => true,
                Commit::Conflict => {
                    pauses.pause().await?;
                    self.item(call, key()).await?.is_some()
                }
            };
            if stands {
                return Ok(match self.use_nonce(call).await? {
                    NonceUse::First => Noticed::Standing,
                    NonceUse::Replayed => Noticed::Replayed,
                });
            }
        }
    }
}
