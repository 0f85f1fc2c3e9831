//! The texts that all cells share: the part sharedStrings.xml.

use quick_xml::events::Event;

use crate::read::error::{Problem, ReadError};
use crate::read::limits::Limit;
use crate::read::xlsx::archive::Archive;
use crate::read::xlsx::xml::{Xml, add, unescaped};

/// More texts than any export has; their places take memory even if they are empty.
const MOST: usize = 4_000_000;

/// All texts one after the other, and where each ends: they take little more memory than their letters.
#[derive(Debug, Default)]
pub(super) struct Texts {
    letters: String,
    ends: Vec<u32>,
}

impl Texts {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, ReadError> {
        let most = archive.limits.shared_text_bytes.min(u64::from(u32::MAX));
        let longest = archive.limits.cell_bytes;
        let mut texts = Self::default();
        let Some(part) = archive.part(part)? else { return Ok(texts) };
        let mut xml = Xml::new(part);
        loop {
            match xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "si" => {
                    let text = text(&mut xml, "si", longest)?;
                    texts.letters.push_str(&text);
                    if texts.letters.len() as u64 > most || texts.ends.len() >= MOST {
                        return Err(ReadError::of_file(Problem::TooLarge(Limit::SharedTexts)));
                    }
                    texts.ends.push(u32::try_from(texts.letters.len()).unwrap_or(u32::MAX));
                }
                Event::Eof => return Ok(texts),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        self.letters.get(start..end)
    }
}

/// The text of an element of texts, whose start was read: all its parts, without the reading aids of East Asian texts.
pub(super) fn text(xml: &mut Xml<'_>, element: &str, longest: usize) -> Result<String, ReadError> {
    let (mut text, mut in_text, mut in_aid) = (String::new(), false, false);
    loop {
        let event = xml.next()?;
        match &event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => in_text = true,
                "rPh" => in_aid = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => in_aid = false,
                name if name == element => return Ok(unescaped(text)),
                _ => {}
            },
            Event::Eof => return Err(ReadError::of_file(Problem::Truncated)),
            _ if in_text && !in_aid => {
                add(&event, &mut text)?;
                if text.len() > longest {
                    return Err(ReadError::of_file(Problem::TooLarge(Limit::CellBytes)));
                }
            }
            _ => {}
        }
    }
}
