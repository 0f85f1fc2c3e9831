//! KooGallery's list of usage: the reader of statements reads it, so files and titles are those of statements.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use koogallery::{CalendarForm, Timestamp};
use koogallery_statements::{
    Column, Day, Inspected, Limits, Mapping, Month, Names, ReadError, Reading, StatementKind, StatementRow, inspect,
    read,
};
use koogallery_store::Quantity;

/// The columns of such a list. Whatever else a bill has does not matter here.
const COLUMNS: [Column; 8] = [
    Column::Instance,
    Column::Begin,
    Column::End,
    Column::Month,
    Column::Quantity,
    Column::Serial,
    Column::Status,
    Column::Reason,
];

/// A line of KooGallery's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub(super) instance: String,
    pub(super) begin: Option<Timestamp>,
    pub(super) month: Month,
    pub(super) quantity: Quantity,
    pub(super) serial: Option<String>,
    pub(super) refused: Option<String>,
}

/// Why a file cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A column is missing.
    #[error(
        "the file has no column for {what}: name it in a file for --names, such as {{\"columns\":{{\"{what}\":[\"…\"]}}}}; it has: {has}"
    )]
    Column {
        /// Which.
        what: &'static str,
        /// The titles that are there.
        has: String,
    },
    /// A value is not what should be there.
    #[error("row {row}: there is no {what}")]
    Value {
        /// The number of the row, from 1.
        row: u32,
        /// What should be there.
        what: &'static str,
    },
}

/// Reads KooGallery's list. Times without a zone are those of Beijing.
pub fn sheet(file: &[u8], names: &Names) -> Result<Vec<Line>, ReconcileError> {
    let limits = Limits::default();
    let tables = inspect(file, names, &limits)?;
    let mappings: Vec<Mapping> = tables.iter().map(of_usage).collect();
    if let Some(table) = tables.first().filter(|_| mappings.iter().all(|one| one.kind != StatementKind::Usage)) {
        return Err(missing(table));
    }
    let reading = Reading { names, mappings: &mappings, limits: &limits };
    let statement = read(file, &reading, |_| ControlFlow::Continue(()))?;
    statement.rows.iter().filter_map(|row| line(row).transpose()).collect()
}

/// The table as a list of usage, or as none: another sheet of a workbook.
fn of_usage(table: &Inspected) -> Mapping {
    let mut mapping = table.proposal.mapping.clone();
    mapping.kind =
        if first_missing(&mapping.columns).is_none() { StatementKind::Usage } else { StatementKind::NotAStatement };
    mapping.columns.retain(|column, _| COLUMNS.contains(column));
    mapping
}

/// The name of the first column that a list needs and does not have.
fn first_missing(columns: &BTreeMap<Column, usize>) -> Option<&'static str> {
    let has = |column| columns.contains_key(&column);
    match () {
        () if !has(Column::Instance) => Some("instance"),
        () if !has(Column::Quantity) => Some("quantity"),
        () if !has(Column::Begin) && !has(Column::Month) => Some("begin"),
        () => None,
    }
}

fn missing(table: &Inspected) -> ReconcileError {
    let what = first_missing(&table.proposal.mapping.columns).unwrap_or("instance");
    ReconcileError::Column { what, has: table.titles.join(", ") }
}

/// A row as a line; none if it names no instance.
fn line(row: &StatementRow) -> Result<Option<Line>, ReconcileError> {
    let value = |what| ReconcileError::Value { row: row.place.row, what };
    let Some(usage) = row.usage.as_deref() else { return Ok(None) };
    let Some(instance) = usage.instance.clone() else { return Ok(None) };
    let quantity = usage.quantity.ok_or_else(|| value("amount"))?;
    let quantity =
        quantity.normalize().to_string().parse().map_err(|_| value("amount with at most 4 decimals, from 0"))?;
    let begin = usage.begin.as_deref().map(|text| time(text).ok_or_else(|| value("time"))).transpose()?;
    let month = row.month.or_else(|| month_of(begin?)).ok_or_else(|| value("time"))?;
    let why = || usage.reason.clone().or_else(|| row.status.clone()).unwrap_or_default();
    let refused = usage.refused.then(why);
    Ok(Some(Line { instance, begin, month, quantity, serial: usage.serial.clone(), refused }))
}

