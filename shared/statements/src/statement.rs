//! A file as a statement: looked at first, and read when its columns are confirmed.

use std::ops::ControlFlow;

use crate::digest::Digest;
use crate::mapping::{Mapping, StatementKind};
use crate::names::Names;
use crate::plain::trimmed;
use crate::proposal::Proposal;
use crate::read::{Book, Limit, Limits, Problem, RawRow, ReadError, Rows};
use crate::reader::RowReader;
use crate::row::StatementRow;
use crate::titles::{LOOKED_AT, Titles};
use crate::total::{TotalCheck, Totals, add_row};
use crate::total_line::{Line, TableSums, line};

/// After so many rows the progress is told.
const TOLD_EVERY: usize = 1000;

/// A table of a file: a visible sheet of a workbook, or a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The sheet's place, from 0.
    pub sheet: u16,
    /// The sheet's name. A CSV file has none.
    pub name: Option<String>,
    /// The row of the titles.
    pub title_row: u32,
    /// The titles.
    pub titles: Vec<String>,
    /// Which column is what: for a person to confirm.
    pub proposal: Proposal,
}

/// What [`read()`] needs beside the file.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// The names of columns and words.
    pub names: &'a Names,
    /// The mappings that a person has confirmed. Each is for certain titles.
    pub mappings: &'a [Mapping],
    /// The limits.
    pub limits: &'a Limits,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The sheet, from 0.
    pub sheet: u16,
    /// Rows of all sheets that are read.
    pub rows: usize,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SHA-256 of the file: the same file a second time has the same.
    pub file: Digest,
    /// Its tables.
    pub sheets: Vec<Sheet>,
    /// All rows.
    pub rows: Vec<StatementRow>,
    /// What the rows add up to.
    pub totals: Totals,
    /// The file's own lines of totals, compared with its rows.
    pub checks: Vec<TotalCheck>,
}

/// A table of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its place, from 0.
    pub sheet: u16,
    /// Its name. A CSV file has none.
    pub name: Option<String>,
    /// What it is about.
    pub kind: StatementKind,
    /// How many rows it gave.
    pub rows: usize,
    /// The rows that are no rows of the statement, and the sheet itself if it was left out.
    pub skipped: Vec<Skipped>,
}

/// What was left out of a statement, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// The sheet is hidden.
    Hidden,
    /// The sheet has no titles.
    NoTitles,
    /// The sheet is no statement: the mapping says so.
    NotAStatement,
    /// A row before the titles.
    BeforeTitles(u32),
    /// The titles once more.
    Titles(u32),
    /// A line of totals; it is compared.
    Total(u32),
    /// A line that sums some rows.
    Subtotal(u32),
    /// A line with one text.
    Note(u32),
}

/// Looks at a file: finds the tables, their titles, and proposes which column is what. The file is at most read as far as the
/// first rows of each sheet.
pub fn inspect(bytes: &[u8], names: &Names, limits: &Limits) -> Result<Vec<Inspected>, ReadError> {
    let mut book = Book::open(bytes, limits)?;
    let mut tables = Vec::new();
    for (sheet, of_sheet) in (0_u16..).zip(book.sheets()).filter(|(_, sheet)| !sheet.hidden) {
        let table = Table::open(&mut book, sheet, names).map_err(|error| error.in_sheet(of_sheet.name.as_deref()))?;
        if let Some(table) = table {
            let proposal = Proposal::of(&table.titles, &table.sample, names);
            let titles = table.titles.names;
            tables.push(Inspected { sheet, name: of_sheet.name, title_row: table.titles.row, titles, proposal });
        }
    }
    if tables.is_empty() { Err(ReadError::of_file(Problem::NoTitles)) } else { Ok(tables) }
}

/// Reads a file. The whole file is refused if one row cannot be read, and the error says which. `progress` is called now and then,
/// and may stop it.
pub fn read(
    bytes: &[u8],
    reading: &Reading<'_>,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Statement, ReadError> {
    let mut book = Book::open(bytes, reading.limits)?;
    let file = Digest::of(bytes);
    let mut statement =
        Statement { file, sheets: Vec::new(), rows: Vec::new(), totals: Totals::new(), checks: Vec::new() };
    for (sheet, of_sheet) in (0_u16..).zip(book.sheets()) {
        let name = of_sheet.name;
        let before = statement.rows.len();
        let mut read =
            Sheet { sheet, name: name.clone(), kind: StatementKind::NotAStatement, rows: 0, skipped: Vec::new() };
        if of_sheet.hidden {
            read.skipped.push(Skipped::Hidden);
        } else {
            let whole = table(&mut book, &mut read, reading, &mut statement, &mut progress);
            whole.map_err(|error| error.in_sheet(name.as_deref()))?;
        }
        read.rows = statement.rows.len() - before;
        statement.sheets.push(read);
    }
    if statement.sheets.iter().all(|sheet| {
        sheet.skipped.first().is_some_and(|skipped| matches!(skipped, Skipped::Hidden | Skipped::NoTitles))
    }) {
        return Err(ReadError::of_file(Problem::NoTitles));
    }
    Ok(statement)
}

