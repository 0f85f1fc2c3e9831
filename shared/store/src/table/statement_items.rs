//! How statements and their rows are written in the table.

use crate::model::statement::{KeptRow, RowPlace, StatementFile};
use crate::model::world::World;
use crate::table::client::StoreError;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::transaction::VERSION;
use crate::table::value::Value;

/// The attribute with what a row says.
const ROW: &str = "row";

/// The item of a file, which the list of statements has too.
pub(crate) fn statement_item(file: &StatementFile, version: u64) -> Result<Item, StoreError> {
    let key = Key::statement(&file.file);
    let mut item: Item = serde_dynamo::to_item(file)?;
    item.insert(VERSION.to_owned(), Value::from(version).0);
    item.extend(List::Statements.entry(World::Real, file.file.as_str(), file.begun_at, &key));
    item.extend(key.into_item());
    Ok(item)
}

/// The item of a row.
pub(crate) fn row_item(key: Key, row: &KeptRow) -> Item {
    let mut item = Item::from([(ROW.to_owned(), Value::from(row.row.as_str()).0)]);
    item.extend(key.into_item());
    item
}

/// What the item of a row says.
pub(crate) fn row_said(item: &Item) -> Option<&str> {
    item.get(ROW)?.as_s().ok().map(String::as_str)
}

/// The place of a row, by the sort key of its item.
pub(crate) fn row_place(sort: &str) -> Option<RowPlace> {
    sort.strip_prefix(Key::ROW)?.parse().ok()
}
