//! getLicenseAsync: a request for a license, once for each event and device; the seller's application hands the license in.
//! License 1.0's getLicense: once for each purchase. The license itself is kept, sealed, because each reply contains it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use koogallery::{
    DeviceLicense, ExpireTime, GetLicenseAsync, InterfaceType, OrderId, ProductId, PurchaseLicense, Reply, ResultCode,
    Timestamp,
};

use crate::model::event::Event;
use crate::model::instance::Instance;
use crate::model::license_request::{LicenseRequest, LicenseRequestId};
use crate::model::license_rules::{LicenseRules, last};
use crate::model::lifecycle::Status;
use crate::model::sealed::Sealed;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::living::Living;
use crate::table::nonce::NonceUse;
use crate::table::schema::{LISTED, LISTED_AS, TTL_ATTRIBUTE};
use crate::table::transaction::{Commit, Pauses, Transaction};

/// License 1.0's parameters that are not personal: product, quantity and period.
const TOLD: [&str; 7] =
    ["skuCode", "amount", "chargingMode", "periodType", "periodNumber", "trialFlag", "provisionType"];

/// How long the other data of the call is kept. KooGallery stops after hours, and the application receives it at once.
const DETAILS_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The result of a request for a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseRequested {
    /// The request is kept, with its event.
    New,
    /// It was kept before; the license is not handed in yet.
    Waiting,
    /// Its license is handed in. License 1.0's license is here, sealed for [`license_place`].
    HandedIn(Option<Sealed>),
    /// It is refused for this reason.
    Refused(ResultCode),
    /// The nonce was used before.
    Replayed,
}

impl LicenseRequested {
    /// The reply to KooGallery, without the license itself.
    #[must_use]
    pub const fn reply(&self) -> Reply {
        Reply::of(match self {
            Self::New | Self::Waiting => ResultCode::Processing,
            Self::HandedIn(_) => ResultCode::Success,
            Self::Refused(code) => *code,
            Self::Replayed => ResultCode::AuthenticationFailed,
        })
    }
}

/// The result of handing in a license for a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseKept {
    /// KooGallery gets it when it asks.
    Kept,
    /// This one was handed in before, and KooGallery may have it.
    Standing(Sealed),
    /// Nobody asked for it.
    Unknown,
}

/// The place for which the license of a purchase is sealed.
#[must_use]
pub fn license_place(order: &OrderId, product: Option<&ProductId>) -> String {
    Key::purchase_license(World::Real, order, product).place()
}

/// The place for which the data of the request for it is sealed.
#[must_use]
pub fn license_details_place(order: &OrderId, product: Option<&ProductId>) -> String {
    Key::purchase_license_details(order, product).place()
}

/// The attributes with the license of a purchase and with the data of the request for it, both sealed.
const LICENSE: &str = "license";
const HANDED_IN_AT: &str = "handedInAt";
const DETAILS: &str = "details";

/// The writes of the transaction, in this order.
const APPLICATION: usize = 0;

