//! authSync: grants, changes, revokes or deletes users of a tenant's application.
//!
//! A list of thousands is applied whole or not at all. The table holds the users sealed.

use koogallery::{AuthSync, Reply, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Vault};

/// The function.
#[derive(Debug)]
pub struct Handler {
    vault: Vault,
}

impl Function for Handler {
    type Request = AuthSync;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<AuthSync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.sync_users(context.call, call.request(), &self.vault).await?.reply())
    }
}
