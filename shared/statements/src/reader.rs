//! Makes rows of a statement from raw rows, by a mapping.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::amount::{self, AmountError};
use crate::column::Column;
use crate::currency::Currency;
use crate::day::Day;
use crate::digest::Digest;
use crate::mapping::{Mapping, StatementKind};
use crate::month::Month;
use crate::names::{Names, Word};
use crate::order_id::OrderIds;
use crate::plain::trimmed;
use crate::read::{Cell, Problem, RawRow, ReadError, Value};
use crate::row::{Amounts, Customer, Money, Others, RowRef, Stated, StatementRow, Title, Usage};
use crate::titles::Titles;
use crate::words::{BillKind, ChargingMode, OrderKind, Repayment, Supervision};

/// Numbers of spreadsheets that may be days: 1954 to 2118. Others in a column of days are texts such as 20251231.
const DAYS: std::ops::Range<f64> = 20_000.0..80_000.0;

/// What does not change from row to row of a table.
pub(crate) struct RowReader<'a> {
    names: &'a Names,
    file: Digest,
    sheet: u16,
    kind: StatementKind,
    columns: BTreeMap<Column, usize>,
    titles: Vec<Title>,
    currency: Option<Currency>,
    /// The currencies that titles name.
    currencies: BTreeMap<Column, Currency>,
    /// The places that no column has.
    others: Vec<usize>,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(names: &'a Names, file: Digest, sheet: u16, titles: &Titles, mapping: &Mapping) -> Self {
        let columns = mapping.columns.clone();
        let unit = |(column, place): (&Column, &usize)| Some((*column, names.unit(titles.names.get(*place)?)?));
        let currencies = columns.iter().filter_map(unit).collect();
        let taken: Vec<usize> = columns.values().copied().collect();
        let others = (0..titles.names.len()).filter(|place| !taken.contains(place)).collect();
        let titles = titles.names.iter().map(|name| Title::from(name.clone())).collect();
        Self { names, file, sheet, kind: mapping.kind, columns, titles, currency: mapping.currency, currencies, others }
    }

    pub(crate) fn row(&self, raw: &RawRow) -> Result<StatementRow, ReadError> {
        let cells = Cells { reader: self, raw };
        let mut other = Others::default();
        for place in &self.others {
            let text = raw.cell(*place).text();
            if !text.is_empty() {
                other.push(self.titles[*place].clone(), text.into_owned());
            }
        }
        let order = cells.value(Column::OrderId);
        let ids = order.as_deref().map(OrderIds::of);
        let line = cells.value(Column::OrderLineId).or_else(|| ids?.order_line_id.map(str::to_owned));
        let order_kind = cells.word(Column::OrderType, OrderKind::read, &mut other);
        let bill_kind = cells.word(Column::BillKind, BillKind::read, &mut other);
        let of_refund = order_kind.filter(|kind| *kind == OrderKind::Refund).map(|_| BillKind::Refund);
        let names = self.names;
        Ok(StatementRow {
            place: RowRef { file: self.file, sheet: self.sheet, row: raw.number },
            kind: self.kind,
            order_id: ids.map(|ids| ids.order_id.to_owned()),
            original_order_id: cells.value(Column::OriginalOrderId).map(|text| OrderIds::of(&text).order_id.to_owned()),
            order_line_id: line,
            product_id: cells.value(Column::ProductId),
            product: cells.value(Column::Product),
            sku: cells.value(Column::Sku),
            month: cells.month(&mut other)?,
            bill_kind: bill_kind.or(of_refund),
            order_kind,
            charging_mode: cells.word(Column::ChargingMode, ChargingMode::read, &mut other),
            amounts: cells.amounts()?,
            fee_ratio: cells.ratio(Column::FeeRatio),
            split: cells.ratio(Column::Split),
            discount: cells.ratio(Column::Discount),
            settlement_type: cells.value(Column::SettlementType),
            supervision: cells.text(Column::Supervision).map(|text| Supervision::read(&text, names)),
            repayment: cells.text(Column::Repaid).map(|text| Repayment::read(&text, names)),
            traded_on: cells.day(Column::TradedOn, &mut other)?,
            accepted_on: cells.day(Column::AcceptedOn, &mut other)?,
            effective_from: cells.day(Column::EffectiveFrom, &mut other)?,
            says_settled_on: self.columns.contains_key(&Column::SettledOn),
            settled_on: cells.day(Column::SettledOn, &mut other)?,
            status: cells.value(Column::Status),
            usage: cells.usage()?.map(Box::new),
            customer: cells.customer().map(Box::new),
            other,
        })
    }

    /// The amount in a cell. None if it is empty, or belongs to another row of a merged area.
    pub(crate) fn amount(&self, raw: &RawRow, column: Column) -> Result<Option<Money>, ReadError> {
        Cells { reader: self, raw }.money(column, None)
    }

    pub(crate) fn has(&self, column: Column) -> bool {
        self.columns.contains_key(&column)
    }

    /// The text of a column's cell, without what exporters put around it. None if it is empty.
    pub(crate) fn text(&self, raw: &RawRow, column: Column) -> Option<String> {
        Cells { reader: self, raw }.text(column)
    }
}

