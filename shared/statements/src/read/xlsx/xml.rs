//! The XML of a part, event by event.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use std::cell::Cell;
use std::io::BufReader;
use std::rc::Rc;

use crate::read::error::{Problem, ReadError};
use crate::read::limits::Limit;
use crate::read::xlsx::archive::{Counted, Part};

pub(super) struct Xml<'a> {
    reader: Reader<BufReader<Counted<'a>>>,
    beyond: Rc<Cell<Option<Limit>>>,
    since_event: Rc<Cell<u64>>,
    buffer: Vec<u8>,
}

impl<'a> Xml<'a> {
    pub(super) fn new(part: Part<'a>) -> Self {
        let mut reader = Reader::from_reader(part.reader);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Self { reader, beyond: part.beyond, since_event: part.since_event, buffer: Vec::new() }
    }

    /// The next event. A definition of entities is refused: no workbook has one.
    pub(super) fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        self.since_event.set(0);
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(ReadError::of_file(Problem::Workbook("a definition of entities"))),
            Ok(event) => Ok(event),
            Err(error) => Err(ReadError::of_file(problem(self.beyond.get(), error))),
        }
    }
}

fn problem(beyond: Option<Limit>, error: quick_xml::Error) -> Problem {
    match (beyond, error) {
        (Some(limit), _) => Problem::TooLarge(limit),
        (None, quick_xml::Error::Io(error)) => {
            let kind = error.kind();
            Problem::Unpack(std::io::Error::new(kind, error))
        }
        (None, error) => Problem::Xml(error),
    }
}

/// An attribute by its name without prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name);
    found.and_then(|attribute| Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned()))
}

/// Adds what an event says to a text: letters, and references such as `&lt;`. Says whether the event was a text.
pub(super) fn add(event: &Event<'_>, text: &mut String) -> Result<bool, ReadError> {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(reference) => {
            let letter = match reference.resolve_char_ref() {
                Ok(letter) => letter,
                Err(error) => return Err(ReadError::of_file(Problem::Xml(error))),
            };
            match (letter, reference.xml10_content().as_ref()) {
                (Some(letter), _) => text.push(letter),
                (None, "lt") => text.push('<'),
                (None, "gt") => text.push('>'),
                (None, "amp") => text.push('&'),
                (None, "quot") => text.push('"'),
                (None, "apos") => text.push('\''),
                (None, _) => return Err(ReadError::of_file(Problem::Workbook("a reference to an entity"))),
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Takes apart what spreadsheets write for letters that XML cannot hold: `_x000D_` is a carriage return.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(at) = rest.find("_x") {
        let (before, code) = rest.split_at(at);
        plain.push_str(before);
        let letter =
            code.get(2..6).filter(|_| code.get(6..7) == Some("_")).and_then(|code| u32::from_str_radix(code, 16).ok());
        if let Some(letter) = letter.and_then(char::from_u32).filter(|letter| *letter != '\0') {
            plain.push(letter);
            rest = &code[7..];
        } else {
            plain.push_str("_x");
            rest = &code[2..];
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_xml_cannot_hold_are_read() {
        for (text, plain) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("a_xb", "a_xb"),
            ("_x订单_", "_x订单_"),
            ("_x00", "_x00"),
        ] {
            assert_eq!(unescaped(text.to_owned()), plain);
        }
    }
}
