//! Erasure: the personal data of an instance or a license code is deleted some time after its release.
//!
//! No personal data is written about something released ([`crate::Status::Released`]): every such write has that condition in
//! its own transaction. So nothing is added after the search, and no step comes too early. The steps are small, and each can be
//! repeated. The state is last and stays in the index until then, so an erasure that stops in the middle begins again and ends
//! the same way. What stays identifies nobody: status, orders, periods, and events without names.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use koogallery::{AppId, InstanceId, LicenseCode, OrderId, OrderLineId, TenantId, Timestamp};

use crate::changes::decide::difference;
use crate::kit::directory::Directory;
use crate::kit::link::{APP_ID, TENANT_ID};
use crate::model::action::Action;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{Lifecycle, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::facts::FURTHER;
use crate::table::index::{Kind, Open};
use crate::table::key::{Item, Key};
use crate::table::living::Living;
use crate::table::query::Query;
use crate::table::schema::{PARTITION_KEY, SORT_KEY};
use crate::table::transaction::Pauses;

/// The most items that DynamoDB deletes in one request.
const LARGEST_DELETE: usize = 25;

/// The result of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// It is done.
    Done(Gone),
    /// It was done before.
    Before,
    /// It is not released, or not long enough ago. Nothing was changed.
    NotDue,
    /// The instance or license code does not exist.
    Unknown,
}

/// What one erasure deleted; if it began again, only the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// How many items were deleted.
    pub items: usize,
    /// How many events stay without a name of a person or a device.
    pub events: usize,
}

const INSTANCE_ID: &str = "instanceId";
const ORDER_ID: &str = "orderId";
const ORDER_LINE_ID: &str = "orderLineId";

impl Store {
    /// What was released by this time and is not erased yet, the oldest of each shard first.
    pub async fn to_erase(&self, released_by: Timestamp) -> Result<Vec<Open>, StoreError> {
        self.open_by(Kind::Erasure, released_by).await
    }

    /// Erases the personal data of an instance or a license code, if it was released by this time.
    pub async fn erase(&self, of: &Subject, released_by: Timestamp, at: Timestamp) -> Result<Erased, StoreError> {
        self.erase_acted(of, released_by, at, None).await
    }

    /// The same for a person, whenever it was released. The last step writes the record of who did it, and why.
    pub async fn erase_by(&self, of: &Subject, action: &Action) -> Result<Erased, StoreError> {
        // By any time: the clock that signed the release may be ahead of this one.
        self.erase_acted(of, Timestamp::from_millis(i64::MAX), action.at, Some(action)).await
    }

    async fn erase_acted(
        &self,
        of: &Subject,
        released_by: Timestamp,
        at: Timestamp,
        action: Option<&Action>,
    ) -> Result<Erased, StoreError> {
        // Boxed, because the type of a caller's future would be too deep for the compiler.
        match of {
            Subject::Instance(id) => Box::pin(self.erase_instance(id, released_by, at, action)).await,
            Subject::License(code) => Box::pin(self.erase_license(code, released_by, at, action)).await,
            Subject::Order(_) | Subject::Tenant(_) | Subject::Warning(_) => Ok(Erased::Unknown),
        }
    }

    async fn erase_instance(
        &self,
        id: &InstanceId,
        by: Timestamp,
        at: Timestamp,
        action: Option<&Action>,
    ) -> Result<Erased, StoreError> {
        let instance: Instance = match self.due(id, by).await? {
            Ok(instance) => instance,
            Err(outcome) => return Ok(outcome),
        };
        let own = self.of_partition(&Subject::Instance(id.clone()), None).await?;
        let sorted = |prefix: &'static str| own.iter().filter(move |item| text(item, SORT_KEY).starts_with(prefix));

        // The kit's directories go before its events: when no name is left, no new event can contain one.
        let mut gone = Gone::default();
        let mut tenants = BTreeSet::new();
        for link in sorted(Key::KIT) {
            let (Ok(tenant), app) =
                (text(link, TENANT_ID).parse::<TenantId>(), text(link, APP_ID).parse::<AppId>().ok())
            else {
                return Err(StoreError::Unreadable("a link to a tenant".to_owned()));
            };
            gone.items += match Key::parts_of(text(link, SORT_KEY)) {
                Some(parts) => {
                    let directory =
                        Directory { world: World::Real, tenant: &tenant, instance: Some(id), app: app.as_ref() };
                    self.delete(directory.parts(parts).map(Key::into_item).collect()).await?
                }
                None => self.erase_kit(id, &tenant, app.as_ref()).await?,
            };
            tenants.insert(tenant);
        }
        for tenant in tenants {
            let naming = self.of_partition(&Subject::Tenant(tenant), Some(id)).await?;
            gone.events += self.without(naming.iter()).await?;
        }
        gone.events += self.without(sorted("EVENT#").filter(|item| item.contains_key("data"))).await?;

        let mut keys: Vec<Item> = sorted("DETAILS").chain(sorted("LICENSE#")).map(key_of).collect();
        if !self.is_shared(&instance).await? {
            keys.push(Key::order_details(&instance.order_id, instance.order_line_id.as_ref()).into_item());
        }
        self.forget_further(sorted(Key::FACT)).await?;
        keys.extend(sorted(Key::FACT).filter_map(later_details));
        gone.items += self.delete(keys).await?;
        self.delete(sorted(Key::KIT).map(key_of).collect()).await?;
        self.forget(id, instance, at, gone, action).await
    }

