//! Deferred provisioning: the application says how the buyer reaches an instance, or why nobody can.

use koogallery::{AppInfo, InstanceId, TextError};

use crate::change::replace;
use crate::client::{Store, StoreError};
use crate::instance::{Instance, ProvisioningFailure};
use crate::key::{Key, World};
use crate::lifecycle::Status;
use crate::transaction::Pauses;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provisioned {
    /// It is kept; queryInstance answers with it from now on.
    Applied,
    /// It stood so before; or a failure came after a success, which stays.
    Unchanged,
    /// There is no such instance.
    Unknown,
    /// The instance was released.
    Released,
    /// The instance was bought by V1.0, whose replies cannot hold this.
    DoesNotFit(TextError),
}

impl Store {
    /// Keeps how the buyer reaches an instance: it is in use from now on, unless it is frozen. No event tells of it, as
    /// the application itself is the one who said so.
    pub async fn provisioned(&self, id: &InstanceId, app_info: &AppInfo) -> Result<Provisioned, StoreError> {
        self.provision(id, |instance| {
            if instance.v1 {
                app_info.fits_v1()?;
            }
            if instance.app_info.as_ref() != Some(app_info) {
                instance.provision(app_info.clone());
            }
            Ok(())
        })
        .await
    }

    /// Keeps why an instance cannot be provisioned: newInstance and queryInstance answer with it until a success.
    pub async fn provisioning_failed(
        &self,
        id: &InstanceId,
        failure: &ProvisioningFailure,
    ) -> Result<Provisioned, StoreError> {
        self.provision(id, |instance| {
            if instance.app_info.is_none() {
                instance.provisioning_failure = Some(failure.clone());
            }
            Ok(())
        })
        .await
    }

    async fn provision(
        &self,
        id: &InstanceId,
        decide: impl Fn(&mut Instance) -> Result<(), TextError>,
    ) -> Result<Provisioned, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let key = Key::instance(World::Real, id).into_item();
            let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
            let Some(standing) = get.send().await.map_err(StoreError::from_sdk)?.item else {
                return Ok(Provisioned::Unknown);
            };
            let standing: Instance = serde_dynamo::from_item(standing)?;
            if standing.life.status == Status::Released {
                return Ok(Provisioned::Released);
            }
            let mut decided = standing.clone();
            if let Err(error) = decide(&mut decided) {
                return Ok(Provisioned::DoesNotFit(error));
            }
            if decided == standing {
                return Ok(Provisioned::Unchanged);
            }
            decided.life.version += 1;
            match self.update_alone(replace(World::Real, id, &decided)?).await {
                Ok(true) => return Ok(Provisioned::Applied),
                Ok(false) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            pauses.pause().await?;
        }
    }
}
