//! Primary keys: the partition and the item in it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{
    AppId, DeviceFingerprint, EventId, InstanceId, InterfaceType, LicenseCode, Nonce, OrderId, OrderLineId, ProductId,
    TenantId, Text, Timestamp,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::about::About;
use crate::model::action::Action;
use crate::model::lease::LeaseOf;
use crate::model::login::{HandleDigest, LoginStep};
use crate::model::statement::RowPlace;
use crate::model::subject::{INSTANCE, LICENSE, ORDER, Subject, TENANT};
use crate::model::usage::hour::HourId;
use crate::model::usage::record::RecordId;
use crate::model::world::World;
use crate::table::schema::{EVENT, OUTBOX, PARTITION_KEY, SORT_KEY};

/// An item's attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// One item's primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    partition: String,
    sort: String,
}

impl Key {
    fn new(world: World, partition: &str, sort: String) -> Self {
        let prefix = if world == World::Test { "TEST#" } else { "" };
        Self { partition: format!("{prefix}{partition}"), sort }
    }

    /// An instance's state.
    pub(crate) fn instance(world: World, id: &InstanceId) -> Self {
        Self::new(world, &format!("{INSTANCE}{id}"), Self::STATE.to_owned())
    }

    /// The state of a subject: an instance, a license code.
    pub(crate) fn state(subject: &Subject) -> Self {
        Self { partition: subject.partition(), sort: Self::STATE.to_owned() }
    }

    /// An event about a subject: it is in the subject's history.
    pub(crate) fn event(subject: &Subject, event: Uuid) -> Self {
        Self { partition: subject.partition(), sort: format!("{EVENT}{event}") }
    }

    /// What says that this event is undelivered.
    pub(crate) fn outbox(subject: &Subject, event: Uuid) -> Self {
        Self { partition: subject.partition(), sort: format!("{OUTBOX}{event}") }
    }

    /// The sort key of these items.
    const STATE: &str = "STATE";

    /// The supervision of an order.
    pub(crate) fn supervision(order: &OrderId) -> Self {
        Self::new(World::Real, &format!("{ORDER}{order}"), Self::SUPERVISION.to_owned())
    }

    /// The sort key of a supervision.
    pub(crate) const SUPERVISION: &str = "SUPERVISION";

    /// What an order line is worth.
    pub(crate) fn amount(order: &OrderId, line: Option<&OrderLineId>) -> Self {
        let line = line.map_or("", OrderLineId::as_str);
        Self::new(World::Real, &format!("{ORDER}{order}"), format!("{}{line}", Self::AMOUNT))
    }

    /// The beginning of the sort keys of amounts.
    pub(crate) const AMOUNT: &str = "AMOUNT#";

    /// A customer demand.
    pub(crate) fn demand(id: Uuid) -> Self {
        Self { partition: About::Demand(id).partition(), sort: Self::STATE.to_owned() }
    }

    /// A call that failed, of what it names first.
    pub(crate) fn failed_call(subject: &Subject, callback: &str) -> Self {
        Self { partition: subject.partition(), sort: format!("{}{callback}", Self::FAILED_CALL) }
    }

    /// The beginning of the sort keys of calls that failed.
    pub(crate) const FAILED_CALL: &str = "FAILED_CALL#";

    /// A statement.
    pub(crate) fn statement(file: &Text<64>) -> Self {
        Self { partition: About::Statement(file.clone()).partition(), sort: "FILE".to_owned() }
    }

    /// A row of a statement.
    pub(crate) fn statement_row(file: &Text<64>, place: RowPlace) -> Self {
        Self { partition: About::Statement(file.clone()).partition(), sort: format!("{}{place}", Self::ROW) }
    }

    /// The beginning of the sort keys of rows.
    pub(crate) const ROW: &str = "ROW#";

    /// A mapping that a person confirmed.
    pub(crate) fn mapping(titles: &Text<64>) -> Self {
        Self::new(World::Real, Self::MAPPINGS, titles.as_str().to_owned())
    }

    /// The partition of all mappings: there are a few.
    pub(crate) const MAPPINGS: &str = "MAPPINGS";

    /// Why a finding is all right.
    pub(crate) fn explanation(finding: &Text<64>) -> Self {
        Self::new(World::Real, Self::EXPLANATIONS, finding.as_str().to_owned())
    }

    /// The partition of all explanations: people write them.
    pub(crate) const EXPLANATIONS: &str = "EXPLANATIONS";

