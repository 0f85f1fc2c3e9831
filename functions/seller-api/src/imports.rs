//! Takes over customers who were there before this deployment: instances, license codes, tenants and later orders, from the seller's own
//! records. A command reads the file and sends its rows here.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use koogallery::{TenantSync, Timestamp};
use koogallery_store::{Call, Changed, Imported, StoreError, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::SellerApi;
use crate::each::each;
use crate::extract::Body;
use crate::import_row::{Planned, RowBody, planned, read};
use crate::problem::{Kind, Problem};

/// The most rows of a call.
const MOST_ROWS: usize = 100;

/// Rows to take over.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Import, examples(json!({ "rows": [{
    "kind": "instance", "instanceId": "i-1001", "orderId": "CS2411260001", "orderLineId": "CS2411260001-000001",
    "productId": "p-1", "quantity": 20, "createdAt": "2024-11-26T02:00:00Z", "expireTime": "2027-11-26T15:59:59Z",
    "frontEndUrl": "https://app.example.com/?instance=i-1001",
}] })))]
pub(crate) struct ImportBody {
    /// The rows, in any order.
    #[schema(value_type = Vec<RowBody>, min_items = 1, max_items = 100)]
    rows: Vec<Value>,
    /// Whether nothing is written: the answer says what an import would do.
    #[serde(default)]
    dry_run: bool,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportOutcome)]
enum Outcome {
    /// It is there now; in a dry run, it would be.
    New,
    /// It was there before, and stays as it is.
    Known,
    /// It names an instance or a license code that is not there.
    Unknown,
    /// It cannot be imported.
    Refused,
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedRow)]
struct RowOutcome {
    /// Its place among the rows, from 0.
    row: usize,
    /// What became of it.
    outcome: Outcome,
    /// Why it is not imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What became of the rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportResult, examples(json!({ "rows": [{ "row": 0, "outcome": "new" }] })))]
pub(crate) struct ImportView {
    /// Each row, in their order.
    rows: Vec<RowOutcome>,
}

/// Takes over customers who were there before this deployment.
///
/// Ids are those that KooGallery knows. From then on the calls about them are answered. No event is sent: the application knows them.
/// What is there already stays as it is, so send the same rows as often as you like. Each row stands for itself: one that is
/// refused holds up no other.
#[utoipa::path(post, path = "/v1/imports", tag = "import", operation_id = "importRows", request_body = ImportBody,
    responses((status = 200, description = "What became of each row", body = ImportView)))]
pub(crate) async fn import(
    State(api): State<Arc<SellerApi>>,
    Body(body): Body<ImportBody>,
) -> Result<Json<ImportView>, Problem> {
    let count = body.rows.len();
    if !(1..=MOST_ROWS).contains(&count) {
        return Err(Problem::new(Kind::Invalid, format!("rows: give 1 to {MOST_ROWS}, not {count}")));
    }
    let (mut outcomes, mut first, mut after) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (row, value) in body.rows.into_iter().enumerate() {
        match read(value).and_then(|row| planned(row, api.now())) {
            Ok(planned @ (Planned::Instance(..) | Planned::License(..))) => first.push((row, planned)),
            Ok(planned) => after.push((row, planned)),
            Err(detail) => drop(outcomes.insert(row, (Outcome::Refused, Some(detail)))),
        }
    }
    // Tenants and orders are of instances that may stand in the same call.
    for rows in [first, after] {
        let imported = each(rows, |(row, planned)| {
            let api = Arc::clone(&api);
            async move { Ok((row, api.import_row(planned, body.dry_run).await?)) }
        });
        outcomes.extend(imported.await?);
    }
    let rows = outcomes.into_iter().map(|(row, (outcome, detail))| RowOutcome { row, outcome, detail }).collect();
    Ok(Json(ImportView { rows }))
}

type RowResult = (Outcome, Option<String>);

