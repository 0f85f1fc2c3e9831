//! The two indexes. They may be some moments behind the table.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery_store::schema::{LISTED, LISTED_AS, LISTED_INDEX, NEXT_TRY_AT, OPEN, OPEN_INDEX, OPEN_SINCE};

use super::table::{Item, Table, item, key, number, text};
use super::{Checked, Wrong, expect};

/// An index has a write after this time, or not at all.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// By time, as numbers, with the time of the next try; and only as long as the attribute is there.
pub(super) async fn open(table: &Table) -> Checked {
    for (sort, since) in [("1", 1000), ("2", 200), ("3", 30)] {
        let attributes = [(OPEN, text("CHECK#0")), (OPEN_SINCE, number(since)), (NEXT_TRY_AT, number(7))];
        table.write(item("OPEN", sort, attributes)).await?;
    }
    let found = until(table, OPEN_INDEX, OPEN, "CHECK#0", 3).await?;
    let since: Vec<_> = found.iter().filter_map(|item| item.get(OPEN_SINCE).cloned()).collect();
    expect(since == [number(30), number(200), number(1000)], "it is not in the order of the numbers")?;
    expect(found.iter().all(|item| item.get(NEXT_TRY_AT) == Some(&number(7))), "it has no copy of the next try")?;
    let update = table.client.update_item().table_name(&table.name).set_key(Some(key("OPEN", "2")));
    let update = update.update_expression("REMOVE #open").expression_attribute_names("#open", OPEN);
    update.send().await.map_err(Wrong::refused)?;
    until(table, OPEN_INDEX, OPEN, "CHECK#0", 2).await.map(|_| ())
}

/// By text.
pub(super) async fn listed(table: &Table) -> Checked {
    for (sort, listed_as) in [("1", "b"), ("2", "a"), ("3", "c")] {
        table.write(item("LISTED", sort, [(LISTED, text("CHECK#0")), (LISTED_AS, text(listed_as))])).await?;
    }
    let found = until(table, LISTED_INDEX, LISTED, "CHECK#0", 3).await?;
    let order: Vec<_> = found.iter().filter_map(|item| item.get(LISTED_AS).cloned()).collect();
    expect(order == ["a", "b", "c"].map(text), "it is not in the order of the texts")
}

/// The items of an index's partition, once there are so many.
async fn until(table: &Table, index: &str, name: &str, value: &str, many: usize) -> Result<Vec<Item>, Wrong> {
    let look = async {
        loop {
            let query = table.client.query().table_name(&table.name).index_name(index);
            let query = query.key_condition_expression("#name = :value").expression_attribute_names("#name", name);
            let query = query.expression_attribute_values(":value", AttributeValue::S(value.to_owned()));
            let found = query.send().await.map_err(Wrong::refused)?.items.unwrap_or_default();
            if found.len() == many {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or(Err(Wrong::Other("it does not have what the table has")))
}
