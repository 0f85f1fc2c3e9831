//! Orders as the commands ask the seller API for them: lists and one order for a person, CSV, and the figures of a month.

mod export;
mod figures;
mod shown;

pub use export::{with_states_and_amounts, write_csv};
pub use figures::Figures;
pub use shown::{Demands, Orders, Supervised, Warnings, Whole};

use serde_json::Value;

/// What a value says in a table or a cell.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What something is about, as the commands name it.
fn about(value: &Value) -> String {
    let kinds = [
        ("instanceId", "INSTANCE"),
        ("orderId", "ORDER"),
        ("license", "LICENSE"),
        ("tenantId", "TENANT"),
        ("warningId", "WARNING"),
        ("demandId", "DEMAND"),
        ("productId", "PRODUCT"),
        ("callback", "CALLBACK"),
        ("statement", "STATEMENT"),
    ];
    let named = kinds.iter().find_map(|(member, kind)| Some(format!("{kind}#{}", value[member].as_str()?)));
    named.unwrap_or_else(|| "the deployment".to_owned())
}
