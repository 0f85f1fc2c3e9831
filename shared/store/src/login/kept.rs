//! What one login keeps in the table for some minutes, sealed, under the digest of a handle.
//!
//! Each is used once. Who comes second is told so: the second use of a code also ends what the first one got.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AppId, InstanceId, TenantId, Timestamp};

use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::login::{HandleDigest, LoginStep};
use crate::model::sealed::Sealed;
use crate::model::subject::Subject;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::schema::TTL_ATTRIBUTE;
use crate::table::transaction::{Commit, Pauses, Transaction};

/// The result of using what a login keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginUse {
    /// It was not used before.
    First(Sealed),
    /// It was used before.
    Again(Sealed),
    /// It belongs to another browser. It was not used.
    OfAnother,
    /// It never was there, or its time is over.
    Gone,
}

/// A buyer's user who logged in.
#[derive(Clone, Copy)]
pub struct SignedIn<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The instance that the user entered.
    pub instance: &'a InstanceId,
    /// The application.
    pub app: &'a AppId,
    /// The login name.
    pub name: &'a str,
}

impl Store {
    /// Keeps something until a time; only who shows the handle `bound_to` as well can use it.
    pub async fn keep_login(
        &self,
        step: LoginStep,
        of: HandleDigest,
        bound_to: HandleDigest,
        content: &Sealed,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let item = kept(step, of, bound_to, content, until);
        // A handle is random: where it is there already, this request was sent twice.
        under_condition(self.put_request(Change::new().only_if(Condition::NEW).put(item))?.send().await)?;
        Ok(())
    }

    /// Keeps a code, and in the same transaction the event that a buyer's user logged in.
    pub async fn keep_code_and_tell(
        &self,
        of: HandleDigest,
        bound_to: HandleDigest,
        content: &Sealed,
        until: Timestamp,
        user: &SignedIn<'_>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let SignedIn { tenant, instance, app, name } = *user;
        let event = Event::of_tenant(at, EventType::UserSignedIn, tenant, Some(instance), Some(app));
        let event = event.about(1, Some(("userNames", &[name.to_owned()])));
        let call = Call::own(at);
        let (subject, mut pauses) = (Subject::Tenant(tenant.clone()), Pauses::new());
        loop {
            let item = kept(LoginStep::Code, of, bound_to, content, until);
            let transaction = Transaction::new(self, &call)?.create(item)?;
            match transaction.events(&subject, std::slice::from_ref(&event))?.commit().await? {
                // A handle is random: what is there already was kept by the same request.
                Commit::Done | Commit::Replayed | Commit::Refused { .. } => return Ok(()),
                Commit::Conflict => pauses.pause().await?,
            }
        }
    }

    /// Uses something for the browser that shows this handle as well.
    pub async fn use_login(
        &self,
        step: LoginStep,
        of: HandleDigest,
        bound_to: HandleDigest,
        at: Timestamp,
    ) -> Result<LoginUse, StoreError> {
        self.use_once(step, of, bound_to, at, Change::new()).await
    }

    /// Redeems a code, and gives what it stands for to `access` until `until`. A second time ends what the first one gave.
    pub async fn redeem_code(
        &self,
        code: HandleDigest,
        client: HandleDigest,
        access: HandleDigest,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<LoginUse, StoreError> {
        let seconds = u64::try_from(until.as_seconds()).unwrap_or_default();
        let give = Change::new().set(ACCESS, access.to_hex()).set(TTL_ATTRIBUTE, seconds);
        let used = self.use_once(LoginStep::Code, code, client, at, give).await?;
        if let LoginUse::Again(_) = used {
            let end = Change::new().remove(ACCESS).only_if(Condition::STANDS);
            self.update_in_turn(end.of(Key::login(LoginStep::Code, code))).await?;
        }
        Ok(used)
    }

    /// What a redeemed code gives to `access`; none if it gives nothing to it, or no longer.
    pub async fn granted(
        &self,
        code: HandleDigest,
        access: HandleDigest,
        at: Timestamp,
    ) -> Result<Option<Sealed>, StoreError> {
        let item = self.standing_item(Key::login(LoginStep::Code, code)).await?;
        let item = item.filter(|item| lasts(item, at) && text(item, ACCESS) == Some(&access.to_hex()));
        Ok(item.as_ref().and_then(|item| Sealed::of_attribute(item.get(CONTENT))))
    }

    async fn use_once(
        &self,
        step: LoginStep,
        of: HandleDigest,
        bound_to: HandleDigest,
        at: Timestamp,
        also: Change,
    ) -> Result<LoginUse, StoreError> {
        let key = || Key::login(step, of);
        let now = u64::try_from(at.as_seconds()).unwrap_or_default();
        let change = also
            .set(USED_AT, at)
            .only_if(Condition::Absent(USED_AT))
            .only_if(Condition::Is(BOUND_TO, bound_to.to_hex().into()))
            .only_if(Condition::Greater(TTL_ATTRIBUTE, now.into()));
        if let Some(item) = self.update_and_read(change.of(key())).await? {
            return Ok(LoginUse::First(content(&item)?));
        }
        Ok(match self.standing_item(key()).await?.filter(|item| lasts(item, at)) {
            None => LoginUse::Gone,
            Some(item) if text(&item, BOUND_TO) != Some(&bound_to.to_hex()) => LoginUse::OfAnother,
            Some(item) => LoginUse::Again(content(&item)?),
        })
    }
}

fn kept(step: LoginStep, of: HandleDigest, bound_to: HandleDigest, content: &Sealed, until: Timestamp) -> Item {
    let mut item = Key::login(step, of).into_item();
    item.insert(CONTENT.to_owned(), content.to_attribute());
    item.insert(BOUND_TO.to_owned(), AttributeValue::S(bound_to.to_hex()));
    item.insert(TTL_ATTRIBUTE.to_owned(), AttributeValue::N(until.as_seconds().to_string()));
    item
}

const CONTENT: &str = "content";
const BOUND_TO: &str = "boundTo";
const USED_AT: &str = "usedAt";
const ACCESS: &str = "access";

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// The table deletes an item some time after its end.
fn lasts(item: &Item, at: Timestamp) -> bool {
    let end = item.get(TTL_ATTRIBUTE).and_then(|end| end.as_n().ok()?.parse::<i64>().ok());
    end.is_some_and(|end| end > at.as_seconds())
}

fn content(item: &Item) -> Result<Sealed, StoreError> {
    Sealed::of_attribute(item.get(CONTENT)).ok_or_else(|| StoreError::Unreadable("what a login keeps".to_owned()))
}
