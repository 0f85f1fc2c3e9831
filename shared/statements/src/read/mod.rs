//! Files as raw rows: CSV and XLSX, within limits. A file is a stranger's: whatever it holds, reading it ends, and an error says
//! in which row.

mod cell;
mod csv;
mod error;
mod limits;
mod sheet_name;
mod text;
mod xlsx;

pub(crate) use cell::{Cell, RawRow, Value};
pub use error::{Problem, ReadError};
pub use limits::{Limit, Limits};
pub(crate) use sheet_name::SheetName;

/// A file with its sheets. A CSV file has one, without a name.
pub(crate) enum Book<'a> {
    Csv(self::csv::Csv<'a>),
    Xlsx(Box<xlsx::Workbook<'a>>),
}

pub(crate) type Rows<'a> = Box<dyn Iterator<Item = Result<RawRow, ReadError>> + 'a>;

impl<'a> Book<'a> {
    /// Opens a file: which kind it is, its first bytes say.
    pub(crate) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, ReadError> {
        if bytes.len() as u64 > limits.bytes {
            return Err(ReadError::of_file(Problem::TooLarge(Limit::Bytes)));
        }
        match bytes {
            [b'P', b'K', 3 | 5, ..] => Ok(Self::Xlsx(Box::new(xlsx::Workbook::open(bytes, limits)?))),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(ReadError::of_file(Problem::OldWorkbook)),
            _ => Ok(Self::Csv(self::csv::Csv::open(bytes, limits)?)),
        }
    }

    pub(crate) fn sheets(&self) -> Vec<SheetName> {
        match self {
            Self::Csv(_) => vec![SheetName { name: None, hidden: false }],
            Self::Xlsx(workbook) => workbook.sheets(),
        }
    }

    /// The rows of a sheet that have a cell with something in it, in the order of the file.
    pub(crate) fn rows(&mut self, sheet: usize) -> Result<Rows<'_>, ReadError> {
        match self {
            Self::Csv(csv) => Ok(Box::new(csv.rows())),
            Self::Xlsx(workbook) => Ok(Box::new(workbook.rows(sheet)?)),
        }
    }
}
