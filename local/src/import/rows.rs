//! The rows of a file: CSV with a line of titles, or JSON Lines. Both have the members of the seller API's rows.

use std::collections::HashSet;
use std::io::{BufRead as _, Read};
use std::path::Path;

use serde_json::{Map, Value};

/// The most rows of a file that is held in memory.
const MOST_ROWS: usize = 2_000_000;

/// What a row may have, in the order of the template.
pub(super) const COLUMNS: [&str; 24] = [
    "kind",
    "createdAt",
    "instanceId",
    "orderId",
    "orderLineId",
    "license",
    "productId",
    "skuCode",
    "quantity",
    "product",
    "expireTime",
    "status",
    "cause",
    "changedAt",
    "scene",
    "frontEndUrl",
    "adminUrl",
    "userName",
    "password",
    "memo",
    "tenantId",
    "tenantCode",
    "tenantName",
    "domainName",
];

/// Members whose value is a number.
const NUMBERS: [&str; 1] = ["quantity"];

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// CSV in UTF-8: the first line has the titles.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

impl Format {
    /// The format that a file's name says.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// What a row is. Rows are sent in this order: tenants and orders are of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum RowKind {
    /// An instance.
    Instance,
    /// A license code.
    License,
    /// A tenant.
    Tenant,
    /// A later order of an instance or a license code.
    Order,
}

impl RowKind {
    /// The member that names it.
    const fn name(self) -> &'static str {
        match self {
            Self::Instance => "instanceId",
            Self::License => "license",
            Self::Tenant => "tenantId",
            Self::Order => "orderId",
        }
    }
}

/// A row of the file.
#[derive(Clone)]
pub struct Row {
    /// The line where it begins, from 1.
    pub line: u64,
    /// What it is.
    pub kind: RowKind,
    /// Its members, as the seller API takes them.
    pub members: Map<String, Value>,
}

impl std::fmt::Debug for Row {
    /// Without its members: a password may be among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("line", &self.line).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Row {
    fn of(line: u64, members: Map<String, Value>) -> Result<Self, ReadError> {
        let kind = members.get("kind").and_then(Value::as_str).unwrap_or_default();
        let kind = kind.parse().map_err(|_| ReadError::Kind { line, kind: kind.chars().take(32).collect() })?;
        Ok(Self { line, kind, members })
    }

    /// What it is called: the end of a license code only.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.text(self.kind.name()).unwrap_or_default().to_owned();
        if self.kind != RowKind::License {
            return name;
        }
        let end: Vec<char> = name.chars().rev().take(4).collect();
        end.into_iter().rev().fold("…".to_owned(), |name, letter| name + &letter.to_string())
    }

    /// The instance or license code that another row has to bring, if it is not there yet.
    pub(crate) fn needs(&self) -> Option<(RowKind, &str)> {
        match self.kind {
            RowKind::Instance | RowKind::License => None,
            RowKind::Tenant | RowKind::Order => self.named(RowKind::Instance).or_else(|| self.named(RowKind::License)),
        }
    }

    /// The instance or license code that it brings.
    pub(crate) fn brings(&self) -> Option<(RowKind, &str)> {
        match self.kind {
            RowKind::Instance | RowKind::License => self.named(self.kind),
            RowKind::Tenant | RowKind::Order => None,
        }
    }

    fn named(&self, kind: RowKind) -> Option<(RowKind, &str)> {
        self.text(kind.name()).map(|name| (kind, name))
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.members.get(member).and_then(Value::as_str)
    }
}

/// Why a file cannot be read. No cell is in it but the name of a kind.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read from the disk.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is no CSV.
    #[error("line {line}: it is no CSV in UTF-8: {reason}. In a spreadsheet, save it as \"CSV UTF-8\"")]
    Csv {
        /// The line.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// It is no JSON Lines.
    #[error("line {line}: it is no JSON object: {reason}")]
    Json {
        /// The line.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The titles cannot be used.
    #[error("the titles: {0}. `koogallery import --template csv` shows those that there are")]
    Titles(String),
    /// A row's kind is none.
    #[error("line {line}: there is no kind `{kind}`; there are: instance, license, tenant, order")]
    Kind {
        /// The line.
        line: u64,
        /// What the row says.
        kind: String,
    },
    /// It has too many rows.
    #[error("it has more than {MOST_ROWS} rows: split it")]
    TooLong,
    /// Nothing is in it.
    #[error("it has no rows")]
    Empty,
}

/// Reads a whole file. Rows come in the order of their kinds; of one kind, in that of the file.
pub fn read(source: impl Read, format: Format) -> Result<Vec<Row>, ReadError> {
    let mut rows = match format {
        Format::Csv => csv(source)?,
        Format::Jsonl => json_lines(source)?,
    };
    if rows.is_empty() {
        return Err(ReadError::Empty);
    }
    rows.sort_by_key(|row| row.kind);
    Ok(rows)
}

/// The text with the line ends of Unix: where a line ends with CR LF, the CSV reader counts lines wrongly.
fn unix_lines(mut source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    let mut kept = 0;
    for place in 0..bytes.len() {
        if bytes[place] == b'\r' && bytes.get(place + 1) == Some(&b'\n') {
            continue;
        }
        bytes[kept] = bytes[place];
        kept += 1;
    }
    bytes.truncate(kept);
    Ok(bytes)
}

fn csv(source: impl Read) -> Result<Vec<Row>, ReadError> {
    let wrong = |error: csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        let reason = match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "a text in it is in another encoding".to_owned(),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("it has {len} cells, and the line of titles has {expected_len}")
            }
            _ => "a cell cannot be read".to_owned(),
        };
        ReadError::Csv { line, reason }
    };
    let text = unix_lines(source)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_slice());
    let titles: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    // A spreadsheet writes a mark before the first title.
    let titles: Vec<&str> = titles.iter().map(|title| title.trim_start_matches('\u{feff}')).collect();
    check(&titles)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut members = Map::new();
        for (title, cell) in titles.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            let number = || serde_json::from_str::<serde_json::Number>(cell).ok().map(Value::Number);
            let value = Some(*title).filter(|title| NUMBERS.contains(title)).and_then(|_| number());
            members.insert((*title).to_owned(), value.unwrap_or_else(|| cell.into()));
        }
        // A spreadsheet leaves empty lines behind.
        if !members.is_empty() {
            push(&mut rows, line, members)?;
        }
    }
    Ok(rows)
}