impl SellerApi {
    async fn import_row(&self, planned: Planned, dry_run: bool) -> Result<RowResult, StoreError> {
        match planned {
            Planned::Instance(imported, _) if dry_run => Ok(found(self.store().look_for_instance(&imported).await?)),
            Planned::License(imported, _) if dry_run => Ok(found(self.store().look_for_license(&imported).await?)),
            Planned::Instance(imported, at) => {
                Ok(found(self.store().import_instance(&self.call(at), &imported, &self.vault).await?))
            }
            Planned::License(imported, at) => Ok(found(self.store().import_license(&self.call(at), &imported).await?)),
            later if dry_run => self.look_for(&later).await,
            Planned::Tenant(sync, at) => Ok(changed(self.store().sync_tenant(&self.call(at), &sync).await?)),
            Planned::Renewal(request, at) => Ok(changed(self.store().refresh(&self.call(at), &request).await?)),
            Planned::CodeRenewal(request, at) => {
                // A renewal of a code that nobody imported would make it, without its purchase.
                if self.store().license(&request.license).await?.is_none() {
                    return Ok(changed(Changed::Unknown));
                }
                Ok(changed(self.store().refresh_license(&self.call(at), &request).await?))
            }
            Planned::Upgrade(request, at) => Ok(changed(self.store().upgrade(&self.call(at), &request).await?)),
        }
    }

    fn call(&self, signed_at: Timestamp) -> Call {
        Call::imported(signed_at, self.now())
    }

    /// What an import of a tenant or a later order would do.
    async fn look_for(&self, later: &Planned) -> Result<RowResult, StoreError> {
        let store = self.store();
        let (instance, order) = match later {
            Planned::Tenant(TenantSync { instance_id, tenant_id, .. }, _) => {
                if store.tenant(World::Real, tenant_id, instance_id.as_ref()).await?.is_some() {
                    return Ok(changed(Changed::Unchanged));
                }
                (instance_id.as_ref(), None)
            }
            Planned::Renewal(request, _) => (Some(&request.instance_id), Some(&request.order_id)),
            Planned::Upgrade(request, _) => (Some(&request.instance_id), Some(&request.order_id)),
            Planned::CodeRenewal(request, _) => {
                let orders = store.license_orders(&request.license).await?;
                let is_known = orders.iter().any(|order| order.order_id == request.order_id);
                return Ok(match store.license(&request.license).await? {
                    None => changed(Changed::Unknown),
                    Some(_) => changed(if is_known { Changed::Unchanged } else { Changed::Applied }),
                });
            }
            Planned::Instance(..) | Planned::License(..) => (None, None),
        };
        let Some(id) = instance else { return Ok(changed(Changed::Applied)) };
        if store.instance(id).await?.is_none() {
            return Ok(changed(Changed::Unknown));
        }
        let Some(order) = order else { return Ok(changed(Changed::Applied)) };
        let is_known = store.instance_orders(id).await?.iter().any(|known| known.order_id == *order);
        Ok(changed(if is_known { Changed::Unchanged } else { Changed::Applied }))
    }
}

fn found(imported: Imported) -> RowResult {
    match imported {
        Imported::New => (Outcome::New, None),
        Imported::Known => (Outcome::Known, None),
        Imported::IdTaken(order) => (
            Outcome::Refused,
            Some(format!("instanceId: the order {order}, or another line of it, bought this instance")),
        ),
        Imported::OrderTaken(instance) => {
            (Outcome::Refused, Some(format!("orderId: this order line bought the instance {instance}")))
        }
    }
}

fn changed(changed: Changed) -> RowResult {
    match changed {
        Changed::Applied => (Outcome::New, None),
        Changed::Unchanged | Changed::Replayed | Changed::Repeated(_) => (Outcome::Known, None),
        Changed::Unknown => {
            (Outcome::Unknown, Some("there is no such instance or license code: import it too".to_owned()))
        }
        Changed::Released => (Outcome::Refused, Some("it is released, and takes no more".to_owned())),
    }
}
