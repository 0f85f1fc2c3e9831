//! tenantSync: a buyer bound an instance to an enterprise, or unbound it.
//!
//! It comes first of the joint-operations kit's calls for an instance. A seller who only applies for credentials gets it
//! without an instance.

use koogallery::{Reply, TenantSync, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function};

/// The function; it has no settings of its own.
#[derive(Debug)]
pub struct Handler;

impl Function for Handler {
    type Request = TenantSync;

    fn configured(_: &Environment) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn answer(&self, call: &Verified<TenantSync>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        Ok(context.store.sync_tenant(context.call, call.request()).await?.reply())
    }
}
