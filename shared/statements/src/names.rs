//! What columns are called and which words their cells have. No guide shows the titles of the seller's exports, so the names are
//! a table as data, that a seller can extend or replace.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::column::Column;
use crate::currency::Currency;
use crate::plain::{half_width, plain};

/// What a word in a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Word {
    /// A bill of consumption (消费).
    Consumption,
    /// A refund (退款, 退订).
    Refund,
    /// An adjustment (调账).
    Adjustment,
    /// A purchase (新订).
    New,
    /// A renewal (续订).
    Renewal,
    /// A change of specification or quantity (变更).
    Change,
    /// A trial (试用).
    Trial,
    /// A trial turned formal (试用转正).
    TrialToFormal,
    /// Pay-per-use (按需).
    OnDemand,
    /// By period (包周期).
    Period,
    /// Once (一次性).
    OneTime,
    /// A package (按需套餐包).
    Package,
    /// No service supervision (不涉及).
    NotSupervised,
    /// Supervision is under way.
    SupervisionOpen,
    /// Supervision is done (已完成).
    SupervisionCompleted,
    /// The customer has paid (已还款).
    Repaid,
    /// The customer has not paid (未还款).
    NotRepaid,
    /// The customer pays beforehand.
    RepaymentNotNeeded,
    /// A part of a text that says that a record of usage does not count.
    Refused,
    /// The line that sums all (合计).
    Total,
    /// A line that sums some (小计).
    Subtotal,
    /// There is no value.
    Nothing,
}

/// The names of columns, words and currencies.
#[derive(Debug, Clone)]
pub struct Names {
    table: Table,
    columns: HashMap<String, Column>,
    words: HashMap<Word, Vec<String>>,
    currencies: HashMap<String, Currency>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    columns: BTreeMap<Column, Vec<String>>,
    words: BTreeMap<Word, Vec<String>>,
    currencies: BTreeMap<Currency, Vec<String>>,
}

/// Why a table of names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NamesError {
    /// It is not the JSON of such a table.
    #[error("a table of names is JSON with the members columns, words and currencies: {0}")]
    Json(#[source] serde_json::Error),
    /// A title stands for two columns.
    #[error("the title {title:?} stands for {first:?} and for {second:?}: leave it to one of them")]
    Twice {
        /// The title.
        title: String,
        /// One column.
        first: Column,
        /// The other one.
        second: Column,
    },
    /// A name has no letters or digits.
    #[error("{0:?} is no name: it has no letters and no digits")]
    Empty(String),
}

impl Names {
    /// The names that this program knows: Chinese, English, and those of the bill of an international reseller
    /// (topic rg-marketplace/en-us_reseller_topic_000007).
    pub fn known() -> Result<Self, NamesError> {
        Self::from_json(include_str!("../data/names.json"))
    }

    /// Reads a table that takes the place of the known names: `{"columns": {"orderId": ["订单号"]}, "words": {"refund": ["退款"]},
    /// "currencies": {"CNY": ["元"]}}`.
    pub fn from_json(json: &str) -> Result<Self, NamesError> {
        Self::new(serde_json::from_str(json).map_err(NamesError::Json)?)
    }

    /// These names and those of a table like [`Names::from_json`]'s. A title of that table means what that table says, and comes
    /// before the others.
    pub fn extended(&self, json: &str) -> Result<Self, NamesError> {
        let more: Table = serde_json::from_str(json).map_err(NamesError::Json)?;
        let mut table = self.table.clone();
        let taken: Vec<String> = more.columns.values().flatten().map(|name| plain(name)).collect();
        for names in table.columns.values_mut() {
            names.retain(|name| !taken.contains(&plain(name)));
        }
        for (column, names) in more.columns {
            table.columns.entry(column).or_default().splice(0..0, names);
        }
        for (word, names) in more.words {
            table.words.entry(word).or_default().extend(names);
        }
        for (currency, names) in more.currencies {
            table.currencies.entry(currency).or_default().extend(names);
        }
        Self::new(table)
    }

    fn new(table: Table) -> Result<Self, NamesError> {
        let mut columns = HashMap::new();
        for (column, names) in &table.columns {
            for name in names {
                let key = plain(name);
                if key.is_empty() {
                    return Err(NamesError::Empty(name.clone()));
                }
                if let Some(first) = columns.insert(key, *column).filter(|first| first != column) {
                    return Err(NamesError::Twice { title: name.clone(), first, second: *column });
                }
            }
        }
        let words = table.words.iter().map(|(word, names)| (*word, names.iter().map(|name| key(name)).collect()));
        let words = words.collect();
        let of_currency = |(currency, names): (&Currency, &Vec<String>)| {
            let currency = *currency;
            names.iter().map(move |name| (key(name), currency)).collect::<Vec<_>>()
        };
        let currencies = table.currencies.iter().flat_map(of_currency).collect();
        Ok(Self { table, columns, words, currencies })
    }

