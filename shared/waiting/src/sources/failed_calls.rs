//! Calls that failed a moment ago: the watch has not warned of them yet. What somebody acknowledged is not shown again.

use koogallery_store::{Cause, FailedCall, StoreError, Subject};

use super::{Ask, Listed};
use crate::{Matter, PATIENCE, Waiting};

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let failed = ask.store.oldest_failed_calls(ask.most_of_shard()).await?;
    // Of so many calls it is looked whether a warning was raised.
    let looked_at = 4 * usize::from(ask.most);
    let looks = failed.iter().take(looked_at).map(|call| async move {
        let warned = ask.store.warning(&call.warning_id()).await?;
        let is_new = warned.is_none() && !is_over(ask, call).await?;
        Ok::<_, StoreError>(is_new.then_some(call))
    });
    let new = futures_util::future::try_join_all(looks).await?.into_iter().flatten();
    Ok((new.take(ask.one_more()).map(one).collect(), failed.len() <= looked_at))
}

/// Whether it was a purchase whose instance is released: there is nothing left to do.
async fn is_over(ask: Ask<'_>, call: &FailedCall) -> Result<bool, StoreError> {
    match &call.subject {
        Subject::Order(order) if call.cause() == Cause::PurchaseRefused => {
            Ok(ask.store.order_record(order).await?.is_over())
        }
        _ => Ok(false),
    }
}

fn one(call: &FailedCall) -> Waiting {
    let is_purchase = call.cause() == Cause::PurchaseRefused;
    Waiting {
        matter: Matter::CallFailed(Box::new(call.clone())),
        since: call.first_at,
        deadline: is_purchase.then(|| call.first_at.saturating_add(PATIENCE)),
    }
}
