//! Charts: columns in an SVG that is part of the page, since the policy lets in no script. The same numbers stand in a table below,
//! for those who do not see the picture.

use maud::{Markup, html};

use crate::layout::table;
use crate::texts::General;
use crate::view::View;
use crate::zone::number;

/// The size of the picture, in its own units.
const WIDTH: u32 = 640;
const HEIGHT: u32 = 160;
/// What is left for the words below the columns, and for the largest number above them.
const FOOT: u32 = 20;
const HEAD: u32 = 18;

/// One column: its name, and a value of each series.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
}

/// A chart with a title. `series` names the values of each column, which stand upon one another.
pub(crate) fn columns(view: &View, id: &str, title: &str, series: &[&str], columns: &[Column]) -> Markup {
    let most = columns.iter().map(total).fold(0.0, f64::max);
    html! {
        figure.chart id=(id) {
            figcaption {
                (title)
                @if series.len() > 1 {
                    @for (place, name) in series.iter().enumerate() { " " span class={ "key part" (place) } { (name) } }
                }
            }
            @if most > 0.0 { (picture(title, columns, most)) (numbers(view, title, series, columns)) }
            @else { p { (view.say(General::Nothing)) } }
        }
    }
}

fn total(column: &Column) -> f64 {
    column.values.iter().sum()
}

fn picture(title: &str, columns: &[Column], most: f64) -> Markup {
    let step = f64::from(WIDTH) / real(columns.len().max(1));
    let scale = f64::from(HEIGHT - HEAD - FOOT) / most;
    let base = f64::from(HEIGHT - FOOT);
    let (first, last) = (columns.first(), columns.last().filter(|_| columns.len() > 1));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
            line x1="0" y1=(base) x2=(WIDTH) y2=(base) {}
            text x="0" y=(HEAD - 5) { (short(most)) }
            @for (place, column) in columns.iter().enumerate() {
                @let left = step * real(place);
                g {
                    title { (column.name) ": " (short(total(column))) }
                    @for (part, top, height) in stacked(column, scale, base) {
                        rect class={ "part" (part) } x=(tenths(left + step * 0.1)) y=(tenths(top))
                            width=(tenths(step * 0.8)) height=(tenths(height)) {}
                    }
                }
            }
            @if let Some(first) = first { text x="0" y=(HEIGHT - 5) { (first.name) } }
            @if let Some(last) = last { text.end x=(WIDTH) y=(HEIGHT - 5) { (last.name) } }
        }
    }
}

/// The parts of a column from the base up: the number of each, its top and its height.
fn stacked(column: &Column, scale: f64, base: f64) -> Vec<(usize, f64, f64)> {
    let mut top = base;
    let parts = column.values.iter().enumerate().filter(|(_, value)| **value > 0.0);
    parts
        .map(|(part, value)| {
            let height = value * scale;
            top -= height;
            (part, top, height)
        })
        .collect()
}

fn numbers(view: &View, title: &str, series: &[&str], columns: &[Column]) -> Markup {
    let heads: Vec<&str> = [title].iter().chain(series).copied().collect();
    let row = |column: &Column| {
        let values = column.values.iter().map(|value| html! { (short(*value)) });
        [html! { (column.name) }].into_iter().chain(values).collect()
    };
    let rows: Vec<Vec<Markup>> = columns.iter().map(row).collect();
    html! { details { summary { (view.say(General::Numbers)) } (table(view, &heads, &rows)) } }
}

/// A number as people read it: whole, or with two digits behind the point.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a value is a count or an amount, and not negative"
)]
fn short(value: f64) -> String {
    if value.fract().abs() < 0.005 { number(value.round() as u64) } else { format!("{value:.2}") }
}

/// A count as a number that can be scaled.
pub(crate) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_column_stand_upon_one_another() {
        let column = Column { name: "a".to_owned(), values: vec![1.0, 0.0, 3.0] };
        assert_eq!(stacked(&column, 10.0, 100.0), [(0, 90.0, 10.0), (2, 60.0, 30.0)]);
        assert_eq!((short(1234.0), short(0.5), short(2.001)), ("1,234".into(), "0.50".into(), "2".into()));
    }
}