    /// The column that a title stands for, and the currency that it names: `客户消费金额(USD)`.
    pub(crate) fn column(&self, title: &str) -> Option<(Column, Option<Currency>)> {
        let whole = self.columns.get(&plain(title)).map(|column| (*column, None));
        whole.or_else(|| {
            let title: String = title.trim().chars().map(half_width).collect();
            let (name, _) = title.rsplit_once(['(', '['])?;
            Some((*self.columns.get(&plain(name))?, Some(self.unit(&title)?)))
        })
    }

    /// The currency that a title names, whatever column it is: `How much (USD)`.
    pub(crate) fn unit(&self, title: &str) -> Option<Currency> {
        let title: String = title.trim().chars().map(half_width).collect();
        let (_, unit) = title.strip_suffix([')', ']'])?.rsplit_once(['(', '['])?;
        self.currency(unit)
    }

    /// How early in its column's list a title stands: the earliest one of a file is taken.
    pub(crate) fn rank(&self, column: Column, title: &str) -> usize {
        let (whole, names) = (plain(title), self.table.columns.get(&column));
        let at = names.and_then(|names| names.iter().position(|name| whole.starts_with(&plain(name))));
        at.unwrap_or(usize::MAX)
    }

    /// The currency that a text names.
    pub(crate) fn currency(&self, text: &str) -> Option<Currency> {
        self.currencies.get(&key(text)).copied()
    }

    /// Whether a cell has this word.
    pub(crate) fn is(&self, word: Word, text: &str) -> bool {
        let text = key(text);
        self.words.get(&word).is_some_and(|words| words.contains(&text))
    }

    /// Whether a status says that a record of usage does not count: it contains one of the words, and no "not" before it.
    pub(crate) fn is_refused(&self, status: &str) -> bool {
        let status = plain(status);
        let words = self.words.get(&Word::Refused);
        !status.starts_with(['未', '无'])
            && words.is_some_and(|words| words.iter().any(|word| status.contains(word.as_str())))
    }
}

/// A word as it is compared. One of marks only, such as `--` or `¥`, counts as it is.
fn key(text: &str) -> String {
    let plain = plain(text);
    if plain.is_empty() { text.trim().chars().map(half_width).collect() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stand_for_columns_in_each_language() {
        let names = Names::known().unwrap();
        let usd = Some("USD".parse().unwrap());
        for (title, column) in [
            ("订单号", Some((Column::OrderId, None))),
            (" Order_ID ", Some((Column::OrderId, None))),
            ("订单号/交易号", Some((Column::OrderId, None))),
            ("原订单号", Some((Column::OriginalOrderId, None))),
            ("客户消费金额(USD)", Some((Column::CustomerAmount, usd))),
            ("结算金额（元）", Some((Column::SettlementAmount, Some(Currency::CNY)))),
            ("伙伴结算折扣", Some((Column::Discount, None))),
            ("伙伴ID", None),
            ("备注", None),
            ("结算金额(备注)", None),
            ("", None),
        ] {
            assert_eq!(names.column(title), column, "{title}");
        }
    }

    #[test]
    fn words_and_currencies_are_known_in_any_case_and_width() {
        let names = Names::known().unwrap();
        assert!(names.is(Word::Refund, "退款") && names.is(Word::Refund, "refund "));
        assert!(names.is(Word::Nothing, "--") && names.is(Word::Nothing, "－－"));
        assert!(!names.is(Word::Total, "合计金额"));
        assert!(names.is_refused("话单异常") && !names.is_refused("未失败") && !names.is_refused("正常"));
        assert_eq!(names.currency("￥"), Some(Currency::CNY));
        assert_eq!(names.currency("usd"), "USD".parse().ok());
        assert_eq!(names.currency("points"), None);
    }

    #[test]
    fn a_sellers_own_names_come_first_and_a_title_means_one_thing() {
        let names = Names::known().unwrap();
        let own = names
            .extended(r#"{"columns":{"orderId":["单号"],"dealAmount":["原价"]},"words":{"refund":["冲正"]}}"#)
            .unwrap();
        assert_eq!(own.column("单号"), Some((Column::OrderId, None)));
        assert_eq!(own.column("原价"), Some((Column::DealAmount, None)), "no more the list amount");
        assert!(own.rank(Column::OrderId, "单号") < own.rank(Column::OrderId, "订单号"));
        assert!(own.is(Word::Refund, "冲正") && own.is(Word::Refund, "退款"));
        let error = |json: &str| Names::from_json(json).unwrap_err().to_string();
        assert!(
            error(r#"{"columns":{"orderId":["a"],"month":["A "]}}"#).contains("\"a\"")
                || error(r#"{"columns":{"orderId":["a"],"month":["A "]}}"#).contains("\"A \"")
        );
        assert!(error(r#"{"columns":{"orderId":["-"]}}"#).contains("no name"));
        assert!(error(r#"{"columns":{"order":["a"]}}"#).contains("columns, words and currencies"));
    }
}
