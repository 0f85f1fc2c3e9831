//! Takes in what the order query says about an instance's orders. These are facts of its life, like those from calls,
//! whenever they arrive.

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{InstanceId, OrderId, OrderLineId, Timestamp};

use crate::changes::decide::Standing;
use crate::model::bought::ToldOrder;
use crate::model::changed::Changed;
use crate::model::instance::Instance;
use crate::model::lifecycle::AppliedOrder;
use crate::model::subject::Subject;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::schema::SORT_KEY;
use crate::table::transaction::{Commit, Pauses, Transaction};

/// The attribute of an order that says that the order query's answer is taken in.
const TOLD: &str = "told";

impl Store {
    /// Takes in what the order query says about an order of an instance: the one that bought it, or a later one that counts.
    /// It may change the expiry, and so a freeze, with its event. The same answer once more changes nothing.
    ///
    /// For the last signed order, the current state is enough. For any other one, and for the first, all facts are read.
    pub async fn tell_order(
        &self,
        id: &InstanceId,
        order: &OrderId,
        line: Option<&OrderLineId>,
        told: &ToldOrder,
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let call = Call::own(now);
        let state = Key::instance(World::Real, id);
        let of = state.order_fact(&AppliedOrder::key_of(order, line));
        let mut pauses = Pauses::new();
        loop {
            let (standing, known) = tokio::join!(self.item(&call, state.clone()), self.item(&call, of.clone()));
            let known: Option<AppliedOrder> = known?.map(serde_dynamo::from_item).transpose()?;
            let before: Instance = match Self::changeable(&call, id, standing?)? {
                Ok(Standing::Known(before)) => before,
                Ok(Standing::New(_)) => return Ok(Changed::Unknown),
                Err(outcome) => return Ok(outcome),
            };
            let mut after = before.clone();
            let mut transaction = Transaction::new(self, &call)?;
            if before.order_id == *order && before.order_line_id.as_ref() == line {
                if !after.life.tell_first(told) {
                    return Ok(Changed::Unchanged);
                }
                let facts = call.timed(self.facts(&state)).await?;
                after.life.replay(None, &facts);
            } else {
                let Some(mut known) = known else { return Ok(Changed::Unchanged) };
                if !known.tell(told) {
                    return Ok(Changed::Unchanged);
                }
                if after.life.last_order.as_ref() == Some(&known.key()) {
                    after.life.tell_last(&known);
                } else {
                    let mut facts = call.timed(self.facts(&state)).await?;
                    facts.orders.iter_mut().filter(|order| order.key() == known.key()).for_each(|order| {
                        order.tell(told);
                    });
                    after.life.replay(None, &facts);
                }
                let bought: AttributeValue = serde_dynamo::to_attribute_value(&known.bought)?;
                let change = Change::new().set("bought", bought).set(TOLD, true).only_if(Condition::Absent(TOLD));
                transaction = transaction.update(change.only_if(Condition::Exists(SORT_KEY)).of(of.clone()))?;
            }
            after.settle();
            transaction =
                transaction.replace_life(&Subject::Instance(id.clone()), id, (&before, false), after, None)?;
            match transaction.commit().await? {
                Commit::Done => return Ok(Changed::Applied),
                Commit::Replayed => return Ok(Changed::Replayed),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}
