//! What the tests share: files that are made, and read.
#![allow(dead_code)] // each test file uses a part

use std::io::Write;
use std::ops::ControlFlow;

use koogallery_statements::{Inspected, Limits, Mapping, Names, ReadError, Reading, Statement, inspect, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) fn look(bytes: &[u8]) -> Result<Vec<Inspected>, ReadError> {
    inspect(bytes, &Names::known().unwrap(), &Limits::default())
}

/// Reads a file with the mappings that are proposed for it, after `change`.
pub(crate) fn read_with(bytes: &[u8], change: impl Fn(&mut Mapping)) -> Result<Statement, ReadError> {
    let mut mappings: Vec<Mapping> = look(bytes)?.into_iter().map(|table| table.proposal.mapping).collect();
    mappings.iter_mut().for_each(change);
    let (names, limits) = (Names::known().unwrap(), Limits::default());
    read(bytes, &Reading { names: &names, mappings: &mappings, limits: &limits }, |_| ControlFlow::Continue(()))
}

/// Reads a file with the mappings that are proposed for it.
pub(crate) fn read_it(bytes: &[u8]) -> Result<Statement, ReadError> {
    read_with(bytes, |_| ())
}

/// A workbook with one sheet: the XML between the tags of `sheetData`, what follows it, and the shared texts.
pub(crate) fn workbook(rows: &str, after: &str, texts: &str) -> Vec<u8> {
    workbook_of_parts(&[
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData>{after}</worksheet>")),
        ("xl/sharedStrings.xml", texts),
    ])
}

/// A workbook with these parts, and the rest of what a workbook needs.
pub(crate) fn workbook_of_parts(parts: &[(&str, &str)]) -> Vec<u8> {
    let usual = [
        (
            "_rels/.rels",
            r#"<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="r2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
        ),
        ("xl/workbook.xml", r#"<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#),
    ];
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in usual.iter().filter(|(name, _)| parts.iter().all(|(own, _)| own != name)).chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
