//! The mapping that is proposed for a table: by its titles, and by the form of order ids.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::column::Column;
use crate::mapping::{Mapping, StatementKind};
use crate::names::{Names, Word};
use crate::order_id::is_order_id;
use crate::plain::trimmed;
use crate::read::RawRow;
use crate::titles::Titles;

/// A proposed mapping, with what a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The mapping.
    pub mapping: Mapping,
    /// Titles that stand for no column. Their cells are kept as they are.
    pub unknown: Vec<String>,
    /// Columns that such a table should have, and that no title stands for.
    pub missing: Vec<Column>,
    /// Columns for which several titles stand: the first one is taken.
    pub ambiguous: Vec<(Column, Vec<String>)>,
    /// Columns that are proposed because of the form of their cells, and not by a title.
    pub by_form: Vec<Column>,
}

impl Proposal {
    /// Proposes a mapping by the titles, and by the form of order ids in the first rows below them.
    pub(crate) fn of(titles: &Titles, sample: &[RawRow], names: &Names) -> Self {
        let mut found: BTreeMap<Column, Vec<(usize, usize)>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for (place, title) in titles.names.iter().enumerate() {
            match names.column(title) {
                Some((column, _)) => found.entry(column).or_default().push((names.rank(column, title), place)),
                None => unknown.push(place),
            }
        }
        let mut ambiguous = Vec::new();
        let mut columns = BTreeMap::new();
        for (column, mut places) in found {
            places.sort_unstable();
            if places.len() > 1 {
                let all = places.iter().map(|(_, place)| titles.names[*place].clone());
                ambiguous.push((column, all.collect()));
            }
            columns.extend(places.first().map(|(_, place)| (column, *place)));
        }
        let mut by_form = Vec::new();
        if !columns.contains_key(&Column::OrderId) {
            for (column, place) in
                [Column::OrderId, Column::OriginalOrderId].into_iter().zip(of_order_ids(&unknown, sample, names))
            {
                if let Entry::Vacant(entry) = columns.entry(column) {
                    entry.insert(place);
                    unknown.retain(|other| *other != place);
                    by_form.push(column);
                }
            }
        }
        let kind = kind(&columns);
        let should: &[Column] = match kind {
            StatementKind::Transactions => &[Column::OrderId, Column::Month, Column::DealAmount],
            StatementKind::Bill => &[Column::OrderId, Column::Month, Column::DealAmount, Column::SettlementAmount],
            StatementKind::Usage => &[Column::Instance, Column::Quantity],
            StatementKind::NotAStatement => &[],
        };
        let missing = should.iter().filter(|column| !columns.contains_key(column)).copied().collect();
        let unknown =
            unknown.iter().map(|place| titles.names[*place].clone()).filter(|title| !title.is_empty()).collect();
        let mapping = Mapping { titles: titles.digest(), kind, columns, currency: None };
        Self { mapping, unknown, missing, ambiguous, by_form }
    }
}

/// The places where all cells that have something have order ids, the fullest first.
fn of_order_ids(places: &[usize], sample: &[RawRow], names: &Names) -> Vec<usize> {
    let count = |place: usize| {
        let mut count = 0;
        for row in sample {
            let text = row.cell(place).text();
            let text = trimmed(&text);
            let is_nothing = text.is_empty() || names.is(Word::Nothing, text) || names.is(Word::Total, text);
            match is_order_id(text) {
                true => count += 1,
                false if is_nothing => {}
                false => return 0,
            }
        }
        count
    };
    let mut found: Vec<(usize, usize)> =
        places.iter().map(|place| (count(*place), *place)).filter(|(count, _)| *count > 0).collect();
    found.sort_by_key(|(count, place)| (std::cmp::Reverse(*count), *place));
    found.into_iter().map(|(_, place)| place).collect()
}

/// What a table with these columns is about.
fn kind(columns: &BTreeMap<Column, usize>) -> StatementKind {
    let has: BTreeSet<&Column> = columns.keys().collect();
    let any = |columns: &[Column]| columns.iter().any(|column| has.contains(column));
    match () {
        () if !any(&Column::AMOUNTS) && any(&[Column::Instance]) && any(&[Column::Quantity]) => StatementKind::Usage,
        () if !any(&[Column::OrderId, Column::OriginalOrderId]) => StatementKind::NotAStatement,
        () if any(&[Column::Supervision, Column::Repaid]) => StatementKind::Transactions,
        () if any(&[Column::SettlementAmount]) => StatementKind::Bill,
        () => StatementKind::Transactions,
    }
}
