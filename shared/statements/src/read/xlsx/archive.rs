//! The ZIP: opens a part by its name, and counts what it unpacks.

use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use zip::ZipArchive;

use crate::read::error::{Problem, ReadError};
use crate::read::limits::{Limit, Limits};

/// More entries than any workbook has.
const ENTRIES: usize = 10_000;
/// Below it, a part may grow as it likes when it is unpacked: small parts of one letter do.
const SMALL: u64 = 1 << 20;

pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    pub(super) limits: &'a Limits,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, ReadError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ReadError::of_file(Problem::Zip(error)))?;
        if zip.len() > ENTRIES {
            return Err(ReadError::of_file(Problem::TooLarge(Limit::Entries)));
        }
        Ok(Self { zip, limits })
    }

    /// Opens a part. None if there is none of that name; case does not count.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_>>, ReadError> {
        let name = name.trim_start_matches('/');
        let index = self.zip.index_for_name(name).or_else(|| {
            let mut names = self.zip.file_names().flatten();
            let of_any_case = names.find(|other| other.eq_ignore_ascii_case(name))?.into_owned();
            self.zip.index_for_name(&of_any_case)
        });
        let Some(index) = index else { return Ok(None) };
        let file = self.zip.by_index(index).map_err(|error| ReadError::of_file(Problem::Zip(error)))?;
        let packed = file.compressed_size();
        let most = self.limits.unpacked_bytes;
        let by_ratio = packed.saturating_mul(self.limits.ratio).max(SMALL);
        let beyond = Rc::new(Cell::new(None));
        let since_event = Rc::new(Cell::new(0));
        let counted = Counted {
            file: Box::new(file),
            unpacked: 0,
            most,
            by_ratio,
            beyond: Rc::clone(&beyond),
            since_event: Rc::clone(&since_event),
            longest: self.limits.cell_bytes as u64,
        };
        Ok(Some(Part { reader: BufReader::with_capacity(32 << 10, counted), beyond, since_event }))
    }
}

/// A part that is being unpacked.
pub(super) struct Part<'a> {
    pub(super) reader: BufReader<Counted<'a>>,
    /// The limit that ended the reading.
    pub(super) beyond: Rc<Cell<Option<Limit>>>,
    /// Bytes since the last element or text: whoever reads them sets it to 0.
    pub(super) since_event: Rc<Cell<u64>>,
}

/// Counts what is unpacked: what the ZIP says of itself may be a lie.
pub(super) struct Counted<'a> {
    file: Box<dyn Read + 'a>,
    unpacked: u64,
    most: u64,
    by_ratio: u64,
    beyond: Rc<Cell<Option<Limit>>>,
    since_event: Rc<Cell<u64>>,
    longest: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.unpacked += count as u64;
        self.since_event.set(self.since_event.get() + count as u64);
        let limit = match () {
            () if self.unpacked > self.most => Limit::UnpackedBytes,
            () if self.unpacked > self.by_ratio => Limit::Ratio,
            // Escaped letters take up to ten bytes; and the buffer reads ahead.
            () if self.since_event.get() > self.longest * 10 + (128 << 10) => Limit::CellBytes,
            () => return Ok(count),
        };
        self.beyond.set(Some(limit));
        Err(io::Error::other("a limit is reached"))
    }
}
