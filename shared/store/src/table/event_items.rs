//! The items of an event. They are written in the transaction of the change that the event reports.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::call_items::event_subject;
use crate::table::client::StoreError;
use crate::table::index::{Kind, open};
use crate::table::key::{Item, Key};
use crate::table::outbox_item::outbox_item;
use crate::table::schema::GROUP;

impl Event {
    /// The items to write: the event itself, which stays; what its id leads to; and the outbox item, which says that it is
    /// undelivered.
    pub(crate) fn to_items(&self, call: &Call, subject: &Subject) -> Result<[Item; 3], StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        if self.asked_order().is_some() {
            item.extend(open(Kind::Unlearnt, self.event_id.as_bytes(), call.now()));
        }
        item.insert(GROUP.to_owned(), AttributeValue::S(subject.group()));
        item.extend(Key::event(subject, self.event_id).into_item());
        Ok([item, event_subject(self.event_id, subject), outbox_item(subject, self, call.now())])
    }
}
