//! Charts: columns in an SVG that is part of the page, since the policy lets in no script. The same numbers stand in a table below,
//! for those who do not see the picture.

use koogallery_waiting::number;
use maud::{Markup, html};

use crate::layout::table;
use crate::texts::General;
use crate::view::View;

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

/// How the values of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Upon one another: they are parts of a whole.
    UponOneAnother,
    /// Side by side: they are compared.
    SideBySide,
}

impl Stand {
    /// The largest height of a column.
    fn height(self, column: &Column) -> f64 {
        match self {
            Self::UponOneAnother => column.values.iter().sum(),
            Self::SideBySide => column.values.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// A bar: which value it is, and where it stands.
#[derive(Debug, PartialEq)]
struct Bar {
    part: usize,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// A chart with a title. `series` names the values of each column, which stand upon one another.
pub(crate) fn columns(view: &View, id: &str, title: &str, series: &[&str], columns: &[Column]) -> Markup {
    chart(view, (id, title), series, columns, Stand::UponOneAnother)
}

/// The same with the values of a column side by side.
pub(crate) fn compared(view: &View, id: &str, title: &str, series: &[&str], columns: &[Column]) -> Markup {
    chart(view, (id, title), series, columns, Stand::SideBySide)
}

fn chart(view: &View, (id, title): (&str, &str), series: &[&str], columns: &[Column], stand: Stand) -> Markup {
    let most = columns.iter().map(|column| stand.height(column)).fold(0.0, f64::max);
    html! {
        figure.chart id=(id) {
            figcaption {
                (title)
                @if series.len() > 1 {
                    @for (place, name) in series.iter().enumerate() { " " span class={ "key part" (place) } { (name) } }
                }
            }
            @if most > 0.0 { (picture(title, series, columns, stand, most)) (numbers(view, title, series, columns)) }
            @else { p { (view.say(General::Nothing)) } }
        }
    }
}

fn picture(title: &str, series: &[&str], columns: &[Column], stand: Stand, most: f64) -> Markup {
    let step = f64::from(WIDTH) / real(columns.len().max(1));
    let scale = f64::from(HEIGHT - HEAD - FOOT) / most;
    let base = f64::from(HEIGHT - FOOT);
    let (first, last) = (columns.first(), columns.last().filter(|_| columns.len() > 1));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(title) {
            line x1="0" y1=(base) x2=(WIDTH) y2=(base) {}
            text x="0" y=(HEAD - 5) { (short(most)) }
            @for (place, column) in columns.iter().enumerate() {
                g {
                    title { (told(series, column)) }
                    @for bar in bars(column, stand, (step * (real(place) + 0.1), step * 0.8), scale, base) {
                        rect class={ "part" (bar.part) } x=(tenths(bar.left)) y=(tenths(bar.top))
                            width=(tenths(bar.width)) height=(tenths(bar.height)) {}
                    }
                }
            }
            @if let Some(first) = first { text x="0" y=(HEIGHT - 5) { (first.name) } }
            @if let Some(last) = last { text.end x=(WIDTH) y=(HEIGHT - 5) { (last.name) } }
        }
    }
}

/// What a column says where somebody points at it.
fn told(series: &[&str], column: &Column) -> String {
    let values: Vec<String> = column.values.iter().map(|value| short(*value)).collect();
    if let [one] = &*values {
        return format!("{}: {one}", column.name);
    }
    let named: Vec<String> = series.iter().zip(&values).map(|(name, value)| format!("{name} {value}")).collect();
    format!("{}: {}", column.name, named.join(", "))
}

/// The bars of a column, between its left end and so far to the right of it.
fn bars(column: &Column, stand: Stand, (left, width): (f64, f64), scale: f64, base: f64) -> Vec<Bar> {
    let each = width / real(column.values.len().max(1));
    let mut top = base;
    let parts = column.values.iter().enumerate().filter(|(_, value)| **value > 0.0);
    let bar = |(part, value): (usize, &f64)| {
        let height = value * scale;
        match stand {
            Stand::UponOneAnother => {
                top -= height;
                Bar { part, left, top, width, height }
            }
            Stand::SideBySide => Bar { part, left: left + each * real(part), top: base - height, width: each, height },
        }
    };
    parts.map(bar).collect()
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
    fn the_parts_of_a_column_stand_upon_one_another_or_side_by_side() {
        let column = Column { name: "a".to_owned(), values: vec![1.0, 0.0, 3.0] };
        let bar = |part, left, top, width, height| Bar { part, left, top, width, height };
        let upon = bars(&column, Stand::UponOneAnother, (6.0, 30.0), 10.0, 100.0);
        assert_eq!(upon, [bar(0, 6.0, 90.0, 30.0, 10.0), bar(2, 6.0, 60.0, 30.0, 30.0)]);
        let beside = bars(&column, Stand::SideBySide, (6.0, 30.0), 10.0, 100.0);
        assert_eq!(beside, [bar(0, 6.0, 90.0, 10.0, 10.0), bar(2, 26.0, 70.0, 10.0, 30.0)]);
        let heights = [Stand::UponOneAnother, Stand::SideBySide].map(|stand| stand.height(&column).to_string());
        assert_eq!(heights, ["4", "3"]);
        assert_eq!(told(&["x", "y", "z"], &column), "a: x 1, y 0, z 3");
        assert_eq!((short(1234.0), short(0.5), short(2.001)), ("1,234".into(), "0.50".into(), "2".into()));
    }
}
