//! newInstance: an order line makes one instance, however often and from however many sides it is asked for.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppInfo, InstanceId, InterfaceType, NewInstance, OrderId};
use uuid::Uuid;

use crate::call::Call;
use crate::change::NonceUse;
use crate::client::{Store, StoreError};
use crate::data_key::Sealed;
use crate::event::{Event, Subject};
use crate::instance::Instance;
use crate::key::{Item, Key};
use crate::lifecycle::{Lifecycle, Living, Status};
use crate::transaction::{Commit, Pauses, Transaction};

/// What became of a newInstance.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The instance is made.
    New(InstanceId),
    /// The order line made it before; so it stands by now.
    Standing(Box<Instance>),
    /// The nonce was used before.
    Replayed,
}

/// Where the details of an order's purchase are sealed for.
#[must_use]
pub fn purchase_details_place(order: &OrderId) -> String {
    format!("purchase of {order}")
}

/// The writes of the transaction, in this order.
const PURCHASE: usize = 0;

impl Store {
    /// Makes the instance of an order line, or finds the one that it made.
    ///
    /// The instance is named after the request's businessId, as the guide recommends; where that could not serve, or
    /// another order's instance has the name, after a fresh UUID. `details` is what V1.0 tells of the buyer. `app_info`
    /// says how the buyer reaches the instance of a name, or none where the application will say so later.
    pub async fn new_instance<E: From<StoreError>>(
        &self,
        call: &Call,
        request: &NewInstance,
        interface_type: InterfaceType,
        details: Option<&Sealed>,
        app_info: impl Fn(&InstanceId) -> Result<Option<AppInfo>, E>,
    ) -> Result<Created, E> {
        let mut id = request.business_id.as_instance_id().map_or_else(uuid_id, Ok)?;
        let mut pauses = Pauses::new();
        loop {
            let instance = made_by(request, interface_type, call, &id, app_info(&id)?);
            let commit = Transaction::new(self, call)?
                .create(purchase_item(call, request, &id))?
                .create(instance_item(call, &instance)?)?
                .create_all(details.map(|details| details_item(call, &id, details)))?
                .events(&Subject::Instance(&id), &[Event::created(call, &instance)])?
                .commit()
                .await?;
            match commit {
                Commit::Done => return Ok(Created::New(id)),
                Commit::Replayed => return Ok(Created::Replayed),
                Commit::Refused { place: PURCHASE, standing } => return Ok(self.standing(call, standing).await?),
                Commit::Refused { .. } => id = uuid_id()?,
                Commit::Conflict => {
                    pauses.pause().await?;
                    let standing = self.item(call, purchase_key(call, request)).await?;
                    if standing.is_some() {
                        return Ok(self.standing(call, standing).await?);
                    }
                }
            }
        }
    }

    /// Ends a call for an order line whose instance is made: its nonce is used up all the same.
    async fn standing(&self, call: &Call, purchase: Option<Item>) -> Result<Created, StoreError> {
        let id = purchased(purchase)?;
        let (nonce, instance) = tokio::join!(self.use_nonce(call), self.item(call, Key::instance(call.world(), &id)));
        if nonce? == NonceUse::Replayed {
            return Ok(Created::Replayed);
        }
        let instance =
            instance?.ok_or_else(|| StoreError::Unreadable(format!("an order line's instance {id} is gone")))?;
        Ok(Created::Standing(Box::new(serde_dynamo::from_item(instance)?)))
    }
}

fn made_by(
    request: &NewInstance,
    interface_type: InterfaceType,
    call: &Call,
    id: &InstanceId,
    app_info: Option<AppInfo>,
) -> Instance {
    let bought_until = request.details.as_ref().and_then(|details| details.expire_time);
    let status = if app_info.is_some() { Status::Active } else { Status::Provisioning };
    Instance {
        instance_id: id.clone(),
        order_id: request.order_id.clone(),
        order_line_id: request.order_line_id.clone(),
        interface_type,
        app_info,
        told_by_seller_api: false,
        usage_info: Vec::new(),
        provisioning_failure: None,
        v1: request.details.is_some(),
        licenses: None,
        life: Lifecycle {
            bought_until,
            expire_time: bought_until,
            product_id: request.product_id.clone(),
            ..Lifecycle::new(call.signed_at(), status)
        },
    }
}

fn instance_item(call: &Call, instance: &Instance) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(instance)?;
    item.extend(instance.indexed(call.world()));
    item.extend(Key::instance(call.world(), &instance.instance_id).into_item());
    Ok(item)
}

/// What V1.0 told of the buyer: personal data, apart from the instance, that only who asks for it decrypts.
fn details_item(call: &Call, id: &InstanceId, details: &Sealed) -> Item {
    let mut item = Key::details(call.world(), id).into_item();
    item.insert("details".to_owned(), details.to_attribute());
    item
}

fn purchase_key(call: &Call, request: &NewInstance) -> Key {
    let NewInstance { order_id, order_line_id, product_id, .. } = request;
    Key::purchase(call.world(), order_id, order_line_id.as_ref(), product_id.as_ref())
}

fn purchase_item(call: &Call, request: &NewInstance, id: &InstanceId) -> Item {
    let mut item = purchase_key(call, request).into_item();
    item.insert("instanceId".to_owned(), AttributeValue::S(id.as_str().to_owned()));
    item
}

fn purchased(standing: Option<Item>) -> Result<InstanceId, StoreError> {
    match standing.as_ref().and_then(|item| item.get("instanceId")) {
        Some(AttributeValue::S(id)) => id.parse().map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("an order line's item names no instance".to_owned())
}

fn uuid_id() -> Result<InstanceId, StoreError> {
    Uuid::new_v4().simple().to_string().parse().map_err(|_| unreadable())
}
