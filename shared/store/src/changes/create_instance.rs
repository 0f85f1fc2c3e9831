//! newInstance: an order line makes one instance, however often KooGallery calls and however many calls run side by side.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppInfo, InstanceId, InterfaceType, NewInstance, OrderId, PurchaseDetails, ResultCode};
use uuid::Uuid;

use crate::model::bought::Bought;
use crate::model::event::Event;
use crate::model::instance::{Acceptance, Instance};
use crate::model::kept_app_info::KeptAppInfo;
use crate::model::lifecycle::{Lifecycle, Status};
use crate::model::orders::step::{Step, StepKind};
use crate::model::sealed::Sealed;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::living::Living;
use crate::table::nonce::NonceUse;
use crate::table::transaction::{Commit, Pauses, Transaction};

/// The result of a newInstance.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The instance was created.
    New(InstanceId),
    /// The order line created it before. This is its current state.
    Standing(Box<Instance>),
    /// The nonce was used before.
    Replayed,
}

/// The place for which the details of a purchase are sealed.
#[must_use]
pub fn purchase_details_place(order: &OrderId) -> String {
    format!("purchase of {order}")
}

/// The writes of the transaction, in this order.
const PURCHASE: usize = 0;

impl Store {
    /// Creates the instance of an order line, or finds the one that it created before.
    ///
    /// The instance id is the call's businessId, as the guide recommends. It is a new UUID if the businessId cannot be an
    /// instance id, or if another order's instance has it. `details` is what V1.0 says about the buyer. `app_info` returns the
    /// app info for an instance id, or none if the application will send it later. `keys` seal its credentials.
    pub async fn create_instance<E: From<StoreError>>(
        &self,
        call: &Call,
        request: &NewInstance,
        interface_type: InterfaceType,
        details: Option<&Sealed>,
        app_info: impl Fn(&InstanceId) -> Result<Option<AppInfo>, E>,
        keys: &impl DataKeys,
    ) -> Result<Created, E> {
        let mut id = request.business_id.as_instance_id().map_or_else(uuid_id, Ok)?;
        let mut pauses = Pauses::new();
        loop {
            let app_info = match app_info(&id)? {
                Some(info) => Some(self.seal_app_info(call.world(), &id, &info, keys).await?),
                None => None,
            };
            let mut instance = made_by(request, interface_type, call, &id, app_info);
            let events = vec![Event::created(call.now(), &instance)];
            let events =
                Event::after(None, events.into_iter().chain(Event::accepted(call.now(), None, &instance)).collect());
            instance.life.last_event = events.last().map(|event| event.event_id);
            let is_ready = instance.app_info.is_some();
            let commit = Transaction::new(self, call)?
                .answering(if is_ready { ResultCode::Success } else { ResultCode::Processing })
                .making(&id)
                .create(purchase_item(call, interface_type, request, &id))?
                .create(instance_item(call, &instance)?)?
                .create_all(details.map(|details| details_item(call, &id, details)))?
                .events(&Subject::Instance(id.clone()), &events)?
                .commit()
                .await?;
            match commit {
                Commit::Done => return Ok(Created::New(id)),
                Commit::Replayed => return Ok(Created::Replayed),
                Commit::Refused { place: PURCHASE, standing } => {
                    return Ok(self.standing(call, request, standing).await?);
                }
                Commit::Refused { .. } => id = uuid_id()?,
                Commit::Conflict => {
                    pauses.pause().await?;
                    let standing = self.item(call, purchase_key(call, interface_type, request)).await?;
                    if standing.is_some() {
                        return Ok(self.standing(call, request, standing).await?);
                    }
                }
            }
        }
    }