    /// The last comparison of a month.
    pub(crate) fn comparison(month: &Text<7>) -> Self {
        Self::new(World::Real, &format!("FINDINGS#{}", month.as_str()), Self::STATE.to_owned())
    }

    /// A part of the findings of a comparison.
    pub(crate) fn findings(month: &Text<7>, run: Uuid, part: u32) -> Self {
        Self::new(World::Real, &format!("FINDINGS#{}", month.as_str()), format!("RUN#{run}#{part:05}"))
    }

    /// The current version of the settings.
    pub(crate) fn settings() -> Self {
        Self::new(World::Real, Self::SETTINGS, "CURRENT".to_owned())
    }

    /// A version of the settings in their history.
    pub(crate) fn settings_version(version: u64) -> Self {
        Self::new(World::Real, Self::SETTINGS, Self::settings_place(version))
    }

    /// The sort key of such a version. The keys have the order of the versions.
    pub(crate) fn settings_place(version: u64) -> String {
        format!("VERSION#{version:020}")
    }

    /// The partition of the settings.
    const SETTINGS: &str = "SETTINGS";

    /// The key that the addresses of buyers' pages are made with.
    pub(crate) fn page_key() -> Self {
        Self::new(World::Real, "BUYER_PAGES", "KEY".to_owned())
    }

    /// How far the walk through all instances is.
    pub(crate) fn walk() -> Self {
        Self::new(World::Real, "WALK", Self::STATE.to_owned())
    }

    /// The partition of what destinations were told: there are a few.
    pub(crate) const NOTICES: &str = "NOTICES";

    /// What a destination was told.
    pub(crate) fn notices(destination: &Text<64>) -> Self {
        Self::new(World::Real, Self::NOTICES, destination.as_str().to_owned())
    }

    /// What a person did to something.
    pub(crate) fn action(action: &Action) -> Self {
        let sort = format!("{}{:013}#{}", Self::ACTION, action.at.as_millis(), action.id);
        Self { partition: action.about.partition(), sort }
    }

    /// The beginning of the sort keys of actions.
    pub(crate) const ACTION: &str = "ACTION#";

    /// The beginning of the sort keys of facts.
    pub(crate) const FACT: &str = "FACT#";

    /// Beside a state: a later order of the same instance or code.
    pub(crate) fn order_fact(&self, order: &str) -> Self {
        Self { partition: self.partition.clone(), sort: format!("{}ORDER#{order}", Self::FACT) }
    }

    /// Beside a state: a freeze of the same instance or code.
    pub(crate) fn freeze_fact(&self, signed_at: i64, word: &str) -> Self {
        Self { partition: self.partition.clone(), sort: format!("{}FREEZE#{signed_at}#{word}", Self::FACT) }
    }

    /// What the purchase says about its buyer.
    pub(crate) fn details(world: World, id: &InstanceId) -> Self {
        Self::new(world, &format!("{INSTANCE}{id}"), "DETAILS".to_owned())
    }

    /// Records that a tenant has kit data of an instance: the tenant's own, or an application's.
    pub(crate) fn kit(id: &InstanceId, tenant: &TenantId, app: Option<&AppId>) -> Self {
        let (tenant, app) = (escaped(tenant.as_str()), app.map_or(String::new(), |app| escaped(app.as_str())));
        Self::new(World::Real, &format!("{INSTANCE}{id}"), format!("{}{tenant}#{app}", Self::KIT))
    }

    /// The beginning of the sort keys of such records of one tenant.
    pub(crate) fn kit_of(tenant: &TenantId) -> String {
        format!("{}{}#", Self::KIT, escaped(tenant.as_str()))
    }

    /// Records the parts that one sync wrote, in the same place as [`Self::kit`].
    pub(crate) fn kit_parts(id: &InstanceId, tenant: &TenantId, app: Option<&AppId>, parts: Uuid) -> Self {
        let Self { partition, sort } = Self::kit(id, tenant, app);
        Self { partition, sort: format!("{sort}#{parts}") }
    }

    /// The parts in such a sort key, if any.
    pub(crate) fn parts_of(sort: &str) -> Option<Uuid> {
        sort.strip_prefix(Self::KIT)?.split('#').nth(2)?.parse().ok()
    }

    /// A part of a bucket.
    pub(crate) fn part(&self, parts: Uuid, number: usize) -> Self {
        let Self { partition, sort } = self;
        Self { partition: partition.clone(), sort: format!("{sort}#PART#{parts}#{number}") }
    }

