//! Compares the statements that the seller API has with the orders that it knows, and keeps what was found.

use std::collections::{BTreeMap, BTreeSet};

use koogallery_statements::{
    Calendar, Currency, Day, Digest, Finding, Kind, KnownOrder, Matching, Month, MonthSum, Settings, Source,
    StatementKind, StatementRow, Subject,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::facts;
use super::malformed;
use super::outcome::Compared;
use crate::api::{Api, ApiError};

/// So many findings are kept together.
const TOGETHER: usize = 100;
/// Rows of so many months after a month may be about its orders: customers pay later, orders are in effect later.
const MONTHS_AFTER: u8 = 3;

/// What is compared, and by which rules.
#[derive(Debug)]
pub struct Compare<'a> {
    /// The seller API.
    pub api: &'a Api,
    /// Only this month: of all statements, only the rows of it and around it are looked at.
    pub month: Option<Month>,
    /// The working days.
    pub calendar: &'a Calendar,
    /// The rules by which days are due.
    pub settings: &'a Settings,
    /// The day, in Beijing.
    pub today: Day,
}

/// A statement with its rows.
struct Read {
    on: Day,
    is_part: bool,
    rows: Vec<StatementRow>,
}

impl Read {
    fn source(&self) -> Source<'_> {
        Source { read_on: self.on, is_part: self.is_part, rows: &self.rows }
    }
}

impl Compare<'_> {
    /// Compares. `progress` is told what is read.
    pub async fn run(&self, progress: impl Fn(&str)) -> Result<Compared, ApiError> {
        let statements = self.statements(&progress).await?;
        let rows = || statements.iter().flat_map(|statement| &statement.rows);
        let (from, to) = self.span(rows());
        progress("orders");
        let mut orders = facts::orders(self.api, from, to).await?;
        let named = rows().flat_map(|row| [&row.order_id, &row.original_order_id]).flatten().map(String::as_str);
        facts::add_named(self.api, &named.collect(), &mut orders).await?;
        add_originals(self.api, &mut orders).await?;
        let has_usage = rows().any(|row| row.kind == StatementKind::Usage);
        let usage = if has_usage {
            progress("usage");
            facts::usage(self.api, from, to).await?
        } else {
            Vec::new()
        };
        let explanations = facts::explanations(self.api).await?;
        let orders: Vec<KnownOrder> = orders.into_values().collect();
        let sources: Vec<Source<'_>> = statements.iter().map(Read::source).collect();
        let matching = Matching {
            orders: &orders,
            usage: &usage,
            sources: &sources,
            settings: self.settings,
            calendar: self.calendar,
            explanations: &explanations,
            today: self.today,
        };
        let mut matched = matching.run();
        let ordered: BTreeMap<&str, Month> =
            orders.iter().filter_map(|order| Some((order.order_id.as_str(), order.ordered_on?.month()))).collect();
        let month_of = |finding: &Finding| month_of(finding, &ordered);
        if let Some(month) = self.month {
            matched.findings.retain(|finding| month_of(finding).is_none_or(|of| of == month));
            matched.months.retain(|key, _| key.month == month);
        }
        let last = self.month.unwrap_or(self.today.month());
        let months = matched.findings.iter().map(|finding| month_of(finding).unwrap_or(last)).collect();
        Ok(Compared { matched, months, only: self.month })
    }

    async fn statements(&self, progress: &impl Fn(&str)) -> Result<Vec<Read>, ApiError> {
        let mut read = Vec::new();
        for statement in self.api.pages(&["statements"], &[], "statements").await? {
            // An import that goes on may lack rows.
            if !statement["finishedAt"].is_string() {
                continue;
            }
            let text = |name: &str| statement[name].as_str().ok_or_else(|| malformed("the list of statements"));
            let on = Day::read(text("begunAt")?).map_err(|_| malformed("the list of statements"))?;
            let file: Digest = text("file")?.parse().map_err(|_| malformed("the list of statements"))?;
            progress(text("name")?);
            let rows = self.api.pages(&["statements", &file.to_string(), "rows"], &[], "rows").await?;
            let rows: Result<Vec<StatementRow>, _> = rows.into_iter().map(serde_json::from_value).collect();
            let mut rows = rows.map_err(|_| malformed("the rows of a statement"))?;
            if let Some(month) = self.month {
                let (first, last) = (before(month), after(month));
                rows.retain(|row| of_row(row).is_none_or(|of| first <= of && of <= last));
            }
            read.push(Read { on, is_part: statement["isPart"] == true, rows });
        }
        Ok(read)
    }

    /// The days whose orders are compared.
    fn span<'r>(&self, rows: impl Iterator<Item = &'r StatementRow>) -> (Day, Day) {
        if let Some(month) = self.month {
            return (Day::in_month(month, 1), Day::in_month(month, 31));
        }
        let first = rows.filter_map(of_row).min().unwrap_or(self.today.month());
        (Day::in_month(first, 1), self.today)
    }
}

