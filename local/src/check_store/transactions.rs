//! Transactions: what makes a callback count once and whole.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;

use super::table::{Ended, Table, item, key, number, text};
use super::{Checked, Wrong, expect};

/// The code of a condition that is not true.
const FAILED: &str = "ConditionalCheckFailed";

/// Where one condition fails, nothing is written, whatever stands before or after it.
pub(super) async fn whole(table: &Table) -> Checked {
    table.write(key("WHOLE", "there")).await?;
    for order in [["new-1", "there", "new-2"], ["there", "new-1", "new-2"], ["new-1", "new-2", "there"]] {
        let writes: Result<Vec<_>, Wrong> = order.iter().map(|sort| table.create(key("WHOLE", sort))).collect();
        expect(
            matches!(table.together(writes?).await?, Ended::Cancelled(_)),
            "it was written in spite of a condition",
        )?;
        for sort in ["new-1", "new-2"] {
            expect(table.read(key("WHOLE", sort)).await?.is_none(), "a part of a refused transaction was written")?;
        }
    }
    let writes = vec![table.create(key("WHOLE", "new-1"))?, table.create(key("WHOLE", "new-2"))?];
    expect(matches!(table.together(writes).await?, Ended::Written), "it was refused without a reason")?;
    let both = table.read(key("WHOLE", "new-1")).await?.is_some() && table.read(key("WHOLE", "new-2")).await?.is_some();
    expect(both, "it was accepted, and not written whole")
}

/// Each reason stands at the place of its write, with the item whose condition failed.
pub(super) async fn old_values(table: &Table) -> Checked {
    let there = item("OLD", "there", [("told", text("before"))]);
    table.write(there.clone()).await?;
    let ended = table.together(vec![table.create(key("OLD", "new"))?, table.create(key("OLD", "there"))?]).await?;
    expect(ended.is_cancelled(0, "None") || ended.is_cancelled(0, ""), "a write without fault has a reason")?;
    expect(ended.is_cancelled(1, FAILED), "the reason does not stand at the place of its write")?;
    let Ended::Cancelled(reasons) = ended else { return Ok(()) };
    let returned = reasons.get(1).and_then(|reason| reason.item.clone());
    expect(returned == Some(there), "the item as it is was not returned")?;
    let update = table.update(key("OLD", "there"), |update| {
        update
            .update_expression("SET told = :v")
            .condition_expression("told = :v")
            .expression_attribute_values(":v", text("after"))
    })?;
    expect(
        table.together(vec![update]).await?.is_cancelled(0, FAILED),
        "an update under a wrong condition was accepted",
    )
}

/// Many count at the same time, each under the condition of what it read: each that was accepted has counted.
pub(super) async fn conflicts(table: &Table) -> Checked {
    const AT_ONCE: usize = 8;
    const ROUNDS: usize = 5;
    table.write(item("CONFLICTS", "counter", [("n", number(0))])).await?;
    let mut accepted = 0;
    for round in 0..ROUNDS {
        let one = |caller: usize| async move {
            let read = table.read(key("CONFLICTS", "counter")).await?.unwrap_or_default();
            let standing = read.get("n").cloned().unwrap_or_else(|| number(0));
            let count = table.update(key("CONFLICTS", "counter"), |update| {
                update
                    .update_expression("SET n = n + :one")
                    .condition_expression("n = :standing")
                    .expression_attribute_values(":one", number(1))
                    .expression_attribute_values(":standing", standing)
            })?;
            let note = table.create(key("CONFLICTS", &format!("note-{round}-{caller}")))?;
            Ok(matches!(table.together(vec![count, note]).await?, Ended::Written))
        };
        let written: Result<Vec<bool>, Wrong> = join_all((0..AT_ONCE).map(one)).await.into_iter().collect();
        let written = written?.into_iter().filter(|written| *written).count();
        expect(written > 0, "of transactions at the same time none was accepted")?;
        accepted += written;
    }
    let counter = table.read(key("CONFLICTS", "counter")).await?.unwrap_or_default();
    expect(counter.get("n") == Some(&number(accepted)), "two transactions read the same, and both were accepted")
}

/// As many writes as DynamoDB allows.
pub(super) async fn many(table: &Table) -> Checked {
    let writes: Result<Vec<_>, Wrong> = (0..100)
        .map(|number| table.create(item("MANY", &format!("{number:03}"), [("b", AttributeValue::Bool(true))])))
        .collect();
    expect(matches!(table.together(writes?).await?, Ended::Written), "it was refused without a reason")
}
