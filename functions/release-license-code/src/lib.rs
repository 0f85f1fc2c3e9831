//! releaseLicenseCode: ends a license code for good. License 1.0: releaseLicense.
//!
//! A repeat succeeds; any other call about the code gets `000003` from then on. A code that is new is kept as released.

use koogallery::{ReleaseLicenseCode, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = ReleaseLicenseCode;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<ReleaseLicenseCode>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.release_license(context.call, &call.request().license).await?.reply())
    }
}
