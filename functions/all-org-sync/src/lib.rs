//! allOrgSync: replaces all departments of a tenant.
//!
//! The result of a newer singleOrgSync stays, whichever of the two arrives first.

use koogallery::{AllOrgSync, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Vault};

/// The function.
#[derive(Debug)]
pub struct Handler {
    vault: Vault,
}

impl Function for Handler {
    type Request = AllOrgSync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<AllOrgSync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.replace_departments(context.call, call.request(), &self.vault).await?.reply())
    }
}
