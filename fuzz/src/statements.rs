//! What the targets `statement_file` and `statement_sheet` do with the bytes they are given. A file of its own, so that the tests
//! of the crate that reads statements can replay the seeds through it.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;

use koogallery_statements::{Limits, Mapping, Names, Reading, StatementRow, escape, inspect, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A file: what is read, is read the same a second time, stands in its order, and is stored as JSON and read again.
pub fn statement_file(data: &[u8]) {
    let limits = Limits { bytes: 1 << 20, unpacked_bytes: 4 << 20, rows: 2000, ..Limits::default() };
    let names = Names::known().unwrap();
    let Ok(tables) = inspect(data, &names, &limits) else { return };
    let mappings: Vec<Mapping> = tables.into_iter().map(|table| table.proposal.mapping).collect();
    let reading = Reading { names: &names, mappings: &mappings, limits: &limits };
    let statement = match read(data, &reading, |_| ControlFlow::Continue(())) {
        Ok(statement) => statement,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again = read(data, &reading, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(statement.rows, again.rows);
    let places: Vec<_> = statement.rows.iter().map(|row| (row.place.sheet, row.place.row)).collect();
    assert!(places.is_sorted());
    assert_eq!(statement.sheets.iter().map(|sheet| sheet.rows).sum::<usize>(), statement.rows.len());
    let json = serde_json::to_string(&statement.rows).unwrap();
    assert_eq!(serde_json::from_str::<Vec<StatementRow>>(&json).unwrap(), statement.rows);
    for row in &statement.rows {
        for (_, text) in row.other.iter() {
            let cell = escape(text);
            assert!(cell.ends_with(text) && cell.len() <= text.len() + 1);
        }
    }
}

/// The rows of a sheet, the shared texts and the styles of a workbook, with a NUL between them.
pub fn statement_sheet(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (sheet, texts, styles) = (part(), part(), part());
    let relationship = |id: &str, kind: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="http://x/{kind}" Target="{target}"/>"#)
    };
    let package = format!("<Relationships>{}</Relationships>", relationship("r1", "officeDocument", "xl/workbook.xml"));
    let of_book = format!(
        "<Relationships>{}{}{}</Relationships>",
        relationship("r1", "worksheet", "sheet.xml"),
        relationship("r2", "sharedStrings", "texts.xml"),
        relationship("r3", "styles", "styles.xml"),
    );
    let book = r#"<workbook><sheets><sheet name="S" r:id="r1"/></sheets></workbook>"#;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("_rels/.rels", package.as_bytes()),
        ("xl/_rels/workbook.xml.rels", of_book.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/sheet.xml", sheet),
        ("xl/texts.xml", texts),
        ("xl/styles.xml", styles),
    ] {
        zip.start_file(name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    statement_file(&zip.finish().unwrap().into_inner());
}
