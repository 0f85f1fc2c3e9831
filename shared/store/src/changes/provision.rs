//! Deferred provisioning: the application sends the buyer's way into an instance, or the reason why there is none.
//!
//! It may send both an answer to `instance.created`, which can be hours late, and a request to the seller API. In whichever order
//! they arrive: an app info replaces a failure; of two app infos, or of two failures, the seller API's counts more than an
//! answer's; if both came the same way, the later one counts. What the settings of a product say only fills in what is not there.

use koogallery::{AppInfo, AppInfoError, InstanceId};

use crate::changes::decide::difference;
use crate::model::action::Action;
use crate::model::instance::{Instance, ProvisioningFailure, ToldBy};
use crate::model::kept_app_info::KeptAppInfo;
use crate::model::lifecycle::Status;
use crate::model::world::World;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
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
    /// the application itself sent it. `keys` seal its credentials.
    pub async fn provision(
        &self,
        id: &InstanceId,
        app_info: &AppInfo,
        told_by: ToldBy,
        keys: &impl DataKeys,
    ) -> Result<Provisioned, StoreError> {
        self.provision_acted(id, app_info, told_by, keys, None).await
    }

    /// The same for a person, together with the record of who did it. It counts like the seller API's.
    pub async fn provision_by(
        &self,
        id: &InstanceId,
        app_info: &AppInfo,
        keys: &impl DataKeys,
        action: &Action,
    ) -> Result<Provisioned, StoreError> {
        self.provision_acted(id, app_info, ToldBy::SellerApi, keys, Some(action)).await
    }

    async fn provision_acted(
        &self,
        id: &InstanceId,
        app_info: &AppInfo,
        told_by: ToldBy,
        keys: &impl DataKeys,
        action: Option<&Action>,
    ) -> Result<Provisioned, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let standing = match self.provisionable(id).await? {
                Ok(standing) => standing,
                Err(outcome) => return Ok(outcome),
            };
            if standing.v1
                && let Err(error) = app_info.fits_v1()
            {
                return Ok(Provisioned::DoesNotFit(error));
            }
            let mut decided = standing.clone();
            let known = match standing.app_info.clone() {
                Some(kept) => Some(self.open_app_info(World::Real, id, kept, keys).await?),
                None => None,
            };
            if known.as_ref() == Some(app_info) {
                decided.told_by_seller_api |= told_by == ToldBy::SellerApi;
                if standing.app_info.as_ref().is_some_and(KeptAppInfo::is_in_the_clear) {
                    decided.app_info = Some(self.seal_app_info(World::Real, id, app_info, keys).await?);
                }
            } else {
                let is_told =
                    known.is_some() || (standing.provisioning_failure.is_some() && told_by == ToldBy::Settings);
                if is_told && standing.outweighs(told_by) {
                    return Ok(Provisioned::Outweighed);
                }
                decided.provision(self.seal_app_info(World::Real, id, app_info, keys).await?);
                decided.told_by_seller_api = told_by == ToldBy::SellerApi;
            }
            if let Some(outcome) = self.write_decided(&standing, decided, action).await? {
                return Ok(outcome);
            }
            pauses.pause().await?;
        }
    }

    /// Keeps the reason why an instance cannot be provisioned. newInstance and queryInstance answer with it until a success.
    pub async fn fail_provisioning(
        &self,
        id: &InstanceId,
        failure: &ProvisioningFailure,
        told_by: ToldBy,
    ) -> Result<Provisioned, StoreError> {
        self.fail_provisioning_acted(id, failure, told_by, None).await
    }

    /// The same for a person, together with the record of who did it. It counts like the seller API's.
    pub async fn fail_provisioning_by(
        &self,
        id: &InstanceId,
        failure: &ProvisioningFailure,
        action: &Action,
    ) -> Result<Provisioned, StoreError> {
        self.fail_provisioning_acted(id, failure, ToldBy::SellerApi, Some(action)).await
    }

    async fn fail_provisioning_acted(
        &self,
        id: &InstanceId,
        failure: &ProvisioningFailure,
        told_by: ToldBy,
        action: Option<&Action>,
    ) -> Result<Provisioned, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let standing = match self.provisionable(id).await? {
                Ok(standing) => standing,
                Err(outcome) => return Ok(outcome),
            };
            let other_failure = standing.provisioning_failure.as_ref().is_some_and(|standing| standing != failure);
            if standing.app_info.is_some() || (other_failure && standing.outweighs(told_by)) {
                return Ok(Provisioned::Outweighed);
            }
            let mut decided = standing.clone();
            decided.provisioning_failure = Some(failure.clone());
            decided.told_by_seller_api |= told_by == ToldBy::SellerApi;
            if let Some(outcome) = self.write_decided(&standing, decided, action).await? {
                return Ok(outcome);
            }
            pauses.pause().await?;
        }
    }

    /// The current state of an instance that can be provisioned, or why it cannot.
    async fn provisionable(&self, id: &InstanceId) -> Result<Result<Instance, Provisioned>, StoreError> {
        Ok(match self.instance(id).await? {
            None => Err(Provisioned::Unknown),
            Some(standing) if standing.life.status == Status::Released => Err(Provisioned::Released),
            Some(standing) => Ok(standing),
        })
    }

    /// Writes what was decided on the current state. Returns none if that changed meanwhile: decide again.
    async fn write_decided(
        &self,
        standing: &Instance,
        mut decided: Instance,
        action: Option<&Action>,
    ) -> Result<Option<Provisioned>, StoreError> {
        if decided == *standing {
            return Ok(Some(Provisioned::Unchanged));
        }
        decided.life.version += 1;
        let update = difference(World::Real, &standing.instance_id, standing, &decided)?;
        let written = match action {
            None => self.update_alone(update).await,
            Some(_) => self.update_acted(update, action).await,
        };
        match written {
            Ok(true) => Ok(Some(Provisioned::Applied)),
            Ok(false) | Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
