//! CSV as rows. Quotes, new lines in quotes and the separator are the library's; whether the file is whole is looked at here.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use ::csv::{Reader, ReaderBuilder, StringRecord};

use crate::read::cell::{Cell, RawRow, Value};
use crate::read::error::{Problem, ReadError};
use crate::read::limits::{Limit, Limits};
use crate::read::text;

/// How many records say which sign separates the cells.
const SAMPLE: usize = 30;
/// A record after the last one. If a quote is open at the end of the file, it becomes a part of the last record instead.
const END: &[u8] = b"\n\0\n";

pub(crate) struct Csv<'a> {
    text: Cow<'a, str>,
    separator: u8,
    limits: &'a Limits,
}

impl<'a> Csv<'a> {
    pub(crate) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, ReadError> {
        let text = text::decode(bytes)?;
        let start = text.trim_start();
        if start.is_empty() {
            return Err(ReadError::of_file(Problem::Empty));
        }
        let tag: String = start.chars().take(14).flat_map(char::to_lowercase).collect();
        if ["<!doctype html", "<html", "<table"].iter().any(|page| tag.starts_with(page)) {
            return Err(ReadError::of_file(Problem::WebPage));
        }
        let separator = separator(&text);
        Ok(Self { text, separator, limits })
    }

    pub(crate) fn rows(&self) -> CsvRows<'_> {
        let reader = reader(Cursor::new(self.text.as_bytes()).chain(END), self.separator);
        CsvRows { reader, text: &self.text, record: StringRecord::new(), limits: self.limits, rows: 0, ended: false }
    }
}

fn reader<R: Read>(bytes: R, separator: u8) -> Reader<R> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes)
}

/// The sign with which the first records have the most cells.
fn separator(text: &str) -> u8 {
    let widest = |separator: u8| {
        let mut reader = reader(text.as_bytes(), separator);
        reader.records().take(SAMPLE).map_while(Result::ok).map(|record| record.len()).max().unwrap_or(0)
    };
    // The first one of those with the same number is taken.
    let mut best = (b',', widest(b','));
    for separator in [b'\t', b';', b'|'] {
        let cells = widest(separator);
        if cells > best.1 {
            best = (separator, cells);
        }
    }
    best.0
}

pub(crate) struct CsvRows<'a> {
    reader: Reader<std::io::Chain<Cursor<&'a [u8]>, &'static [u8]>>,
    text: &'a str,
    record: StringRecord,
    limits: &'a Limits,
    rows: usize,
    ended: bool,
}

impl CsvRows<'_> {
    /// The line in which the record begins, and whether it is the one after the end of the file.
    fn place(&self) -> (u32, bool) {
        let position = self.record.position();
        let (byte, line) = position.map_or((0, 0), |at| (usize::try_from(at.byte()).unwrap_or(usize::MAX), at.line()));
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        // Empty lines before a record, and the second half of a CRLF, are counted as a part of it.
        let before = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let line = line + rest[..before].split(|byte| *byte == b'\n').skip(1).count() as u64;
        (u32::try_from(line).unwrap_or(u32::MAX), byte.saturating_add(before) >= self.text.len())
    }

    fn row(&mut self) -> Result<Option<RawRow>, ReadError> {
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(ReadError::of_file(Problem::Csv(error))),
            }
            let (number, is_end) = self.place();
            let at = |problem| ReadError::at(number, problem);
            if is_end {
                return Ok(None);
            }
            if let Some(last) = self.record.iter().next_back().filter(|last| last.ends_with("\n\0\n")) {
                let is_whole = last[..last.len() - END.len()].contains('\0');
                return Err(at(if is_whole { Problem::Nul } else { Problem::Truncated }));
            }
            if self.record.iter().any(|cell| cell.contains('\0')) {
                return Err(at(Problem::Nul));
            }
            if self.record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            self.rows += 1;
            if self.rows > self.limits.rows {
                return Err(at(Problem::TooLarge(Limit::Rows)));
            }
            if self.record.len() > self.limits.columns {
                return Err(at(Problem::TooLarge(Limit::Columns)));
            }
            if self.record.iter().any(|cell| cell.len() > self.limits.cell_bytes) {
                return Err(at(Problem::TooLarge(Limit::CellBytes)));
            }
            let cells = self.record.iter().map(|cell| match cell {
                "" => Cell::EMPTY,
                text => Cell::new(Value::Text(text.to_owned())),
            });
            return Ok(Some(RawRow { number, cells: cells.collect() }));
        }
    }
}

impl Iterator for CsvRows<'_> {
    type Item = Result<RawRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.row().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, ReadError> {
        let limits = Limits { rows: 5, columns: 4, cell_bytes: 20, ..Limits::default() };
        let csv = Csv::open(bytes, &limits)?;
        let row = |row: RawRow| (row.number, row.cells.iter().map(|cell| cell.text().into_owned()).collect());
        csv.rows().map(|read| read.map(row)).collect()
    }

    #[test]
    fn quotes_new_lines_and_separators_are_read() {
        let expected = vec![
            (1, vec!["a".to_owned(), "b".to_owned()]),
            (2, vec!["1,2\n3".to_owned(), "\"q\"".to_owned()]),
            (5, vec!["4".to_owned(), String::new()]),
        ];
        assert_eq!(rows(b"a,b\n\"1,2\n3\",\"\"\"q\"\"\"\n\n4,").unwrap(), expected);
        let crlf = rows(b"a,b\r\n1,2\r\n").unwrap();
        assert_eq!(crlf[1], (2, vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(rows(b"a\tb,c\td\n").unwrap()[0].1, ["a", "b,c", "d"]);
        assert_eq!(rows(b"a;b;c\n1,5;2;3\n").unwrap()[1].1, ["1,5", "2", "3"]);
    }

    #[test]
    fn a_file_that_is_cut_off_or_hostile_is_refused_with_its_row() {
        let error = |bytes: &[u8]| rows(bytes).unwrap_err().to_string();
        for (bytes, told) in [
            (&b"a,b\n1,\"2"[..], "row 2: the file ends in the middle"),
            (b"a,b\n\"", "row 2: the file ends in the middle"),
            (b"a,b\n1,\0\n", "row 2: there is a NUL"),
            (b"a,b\n\0\n", "row 2"),
            (b"1,2,3,4,5\n", "row 1: the row has too many columns"),
            (b"123456789012345678901\n", "row 1: a cell has too long"),
            (b"1\n2\n3\n4\n5\n6\n", "row 6: the file has too many rows"),
            (b" \r\n", "there is nothing in it"),
            (b"<HTML><body>", "web page"),
        ] {
            let got = error(bytes);
            assert!(got.contains(told), "{told}: {got}");
        }
    }
}
