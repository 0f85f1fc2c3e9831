//! What a file says of its sheets.

/// A sheet of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetName {
    pub(crate) name: Option<String>,
    pub(crate) hidden: bool,
}