    async fn erase_license(
        &self,
        code: &LicenseCode,
        by: Timestamp,
        at: Timestamp,
        action: Option<&Action>,
    ) -> Result<Erased, StoreError> {
        let license: License = match self.due(code, by).await? {
            Ok(license) => license,
            Err(outcome) => return Ok(outcome),
        };
        let own = self.of_partition(&Subject::License(code.clone()), None).await?;
        let orders = || own.iter().filter(|item| text(item, SORT_KEY).starts_with(Key::FACT));
        self.forget_further(orders()).await?;
        let items = self.delete(orders().filter_map(later_details).collect()).await?;
        self.forget(code, license, at, Gone { items, events: 0 }, action).await
    }

    /// What has to be erased, or why nothing has to be.
    async fn due<L: Living>(&self, id: &L::Id, by: Timestamp) -> Result<Result<L, Erased>, StoreError> {
        let Some(item) = self.standing_item(L::key(World::Real, id)).await? else { return Ok(Err(Erased::Unknown)) };
        let standing: L = serde_dynamo::from_item(item)?;
        let Lifecycle { released_at, erased_at, .. } = standing.life();
        Ok(match (released_at, erased_at) {
            (_, Some(_)) => Err(Erased::Before),
            (Some(released_at), None) if *released_at <= by => Ok(standing),
            _ => Err(Erased::NotDue),
        })
    }

    /// The last step: the state says that it is done, and leaves the index.
    async fn forget<L: Living>(
        &self,
        id: &L::Id,
        of: L,
        at: Timestamp,
        gone: Gone,
        action: Option<&Action>,
    ) -> Result<Erased, StoreError> {
        let mut erased = of.clone();
        erased.erase(at);
        erased.life_mut().version += 1;
        let update = difference(World::Real, id, &of, &erased)?;
        // Only an erasure changes something released, so another erasure was faster.
        let written = match action {
            None => self.update_alone(update).await?,
            Some(action) => {
                let counts = serde_json::json!({ "items": gone.items, "events": gone.events });
                self.update_acted(update, Some(&action.clone().to(counts))).await?
            }
        };
        Ok(if written { Erased::Done(gone) } else { Erased::Before })
    }

    /// The directories of an instance's application or of its tenant, and the items about them.
    async fn erase_kit(&self, id: &InstanceId, tenant: &TenantId, app: Option<&AppId>) -> Result<usize, StoreError> {
        let directory = Directory { world: World::Real, tenant, instance: Some(id), app };
        let mut keys: Vec<Item> = directory.keys().map(Key::into_item).collect();
        keys.push(match app {
            Some(app) => Key::application(World::Real, tenant, app, Some(id)).into_item(),
            None => Key::tenant(World::Real, tenant, Some(id)).into_item(),
        });
        self.delete(keys).await
    }

