//! What was sold beside what was billed and paid out, by month: the sums that the last comparison of each month kept. A chart for each
//! currency.

use std::collections::{BTreeMap, BTreeSet};

use koogallery::Text;
use koogallery_store::{Comparison, MonthMoney};
use maud::{Markup, html};

use crate::chart::{Column, compared};
use crate::texts::Figures;
use crate::view::View;

/// So many currencies have a chart.
const MOST_CURRENCIES: usize = 3;
/// Sold, billed, paid out.
const SERIES: usize = 3;

pub(super) fn charts(view: &View, months: &[Text<7>], comparisons: &[Comparison]) -> Markup {
    let of_month: BTreeMap<&str, &Comparison> = comparisons.iter().map(|one| (one.month.as_str(), one)).collect();
    let all = || of_month.values().flat_map(|comparison| &comparison.money);
    let named: BTreeSet<&str> = all().filter_map(|money| Some(money.currency.as_ref()?.as_str())).collect();
    // The order query names no currency. Where all bills have the same one, what was sold is taken to be in it.
    let unnamed = named.first().copied().filter(|_| named.len() == 1).unwrap_or_default();
    let currency = |money: &MonthMoney| money.currency.as_ref().map_or(unnamed, Text::as_str).to_owned();
    let currencies: BTreeSet<String> = all().map(currency).collect();
    let series = [Figures::Sold, Figures::Billed, Figures::Paid].map(|text| view.say(text));
    let chart = |of: &str| {
        let column = |month: &Text<7>| {
            let money = of_month.get(month.as_str()).into_iter().flat_map(|one| &one.money);
            let sums = money.filter(|one| currency(one) == of).fold([0.0; SERIES], |sums, one| {
                let values = values(one);
                std::array::from_fn(|place| sums[place] + values[place])
            });
            Column { name: month.as_str().to_owned(), values: sums.map(|value| value.max(0.0)).to_vec() }
        };
        let columns: Vec<Column> = months.iter().map(column).collect();
        let title = if of.is_empty() {
            view.say(Figures::Money).to_owned()
        } else {
            format!("{} ({of})", view.say(Figures::Money))
        };
        compared(view, &format!("money{of}"), &title, &series, &columns)
    };
    html! {
        @for of in currencies.iter().take(MOST_CURRENCIES) { (chart(of)) }
        p.quiet { (view.say(if currencies.is_empty() { Figures::NoMoney } else { Figures::MoneyHelp })) }
    }
}

/// What was sold less what was given back, billed, and paid out. A picture shows no debts: a sum below zero is nothing.
fn values(money: &MonthMoney) -> [f64; SERIES] {
    let amount = |text: &Text<40>| text.as_str().parse::<f64>().unwrap_or_default();
    [amount(&money.sold) - amount(&money.refunded), amount(&money.billed), amount(&money.paid)]
}
