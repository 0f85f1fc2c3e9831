//! Which cells show their number as a day: the part styles.xml says it by number formats.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::read::error::{Problem, ReadError};
use crate::read::limits::Limit;
use crate::read::xlsx::archive::Archive;
use crate::read::xlsx::xml::{Xml, attribute};

/// More styles or formats than any workbook has.
const MOST: usize = 100_000;

/// For each style, whether it shows days.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<bool>);

impl Styles {
    pub(super) fn read(archive: &mut Archive<'_>, part: &str) -> Result<Self, ReadError> {
        let (mut formats, mut styles) = (HashMap::new(), Vec::new());
        let Some(part) = archive.part(part)? else { return Ok(Self::default()) };
        let mut xml = Xml::new(part);
        let mut in_styles = false;
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "numFmt" => {
                        let id: Option<u32> = attribute(&element, "numFmtId").and_then(|id| id.parse().ok());
                        if let (Some(id), Some(code)) = (id, attribute(&element, "formatCode")) {
                            formats.insert(id, shows_days(&code));
                        }
                    }
                    "cellXfs" => in_styles = true,
                    "xf" if in_styles => {
                        let id: u32 = attribute(&element, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                        styles.push(formats.get(&id).copied().unwrap_or_else(|| is_day_format(id)));
                    }
                    _ => {}
                },
                Event::End(element) if element.local_name().as_ref() == "cellXfs" => in_styles = false,
                Event::Eof => return Ok(Self(styles)),
                _ => {}
            }
            if styles.len() > MOST || formats.len() > MOST {
                return Err(ReadError::of_file(Problem::TooLarge(Limit::Entries)));
            }
        }
    }

    pub(super) fn shows_days(&self, style: usize) -> bool {
        self.0.get(style).copied().unwrap_or(false)
    }
}

/// The formats that have no code in the file: 14 to 22 and 45 to 47, and those of East Asia.
fn is_day_format(id: u32) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58)
}

/// Whether a format's code has letters for years, months, days, hours or seconds outside of quotes and brackets.
fn shows_days(code: &str) -> bool {
    let first = code.split(';').next().unwrap_or_default();
    let mut letters = first.chars();
    while let Some(letter) = letters.next() {
        match letter.to_ascii_lowercase() {
            '"' => while letters.next().is_some_and(|letter| letter != '"') {},
            '[' => while letters.next().is_some_and(|letter| letter != ']') {},
            '\\' | '_' | '*' => _ = letters.next(),
            'y' | 'm' | 'd' | 'h' | 's' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_known() {
        for (code, days) in [
            ("yyyy-mm-dd", true),
            ("yyyy\"年\"m\"月\"d\"日\"", true),
            ("[$-804]yyyy/m/d h:mm", true),
            ("General", false),
            ("#,##0.00", false),
            ("#,##0.00\"days\"", false),
            ("[Red]#,##0.00;[Red]-#,##0.00", false),
            ("¥#,##0.00_);(¥#,##0.00)", false),
            ("\\d0", false),
            ("0.00E+00", false),
            ("@", false),
        ] {
            assert_eq!(shows_days(code), days, "{code}");
        }
    }
}