    /// Ends a call for an order line whose instance exists. The nonce is used up all the same. If the call reports that the
    /// buyer accepted, that is kept.
    async fn standing(
        &self,
        call: &Call,
        request: &NewInstance,
        purchase: Option<Item>,
    ) -> Result<Created, StoreError> {
        let id = purchased(purchase)?;
        let (nonce, item) = tokio::join!(self.use_nonce(call), self.item(call, Key::instance(call.world(), &id)));
        if nonce? == NonceUse::Replayed {
            return Ok(Created::Replayed);
        }
        let item = item?
            .ok_or_else(|| StoreError::Unreadable(format!("the instance {id} of an order line does not exist")))?;
        let instance: Instance = serde_dynamo::from_item(item.clone())?;
        if let Some(acceptance) = acceptance_of(call, request) {
            let standing = Commit::Refused { place: 0, standing: Some(item) };
            self.decide(call, &id, standing, |instance: &mut Instance| instance.accept(&acceptance)).await?;
            if call.world() == World::Real {
                let accepted = Step::told(StepKind::Accepted, acceptance.acceptance_time.timestamp());
                self.tell_step(&instance.order_id, accepted, call.now()).await?;
            }
        }
        Ok(Created::Standing(Box::new(instance)))
    }
}

fn acceptance_of(call: &Call, request: &NewInstance) -> Option<Acceptance> {
    let details = request.details.as_ref()?;
    let provision_type = details.provision_type.clone();
    Some(Acceptance { acceptance_time: details.acceptance_time?, provision_type, signed_at: call.signed_at() })
}

fn made_by(
    request: &NewInstance,
    interface_type: InterfaceType,
    call: &Call,
    id: &InstanceId,
    app_info: Option<KeptAppInfo>,
) -> Instance {
    let details = request.details.as_ref();
    let told = details.map(PurchaseDetails::told).unwrap_or_default();
    let bought = Bought::told_by_call(request.product_id.as_ref(), &told);
    let status = if app_info.is_some() { Status::Active } else { Status::Provisioning };
    Instance {
        instance_id: id.clone(),
        order_id: request.order_id.clone(),
        order_line_id: request.order_line_id.clone(),
        interface_type,
        app_info,
        told_by_seller_api: false,
        never_provisioned: false,
        usage_info: Vec::new(),
        metered: false,
        provisioning_failure: None,
        v1: details.is_some(),
        acceptance: acceptance_of(call, request),
        licenses: None,
        life: Lifecycle::new(call.signed_at(), status).bought(bought, details.and_then(|details| details.expire_time)),
    }
}

pub(crate) fn instance_item(call: &Call, instance: &Instance) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(instance)?;
    item.extend(instance.indexed(call.world()));
    item.extend(Key::instance(call.world(), &instance.instance_id).into_item());
    Ok(item)
}

/// What V1.0 says about the buyer: personal data. It is kept apart from the instance and decrypted only on request.
fn details_item(call: &Call, id: &InstanceId, details: &Sealed) -> Item {
    let mut item = Key::details(call.world(), id).into_item();
    item.insert("details".to_owned(), details.to_attribute());
    item
}

fn purchase_key(call: &Call, family: InterfaceType, request: &NewInstance) -> Key {
    let NewInstance { order_id, order_line_id, product_id, .. } = request;
    Key::purchase(call.world(), family, order_id, order_line_id.as_ref(), product_id.as_ref())
}

fn purchase_item(call: &Call, family: InterfaceType, request: &NewInstance, id: &InstanceId) -> Item {
    let key = purchase_key(call, family, request);
    let mut item = List::Orders.entry(call.world(), request.order_id.as_str(), call.signed_at(), &key);
    item.extend(key.into_item());
    item.insert("instanceId".to_owned(), AttributeValue::S(id.as_str().to_owned()));
    // The key has the product where the call names one, and then not the line.
    if let (Some(line), Some(_)) = (&request.order_line_id, &request.product_id) {
        item.insert("orderLineId".to_owned(), AttributeValue::S(line.as_str().to_owned()));
    }
    item
}

fn purchased(standing: Option<Item>) -> Result<InstanceId, StoreError> {
    match standing.as_ref().and_then(|item| item.get("instanceId")) {
        Some(AttributeValue::S(id)) => id.parse().map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("the item of an order line names no instance".to_owned())
}

fn uuid_id() -> Result<InstanceId, StoreError> {
    Uuid::new_v4().simple().to_string().parse().map_err(|_| unreadable())
}
