//! Imports a file: its tables are looked at, their mappings confirmed once, its rows read and sent. The same file again adds nothing.

use std::fmt;
use std::ops::ControlFlow;

use koogallery_statements::{
    Digest, Inspected, Limits, Mapping, Names, ReadError, Reading, Statement, StatementDetails, StatementRow,
    TotalCheck, inspect, read,
};
use serde_json::{Value, json};

use super::malformed;
use crate::api::{Api, ApiError};

/// So many rows are sent together.
const TOGETHER: usize = 500;

/// How files are imported.
#[derive(Debug)]
pub struct Import<'a> {
    /// The seller API that keeps them.
    pub api: &'a Api,
    /// The names of columns and words.
    pub names: &'a Names,
    /// Mappings that a person wrote: they come before what is proposed.
    pub written: &'a [Mapping],
    /// Whether a file has only a part of its months.
    pub is_part: bool,
    /// Who imports.
    pub by: Option<&'a str>,
}

/// A file that was imported.
#[derive(Debug)]
pub struct Imported {
    /// The statement, as the seller API shows it.
    pub statement: Value,
    /// Whether it was there already.
    pub was_known: bool,
    /// The file's own lines of totals that are not the sums of its rows.
    pub differing: Vec<TotalCheck>,
}

/// Why a file is not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The seller API does not take it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// Somebody did not confirm a mapping.
    #[error(
        "the mapping is not confirmed: correct it in a file and give that with --mapping, or give --confirm if it is right"
    )]
    NotConfirmed,
    /// There is no row in it.
    #[error("the file has no rows: its mappings say that none of its tables is a statement, or they are empty")]
    NoRows,
    /// A value cannot be written.
    #[error("a row cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl Import<'_> {
    /// Imports a file. `confirm` is asked about each mapping that nobody confirmed yet; `progress` is told how many rows are sent.
    pub async fn file(
        &self,
        name: &str,
        bytes: &[u8],
        mut confirm: impl FnMut(&Inspected, &Mapping) -> bool,
        progress: impl Fn(usize, usize),
    ) -> Result<Imported, ImportError> {
        let limits = Limits::default();
        let tables = inspect(bytes, self.names, &limits)?;
        let mut mappings = self.confirmed().await?;
        for table in &tables {
            let titles = table.proposal.mapping.titles;
            let written = self.written.iter().find(|mapping| mapping.titles == titles);
            let known = mappings.iter().find(|mapping| mapping.titles == titles);
            if known.is_some_and(|known| written.is_none_or(|written| written == known)) {
                continue;
            }
            let mapping = written.unwrap_or(&table.proposal.mapping);
            if !confirm(table, mapping) {
                return Err(ImportError::NotConfirmed);
            }
            self.api.put(&["mappings", &titles.to_string()], &self.said(json!({ "mapping": mapping }))).await?;
            mappings.retain(|known| known.titles != titles);
            mappings.push(mapping.clone());
        }
        let reading = Reading { names: self.names, mappings: &mappings, limits: &limits };
        let statement = read(bytes, &reading, |_| ControlFlow::Continue(()))?;
        let used: Vec<Digest> = tables.iter().map(|table| table.proposal.mapping.titles).collect();
        self.send(name, statement, &used, progress).await
    }

    async fn send(
        &self,
        name: &str,
        statement: Statement,
        mappings: &[Digest],
        progress: impl Fn(usize, usize),
    ) -> Result<Imported, ImportError> {
        if statement.rows.is_empty() {
            return Err(ImportError::NoRows);
        }
        let file = statement.file.to_string();
        let begun = self.api.put(&["statements", &file], &self.begin(name, &statement, mappings)?).await?;
        let differing = statement.checks.iter().filter(|check| !check.agrees()).cloned().collect();
        if begun["finishedAt"].is_string() {
            return Ok(Imported { statement: begun, was_known: true, differing });
        }
        let mut sent = 0;
        for rows in statement.rows.chunks(TOGETHER) {
            let rows: Vec<StatementRow> = rows.iter().cloned().map(StatementRow::without_personal).collect();
            let body = serde_json::to_value(json!({ "rows": rows }))?;
            self.api.post(&["statements", &file, "rows"], Some(&body)).await?;
            sent += rows.len();
            progress(sent, statement.rows.len());
        }
        let finished = self.api.post(&["statements", &file, "finish"], Some(&self.said(json!({})))).await?;
        Ok(Imported { statement: finished, was_known: false, differing })
    }

    fn begin(&self, name: &str, statement: &Statement, mappings: &[Digest]) -> Result<Value, ImportError> {
        let details = StatementDetails::new(mappings.to_vec(), &statement.totals, &statement.checks);
        let mut body = serde_json::to_value(details)?;
        body["name"] = name.into();
        body["rows"] = statement.rows.len().into();
        body["isPart"] = self.is_part.into();
        Ok(self.said(body))
    }

    /// The mappings that people confirmed before.
    async fn confirmed(&self) -> Result<Vec<Mapping>, ApiError> {
        let mappings = self.api.pages(&["mappings"], &[], "mappings").await?;
        let read = mappings.into_iter().map(|mut one| serde_json::from_value(one["mapping"].take()));
        read.collect::<Result<_, _>>().map_err(|_| malformed("the list of mappings"))
    }

    fn said(&self, mut body: Value) -> Value {
        if let Some(by) = self.by {
            body["by"] = by.into();
        }
        body
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statement = &self.statement;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let how = if self.was_known { "was imported before: nothing is added" } else { "is imported" };
        writeln!(f, "{} {how}; {} rows, {}", text(&statement["name"]), statement["rows"], text(&statement["file"]))?;
        for total in statement["totals"].as_array().into_iter().flatten() {
            let of = |name: &str| text(&total[name]);
            let kind = total["billKind"].as_str().unwrap_or("all");
            let currency = total["currency"].as_str().unwrap_or("no currency named");
            writeln!(
                f,
                "  {kind}, {currency}: {} rows, list {}, customer {}, deal {}, settlement {}, fee {}",
                of("rows"),
                of("list"),
                of("customer"),
                of("deal"),
                of("settlement"),
                of("fee")
            )?;
        }
        for check in &self.differing {
            let TotalCheck { sheet, row, column, stated, sum } = check;
            writeln!(
                f,
                "  sheet {}, row {row}: the file says {stated} for {column:?}, and its rows add up to {sum}",
                sheet + 1
            )?;
        }
        Ok(())
    }
}
