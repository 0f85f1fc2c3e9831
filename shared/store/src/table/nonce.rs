//! A call uses up its nonce, even if it changes nothing.

use koogallery::ResultCode;

use crate::model::changed::Changed;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError, under_condition};

/// Whether a nonce was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonceUse {
    First,
    Replayed,
}

impl Store {
    /// Uses up the nonce of a call that is refused with this code. Returns the answer, or the first answer if it is a repeat.
    pub async fn use_up(&self, call: &Call, answer: ResultCode) -> Result<Option<Changed>, StoreError> {
        match self.use_nonce_for(call, answer).await? {
            NonceUse::First => Ok(None),
            NonceUse::Replayed => self.replayed(call).await.map(Some),
        }
    }

    /// The result of a call whose nonce was used before.
    pub(crate) async fn replayed(&self, call: &Call) -> Result<Changed, StoreError> {
        let Some(key) = call.answered_at() else { return Ok(Changed::Replayed) };
        let item = self.item(call, key).await?;
        let answered = item.as_ref().and_then(|item| item.get(Call::ANSWER)?.as_s().ok()?.parse().ok());
        Ok(answered.map_or(Changed::Replayed, Changed::Repeated))
    }

    /// Records only a nonce, for a call that writes nothing else.
    pub(crate) async fn use_nonce(&self, call: &Call) -> Result<NonceUse, StoreError> {
        self.use_nonce_for(call, ResultCode::Success).await
    }

    pub(crate) async fn use_nonce_for(&self, call: &Call, answer: ResultCode) -> Result<NonceUse, StoreError> {
        let Some(put) = call.nonce_put(answer) else { return Ok(NonceUse::First) };
        let used = under_condition(call.timed(self.put_request(put)?.send()).await)?;
        Ok(if used.is_some() { NonceUse::First } else { NonceUse::Replayed })
    }
}
