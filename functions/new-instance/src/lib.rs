//! newInstance: an order line is paid, provision it.
//!
//! How an instance is provisioned depends on its product: by the settings of products, or else by `KOOGALLERY_PROVISIONING`. With
//! `instant`, a template is the app info, so the answer is `000000`. With `deferred`, the seller's
//! application provisions in its own time: the answer is `000004`, and KooGallery calls queryInstance until the application has
//! sent the app info. In both cases the same order line gets the same instance id, however often KooGallery calls. A debug call
//! is always answered at once, with the template.
//!
//! V2.0 does not say which product an order line is of. If products differ in this, the answer is `000004` until the function
//! learn-order knows the product; it then decides, or the application does.
//!
//! Where the product has pages for its buyers, KooGallery is told the address of the instance's page in place of the app info's.
//!
//! What V1.0 says about the buyer is kept beside the instance, sealed. When the buyer accepts, V1.0 calls again; the acceptance
//! is kept with the instance.

use koogallery::{Dialect, InstanceId, NewInstance, ProductId, PurchaseDetails, Reply, ResultCode, Verified};
use koogallery_runtime::{
    AnswerError, ConfigError, Context, Environment, Function, PageAddresses, PageOf, Provisioning, Vault,
};
use koogallery_store::{Created, Sealed, Status, World, purchase_details_place};

/// The function.
#[derive(Debug)]
pub struct Handler {
    provisioning: Provisioning,
    /// Whether the product of an order line can be learnt. Otherwise nobody would ever decide about it.
    learns_products: bool,
    pages: PageAddresses,
    vault: Vault,
}

impl Function for Handler {
    type Request = NewInstance;

    const ASKS_FOR_SETTINGS: bool = true;

    fn configured(environment: &Environment) -> Result<Self, ConfigError> {
        let learns_products = environment.get("KOOGALLERY_OPEN_API_URL").is_some();
        let (provisioning, pages) = (Provisioning::of(environment)?, PageAddresses::of(environment)?);
        Ok(Self { provisioning, learns_products, pages, vault: Vault::of(environment)? })
    }

    async fn answer(&self, call: &Verified<NewInstance>, context: &Context<'_>) -> Result<Reply, AnswerError> {
        let (request, world) = (call.request(), context.call.world());
        let settings = context.settings().await?;
        let by_product = |product: Option<&ProductId>| self.provisioning.of_product(&settings.document, product);
        let provisioning = by_product(request.product_id.as_ref());
        let waits_for_product = world == World::Real
            && request.product_id.is_none()
            && self.learns_products
            && settings.document.differs_in_provisioning();
        let app_info = |id: &InstanceId| -> Result<_, AnswerError> {
            if waits_for_product {
                return Ok(None);
            }
            let app_info = provisioning.app_info(world, id)?;
            if request.details.is_some() {
                app_info.iter().try_for_each(koogallery::AppInfo::fits_v1)?;
            }
            Ok(app_info)
        };
        let details = match &request.details {
            Some(details) => Some(self.sealed(details, request, context).await?),
            None => None,
        };
        let store = context.store;
        let (family, details) = (call.interface_type(), details.as_ref());
        let created = store.create_instance(context.call, request, family, details, app_info, &self.vault).await?;

        let (id, product, app_info, released) = match created {
            Created::New(id) => {
                let app_info = app_info(&id)?;
                (id, request.product_id.clone(), app_info, false)
            }
            Created::Standing(instance) => {
                if let Some(failure) = &instance.provisioning_failure {
                    return Ok(failure.reply().with_instance(instance.instance_id));
                }
                if instance.awaits_provisioning() {
                    context.buyer_waits_since(instance.life.created_at);
                }
                let (id, released) = (instance.instance_id, instance.life.status == Status::Released);
                let product = instance.life.product_id;
                let app_info = match instance.app_info {
                    Some(kept) => Some(store.open_app_info(world, &id, kept, &self.vault).await?),
                    None => None,
                };
                (id, product, app_info, released)
            }
            Created::Replayed => return Ok(Reply::of(ResultCode::AuthenticationFailed)),
        };
        let app_info = if world == World::Test { provisioning.app_info(world, &id)? } else { app_info };
        let ready = match provisioning {
            Provisioning::Instant(_) if !waits_for_product => true,
            // KooGallery counts only `000000` as a success of a debug call, and no application receives one. A released
            // instance waits for nobody: its app info may be erased, or never have been sent.
            _ => world == World::Test || app_info.is_some() || released,
        };
        let code = if ready { ResultCode::Success } else { ResultCode::Processing };
        let app_info = match app_info.filter(|_| ready) {
            // V2.0 learns it by queryInstance.
            Some(app_info) if call.dialect() == Dialect::BasicV1 => {
                let of = PageOf { world, id: &id, product: product.as_ref() };
                Some(self.pages.instead(store, &settings.document, of, app_info).await?)
            }
            other => other,
        };
        Ok(Reply::of(code).with_instance(id).with_app_info(app_info))
    }
}

impl Handler {
    async fn sealed(
        &self,
        details: &PurchaseDetails,
        request: &NewInstance,
        context: &Context<'_>,
    ) -> Result<Sealed, AnswerError> {
        let place = purchase_details_place(&request.order_id);
        let json = serde_json::Value::Object(details.parameters.clone()).to_string();
        Ok(self.vault.seal(context.store, &place, json.as_bytes()).await?)
    }
}
