//! Handing in the buyer's way into an instance, or the reason why there is none: what the application did not do.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use koogallery::{AppInfo, InstanceId, ResultCode};
use koogallery_store::{Action, Instance, Provisioned, ProvisioningFailure, Status, Subject};
use koogallery_waiting::{meaning, path_of};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Done, act};
use crate::Console;
use crate::extract::{FormOf, PathOf, given, reason};
use crate::stop::{Failure, Stop};
use crate::texts::Acts;
use crate::view::View;

/// The codes that a buyer can be told (topic 0070649476).
const CODES: [ResultCode; 8] = [
    ResultCode::NoResource,
    ResultCode::MobileNumber,
    ResultCode::Email,
    ResultCode::AlreadyPurchased,
    ResultCode::ProductServiceFailed,
    ResultCode::BenefitHeld,
    ResultCode::SoldOut,
    ResultCode::EmailDomainExists,
];

/// The forms on an instance's page.
pub(crate) fn forms(view: &View, instance: &Instance) -> Markup {
    let path = path_of(&Subject::Instance(instance.instance_id.clone()));
    let text = |name: &str, label: Acts, most: u32, kind: &str, required: bool| {
        html! {
            label {
                span { (view.say(label)) }
                input type=(kind) name=(name) maxlength=(most) required[required] autocomplete="off";
            }
        }
    };
    let app_info = html! {
        (text("frontEndUrl", Acts::FrontEndUrl, 512, "url", true))
        (text("adminUrl", Acts::AdminUrl, 512, "url", false))
        (text("userName", Acts::UserName, 128, "text", false))
        (text("password", Acts::Password, 128, "password", false))
        (text("memo", Acts::Memo, 1024, "text", false))
    };
    let failure = html! {
        label {
            span { (view.say(Acts::ResultCode)) }
            select name="resultCode" { @for code in CODES { option value=(code) { (code) " " (meaning(view.language, code)) } } }
        }
        (text("message", Acts::Message, 255, "text", false))
    };
    html! {
        @if instance.life.status != Status::Released {
            (act(view, "app-info", Acts::AppInfo, Acts::AppInfoHelp, &format!("{path}/app-info"), &app_info, false))
            @if instance.app_info.is_none() {
                (act(view, "failure", Acts::Failure, Acts::FailureHelp, &format!("{path}/failure"), &failure, true))
            }
        }
    }
}

/// The buyer's way in, as the form has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Given {
    #[serde(default)]
    front_end_url: String,
    admin_url: Option<String>,
    user_name: Option<String>,
    password: Option<String>,
    memo: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Keeps an app info.
pub(crate) async fn app_info(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<InstanceId>,
    FormOf(form): FormOf<Given>,
) -> Result<Response, Stop> {
    let told = json!({
        "frontEndUrl": form.front_end_url.trim(),
        "adminUrl": given(form.admin_url.as_deref()),
        "userName": given(form.user_name.as_deref()),
        "password": given(form.password.as_deref()),
        "memo": given(form.memo.as_deref()),
    });
    let info = AppInfo::read(&told).map_err(|error| Stop::Invalid(Acts::BadField, Some(error.to_string())))?;
    let action = action(&console, &view, &id, Action::APP_INFO_HANDED_IN, &form.reason).await?;
    let outcome =
        console.store.provision_by(&id, &info, &console.vault, &action.to(json!({ "appInfo": true }))).await?;
    answer(&view, &id, outcome, Done::AppInfo)
}

/// A failure, as the form has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failing {
    result_code: String,
    message: Option<String>,
    #[serde(default)]
    reason: String,
}

/// Keeps a failure.
pub(crate) async fn failure(
    State(console): State<Arc<Console>>,
    Extension(view): Extension<View>,
    PathOf(id): PathOf<InstanceId>,
    FormOf(form): FormOf<Failing>,
) -> Result<Response, Stop> {
    let refused = |what: &str| Stop::Invalid(Acts::BadField, Some(what.to_owned()));
    let code: ResultCode = form.result_code.parse().map_err(|_| refused("resultCode"))?;
    let message = given(form.message.as_deref());
    if message.is_some_and(|message| message.chars().count() > 255) {
        return Err(refused("message"));
    }
    let failing = ProvisioningFailure::new(code, message).ok_or_else(|| refused("resultCode"))?;
    let action = action(&console, &view, &id, Action::FAILURE_HANDED_IN, &form.reason).await?;
    let action = action.to(json!({ "resultCode": code.as_str() }));
    let outcome = console.store.fail_provisioning_by(&id, &failing, &action).await?;
    answer(&view, &id, outcome, Done::Failure)
}

/// The action, with the instance's state before.
async fn action(console: &Console, view: &View, id: &InstanceId, what: &str, why: &str) -> Result<Action, Stop> {
    let actor = view.actor(Some(reason(why)?)).ok_or(Failure::NoOperator)?;
    let instance = console.store.instance(id).await?.ok_or(Stop::NotFound)?;
    let before = json!({
        "status": instance.life.status.as_str(),
        "appInfo": instance.app_info.is_some(),
        "failure": instance.provisioning_failure.is_some(),
    });
    Ok(Action::new(&actor, what, Subject::Instance(id.clone()).into(), view.now).from(before))
}

fn answer(view: &View, id: &InstanceId, outcome: Provisioned, done: Done) -> Result<Response, Stop> {
    let done = match outcome {
        Provisioned::Applied => done,
        Provisioned::Unchanged => Done::Unchanged,
        Provisioned::Unknown => return Err(Stop::NotFound),
        Provisioned::Released => return Err(Stop::Conflict(Acts::IsReleased, None)),
        Provisioned::Outweighed => return Err(Stop::Conflict(Acts::HasAppInfo, None)),
        Provisioned::DoesNotFit(error) => return Err(Stop::Conflict(Acts::DoesNotFit, Some(error.to_string()))),
    };
    let path = path_of(&Subject::Instance(id.clone()));
    Ok(Redirect::to(&view.at(done.to(&path))).into_response())
}
