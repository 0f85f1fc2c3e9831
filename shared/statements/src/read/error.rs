//! Why a file cannot be read, and where.

use std::fmt;

use crate::read::limits::Limit;

/// Why a file is refused. It names sheet, row and column, and never what a cell holds: that may be personal data.
#[derive(Debug, thiserror::Error)]
pub struct ReadError {
    /// The sheet of an XLSX file.
    pub sheet: Option<String>,
    /// The row: in XLSX its number, in CSV the number of the line in which it begins; both from 1.
    pub row: Option<u32>,
    /// The title of the column.
    pub column: Option<String>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It has nothing.
    #[error("there is nothing in it")]
    Empty,
    /// It is the binary format of old spreadsheets, or encrypted.
    #[error("this is an old .xls workbook or one with a password: save it as .xlsx without a password, or as CSV")]
    OldWorkbook,
    /// It is a web page that is named like a workbook.
    #[error("this is a web page (HTML), not a table: open it in a spreadsheet and save it as .xlsx")]
    WebPage,
    /// It is a ZIP, but no workbook.
    #[error("this ZIP is no .xlsx workbook: unpack it, and import the files that are in it")]
    NotAWorkbook,
    /// It is neither UTF-8 nor GBK (GB 18030).
    #[error("the text is neither UTF-8 nor GBK: export it once more, or save it as CSV UTF-8")]
    Encoding,
    /// It ends in the middle.
    #[error("the file ends in the middle of it: it was not downloaded as a whole")]
    Truncated,
    /// It holds something that no text has.
    #[error("there is a NUL in it: this is no CSV file")]
    Nul,
    /// It is beyond a limit.
    #[error("{}", .0.told())]
    TooLarge(Limit),
    /// It has fewer cells than there are titles.
    #[error("it has {has} cells, and there are {titles} titles: the file is cut off, or it is not from the same table")]
    TooFewCells {
        /// Cells of the row.
        has: usize,
        /// Titles.
        titles: usize,
    },
    /// It has more cells than there are titles.
    #[error("it has {has} cells, and there are {titles} titles: an amount with commas may stand there without quotes")]
    TooManyCells {
        /// Cells of the row.
        has: usize,
        /// Titles.
        titles: usize,
    },
    /// Rows or cells do not stand in their order.
    #[error(
        "the rows and cells of the sheet are not in their order: save the workbook in a spreadsheet and try it again"
    )]
    Order,
    /// The ZIP is damaged.
    #[error("the ZIP of the workbook is damaged: download it once more")]
    Zip(#[source] zip::result::ZipError),
    /// A part of the ZIP is damaged.
    #[error("a part of the workbook cannot be unpacked: download it once more")]
    Unpack(#[source] std::io::Error),
    /// The XML is damaged.
    #[error("the XML of the workbook is damaged: download it once more")]
    Xml(#[source] quick_xml::Error),
    /// Something in the XML is not as in a workbook.
    #[error("the XML of the workbook has {0}, which no workbook has")]
    Workbook(&'static str),
    /// The CSV is damaged.
    #[error("this is no CSV")]
    Csv(#[source] ::csv::Error),
    /// No row looks like titles.
    #[error("no row has titles")]
    NoTitles,
    /// Nobody has confirmed which column is what.
    #[error("nobody has confirmed what its columns are: look at the proposal, mend it if needed, and confirm it")]
    NotConfirmed,
    /// The confirmed mapping does not fit.
    #[error(transparent)]
    Mapping(#[from] crate::mapping_error::MappingError),
    /// A cell is not an amount.
    #[error("this is no amount: {0}")]
    Amount(#[source] crate::amount::AmountError),
    /// A cell has an amount in a currency that the table of names does not have.
    #[error("the currency of this amount is not known: add it to the table of names")]
    Currency,
    /// A cell is not a day.
    #[error("this is no day")]
    Day,
    /// A cell is not a month.
    #[error("this is no month")]
    Month,
    /// A formula has no value.
    #[error("this is a formula without a value: save the workbook in a spreadsheet and try it again")]
    Formula,
    /// The progress callback asked to stop.
    #[error("it was stopped")]
    Stopped,
}

impl ReadError {
    pub(crate) fn of_file(problem: Problem) -> Self {
        Self { sheet: None, row: None, column: None, problem }
    }

    pub(crate) fn at(row: u32, problem: Problem) -> Self {
        Self { sheet: None, row: Some(row), column: None, problem }
    }

    pub(crate) fn in_sheet(mut self, sheet: Option<&str>) -> Self {
        self.sheet = self.sheet.or_else(|| sheet.map(str::to_owned));
        self
    }

    pub(crate) fn near(mut self, row: u32) -> Self {
        self.row.get_or_insert(row);
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        if let Some(sheet) = &self.sheet {
            write!(f, "sheet {sheet:?}")?;
            before = ", ";
        }
        if let Some(row) = self.row {
            write!(f, "{before}row {row}")?;
            before = ", ";
        }
        if let Some(column) = &self.column {
            write!(f, "{before}column {column:?}")?;
            before = ", ";
        }
        let before = if before.is_empty() { "" } else { ": " };
        write!(f, "{before}{}", self.problem)
    }
}
