//! What a seller's own records say about instances and license codes that were there before this deployment.
//!
//! An import writes what KooGallery's calls would have written, without events: the application knows these customers. What is
//! there already stays as it is, so an import can be repeated, and goes on where it broke off. Later orders and tenants are imported by the
//! functions that calls use, with a [`Call::imported`].

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{
    AppInfo, ExpireTime, InstanceId, InterfaceType, LicenseCode, OrderId, OrderLineId, ProductId, Timestamp,
};

use crate::changes::create_instance::instance_item;
use crate::model::bought::Bought;
use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::lifecycle::{Fact, Freeze, Lifecycle, Status};
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::facts;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::living::Living;
use crate::table::transaction::{Commit, Pauses, Transaction};

/// An instance as the seller's records have it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedInstance {
    /// Its id, as the reply to newInstance told KooGallery.
    pub instance_id: InstanceId,
    /// The order that bought it.
    pub order_id: OrderId,
    /// The order line; none in V1.0.
    pub order_line_id: Option<OrderLineId>,
    /// The interface type whose key signs the calls about it.
    pub interface_type: InterfaceType,
    /// What it consists of now.
    pub holds: Bought,
    /// The end of the paid period, if it has one.
    pub expire_time: Option<ExpireTime>,
    /// The buyer's way in; none if it is still being provisioned, or if it is released.
    pub app_info: Option<AppInfo>,
    /// What became of it.
    pub since: ImportedSince,
}

/// What became of an instance or a license code since it was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedSince {
    /// It is in use.
    InUse,
    /// It is frozen.
    Frozen(Freeze),
    /// It was released then.
    Released(Timestamp),
}

impl ImportedSince {
    fn fact(self) -> Option<Fact> {
        match self {
            Self::InUse => None,
            Self::Frozen(freeze) => Some(Fact::Freeze(freeze)),
            Self::Released(at) => Some(Fact::Release(at)),
        }
    }
}

/// A license code as the seller's records have it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedLicense {
    /// The code.
    pub license: LicenseCode,
    /// The order that bought it, if it is known.
    pub order_id: Option<OrderId>,
    /// What it consists of now.
    pub holds: Bought,
    /// The end of the paid period, if it has one.
    pub expire_time: Option<ExpireTime>,
    /// What became of it.
    pub since: ImportedSince,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is there now; in a dry run, it would be.
    New,
    /// It was there before, and stays as it is.
    Known,
    /// The id belongs to an instance that another order bought.
    IdTaken(OrderId),
    /// The order line bought another instance.
    OrderTaken(InstanceId),
}

impl ImportedInstance {
    /// Whether the purchase came by V1.0, which has no order lines.
    #[must_use]
    pub const fn is_v1(&self) -> bool {
        self.order_line_id.is_none()
    }

    /// Where a repeated newInstance looks for the instance.
    fn purchase(&self) -> Key {
        let line = self.order_line_id.as_ref();
        // V2.0 names the line, and V1.0 the product.
        let product: Option<&ProductId> = self.holds.product_id.as_ref().filter(|_| line.is_none());
        Key::purchase(World::Real, self.interface_type, &self.order_id, line, product)
    }
}

impl Store {
    /// What the import of an instance would do.
    pub async fn look_for_instance(&self, imported: &ImportedInstance) -> Result<Imported, StoreError> {
        let (instance, purchase) =
            tokio::join!(self.instance(&imported.instance_id), self.standing_item(imported.purchase()));
        let bought = purchase?.as_ref().and_then(|item| item.get("instanceId")?.as_s().ok()?.parse().ok());
        Ok(match (instance?, bought) {
            (Some(known), _)
                if known.order_id != imported.order_id || known.order_line_id != imported.order_line_id =>
            {
                Imported::IdTaken(known.order_id)
            }
            (_, Some(other)) if other != imported.instance_id => Imported::OrderTaken(other),
            (Some(_), _) => Imported::Known,
            (None, _) => Imported::New,
        })
    }

