//! Which row has the titles. Lines about the export may stand before it, and titles may be merged over two rows.

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::names::Names;
use crate::plain::{plain, trimmed};
use crate::read::{RawRow, Value};

/// In how many rows titles are looked for.
pub(crate) const LOOKED_AT: usize = 30;
/// So many known titles make a row the titles.
const ENOUGH: usize = 2;

/// The titles of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Titles {
    pub(crate) row: u32,
    pub(crate) names: Vec<String>,
}

impl Titles {
    /// Finds the row with the most known titles among the first rows; if no row has two, the first one with the most texts and no
    /// numbers. Returns its place among the rows.
    pub(crate) fn find(rows: &[RawRow], names: &Names) -> Option<(usize, Self)> {
        let known = |row: &RawRow| {
            let columns = row.cells.iter().filter_map(|cell| names.column(&cell.text()));
            columns.map(|(column, _)| column).collect::<BTreeSet<_>>().len()
        };
        // Of those with the same number, the first one: `max_by_key` would take the last.
        let best = rows.iter().enumerate().rev().max_by_key(|(_, row)| known(row));
        let best = best.filter(|(_, row)| known(row) >= ENOUGH).or_else(|| {
            let texts = |row: &RawRow| {
                let is_text =
                    |value: &Value| matches!(value, Value::Text(text) if trimmed(text).parse::<f64>().is_err());
                let all = row.filled().all(|cell| is_text(&cell.value));
                if all { row.filled().count() } else { 0 }
            };
            rows.iter().enumerate().rev().max_by_key(|(_, row)| texts(row)).filter(|(_, row)| texts(row) >= ENOUGH)
        });
        let (at, row) = best?;
        let title = |place: usize| trimmed(&row.cell(place).text()).split_whitespace().collect::<Vec<_>>().join(" ");
        Some((at, Self { row: row.number, names: (0..row.width()).map(title).collect() }))
    }

    /// The digest that a mapping is confirmed for: of all titles, in their order, as they are compared.
    pub(crate) fn digest(&self) -> Digest {
        let plain: Vec<String> = self.names.iter().map(|name| plain(name)).collect();
        Digest::of_texts(plain.iter().map(String::as_str))
    }

    /// Whether a row is these titles once more.
    pub(crate) fn are(&self, row: &RawRow) -> bool {
        row.width() == self.names.len()
            && self.names.iter().enumerate().all(|(place, name)| plain(name) == plain(&row.cell(place).text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Cell;

    fn rows(rows: &[&[&str]]) -> Vec<RawRow> {
        let cells = |row: &[&str]| row.iter().map(|text| Cell::new(Value::Text((*text).to_owned()))).collect();
        rows.iter().zip(1..).map(|(row, number)| RawRow { number, cells: cells(row) }).collect()
    }

    #[test]
    fn titles_are_found_below_other_lines() {
        let names = Names::known().unwrap();
        let find = |table: &[&[&str]]| Titles::find(&rows(table), &names);
        let (at, titles) =
            find(&[&["交易明细"], &["导出时间", "2025-12-01"], &["订单号", " 成交价\n(元) ", ""], &["CS1234567", "5"]])
                .unwrap();
        assert_eq!((at, titles.row, titles.names), (2, 3, vec!["订单号".to_owned(), "成交价 (元)".to_owned()]));
        let (at, titles) = find(&[&["1", "2", "3"], &["Ref", "What", "How much"], &["CS1234567", "x", "5"]]).unwrap();
        assert_eq!((at, titles.names.len()), (1, 3), "no known title: the first row of texts");
        assert_eq!(find(&[&["1", "2"], &["note"]]), None);
    }

    #[test]
    fn the_digest_is_of_the_titles_and_their_order() {
        let titles = |names: &[&str]| Titles { row: 1, names: names.iter().map(|name| (*name).to_owned()).collect() };
        assert_eq!(titles(&["Order ID", "Month"]).digest(), titles(&["order_id", "MONTH "]).digest());
        assert_ne!(titles(&["Order ID", "Month"]).digest(), titles(&["Month", "Order ID"]).digest());
        let repeated = rows(&[&["order id", "month"], &["CS1234567", "2025-12"]]);
        assert!(titles(&["Order ID", "Month"]).are(&repeated[0]) && !titles(&["Order ID", "Month"]).are(&repeated[1]));
    }
}
