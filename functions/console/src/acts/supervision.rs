//! Supervision: an operator opens it, and enters what Seller Console shows, since no call tells it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery::{OrderId, Text, Timestamp};
use koogallery_store::{Flow, Party, Standing, Step, StepEntered, StepKind, StepSource, Subject, Supervision};
use koogallery_waiting::path_of;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Done, act};
use crate::Console;
use crate::extract::{FormOf, PathOf, given, reason};
use crate::stop::{Failure, Stop};
use crate::texts::{Acts, Orders, flow, party, step};
use crate::view::View;

/// The form that opens the supervision of an order.
pub(crate) fn opening(view: &View, order: &OrderId) -> Markup {
    let path = format!("{}/supervision", path_of(&Subject::Order(order.clone())));
    let fields = html! {
        label {
            span { (view.say(Orders::Flow)) }
            select name="flow" {
                @for known in Flow::ALL { option value=(known) { (flow(view.language, *known)) } }
            }
        }
        label { span { (view.say(Acts::PaidAt)) } input type="datetime-local" name="at"; }
    };
    act(view, "supervise", Acts::Supervise, Acts::SuperviseHelp, &path, &fields, false)
}

/// The form for the next step: only steps that follow can be chosen.
pub(crate) fn step_form(view: &View, order: &OrderId, supervision: &Supervision, standing: &Standing) -> Markup {
    let kinds: Vec<StepKind> = following(supervision.flow, standing);
    let has = |kinds_of: &[StepKind]| kinds.iter().any(|kind| kinds_of.contains(kind));
    let path = format!("{}/steps", path_of(&Subject::Order(order.clone())));
    let parties = |name: &str, text: Acts, parties: &[Party]| {
        html! {
            label {
                span { (view.say(text)) }
                select name=(name) {
                    option value="" {}
                    @for known in parties { option value=(known) { (party(view.language, *known)) } }
                }
            }
        }
    };
    let fields = html! {
        label {
            span { (view.say(Orders::Step)) }
            select name="step" { @for kind in &kinds { option value=(kind) { (step(view.language, *kind)) } } }
        }
        label { span { (view.say(Acts::StepAt)) } input type="datetime-local" name="at"; }
        @if has(&[StepKind::Delivered, StepKind::Activated]) {
            label { span { (view.say(Acts::ServiceStarted)) } input type="datetime-local" name="serviceStartedAt"; }
        }
        @if has(&[StepKind::Named]) {
            label { span { (view.say(Acts::StepName)) } input name="name" maxlength="64" autocomplete="off"; }
            (parties("waitsFor", Acts::WaitsFor, Party::ALL))
        }
        @if has(&[StepKind::Appealed]) { (parties("appealedBy", Acts::AppealedBy, &[Party::Buyer, Party::Seller])) }
        label { span { (view.say(Orders::Note)) } input name="note" maxlength="255" autocomplete="off"; }
    };
    html! { @if !kinds.is_empty() { (act(view, "step", Acts::EnterStep, Acts::EnterStepHelp, &path, &fields, false)) } }
}

/// What can be entered where an order stands.
fn following(flow: Flow, standing: &Standing) -> Vec<StepKind> {
    let is_over = standing.stage.is_over();
    let follows = |kind: &StepKind| match kind {
        StepKind::Appealed => !is_over && standing.appealed_at.is_none(),
        StepKind::AppealDecided => standing.appealed_at.is_some(),
        StepKind::Refunded => !is_over,
        kind => flow.after(standing.stage, *kind).is_some(),
    };
    StepKind::ALL.iter().copied().filter(follows).collect()
}

/// How a supervision begins.
#[derive(Deserialize)]
pub(crate) struct Opening {
    flow: String,
    at: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Opens the supervision of an order.
pub(crate) async fn open(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(order): PathOf<OrderId>,
    FormOf(form): FormOf<Opening>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&form.reason)?)).ok_or(Failure::NoOperator)?;
    let flow: Flow = form.flow.parse().map_err(|_| refused("flow"))?;
    let record = console.store.order_record(&order).await?;
    let reported = record.reports.first().map(|report| report.signed_at);
    let paid = time(&view, form.at.as_deref(), "at")?.or(reported).unwrap_or(view.now);
    let is_new = console.store.open_supervision(&order, flow, paid, Some(&actor), view.now).await?;
    let done = if is_new { Done::Supervised } else { Done::Unchanged };
    Ok(to_order(&view, order, done))
}

/// A step, as the form has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entered {
    step: String,
    at: Option<String>,
    service_started_at: Option<String>,
    name: Option<String>,
    waits_for: Option<String>,
    appealed_by: Option<String>,
    note: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Enters a step. What another step has is left out: one form is for all that follow.
pub(crate) async fn enter(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(order): PathOf<OrderId>,
    FormOf(form): FormOf<Entered>,
) -> Result<Response, Stop> {
    let actor = view.actor(Some(reason(&form.reason)?)).ok_or(Failure::NoOperator)?;
    let kind: StepKind = form.step.parse().map_err(|_| refused("step"))?;
    let side = |word: Option<&str>, name: &str| -> Result<Option<Party>, Stop> {
        given(word).map(|word| word.parse().map_err(|_| refused(name))).transpose()
    };
    let starts = matches!(kind, StepKind::Delivered | StepKind::Activated);
    let (is_named, is_appeal) = (kind == StepKind::Named, kind == StepKind::Appealed);
    let appealed_by = side(form.appealed_by.as_deref(), "appealedBy")?.filter(|by| *by != Party::Koogallery);
    let entered = Step {
        service_started_at: time(&view, form.service_started_at.as_deref(), "serviceStartedAt")?.filter(|_| starts),
        name: text(form.name.as_deref(), "name")?.filter(|_| is_named),
        waits_for: side(form.waits_for.as_deref(), "waitsFor")?.filter(|_| is_named),
        appealed_by: appealed_by.filter(|_| is_appeal),
        note: text(form.note.as_deref(), "note")?,
        ..Step::new(
            kind,
            time(&view, form.at.as_deref(), "at")?.unwrap_or(view.now),
            StepSource::Entered { by: actor.by.clone(), at: view.now },
        )
    };
    match console.store.enter_step(&order, entered, &actor, view.now).await? {
        StepEntered::New(_) => Ok(to_order(&view, order, Done::Stepped)),
        StepEntered::Known(_) => Ok(to_order(&view, order, Done::Unchanged)),
        StepEntered::NotSupervised => Err(Stop::NotFound),
        StepEntered::Refused(error) => Err(Stop::Conflict(Acts::StepRefused, Some(error.to_string()))),
    }
}

fn to_order(view: &View, order: OrderId, done: Done) -> Response {
    Redirect::to(&view.at(done.to(&path_of(&Subject::Order(order))))).into_response()
}

fn refused(name: &str) -> Stop {
    Stop::Invalid(Acts::BadField, Some(name.to_owned()))
}

/// A text that may be left blank.
pub(super) fn text<const MAX: usize>(written: Option<&str>, name: &str) -> Result<Option<Text<MAX>>, Stop> {
    given(written).map(|written| Text::try_from(written.to_owned()).map_err(|_| refused(name))).transpose()
}

/// A time of the reader's zone that may be left blank, and is not in the future.
pub(super) fn time(view: &View, written: Option<&str>, name: &str) -> Result<Option<Timestamp>, Stop> {
    let Some(written) = given(written) else { return Ok(None) };
    let at = view.zone.time(written).ok_or_else(|| refused(name))?;
    if at > view.now { Err(Stop::Invalid(Acts::InTheFuture, None)) } else { Ok(Some(at)) }
}
