//! Statements: a file begins, its rows come, and it is finished when all of them are there. A row is written once and never changes,
//! so an import that broke off goes on where it was, and the same file twice adds nothing.

use std::collections::HashMap;

use koogallery::{Text, Timestamp};

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::statement::{KeptRow, RowPlace, StatementFile};
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::{Item, Key};
use crate::table::listing::List;
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};
use crate::table::value::Value;

/// The attribute with what a row says.
const ROW: &str = "row";

/// What became of the beginning of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementBegun {
    /// It is new.
    New(Box<StatementFile>),
    /// The same file is there already, finished or not.
    Known(Box<StatementFile>),
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKept {
    /// It is new.
    New,
    /// The same row was there.
    Same,
    /// Another row is there, and stays.
    Differs,
}

impl Store {
    /// Begins the import of a file, unless it is known.
    pub async fn begin_statement(&self, file: &StatementFile) -> Result<StatementBegun, StoreError> {
        let put = self.put_request(Change::new().only_if(Condition::NEW).put(item(file, 1)?))?;
        if under_condition(put.send().await)?.is_some() {
            return Ok(StatementBegun::New(Box::new(file.clone())));
        }
        match self.statement(&file.file).await? {
            Some(known) => Ok(StatementBegun::Known(Box::new(known))),
            None => Err(StoreError::Conflict),
        }
    }

    /// Keeps a row of a file.
    pub async fn keep_row(&self, file: &Text<64>, row: &KeptRow) -> Result<RowKept, StoreError> {
        let key = Key::statement_row(file, row.place);
        let mut item = Item::from([(ROW.to_owned(), Value::from(row.row.as_str()).0)]);
        item.extend(key.clone().into_item());
        let put = self.put_request(Change::new().only_if(Condition::NEW).put(item))?;
        if under_condition(put.send().await)?.is_some() {
            return Ok(RowKept::New);
        }
        let standing = self.standing_item(key).await?;
        let is_same = standing.as_ref().and_then(said) == Some(row.row.as_str());
        Ok(if is_same { RowKept::Same } else { RowKept::Differs })
    }

    /// Says that all rows of a file are there. False if it is finished already, or unknown.
    pub async fn finish_statement(&self, file: &Text<64>, actor: &Actor, now: Timestamp) -> Result<bool, StoreError> {
        let mut pauses = Pauses::new();
        loop {
            let Some(standing) = self.standing_item(Key::statement(file)).await? else { return Ok(false) };
            let version = standing.get(VERSION).and_then(|version| version.as_n().ok()?.parse().ok());
            let before: StatementFile = serde_dynamo::from_item(standing)?;
            if before.finished_at.is_some() {
                return Ok(false);
            }
            let after = StatementFile { finished_at: Some(now), ..before };
            let told = HashMap::from([("name", after.name.as_str().to_owned()), ("rows", after.rows.to_string())]);
            let action = Action::new(actor, "statement.import", About::Statement(file.clone()), now).to(told);
            let call = Call::own(now);
            let transaction = Transaction::new(self, &call)?;
            let transaction = transaction.replace(item(&after, 0)?, version.unwrap_or_default())?.acted(&action)?;
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(true),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}

/// What the item of a row says.
pub(crate) fn said(item: &Item) -> Option<&str> {
    item.get(ROW)?.as_s().ok().map(String::as_str)
}

/// The place of a row, by the sort key of its item.
pub(crate) fn place(sort: &str) -> Option<RowPlace> {
    sort.strip_prefix(Key::ROW)?.parse().ok()
}

fn item(file: &StatementFile, version: u64) -> Result<Item, StoreError> {
    let key = Key::statement(&file.file);
    let mut item: Item = serde_dynamo::to_item(file)?;
    item.insert(VERSION.to_owned(), Value::from(version).0);
    item.extend(List::Statements.entry(World::Real, file.file.as_str(), file.begun_at, &key));
    item.extend(key.into_item());
    Ok(item)
}
