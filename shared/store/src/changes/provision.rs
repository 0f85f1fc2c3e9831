//! Deferred provisioning: the application sends the buyer's way into an instance, or the reason why there is none.
//!
//! It may send both an answer to `instance.created`, which can be hours late, and a request to the seller API. In whichever order
//! they arrive: an app info replaces a failure; of two app infos, or of two failures, the seller API's counts more than an
//! answer's; if both came the same way, the later one counts.

use koogallery::{AppInfo, AppInfoError, InstanceId};

use crate::changes::decide::difference;
use crate::model::instance::{Instance, ProvisioningFailure, ToldBy};
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::key::Key;
use crate::table::transaction::Pauses;

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provisioned {
    /// It is kept; queryInstance answers with it from now on.
    Applied,
    /// It was the same before.
    Unchanged,
    /// It does not replace the current value, which counts more.
    Outweighed,
    /// The instance does not exist.
    Unknown,
    /// The instance was released.
    Released,
    /// The purchase came by V1.0, whose replies cannot contain this.
    DoesNotFit(AppInfoError),
}

impl Store {
    /// Keeps the buyer's way into an instance. The instance is in use from now on, unless it is frozen. There is no event, because
    /// the application itself sent it.
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

    /// Keeps the reason why an instance cannot be provisioned. newInstance and queryInstance answer with it until a success.
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

    /// Lets `decide` change the current state, and writes the result. If `decide` returns an outcome, nothing is written.
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
