//! applicationSync: the OAuth credentials of a tenant's application. The secret is sealed at rest.

use std::cmp::Reverse;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, ApplicationSync, ClientId, ClientSecret, InstanceId, TenantId};
use serde::Serialize;

use crate::kit::newest::{EventTypes, Newest, Thing};
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::sealed::Sealed;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::key::{Item, Key};
use crate::table::seal::DataKey;
use crate::table::stamp::Stamp;

/// A tenant's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingApplication {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The application's id.
    pub app_id: AppId,
    /// The instance; none if the seller only asked for credentials.
    pub instance_id: Option<InstanceId>,
    /// The OAuth client id.
    pub client_id: ClientId,
    /// The OAuth client secret, sealed for [`Self::client_secret_place`].
    pub client_secret: Sealed,
    /// Its name.
    pub name: Option<String>,
}

impl StandingApplication {
    /// The place for which its client secret is sealed.
    #[must_use]
    pub fn client_secret_place(&self, world: World) -> String {
        let Self { tenant_id, app_id, instance_id, .. } = self;
        place(&Key::application(world, tenant_id, app_id, instance_id.as_ref()))
    }
}

fn place(key: &Key) -> String {
    format!("client secret {}", key.place())
}

const TYPES: EventTypes = EventTypes {
    added: EventType::ApplicationAdded,
    modified: EventType::ApplicationModified,
    removed: EventType::ApplicationRemoved,
};

/// What a call says about an application, in the clear: so two of them can be compared, which is impossible for two sealed
/// secrets. It stays in memory only for the comparison.
#[derive(Clone, PartialEq, Serialize)]
struct Credentials {
    client_id: String,
    client_secret: String,
    name: Option<String>,
}

impl Store {
    /// Stores or removes the credentials of an application. `secret` is the decrypted secret of the request; a request that
    /// removes needs none.
    pub async fn sync_application(
        &self,
        call: &Call,
        request: &ApplicationSync,
        secret: Option<&ClientSecret>,
        keys: &impl DataKeys,
    ) -> Result<Changed, StoreError> {
        let ApplicationSync { instance_id, tenant_id, app_id, change, sync_time, .. } = request;
        let instance = instance_id.as_ref();
        let item_key = Key::application(call.world(), tenant_id, app_id, instance);
        let (key, place) = (&*keys.current(self).await?, &*place(&item_key));
        let coming = change.told().zip(secret).map(|(application, secret)| Credentials {
            client_id: application.client_id.to_string(),
            client_secret: secret.reveal().to_owned(),
            name: application.name.clone(),
        });
        let thing = Thing {
            key: item_key,
            tenant: tenant_id,
            app: Some(app_id),
            needs: call.needs(instance, coming.is_none()),
            read: |item: Item| async move {
                let is = self.open_credentials(&item, keys, place).await?;
                Ok(Newest { at: Stamp::of_item(&item, SYNCED), is })
            },
            write: |known: &Newest<Credentials>| sealed(known, instance, key, place),
        };
        let event = |kind| Event::of_tenant(call.now(), kind, tenant_id, instance, Some(app_id));
        self.sync_one(call, thing, Newest { at: call.stamp(*sync_time), is: coming }, event, TYPES).await
    }

    /// Opens the credentials with the key that sealed them. Returns none if the item only records a removal.
    async fn open_credentials(
        &self,
        item: &Item,
        keys: &impl DataKeys,
        place: &str,
    ) -> Result<Option<Credentials>, StoreError> {
        let Some(secret) = Sealed::of_attribute(item.get(CLIENT_SECRET)) else { return Ok(None) };
        let secret = keys.named(self, secret.data_key()?).await?.open(place, &secret)?;
        Ok(Some(Credentials {
            client_id: text(item, CLIENT_ID).ok_or_else(unreadable)?,
            client_secret: String::from_utf8(secret).map_err(|_| unreadable())?,
            name: text(item, NAME),
        }))
    }

    /// A tenant's application, as the given instance knows it; without one, as the instance with the newest call knows it. Each
    /// instance has credentials of its own, so removing them does not touch another's.
    pub async fn application(
        &self,
        world: World,
        tenant: &TenantId,
        app: &AppId,
        instance: Option<&InstanceId>,
    ) -> Result<Option<StandingApplication>, StoreError> {
        if instance.is_none() {
            return Ok(self.applications(world, tenant, app).await?.into_iter().next());
        }
        let item = self.standing_item(Key::application(world, tenant, app, instance)).await?;
        let standing = item.filter(|item| item.contains_key(CLIENT_SECRET));
        standing.map(|item| read(&item, tenant, app)).transpose()
    }

    /// A tenant's application, as each of its instances knows it. The one with the newest call comes first.
    pub async fn applications(
        &self,
        world: World,
        tenant: &TenantId,
        app: &AppId,
    ) -> Result<Vec<StandingApplication>, StoreError> {
        let items = self.under(Key::tenant(world, tenant, None), &Key::applications(app)).await?;
        let mut standing: Vec<&Item> = items.iter().filter(|item| item.contains_key(CLIENT_SECRET)).collect();
        standing.sort_by_key(|item| Reverse(Stamp::of_item(item, SYNCED)));
        standing.into_iter().map(|item| read(item, tenant, app)).collect()
    }
}

const SYNCED: [&str; 2] = ["syncedAt", "signedAt"];
const INSTANCE_ID: &str = "instanceId";
const CLIENT_ID: &str = "clientId";
const CLIENT_SECRET: &str = "clientSecret";
const NAME: &str = "name";

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("an application".to_owned())
}

fn read(item: &Item, tenant: &TenantId, app: &AppId) -> Result<StandingApplication, StoreError> {
    let id = |name| text(item, name).map(|id| id.parse().map_err(|_| unreadable())).transpose();
    Ok(StandingApplication {
        tenant_id: tenant.clone(),
        app_id: app.clone(),
        instance_id: id(INSTANCE_ID)?,
        client_id: text(item, CLIENT_ID).and_then(|id| id.parse().ok()).ok_or_else(unreadable)?,
        client_secret: Sealed::of_attribute(item.get(CLIENT_SECRET)).ok_or_else(unreadable)?,
        name: text(item, NAME),
    })
}

fn sealed(
    known: &Newest<Credentials>,
    instance: Option<&InstanceId>,
    key: &DataKey,
    place: &str,
) -> Result<Item, StoreError> {
    let mut item = Item::new();
    known.at.write(&mut item, SYNCED);
    let Some(Credentials { client_id, client_secret, name }) = &known.is else { return Ok(item) };
    let secret = key.seal(place, client_secret.as_bytes())?;
    let texts = [
        (INSTANCE_ID, instance.map(InstanceId::as_str)),
        (CLIENT_ID, Some(client_id.as_str())),
        (NAME, name.as_deref()),
    ];
    item.extend(
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), AttributeValue::S(text?.to_owned())))),
    );
    item.insert(CLIENT_SECRET.to_owned(), secret.to_attribute());
    Ok(item)
}
