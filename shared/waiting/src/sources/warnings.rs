//! Warnings that stand and are not snoozed. Of what another source here shows too, that one is shown: it leads to the act.

use futures_util::future::try_join_all;
use koogallery_store::{About, Cause, OrderRecord, StoreError, Subject, Warning};

use super::{Ask, Listed};
use crate::{Matter, Waiting};

/// What [`super::provisioning`] and [`super::probes`] show.
const SHOWN_ELSEWHERE: [Cause; 2] = [Cause::ProvisioningWaits, Cause::ProbeFails];
/// Of these the step is told that the order waits for.
const STEPS: [Cause; 2] = [Cause::SellerStep, Cause::SellerStepUrgent];

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let (warnings, is_whole) = ask.store.newest_warnings(Some(ask.now), ask.most_of_shard()).await?;
    let mut warnings: Vec<Warning> =
        warnings.into_iter().filter(|warning| !SHOWN_ELSEWHERE.contains(&warning.cause)).collect();
    warnings.sort_by_key(|warning| (warning.due_at.is_none(), warning.due_at));
    // No more than these are shown, so of no more the orders are read.
    let is_cut = warnings.len() > ask.one_more();
    warnings.truncate(ask.one_more());
    let waiting = try_join_all(warnings.into_iter().map(|warning| waiting(ask, warning))).await?;
    Ok((waiting.into_iter().flatten().collect(), is_whole && !is_cut))
}

/// None where the watch will end it, since there is nothing left to do.
async fn waiting(ask: Ask<'_>, warning: Warning) -> Result<Option<Waiting>, StoreError> {
    let order = order(ask, &warning).await?;
    if warning.cause == Cause::PurchaseRefused && order.as_ref().is_some_and(OrderRecord::is_over) {
        return Ok(None);
    }
    let stage = order.and_then(|order| order.standing()).map(|standing| standing.stage);
    let Warning { warning_id, cause, about, since, due_at, .. } = warning;
    let stage = stage.filter(|_| STEPS.contains(&cause));
    Ok(Some(Waiting { matter: Matter::Warned { id: warning_id, cause, about, stage }, since, deadline: due_at }))
}

/// The order that it is about, where that says more.
async fn order(ask: Ask<'_>, warning: &Warning) -> Result<Option<OrderRecord>, StoreError> {
    match &warning.about {
        About::Subject(Subject::Order(id))
            if warning.cause == Cause::PurchaseRefused || STEPS.contains(&warning.cause) =>
        {
            ask.store.order_record(id).await.map(Some)
        }
        _ => Ok(None),
    }
}
