//! Places of cells: `B7` is the second column of the seventh row.

/// Spreadsheets have no more rows.
const ROWS: u32 = 1_048_576;
/// Spreadsheets have no more columns.
const COLUMNS: u32 = 16_384;

/// A row, from 1, and a column, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) row: u32,
    pub(super) column: usize,
}

/// The number of a row, from 1.
pub(super) fn row(text: &str) -> Option<u32> {
    text.parse().ok().filter(|row| (1..=ROWS).contains(row))
}

/// The place of a cell.
pub(super) fn place(text: &str) -> Option<Place> {
    let digits = text.find(|letter: char| letter.is_ascii_digit())?;
    let (letters, digits) = text.split_at(digits);
    let mut column = 0_u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() || letters.len() > 3 {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    if !(1..=COLUMNS).contains(&column) {
        return None;
    }
    Some(Place { row: row(digits)?, column: column as usize - 1 })
}

/// The first and the last place of an area such as `A1:B7`.
pub(super) fn area(text: &str) -> Option<(Place, Place)> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (place(first)?, place(last)?);
    (first.row <= last.row && first.column <= last.column).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_no_others() {
        let at = |row, column| Some(Place { row, column });
        for (text, read) in [
            ("A1", at(1, 0)),
            ("b7", at(7, 1)),
            ("AA10", at(10, 26)),
            ("XFD1048576", at(1_048_576, 16_383)),
            ("XFE1", None),
            ("A0", None),
            ("A1048577", None),
            ("A99999999999", None),
            ("AAAA1", None),
            ("1", None),
            ("A", None),
            ("A1B", None),
            ("", None),
        ] {
            assert_eq!(place(text), read, "{text}");
        }
        assert_eq!(area("A1:B7"), at(1, 0).zip(at(7, 1)));
        assert_eq!(area("B7:A1"), None);
    }
}
