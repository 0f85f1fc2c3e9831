//! What a comparison says: for a person, and as CSV.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use koogallery_statements::{Finding, Kind, Matched, Month, Subject, escape};
use serde_json::{Value, json};

/// A comparison.
#[derive(Debug)]
pub struct Compared {
    /// What it says.
    pub matched: Matched,
    /// The month of each finding.
    pub months: Vec<Month>,
    /// The month that was asked for, if not all of them.
    pub only: Option<Month>,
}

impl Compared {
    /// Whether all agrees, or is explained.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.matched.findings.iter().any(Finding::is_open)
    }

    /// All of it as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let Matched { findings, months, uncompared, unknown_years } = &self.matched;
        let months: Vec<Value> = months.iter().map(|(key, sum)| json!({ "of": key, "sum": sum })).collect();
        json!({ "findings": findings, "months": months, "uncompared": uncompared, "unknownYears": unknown_years })
    }
}

/// What a finding is about, in words.
fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Order(order) => order.clone(),
        Subject::Usage { instance, month } => format!("{instance} in {month}"),
        Subject::Record { instance, record } => format!("{instance}, record {record}"),
        Subject::Row(_) => "a row without an order".to_owned(),
    }
}

/// Where the first row of a finding stands: the beginning of the file's digest, the sheet and the row.
fn place(finding: &Finding) -> String {
    let rows = &finding.evidence.rows;
    let first = rows.first().map(|row| {
        let file = row.file.to_string();
        format!("{}… sheet {} row {}", &file[..8], row.sheet + 1, row.row)
    });
    let more = rows.len().checked_sub(1).filter(|more| *more > 0).map(|more| format!(" and {more} more"));
    first.map(|first| first + &more.unwrap_or_default()).unwrap_or_default()
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Matched { findings, months, uncompared, unknown_years } = &self.matched;
        let mut counts: BTreeMap<&'static str, (usize, Kind)> = BTreeMap::new();
        for finding in findings {
            counts.entry(finding.kind.code()).or_insert((0, finding.kind)).0 += 1;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["finding", "kind", "about", "known", "stated", "month", "row", "explained"]);
        for finding in findings.iter().filter(|finding| finding.kind.is_discrepancy()) {
            let evidence = &finding.evidence;
            table.add_row([
                finding.id.to_string(),
                finding.kind.to_string(),
                subject(&finding.subject),
                text(evidence.known),
                text(evidence.stated),
                text(evidence.month),
                place(finding),
                finding.explained.as_ref().map(|why| format!("{} ({})", why.note, why.who)).unwrap_or_default(),
            ]);
        }
        if table.row_count() > 0 {
            writeln!(f, "{table}")?;
        }
        for (code, (count, _)) in &counts {
            writeln!(f, "{count} {code}")?;
        }
        for (key, sum) in months {
            let product = key.product.as_deref().unwrap_or("no product named");
            let currency = key.currency.map(|currency| format!(" {currency:?}")).unwrap_or_default();
            writeln!(
                f,
                "{}{currency} {product}: {} sold for {}, {} refunded for {}; billed {}, of it paid {} and open {}",
                key.month, sum.sold_orders, sum.sold, sum.refunded_orders, sum.refunded, sum.billed, sum.paid, sum.open
            )?;
        }
        if !uncompared.is_empty() {
            writeln!(f, "of {} orders no amount could be compared: {}", uncompared.len(), first_of(uncompared))?;
        }
        if !unknown_years.is_empty() {
            let years: Vec<String> = unknown_years.iter().map(ToString::to_string).collect();
            writeln!(f, "no holidays are known of {}: give a --calendar that has them", years.join(", "))?;
        }
        let open = findings.iter().filter(|finding| finding.is_open()).count();
        writeln!(f, "{open} to look at: explain one with `koogallery orders explain FINDING --note WHY`")
    }
}

/// Some of many ids.
fn first_of(ids: &[String]) -> String {
    let more = if ids.len() > 10 { ", …" } else { "" };
    format!("{}{more}", ids[..ids.len().min(10)].join(", "))
}

/// Writes the findings as CSV. No cell is a formula.
pub fn write_csv(compared: &Compared, to: impl Write) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record([
        "finding",
        "kind",
        "about",
        "month",
        "known",
        "stated",
        "currency",
        "day",
        "instance",
        "row",
        "explained",
        "by",
    ])?;
    for (finding, month) in compared.matched.findings.iter().zip(&compared.months) {
        let evidence = &finding.evidence;
        let cells = [
            finding.id.to_string(),
            finding.kind.to_string(),
            subject(&finding.subject),
            month.to_string(),
            text(evidence.known),
            text(evidence.stated),
            evidence.currency.map(|currency| format!("{currency:?}")).unwrap_or_default(),
            text(evidence.day),
            evidence.instance.clone().unwrap_or_default(),
            place(finding),
            finding.explained.as_ref().map(|why| why.note.clone()).unwrap_or_default(),
            finding.explained.as_ref().map(|why| why.who.clone()).unwrap_or_default(),
        ];
        csv.write_record(cells.iter().map(|cell| escape(cell).into_owned()))?;
    }
    csv.flush()?;
    Ok(())
}