impl Store {
    /// Keeps a request for a license, if there is no reason to refuse it, and counts it on its instance. A debug call needs no
    /// instance. `details` is what License 1.0's call says about the buyer, sealed for [`license_details_place`].
    pub async fn request_license(
        &self,
        call: &Call,
        request: &GetLicenseAsync,
        rules: LicenseRules,
        details: Option<&Sealed>,
    ) -> Result<LicenseRequested, StoreError> {
        let wanted = LicenseRequest::of(request, call);
        let device = match request {
            GetLicenseAsync::Device(device) => Some(device),
            GetLicenseAsync::Purchase(_) => None,
        };
        let unmet = device.and_then(|device| rules.unmet(device));
        let on_instance = device.filter(|_| call.world() == World::Real);
        let mut pauses = Pauses::new();
        loop {
            let mut standing = None;
            if unmet.is_none() {
                // A debug call is answered as if its license were there.
                let answer = if call.world() == World::Test { ResultCode::Success } else { ResultCode::Processing };
                let mut transaction =
                    Transaction::new(self, call)?.answering(answer).create(wanted.to_item(call.world())?)?;
                if let Some(device) = on_instance {
                    transaction = transaction.update(counted(device, rules, call))?;
                }
                if let Some(details) = wanted.details_item(details, call) {
                    transaction = transaction.keep(details)?;
                }
                let event = Event::license_requested(call.now(), &wanted);
                match transaction.events(&wanted.id.subject(), &[event])?.commit().await? {
                    Commit::Done => return Ok(LicenseRequested::New),
                    Commit::Replayed => return Ok(LicenseRequested::Replayed),
                    Commit::Refused { place: APPLICATION, standing: found } => standing = found,
                    Commit::Refused { .. } | Commit::Conflict => {}
                }
            }

            // There is a reason to refuse it, or another call is working on it. If that has passed, this call can still use
            // its nonce.
            let (nonce, standing, instance) = tokio::join!(
                self.use_nonce(call),
                async {
                    match standing {
                        Some(standing) => Ok(Some(standing)),
                        None => self.item(call, wanted.id.key(call.world())).await,
                    }
                },
                self.instance_of(call, on_instance)
            );
            if nonce? == NonceUse::Replayed {
                return Ok(LicenseRequested::Replayed);
            }
            let standing = standing?;
            let license = Sealed::of_attribute(standing.as_ref().and_then(|item| item.get(LICENSE)));
            let standing: Option<LicenseRequest> = standing.map(serde_dynamo::from_item).transpose()?;
            let refusal = match (on_instance, instance?) {
                (Some(device), Some(instance)) => rules.refusal(device, &instance, call.now()),
                (Some(_), None) => Some(ResultCode::InstanceNotFound),
                (None, _) => unmet,
            };
            match (standing, refusal) {
                (_, Some(ResultCode::InstanceNotFound)) => {
                    return Ok(LicenseRequested::Refused(ResultCode::InstanceNotFound));
                }
                (Some(LicenseRequest { handed_in_at: Some(_), .. }), _) if device.is_some() || license.is_some() => {
                    return Ok(LicenseRequested::HandedIn(license));
                }
                (Some(_), _) => return Ok(LicenseRequested::Waiting),
                (None, Some(code)) => return Ok(LicenseRequested::Refused(code)),
                (None, None) => pauses.pause().await?,
            }
        }
    }

    async fn instance_of(&self, call: &Call, device: Option<&DeviceLicense>) -> Result<Option<Instance>, StoreError> {
        let Some(device) = device else { return Ok(None) };
        let item = self.item(call, Key::instance(call.world(), &device.instance_id)).await?;
        let instance: Option<Instance> = item.map(serde_dynamo::from_item).transpose()?;
        Ok(instance.filter(|instance| instance.is_known_to(call)))
    }

    /// Keeps the license of a purchase, sealed for [`license_place`]. The first one stays, because KooGallery may have it.
    pub async fn keep_license(
        &self,
        order: &OrderId,
        product: Option<&ProductId>,
        license: &Sealed,
        at: Timestamp,
    ) -> Result<LicenseKept, StoreError> {
        let key = || Key::purchase_license(World::Real, order, product);
        let update = Change::new().set(LICENSE, license.to_attribute()).set(HANDED_IN_AT, at);
        let update = update.remove(LISTED).remove(LISTED_AS);
        let update = update.only_if(Condition::STANDS).only_if(Condition::Absent(LICENSE)).of(key());
        if self.update_alone(update).await? {
            return Ok(LicenseKept::Kept);
        }
        let item = self.standing_item(key()).await?;
        let standing = Sealed::of_attribute(item.as_ref().and_then(|item| item.get(LICENSE)));
        Ok(standing.map_or(LicenseKept::Unknown, LicenseKept::Standing))
    }

    /// The data of the request for the license of a purchase, sealed for [`license_details_place`]. Returns none after some
    /// time.
    pub async fn license_details(
        &self,
        order: &OrderId,
        product: Option<&ProductId>,
    ) -> Result<Option<Sealed>, StoreError> {
        let item = self.standing_item(Key::purchase_license_details(order, product)).await?;
        Ok(Sealed::of_attribute(item.as_ref().and_then(|item| item.get(DETAILS))))
    }

    /// Records that the seller's application has handed a device's license in. KooGallery gets `000000` from now on. Returns false
    /// if nobody asked for it.
    pub async fn hand_in_license(
        &self,
        world: World,
        id: &LicenseRequestId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Change::new()
            .set_once(HANDED_IN_AT, at)
            .remove(LISTED)
            .remove(LISTED_AS)
            .only_if(Condition::STANDS)
            .of(id.key(world));
        self.update_alone(update).await
    }

    /// Reads a request for a license.
    pub async fn license_request(
        &self,
        world: World,
        id: &LicenseRequestId,
    ) -> Result<Option<LicenseRequest>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(id.key(world).into_item()));
        let answer = get.consistent_read(true).send().await?;
        Ok(answer.item.map(serde_dynamo::from_item).transpose()?)
    }
}