/// A table with its first rows.
struct Table<'a> {
    titles: Titles,
    before: Vec<u32>,
    sample: Vec<RawRow>,
    rest: Rows<'a>,
    is_csv: bool,
}

impl<'a> Table<'a> {
    fn open(book: &'a mut Book<'_>, sheet: u16, names: &Names) -> Result<Option<Self>, ReadError> {
        let is_csv = matches!(book, Book::Csv(_));
        let mut rest = book.rows(usize::from(sheet))?;
        let mut sample = rest.by_ref().take(LOOKED_AT).collect::<Result<Vec<RawRow>, _>>()?;
        let Some((at, titles)) = Titles::find(&sample, names) else { return Ok(None) };
        let before = sample.drain(..=at).map(|row| row.number).take(at).collect();
        Ok(Some(Self { titles, before, sample, rest, is_csv }))
    }
}

fn table(
    book: &mut Book<'_>,
    sheet: &mut Sheet,
    reading: &Reading<'_>,
    statement: &mut Statement,
    progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let Some(table) = Table::open(book, sheet.sheet, reading.names)? else {
        sheet.skipped.push(Skipped::NoTitles);
        return Ok(());
    };
    let Table { titles, before, sample, rest, is_csv } = table;
    let digest = titles.digest();
    let at_titles = |problem| ReadError::at(titles.row, problem);
    let mapping = reading.mappings.iter().find(|mapping| mapping.titles == digest);
    let mapping = mapping.ok_or_else(|| at_titles(Problem::NotConfirmed))?;
    mapping.check(&titles).map_err(|error| at_titles(Problem::Mapping(error)))?;
    sheet.kind = mapping.kind;
    if mapping.kind == StatementKind::NotAStatement {
        sheet.skipped.push(Skipped::NotAStatement);
        return Ok(());
    }
    sheet.skipped.extend(before.into_iter().map(Skipped::BeforeTitles));
    let reader = RowReader::new(reading.names, statement.file, sheet.sheet, &titles, mapping);
    let mut sums = TableSums::default();
    for raw in sample.into_iter().map(Ok).chain(rest) {
        let raw = raw?;
        if titles.are(&raw) {
            sheet.skipped.push(Skipped::Titles(raw.number));
            continue;
        }
        if is_note(&raw) {
            sheet.skipped.push(Skipped::Note(raw.number));
            continue;
        }
        match line(&raw, &reader, reading.names) {
            Line::Total => {
                statement.checks.extend(sums.check(&raw, sheet.sheet, &reader)?);
                sheet.skipped.push(Skipped::Total(raw.number));
                continue;
            }
            Line::Subtotal => {
                sheet.skipped.push(Skipped::Subtotal(raw.number));
                continue;
            }
            Line::Row => {}
        }
        width(&raw, titles.names.len(), is_csv)?;
        let row = reader.row(&raw)?;
        sums.add(&row);
        add_row(&mut statement.totals, &row);
        statement.rows.push(row);
        let rows = statement.rows.len();
        if rows > reading.limits.rows {
            return Err(ReadError::at(raw.number, Problem::TooLarge(Limit::Rows)));
        }
        if rows.is_multiple_of(TOLD_EVERY) && progress(Progress { sheet: sheet.sheet, rows }).is_break() {
            return Err(ReadError::at(raw.number, Problem::Stopped));
        }
    }
    Ok(())
}

/// Whether a row has one text only, and that is not the beginning of a row: it has other letters than those of ids and numbers.
fn is_note(raw: &RawRow) -> bool {
    let mut filled = raw.filled();
    let (Some(only), None) = (filled.next(), filled.next()) else { return false };
    let text = only.text();
    trimmed(&text).chars().any(|letter| letter.is_whitespace() || letter.is_alphabetic() && !letter.is_ascii())
}

/// Whether a row has a cell for each title, and no more. A workbook leaves out empty cells at the end, a CSV file does not.
fn width(raw: &RawRow, titles: usize, is_csv: bool) -> Result<(), ReadError> {
    let (has, wide) = (raw.cells.len(), raw.width());
    match () {
        () if wide > titles => Err(ReadError::at(raw.number, Problem::TooManyCells { has: wide, titles })),
        () if is_csv && has < titles => Err(ReadError::at(raw.number, Problem::TooFewCells { has, titles })),
        () => Ok(()),
    }
}
