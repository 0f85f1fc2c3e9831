//! tenantSync: a buyer binds an instance to a tenant, or ends the binding.
//!
//! It is the first of the joint-operations kit's calls for an instance. If the seller only asks for credentials, it comes without
//! an instance.

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
