//! Seals and opens the part of an app info that only the buyer may read.

use koogallery::{AppInfo, InstanceId};

use crate::model::kept_app_info::{BuyersOnly, KeptAppInfo};
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::key::Key;

/// The place for which it is sealed.
fn place(world: World, id: &InstanceId) -> String {
    format!("app info at {}", Key::instance(world, id).place())
}

impl Store {
    /// An app info for the table. Without credentials and note it needs no data key.
    pub(crate) async fn seal_app_info(
        &self,
        world: World,
        id: &InstanceId,
        info: &AppInfo,
        keys: &impl DataKeys,
    ) -> Result<KeptAppInfo, StoreError> {
        let sealed = match BuyersOnly::of(info) {
            None => None,
            Some(part) => {
                let json = serde_json::to_vec(&part).map_err(|_| StoreError::Unwritable("an app info"))?;
                Some(keys.current(self).await?.seal(&place(world, id), &json)?)
            }
        };
        Ok(KeptAppInfo::new(info, sealed))
    }

    /// The app info of an instance, with credentials and note.
    pub async fn open_app_info(
        &self,
        world: World,
        id: &InstanceId,
        kept: KeptAppInfo,
        keys: &impl DataKeys,
    ) -> Result<AppInfo, StoreError> {
        let opened = match &kept.sealed {
            None => None,
            Some(sealed) => {
                let json = keys.named(self, sealed.data_key()?).await?.open(&place(world, id), sealed)?;
                // The JSON library's message could repeat the content.
                let unreadable = |_| StoreError::Unreadable(format!("the app info of instance {id}"));
                Some(serde_json::from_slice(&json).map_err(unreadable)?)
            }
        };
        Ok(kept.whole(opened))
    }
}
