//! The supervision of an order, as answers show it: where it stands, its steps, when the bought period starts, what comes next.

use koogallery::Timestamp;
use koogallery_store::{OrderAmount, Party, Raise, Standing, Step, StepSource, Supervision};
use serde::Serialize;
use utoipa::ToSchema;

use crate::beijing::months_later;
use crate::money::lines;
use crate::words;

/// One step of a supervision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SupervisionStep)]
struct StepView {
    /// What happened.
    #[schema(schema_with = words::step)]
    kind: &'static str,
    /// When it happened.
    #[schema(format = DateTime)]
    at: String,
    /// 服务实际开通时间: since when the buyer really uses the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    service_started_at: Option<String>,
    /// What a free step is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Who has to act after a free step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::party)]
    waits_for: Option<&'static str>,
    /// Who appealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::appellant)]
    appealed_by: Option<&'static str>,
    /// What else a person wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether a callback told it, or this deployment did it itself. Otherwise a person entered it.
    told: bool,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When it was entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    entered_at: Option<String>,
    /// Whether it does not count, because a told step made it impossible.
    overtaken: bool,
}

impl StepView {
    fn of(step: Step, overtaken: bool) -> Self {
        let (told, by, entered_at) = match step.source {
            StepSource::Told => (true, None, None),
            StepSource::Entered { by, at } => (false, Some(by.as_str().to_owned()), Some(at.to_rfc_3339())),
        };
        let text = |text: &str| text.to_owned();
        Self {
            kind: step.kind.into(),
            at: step.at.to_rfc_3339(),
            service_started_at: step.service_started_at.map(Timestamp::to_rfc_3339),
            name: step.name.as_ref().map(|name| text(name.as_str())),
            waits_for: step.waits_for.map(Party::into),
            appealed_by: step.appealed_by.map(Party::into),
            note: step.note.as_ref().map(|note| text(note.as_str())),
            told,
            by,
            entered_at,
            overtaken,
        }
    }
}

/// A warning that comes if nothing happens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NextWarning)]
struct NextWarning {
    /// Why.
    #[schema(schema_with = words::cause)]
    cause: &'static str,
    /// When it is raised.
    #[schema(format = DateTime)]
    at: String,
    /// When it is too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
}

/// The supervision (服务监管) of an order, as people entered it and callbacks told it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Supervision, examples(json!({
    "orderId": "CS2509071201OKVI2", "flow": "standard", "openedAt": "2025-12-01T00:00:00.000Z",
    "stage": "awaits-confirmation", "waitsFor": "seller", "since": "2025-12-01T08:00:00.000Z", "rejections": 0,
    "dueAt": "2025-12-06T08:00:00.000Z",
    "nextWarning": { "cause": "seller-step", "at": "2025-12-04T08:00:00.000Z", "dueAt": "2025-12-06T08:00:00.000Z" },
    "steps": [{ "kind": "need-submitted", "at": "2025-12-01T08:00:00.000Z", "told": false, "by": "crm: Li",
        "enteredAt": "2025-12-01T09:00:00.000Z", "overtaken": false }],
})))]
pub(crate) struct SupervisionView {
    /// The order.
    order_id: String,
    /// Its flow.
    #[schema(schema_with = words::flow)]
    flow: &'static str,
    /// Since when it is supervised.
    #[schema(format = DateTime)]
    opened_at: String,
    /// Where it stands.
    #[schema(schema_with = words::stage)]
    stage: &'static str,
    /// Who has to act; absent if it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::party)]
    waits_for: Option<&'static str>,
    /// Since when it stands there and waits for them.
    #[schema(format = DateTime)]
    since: String,
    /// How often the seller rejected the need, or the buyer the delivery.
    rejections: usize,
    /// Since when an appeal is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    appealed_at: Option<String>,
    /// 服务实际开通时间, if somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    service_started_at: Option<String>,
    /// When the buyer accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    accepted_at: Option<String>,
    /// When the order was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    completed_at: Option<String>,
    /// When the bought period starts: 服务实际开通时间, or else the acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    period_starts_at: Option<String>,
    /// When it ends, if the order query told one period of months or years.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    period_ends_at: Option<String>,
    /// When it is too late for what it waits for, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// The warning that comes next if nothing happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_warning: Option<NextWarning>,
    /// Its steps, in the order of their times. A list of supervised orders leaves them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<StepView>>,
}

impl SupervisionView {
    /// Without the steps.
    pub(crate) fn brief(order: &str, supervision: &Supervision, standing: &Standing, now: Timestamp) -> Self {
        let time = |at: Option<Timestamp>| at.map(Timestamp::to_rfc_3339);
        let next = standing.warnings().into_iter().find(|raise| raise.at > now);
        Self {
            order_id: order.to_owned(),
            flow: supervision.flow.into(),
            opened_at: supervision.opened_at.to_rfc_3339(),
            stage: standing.stage.into(),
            waits_for: standing.waits_for.map(Party::into),
            since: standing.since.to_rfc_3339(),
            rejections: standing.rejections.len(),
            appealed_at: time(standing.appealed_at),
            service_started_at: time(standing.service_started_at),
            accepted_at: time(standing.accepted_at),
            completed_at: time(standing.completed_at),
            period_starts_at: time(standing.period_starts_at()),
            period_ends_at: None,
            due_at: time(standing.due_at()),
            next_warning: next.map(|Raise { cause, at, due_at, .. }| NextWarning {
                cause: cause.into(),
                at: at.to_rfc_3339(),
                due_at: time(due_at),
            }),
            steps: None,
        }
    }

    /// With the steps, and with the end of the period.
    pub(crate) fn whole(
        order: &str,
        supervision: &Supervision,
        standing: &Standing,
        amounts: &[OrderAmount],
        now: Timestamp,
    ) -> Self {
        let ends_at = standing.period_starts_at().zip(period(amounts));
        let ends_at = ends_at.and_then(|(start, months)| months_later(start, months));
        let steps = supervision.steps.iter().cloned().enumerate();
        let steps = steps.map(|(place, step)| StepView::of(step, standing.overtaken.contains(&place)));
        Self {
            period_ends_at: ends_at.map(Timestamp::to_rfc_3339),
            steps: Some(steps.collect()),
            ..Self::brief(order, supervision, standing, now)
        }
    }
}

/// The months of the period that the lines of an order have in common.
pub(crate) fn period(amounts: &[OrderAmount]) -> Option<u32> {
    let mut periods = lines(amounts).map(|line| months(line.period_type.as_deref()?, line.period_number?));
    let first = periods.next()??;
    periods.all(|other| other == Some(first)).then_some(first)
}

/// The months of a period of KooGallery's words.
pub(crate) fn months(unit: &str, number: u32) -> Option<u32> {
    match unit.to_ascii_lowercase().as_str() {
        "month" => Some(number),
        "year" => number.checked_mul(12),
        _ => None,
    }
    .filter(|months| *months > 0)
}
