//! The rows of all files as one list. Files overlap: somebody exports a month twice, or the transaction details and the bill. The
//! same row in two files is one row; twice in one file it is two.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::day::Day;
use crate::digest::Digest;
use crate::mapping::StatementKind;
use crate::month::Month;
use crate::row::{Money, StatementRow};
use crate::words::{BillKind, OrderKind};

/// The rows of a file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// When it was exported or imported, in Beijing: of two files that say the same of a transaction, the later one counts.
    pub read_on: Day,
    /// Whether it has only a part of its months: a filter was set, or it is of one product type only. Nothing is concluded from what
    /// is not in it.
    pub is_part: bool,
    /// Its rows.
    pub rows: &'a [StatementRow],
}

/// What makes a row the same in another file. States and settlement change with time, and are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Identity<'a> {
    kind: StatementKind,
    month: Option<Month>,
    same: Same<'a>,
}

/// What makes two rows of an order the same, in whichever month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Same<'a> {
    order: Option<&'a str>,
    original: Option<&'a str>,
    line: Option<&'a str>,
    bill_kind: Option<BillKind>,
    order_kind: Option<OrderKind>,
    product: Option<&'a str>,
    sku: Option<&'a str>,
    amounts: [Option<Decimal>; 3],
    usage: Option<[Option<&'a str>; 4]>,
    quantity: Option<Decimal>,
}

impl<'a> Same<'a> {
    pub(super) fn of(row: &'a StatementRow) -> Self {
        let amount = |money: Option<Money>| money.map(|money| money.amount);
        let amounts = [row.amounts.list, row.amounts.customer, row.amounts.deal].map(amount);
        let usage = row.usage.as_deref();
        let texts = |text: &'a Option<String>| text.as_deref();
        Self {
            order: texts(&row.order_id),
            original: texts(&row.original_order_id),
            line: texts(&row.order_line_id),
            bill_kind: row.bill_kind,
            order_kind: row.order_kind,
            product: texts(&row.product),
            sku: texts(&row.sku),
            amounts,
            usage: usage.map(|usage| [&usage.instance, &usage.begin, &usage.end, &usage.serial].map(texts)),
            quantity: usage.and_then(|usage| usage.quantity),
        }
    }

    /// What a row says, as a digest: the name of one that names no order.
    pub(super) fn digest(&self, month: Option<Month>) -> Digest {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let number = |number: Option<Decimal>| number.map_or_else(String::new, |number| number.normalize().to_string());
        let mut texts = vec![text(self.original), text(self.line), text(self.product), text(self.sku)];
        texts.push(format!("{:?} {:?}", self.bill_kind, self.order_kind));
        texts.extend(self.amounts.map(number));
        texts.extend(self.usage.into_iter().flatten().map(text));
        texts.push(number(self.quantity));
        texts.push(month.map_or_else(String::new, |month| month.to_string()));
        Digest::of_texts(texts.iter().map(String::as_str))
    }
}

/// Of which months there are statements, and since when.
#[derive(Debug, Default)]
pub(super) struct Covered {
    months: BTreeMap<(StatementKind, Month), Day>,
}

impl Covered {
    /// The latest day on which a whole statement of this kind and month was read.
    pub(super) fn read_on(&self, kind: StatementKind, month: Month) -> Option<Day> {
        self.months.get(&(kind, month)).copied()
    }
}

/// One row of all files for each transaction, and which months are covered.
pub(super) fn unite<'a>(sources: &[Source<'a>]) -> (Vec<&'a StatementRow>, Covered) {
    let mut covered = Covered::default();
    let mut same: HashMap<Identity<'a>, Vec<(Day, &'a StatementRow)>> = HashMap::new();
    for source in sources {
        for row in source.rows {
            let of_usage = || row.usage.as_deref()?.begin_on.map(Day::month);
            if let Some(month) = row.month.or_else(of_usage).filter(|_| !source.is_part) {
                let read_on = covered.months.entry((row.kind, month)).or_insert(source.read_on);
                *read_on = (*read_on).max(source.read_on);
            }
            let identity = Identity { kind: row.kind, month: row.month, same: Same::of(row) };
            same.entry(identity).or_default().push((source.read_on, row));
        }
    }
    let mut united: Vec<&StatementRow> = same.into_values().flat_map(latest).collect();
    united.sort_by_key(|row| row.place);
    (united, covered)
}

/// Of rows that say the same, as many as one file has at most; those of the latest file first.
fn latest(mut rows: Vec<(Day, &StatementRow)>) -> Vec<&StatementRow> {
    if rows.len() == 1 {
        return vec![rows[0].1];
    }
    let mut of_file: BTreeMap<Digest, usize> = BTreeMap::new();
    rows.sort_by_key(|(read_on, row)| (std::cmp::Reverse((*read_on, row.place.file)), row.place));
    // The same file may be given twice.
    rows.dedup_by_key(|(_, row)| row.place);
    for (_, row) in &rows {
        *of_file.entry(row.place.file).or_default() += 1;
    }
    let most = of_file.into_values().max().unwrap_or(0);
    rows.into_iter().take(most).map(|(_, row)| row).collect()
}
