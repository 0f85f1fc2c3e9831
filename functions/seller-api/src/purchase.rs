//! Who bought an instance, and what: personal data. It stands in the table sealed, is opened here, and each look at it is
//! in the log.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery_store::{World, order_details_place, purchase_details_place};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::SellerApi;
use crate::extract::PathOf;
use crate::instances::InstancePath;
use crate::journal::Shown;
use crate::problem::{Kind, Problem};

/// What is known of a purchase.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PurchaseDetails, examples(json!({
    "instanceId": "03pf80c2b8", "orderId": "CS2509071201OKVI2",
    "purchase": { "customerId": "c-1", "customerName": "…", "email": "buyer@example.com" },
})))]
pub(crate) struct Details {
    /// The instance.
    instance_id: String,
    /// The order that bought it.
    order_id: String,
    /// What V1.0's newInstance told, by KooGallery's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<Map<String, Value>>,
    /// What the order query told, by KooGallery's names; absent until it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Map<String, Value>>,
}

/// Who bought an instance, and what: personal data. Each look is logged. Of an erased instance nothing is left to tell.
#[utoipa::path(get, path = "/v1/instances/{id}/purchase-details", tag = "instances",
    operation_id = "getPurchaseDetails", params(InstancePath),
    responses(
        (status = 200, description = "What is known", body = Details),
        (status = 404, description = "No such instance"),
    ))]
pub(crate) async fn get(
    State(api): State<Arc<SellerApi>>,
    PathOf(InstancePath { id }): PathOf<InstancePath>,
) -> Result<(Extension<Shown>, Json<Details>), Problem> {
    let instance = api.instance(&id).await?;
    let (order, line) = (&instance.order_id, instance.order_line_id.as_ref());
    // An order's details may be another instance's as well, and stand for that.
    let (purchase, details) = if instance.life.erased_at.is_some() {
        (None, None)
    } else {
        tokio::try_join!(api.store().purchase_details(World::Real, &id), api.store().order_details(order, line))?
    };
    let open = async |sealed: Option<_>, place: String| match sealed {
        Some(sealed) => {
            let opened = api.vault.open(api.store(), &place, &sealed).await?;
            serde_json::from_slice(&opened).map(Some).map_err(|_| {
                Problem::new(Kind::Internal, "what was kept sealed is not of the expected form").because(place)
            })
        }
        None => Ok::<_, Problem>(None),
    };
    let details = Details {
        instance_id: id.to_string(),
        order_id: order.to_string(),
        purchase: open(purchase, purchase_details_place(order)).await?,
        order: open(details, order_details_place(order, line)).await?,
    };
    Ok((Extension(Shown("purchase details")), Json(details)))
}
