//! Events as the commands ask the seller API for them: a list for a person, the resend, and giving up.

use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use koogallery_store::Subject;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{Api, ApiError};

/// The most events that one resend names, or one that gives up.
const MOST_RESENT: usize = 100;

/// Events for a person, as the seller API shows them.
#[derive(Debug)]
pub struct Listed(Vec<Value>);

impl Listed {
    /// The events.
    #[must_use]
    pub fn events(&self) -> &[Value] {
        &self.0
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no events");
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["event", "type", "subject", "delivery", "tries", "last problem"]);
        for event in &self.0 {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            table.add_row([
                text("eventId"),
                text("type"),
                subject(&event["subject"]),
                text("delivery"),
                event["attempts"].to_string(),
                text("lastProblem"),
            ]);
        }
        table.fmt(f)
    }
}

/// A subject as the command takes it.
fn subject(of: &Value) -> String {
    let kinds = [
        ("instanceId", "INSTANCE"),
        ("orderId", "ORDER"),
        ("license", "LICENSE"),
        ("tenantId", "TENANT"),
        ("warningId", "WARNING"),
    ];
    let named = kinds.iter().find_map(|(member, kind)| Some(format!("{kind}#{}", of[member].as_str()?)));
    named.unwrap_or_default()
}

/// All events of a subject; without one, all undelivered and parked events.
pub async fn list(api: &Api, of: Option<&Subject>) -> Result<Listed, ApiError> {
    let path: [&str; 3] = match of {
        None => {
            let mut open = api.pages(&["events"], &[("state", "undelivered")], "events").await?;
            open.extend(api.pages(&["events"], &[("state", "parked")], "events").await?);
            return Ok(Listed(open));
        }
        Some(Subject::Instance(id)) => ["instances", id.as_str(), "events"],
        Some(Subject::Order(id)) => ["orders", id.as_str(), "events"],
        Some(Subject::License(code)) => ["licenses", code.reveal(), "events"],
        Some(Subject::Tenant(id)) => ["tenants", id.as_str(), "events"],
        Some(Subject::Warning(id)) => ["warnings", id.as_str(), "events"],
    };
    api.pages(&path, &[], "events").await.map(Listed)
}

/// Delivers events once more. Returns their number.
pub async fn resend(api: &Api, ids: &[Uuid]) -> Result<usize, ApiError> {
    for some in ids.chunks(MOST_RESENT) {
        api.post(&["events", "resend"], Some(&json!({ "eventIds": some }))).await?;
    }
    Ok(ids.len())
}

/// Delivers every event once more of which a try failed. Returns their number.
pub async fn resend_failed(api: &Api) -> Result<usize, ApiError> {
    let failed = list(api, None).await?.0.into_iter().filter(|event| event["lastProblem"].is_string());
    let mut number = 0;
    // The list names the subject of each event, so that also events are found that were made before events had an index.
    for event in failed {
        let mut body = event["subject"].clone();
        body["eventIds"] = json!([event["eventId"]]);
        api.post(&["events", "resend"], Some(&body)).await?;
        number += 1;
    }
    Ok(number)
}

/// Gives parked events up. Returns their number.
pub async fn discard(api: &Api, ids: &[Uuid], reason: &str) -> Result<usize, ApiError> {
    for some in ids.chunks(MOST_RESENT) {
        api.post(&["events", "discard"], Some(&json!({ "eventIds": some, "reason": reason }))).await?;
    }
    Ok(ids.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_each_event_as_the_commands_take_it() {
        let event = json!({ "eventId": "e-1", "type": "instance.created", "subject": { "instanceId": "b-1" },
            "delivery": "parked", "attempts": 15, "lastProblem": "the receiver answered HTTP 500" });
        let shown = Listed(vec![event]).to_string();
        for part in ["e-1", "instance.created", "INSTANCE#b-1", "parked", "15", "HTTP 500"] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert_eq!(Listed(Vec::new()).to_string(), "no events");
        for (member, shown) in [("orderId", "ORDER#1"), ("license", "LICENSE#1"), ("tenantId", "TENANT#1")] {
            let parsed: Subject = subject(&json!({ member: "1" })).parse().unwrap();
            assert_eq!(parsed.partition(), shown);
        }
    }
}