    /// The beginning of the sort keys of these items.
    pub(crate) const KIT: &str = "KIT#";

    /// An item that nothing ever writes.
    pub(crate) fn of_nothing() -> Self {
        Self::new(World::Test, "NOTHING", "NOTHING".to_owned())
    }

    /// A data key, wrapped.
    pub(crate) fn data_key(id: &str) -> Self {
        Self::new(World::Real, "DATA_KEY", id.to_owned())
    }

    /// Records which instance an order line made. A pay-per-use order and any order of V1.0 name products instead of lines. A
    /// purchase with another interface type's key has another item, even with the same ids.
    pub(crate) fn purchase(
        world: World,
        family: InterfaceType,
        order: &OrderId,
        line: Option<&OrderLineId>,
        product: Option<&ProductId>,
    ) -> Self {
        let name = match (product, line) {
            (Some(product), _) => format!("PRODUCT#{product}"),
            (None, Some(line)) => format!("LINE#{line}"),
            (None, None) => "ORDER".to_owned(),
        };
        let sort = if family == InterfaceType::License { format!("ENTITLEMENT#{name}") } else { name };
        Self::new(world, &format!("{ORDER}{order}"), sort)
    }

    /// An order notice that was received.
    pub(crate) fn notice(world: World, order: &OrderId, line: &OrderLineId) -> Self {
        Self::new(world, &format!("{ORDER}{order}"), format!("NOTICE#{line}"))
    }

    /// A tenant as one instance knows it, or without an instance.
    pub(crate) fn tenant(world: World, tenant: &TenantId, instance: Option<&InstanceId>) -> Self {
        let instance = instance.map_or("", InstanceId::as_str);
        Self::new(world, &format!("{TENANT}{tenant}"), format!("{}{instance}", Self::TENANT))
    }

    /// The beginning of the sort keys of a tenant's own items.
    pub(crate) const TENANT: &str = "INSTANCE#";

    /// A tenant's application as one instance knows it, or without an instance.
    pub(crate) fn application(world: World, tenant: &TenantId, app: &AppId, instance: Option<&InstanceId>) -> Self {
        let instance = instance.map_or("", InstanceId::as_str);
        Self::new(world, &format!("{TENANT}{tenant}"), format!("{}{instance}", Self::applications(app)))
    }

    /// The beginning of the sort keys of an application's items.
    pub(crate) fn applications(app: &AppId) -> String {
        format!("APPLICATION#{}#", escaped(app.as_str()))
    }

    /// A bucket of a directory of users. Each has a partition of its own, so that a large sync does not overload one.
    pub(crate) fn users(
        world: World,
        tenant: &TenantId,
        instance: Option<&InstanceId>,
        app: &AppId,
        bucket: usize,
    ) -> Self {
        let (instance, app) = (instance.map_or(String::new(), |id| escaped(id.as_str())), escaped(app.as_str()));
        Self::new(world, &format!("{TENANT}{tenant}#{bucket:02}"), format!("USERS#{instance}#{app}"))
    }

    /// A bucket of a directory of departments.
    pub(crate) fn departments(world: World, tenant: &TenantId, instance: Option<&InstanceId>, bucket: usize) -> Self {
        let instance = instance.map_or("", InstanceId::as_str);
        Self::new(world, &format!("{TENANT}{tenant}#{bucket:02}"), format!("DEPARTMENTS#{instance}"))
    }

    /// A license code's state.
    pub(crate) fn license(world: World, code: &LicenseCode) -> Self {
        Self::new(world, &format!("{LICENSE}{}", code.reveal()), Self::STATE.to_owned())
    }

    /// A requested license for a device, on an instance. The key has the digest of the fingerprint, which itself is too long
    /// and must not be shown. Without a fingerprint it is the digest of the empty text.
    pub(crate) fn device_license(
        world: World,
        id: &InstanceId,
        event: &EventId,
        fingerprint: Option<&DeviceFingerprint>,
    ) -> Self {
        let digest = hex::encode(Sha256::digest(fingerprint.map_or("", DeviceFingerprint::reveal)));
        Self::new(world, &format!("{INSTANCE}{id}"), format!("{LICENSE}{event}#{digest}"))
    }

    /// A requested license for a purchase.
    pub(crate) fn purchase_license(world: World, order: &OrderId, product: Option<&ProductId>) -> Self {
        let sort = product.map_or_else(|| "LICENSE".to_owned(), |product| format!("{LICENSE}{product}"));
        Self::new(world, &format!("{ORDER}{order}"), sort)
    }

