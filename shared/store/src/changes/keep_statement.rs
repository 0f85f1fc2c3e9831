//! Statements: a file begins, its rows come, and it is finished when all of them are there. A row is written once and never changes,
//! so an import that broke off goes on where it was, and the same file twice adds nothing.

use std::collections::HashMap;

use koogallery::{Text, Timestamp};

use crate::model::about::About;
use crate::model::action::{Action, Actor};
use crate::model::statement::{KeptRow, StatementFile};
use crate::table::call::Call;
use crate::table::change::Change;
use crate::table::client::{Store, StoreError, under_condition};
use crate::table::condition::Condition;
use crate::table::key::Key;
use crate::table::statement_items::{row_item, row_said, statement_item};
use crate::table::transaction::{Commit, Pauses, Transaction, VERSION};

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
        let put = self.put_request(Change::new().only_if(Condition::NEW).put(statement_item(file, 1)?))?;
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
        let put = self.put_request(Change::new().only_if(Condition::NEW).put(row_item(key.clone(), row)))?;
        if under_condition(put.send().await)?.is_some() {
            return Ok(RowKept::New);
        }
        let standing = self.standing_item(key).await?;
        let is_same = standing.as_ref().and_then(row_said) == Some(row.row.as_str());
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
            let transaction =
                transaction.replace(statement_item(&after, 0)?, version.unwrap_or_default())?.acted(&action)?;
            match transaction.commit().await? {
                Commit::Done | Commit::Replayed => return Ok(true),
                Commit::Refused { .. } | Commit::Conflict => pauses.pause().await?,
            }
        }
    }
}
