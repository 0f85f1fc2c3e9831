//! A trace for a person: an entry is one line, with what explains it below.

use std::fmt;

use serde_json::Value;

/// The answer of the seller API's `/v1/trace`.
pub struct Timeline<'a>(pub &'a Value);

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0["isComplete"] == false {
            writeln!(f, "… older entries are left out")?;
        }
        self.0["timeline"].as_array().into_iter().flatten().try_for_each(|entry| entry_lines(f, entry))
    }
}

fn entry_lines(f: &mut fmt::Formatter<'_>, entry: &Value) -> fmt::Result {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let at = text("at");
    match text("kind") {
        "call" => {
            let debug = if entry["test"] == true { ", a debug call" } else { "" };
            writeln!(f, "{at}  call      {} {}{debug}", text("callback"), text("resultCode"))?;
            let named = ["orderId", "instanceId", "license", "tenantId", "requestId"];
            let named: Vec<String> = named
                .into_iter()
                .filter(|name| !text(name).is_empty())
                .map(|name| format!("{name} {}", text(name)))
                .collect();
            below(f, &named.join(", "))?;
            below(f, text("reason"))?;
            match entry["count"].as_u64() {
                Some(count) if count > 1 => below(f, &format!("{count} times, the last at {}", text("lastAt"))),
                _ => Ok(()),
            }
        }
        "event" => {
            writeln!(f, "{at}  event     {}", text("type"))?;
            below(f, &format!("event {}", text("eventId")))
        }
        _ => {
            let took = entry["durationMs"].as_u64().unwrap_or_default();
            writeln!(f, "{at}  delivery  {}: {} {} in {took} ms", text("type"), text("destination"), text("outcome"))?;
            below(f, text("problem"))?;
            below(
                f,
                match text("answer") {
                    "appInfo" => "the application answered with an app info",
                    "failure" => "the application answered that it cannot provision the instance",
                    "nothing" => "the application answered without an app info: it has to send one",
                    _ => "",
                },
            )
        }
    }
}

/// A line that explains the one above; none if there is nothing to say.
fn below(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(f, "                                    {text}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_entry_says_what_happened_and_why() {
        let at = "2026-01-01T00:00:00.000Z";
        let trace = json!({ "isComplete": false, "timeline": [
            { "at": at, "kind": "call", "callback": "refreshInstance", "resultCode": "000003", "orderId": "R1", "count": 3,
              "lastAt": "2026-01-01T00:00:30.000Z", "reason": "the instance is unknown", "test": false },
            { "at": at, "kind": "event", "type": "instance.created", "eventId": "e-1" },
            { "at": at, "kind": "delivery", "type": "instance.created", "destination": "webhook", "outcome": "delivered",
              "durationMs": 7, "answer": "nothing" },
        ] });
        let shown = Timeline(&trace).to_string();
        for part in [
            "… older entries are left out\n",
            "2026-01-01T00:00:00.000Z  call      refreshInstance 000003\n",
            "   orderId R1\n",
            "   the instance is unknown\n",
            "   3 times, the last at 2026-01-01T00:00:30.000Z\n",
            "event     instance.created\n",
            "instance.created: webhook delivered in 7 ms\n",
            "without an app info",
        ] {
            assert!(shown.contains(part), "{part:?} in\n{shown}");
        }
    }
}
