//! updateLicenseCodeStatus: freeze or unfreeze a license code. License 1.0: expireLicense, a freeze whose cause is the expiry.
//!
//! The call that was signed last counts. An older call that arrives later succeeds and changes nothing. A code that is new is
//! kept.

use koogallery::{Reply, UpdateLicenseCodeStatus, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = UpdateLicenseCodeStatus;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(
        &self,
        call: &Verified<UpdateLicenseCodeStatus>,
        context: &Context<'_>,
    ) -> Result<Reply, AnswerError> {
        let UpdateLicenseCodeStatus { license, status, .. } = call.request();
        Ok(context.store.set_license_status(context.call, license, *status).await?.reply())
    }
}
