//! The items of a trace: records of calls, and which way leads from an order or an event to what it is about.
//!
//! A call that changes something writes its record in its own transaction. A call that changes nothing is noted by an update that
//! counts: calls that say the same share an item for a minute, and successful queries for a day. So neither a poll every few
//! minutes nor a call that is repeated all day fills a partition. The records go by themselves.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, ResultCode};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::failed_call::is_failure;
use crate::model::kept_call::{CallInfo, CallSaid};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::index::Kind;
use crate::table::key::{Item, Key};
use crate::table::schema::{OPEN, OPEN_SINCE, TTL_ATTRIBUTE};

/// A record of a call is kept this long.
const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// That a call failed is kept this long: longer than a month, whose failures count together.
const FAILURE_KEPT: Duration = Duration::from_hours(60 * 24);

const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What the record of an event's subject is called.
pub(crate) const SUBJECT: &str = "subject";

impl CallInfo {
    /// The items of a call that changed something: its record; and where it names an order of an instance or a license code,
    /// whom the order belongs to. `made` is the instance that it created.
    pub(crate) fn to_items(&self, code: ResultCode, made: Option<&InstanceId>) -> Result<Vec<Item>, StoreError> {
        let Some(subject) = self.subjects().into_iter().next() else { return Ok(Vec::new()) };
        let mut said = self.said(code, self.remark.as_deref());
        said.instance_id = said.instance_id.or(made.map(ToString::to_string));
        let name = format!("{:013}#{}", self.at.as_millis(), Uuid::new_v4());
        let mut item = Key::call(self.world(), &subject, &name).into_item();
        item.insert("call".to_owned(), serde_dynamo::to_attribute_value(said)?);
        item.insert("calls".to_owned(), number(1));
        item.insert("firstAt".to_owned(), number(self.at.as_millis()));
        item.insert("lastAt".to_owned(), number(self.at.as_millis()));
        item.insert(TTL_ATTRIBUTE.to_owned(), self.until());
        Ok([item].into_iter().chain(self.belongs()).collect())
    }

    /// Which instance or license code a later order is of. The item of an order line says so of a purchase.
    fn belongs(&self) -> Option<Item> {
        let named = &self.named;
        let order = named.order_id.as_ref().filter(|_| named.tenant_id.is_none())?;
        let instance = named.instance_id.clone().map(Subject::Instance);
        let of = instance.or(named.license.clone().map(Subject::License))?;
        let mut item = Key::belongs(self.world(), order, &of).into_item();
        if self.world() == World::Test {
            item.insert(TTL_ATTRIBUTE.to_owned(), self.until());
        }
        Some(item)
    }

    fn until(&self) -> AttributeValue {
        number(self.at.saturating_add(LIFETIME).as_seconds())
    }

    /// Under what name a call is noted that changed nothing: calls that say the same have the same for a while.
    fn name(&self, said: &CallSaid) -> String {
        let span = if self.is_poll(said.result_code) { DAY } else { MINUTE };
        let since = self.at.as_millis().div_euclid(span) * span;
        let reason = Sha256::digest(said.reason.as_deref().unwrap_or_default());
        format!("{since:013}#{}#{}#{}", said.callback, said.result_code, hex::encode(&reason[..4]))
    }
}

impl Store {
    /// Notes a call that changed nothing, with everything that it names. One that names nothing is not noted.
    pub async fn note_call(&self, call: &CallInfo, code: ResultCode, reason: Option<&str>) -> Result<(), StoreError> {
        let said = call.said(code, reason);
        for subject in call.subjects() {
            let update = Change::new()
                .set("call", serde_dynamo::to_attribute_value::<_, AttributeValue>(&said)?)
                .set_once("firstAt", call.at)
                .set("lastAt", call.at)
                .set(TTL_ATTRIBUTE, call.until())
                .count_up("calls")
                .of(Key::call(call.world(), &subject, &call.name(&said)));
            self.update_alone(update).await?;
        }
        self.note_failure(call, code, reason).await
    }

