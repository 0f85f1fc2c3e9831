//! The rows of a sheet.

use quick_xml::events::{BytesStart, Event};

use crate::day::Day;
use crate::read::cell::{Cell, RawRow, Value};
use crate::read::error::{Problem, ReadError};
use crate::read::limits::{Limit, Limits};
use crate::read::xlsx::merged::Merged;
use crate::read::xlsx::number_formats::Styles;
use crate::read::xlsx::place::{place, row};
use crate::read::xlsx::texts::{Texts, text};
use crate::read::xlsx::xml::{Xml, add, attribute, unescaped};

pub(crate) struct SheetRows<'a> {
    xml: Xml<'a>,
    merged: Merged,
    texts: &'a Texts,
    styles: &'a Styles,
    epoch_is_1904: bool,
    limits: &'a Limits,
    /// The number of the last row.
    last: u32,
    rows: usize,
    ended: bool,
}

impl<'a> SheetRows<'a> {
    pub(super) fn new(
        xml: Xml<'a>,
        merged: Merged,
        texts: &'a Texts,
        styles: &'a Styles,
        epoch_is_1904: bool,
        limits: &'a Limits,
    ) -> Self {
        Self { xml, merged, texts, styles, epoch_is_1904, limits, last: 0, rows: 0, ended: false }
    }

    /// The next row that has a cell with something in it.
    fn row(&mut self) -> Result<Option<RawRow>, ReadError> {
        loop {
            match self.xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "row" => {
                    let number = match attribute(&element, "r") {
                        Some(text) => row(&text).filter(|number| *number > self.last),
                        None => self.last.checked_add(1),
                    };
                    let number = number.ok_or_else(|| ReadError::at(self.last, Problem::Order))?;
                    self.last = number;
                    let cells = self.cells(number).map_err(|error| error.near(number))?;
                    let mut row = RawRow { number, cells };
                    if row.width() == 0 {
                        continue;
                    }
                    self.merged.fill(&mut row, self.limits)?;
                    self.rows += 1;
                    if self.rows > self.limits.rows {
                        return Err(ReadError::at(number, Problem::TooLarge(Limit::Rows)));
                    }
                    return Ok(Some(row));
                }
                Event::End(element) if element.local_name().as_ref() == "sheetData" => return Ok(None),
                Event::Eof => return Err(ReadError::at(self.last, Problem::Truncated)),
                _ => {}
            }
        }
    }

    fn cells(&mut self, number: u32) -> Result<Vec<Cell>, ReadError> {
        let mut cells = Vec::new();
        loop {
            match self.xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "c" => {
                    let head = Head::of(&element);
                    let column = match &head.place {
                        Some(text) => {
                            let at = place(text).filter(|at| at.row == number && at.column >= cells.len());
                            at.ok_or_else(|| ReadError::of_file(Problem::Order))?.column
                        }
                        None => cells.len(),
                    };
                    if column >= self.limits.columns {
                        return Err(ReadError::of_file(Problem::TooLarge(Limit::Columns)));
                    }
                    cells.resize(column, Cell::EMPTY);
                    let value = self.value(&head)?;
                    cells.push(Cell::new(value));
                }
                Event::End(element) if element.local_name().as_ref() == "row" => return Ok(cells),
                Event::Eof => return Err(ReadError::of_file(Problem::Truncated)),
                _ => {}
            }
        }
    }

    /// The value of a cell whose start was read.
    fn value(&mut self, head: &Head) -> Result<Value, ReadError> {
        let (mut formula, mut stored, mut inline) = (None, None, None);
        loop {
            let event = self.xml.next()?;
            match &event {
                Event::Start(element) => match element.local_name().as_ref() {
                    "v" => stored = Some(self.letters("v")?),
                    "f" => formula = Some(self.letters("f")?),
                    "is" => inline = Some(text(&mut self.xml, "is", self.limits.cell_bytes)?),
                    _ => {}
                },
                Event::End(element) if element.local_name().as_ref() == "c" => break,
                Event::Eof => return Err(ReadError::of_file(Problem::Truncated)),
                _ => {}
            }
        }
        if let Some(text) = inline {
            return Ok(Value::Text(text));
        }
        match (stored.filter(|stored| !stored.is_empty()), formula) {
            (Some(stored), _) => self.stored(stored, head),
            (None, Some(formula)) => Ok(Value::Formula(formula)),
            (None, None) => Ok(Value::Empty),
        }
    }

    /// What a stored value means, by the type of its cell.
    fn stored(&self, stored: String, head: &Head) -> Result<Value, ReadError> {
        let wrong = |what| ReadError::of_file(Problem::Workbook(what));
        match head.kind.as_deref() {
            Some("s") => {
                let index: usize = stored.trim().parse().map_err(|_| wrong("a text without a number"))?;
                let text = self.texts.get(index).ok_or_else(|| wrong("the number of a text that there is not"))?;
                Ok(if text.is_empty() { Value::Empty } else { Value::Text(text.to_owned()) })
            }
            None | Some("n") => {
                let number: f64 = stored.trim().parse().map_err(|_| wrong("a number that is none"))?;
                Ok(if self.styles.shows_days(head.style) {
                    Value::Day(number, Day::of_spreadsheet(number, self.epoch_is_1904))
                } else {
                    Value::Number(number)
                })
            }
            Some("b") => Ok(Value::Text(if stored.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned())),
            // Results of formulas, errors such as #N/A, and days in ISO 8601.
            Some(_) => Ok(Value::Text(unescaped(stored))),
        }
    }

    fn letters(&mut self, element: &str) -> Result<String, ReadError> {
        let mut letters = String::new();
        loop {
            let event = self.xml.next()?;
            match &event {
                Event::End(end) if end.local_name().as_ref() == element => return Ok(letters),
                Event::Eof => return Err(ReadError::of_file(Problem::Truncated)),
                event => _ = add(event, &mut letters)?,
            }
            if letters.len() > self.limits.cell_bytes {
                return Err(ReadError::of_file(Problem::TooLarge(Limit::CellBytes)));
            }
        }
    }
}

/// The attributes of a cell.
struct Head {
    place: Option<String>,
    kind: Option<String>,
    style: usize,
}

impl Head {
    fn of(element: &BytesStart<'_>) -> Self {
        let style = attribute(element, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
        Self { place: attribute(element, "r"), kind: attribute(element, "t"), style }
    }
}

impl Iterator for SheetRows<'_> {
    type Item = Result<RawRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let last = self.last;
        let row = self.row().map_err(|error| error.near(last.max(self.last))).transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}