/// The month of Beijing, as bills have it.
pub(super) fn month_of(at: Timestamp) -> Option<Month> {
    Day::in_beijing(at.as_millis()).map(Day::month)
}

/// A time as the lists may write it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace('/', "-");
    if let Some(at) = CalendarForm::BASIC_ISO_8601.read(&text).or_else(|| rfc_3339(&text)) {
        return Some(at);
    }
    let text = text.replace('T', " ");
    let padded = match text.len() {
        10 => format!("{text} 00:00:00"),
        16 => format!("{text}:00"),
        _ => text,
    };
    let local = [CalendarForm::SPACED_SECOND, CalendarForm::SPACED_MILLISECOND, CalendarForm::SECOND];
    let local = local.iter().find_map(|form| form.read(&padded))?;
    Some(Timestamp::from_millis(local.as_millis() - ZONE))
}

/// Beijing, where Seller Console is.
const ZONE: i64 = 8 * 60 * 60 * 1000;

/// `…Z`, with or without a fraction, or `…+08:00`.
fn rfc_3339(text: &str) -> Option<Timestamp> {
    let (time, ahead) = match text.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => (text.strip_suffix("+08:00")?, ZONE),
    };
    let whole = if time.contains('.') { time.to_owned() } else { format!("{time}.000") };
    let at = CalendarForm::RFC_3339.read(&format!("{whole}Z"))?;
    Some(Timestamp::from_millis(at.as_millis() - ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_it(file: &str) -> Result<Vec<Line>, String> {
        sheet(file.as_bytes(), &Names::known().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_that_cannot_be_read_says_what_to_do() {
        let told = read_it("Instance,Usage,Begin Time\ni-1,1,2025-12-01 08:00:00\n").unwrap_err();
        assert!(told.contains("--names") && told.contains("Instance, Usage"), "{told}");
        let told = read_it("实例ID,用量\ni-1,1\n").unwrap_err();
        assert!(told.contains("for begin"), "{told}");
        let told = read_it("实例ID,用量,开始时间\ni-1,much,2025-12-01 08:00:00\n").unwrap_err();
        assert!(told.contains("row 2"), "{told}");
        let told = read_it("实例ID,用量,开始时间\ni-1,1.00001,2025-12-01 08:00:00\n").unwrap_err();
        assert!(told.contains("row 2") && told.contains("4 decimals"), "{told}");
        let told = read_it("实例ID,用量,开始时间\ni-1,1,soon\n").unwrap_err();
        assert!(told.contains("row 2: there is no time"), "{told}");
        assert!(read_it("实例ID,用量,开始时间\ni-1,,2025-12-01 08:00:00\n").unwrap_err().contains("no amount"));
    }

    #[test]
    fn titles_are_those_of_statements_and_what_a_file_for_names_adds() {
        let names = Names::known().unwrap().extended(r#"{"columns":{"instance":["Instance"],"begin":["Since"]}}"#);
        let lines =
            sheet("Instance,Usage,Since\ni-1,\"1,000.5\",2025-12-01\n,2,\n".as_bytes(), &names.unwrap()).unwrap();
        assert_eq!(lines.len(), 1, "a row without an instance is none of it");
        assert_eq!((lines[0].quantity, lines[0].begin), ("1000.5".parse().unwrap(), time("2025-12-01T00:00:00+08:00")));
        // A bill has more, and its amounts of money are not looked at.
        let bill =
            read_it("Order ID,Resource ID,Billing Cycle,Usage Amount,成交价\nCS1,i-1,202512,3,none yet\n").unwrap();
        assert_eq!((bill[0].month.to_string().as_str(), bill[0].begin), ("2025-12", None));
    }
}