    /// Notes that a buyer's call failed, so that somebody is told if it does not come well again.
    async fn note_failure(&self, call: &CallInfo, code: ResultCode, reason: Option<&str>) -> Result<(), StoreError> {
        let Some(subject) = call.subjects().into_iter().next() else { return Ok(()) };
        if call.world() == World::Test || !is_failure(call.callback, code) {
            return Ok(());
        }
        let said = call.said(code, reason);
        let key = Key::failed_call(&subject, &said.callback);
        let name = Kind::FailedCall.value(key.partition().as_bytes());
        let update = Change::new()
            .set("subject", subject.partition())
            .set("callback", said.callback)
            .set("resultCode", said.result_code.as_str())
            .set_once("firstAt", call.at)
            .set("lastAt", call.at)
            .set_once(OPEN, name)
            .set_once(OPEN_SINCE, call.at)
            .set(TTL_ATTRIBUTE, number(call.at.saturating_add(FAILURE_KEPT).as_seconds()))
            .count_up("calls");
        let update = said.reason.iter().fold(update, |update, reason| update.set("reason", reason.as_str()));
        self.update_alone(update.of(key)).await.map(drop)
    }
}

impl Store {
    /// Notes a debug call as the last one of its callback. A call that is none is not noted.
    pub async fn note_probe(&self, call: &CallInfo, code: ResultCode, reason: Option<&str>) -> Result<(), StoreError> {
        if call.world() != World::Test {
            return Ok(());
        }
        let said = call.said(code, reason);
        let update = Change::new()
            .set("call", serde_dynamo::to_attribute_value::<_, AttributeValue>(&said)?)
            .set("at", call.at)
            .set(TTL_ATTRIBUTE, call.until());
        // KooGallery counts any answer but this as failed.
        let update = if code == ResultCode::Success {
            update.remove("failsSince")
        } else {
            update.set_once("failsSince", call.at)
        };
        self.update_alone(update.of(Key::probe(&said.callback))).await.map(drop)
    }
}

/// The item that leads from an event's id, which is the webhook's, to what the event is about.
pub(crate) fn event_subject(event: Uuid, subject: &Subject) -> Item {
    let mut item = Key::event_subject(event).into_item();
    item.insert(SUBJECT.to_owned(), AttributeValue::S(subject.partition()));
    item
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use koogallery::{Callback, InterfaceType, Named, Timestamp};

    use super::*;

    fn call(callback: Callback, at: i64) -> CallInfo {
        let named = Named {
            order_id: Some("CS1".parse().unwrap()),
            instance_id: Some("b-1".parse().unwrap()),
            ..Named::default()
        };
        CallInfo::new(callback, InterfaceType::Basic, named, None, Timestamp::from_millis(at))
    }

    fn name(callback: Callback, at: i64, code: ResultCode, reason: &str) -> String {
        let call = call(callback, at);
        call.name(&call.said(code, Some(reason)))
    }

    #[test]
    fn calls_that_say_the_same_share_a_record_for_a_minute_and_polls_for_a_day() {
        let refused = |at, reason| name(Callback::RefreshInstance, at, ResultCode::InvalidParameter, reason);
        assert_eq!(refused(DAY + 1, "x"), refused(DAY + MINUTE - 1, "x"));
        assert_ne!(refused(DAY + 1, "x"), refused(DAY + MINUTE, "x"));
        assert_ne!(refused(DAY + 1, "x"), refused(DAY + 1, "y"));
        let poll = |at, code| name(Callback::QueryInstance, at, code, "");
        assert_eq!(poll(DAY, ResultCode::Success), poll(2 * DAY - 1, ResultCode::Success));
        assert_ne!(poll(DAY, ResultCode::Success), poll(DAY, ResultCode::Processing));
        assert_ne!(poll(DAY, ResultCode::InstanceNotFound), poll(DAY + MINUTE, ResultCode::InstanceNotFound));
    }

    #[test]
    fn a_later_order_leads_to_its_instance() {
        let items = call(Callback::RefreshInstance, 7).to_items(ResultCode::Success, None).unwrap();
        let key = |item: &Item| (item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone());
        let [record, belongs] = &items[..] else { panic!("{items:?}") };
        assert!(key(record).0 == "INSTANCE#b-1" && key(record).1.starts_with("CALL#0000000000007#"));
        assert_eq!(key(belongs), ("ORDER#CS1".to_owned(), "BELONGS#INSTANCE#b-1".to_owned()));
    }
}
