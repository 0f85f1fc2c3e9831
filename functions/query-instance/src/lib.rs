//! queryInstance: says whether an instance is ready, and what the buyer sees.
//!
//! The reply lists the instances that have an app info. It is `000004` while all existing ones are being provisioned, and
//! `000003` if none exists. If an instance cannot be provisioned, the reply has the application's code. A released instance does
//! not exist any more. A debug call is answered for any id, because KooGallery repeats a debug case long after its data is
//! gone.
//!
//! Of an instance whose use is reported in records, the reply tells their sum, unless the application set another.

use std::collections::HashMap;

use koogallery::{AppInfo, InstanceId, InstanceInfo, QueryInstance, Reply, ResultCode, Verified};
use koogallery_runtime::{AnswerError, ConfigError, Context, Environment, Function, Provisioning, Vault};
use koogallery_store::{Instance, ProvisioningFailure, Read, Status, World};

/// The function.
#[derive(Debug)]
pub struct Handler {
    provisioning: Provisioning,
    vault: Vault,
}

impl Handler {
    /// The app info of an instance, with the credentials that only the buyer sees.
    async fn opened(&self, instance: &Instance, context: &Context<'_>) -> Result<Option<AppInfo>, AnswerError> {
        let Some(kept) = instance.app_info.clone() else { return Ok(None) };
        let world = context.call.world();
        Ok(Some(context.store.open_app_info(world, &instance.instance_id, kept, &self.vault).await?))
    }
}

impl Function for Handler {
    type Request = QueryInstance;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self { provisioning: Provisioning::of(environment)?, vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<QueryInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let ids = call.request().instance_ids.as_slice();
        let mut found = match context.store.read(context.call, ids).await? {
            Read::Found(found) => found,
            Read::Replayed => return Ok(Reply::of(ResultCode::AuthenticationFailed)),
        };
        found.retain(|_, instance| instance.life.status != Status::Released);
        let metered = found.values().filter(|instance| instance.metered && instance.usage_info.is_empty());
        let metered: Vec<InstanceId> = metered.map(|instance| instance.instance_id.clone()).collect();
        let mut counted = if metered.is_empty() { HashMap::new() } else { context.store.usage_infos(&metered).await? };

        let mut info = Vec::with_capacity(ids.len());
        for id in ids {
            let (app_info, usage_info) = match found.get(id) {
                Some(instance) => {
                    let usage = counted.remove(id).unwrap_or_else(|| instance.usage_info.clone());
                    (self.opened(instance, context).await?, usage)
                }
                None if context.call.world() == World::Test => {
                    let settings = context.settings().await?;
                    let provisioning = self.provisioning.of_product(&settings.document, None);
                    (provisioning.app_info(World::Test, id)?, Vec::new())
                }
                None => (None, Vec::new()),
            };
            if app_info.is_some() {
                info.push(InstanceInfo { instance_id: id.clone(), app_info, usage_info });
            }
        }
        let failed = || ids.iter().find_map(|id| found.get(id)?.provisioning_failure.as_ref());
        let waiting = found.values().filter(|instance| instance.awaits_provisioning());
        let paid_at = waiting.map(|instance| instance.life.created_at).min();
        if let Some(paid_at) = paid_at {
            context.buyer_waits_since(paid_at);
        }
        Ok(match (info.is_empty(), found.is_empty()) {
            (false, _) => Reply::success().with_info(info),
            (true, false) if paid_at.is_some() => Reply::of(ResultCode::Processing),
            (true, false) => failed().map_or(Reply::of(ResultCode::Processing), ProvisioningFailure::reply),
            (true, true) => Reply::of(ResultCode::InstanceNotFound),
        })
    }
}
