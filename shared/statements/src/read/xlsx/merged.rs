//! Merged areas. The file has a value only in the first cell of an area; a reader sees it in all of them.

use quick_xml::events::Event;

use crate::read::cell::{Cell, RawRow, Value};
use crate::read::error::{Problem, ReadError};
use crate::read::limits::{Limit, Limits};
use crate::read::xlsx::place::{Place, area, row};
use crate::read::xlsx::xml::{Xml, attribute};

/// More areas than any export has.
const MOST: usize = 100_000;
/// More areas over one row than there can be columns.
const MOST_OVER_A_ROW: usize = 256;

#[derive(Debug, Clone)]
struct Area {
    first: Place,
    last: Place,
    value: Value,
}

/// The areas of a sheet, as its rows are read from the first to the last.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// Those that are still to come, the first one last.
    coming: Vec<Area>,
    /// Those that the last row was in.
    open: Vec<Area>,
}

impl Merged {
    /// Reads the areas, which stand after the cells. If the XML is damaged, the error says after which row.
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self, ReadError> {
        let (mut coming, mut last_row) = (Vec::new(), 0);
        loop {
            match xml.next().map_err(|error| error.near(last_row))? {
                Event::Start(element) if element.local_name().as_ref() == "row" => {
                    last_row = attribute(&element, "r").and_then(|text| row(&text)).unwrap_or(last_row + 1);
                }
                Event::Start(element) if element.local_name().as_ref() == "mergeCell" => {
                    let (first, last) = attribute(&element, "ref")
                        .and_then(|text| area(&text))
                        .ok_or_else(|| ReadError::of_file(Problem::Workbook("a merged area without a place")))?;
                    coming.push(Area { first, last, value: Value::Empty });
                    if coming.len() > MOST {
                        return Err(ReadError::of_file(Problem::TooLarge(Limit::MergedCells)));
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        coming.sort_by_key(|area| std::cmp::Reverse((area.first.row, area.first.column)));
        Ok(Self { coming, open: Vec::new() })
    }

    /// Puts the values of areas into the empty cells of a row that are in them.
    pub(super) fn fill(&mut self, row: &mut RawRow, limits: &Limits) -> Result<(), ReadError> {
        self.open.retain(|area| row.number <= area.last.row);
        while let Some(area) = self.coming.pop_if(|area| area.first.row <= row.number) {
            if area.last.row < row.number {
                continue;
            }
            // If the row of the first cell has no cells at all, the area is empty.
            let is_here = area.first.row == row.number;
            let value = if is_here { row.cell(area.first.column).value.clone() } else { Value::Empty };
            self.open.push(Area { value, ..area });
            if self.open.len() > MOST_OVER_A_ROW {
                return Err(ReadError::at(row.number, Problem::TooLarge(Limit::MergedCells)));
            }
        }
        for area in self.open.iter().filter(|area| area.value != Value::Empty) {
            for column in area.first.column..=area.last.column.min(limits.columns - 1) {
                if row.cells.len() <= column {
                    row.cells.resize(column + 1, Cell::EMPTY);
                }
                if row.cells[column].is_empty() {
                    row.cells[column] = Cell { value: area.value.clone(), repeated: true };
                }
            }
        }
        Ok(())
    }
}