fn check(titles: &[&str]) -> Result<(), ReadError> {
    let mut seen = HashSet::new();
    if !titles.contains(&"kind") {
        return Err(ReadError::Titles("there is no column `kind`".to_owned()));
    }
    for title in titles {
        if !COLUMNS.contains(title) {
            let meant = koogallery_runtime::nearest(title, COLUMNS.iter().copied());
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            let title: String = title.chars().take(64).collect();
            return Err(ReadError::Titles(format!("there is no column `{title}`{meant}")));
        }
        if !seen.insert(title) {
            return Err(ReadError::Titles(format!("the column `{title}` is there twice")));
        }
    }
    Ok(())
}

fn json_lines(source: impl Read) -> Result<Vec<Row>, ReadError> {
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(std::io::BufReader::new(source).lines()) {
        let text = text?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        // The JSON library's own message could repeat a value.
        let wrong = |error: serde_json::Error| ReadError::Json { line, reason: format!("column {}", error.column()) };
        push(&mut rows, line, serde_json::from_str(text).map_err(wrong)?)?;
    }
    Ok(rows)
}

fn push(rows: &mut Vec<Row>, line: u64, members: Map<String, Value>) -> Result<(), ReadError> {
    if rows.len() >= MOST_ROWS {
        return Err(ReadError::TooLong);
    }
    rows.push(Row::of(line, members)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_and_json_lines_have_the_same_rows() {
        let csv = "\u{feff}kind,orderId,instanceId,quantity\r\norder,CS2,i-1,\r\n,,,\r\ninstance,CS1,\"i-1\",20\r\n";
        let rows = read(csv.as_bytes(), Format::Csv).unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.line, row.kind, row.name())).collect();
        let expected = [(4, RowKind::Instance, "i-1".to_owned()), (2, RowKind::Order, "CS2".to_owned())];
        assert_eq!(told, expected, "instances come first");
        assert_eq!(
            Value::from(rows[0].members.clone()),
            json!({ "kind": "instance", "orderId": "CS1", "instanceId": "i-1", "quantity": 20 })
        );
        let lines = "{\"kind\":\"order\",\"orderId\":\"CS2\",\"instanceId\":\"i-1\"}\n\n{\"kind\":\"instance\",\"orderId\":\"CS1\",\"instanceId\":\"i-1\",\"quantity\":20}\n";
        let same = read(lines.as_bytes(), Format::Jsonl).unwrap();
        assert!(rows.iter().zip(&same).all(|(one, other)| one.members == other.members));
    }

    #[test]
    fn what_is_no_row_is_told_with_its_line_and_without_its_cells() {
        let problem = |text: &str, format| read(text.as_bytes(), format).unwrap_err().to_string();
        for (text, format, told) in [
            ("kind,instanceID\ninstance,x", Format::Csv, "did you mean `instanceId`?"),
            ("orderId\nCS1", Format::Csv, "no column `kind`"),
            ("kind,kind\nx,y", Format::Csv, "twice"),
            ("kind,orderId\norder", Format::Csv, "line 2: it is no CSV"),
            ("kind,password\nperson,secret-word", Format::Csv, "line 2: there is no kind `person`"),
            ("kind\n", Format::Csv, "no rows"),
            ("{\"kind\":\"order\"}\n{\"password\":\"secret-word\"", Format::Jsonl, "line 2: it is no JSON object"),
        ] {
            let problem = problem(text, format);
            assert!(problem.contains(told) && !problem.contains("secret"), "{problem}");
        }
        let gbk = b"kind,tenantName\ntenant,\xb9\xab\xcb\xbe\n";
        assert!(read(&gbk[..], Format::Csv).unwrap_err().to_string().contains("CSV UTF-8"));
    }

    #[test]
    fn a_license_code_shows_its_end_only() {
        let row = read(&b"kind,license\nlicense,AAAABBBBCCCC1234"[..], Format::Csv).unwrap().remove(0);
        assert_eq!(row.name(), "…1234");
        assert!(!format!("{row:?}").contains("AAAA"));
    }
}
