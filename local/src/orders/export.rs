//! Orders as CSV for a spreadsheet. What a buyer or a person wrote may look like a formula: no cell is one.

use std::io::Write;

use koogallery_statements::escape;
use serde_json::Value;

use super::text;

const COLUMNS: [&str; 8] =
    ["order_id", "order_line_id", "kind", "scene", "product_id", "instance_id", "license", "reported_at"];
const MEMBERS: [&str; 8] =
    ["orderId", "orderLineId", "kind", "scene", "productId", "instanceId", "license", "signedAt"];

/// Writes orders as the seller API lists them.
pub fn write_csv(orders: &[Value], to: impl Write) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(COLUMNS.iter().chain(&["state", "evidence"]))?;
    for order in orders {
        let members = MEMBERS.iter().map(|member| &order[*member]);
        let cells = members.chain([&order["state"]["state"], &order["state"]["evidence"]]).map(text);
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
            json!({ "orderId": "=1+1", "kind": "purchase", "instanceId": "@SUM, \"x\"", "state": { "state": "completed" } }),
        ];
        let mut written = Vec::new();
        write_csv(&orders, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(
            lines[0],
            "order_id,order_line_id,kind,scene,product_id,instance_id,license,reported_at,state,evidence"
        );
        assert_eq!(lines[1], "'=1+1,,purchase,,,\"'@SUM, \"\"x\"\"\",,,completed,");
    }
}
