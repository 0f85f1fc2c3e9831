//! Erasure at once: the personal data of what was released, before the schedule erases it.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery_store::{Action, Erased, Gone, Subject};
use serde::Serialize;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::PathOf;
use crate::paths::{InstancePath, LicensePath};
use crate::problem::{Kind, Problem};

/// What an erasure did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Erasure, examples(json!({ "erasedBefore": false, "items": 6, "events": 4 })))]
pub(crate) struct ErasureView {
    /// Whether it was done before. Nothing was left to erase then.
    erased_before: bool,
    /// How many items it deleted.
    items: usize,
    /// How many events stay, without names.
    events: usize,
}

/// Erases at once the personal data of a released instance.
///
/// A schedule does the same some days after the release. Status, orders and periods stay.
#[utoipa::path(post, path = "/v1/instances/{id}/erase", tag = "erasure", operation_id = "eraseInstance",
    params(InstancePath),
    responses(
        (status = 200, description = "Its personal data is erased", body = ErasureView),
        (status = 404, description = "No such instance"),
        (status = 409, description = "The instance is not released"),
    ))]
pub(crate) async fn of_instance(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<Json<ErasureView>, Problem> {
    erase(&api, &allowed, &Subject::Instance(id), "instance", "releaseInstance").await
}

/// Erases at once the personal data of a released license code.
///
/// A schedule does the same some days after the release. Status, orders and periods stay.
#[utoipa::path(post, path = "/v1/licenses/{code}/erase", tag = "erasure", operation_id = "eraseLicense",
    params(LicensePath),
    responses(
        (status = 200, description = "Its personal data is erased", body = ErasureView),
        (status = 404, description = "No such license code"),
        (status = 409, description = "The license code is not released"),
    ))]
pub(crate) async fn of_license(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(LicensePath { code }): PathOf<LicensePath>,
) -> Result<Json<ErasureView>, Problem> {
    erase(&api, &allowed, &Subject::License(code), "license code", "releaseLicenseCode").await
}

async fn erase(
    api: &SellerApi,
    allowed: &Allowed,
    of: &Subject,
    what: &str,
    release: &str,
) -> Result<Json<ErasureView>, Problem> {
    let action = Action::new(&allowed.actor(None)?, Action::PERSONAL_DATA_ERASED, of.clone().into(), api.now());
    let (erased_before, Gone { items, events }) = match api.store().erase_by(of, &action).await? {
        Erased::Done(gone) => (false, gone),
        Erased::Before => (true, Gone::default()),
        Erased::Unknown => return Err(Problem::unknown(what)),
        Erased::NotDue => {
            let detail = format!(
                "the {what} is not released, and KooGallery may still ask for its data: it can be erased after {release}"
            );
            return Err(Problem::new(Kind::NotReleased, detail));
        }
    };
    Ok(Json(ErasureView { erased_before, items, events }))
}
