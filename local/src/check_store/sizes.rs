//! Large items, and many of them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::table::{Table, item, key, number, text};
use super::{Checked, Wrong, expect};

/// The store fills an item up to this many bytes.
const LARGE: usize = 390 * 1024;

/// A large item comes back as it was written.
pub(super) async fn large_items(table: &Table) -> Checked {
    let bytes = AttributeValue::B(Blob::new(vec![0xa5; LARGE]));
    table.write(item("LARGE", "1", [("bytes", bytes.clone())])).await?;
    let read = table.read(key("LARGE", "1")).await?.unwrap_or_default();
    expect(read.get("bytes") == Some(&bytes), "it came back changed")
}

/// Pages of a partition, in the order of the sort keys and against it.
pub(super) async fn pages(table: &Table) -> Checked {
    for number_ in 0..25 {
        table.write(item("PAGES", &format!("A#{number_:02}"), [("n", number(number_))])).await?;
    }
    table.write(key("PAGES", "B#00")).await?;
    for forward in [true, false] {
        let (mut seen, mut from) = (Vec::new(), None);
        loop {
            let page = table
                .client
                .query()
                .table_name(&table.name)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND begins_with(sk, :begin)")
                .expression_attribute_values(":pk", text("PAGES"))
                .expression_attribute_values(":begin", text("A#"))
                .scan_index_forward(forward)
                .limit(7)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(Wrong::refused)?;
            seen.extend(page.items().iter().filter_map(|item| item.get("n").cloned()));
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
            expect(seen.len() <= 25, "its pages do not end")?;
        }
        let mut expected: Vec<_> = (0..25).map(number).collect();
        if !forward {
            expected.reverse();
        }
        expect(seen == expected, "items are missing, doubled or out of order")?;
    }
    Ok(())
}
