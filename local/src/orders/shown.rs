//! Orders, warnings and demands for a person, as the seller API shows them.

use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use super::{about, text};

/// A table of some members.
fn table(f: &mut fmt::Formatter<'_>, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> fmt::Result {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    write!(f, "{table}")
}

fn of(one: &Value, members: &[&str]) -> Vec<String> {
    members.iter().map(|member| text(&one[member])).collect()
}

/// Orders as calls reported them.
#[derive(Debug)]
pub struct Orders(pub Vec<Value>);

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no orders");
        }
        let members = ["orderId", "kind", "scene", "productId", "instanceId", "license", "signedAt"];
        // The seller API derives states only for a list that asks for one.
        let has_states = self.0.iter().any(|order| order["state"].is_object());
        let rows = self.0.iter().map(|order| {
            let mut row = of(order, &members);
            row.extend(has_states.then(|| text(&order["state"]["state"])));
            row
        });
        let mut header = vec!["order", "kind", "scene", "product", "instance", "license", "reported"];
        header.extend(has_states.then_some("state"));
        table(f, &header, rows)
    }
}

/// Supervised orders that are not over.
#[derive(Debug)]
pub struct Supervised(pub Vec<Value>);

impl fmt::Display for Supervised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no supervised orders");
        }
        let members = ["orderId", "flow", "stage", "waitsFor", "since", "dueAt"];
        table(
            f,
            &["order", "flow", "stage", "waits for", "since", "too late at"],
            self.0.iter().map(|order| of(order, &members)),
        )
    }
}

/// Warnings.
#[derive(Debug)]
pub struct Warnings(pub Vec<Value>);

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no warnings");
        }
        let rows = self.0.iter().map(|warning| {
            let mut row = of(warning, &["warningId", "cause"]);
            row.push(about(&warning["about"]));
            row.extend(of(warning, &["detail", "since", "dueAt", "snoozedUntil"]));
            row
        });
        table(f, &["warning", "cause", "about", "detail", "since", "too late at", "snoozed until"], rows)
    }
}

/// Customer demands.
#[derive(Debug)]
pub struct Demands(pub Vec<Value>);

impl fmt::Display for Demands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no demands");
        }
        let members = ["demandId", "number", "product", "state", "since", "offer", "price", "orderId"];
        table(
            f,
            &["demand", "number", "product", "state", "since", "offer", "price", "order"],
            self.0.iter().map(|demand| of(demand, &members)),
        )
    }
}

/// One order as a whole.
#[derive(Debug)]
pub struct Whole<'a>(pub &'a Value);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(order) = self;
        let state = &order["state"];
        let word = state["word"].as_str().map(|word| format!(" ({word})")).unwrap_or_default();
        writeln!(
            f,
            "{}: {}{word}, evidence {}",
            text(&order["orderId"]),
            text(&state["state"]),
            text(&state["evidence"])
        )?;
        let list = |name: &str| order[name].as_array().cloned().unwrap_or_default();
        for report in list("reports") {
            writeln!(f, "  {} {} {}", text(&report["signedAt"]), text(&report["kind"]), text(&report["scene"]))?;
        }
        for amount in list("amounts") {
            let line = amount["orderLineId"].as_str().unwrap_or("whole order");
            let (listed, deal) = (text(&amount["currency"]), text(&amount["currencyAfterDiscount"]));
            writeln!(f, "  {line}: {} listed {listed}, deal {deal}", text(&amount["orderType"]))?;
        }
        for thing in list("instances").iter().chain(&list("licenses")) {
            writeln!(f, "  {}: {}, until {}", about(thing), text(&thing["status"]), text(&thing["expireTime"]))?;
        }
        let supervision = &order["supervision"];
        if supervision.is_object() {
            writeln!(f, "{}", Supervised(vec![supervision.clone()]))?;
            for step in supervision["steps"].as_array().into_iter().flatten() {
                let by = step["by"].as_str().map_or("told".to_owned(), |by| format!("by {by}"));
                let counts = if step["overtaken"] == true { ", overtaken" } else { "" };
                writeln!(f, "  {} {} {by}{counts}", text(&step["at"]), text(&step["kind"]))?;
            }
            if let Some(starts) = supervision["periodStartsAt"].as_str() {
                writeln!(f, "  the period starts {starts}, ends {}", text(&supervision["periodEndsAt"]))?;
            }
        }
        for failed in list("failedCalls") {
            let (callback, code) = (text(&failed["callback"]), text(&failed["resultCode"]));
            writeln!(f, "  {callback} failed since {} with {code}", text(&failed["firstAt"]))?;
        }
        let warnings = list("warnings");
        if !warnings.is_empty() {
            writeln!(f, "{}", Warnings(warnings))?;
        }
        for action in list("actions") {
            let (at, by, what) = (text(&action["at"]), text(&action["by"]), text(&action["what"]));
            writeln!(f, "  {at} {by}: {what} {}", text(&action["reason"]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_shown_with_its_state_its_steps_and_what_is_due() {
        let order = json!({
            "orderId": "CS1",
            "state": { "state": "processing", "word": "处理中", "evidence": "supervision" },
            "supervision": { "orderId": "CS1", "flow": "hardware", "stage": "awaits-shipment", "waitsFor": "seller",
                "steps": [{ "kind": "shipped", "at": "2026-11-26T00:00:00.000Z", "by": "crm: Li", "overtaken": false }] },
            "warnings": [{ "warningId": "w-1", "cause": "seller-step", "about": { "orderId": "CS1" } }],
            "instances": [{ "instanceId": "b-1", "status": "active" }],
        });
        let shown = Whole(&order).to_string();
        for part in
            ["CS1: processing (处理中)", "awaits-shipment", "shipped by crm: Li", "seller-step", "INSTANCE#b-1: active"]
        {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert_eq!(Warnings(Vec::new()).to_string(), "no warnings");
        let of_all = Warnings(vec![json!({ "warningId": "w-2", "cause": "failed-orders", "about": {} })]).to_string();
        assert!(of_all.contains("the deployment"), "{of_all}");
    }
}
