//! Opens the supervision of an order, and enters its steps. KooGallery has no call for either: people read them in Seller Console.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery::{OrderId, Text, Timestamp};
use koogallery_store::{Flow, Party, Step, StepEntered, StepError, StepKind, StepSource};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::SellerApi;
use crate::access::Allowed;
use crate::extract::{Body, OptionalBody, PathOf, optional_text, some};
use crate::paths::OrderPath;
use crate::problem::{Kind, Problem};
use crate::supervision::SupervisionView;
use crate::time::Time;
use crate::words;

/// How a supervision begins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OpenSupervision, examples(json!({ "flow": "standard", "openedAt": "2025-12-01T00:00:00Z", "by": "Li" })))]
pub(crate) struct OpenBody {
    /// Its flow.
    #[schema(schema_with = words::flow)]
    flow: Flow,
    /// When the order was paid. The default is when KooGallery reported the order first, or now.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    opened_at: Option<Time>,
    /// Who enters it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
    /// Why. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Option<Text<255>>,
}

/// Which step of which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub(crate) struct StepPath {
    /// The order's id.
    #[param(value_type = String, min_length = 1, max_length = 64, pattern = "[^\\s]", example = "CS2509071201OKVI2")]
    order_id: OrderId,
    /// What happened.
    #[param(value_type = words::Step, inline)]
    step: StepKind,
}

/// What is known of a step.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EnterStep, examples(json!({ "at": "2025-12-03T02:00:00Z", "note": "by telephone", "by": "Li" })))]
pub(crate) struct StepBody {
    /// When it happened; now, if absent.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    at: Option<Time>,
    /// 服务实际开通时间, with `delivered` and `activated`: since when the buyer really uses the product.
    #[serde(default, deserialize_with = "some")]
    #[schema(value_type = String, format = DateTime)]
    service_started_at: Option<Time>,
    /// With `named`: what the step is called.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    name: Option<Text<64>>,
    /// With `named`: who has to act after it. The default is the seller.
    #[serde(default, deserialize_with = "some")]
    #[schema(required = false, schema_with = words::party)]
    waits_for: Option<Party>,
    /// With `appealed`: who appealed.
    #[serde(default, deserialize_with = "some")]
    #[schema(required = false, schema_with = words::appellant)]
    appealed_by: Option<Party>,
    /// What else there is to say, such as why a delivery was rejected. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    note: Option<Text<255>>,
    /// Who enters it: the record has it after the token's name.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 64)]
    by: Option<Text<64>>,
    /// Why. Write no personal data.
    #[serde(default, deserialize_with = "optional_text")]
    #[schema(value_type = String, pattern = "[^\\s]", max_length = 255)]
    reason: Option<Text<255>>,
}

impl StepBody {
    /// The members that another step has.
    fn check(&self, step: StepKind) -> Result<(), Problem> {
        let refused = |detail: &str| Err(Problem::new(Kind::Invalid, detail));
        if self.service_started_at.is_some() && !matches!(step, StepKind::Delivered | StepKind::Activated) {
            return refused("serviceStartedAt: only the steps `delivered` and `activated` have it");
        }
        if self.waits_for.is_some() && step != StepKind::Named {
            return refused("waitsFor: only a step `named` has it; of the others, the flow says who has to act");
        }
        if self.appealed_by == Some(Party::Koogallery) || (self.appealed_by.is_some() && step != StepKind::Appealed) {
            return refused("appealedBy: only the step `appealed` has it: `buyer` or `seller`");
        }
        Ok(())
    }
}

/// A time that a person enters is not in the future.
pub(crate) fn not_later(name: &str, time: Option<Time>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    // Clocks differ a little.
    let latest = now.saturating_add(std::time::Duration::from_mins(5));
    match time.map(Time::timestamp) {
        Some(at) if at > latest => {
            Err(Problem::new(Kind::Invalid, format!("{name}: it is in the future: enter what has happened")))
        }
        at => Ok(at),
    }
}

