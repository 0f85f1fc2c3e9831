//! queryInstance: says whether an instance is ready, and what the buyer sees.
//!
//! The reply lists the instances that have an app info. It is `000004` while all existing ones are being provisioned, and
//! `000003` if none exists. If an instance cannot be provisioned, the reply has the application's code. A released instance does
//! not exist any more. A debug call is answered for any id, because KooGallery repeats a debug case long after its data is
//! gone.
//!
//! Where the product has pages for its buyers, the reply tells the address of the instance's page in place of the application's.
//!
//! Of an instance whose use is reported in records, the reply tells their sum, unless the application set another.

use std::collections::HashMap;

use koogallery::{AppInfo, InstanceId, InstanceInfo, QueryInstance, Reply, ResultCode, Verified};
use koogallery_runtime::{
    AnswerError, ConfigError, Context, Environment, Function, PageAddresses, PageOf, Provisioning, Vault,
};
use koogallery_store::{Instance, ProvisioningFailure, Read, Status, World};

/// The function.
#[derive(Debug)]
pub struct Handler {
    provisioning: Provisioning,
    pages: PageAddresses,
    vault: Vault,
}

impl Handler {
    /// The app info of an instance, with the credentials that only the buyer sees, as KooGallery is told it.
    async fn opened(&self, instance: &Instance, context: &Context<'_>) -> Result<Option<AppInfo>, AnswerError> {
        let Some(kept) = instance.app_info.clone() else { return Ok(None) };
        let (world, id) = (context.call.world(), &instance.instance_id);
        let app_info = context.store.open_app_info(world, id, kept, &self.vault).await?;
        if !self.pages.are_known() {
            return Ok(Some(app_info));
        }
        let settings = context.settings().await?;
        let of = PageOf { world, id, product: instance.life.product_id.as_ref() };
        Ok(Some(self.pages.instead(context.store, &settings.document, of, app_info).await?))
    }
}

impl Function for Handler {
    type Request = QueryInstance;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        let (provisioning, pages) = (Provisioning::of(environment)?, PageAddresses::of(environment)?);
        Ok(Self { provisioning, pages, vault: Vault::of(environment)? })
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
