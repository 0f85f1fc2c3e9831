//! Reading instances: one `BatchGetItem` beside the nonce.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use koogallery::{InstanceId, LicenseCode};

use crate::model::instance::Instance;
use crate::model::license::License;
use crate::model::sealed::Sealed;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::key::{Item, Key};
use crate::table::living::Living;
use crate::table::nonce::NonceUse;

/// The most keys in one request to DynamoDB.
const LARGEST_BATCH: usize = 100;

/// The result of a read.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// The requested instances that exist, by id: only those bought with the caller's interface type.
    Found(HashMap<InstanceId, Instance>),
    /// The nonce was used before.
    Replayed,
}

impl Store {
    /// Reads up to 100 instances for a call that changes nothing.
    pub async fn read(&self, call: &Call, ids: &[InstanceId]) -> Result<Read, StoreError> {
        let (nonce, instances) = tokio::join!(self.use_nonce(call), call.timed(self.instances(call.world(), ids)));
        Ok(match nonce? {
            NonceUse::First => {
                let mut found = instances?;
                found.retain(|_, instance| instance.is_known_to(call));
                Read::Found(found)
            }
            NonceUse::Replayed => Read::Replayed,
        })
    }

    /// One buyer's instance.
    pub async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>, StoreError> {
        self.instance_in(World::Real, id).await
    }

    /// An instance of a world: a buyer's, or one of debug calls.
    pub async fn instance_in(&self, world: World, id: &InstanceId) -> Result<Option<Instance>, StoreError> {
        let item = self.standing_item(Key::instance(world, id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// One license code, as known from calls.
    pub async fn license(&self, code: &LicenseCode) -> Result<Option<License>, StoreError> {
        let item = self.standing_item(Key::license(World::Real, code)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// What V1.0 says about an instance's buyer, sealed for [`crate::purchase_details_place`]. Returns none if it says nothing.
    pub async fn purchase_details(&self, world: World, id: &InstanceId) -> Result<Option<Sealed>, StoreError> {
        let item = self.standing_item(Key::details(world, id)).await?;
        Ok(Sealed::of_attribute(item.as_ref().and_then(|item| item.get("details"))))
    }

    /// Asks the table for an item that is never there: whether it can be reached, and read.
    pub async fn reach(&self) -> Result<(), StoreError> {
        self.standing_item(Key::of_nothing()).await.map(|_| ())
    }

    /// One item, in its current state.
    pub(crate) async fn standing_item(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item()));
        Ok(get.consistent_read(true).send().await?.item)
    }

    /// One item, in its current state, for a call whose transaction met another one.
    pub(crate) async fn item(&self, call: &Call, key: Key) -> Result<Option<Item>, StoreError> {
        call.timed(self.standing_item(key)).await
    }

    /// Several items, in their current state. Those that do not exist are left out.
    pub(crate) async fn items(&self, call: &Call, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        call.timed(self.standing_items(keys)).await
    }

    /// The same without a call.
    pub(crate) async fn standing_items(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(LARGEST_BATCH) {
            let mut wanted = Some(batch(keys.to_vec())?);
            // DynamoDB may answer a part and return the other keys. The caller's deadline limits all of it.
            while let Some(keys) = wanted {
                let request = self.client.batch_get_item().request_items(&self.table, keys);
                let answer = request.send().await?;
                found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
                wanted = answer.unprocessed_keys.and_then(|mut keys| keys.remove(&self.table));
            }
        }
        Ok(found)
    }

    /// The named instances that exist.
    pub(crate) async fn instances(
        &self,
        world: World,
        ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, Instance>, StoreError> {
        let keys = ids.iter().map(|id| Key::instance(world, id).into_item()).collect();
        let instances = self.standing_items(keys).await?.into_iter().map(serde_dynamo::from_item::<_, Instance>);
        instances
            .map(|instance| instance.map(|instance| (instance.instance_id.clone(), instance)).map_err(Into::into))
            .collect()
    }
}

fn batch(keys: Vec<Item>) -> Result<KeysAndAttributes, StoreError> {
    Ok(KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?)
}
