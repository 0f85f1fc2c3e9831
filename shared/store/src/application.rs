//! applicationSync: the OAuth credentials of a tenant's application. The secret is sealed at rest.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, ApplicationSync, ClientId, ClientSecret, InstanceId, TenantId};
use serde::Serialize;

use crate::call::Call;
use crate::change::Changed;
use crate::client::{Store, StoreError};
use crate::data_key::{DataKey, Sealed};
use crate::event::{Event, EventType};
use crate::key::{Item, Key, World};
use crate::newest::{EventTypes, Thing};

/// A tenant's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingApplication {
    /// The enterprise.
    pub tenant_id: TenantId,
    /// The application's id.
    pub app_id: AppId,
    /// The instance; none when the seller only applied for credentials.
    pub instance_id: Option<InstanceId>,
    /// OAuth client id.
    pub client_id: ClientId,
    /// OAuth client secret, sealed for [`client_secret_place`].
    pub client_secret: Sealed,
    /// Its name.
    pub name: Option<String>,
}

/// Where an application's client secret is sealed for.
#[must_use]
pub fn client_secret_place(world: World, tenant: &TenantId, app: &AppId) -> String {
    format!("client secret {}", Key::application(world, tenant, app).place())
}

const TYPES: EventTypes = EventTypes {
    added: EventType::ApplicationAdded,
    modified: EventType::ApplicationModified,
    removed: EventType::ApplicationRemoved,
};

/// What is told of an application, in the clear: two of them can be compared, as two sealed secrets cannot. It stays
/// in memory for as long as that takes.
#[derive(PartialEq, Serialize)]
struct Credentials {
    instance_id: Option<String>,
    client_id: String,
    client_secret: String,
    name: Option<String>,
}

impl Store {
    /// Stores or removes the credentials of an application. `secret` is the request's, decrypted; a request that
    /// removes needs none.
    pub async fn sync_application(
        &self,
        call: &Call,
        request: &ApplicationSync,
        secret: Option<&ClientSecret>,
        key: &DataKey,
    ) -> Result<Changed, StoreError> {
        let ApplicationSync { instance_id, tenant_id, app_id, change, sync_time, .. } = request;
        let place = client_secret_place(call.world(), tenant_id, app_id);
        let coming = change.told().zip(secret).map(|(application, secret)| Credentials {
            instance_id: instance_id.as_ref().map(ToString::to_string),
            client_id: application.client_id.to_string(),
            client_secret: secret.reveal().to_owned(),
            name: application.name.clone(),
        });
        let thing = Thing {
            key: Key::application(call.world(), tenant_id, app_id),
            tenant: tenant_id,
            app: Some(app_id),
            needs: call.needs(instance_id.as_ref(), coming.is_none()),
            read: |item: &Item| opened(item, key, &place),
            write: |credentials: &Credentials| sealed(credentials, key, &place),
        };
        let event = |kind| Event::of_tenant(call, kind, tenant_id, instance_id.as_ref(), Some(app_id));
        self.sync_one(call, thing, (call.synced_at(*sync_time), coming), event, TYPES).await
    }

    /// A tenant's application.
    pub async fn application(
        &self,
        world: World,
        tenant: &TenantId,
        app: &AppId,
    ) -> Result<Option<StandingApplication>, StoreError> {
        let Some(item) = self.standing_item(Key::application(world, tenant, app)).await? else { return Ok(None) };
        let Some(client_secret) = Sealed::of_attribute(item.get(CLIENT_SECRET)) else { return Ok(None) };
        let id = |name| text(&item, name).map(|id| id.parse().map_err(|_| unreadable())).transpose();
        Ok(Some(StandingApplication {
            tenant_id: tenant.clone(),
            app_id: app.clone(),
            instance_id: id(INSTANCE_ID)?,
            client_id: text(&item, CLIENT_ID).and_then(|id| id.parse().ok()).ok_or_else(unreadable)?,
            client_secret,
            name: text(&item, NAME),
        }))
    }
}

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

/// None where the item only remembers that it is gone.
fn opened(item: &Item, key: &DataKey, place: &str) -> Result<Option<Credentials>, StoreError> {
    let Some(secret) = Sealed::of_attribute(item.get(CLIENT_SECRET)) else { return Ok(None) };
    Ok(Some(Credentials {
        instance_id: text(item, INSTANCE_ID),
        client_id: text(item, CLIENT_ID).ok_or_else(unreadable)?,
        client_secret: String::from_utf8(key.open(place, &secret)?).map_err(|_| unreadable())?,
        name: text(item, NAME),
    }))
}

fn sealed(credentials: &Credentials, key: &DataKey, place: &str) -> Result<Item, StoreError> {
    let Credentials { instance_id, client_id, client_secret, name } = credentials;
    let secret = key.seal(place, client_secret.as_bytes())?;
    let texts = [(INSTANCE_ID, instance_id.as_ref()), (CLIENT_ID, Some(client_id)), (NAME, name.as_ref())];
    let told = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), AttributeValue::S(text?.clone()))));
    Ok(told.chain([(CLIENT_SECRET.to_owned(), secret.to_attribute())]).collect())
}