/// The cells of a row.
struct Cells<'a> {
    reader: &'a RowReader<'a>,
    raw: &'a RawRow,
}

impl Cells<'_> {
    fn cell(&self, column: Column) -> Option<&Cell> {
        let cell = self.raw.cell(*self.reader.columns.get(&column)?);
        Some(cell).filter(|cell| !cell.is_empty())
    }

    fn error(&self, column: Column, problem: Problem) -> ReadError {
        let title = self.reader.columns.get(&column).and_then(|place| self.reader.titles.get(*place));
        ReadError { column: title.map(|title| title.as_str().to_owned()), ..ReadError::at(self.raw.number, problem) }
    }

    fn text(&self, column: Column) -> Option<String> {
        let text = self.cell(column)?.text();
        Some(trimmed(&text)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The text, if it is not a word for nothing.
    fn value(&self, column: Column) -> Option<String> {
        self.text(column).filter(|text| !self.reader.names.is(Word::Nothing, text))
    }

    /// What a word means. One that is not known is kept among the other cells.
    fn word<T>(&self, column: Column, read: impl Fn(&str, &Names) -> Option<T>, other: &mut Others) -> Option<T> {
        let text = self.value(column)?;
        let word = read(&text, self.reader.names);
        if word.is_none() {
            self.keep(column, text, other);
        }
        word
    }

    fn keep(&self, column: Column, text: String, other: &mut Others) {
        let title = self.reader.columns.get(&column).and_then(|place| self.reader.titles.get(*place));
        if let Some(title) = title {
            other.push(title.clone(), text);
        }
    }

    fn day(&self, column: Column, other: &mut Others) -> Result<Option<Day>, ReadError> {
        match self.cell(column).map(|cell| &cell.value) {
            None => Ok(None),
            Some(Value::Day(_, day)) => day.map(Some).ok_or_else(|| self.error(column, Problem::Day)),
            Some(Value::Number(number)) if DAYS.contains(number) => Ok(Day::of_spreadsheet(*number, false)),
            Some(_) => self.dated(column, other, |text| Day::read(text).ok(), Problem::Day),
        }
    }

    fn month(&self, other: &mut Others) -> Result<Option<Month>, ReadError> {
        match self.cell(Column::Month).map(|cell| &cell.value) {
            None => Ok(None),
            Some(Value::Day(_, day)) => {
                day.map(|day| Some(day.month())).ok_or_else(|| self.error(Column::Month, Problem::Month))
            }
            Some(Value::Number(number)) if DAYS.contains(number) => {
                Ok(Day::of_spreadsheet(*number, false).map(Day::month))
            }
            Some(_) => self.dated(Column::Month, other, |text| Month::read(text).ok(), Problem::Month),
        }
    }

    /// Reads a day or month from a text. A text without digits says that there is none yet, and is kept.
    fn dated<T>(
        &self,
        column: Column,
        other: &mut Others,
        read: impl Fn(&str) -> Option<T>,
        problem: Problem,
    ) -> Result<Option<T>, ReadError> {
        let Some(text) = self.value(column) else { return Ok(None) };
        // A CSV that a spreadsheet wrote may have a day as its number.
        let number = text.parse::<f64>().ok().filter(|number| DAYS.contains(number));
        let day = number.and_then(|number| Day::of_spreadsheet(number, false)).map(|day| day.to_string());
        match read(day.as_deref().unwrap_or(&text)) {
            Some(read) => Ok(Some(read)),
            None if text.chars().any(char::is_numeric) => Err(self.error(column, problem)),
            None => {
                self.keep(column, text, other);
                Ok(None)
            }
        }
    }

    fn amounts(&self) -> Result<Amounts, ReadError> {
        let of_row = match self.value(Column::Currency) {
            Some(text) => {
                let currency = self.reader.names.currency(&text).or_else(|| text.parse().ok());
                Some(currency.ok_or_else(|| self.error(Column::Currency, Problem::Currency))?)
            }
            None => None,
        };
        Ok(Amounts {
            list: self.money(Column::ListAmount, of_row)?,
            customer: self.money(Column::CustomerAmount, of_row)?,
            deal: self.money(Column::DealAmount, of_row)?,
            settlement: self.money(Column::SettlementAmount, of_row)?,
            fee: self.money(Column::Fee, of_row)?,
        })
    }

    /// The amount of a cell. The currency is that of the row, of the cell, of the title, of the mapping: the first that says it.
    fn money(&self, column: Column, of_row: Option<Currency>) -> Result<Option<Money>, ReadError> {
        let Some((amount, of_cell)) = self.number(column)? else { return Ok(None) };
        let of_cell = match of_cell {
            Some(text) => {
                let currency = self.reader.names.currency(&text);
                Some(currency.ok_or_else(|| self.error(column, Problem::Currency))?)
            }
            None => None,
        };
        let of_title = || self.reader.currencies.get(&column).copied();
        let currency = of_row.or(of_cell).or_else(of_title).or(self.reader.currency);
        Ok(Some(Money { amount, currency }))
    }

    fn number(&self, column: Column) -> Result<Option<(Decimal, Option<String>)>, ReadError> {
        let Some(cell) = self.cell(column).filter(|cell| !cell.repeated) else { return Ok(None) };
        let wrong = |error| self.error(column, Problem::Amount(error));
        match &cell.value {
            Value::Empty => Ok(None),
            Value::Number(number) => {
                let amount = amount::of_spreadsheet(*number).ok_or_else(|| wrong(AmountError::Digits))?;
                Ok(Some((amount, None)))
            }
            Value::Text(text) if self.reader.names.is(Word::Nothing, text) => Ok(None),
            Value::Text(text) => amount::read_amount(text).map_err(wrong),
            Value::Day(..) => Err(wrong(AmountError::Signs)),
            Value::Formula(_) => Err(self.error(column, Problem::Formula)),
        }
    }

    fn ratio(&self, column: Column) -> Option<Stated> {
        let text = self.value(column)?;
        let (digits, percent) = text.strip_suffix(['%', '％']).map_or((text.as_str(), false), |digits| (digits, true));
        let value = amount::read_amount(digits).ok().flatten().filter(|(_, unit)| unit.is_none());
        let value =
            value.and_then(|(value, _)| if percent { value.checked_div(Decimal::ONE_HUNDRED) } else { Some(value) });
        Some(Stated { text, value })
    }

    fn usage(&self) -> Result<Option<Usage>, ReadError> {
        if !self.reader.has(Column::Instance) {
            return Ok(None);
        }
        let begin = self.value(Column::Begin);
        let of_cell = match self.cell(Column::Begin).map(|cell| &cell.value) {
            Some(Value::Day(_, day)) => *day,
            _ => begin.as_deref().and_then(|text| Day::read(text).ok()),
        };
        let status = self.value(Column::Status);
        Ok(Some(Usage {
            instance: self.value(Column::Instance),
            begin,
            begin_on: of_cell,
            end: self.value(Column::End),
            quantity: self.number(Column::Quantity)?.map(|(quantity, _)| quantity),
            serial: self.value(Column::Serial),
            reason: self.value(Column::Reason),
            refused: status.is_some_and(|status| self.reader.names.is_refused(&status)),
        }))
    }

    fn customer(&self) -> Option<Customer> {
        let customer = Customer {
            id: self.value(Column::CustomerId),
            name: self.value(Column::CustomerName),
            account: self.value(Column::CustomerAccount),
        };
        (customer != Customer::default()).then_some(customer)
    }
}
