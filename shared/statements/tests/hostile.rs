//! Files that are damaged, or made to do harm: each is refused, and the error says where.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt::Write as _;
use std::io::Write;
use std::ops::ControlFlow;

use koogallery_statements::{Limit, Limits, Names, Problem, ReadError, Reading, inspect, read};
use support::{look, read_it, workbook, workbook_of_parts};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TITLES: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>订单号</t></is></c><c r="B1" t="inlineStr"><is><t>成交价</t></is></c></row>"#;

fn error(bytes: &[u8]) -> ReadError {
    read_it(bytes).map(|statement| statement.rows).unwrap_err()
}

fn told(bytes: &[u8]) -> String {
    error(bytes).to_string()
}

fn row(number: u32) -> String {
    format!(
        r#"<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>CS25112300{number:02}</t></is></c><c r="B{number}"><v>5</v></c></row>"#
    )
}

#[test]
fn a_csv_that_is_cut_off_or_does_not_fit_is_refused_with_its_row() {
    for (file, expected) in [
        (
            "订单号,成交价,账期\nCS2511230001,5,2025-11\nCS2511230002,5\n",
            "row 3: it has 2 cells, and there are 3 titles",
        ),
        (
            "订单号,成交价,账期\nCS2511230001,1,200.10,2025-11\n",
            "row 2: it has 4 cells, and there are 3 titles: an amount with commas",
        ),
        ("订单号,成交价,账期\nCS2511230001,\"5,2025-11\n", "row 2: the file ends in the middle"),
        ("订单号,成交价,账期\nCS25112", "row 2: it has 1 cells"),
        (
            "订单号,成交价,账期\nCS2511230001,soon,2025-11\n",
            "row 2, column \"成交价\": this is no amount: it has other signs",
        ),
        (
            "订单号,成交价,账期\nCS2511230001,\"1,20\",2025-11\n",
            "row 2, column \"成交价\": this is no amount: its commas",
        ),
        ("订单号,成交价,账期\nCS2511230001,5 points,2025-11\n", "row 2, column \"成交价\": the currency"),
        ("订单号,成交价,账期\nCS2511230001,5,2025-13\n", "row 2, column \"账期\": this is no month"),
        ("订单号,成交价,生效时间\nCS2511230001,5,2025-02-30\n", "row 2, column \"生效时间\": this is no day"),
        ("订单号,成交价,币种\nCS2511230001,5,points\n", "row 2, column \"币种\": the currency"),
        ("1,2\n3,4\n", "no row has titles"),
        ("", "there is nothing in it"),
        ("<html><table>", "web page"),
    ] {
        let told = told(file.as_bytes());
        assert!(told.starts_with(expected) || told.contains(expected), "{expected}: {told}");
        assert!(!told.contains("soon") && !told.contains("points"), "what a cell holds is in no error: {told}");
    }
}

#[test]
fn other_files_are_refused_and_the_error_says_what_to_do() {
    let old = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    assert!(told(&old).contains("save it as .xlsx"));
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("bill.csv", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"a,b\n").unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    assert!(told(&bytes).contains("unpack it"), "{}", told(&bytes));
    let whole = workbook(&format!("{TITLES}{}", row(2)), "", "<sst/>");
    assert_eq!(read_it(&whole).unwrap().rows.len(), 1);
    assert!(told(&whole[..whole.len() / 2]).contains("damaged"));
    let mut broken = whole.clone();
    broken[300..340].fill(0xff);
    assert!(read_it(&broken).is_err());
}

