//! A file to begin with: all columns, and a row of each kind.

use serde_json::{Map, Value};

use super::rows::{COLUMNS, Format};

/// A row for each kind, and for an instance in each state: name and value.
const ROWS: [&[(&str, &str)]; 7] = [
    &[
        ("kind", "instance"),
        ("createdAt", "2024-11-26T02:00:00Z"),
        ("instanceId", "i-1001"),
        ("orderId", "CS2411260001"),
        ("orderLineId", "CS2411260001-000001"),
        ("productId", "p-1"),
        ("skuCode", "team"),
        ("quantity", "20"),
        ("expireTime", "2026-12-26T15:59:59Z"),
        ("status", "active"),
        ("frontEndUrl", "https://app.example.com/?instance=i-1001"),
        ("userName", "admin"),
    ],
    &[
        ("kind", "instance"),
        ("createdAt", "2024-10-01T02:00:00Z"),
        ("instanceId", "i-1002"),
        ("orderId", "CS2410010001"),
        ("productId", "p-1"),
        ("expireTime", "2025-10-01T15:59:59Z"),
        ("status", "frozen"),
        ("cause", "expired"),
        ("changedAt", "2025-10-01T16:05:00Z"),
        ("frontEndUrl", "https://app.example.com/?instance=i-1002"),
    ],
    &[
        ("kind", "instance"),
        ("createdAt", "2023-05-04T02:00:00Z"),
        ("instanceId", "i-0007"),
        ("orderId", "CS2305040001"),
        ("orderLineId", "CS2305040001-000001"),
        ("status", "released"),
        ("changedAt", "2024-06-04T02:00:00Z"),
    ],
    &[
        ("kind", "license"),
        ("createdAt", "2025-03-01T02:00:00Z"),
        ("license", "EXAMPLE-CODE-0001"),
        ("orderId", "CS2503010001"),
        ("productId", "p-2"),
        ("expireTime", "2027-03-01T15:59:59Z"),
    ],
    &[
        ("kind", "tenant"),
        ("createdAt", "2024-11-26T02:05:00Z"),
        ("instanceId", "i-1001"),
        ("orderId", "CS2411260001"),
        ("tenantId", "t-1"),
        ("tenantCode", "example"),
        ("tenantName", "Example Buyer"),
        ("domainName", "login.example.com"),
    ],
    &[
        ("kind", "order"),
        ("createdAt", "2025-11-20T02:00:00Z"),
        ("instanceId", "i-1001"),
        ("orderId", "CS2511200001"),
        ("orderLineId", "CS2511200001-000001"),
        ("scene", "RENEWAL"),
        ("expireTime", "2026-12-26T15:59:59Z"),
    ],
    &[
        ("kind", "order"),
        ("createdAt", "2025-06-01T02:00:00Z"),
        ("instanceId", "i-1001"),
        ("orderId", "CS2506010001"),
        ("orderLineId", "CS2506010001-000001"),
        ("scene", "UPGRADE"),
    ],
];

/// The file, as a text.
#[must_use]
pub fn template(format: Format) -> String {
    match format {
        Format::Csv => {
            let line = |cells: Vec<&str>| cells.join(",") + "\r\n";
            let cell = |row: &[(&str, &'static str)], column: &str| {
                row.iter().find(|(name, _)| *name == column).map_or("", |(_, value)| *value)
            };
            let rows = ROWS.iter().map(|row| line(COLUMNS.iter().map(|column| cell(row, column)).collect()));
            std::iter::once(line(COLUMNS.to_vec())).chain(rows).collect()
        }
        Format::Jsonl => {
            let value = |name: &str, text: &str| match (name, text.parse::<u64>()) {
                ("quantity", Ok(number)) => number.into(),
                _ => text.into(),
            };
            let object = |row: &[(&str, &str)]| -> Map<String, Value> {
                row.iter().map(|(name, text)| ((*name).to_owned(), value(name, text))).collect()
            };
            ROWS.iter().map(|row| Value::from(object(row)).to_string() + "\n").collect()
        }
    }
}
