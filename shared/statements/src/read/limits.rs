//! How much of a file is read at most. They hold the memory and the time that a hostile file can take.

/// The limits of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of a part of an XLSX file when it is unpacked.
    pub unpacked_bytes: u64,
    /// How many times larger a part may be unpacked than packed. Parts below 1 MiB may be more.
    pub ratio: u64,
    /// Bytes of all texts that the sheets of an XLSX file share.
    pub shared_text_bytes: u64,
    /// Sheets.
    pub sheets: usize,
    /// Rows of all sheets.
    pub rows: usize,
    /// Columns of a sheet.
    pub columns: usize,
    /// Bytes of a cell's text.
    pub cell_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 100 << 20,
            unpacked_bytes: 1 << 30,
            ratio: 200,
            shared_text_bytes: 64 << 20,
            sheets: 64,
            rows: 500_000,
            columns: 256,
            cell_bytes: 32 << 10,
        }
    }
}

/// The limit that a file is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::unpacked_bytes`].
    UnpackedBytes,
    /// [`Limits::ratio`].
    Ratio,
    /// [`Limits::shared_text_bytes`], or more than four million of these texts.
    SharedTexts,
    /// [`Limits::sheets`].
    Sheets,
    /// [`Limits::rows`].
    Rows,
    /// [`Limits::columns`].
    Columns,
    /// [`Limits::cell_bytes`].
    CellBytes,
    /// More merged areas than 100,000, or more than 256 over one row.
    MergedCells,
    /// More entries in the ZIP than 10,000.
    Entries,
}

impl Limit {
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Bytes => "the file is too large",
            Self::UnpackedBytes => "a part of the file is too large when it is unpacked",
            Self::Ratio => "a part of the file grows too much when it is unpacked, as in a ZIP bomb",
            Self::SharedTexts => "the file has too many texts",
            Self::Sheets => "the file has too many sheets",
            Self::Rows => "the file has too many rows: export a shorter time",
            Self::Columns => "the row has too many columns",
            Self::CellBytes => "a cell has too long a text",
            Self::MergedCells => "the sheet has too many merged cells",
            Self::Entries => "the ZIP has too many entries",
        }
    }
}
