//! The workbook: which sheets there are, and in which parts of the ZIP.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::read::error::{Problem, ReadError};
use crate::read::limits::{Limit, Limits};
use crate::read::sheet_name::SheetName;
use crate::read::xlsx::archive::Archive;
use crate::read::xlsx::merged::Merged;
use crate::read::xlsx::number_formats::Styles;
use crate::read::xlsx::sheet::SheetRows;
use crate::read::xlsx::texts::Texts;
use crate::read::xlsx::xml::{Xml, attribute};

/// More relationships than any workbook has.
const RELATIONSHIPS: usize = 10_000;

/// An XLSX file.
pub(crate) struct Workbook<'a> {
    archive: Archive<'a>,
    texts: Texts,
    styles: Styles,
    sheets: Vec<(SheetName, String)>,
    epoch_is_1904: bool,
}

/// What a relationship leads to.
struct Target {
    kind: String,
    part: String,
}

impl<'a> Workbook<'a> {
    pub(crate) fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, ReadError> {
        let mut archive = Archive::open(bytes, limits)?;
        let of_package = relationships(&mut archive, "_rels/.rels", "")?;
        let main = of_package.into_values().find(|target| target.kind.ends_with("/officeDocument"));
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |target| target.part);
        let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
        let relationships = relationships(&mut archive, &format!("{folder}/_rels/{name}.rels"), folder)?;
        let part = |kind: &str, usual: &str| {
            let found = relationships.values().find(|target| target.kind.ends_with(kind));
            found.map_or_else(|| format!("{folder}/{usual}"), |target| target.part.clone())
        };
        let (texts, styles) = (part("/sharedStrings", "sharedStrings.xml"), part("/styles", "styles.xml"));
        let (sheets, epoch_is_1904) = sheets(&mut archive, &main, &relationships)?;
        let texts = Texts::read(&mut archive, &texts)?;
        let styles = Styles::read(&mut archive, &styles)?;
        Ok(Self { archive, texts, styles, sheets, epoch_is_1904 })
    }

    pub(crate) fn sheets(&self) -> Vec<SheetName> {
        self.sheets.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    /// The rows of a sheet. Its merged areas stand after its cells, so it is gone through twice.
    pub(crate) fn rows(&mut self, sheet: usize) -> Result<SheetRows<'_>, ReadError> {
        let missing = || ReadError::of_file(Problem::Workbook("a sheet without a part"));
        let (_, part) = self.sheets.get(sheet).ok_or_else(missing)?;
        let part = part.clone();
        let merged = Merged::read(&mut Xml::new(self.archive.part(&part)?.ok_or_else(missing)?))?;
        let limits = self.archive.limits;
        let xml = Xml::new(self.archive.part(&part)?.ok_or_else(missing)?);
        Ok(SheetRows::new(xml, merged, &self.texts, &self.styles, self.epoch_is_1904, limits))
    }
}

fn relationships(archive: &mut Archive<'_>, part: &str, folder: &str) -> Result<HashMap<String, Target>, ReadError> {
    let mut targets = HashMap::new();
    let Some(part) = archive.part(part)? else { return Ok(targets) };
    let mut xml = Xml::new(part);
    loop {
        match xml.next()? {
            Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                let get = |name| attribute(&element, name);
                if let (Some(id), Some(kind), Some(target)) = (get("Id"), get("Type"), get("Target")) {
                    let part = match target.strip_prefix('/') {
                        Some(part) => part.to_owned(),
                        None if folder.is_empty() => target,
                        None => format!("{folder}/{target}"),
                    };
                    targets.insert(id, Target { kind, part });
                }
                if targets.len() > RELATIONSHIPS {
                    return Err(ReadError::of_file(Problem::TooLarge(Limit::Entries)));
                }
            }
            Event::Eof => return Ok(targets),
            _ => {}
        }
    }
}

/// The sheets with their parts, and whether the days of the workbook are counted from 1904.
fn sheets(
    archive: &mut Archive<'_>,
    main: &str,
    relationships: &HashMap<String, Target>,
) -> Result<(Vec<(SheetName, String)>, bool), ReadError> {
    let most = archive.limits.sheets;
    let part = archive.part(main)?.ok_or_else(|| ReadError::of_file(Problem::NotAWorkbook))?;
    let mut xml = Xml::new(part);
    let (mut sheets, mut epoch_is_1904) = (Vec::new(), false);
    loop {
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "sheet" => {
                    let target = attribute(&element, "id").and_then(|id| relationships.get(&id));
                    // Charts have sheets too, without rows.
                    if let Some(target) = target.filter(|target| target.kind.ends_with("/worksheet")) {
                        let name = attribute(&element, "name");
                        let hidden = attribute(&element, "state").is_some_and(|state| state != "visible");
                        sheets.push((SheetName { name, hidden }, target.part.clone()));
                    }
                    if sheets.len() > most {
                        return Err(ReadError::of_file(Problem::TooLarge(Limit::Sheets)));
                    }
                }
                "workbookPr" => {
                    epoch_is_1904 |=
                        attribute(&element, "date1904").is_some_and(|value| value == "1" || value == "true");
                }
                _ => {}
            },
            Event::Eof if sheets.is_empty() => return Err(ReadError::of_file(Problem::NotAWorkbook)),
            Event::Eof => return Ok((sheets, epoch_is_1904)),
            _ => {}
        }
    }
}