    /// What that request says about the buyer.
    pub(crate) fn purchase_license_details(order: &OrderId, product: Option<&ProductId>) -> Self {
        let sort = product.map_or_else(|| "LICENSE_DETAILS".to_owned(), |product| format!("LICENSE_DETAILS#{product}"));
        Self::new(World::Real, &format!("{ORDER}{order}"), sort)
    }

    /// The record of a call about a subject.
    pub(crate) fn call(world: World, subject: &Subject, name: &str) -> Self {
        Self::new(world, &subject.partition(), format!("{}{name}", Self::CALL))
    }

    /// The beginning of the sort keys of these items.
    pub(crate) const CALL: &str = "CALL#";

    /// The last debug call of a callback.
    pub(crate) fn probe(callback: &str) -> Self {
        Self::new(World::Test, "PROBES", callback.to_owned())
    }

    /// Records which instance or license code an order is of.
    pub(crate) fn belongs(world: World, order: &OrderId, of: &Subject) -> Self {
        Self::new(world, &format!("{ORDER}{order}"), format!("{}{}", Self::BELONGS, of.partition()))
    }

    /// The beginning of the sort keys of these items.
    pub(crate) const BELONGS: &str = "BELONGS#";

    /// Records what an event is about.
    pub(crate) fn event_subject(event: Uuid) -> Self {
        Self::new(World::Real, &format!("EVENT#{event}"), "SUBJECT".to_owned())
    }

    /// A nonce that was used.
    pub(crate) fn nonce(world: World, nonce: &Nonce) -> Self {
        Self::new(world, &format!("NONCE#{}", nonce.as_str()), "NONCE".to_owned())
    }

    /// A lease. It has a partition of its own, so that it is in no history and goes with no erasure.
    pub(crate) fn lease(of: &LeaseOf) -> Self {
        Self::new(World::Real, &format!("LEASE#{}", of.name()), "LEASE".to_owned())
    }

    /// What a login keeps under a handle. It is not about a world: its content says which one.
    pub(crate) fn login(step: LoginStep, of: HandleDigest) -> Self {
        Self::new(World::Real, &format!("LOGIN#{}", of.to_hex()), <&str>::from(step).to_owned())
    }

    /// The partition of the sessions of the console.
    pub(crate) const SESSIONS: &str = "SESSIONS";
    const SESSION: &str = "SESSION#";

    /// A session of the console.
    pub(crate) fn session(of: HandleDigest) -> Self {
        Self::new(World::Real, Self::SESSIONS, format!("{}{}", Self::SESSION, of.to_hex()))
    }

    /// The digest in such a sort key.
    pub(crate) fn session_digest(sort: &str) -> Option<HandleDigest> {
        HandleDigest::from_hex(sort.strip_prefix(Self::SESSION)?)
    }

    /// The partition of the jobs of the console.
    pub(crate) const JOBS: &str = "JOBS";

    /// A job of the console.
    pub(crate) fn job(id: Uuid) -> Self {
        Self::new(World::Real, Self::JOBS, format!("JOB#{id}"))
    }

    /// The partition of the keys that sign ID tokens.
    pub(crate) const SIGNING_KEYS: &str = "SIGNING_KEYS";

    /// A key that signs ID tokens.
    pub(crate) fn signing_key(algorithm: &str, number: u32) -> Self {
        Self::new(World::Real, Self::SIGNING_KEYS, format!("{algorithm}#{number:08}"))
    }

    /// What an order line bought, from the order query.
    pub(crate) fn order_details(order: &OrderId, line: Option<&OrderLineId>) -> Self {
        let sort = line.map_or_else(|| "DETAILS".to_owned(), |line| format!("DETAILS#{line}"));
        Self::new(World::Real, &format!("{ORDER}{order}"), sort)
    }

    /// A record of an instance's use, by the application's id. Records are spread over partitions, so that many of one instance
    /// can be written at once.
    pub(crate) fn usage_record(instance: &InstanceId, record: &RecordId) -> Self {
        let shard = Sha256::digest(record.as_str())[0] % Self::USAGE_SHARDS;
        let sort = format!("{}{record}", Self::USAGE_RECORD);
        Self::new(World::Real, &Self::usage_records(instance, shard), sort)
    }