    /// Whether the details of the order line that bought an instance also belong to another instance that still exists. V1.0 and
    /// pay-per-use identify an order's products, not its lines. The details then go with that instance.
    async fn is_shared(&self, instance: &Instance) -> Result<bool, StoreError> {
        let (order, line) = (&instance.order_id, instance.order_line_id.as_ref());
        let order = Subject::Order(order.clone());
        let query = Query::of_partition(order.partition()).filter(Condition::Exists(INSTANCE_ID)).to(self);
        let items: Vec<Item> = query.into_paginator().items().send().collect::<Result<_, _>>().await?;
        let ids: Vec<InstanceId> = items.iter().filter_map(|item| text(item, INSTANCE_ID).parse().ok()).collect();
        let others = self.instances(World::Real, &ids).await?;
        Ok(others.values().any(|other| other.life.status != Status::Released && other.order_line_id.as_ref() == line))
    }

    /// The keys of a partition's items; of events also the members of their data that identify a person or a device. For an
    /// instance, only its events that have such a member.
    async fn of_partition(&self, of: &Subject, instance: Option<&InstanceId>) -> Result<Vec<Item>, StoreError> {
        let mut query = Query::of_partition(of.partition())
            .only([PARTITION_KEY, SORT_KEY, TENANT_ID, APP_ID, ORDER_ID, ORDER_LINE_ID])
            .only_members(DATA, NAMING);
        if let Some(id) = instance {
            query = query.filter(Condition::MemberIs(DATA, INSTANCE_ID, id.as_str().into())).filter(names_something());
        }
        query.to(self).into_paginator().items().send().collect::<Result<_, _>>().await.map_err(StoreError::from)
    }

    /// Removes names from the data of events. Returns how many events had one.
    async fn without<'i>(&self, events: impl Iterator<Item = &'i Item>) -> Result<usize, StoreError> {
        let mut changed = 0;
        for event in events {
            let change = NAMING.iter().fold(Change::new(), |change, member| change.remove_member(DATA, member));
            let update = change.only_if(names_something()).update(key_of(event));
            changed += usize::from(self.update_in_turn(update).await?);
        }
        Ok(changed)
    }

    /// Removes the other data that V1.0 sent with later orders: it may be personal.
    async fn forget_further(&self, orders: impl Iterator<Item = &Item>) -> Result<(), StoreError> {
        for order in orders {
            let update = Change::new().remove(FURTHER).only_if(Condition::Exists(FURTHER)).update(key_of(order));
            self.update_in_turn(update).await?;
        }
        Ok(())
    }

    /// Deletes these items. Returns how many existed.
    pub(super) async fn delete(&self, mut keys: Vec<Item>) -> Result<usize, StoreError> {
        let mut seen = BTreeSet::new();
        keys.retain(|key| seen.insert((text(key, PARTITION_KEY).to_owned(), text(key, SORT_KEY).to_owned())));
        let standing: Vec<Item> = self.standing_items(keys).await?.iter().map(key_of).collect();
        for keys in standing.chunks(LARGEST_DELETE) {
            let requests: Result<Vec<_>, _> = keys.iter().map(|key| delete_request(key.clone())).collect();
            let mut left = requests?;
            let mut pauses = Pauses::new();
            // DynamoDB may do a part and return the rest; or a sync that removes something holds an item.
            while !left.is_empty() {
                let request = self.client.batch_write_item().request_items(&self.table, left.clone());
                match request.send().await.map_err(StoreError::from) {
                    Ok(answer) => {
                        let unprocessed = answer.unprocessed_items.and_then(|mut items| items.remove(&self.table));
                        left = unprocessed.unwrap_or_default();
                    }
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
                if !left.is_empty() {
                    pauses.pause().await?;
                }
            }
        }
        Ok(standing.len())
    }
}

/// The members of an event's data that identify a person, a department or a device.
const NAMING: [&str; 3] = ["userNames", "orgCodes", "deviceFingerprint"];

const DATA: &str = "data";

/// The event has one of them.
fn names_something() -> Condition {
    Condition::Any(NAMING.map(|member| Condition::HasMember(DATA, member)).to_vec())
}

/// The key of the details of a later order.
fn later_details(order: &Item) -> Option<Item> {
    let (id, line) = (text(order, ORDER_ID).parse::<OrderId>().ok()?, text(order, ORDER_LINE_ID));
    Some(Key::order_details(&id, line.parse::<OrderLineId>().ok().as_ref()).into_item())
}

fn delete_request(key: Item) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

fn key_of(item: &Item) -> Item {
    let part = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    [PARTITION_KEY, SORT_KEY].into_iter().filter_map(part).collect()
}

/// A text attribute; empty if there is none.
fn text<'i>(item: &'i Item, name: &str) -> &'i str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
