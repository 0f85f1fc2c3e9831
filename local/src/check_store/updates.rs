//! Reads and writes of one item.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::table::{Item, Table, item, key, number, text};
use super::{Checked, Wrong, expect};

/// A read of the item, a query of its partition and a batch see each write before them.
pub(super) async fn reads(table: &Table) -> Checked {
    for round in 0..20 {
        table.write(item("READS", "1", [("round", number(round))])).await?;
        let expected = Some(number(round));
        let read = table.read(key("READS", "1")).await?;
        expect(read.and_then(|item| item.get("round").cloned()) == expected, "GetItem returned what was there before")?;
        let query = table.client.query().table_name(&table.name).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", text("READS"));
        let found = query.send().await.map_err(Wrong::refused)?;
        let found = found.items().first().and_then(|item| item.get("round").cloned());
        expect(found == expected, "Query returned what was there before")?;
    }
    Ok(())
}

/// A put of what exists is refused, and so is an update of what does not.
pub(super) async fn conditions(table: &Table) -> Checked {
    let put = |item: Item| {
        let put = table.client.put_item().table_name(&table.name).set_item(Some(item));
        put.condition_expression("attribute_not_exists(pk)").send()
    };
    put(item("CONDITIONS", "1", [("first", number(1))])).await.map_err(Wrong::refused)?;
    let second = put(item("CONDITIONS", "1", [("first", number(2))])).await;
    let second =
        second.err().and_then(|error| error.into_service_error().is_conditional_check_failed_exception().into());
    expect(second == Some(true), "a second item took the place of the first")?;
    for (condition, holds) in [
        ("#s = :a AND attribute_exists(pk)", true),
        ("#s <> :a OR attribute_not_exists(#s)", false),
        ("n BETWEEN :low AND :high", true),
        ("n < :low", false),
        ("begins_with(#s, :begin)", true),
        ("m.x = :a", true),
        ("attribute_exists(m.y)", false),
    ] {
        let map = AttributeValue::M(Item::from([("x".to_owned(), text("abc"))]));
        table.write(item("CONDITIONS", "2", [("s", text("abc")), ("n", number(10)), ("m", map)])).await?;
        let mut update = table.client.update_item().table_name(&table.name).set_key(Some(key("CONDITIONS", "2")));
        update = update.update_expression("SET seen = :seen").condition_expression(condition);
        update = update.expression_attribute_values(":seen", number(1));
        for (name, value) in [(":a", text("abc")), (":low", number(9)), (":high", number(100)), (":begin", text("ab"))]
        {
            if condition.contains(name) {
                update = update.expression_attribute_values(name, value);
            }
        }
        if condition.contains("#s") {
            update = update.expression_attribute_names("#s", "s");
        }
        let accepted = match update.send().await {
            Ok(_) => true,
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                false
            }
            Err(error) => return Err(Wrong::refused(error)),
        };
        expect(accepted == holds, "a condition was judged wrongly")?;
    }
    Ok(())
}

/// All forms of updates that the store makes.
pub(super) async fn updates(table: &Table) -> Checked {
    let map = AttributeValue::M(Item::from([("gone".to_owned(), number(1)), ("stays".to_owned(), number(2))]));
    table.write(item("UPDATES", "1", [("count", number(1)), ("old", text("x")), ("map", map)])).await?;
    let expression = "SET #count = #count + :one, once = if_not_exists(once, :one), #map.#new = :one \
                      REMOVE #old, #map.#gone ADD added :one";
    let mut update = table.client.update_item().table_name(&table.name).set_key(Some(key("UPDATES", "1")));
    update = update.update_expression(expression).expression_attribute_values(":one", number(1));
    for name in ["count", "map", "new", "old", "gone"] {
        update = update.expression_attribute_names(format!("#{name}"), name);
    }
    update.send().await.map_err(Wrong::refused)?;
    let read = table.read(key("UPDATES", "1")).await?.unwrap_or_default();
    let map = AttributeValue::M(Item::from([("new".to_owned(), number(1)), ("stays".to_owned(), number(2))]));
    let expected =
        item("UPDATES", "1", [("count", number(2)), ("once", number(1)), ("added", number(1)), ("map", map)]);
    expect(read == expected, "the item is not what the update says")
}
