//! The outbox: an item for each undelivered event. The transaction that writes the event writes it, and it goes when the event
//! has ended at every destination. It is beside the subject's history, under a sort key of its own, so the cost of reading
//! what is undelivered depends only on that.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::Timestamp;
use uuid::Uuid;

use crate::model::event::Event;
use crate::model::subject::Subject;
use crate::table::index::{Kind, open};
use crate::table::key::{Item, Key};
use crate::table::schema::GROUP;

/// The item that says that an event is undelivered.
pub(crate) fn outbox_item(subject: &Subject, event: &Event, since: Timestamp) -> Item {
    let id = event.event_id;
    let mut item = outbox_key(subject, id);
    item.extend(event.urgent_until().map(|until| ("urgentUntil".to_owned(), time(until))));
    item.extend(open(Kind::Undelivered, id.as_bytes(), since));
    item.insert(GROUP.to_owned(), AttributeValue::S(subject.group()));
    item.insert("eventId".to_owned(), AttributeValue::S(id.to_string()));
    item.insert("destinations".to_owned(), AttributeValue::M(Item::new()));
    item
}

pub(crate) fn event_key(subject: &Subject, id: Uuid) -> Item {
    Key::event(subject, id).into_item()
}

pub(crate) fn outbox_key(subject: &Subject, id: Uuid) -> Item {
    Key::outbox(subject, id).into_item()
}

pub(crate) fn time(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.to_string())
}