impl SellerApi {
    /// The supervision of an order.
    pub(crate) async fn supervision(&self, order: &OrderId) -> Result<SupervisionView, Problem> {
        let record = self.store().order_record(order).await?;
        match (record.whole_supervision(), record.standing()) {
            (Some(supervision), Some(standing)) => {
                Ok(SupervisionView::whole(order.as_str(), &supervision, &standing, &record.amounts, self.now()))
            }
            _ => Err(not_supervised()),
        }
    }
}

fn not_supervised() -> Problem {
    let detail = "the order is not supervised, as far as is known here: `POST /v1/orders/{orderId}/supervision` opens its supervision";
    Problem::new(Kind::Unknown, detail)
}

/// Opens the supervision of an order.
///
/// Of a product in `KOOGALLERY_SUPERVISED_PRODUCTS` this happens by itself. The same once more changes nothing. An order of which
/// no call told can be supervised as well: check its id.
#[utoipa::path(post, path = "/v1/orders/{orderId}/supervision", tag = "orders", operation_id = "openSupervision",
    params(OrderPath), request_body = OpenBody,
    responses(
        (status = 200, description = "It is open; this is where it stands", body = SupervisionView),
        (status = 409, description = "It is open by another flow"),
    ))]
pub(crate) async fn open(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(OrderPath { order_id }): PathOf<OrderPath>,
    Body(OpenBody { flow, opened_at, by, reason }): Body<OpenBody>,
) -> Result<Json<SupervisionView>, Problem> {
    let now = api.now();
    let actor = allowed.acting(by.as_ref(), reason)?;
    let record = api.store().order_record(&order_id).await?;
    let reported = record.reports.first().map(|report| report.signed_at);
    let opened_at = not_later("openedAt", opened_at, now)?.or(reported).unwrap_or(now);
    let is_new = api.store().open_supervision(&order_id, flow, opened_at, Some(&actor), now).await?;
    if !is_new && record.supervision.is_some_and(|known| known.flow != flow) {
        let detail = "the order is supervised already, by another flow: `GET /v1/orders/{orderId}` shows it";
        return Err(Problem::new(Kind::SupervisionStands, detail));
    }
    Ok(Json(api.supervision(&order_id).await?))
}

/// Enters a step of a supervised order.
///
/// A step has to follow where the order stood at the time of the step. The same once more changes nothing. What a callback told
/// cannot be refused, and may make an entered step impossible: that stays in the history, and does not count.
#[utoipa::path(post, path = "/v1/orders/{orderId}/supervision/{step}", tag = "orders", operation_id = "enterStep",
    params(StepPath), request_body = Option<StepBody>,
    responses(
        (status = 200, description = "It is entered; this is where the order stands", body = SupervisionView),
        (status = 404, description = "The order is not supervised"),
        (status = 409, description = "The step does not follow: the problem says what does"),
    ))]
pub(crate) async fn step(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    PathOf(StepPath { order_id, step }): PathOf<StepPath>,
    OptionalBody(body): OptionalBody<StepBody>,
) -> Result<Json<SupervisionView>, Problem> {
    body.check(step)?;
    let now = api.now();
    let at = not_later("at", body.at, now)?.unwrap_or(now);
    let actor = allowed.acting(body.by.as_ref(), body.reason)?;
    let step = Step {
        service_started_at: not_later("serviceStartedAt", body.service_started_at, now)?,
        name: body.name,
        waits_for: body.waits_for,
        appealed_by: body.appealed_by,
        note: body.note,
        ..Step::new(step, at, StepSource::Entered { by: actor.by.clone(), at: now })
    };
    match api.store().enter_step(&order_id, step, &actor, now).await? {
        StepEntered::New(_) | StepEntered::Known(_) => Ok(Json(api.supervision(&order_id).await?)),
        StepEntered::NotSupervised => Err(not_supervised()),
        StepEntered::Refused(error @ (StepError::Name | StepError::AppealedByNobody)) => {
            Err(Problem::new(Kind::Invalid, error.to_string()))
        }
        StepEntered::Refused(error) => Err(Problem::new(Kind::StepRefused, error.to_string())),
    }
}
