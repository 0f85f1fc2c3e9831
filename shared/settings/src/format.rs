//! The format of a document, apart from what reads it: refusals name it as well.

/// The format that this version reads, and writes nothing else.
pub const FORMAT: u64 = 1;
