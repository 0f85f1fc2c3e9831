//! Money that differs: what the comparisons of this month and of the one before found, and nobody explained.

use koogallery::{Text, Timestamp};
use koogallery_statements::{Finding, Month};
use koogallery_store::{Comparison, KeptExplanation, Store, StoreError};

use super::{Ask, Listed};
use crate::{Matter, Waiting, Zone};

/// A finding, with why it is all right.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// What somebody said of it.
    pub explained: Option<KeptExplanation>,
}

/// The place of a finding: a part of the findings, and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FindingPlace {
    /// The part.
    pub part: u32,
    /// The place in it.
    pub first: usize,
}

/// The month of Beijing at a time.
#[must_use]
pub fn month_of(at: Timestamp) -> String {
    Zone::default().day(at).chars().take(7).collect()
}

/// Up to `most` findings from a place on that are wanted, and the place after them.
pub async fn findings(
    store: &Store,
    of: &Comparison,
    mut at: FindingPlace,
    most: usize,
    wanted: impl Fn(&Finding) -> bool,
) -> Result<(Vec<Found>, Option<FindingPlace>), StoreError> {
    let mut found = Vec::new();
    while let Some(part) = store.findings(of, at.part).await? {
        for (place, text) in part.iter().enumerate().skip(at.first) {
            if found.len() == most {
                return Ok((found, Some(FindingPlace { part: at.part, first: place })));
            }
            let one: Finding = serde_json::from_str(text).map_err(|_| unreadable())?;
            if wanted(&one) {
                let explained = if one.kind.is_discrepancy() { explanation(store, &one).await? } else { None };
                found.push(Found { finding: one, explained });
            }
        }
        at = FindingPlace { part: at.part.saturating_add(1), first: 0 };
    }
    Ok((found, None))
}

/// Whether something differs, and is not only told.
#[must_use]
pub fn is_discrepancy(finding: &Finding) -> bool {
    finding.kind.is_discrepancy()
}

async fn explanation(store: &Store, finding: &Finding) -> Result<Option<KeptExplanation>, StoreError> {
    let id = Text::try_from(finding.id.to_string()).map_err(|_| unreadable())?;
    store.explanation(&id).await
}

fn unreadable() -> StoreError {
    StoreError::Unreadable("a finding of a comparison".to_owned())
}

/// The first findings of a month that nobody explained, of those that are looked at, and whether all were.
async fn open(ask: Ask<'_>, month: &str) -> Listed {
    let text = Text::try_from(month.to_owned()).map_err(|_| unreadable())?;
    let Some(comparison) = ask.store.comparison(&text).await? else { return Ok((Vec::new(), true)) };
    let looked_at = 2 * usize::from(ask.most);
    let (found, next) = findings(ask.store, &comparison, FindingPlace::default(), looked_at, is_discrepancy).await?;
    let open = found.into_iter().filter(|found| found.explained.is_none());
    let waiting = open.map(|Found { finding, .. }| Waiting {
        matter: Matter::MoneyDiffers { month: month.to_owned(), finding: Box::new(finding) },
        since: comparison.at,
        deadline: None,
    });
    Ok((waiting.collect(), next.is_none()))
}

pub(super) async fn list(ask: Ask<'_>) -> Listed {
    let this: Month = month_of(ask.now).parse().map_err(|_| unreadable())?;
    let before = Month::new(this.year(), this.month() - 1).or_else(|| Month::new(this.year() - 1, 12)).unwrap_or(this);
    let (this, before) = (this.to_string(), before.to_string());
    let ((mut found, is_whole), (earlier, too)) = futures_util::try_join!(open(ask, &this), open(ask, &before))?;
    found.extend(earlier);
    Ok((found, is_whole && too))
}