/// Adds one license to its instance, if the instance fulfils what [`LicenseRules::refusal`] checks.
fn counted(device: &DeviceLicense, rules: LicenseRules, call: &Call) -> UpdateBuilder {
    const EXPIRE_TIME: &str = "expireTime";
    const LICENSES: &str = "licenses";
    let is_in = |status: Status| Condition::Is("status", status.into());
    let mut change = Change::new()
        .count_up(LICENSES)
        .only_if(Condition::Is("interfaceType", InterfaceType::License.into()))
        .only_if(Condition::Any(vec![is_in(Status::Provisioning), is_in(Status::Active)]));
    change = change.only_if(if device.expire_time.is_some() {
        let now = ExpireTime::from_timestamp(call.now()).map(|time| time.to_string()).unwrap_or_default();
        Condition::Any(vec![
            Condition::Absent(EXPIRE_TIME),
            Condition::All(vec![
                Condition::Greater(EXPIRE_TIME, now.into()),
                Condition::AtLeast(EXPIRE_TIME, last(device).into()),
            ]),
        ])
    } else {
        Condition::Absent(EXPIRE_TIME)
    });
    if let Some(quota) = rules.quota {
        let has_room = Condition::Less(LICENSES, u64::from(quota.get()).into());
        change = change.only_if(Condition::Any(vec![Condition::Absent(LICENSES), has_room]));
    }
    change.of(Key::instance(call.world(), &device.instance_id))
}

impl From<&GetLicenseAsync> for LicenseRequestId {
    fn from(request: &GetLicenseAsync) -> Self {
        match request {
            GetLicenseAsync::Device(DeviceLicense { instance_id, event_id, device_fingerprint, .. }) => Self::Device {
                instance_id: instance_id.clone(),
                event_id: event_id.clone(),
                device_fingerprint: device_fingerprint.clone(),
            },
            GetLicenseAsync::Purchase(PurchaseLicense { order_id, product_id, .. }) => {
                Self::Purchase { order_id: order_id.clone(), product_id: product_id.clone() }
            }
        }
    }
}

impl LicenseRequestId {
    fn key(&self, world: World) -> Key {
        match self {
            Self::Device { instance_id, event_id, device_fingerprint } => {
                Key::device_license(world, instance_id, event_id, device_fingerprint.as_ref())
            }
            Self::Purchase { order_id, product_id } => Key::purchase_license(world, order_id, product_id.as_ref()),
        }
    }

    /// What it is called: the event, or the order.
    fn name(&self) -> &str {
        match self {
            Self::Device { event_id, .. } => event_id.as_str(),
            Self::Purchase { order_id, .. } => order_id.as_str(),
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Device { instance_id, .. } => Subject::Instance(instance_id.clone()),
            Self::Purchase { order_id, .. } => Subject::Order(order_id.clone()),
        }
    }
}

impl LicenseRequest {
    fn of(request: &GetLicenseAsync, call: &Call) -> Self {
        let (effective_time, expire_time, told) = match request {
            GetLicenseAsync::Device(device) => {
                let times = (Some(device.effective_time.into()), device.expire_time.map(ExpireTime::from));
                (times.0, times.1, BTreeMap::new())
            }
            GetLicenseAsync::Purchase(purchase) => {
                let text = |name: &str| purchase.details.parameters.get(name)?.as_str().map(str::to_owned);
                let told = TOLD.into_iter().filter_map(|name| Some((name.to_owned(), text(name)?)));
                (None, purchase.details.expire_time, told.collect())
            }
        };
        Self {
            id: request.into(),
            effective_time,
            expire_time,
            told,
            requested_at: call.signed_at(),
            handed_in_at: None,
        }
    }

    /// They expire by themselves. Those of a debug call are not kept, because no event needs them.
    fn details_item(&self, details: Option<&Sealed>, call: &Call) -> Option<Item> {
        let (LicenseRequestId::Purchase { order_id, product_id }, Some(details), World::Real) =
            (&self.id, details, call.world())
        else {
            return None;
        };
        let mut item = Key::purchase_license_details(order_id, product_id.as_ref()).into_item();
        item.insert(DETAILS.to_owned(), details.to_attribute());
        let until = call.now().saturating_add(DETAILS_LIFETIME).as_seconds();
        item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.to_string()));
        Some(item)
    }

    fn to_item(&self, world: World) -> Result<Item, StoreError> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        let key = self.id.key(world);
        item.extend(List::LicenseRequests.entry(world, self.id.name(), self.requested_at, &key));
        item.extend(key.into_item());
        Ok(item)
    }
}
