//! refreshLicenseCode: a renewal or the refund of one moves a license code's expiry. License 1.0: refreshLicense.
//!
//! The rules are those of an instance: a renewal extends the expiry, a refund sets it, each order line counts once. A code that
//! is new is kept, because a code may be renewed before it was ever activated.

use koogallery::{RefreshLicenseCode, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = RefreshLicenseCode;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<RefreshLicenseCode>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.refresh_license(context.call, call.request()).await?.reply())
    }
}
