//! Deferred provisioning: the application says how the buyer reaches an instance, or why nobody can.
//!
//! It may say so twice: in its answer to `instance.created`, which can be hours late, and by the seller API. What stands is
//! decided thus, in whichever order they come: an app info stands over a failure; of two app infos, or two failures, the
//! seller API's stands over an answer's, and of the same way the later one stands.

use koogallery::{AppInfo, AppInfoError, InstanceId};

use crate::changes::decide::difference;
use crate::model::instance::{Instance, ProvisioningFailure, ToldBy};
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::transaction::Pauses;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provisioned {
    /// It is kept; queryInstance answers with it from now on.
    Applied,
    /// It stood so before.
    Unchanged,
    /// Something else stands that it does not take the place of.
    Outweighed,
    /// There is no such instance.
    Unknown,
    /// The instance was released.
    Released,
    /// The instance was bought by V1.0, whose replies cannot hold this.
    DoesNotFit(AppInfoError),
}

impl Store {
    /// Keeps how the buyer reaches an instance: it is in use from now on, unless it is frozen. No event tells of it, as
    /// the application itself is the one who said so.
    pub async fn provision(
        &self,
        id: &InstanceId,
        app_info: &AppInfo,
        told_by: ToldBy,
    ) -> Result<Provisioned, StoreError> {
        self.decide_on_instance(id, |instance| {
            if instance.v1
                && let Err(error) = app_info.fits_v1()
            {
                return Some(Provisioned::DoesNotFit(error));
            }
            if instance.app_info.as_ref() != Some(app_info) {
                if instance.app_info.is_some() && instance.outweighs(told_by) {
                    return Some(Provisioned::Outweighed);
                }
                instance.provision(app_info.clone());
                instance.told_by_seller_api = told_by == ToldBy::SellerApi;
            } else if told_by == ToldBy::SellerApi {
                instance.told_by_seller_api = true;
            }
            None
        })
        .await
    }

    /// Keeps why an instance cannot be provisioned: newInstance and queryInstance answer with it until a success.
    pub async fn fail_provisioning(
        &self,
        id: &InstanceId,
        failure: &ProvisioningFailure,
        told_by: ToldBy,
    ) -> Result<Provisioned, StoreError> {
        self.decide_on_instance(id, |instance| {
            let other_failure = instance.provisioning_failure.as_ref().is_some_and(|standing| standing != failure);
            if instance.app_info.is_some() || (other_failure && instance.outweighs(told_by)) {
                return Some(Provisioned::Outweighed);
            }
            instance.provisioning_failure = Some(failure.clone());
            instance.told_by_seller_api |= told_by == ToldBy::SellerApi;
            None
        })
        .await
    }

    /// Lets `decide` work on what stands and writes the result; where it returns an outcome, nothing is written.
    async fn decide_on_instance(
        &self,
        id: &InstanceId,
        decide: impl Fn(&mut Instance) -> Option<Provisioned>,
    ) -> Result<Provisioned, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let key = Key::instance(World::Real, id).into_item();
            let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
            let Some(standing) = get.send().await?.item else {
                return Ok(Provisioned::Unknown);
            };
            let standing: Instance = serde_dynamo::from_item(standing)?;
            if standing.life.status == Status::Released {
                return Ok(Provisioned::Released);
            }
            let mut decided = standing.clone();
            if let Some(refused) = decide(&mut decided) {
                return Ok(refused);
            }
            if decided == standing {
                return Ok(Provisioned::Unchanged);
            }
            decided.life.version += 1;
            match self.update_alone(difference(World::Real, id, &standing, &decided)?).await {
                Ok(true) => return Ok(Provisioned::Applied),
                Ok(false) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            pauses.pause().await?;
        }
    }
}
