//! Lists as CSV, for spreadsheets. A cell that a spreadsheet would take for a formula begins with an apostrophe: what others write,
//! such as a reason, must not run on the reader's machine.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::stop::{Failure, Stop};

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Excel takes a file for UTF-8 only with this at its beginning.
const MARK: &str = "\u{feff}";

/// A file with these heads and rows.
pub(crate) fn file(name: &'static str, heads: &[&str], rows: &[Vec<String>]) -> Result<Response, Stop> {
    let mut writer = csv::Writer::from_writer(MARK.as_bytes().to_vec());
    writer.write_record(heads).map_err(|_| Failure::Content)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(|_| Failure::Content)?;
    }
    let bytes = writer.into_inner().map_err(|_| Failure::Content)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).map_err(|_| Failure::Content)?,
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn harmless(cell: &str) -> String {
    let cell = cell.replace('\0', "");
    if cell.trim_start_matches(' ').starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0"] {
            assert!(harmless(bad).starts_with('\''), "{bad:?}");
        }
        for good in ["", "a=b", "2026-01-01", "ann@example.com"] {
            assert_eq!(harmless(good), good);
        }
    }

    #[tokio::test]
    async fn a_file_is_read_again_cell_by_cell() {
        let rows = vec![vec!["a,\"b\"\n中文".to_owned(), "=x".to_owned()]];
        let response = file("f.csv", &["one", "two"], &rows).unwrap();
        assert_eq!(response.headers()[CONTENT_DISPOSITION], "attachment; filename=\"f.csv\"");
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        let text = std::str::from_utf8(&body).unwrap().strip_prefix(MARK).unwrap().to_owned();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap(), vec!["one", "two"]);
        assert_eq!(reader.records().next().unwrap().unwrap(), vec!["a,\"b\"\n中文", "'=x"]);
    }
}
