//! What people did, when and why: the audit. Each record was written in the transaction of what it changed.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::{Extension, Json};
use koogallery_runtime::Scope;
use koogallery_store::{About, Action};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::SellerApi;
use crate::about::AboutView;
use crate::access::Allowed;
use crate::extract::QueryOf;
use crate::page::{Limit, place};
use crate::problem::{Kind, Problem};
use crate::time::Time;

/// Without a beginning, the actions of so long.
const USUAL: Duration = Duration::from_hours(30 * 24);
/// So many actions on one thing are looked through.
pub(crate) const MOST_ON_ONE: usize = 1000;
/// A member of what changed that names a customer.
const NAMING: &str = "customerId";

/// What a person did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Action, examples(json!({
    "id": "019adb6c-2f00-7c11-8d5e-0123456789ab", "at": "2025-12-01T09:00:00.000Z", "by": "crm: Li", "via": "sellerApi",
    "what": "supervision.need-submitted", "about": { "orderId": "CS2509071201OKVI2" }, "before": "awaits-need",
    "after": "awaits-confirmation",
})))]
pub(crate) struct ActionView {
    /// Its id.
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who: the name of a token, behind it the person; the address of an operator; the user who ran a command.
    by: String,
    /// Where: `sellerApi`, `console` or `command`.
    via: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What was done: the thing and the verb.
    what: String,
    /// What it was done to.
    about: AboutView,
    /// The part that changed, before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The same part, after.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl ActionView {
    /// As a token may see it.
    pub(crate) fn of(action: Action, allowed: &Allowed) -> Self {
        let shown = |mut part: Option<Value>| {
            if let Some(Value::Object(members)) = &mut part
                && !allowed.scopes.has(Scope::PersonalData)
            {
                members.remove(NAMING);
            }
            part
        };
        Self {
            id: action.id.to_string(),
            at: action.at.to_rfc_3339(),
            by: action.by.as_str().to_owned(),
            via: action.via.into(),
            reason: action.reason.map(|reason| reason.as_str().to_owned()),
            what: action.what,
            about: (&action.about).into(),
            before: shown(action.before),
            after: shown(action.after),
        }
    }
}

/// Which actions to list, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActionsQuery {
    /// Only actions since then. The default is 30 days ago; with `about`, there is none.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only actions before that time. The default is now.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// Only actions on this, such as `ORDER#CS1`, `INSTANCE#b-1`, `WARNING#…`, `DEMAND#…`: the last 1,000 are looked through.
    about: Option<String>,
    /// `next` of the page before. Send the same `from` and `to` with it.
    cursor: Option<String>,
    /// The most members that the page may have.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Limit,
}

/// A page of actions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({ "actions": [{
    "id": "019adb6c-2f00-7c11-8d5e-0123456789ab", "at": "2025-12-01T09:00:00.000Z", "by": "crm", "via": "sellerApi",
    "what": "warning.acknowledge", "about": { "instanceId": "03pf80c2b8" }, "reason": "the buyer moves away",
}] })))]
pub(crate) struct ActionList {
    /// The actions, the newest first.
    actions: Vec<ActionView>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What people did, the newest first: who, when, why, and what changed.
#[utoipa::path(get, path = "/v1/actions", tag = "actions", operation_id = "listActions", params(ActionsQuery),
    responses((status = 200, description = "A page of actions", body = ActionList)))]
pub(crate) async fn list(
    State(api): State<Arc<SellerApi>>,
    Extension(allowed): Extension<Allowed>,
    QueryOf(query): QueryOf<ActionsQuery>,
) -> Result<Json<ActionList>, Problem> {
    let ActionsQuery { from, to, about, cursor: after, limit: Limit(limit) } = query;
    let after: Option<Uuid> = place(after.as_deref())?;
    let (now, from) = (api.now(), from.map(Time::timestamp));
    let to = to.map(Time::timestamp);
    let mut actions = if let Some(about) = about {
        let about: About = about
            .parse()
            .map_err(|error| Problem::new(Kind::Invalid, format!("the query: about: {error}, such as ORDER#CS1")))?;
        let mut actions = api.store().actions_on(&about, MOST_ON_ONE).await?;
        actions.retain(|action| from.is_none_or(|from| action.at >= from) && to.is_none_or(|to| action.at < to));
        actions
    } else {
        // What is done in this moment is part of it.
        let to = to.unwrap_or_else(|| now.saturating_add(Duration::from_secs(1)));
        api.store().actions_between(from.unwrap_or_else(|| to.saturating_sub(USUAL)), to).await?
    };
    if let Some(after) = after {
        let shown = actions.iter().position(|action| action.id == after).map_or(0, |place| place + 1);
        actions.drain(..shown);
    }
    let more = actions.len() > limit;
    actions.truncate(limit);
    let next = actions.last().filter(|_| more).map(|last| crate::page::cursor(&last.id.to_string()));
    Ok(Json(ActionList { actions: actions.into_iter().map(|action| ActionView::of(action, &allowed)).collect(), next }))
}
