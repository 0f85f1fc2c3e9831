//! XLSX as rows: a ZIP of XML. The spreadsheet libraries that we looked at trust what a file says of itself, such as how many
//! texts it has or which row comes next, and end the process if that is a lie. Here the ZIP and the XML are read by libraries, and
//! the few elements that a table of values needs are read here, each within limits. Formulas are never calculated: the value
//! counts that the spreadsheet stored beside them.

mod archive;
mod merged;
mod number_formats;
mod place;
mod sheet;
mod texts;
mod workbook;
mod xml;

pub(crate) use workbook::Workbook;
