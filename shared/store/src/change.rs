//! How a life is changed: by one transaction in the usual case, by a second one where something unusual stands.
//!
//! Each change is first sent as the update that is right when the call arrived in order and the instance or license is
//! as one would expect. Its condition says exactly that; where it fails, DynamoDB hands back what stands, the rules of
//! [`Lifecycle`] decide on it, and the result is written under the version it was decided on.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use koogallery::{Reply, ResultCode};

use crate::call::Call;
use crate::client::{Store, StoreError};
use crate::event::Event;
use crate::key::{Item, World};
use crate::lifecycle::{Lifecycle, Living, Status};
use crate::transaction::{Commit, Pauses, Transaction};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is applied.
    Applied,
    /// Nothing to change: it was applied before, or something newer stands. For KooGallery a success.
    Unchanged,
    /// There is no such instance. A license code is made known by the first call about it.
    Unknown,
    /// The instance or license was released.
    Released,
    /// The nonce was used before.
    Replayed,
}

impl Changed {
    /// How KooGallery is told.
    #[must_use]
    pub const fn reply(self) -> Reply {
        match self {
            Self::Applied | Self::Unchanged => Reply::success(),
            Self::Unknown | Self::Released => Reply::of(ResultCode::InstanceNotFound),
            Self::Replayed => Reply::of(ResultCode::AuthenticationFailed),
        }
    }
}

impl Store {
    /// Sends `usual`; where its condition fails, lets `decide` work on what stands.
    pub(crate) async fn change<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        usual: UpdateBuilder,
        usual_events: &[Event],
        decide: impl Fn(&mut Lifecycle),
    ) -> Result<Changed, StoreError> {
        let (world, subject) = (call.world(), L::subject(id));
        let usual = usual.set_key(Some(L::key(world, id).into_item()));
        let commit = Transaction::new(self, call)?.update(usual)?.events(&subject, usual_events)?.commit().await?;
        self.decided(call, id, commit, |standing: &mut L| decide(standing.life_mut())).await
    }

    /// Where `commit` was refused, lets `decide` work on what stands until the result is written.
    pub(crate) async fn decided<L: Living>(
        &self,
        call: &Call,
        id: &L::Id,
        mut commit: Commit,
        decide: impl Fn(&mut L),
    ) -> Result<Changed, StoreError> {
        let (world, subject) = (call.world(), L::subject(id));
        let mut pauses = Pauses::new();
        loop {
            let standing = match commit {
                Commit::Done => return Ok(Changed::Applied),
                Commit::Replayed => return Ok(Changed::Replayed),
                Commit::Refused { standing, .. } => standing,
                Commit::Conflict => {
                    pauses.pause().await?;
                    self.item(call, L::key(world, id)).await?
                }
            };
            let standing: Option<L> = standing.map(serde_dynamo::from_item).transpose()?;
            let is_known = standing.is_some();
            let Some(standing) = standing.or_else(|| L::unheard_of(call, id)) else {
                return self.unchanged(call, Changed::Unknown).await;
            };
            if standing.life().status == Status::Released {
                return self.unchanged(call, Changed::Released).await;
            }
            let mut decided = standing.clone();
            decide(&mut decided);
            decided.settle();
            if is_known && decided == standing {
                return self.unchanged(call, Changed::Unchanged).await;
            }
            let events = Event::between(call, &subject, standing.life(), decided.life());
            let transaction = Transaction::new(self, call)?;
            let transaction = if is_known {
                decided.life_mut().version += 1;
                transaction.update(replace::<L>(world, id, &decided)?)?
            } else {
                let mut item: Item = serde_dynamo::to_item(&decided)?;
                item.extend(decided.indexed(world));
                item.extend(L::key(world, id).into_item());
                transaction.create(item)?
            };
            commit = transaction.events(&subject, &events)?.commit().await?;
        }
    }

    /// Sends an update on its own; false where its condition did not hold.
    pub(crate) async fn update_alone(&self, update: UpdateBuilder) -> Result<bool, StoreError> {
        let update = update.table_name(&self.table).build().map_err(|error| StoreError::Refused(error.to_string()))?;
        let sent = self
            .client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Ends a call that changes nothing: its nonce is used up all the same. A debug case never fails for state.
    pub(crate) async fn unchanged(&self, call: &Call, outcome: Changed) -> Result<Changed, StoreError> {
        Ok(match (self.use_nonce(call).await?, call.world(), outcome) {
            (NonceUse::Replayed, ..) => Changed::Replayed,
            (NonceUse::First, World::Test, Changed::Unknown | Changed::Released) => Changed::Unchanged,
            (NonceUse::First, _, outcome) => outcome,
        })
    }

    /// Uses a call up that is refused for what it says: whether it was not used before.
    pub async fn use_up(&self, call: &Call) -> Result<bool, StoreError> {
        Ok(self.use_nonce(call).await? == NonceUse::First)
    }

    /// Records a nonce alone, for a call that writes nothing else.
    pub(crate) async fn use_nonce(&self, call: &Call) -> Result<NonceUse, StoreError> {
        let Some(nonce) = call.nonce_item() else { return Ok(NonceUse::First) };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(nonce))
            .condition_expression(Call::NONCE_IS_NEW)
            .set_expression_attribute_values(Some(call.nonce_values()));
        match call.timed(put.send()).await {
            Ok(_) => Ok(NonceUse::First),
            Err(SdkError::ServiceError(context)) if context.err().is_conditional_check_failed_exception() => {
                Ok(NonceUse::Replayed)
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }
}

/// Whether a nonce was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonceUse {
    First,
    Replayed,
}

/// The update that writes `decided` over the version before it, which it was decided on. Attributes that this version
/// of the code does not know stay.
pub(crate) fn replace<L: Living>(world: World, id: &L::Id, decided: &L) -> Result<UpdateBuilder, StoreError> {
    replace_with(world, id, decided, &[])
}

/// The same with further attributes.
pub(crate) fn replace_with<L: Living>(
    world: World,
    id: &L::Id,
    decided: &L,
    more: &[&'static str],
) -> Result<UpdateBuilder, StoreError> {
    let version = decided.life().version - 1;
    let mut item: Item = serde_dynamo::to_item(decided)?;
    item.extend(decided.indexed(world));
    let mut update = Update::builder()
        .set_key(Some(L::key(world, id).into_item()))
        .condition_expression("#version = :standing")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":standing", AttributeValue::N(version.to_string()));
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for name in Lifecycle::CHANGING.iter().chain(L::CHANGING).chain(more).copied() {
        update = update.expression_attribute_names(format!("#{name}"), name);
        match item.remove(name) {
            Some(value) => {
                set.push(format!("#{name} = :{name}"));
                update = update.expression_attribute_values(format!(":{name}"), value);
            }
            None => remove.push(format!("#{name}")),
        }
    }
    let mut expression = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        expression = format!("{expression} REMOVE {}", remove.join(", "));
    }
    Ok(update.update_expression(expression))
}