#[test]
fn what_grows_when_it_is_unpacked_is_refused() {
    let one_row = format!("{TITLES}{}", row(2));
    let problem = |bytes: &[u8], limits: &Limits| {
        let (names, mappings) = (Names::known().unwrap(), vec![]);
        let reading = Reading { names: &names, mappings: &mappings, limits };
        match read(bytes, &reading, |_| ControlFlow::Continue(())).unwrap_err().problem {
            Problem::TooLarge(limit) => limit,
            problem => panic!("{problem:?}"),
        }
    };
    let usual = Limits::default();
    let bomb = workbook(&one_row, &"<a></a>".repeat(1 << 19), "<sst/>");
    assert!(bomb.len() < 1 << 15, "the bomb is small: {}", bomb.len());
    assert_eq!(problem(&bomb, &usual), Limit::Ratio);
    assert_eq!(problem(&bomb, &Limits { ratio: 2000, unpacked_bytes: 3 << 20, ..usual.clone() }), Limit::UnpackedBytes);
    let long = |text: String| {
        workbook(&format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>"#), "", "<sst/>")
    };
    assert_eq!(problem(&long("abcdefghij".repeat(5000)), &usual), Limit::CellBytes);
    let endless = long(" ".repeat(3 << 20));
    assert_eq!(problem(&endless, &Limits { ratio: 2000, ..usual.clone() }), Limit::CellBytes, "before it is in memory");
    // How many texts there are, the file may say as it likes.
    let texts = |many: usize| {
        let texts =
            format!("<sst uniqueCount=\"18446744073709551615\">{}</sst>", "<si><t>aaaaaaaa</t></si>".repeat(many));
        workbook(&one_row, "", &texts)
    };
    assert_eq!(read_it(&texts(3)).unwrap().rows.len(), 1);
    assert_eq!(problem(&texts(3), &Limits { shared_text_bytes: 20, ..usual.clone() }), Limit::SharedTexts);
    assert_eq!(problem(&workbook(&one_row, "", "<sst/>"), &Limits { sheets: 0, ..usual }), Limit::Sheets);
}

#[test]
fn a_workbook_that_lies_is_refused_with_its_row() {
    let with = |rows: &str| told(&workbook(&format!("{TITLES}{rows}"), "", "<sst><si><t>a</t></si></sst>"));
    for (rows, expected) in [
        (r#"<row r="0"/>"#, "row 1: the rows and cells of the sheet are not in their order"),
        (r#"<row r="1"/>"#, "not in their order"),
        (r#"<row r="4294967296"/>"#, "not in their order"),
        (r#"<row r="2"><c r="A3"><v>1</v></c></row>"#, "row 2: the rows and cells"),
        (r#"<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>"#, "row 2: the rows and cells"),
        (r#"<row r="2"><c r="ZZZZZZZZZZ2"><v>1</v></c></row>"#, "row 2: the rows and cells"),
        (r#"<row r="2"><c r="XFD2"><v>1</v></c></row>"#, "row 2: the row has too many columns"),
        (r#"<row r="2"><c t="s"><v>7</v></c></row>"#, "row 2: the XML of the workbook has the number of a text"),
        (r#"<row r="2"><c t="s"><v>-1</v></c></row>"#, "row 2"),
        (r#"<row r="2"><c><v>abc</v></c></row>"#, "row 2: the XML of the workbook has a number that is none"),
        (
            r#"<row r="2"><c r="A2" t="str"><v>CS2511230001</v></c><c r="B2"><f>1+1</f></c></row>"#,
            "row 2, column \"成交价\": this is a formula",
        ),
        (
            r#"<row r="2"><c r="A2" t="str"><v>CS2511230001</v></c><c r="B2" t="e"><v>#REF!</v></c></row>"#,
            "this is no amount",
        ),
        (r#"<row r="2"><c r="A2"><v>1"#, "row 2"),
    ] {
        let told = with(rows);
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let entities = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><worksheet><sheetData/></worksheet>";
    assert!(told(&workbook_of_parts(&[("xl/worksheets/sheet1.xml", entities)])).contains("definition of entities"));
    let reference = TITLES.replace("订单号", "&b;");
    assert!(told(&workbook(&reference, "", "<sst/>")).contains("reference to an entity"));
}

#[test]
fn merged_areas_cannot_fill_the_memory() {
    let mut areas = String::new();
    for _ in 0..300 {
        areas.push_str(r#"<mergeCell ref="A1:XFD1048576"/>"#);
    }
    let problem =
        error(&workbook(&format!("{TITLES}{}", row(2)), &format!("<mergeCells>{areas}</mergeCells>"), "<sst/>"))
            .problem;
    assert!(matches!(problem, Problem::TooLarge(Limit::MergedCells)), "{problem:?}");
    let wide = r#"<mergeCells><mergeCell ref="D1:XFD1048576"/></mergeCells>"#;
    assert!(
        read_it(&workbook(&format!("{TITLES}{}", row(2)), wide, "<sst/>")).is_ok(),
        "an empty area has nothing to fill"
    );
    let wrong = r#"<mergeCells><mergeCell ref="B2:A1"/></mergeCells>"#;
    assert!(told(&workbook(TITLES, wrong, "<sst/>")).contains("a merged area without a place"));
}

#[test]
fn limits_hold_and_reading_can_be_stopped() {
    let mut file = "订单号,成交价\n".to_owned();
    for number in 0..2500 {
        writeln!(file, "CS25112{number:05},1").unwrap();
    }
    let names = Names::known().unwrap();
    let mappings = [look(file.as_bytes()).unwrap().remove(0).proposal.mapping];
    let limits = Limits { rows: 1500, ..Limits::default() };
    let reading = Reading { names: &names, mappings: &mappings, limits: &limits };
    let error = read(file.as_bytes(), &reading, |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!((error.row, error.to_string().contains("too many rows")), (Some(1501), true), "{error}");
    let limits = Limits::default();
    let reading = Reading { limits: &limits, ..reading };
    let mut told = Vec::new();
    read(file.as_bytes(), &reading, |progress| {
        told.push(progress.rows);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(told, [1000, 2000]);
    let stopped = read(file.as_bytes(), &reading, |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!((stopped.row, matches!(stopped.problem, Problem::Stopped)), (Some(1001), true));
    let small = Limits { bytes: 10, ..Limits::default() };
    assert!(inspect(file.as_bytes(), &names, &small).unwrap_err().to_string().contains("too large"));
}