    /// The partition of a part of an instance's records.
    pub(crate) fn usage_records(instance: &InstanceId, shard: u8) -> String {
        format!("{}{}#{shard:02}", Self::USAGE, escaped(instance.as_str()))
    }

    /// The partition of what an instance used, hour by hour.
    pub(crate) fn usage(instance: &InstanceId) -> String {
        format!("{}{}", Self::USAGE, escaped(instance.as_str()))
    }

    /// The instance of such a partition.
    pub(crate) fn usage_instance(partition: &str) -> Option<InstanceId> {
        partition.strip_prefix(Self::USAGE)?.replace("%23", "#").replace("%25", "%").parse().ok()
    }

    /// An hour of an instance.
    pub(crate) fn usage_hour(id: &HourId) -> Self {
        let package = id.related_package.as_ref().map_or(String::new(), |package| escaped(package.as_str()));
        let sort = format!("{}{:013}#{package}#{}", Self::USAGE_HOUR, id.begin.as_millis(), id.part);
        Self::new(World::Real, &Self::usage(&id.instance_id), sort)
    }

    /// Says that no other record of an instance may begin then, but the one of the plain hour.
    pub(crate) fn usage_span(instance: &InstanceId, begin: Timestamp) -> Self {
        Self::new(World::Real, &Self::usage(instance), format!("SPAN#{:013}", begin.as_millis()))
    }

    /// Says which serial number a record of an instance has that the seller made, with this beginning and end.
    pub(crate) fn pushed_span(instance: &InstanceId, begin: Timestamp, end: Timestamp) -> Self {
        let sort = format!("PUSHED#{:013}#{:013}", begin.as_millis(), end.as_millis());
        Self::new(World::Real, &Self::usage(instance), sort)
    }

    /// What an instance used in all closed hours.
    pub(crate) fn usage_total(instance: &InstanceId) -> Self {
        Self::new(World::Real, &Self::usage(instance), "TOTAL".to_owned())
    }

    /// What was used of a package.
    pub(crate) fn usage_package(package: &InstanceId) -> Self {
        Self::new(World::Real, &Self::usage(package), "PACKAGE".to_owned())
    }

    /// The beginning of the partitions of use.
    pub(crate) const USAGE: &str = "USAGE#";
    /// So many partitions hold the records of an instance.
    pub(crate) const USAGE_SHARDS: u8 = 16;
    /// The beginning of the sort keys of records.
    pub(crate) const USAGE_RECORD: &str = "RECORD#";
    /// The beginning of the sort keys of hours.
    pub(crate) const USAGE_HOUR: &str = "HOUR#";

    /// The place for which a value of this item is sealed.
    pub(crate) fn place(&self) -> String {
        format!("{:?} {:?}", self.partition, self.sort)
    }

    /// The partition's key.
    pub(crate) fn partition(&self) -> &str {
        &self.partition
    }

    /// The key of an item.
    pub(crate) fn of_item(item: &Item) -> Option<Self> {
        let text = |name| item.get(name)?.as_s().ok().cloned();
        Some(Self { partition: text(PARTITION_KEY)?, sort: text(SORT_KEY)? })
    }

    /// The key as attributes.
    pub(crate) fn into_item(self) -> Item {
        HashMap::from([
            (PARTITION_KEY.to_owned(), AttributeValue::S(self.partition)),
            (SORT_KEY.to_owned(), AttributeValue::S(self.sort)),
        ])
    }
}

/// Escapes a text so that `#` can be a separator beside it.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_separators_do_not_meet() {
        let users = |instance: &str, app: &str| {
            let (tenant, instance, app) = ("t".parse().unwrap(), instance.parse().unwrap(), app.parse().unwrap());
            Key::users(World::Real, &tenant, Some(&instance), &app, 1)
        };
        assert_ne!(users("a#b", "c"), users("a", "b#c"));
        assert_ne!(users("a%23b", "c"), users("a#b", "c"));
        assert_ne!(users("a", "c").place(), users("a", "d").place());
        let record = |instance: &str, id: &str| Key::usage_record(&instance.parse().unwrap(), &id.parse().unwrap());
        assert_ne!(Key::usage(&"a#01".parse().unwrap()), Key::usage_records(&"a".parse().unwrap(), 1));
        assert_ne!(record("a", "b#c"), record("a#b", "c"));
        for id in ["a", "a#b", "a%23b", "%"] {
            let id = id.parse().unwrap();
            assert_eq!(Key::usage_instance(&Key::usage(&id)), Some(id));
        }
    }
}
