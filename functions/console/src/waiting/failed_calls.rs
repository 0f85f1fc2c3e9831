//! Calls that failed a moment ago: the watch has not warned of them yet. What somebody acknowledged is not shown again.

use koogallery_store::{Cause, FailedCall};

use super::{MOST, MOST_OF_SHARD, PATIENCE, Waiting};
use crate::Console;
use crate::stop::Failure;
use crate::texts::Home;
use crate::view::{View, name_of, path_of};

/// Of so many calls it is looked whether a warning was raised.
const LOOKED_AT: usize = 4 * MOST;

pub(super) async fn list(console: &Console, view: &View) -> Result<Vec<Waiting>, Failure> {
    let failed = console.store.oldest_failed_calls(MOST_OF_SHARD).await?;
    let looks = failed.iter().take(LOOKED_AT).map(|call| async move {
        let warned = console.store.warning(&call.warning_id()).await?;
        Ok::<_, Failure>(warned.is_none().then_some(call))
    });
    let new = futures_util::future::try_join_all(looks).await?.into_iter().flatten();
    Ok(new.take(MOST + 1).map(|call| one(view, call)).collect())
}

fn one(view: &View, call: &FailedCall) -> Waiting {
    let is_purchase = call.cause() == Cause::PurchaseRefused;
    Waiting {
        what: view.fill(Home::CallFailed, &[&call.callback, &name_of(&call.subject), &call.result_code]),
        since: call.first_at,
        deadline: is_purchase.then(|| call.first_at.saturating_add(PATIENCE)),
        act: (Home::LookAtIt, path_of(&call.subject)),
    }
}
