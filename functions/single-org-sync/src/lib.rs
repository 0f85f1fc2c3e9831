//! singleOrgSync: adds, changes or removes one department of a tenant.

use koogallery::{Reply, SingleOrgSync, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Vault};

/// The function.
#[derive(Debug)]
pub struct Handler {
    vault: Vault,
}

impl Function for Handler {
    type Request = SingleOrgSync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<SingleOrgSync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.sync_department(context.call, call.request(), &self.vault).await?.reply())
    }
}