    /// Imports an instance that was bought when `call` says. `keys` seal its credentials.
    pub async fn import_instance(
        &self,
        call: &Call,
        imported: &ImportedInstance,
        keys: &impl DataKeys,
    ) -> Result<Imported, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let found = self.look_for_instance(imported).await?;
            if found != Imported::New {
                return Ok(found);
            }
            let id = &imported.instance_id;
            let app_info = match &imported.app_info {
                Some(info) => Some(self.seal_app_info(World::Real, id, info, keys).await?),
                None => None,
            };
            let key = imported.purchase();
            let mut purchase = List::Orders.entry(World::Real, imported.order_id.as_str(), call.signed_at(), &key);
            purchase.extend(key.into_item());
            purchase.insert("instanceId".to_owned(), AttributeValue::S(id.as_str().to_owned()));
            let status = if app_info.is_some() { Status::Active } else { Status::Provisioning };
            let mut instance = Instance {
                instance_id: id.clone(),
                order_id: imported.order_id.clone(),
                order_line_id: imported.order_line_id.clone(),
                interface_type: imported.interface_type,
                app_info,
                told_by_seller_api: imported.app_info.is_some(),
                never_provisioned: false,
                usage_info: Vec::new(),
                metered: false,
                provisioning_failure: None,
                v1: imported.is_v1() && imported.interface_type == InterfaceType::Basic,
                acceptance: None,
                licenses: None,
                life: Lifecycle::new(call.signed_at(), status).bought(imported.holds.clone(), imported.expire_time),
            };
            let fact = since(&mut instance, id, imported.since)?;
            let transaction = Transaction::new(self, call)?
                .create(purchase)?
                .create(instance_item(call, &instance)?)?
                .create_all(fact)?;
            match transaction.commit().await? {
                Commit::Done => return Ok(Imported::New),
                // Somebody else wrote one of them: the next look says what is there.
                Commit::Refused { .. } | Commit::Conflict | Commit::Replayed => pauses.pause().await?,
            }
        }
    }

    /// What the import of a license code would do.
    pub async fn look_for_license(&self, imported: &ImportedLicense) -> Result<Imported, StoreError> {
        let known = self.license(&imported.license).await?;
        Ok(if known.is_some() { Imported::Known } else { Imported::New })
    }

    /// Imports a license code that was bought when `call` says.
    pub async fn import_license(&self, call: &Call, imported: &ImportedLicense) -> Result<Imported, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let found = self.look_for_license(imported).await?;
            if found != Imported::New {
                return Ok(found);
            }
            let ImportedLicense { license, order_id, holds, expire_time, since: status } = imported;
            let life = Lifecycle::new(call.signed_at(), Status::Active).bought(holds.clone(), *expire_time);
            let mut code = License { license: license.clone(), life };
            let fact = since(&mut code, license, *status)?;
            let mut item: Item = code.attributes(World::Real)?;
            item.extend(Key::license(World::Real, license).into_item());
            let belongs = order_id
                .as_ref()
                .map(|order| Key::belongs(World::Real, order, &Subject::License(license.clone())).into_item());
            let transaction = Transaction::new(self, call)?.create(item)?.create_all(fact)?;
            let transaction = belongs.into_iter().try_fold(transaction, Transaction::keep)?;
            match transaction.commit().await? {
                Commit::Done => return Ok(Imported::New),
                Commit::Refused { .. } | Commit::Conflict | Commit::Replayed => pauses.pause().await?,
            }
        }
    }
}

/// Takes in what became of it, and returns the item of that fact, if it has one.
fn since<L: Living>(living: &mut L, id: &L::Id, since: ImportedSince) -> Result<Option<Item>, StoreError> {
    let Some(fact) = since.fact() else { return Ok(None) };
    living.life_mut().append(&fact);
    living.settle();
    facts::item::<L>(World::Real, id, &fact, &BTreeMap::new())
}
