//! Calls that failed a moment ago: the watch has not warned of them yet. What somebody acknowledged is not shown again.

use koogallery_store::{Cause, FailedCall, StoreError};

use super::{Ask, Listed};
use crate::{Matter, PATIENCE, Waiting};

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let failed = ask.store.oldest_failed_calls(ask.most_of_shard()).await?;
    // Of so many calls it is looked whether a warning was raised.
    let looked_at = 4 * usize::from(ask.most);
    let looks = failed.iter().take(looked_at).map(|call| async move {
        let warned = ask.store.warning(&call.warning_id()).await?;
        Ok::<_, StoreError>(warned.is_none().then_some(call))
    });
    let new = futures_util::future::try_join_all(looks).await?.into_iter().flatten();
    Ok((new.take(ask.one_more()).map(one).collect(), failed.len() <= looked_at))
}

fn one(call: &FailedCall) -> Waiting {
    let is_purchase = call.cause() == Cause::PurchaseRefused;
    Waiting {
        matter: Matter::CallFailed(Box::new(call.clone())),
        since: call.first_at,
        deadline: is_purchase.then(|| call.first_at.saturating_add(PATIENCE)),
    }
}
