//! Orders as CSV for a spreadsheet. What a buyer or a person wrote may look like a formula: no cell is one.

use std::collections::BTreeMap;
use std::io::Write;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use koogallery_statements::escape;
use serde_json::Value;

use super::text;
use crate::api::{Api, ApiError};

/// So many orders are asked about side by side.
const SIDE_BY_SIDE: usize = 8;

const COLUMNS: [&str; 8] =
    ["order_id", "order_line_id", "kind", "scene", "product_id", "instance_id", "license", "reported_at"];
const MEMBERS: [&str; 8] =
    ["orderId", "orderLineId", "kind", "scene", "productId", "instanceId", "license", "signedAt"];

/// Adds to each order what only a look at the whole order tells: its state and the evidence for it, and its amounts.
pub async fn with_states_and_amounts(api: &Api, mut orders: Vec<Value>) -> Result<Vec<Value>, ApiError> {
    let mut wholes: BTreeMap<String, Value> = BTreeMap::new();
    wholes.extend(orders.iter().filter_map(|order| Some((order["orderId"].as_str()?.to_owned(), Value::Null))));
    let ids: Vec<String> = wholes.keys().cloned().collect();
    let asked =
        stream::iter(ids).map(|id| async move { api.get(&["orders", &id], &[]).await.map(|whole| (id, whole)) });
    wholes.extend(asked.buffer_unordered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?);
    for order in &mut orders {
        let Some(whole) = order["orderId"].as_str().and_then(|id| wholes.get(id)) else { continue };
        let line = &order["orderLineId"];
        let amounts = whole["amounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = amounts.iter().find(|amount| amount["orderLineId"] == *line);
        let of_order = amounts.iter().find(|amount| amount["orderLineId"].is_null());
        let told = |name: &str| {
            let of = |amount: Option<&Value>| amount.map(|amount| amount[name].clone()).filter(Value::is_string);
            of(own).or_else(|| of(of_order)).unwrap_or_default()
        };
        let (listed, deal) = (told("currency"), told("currencyAfterDiscount"));
        (order["state"], order["listed"], order["deal"]) = (whole["state"].clone(), listed, deal);
    }
    Ok(orders)
}

/// Writes orders as [`with_states_and_amounts`] has them. An amount is that of the line, or of the whole order where KooGallery tells
/// only that.
pub fn write_csv(orders: &[Value], to: impl Write) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(COLUMNS.iter().chain(&["state", "evidence", "listed", "deal"]))?;
    for order in orders {
        let members = MEMBERS.iter().map(|member| &order[*member]);
        let state = &order["state"];
        let cells = members.chain([&state["state"], &state["evidence"], &order["listed"], &order["deal"]]).map(text);
        csv.write_record(cells.map(|cell| escape(&cell).into_owned()))?;
    }
    csv.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let orders = [
            json!({ "orderId": "=1+1", "kind": "purchase", "instanceId": "@SUM, \"x\"", "state": { "state": "completed" },
                "deal": "-8.50" }),
        ];
        let mut written = Vec::new();
        write_csv(&orders, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(
            lines[0],
            "order_id,order_line_id,kind,scene,product_id,instance_id,license,reported_at,state,evidence,listed,deal"
        );
        assert_eq!(lines[1], "'=1+1,,purchase,,,\"'@SUM, \"\"x\"\"\",,,completed,,,-8.50");
    }
}
