//! A parked event is given up: a person says that nobody needs it any more. The history keeps who and why.

use koogallery::Text;
use uuid::Uuid;

use crate::model::action::Action;
use crate::model::delivery::Discarded;
use crate::model::subject::Subject;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::index::Kind;
use crate::table::key::Key;
use crate::table::schema::{OPEN, OPEN_SINCE};

/// The attribute of an event that was given up.
pub(crate) const DISCARDED: &str = "discarded";

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscardOutcome {
    /// It is discarded, and is not parked any more.
    Discarded,
    /// It does not exist, or is not parked: nothing was changed.
    NotParked,
}

impl Store {
    /// Discards a parked event, together with the record of who did, and why.
    pub async fn discard(&self, of: &Subject, id: Uuid, action: &Action) -> Result<DiscardOutcome, StoreError> {
        let reason = action.reason.as_ref().map(Text::as_str).unwrap_or_default();
        let discarded = Discarded::new(action.at, action.by.as_str(), reason);
        let attribute: aws_sdk_dynamodb::types::AttributeValue = serde_dynamo::to_attribute_value(discarded)?;
        let is_parked = Condition::Begins(OPEN, Kind::Parked.prefix().into());
        let change = Change::new().set(DISCARDED, attribute).remove_all([OPEN, OPEN_SINCE]);
        let written = self.update_acted(change.only_if(is_parked).of(Key::event(of, id)), Some(action)).await?;
        Ok(if written { DiscardOutcome::Discarded } else { DiscardOutcome::NotParked })
    }
}