/// The month of a row: of the bill, or of the usage.
fn of_row(row: &StatementRow) -> Option<Month> {
    row.month.or_else(|| row.usage.as_deref()?.begin_on.map(Day::month))
}

fn before(month: Month) -> Month {
    Day::in_month(month, 1).plus_days(-1).month()
}

fn after(month: Month) -> Month {
    (0..MONTHS_AFTER).fold(month, |month, _| month.next())
}

/// Adds the orders that others are of: a refund names the order that it takes back.
async fn add_originals(api: &Api, orders: &mut BTreeMap<String, KnownOrder>) -> Result<(), ApiError> {
    let named: Vec<String> =
        orders.values().flat_map(|order| [&order.original, &order.refund_of]).flatten().cloned().collect();
    let named: BTreeSet<&str> = named.iter().map(String::as_str).collect();
    facts::add_named(api, &named, orders).await
}

/// The month that a finding belongs to; none if nothing says it.
fn month_of(finding: &Finding, ordered: &BTreeMap<&str, Month>) -> Option<Month> {
    match &finding.subject {
        Subject::Usage { month, .. } => Some(*month),
        Subject::Order(order) => ordered.get(order.as_str()).copied().or(finding.evidence.month),
        Subject::Record { .. } | Subject::Row(_) => finding.evidence.month,
    }
}

/// Keeps what was found, by month, so that others see it. What agrees is left out.
pub async fn keep(api: &Api, compared: &Compared, by: Option<&str>) -> Result<(), ApiError> {
    let mut of_month: BTreeMap<Month, Vec<&Finding>> = BTreeMap::new();
    for key in compared.matched.months.keys() {
        of_month.entry(key.month).or_default();
    }
    if let Some(only) = compared.only {
        of_month.entry(only).or_default();
    }
    for (finding, month) in compared.matched.findings.iter().zip(&compared.months) {
        let findings = of_month.entry(*month).or_default();
        if finding.kind != Kind::Matched {
            findings.push(finding);
        }
    }
    for (month, findings) in of_month {
        let run = Uuid::now_v7();
        let mut parts: Vec<&[&Finding]> = findings.chunks(TOGETHER).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let last = parts.len() - 1;
        for (part, found) in parts.into_iter().enumerate() {
            let mut body = json!({ "month": month.to_string(), "run": run, "part": part, "findings": found.iter().map(|one| short(one)).collect::<Vec<_>>() });
            if part == last {
                body["total"] = json!(findings.len());
                body["money"] = money(compared, month);
            }
            if let Some(by) = by {
                body["by"] = by.into();
            }
            api.put(&["findings"], &body).await?;
        }
    }
    Ok(())
}

/// What a month came to, by currency.
fn money(compared: &Compared, month: Month) -> Value {
    let mut sums: BTreeMap<Option<Currency>, MonthSum> = BTreeMap::new();
    for (key, sum) in compared.matched.months.iter().filter(|(key, _)| key.month == month) {
        let whole = sums.entry(key.currency).or_default();
        let add = |one: &mut Decimal, other: Decimal| *one = one.saturating_add(other);
        add(&mut whole.sold, sum.sold);
        add(&mut whole.refunded, sum.refunded);
        add(&mut whole.billed, sum.billed);
        add(&mut whole.paid, sum.paid);
        add(&mut whole.open, sum.open);
    }
    let said = sums.into_iter().map(|(currency, sum)| {
        let MonthSum { sold, refunded, billed, paid, open, .. } = sum;
        let mut said = json!({ "sold": sold, "refunded": refunded, "billed": billed, "paid": paid, "open": open });
        if let Some(currency) = currency {
            said["currency"] = json!(currency);
        }
        said
    });
    said.collect()
}

/// A finding with some of its rows: their statement has all of them.
fn short(finding: &Finding) -> Value {
    let mut finding = finding.clone();
    finding.evidence.rows.truncate(20);
    json!(finding)
}
